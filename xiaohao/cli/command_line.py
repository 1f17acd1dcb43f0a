"""`xiaohao`: the list of commands, and the one place where a command line begins and ends.

A command's module is loaded when the command is asked for, so that help is there at once.
"""

import importlib
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import click

from xiaohao.cli import failures
from xiaohao.cli.chinese import speak_chinese
from xiaohao.cli.commands import Group


@dataclass(frozen=True)
class Entry:
    """Where a command lies: module and name in `xiaohao.cli`, and its line in the list."""

    module: str
    short: str


COMMANDS = {
    "import": Entry("importing", "导入台账、单位表或人员表。"),
    "export": Entry("exporting", "把台账导出为 Excel。"),
    "ledger": Entry("listing", "查看台账。"),
    "show": Entry("listing", "查看一个问题的全部情况。"),
    "explain": Entry("listing", "说明一个问题的时限怎么算、接下来会怎样。"),
    "up": Entry("up", "启动销号：定时任务、Prefect 服务和页面。"),
    "nightly": Entry("nights", "夜间运行：亮灯、督办、销号、通知。"),
    "recheck": Entry("nights", "手动重新核查问题。"),
    "status": Entry("nights", "查看运行情况：漏跑、未送达、岗位空缺、各单位亮灯。"),
    "watch": Entry("watching", "巡查：夜间运行是否按时做完，有没有落下的。"),
    "register": Entry("acts", "登记一个问题。"),
    "correct": Entry("acts", "更正一个问题的文字。"),
    "cancel": Entry("acts", "作废一个问题。"),
    "reassign": Entry("acts", "把一个问题转给别的单位。"),
    "take-up": Entry("acts", "签收一个问题。"),
    "progress": Entry("acts", "报告整改进展。"),
    "measure": Entry("papers", "增加或完成整改措施。"),
    "evidence": Entry("papers", "增加或查看佐证材料。"),
    "call-back": Entry("papers", "记录回访结果。"),
    "close": Entry("closing", "申请销号、退回、复核通过。"),
    "reopen": Entry("closing", "已销号的问题反弹，重新整改。"),
    "extension": Entry("closing", "申请、同意或不同意延期。"),
    "people": Entry("people", "查看岗位、任职、代理和空缺。"),
    "notify": Entry("notify", "试发一条消息，检查通知渠道。"),
    "outbox": Entry("outbox", "查看通知，放行暂缓的通知，重发没有送达的通知。"),
    "deliver": Entry("outbox", "发送待发的通知。"),
    "trail": Entry("trail", "查看、核对留痕，由留痕重建台账。"),
    "time-limit": Entry("rules", "试读一句整改时限。"),
    "policy": Entry("rules", "检查规则文件。"),
    "calendar": Entry("rules", "查看工作日历。"),
    "db": Entry("database", "升级、检查或复制数据库。"),
    "backup": Entry("backing_up", "备份台账、佐证材料和设置文件。"),
    "restore": Entry("backing_up", "从备份恢复台账。"),
    "config": Entry("database", "查看设置。"),
}


class CommandLine(Group):
    """The command `xiaohao`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """In the order in which a clerk meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, its module loaded; None for a name that is none."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module = importlib.import_module(f"xiaohao.cli.{entry.module}")
        found: click.Command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        found.name = cmd_name
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list, without loading any of them."""
        with formatter.section("命令"):
            formatter.write_dl([(name, COMMANDS[name].short) for name in self.list_commands(ctx)])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with near names offered from the list."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.exceptions.NoSuchCommand(args[0], possibilities=list(COMMANDS), ctx=ctx)
        return super().resolve_command(ctx, args)


HELP = """销号：基层问题整改台账。
每晚核对一次时限，到期前预警，逾期逐级督办，整改经复核后销号，每一步都留痕。"""

cli = CommandLine("xiaohao", help=HELP, no_args_is_help=True)
cli.params.append(
    click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        help="显示版本。",
        callback=lambda *a: _version(*a),
    )
)


def run(args: Sequence[str]) -> int:
    """Run one command line. Never raises: the exit code, with everything said.

    0 done, 1 refused or an error was found, 2 wrong usage, 3 something outside cannot be reached.
    """
    speak_chinese()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    details = failures.DetailsOfErrors()
    logging.getLogger("xiaohao").addHandler(details)
    try:
        with cli.make_context("xiaohao", list(args)) as ctx:
            code = cli.invoke(ctx)
        sys.stdout.flush()
    except BaseException as error:
        return failures.told(error, as_json="--json" in args)
    finally:
        logging.getLogger("xiaohao").removeHandler(details)
    return int(code or 0)


def _version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import version

        click.echo(f"xiaohao {version('xiaohao')}")
        ctx.exit()
