"""Print the pages of docs/ that come from the program itself. `make docs` runs it, a test compares."""

import inspect
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
from pydantic.fields import FieldInfo

from xiaohao import errors, vocabulary
from xiaohao.cli.chinese import speak_chinese
from xiaohao.cli.command_line import cli
from xiaohao.rules.life import MOVES, Who
from xiaohao.settings import CHANNEL_PARTS, SETTINGS_FILE, Setting, each_setting
from xiaohao.vocabulary import Word

HERE = Path(__file__).parent
PRINTED = "<!-- 由 docs/print_pages.py 印出，请勿手改；改了程序后运行 make docs。 -->\n"
WIDTH = 88
WHO: Mapping[Who, str] = {
    Who.OWN: "责任单位或其上级单位",
    Who.ABOVE: "责任单位的上级单位，或区督查员",
    Who.SECOND: "申请人以外的人，层级不低于申请人所在单位",
}

TITLES = {
    "Action": "留痕的事项",
    "CallBackOutcome": "回访结果",
    "Channel": "通知渠道",
    "ClosingKind": "销号方式",
    "ClosingOutcome": "销号申请的结果",
    "Decision": "批复",
    "Entered": "问题怎样进入台账",
    "EvidencePhase": "佐证材料的阶段",
    "FaultKind": "需要处理的事",
    "Light": "亮灯",
    "NoticeState": "通知的状态",
    "RectificationClass": "整改类型",
    "Role": "职务",
    "RunState": "夜间运行的状态",
    "Source": "来源",
    "Status": "问题的状态",
    "StepKind": "时间表上的事项",
    "TermUnit": "期限的单位",
    "UnitKind": "单位类型",
}


def pages() -> dict[str, str]:
    """Every printed page by its file name."""
    return {
        name: PRINTED + "\n".join(lines) + "\n"
        for name, lines in {
            "commands.md": _commands(),
            "settings.md": _settings(),
            "glossary.md": _glossary(),
            "errors.md": _errors(),
            "moves.md": _moves(),
        }.items()
    }


def _commands() -> Iterator[str]:
    yield "# 命令"
    yield ""
    yield "每个命令都可以在参数之后加 `--json`：标准输出只有一份 JSON，进度和日志写到标准错误。JSON 里的词用"
    yield "[词汇表](glossary.md)里的代码（如 `red`、`rectifying`），日期写成 `2023-10-16`，没有的写 `null`，单位写全称。"
    yield '没有办成时 JSON 是 `{"error": 一句话, "missing": [缺少的各项]}`。'
    yield ""
    yield "| 退出码 | 意思 |"
    yield "| --- | --- |"
    yield "| 0 | 办成了；有提醒、岗位空缺、无人可报，或者没有要办的，也是 0 |"
    yield "| 1 | 没有被接受，或者发现了错误（见[错误](errors.md)） |"
    yield "| 2 | 命令写得不对 |"
    yield "| 3 | 外部连不上：数据库、通知渠道、Prefect 的服务 |"
    yield ""
    speak_chinese()
    root = click.Context(cli, info_name="xiaohao", terminal_width=WIDTH)
    for name in cli.list_commands(root):
        command = cli.get_command(root, name)
        assert command is not None
        yield from _command(command, root, 2)


def _command(command: click.Command, parent: click.Context, depth: int) -> Iterator[str]:
    context = command.context_class(command, info_name=command.name, parent=parent, terminal_width=WIDTH)
    yield f"{'#' * depth} {context.command_path}"
    yield ""
    yield "```"
    yield command.get_help(context)
    yield "```"
    yield ""
    if isinstance(command, click.Group):
        for part in command.commands.values():
            yield from _command(part, context, depth + 1)


def _settings() -> Iterator[str]:
    yield "# 设置"
    yield ""
    yield f"设置取自环境变量；也可以写在 `XIAOHAO_HOME` 里的 `{SETTINGS_FILE}`，一行一项，环境变量优先。"
    yield "这个文件的权限必须是 0600。`xiaohao config show` 查看现在的值。"
    yield ""
    yield "| 环境变量 | 默认 | 说明 |"
    yield "| --- | --- | --- |"
    for each in each_setting():
        if len(each.path) == 1:
            yield _setting(each)
    yield ""
    yield "## 通知渠道各自的设置"
    yield ""
    yield "用到的渠道写进 `XIAOHAO_CHANNELS`，它的设置中没有默认值的都要写。多个机器人写成一份 JSON，例如"
    yield '`XIAOHAO_WECOM_ROBOT__KEYS={"默认": "…", "孟轲乡": "…"}`。`xiaohao notify test` 发一条真的消息试试。'
    for name in CHANNEL_PARTS:
        yield ""
        yield f"### {vocabulary.Channel(name).label}（`{name}`）"
        yield ""
        yield "| 环境变量 | 默认 | 说明 |"
        yield "| --- | --- | --- |"
        yield from (_setting(each) for each in each_setting() if each.path[0] == name)


def _setting(each: Setting) -> str:
    described = (each.field.description or "").replace("|", "\\|")
    return f"| `{each.name}` | {_default(each.field)} | {described} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "必填"
    if field.default_factory is not None:
        return "系统的用户数据文件夹"
    value = field.default
    if isinstance(value, bool):
        return "是" if value else "否"
    return f"`{value}`" if isinstance(value, str | int) and value != "" else "无"


def _glossary() -> Iterator[str]:
    yield "# 词汇表"
    yield ""
    yield "数据库、JSON 和命令里用代码，屏幕和通知里用中文。命令的选项两种都可以写。"
    for name, words in inspect.getmembers(vocabulary, inspect.isclass):
        if issubclass(words, Word) and words is not Word:
            yield ""
            yield f"## {TITLES[name]}（`{name}`）"
            yield ""
            yield "| 代码 | 中文 |"
            yield "| --- | --- |"
            yield from (f"| `{word.value}` | {word.label} |" for word in words)


def _errors() -> Iterator[str]:
    yield "# 错误"
    yield ""
    yield "没有办成的事总是说清楚在哪里、是什么、怎么办，以及其余的内容怎样了。程序没有预料到的错误，"
    yield "屏幕上只有一句话，详细情况记在 `XIAOHAO_HOME/logs/xiaohao.log`，退出码为 1。"
    yield ""
    yield "| 名称 | 意思 | 退出码 |"
    yield "| --- | --- | --- |"
    for kind in _tree(errors.XiaohaoError):
        yield f"| `{kind.__name__}` | {(kind.__doc__ or '').strip()} | {kind.exit_code} |"


def _tree(kind: type[errors.XiaohaoError]) -> Iterator[type[errors.XiaohaoError]]:
    yield kind
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from _tree(below)


def _moves() -> Iterator[str]:
    yield "# 谁在什么时候可以做什么"
    yield ""
    yield "| 事项 | 问题的状态 | 由谁 |"
    yield "| --- | --- | --- |"
    for action, move in MOVES.items():
        froms = "、".join(word.label for word in vocabulary.Status if word in move.froms)
        yield f"| {action.label} | {froms} | {WHO[move.who]} |"


def main() -> int:
    """Write the pages that differ; their names on standard output."""
    for name, text in pages().items():
        path = HERE / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"docs/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
