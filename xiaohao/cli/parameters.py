"""The options and arguments that commands share, with the Chinese names that help pages show."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click

from xiaohao.vocabulary import Light, RectificationClass, Source, Status, TermUnit, Word

F = TypeVar("F", bound=Callable[..., Any])
DATE = re.compile(r"(\d{4})(?:-|年|/|\.)(\d{1,2})(?:-|月|/|\.)(\d{1,2})日?")
TERM = re.compile(r"(\d{1,4})\s*(个?工作日|个?月|周|日|天|workdays?|days?|weeks?|months?)")
TERM_UNITS = {
    "工作日": TermUnit.WORKDAY,
    "月": TermUnit.MONTH,
    "周": TermUnit.WEEK,
    "日": TermUnit.DAY,
    "天": TermUnit.DAY,
}


class Day(click.ParamType[date]):
    """A date: 2026-03-05, also 2026年3月5日."""

    name = "日期"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read it; a day that no month has is wrong usage."""
        if isinstance(value, date):
            return value
        found = DATE.fullmatch(str(value).strip())
        try:
            if found is not None:
                return date(*(int(part) for part in found.groups()))
        except ValueError:
            self.fail(f"没有“{value}”这一天。", param, ctx)
        return self.fail(f"“{value}”不是日期，请写成 2026-03-05 或 2026年3月5日。", param, ctx)


class WordOf(click.ParamType[Word]):
    """A word of the vocabulary, by its code or its Chinese label."""

    def __init__(self, words: type[Word], name: str) -> None:
        self.words = words
        self.name = name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Word:
        """Find the word, else say which there are."""
        for each in self.words:
            if value in (each.value, each.label):
                return each
        there = "、".join(f"{each.label}（{each.value}）" for each in self.words)
        return self.fail(f"没有“{value}”，可用的有 {there}。", param, ctx)


class Length(click.ParamType[Any]):
    """A length of time: 15个工作日, 3个月, 7日; also 15 workdays."""

    name = "期限"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read it as `rules.counting.Term`."""
        from xiaohao.rules.counting import Term

        found = TERM.fullmatch(str(value).strip())
        if found is None or int(found[1]) == 0:
            self.fail(f"看不懂“{value}”，请写成 15个工作日、7日 或 3个月。", param, ctx)
        unit = found[2].removeprefix("个")
        return Term(int(found[1]), TERM_UNITS.get(unit) or TermUnit(unit.rstrip("s")))


class Text(click.ParamType[str]):
    """Words that go into the ledger. Half characters, which no text can hold, are refused."""

    def __init__(self, name: str = "文字") -> None:
        self.name = name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text without blanks around it."""
        text = str(value).strip()
        if any("\ud800" <= char <= "\udfff" for char in text):
            self.fail("文字编码不对，请用 UTF-8 输入。", param, ctx)
        return text


class Count(click.ParamType[int]):
    """A place in a list, from 1."""

    name = "序号"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it as a number from 1."""
        if not re.fullmatch(r"[1-9]\d{0,8}", str(value).strip()):
            self.fail(f"“{value}”不是序号，请写 1、2、3 这样的数字。", param, ctx)
        return int(value)


class Port(click.ParamType[int]):
    """A port of this machine."""

    name = "端口"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it as a number from 1 to 65535."""
        if not re.fullmatch(r"[1-9]\d{0,4}", str(value).strip()) or int(value) > 65_535:
            self.fail(f"“{value}”不是端口，请写 1 到 65535 之间的数字。", param, ctx)
        return int(value)


DAY = Day()
LENGTH = Length()
PATH = click.Path(path_type=Path)
CLASS = WordOf(RectificationClass, "类型")
LIGHT = WordOf(Light, "灯")
STATUS = WordOf(Status, "状态")
SOURCE = WordOf(Source, "来源")


def option(
    *names: str, help: str, type: click.ParamType[Any] | None = None, **attributes: Any
) -> Callable[[F], F]:
    """An option with a value; its kind of value stands in the help page."""
    kind = type or Text()
    metavar = attributes.pop("metavar", None) or kind.name
    return click.option(*names, type=kind, metavar=metavar, help=help, **attributes)


def flag(*names: str, help: str) -> Callable[[F], F]:
    """An option without a value."""
    return click.option(*names, is_flag=True, help=help)


def argument(
    name: str, *, metavar: str, help: str, type: click.ParamType[Any] | None = None, **attributes: Any
) -> Callable[[F], F]:
    """An argument."""
    return click.argument(name, type=type or Text(metavar), metavar=metavar, help=help, **attributes)


number = argument(
    "number", metavar="编号", help="问题的台账编号，如 HL-2023-0007；外部编号没有重复时也可以用。"
)
unit = option("--unit", "unit", help="单位的编码或全称，包括它下属的单位。", metavar="单位")
rectification_class = option(
    "--class", "rectification_class", type=CLASS, help="整改类型：立行立改、限期整改、长期整改。"
)
status = option("--status", type=STATUS, help="状态：整改中、申请销号、已销号等。")
reason = option("--reason", help="理由。", metavar="理由", default="")


def acting(function: F) -> F:
    """`--by` and `--date`: who acts, and on which day it counts."""
    by = option("--by", metavar="工号", help="由谁操作，默认取环境变量 XIAOHAO_BY。", default="")
    return by(day(function))


def day(function: F) -> F:
    """`--date` of an act or an import."""
    text = "从哪一天起算，不能晚于今天（北京时间）；默认是今天。"
    return option("--date", "on", type=DAY, help=text)(function)
