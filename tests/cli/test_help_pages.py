"""Help and wrong usage are in Chinese, whole, and there at once."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from command_runner import CommandLine

from xiaohao.cli import chinese, help_pages
from xiaohao.cli.command_line import COMMANDS, cli

ROOT = Path(__file__).parents[2]
CLICKS_WORDS = re.compile(
    r"\b(Usage|Options?|Commands?|Arguments?|Show this|Error|Try|Missing|No such|Did you mean|Got|Invalid|"
    r"TEXT|PATH|FILE|INTEGER|BOOLEAN|ARGS|OPTIONS|required|default|requires|valid|value|takes)\b"
)


def commands() -> Iterator[tuple[str, ...]]:
    """Every command and subcommand, as typed."""
    context = click.Context(cli, info_name="xiaohao")
    for name in COMMANDS:
        found = cli.get_command(context, name)
        yield (name,)
        if isinstance(found, click.Group):
            yield from ((name, part) for part in found.commands)


ALL = list(commands())


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_command_has_a_chinese_help_page(line: CommandLine, words: tuple[str, ...]) -> None:
    ran = line(*words, "--help")
    assert ran.code == 0
    assert ran.out.startswith(f"用法：xiaohao {' '.join(words)} [选项]")
    assert not CLICKS_WORDS.search(ran.out.split("示例：")[0])
    assert all(help_pages.width(text) <= 80 for text in ran.out.split("示例：")[0].splitlines())


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_command_that_acts_shows_examples_and_takes_json(
    line: CommandLine, words: tuple[str, ...]
) -> None:
    found = cli.get_command(click.Context(cli), words[0])
    if isinstance(found, click.Group) and len(words) == 1:
        return
    page = line(*words, "--help").out
    assert f"  xiaohao {' '.join(words)}" in page.split("示例：")[1]
    assert "--json" in page


def test_every_option_and_argument_says_what_it_is(line: CommandLine) -> None:
    for words in ALL:
        for text in line(*words, "--help").out.splitlines():
            if re.match(r"  --\S", text) and not re.match(r"  xiaohao", text):
                assert re.search(r"[一-鿿]", text), (words, text)


def test_help_loads_no_library_that_takes_long() -> None:
    """`xiaohao --help` must be there at once: neither database nor Prefect is imported for it."""
    code = (
        "import sys; from xiaohao.cli.command_line import run; run(['--help']); "
        "slow = {'sqlalchemy', 'sqlmodel', 'pydantic', 'prefect', 'rich', 'httpx', 'pendulum', 'openpyxl'};"
        "sys.exit(', '.join(slow & set(sys.modules)) or 0)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["legder"], "没有“legder”这个命令。您是不是想用 ledger？"),
        (["ledger", "--ligth", "红"], "没有“--ligth”这个选项。您是不是想用 --light？"),
        (["ledger", "--light"], "选项“--light”后面要写内容。"),
        (
            ["ledger", "--light", "蓝"],
            "“--light”的值不对：没有“蓝”，可用的有 绿（green）、黄（yellow）、红（red）。",
        ),
        (["ledger", "多余"], "多了一个参数：多余。"),
        (["nightly", "--direct=yes"], "选项“--direct”后面不写内容。"),
        (["nightly", "--date", "2023-02-30"], "“--date”的值不对：没有“2023-02-30”这一天。"),
        (
            ["nightly", "--date", "明天"],
            "“--date”的值不对：“明天”不是日期，请写成 2026-03-05 或 2026年3月5日。",
        ),
        (["show"], "缺少参数“编号”。"),
        (["register", "--title", "路灯不亮"], "缺少选项“--unit”。"),
        (
            ["register", "--unit", "x", "--term", "很快"],
            "“--term”的值不对：看不懂“很快”，请写成 15个工作日、7日 或 3个月。",
        ),
        (["measure", "done", "1", "x"], "“序号”的值不对：“x”不是序号，请写 1、2、3 这样的数字。"),
        (["close", "aply"], "没有“aply”这个命令。您是不是想用 apply？"),
        (["recheck"], "请写明核查哪些问题：问题编号、--unit 单位、--all 三者选一。"),
        (["call-back", "HL-1"], "请写明回访结果"),
        (["calendar", "show", "去年"], "“去年”不是年份或年月"),
        (["nightly", "--dry-run", "--hold"], "--dry-run 不写入也不通知，不必再写 --hold。"),
    ],
)
def test_wrong_usage_is_told_in_chinese(line: CommandLine, args: list[str], said: str) -> None:
    ran = line(*args)
    assert ran.code == 2
    assert said in ran.err
    assert ran.out == ""
    assert not CLICKS_WORDS.search(ran.err.replace("--light", "").replace("ligth", ""))
    if args[-1] == "--light":
        return  # takes what follows as its value
    as_json = line(*args, "--json")
    assert as_json.code == 2
    assert said in as_json.document["error"]
    assert as_json.document["missing"] == []


def test_all_that_click_can_say_has_a_chinese_word() -> None:
    """Each literal that click passes through gettext, in the modules that we use of it."""
    for place in chinese.PLACES:
        tree = ast.parse(Path(str(place.__file__)).read_text(encoding="utf-8"))
        for call in ast.walk(tree):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Name)
                and call.func.id in ("_", "ngettext")
            ):
                for argument in call.args[: 2 if call.func.id == "ngettext" else 1]:
                    if isinstance(argument, ast.Constant):
                        assert argument.value in chinese.WORDS, argument.value


def test_translations_keep_to_the_placeholders_that_click_fills() -> None:
    for theirs, ours in chinese.WORDS.items():
        there = set(re.findall(r"\{(\w+)", theirs))
        assert set(re.findall(r"\{(\w+)", ours)) <= there, theirs


def test_without_a_command_the_help_is_shown(line: CommandLine) -> None:
    ran = line()
    assert ran.code == 2
    assert "命令：\n  import " in ran.err
    assert ran.out == ""


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("一二三四，五六", 8, ["一二三", "四，五六"]),  # a stop never begins a line
        ("ab cd", 4, ["ab", "cd"]),
        ("用 xiaohao show 查看", 14, ["用 xiaohao", "show 查看"]),
        ("", 10, []),
    ],
)
def test_lines_are_wrapped_by_the_columns_of_a_terminal(text: str, limit: int, expected: list[str]) -> None:
    assert help_pages.wrapped(text, limit) == expected
    assert all(help_pages.width(each) <= limit for each in expected)
