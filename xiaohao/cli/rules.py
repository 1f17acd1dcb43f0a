"""`xiaohao time-limit`, `policy` and `calendar`."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click

from xiaohao import bootstrap, calendar_file, policy_file
from xiaohao.cli import desk
from xiaohao.cli.commands import Answer, Group, command
from xiaohao.cli.parameters import DAY, PATH, Text, argument, option
from xiaohao.cli.screen import Screen
from xiaohao.errors import WrongUsage
from xiaohao.rules.policy import Policy
from xiaohao.rules.time_limits import TimeLimit, read_time_limit
from xiaohao.rules.workdays import Workdays
from xiaohao.vocabulary import RectificationClass

WEEKDAYS = "一二三四五六日"


@command(
    """试读一句整改时限。

只读这句话本身，不用规则里的默认期限。写 - 时从标准输入逐行读取，每行是“时限 制表符 发现日期”。""",
    examples=[
        "time-limit 3月底前 --found-on 2023-02-10",
        "time-limit 15个工作日内",
        "time-limit - --json < 时限.tsv",
    ],
)
@argument("text", metavar="时限", help="整改时限的原文。", type=Text("时限"))
@option("--found-on", type=DAY, help="发现日期，默认今天。")
def time_limit_command(text: str, found_on: date | None) -> Answer:
    workdays = _workdays()
    default = found_on or bootstrap.today()
    if text != "-":
        reading = read_time_limit(text, default, workdays)
        return Answer(_reading(reading, default), lambda s: _show_readings(s, [(reading, default)]))
    readings = [(read_time_limit(words, on, workdays), on) for words, on in _lines(default)]
    return Answer([_reading(*each) for each in readings], lambda s: _show_readings(s, readings))


def _workdays() -> Workdays:
    """The shipped calendar with the office's own days; no database is asked."""
    own = bootstrap.settings().calendar
    days = {day.on: day for day in calendar_file.shipped_days()}
    if own is not None:
        days |= {day.on: day for day in calendar_file.read_office_days(own)}
    return calendar_file.workdays_of(days.values())


def _lines(default: date) -> Iterator[tuple[str, date]]:
    source = sys.stdin.buffer.read().decode("utf-8-sig", "replace")
    for place, line in enumerate(source.split("\n"), start=1):
        if not line.strip():
            continue
        words, _, found_on = line.rstrip("\r").partition("\t")
        try:
            day = DAY.convert(found_on, None, None) if found_on.strip() else default
        except click.BadParameter as error:
            raise WrongUsage(f"第 {place} 行的发现日期不对：{error.message}") from error
        yield words, day


def _reading(limit: TimeLimit, found_on: date) -> dict[str, Any]:
    kind = limit.rectification_class
    return {
        "text": limit.text,
        "found_on": found_on,
        "rectification_class": "unknown" if kind is None else kind.value,
        "due_on": limit.due_on,
        "readings": list(limit.readings),
        "message": limit.message,
    }


def _show_readings(s: Screen, readings: list[tuple[TimeLimit, date]]) -> None:
    s.table(
        ("时限", "发现日期", "类型", "最后一天", "说明"),
        [(x.text, on, x.rectification_class or "不明", x.due_on, x.message or None) for x, on in readings],
    )


@click.group("policy", cls=Group, help="检查规则文件。")
def policy_command() -> None:
    """规则."""


@policy_command.command(
    "check",
    help="检查一份规则文件。\n有错时指明是哪一项，如 immediate.levels[2]；不写文件时检查程序自带的规则。",
    examples=["policy check", "policy check policy.toml"],
)
@argument("path", metavar="[文件]", help="规则文件（TOML）。", type=PATH, required=False)
def check_command(path: Path | None) -> Answer:
    body = policy_file.shipped() if path is None else policy_file.read(path)
    policy = policy_file.parse(body)
    document = {"valid": True, "sha256": policy_file.digest(body), "classes": _classes(policy)}
    return Answer(document, lambda s: _show_policy(s, policy))


def _classes(policy: Policy) -> dict[str, Any]:
    return {
        word.value: {
            "term": _term(part.term),
            "review": _term(part.review),
            "warn": [str(term) for term in part.warn],
            "levels": [str(term) for term in part.levels],
            "repeat": _term(part.repeat),
            "take_up": _term(part.take_up),
        }
        for word in RectificationClass
        for part in [policy.of(word)]
    }


def _term(term: Any) -> str | None:
    return None if term is None else str(term)


def _show_policy(s: Screen, policy: Policy) -> None:
    def label(term: Any) -> str | None:
        return None if term is None else term.label

    rows = []
    for word in RectificationClass:
        part = policy.of(word)
        rows.append(
            (
                word,
                label(part.term or part.review),
                [term.label for term in part.warn],
                [f"{level}级{term.label}" for level, term in enumerate(part.levels, start=1)],
                label(part.repeat),
                label(part.take_up),
            )
        )
    s.table(("类型", "期限（长期为报告间隔）", "提前预警", "逾期督办", "最高一级重复", "签收"), rows)
    s.line("规则文件没有错误。")


@click.group("calendar", cls=Group, help="查看工作日历。")
def calendar_command() -> None:
    """工作日历."""


@dataclass(frozen=True)
class ShownDay:
    """A day that is not what its weekday says, or every day of a month."""

    on: date
    working: bool
    name: str


@calendar_command.command(
    "show",
    help="查看工作日历。\n列出一年里放假的工作日和上班的周末；写到月份时逐日列出。",
    examples=["calendar show", "calendar show 2023", "calendar show 2023-10"],
)
@argument(
    "period",
    metavar="[年或年月]",
    help="如 2023 或 2023-10，默认今年。",
    type=Text("年或年月"),
    required=False,
)
def show_command(period: str | None) -> Answer:
    with desk.ledger().reading() as r:
        workdays = r.current_rules().workdays
    first, last, whole = _period(period or str(bootstrap.today().year))
    days = [
        ShownDay(day, workdays.is_working(day), workdays.names.get(day, ""))
        for day in (first + timedelta(days=n) for n in range((last - first).days + 1))
        if whole or day in workdays.exceptions
    ]
    announced = first.year <= workdays.announced_until
    document = {
        "from": first,
        "until": last,
        "version": workdays.version,
        "announced_until": workdays.announced_until,
        "workdays": sum(
            workdays.is_working(first + timedelta(days=n)) for n in range((last - first).days + 1)
        ),
        "days": days,
    }
    return Answer(document, lambda s: _show_days(s, document, announced))


def _period(text: str) -> tuple[date, date, bool]:
    """First and last day, and whether every day is shown."""
    parts = text.replace("年", "-").rstrip("-月").split("-")
    try:
        year, *months = (int(part) for part in parts)
        if not 1990 <= year <= 2079 or len(months) > 1:
            raise ValueError
        if not months:
            return date(year, 1, 1), date(year, 12, 31), False
        first = date(year, months[0], 1)
        return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1), True
    except ValueError as error:
        raise WrongUsage(f"“{text}”不是年份或年月（1990 至 2079 年），请写成 2023 或 2023-10。") from error


def _show_days(s: Screen, document: dict[str, Any], announced: bool) -> None:
    s.table(
        ("日期", "星期", "", "名称"),
        [
            (x.on, WEEKDAYS[x.on.weekday()], "上班" if x.working else "放假", x.name or None)
            for x in document["days"]
        ],
    )
    s.line(f"{document['from']} 至 {document['until']}，共 {document['workdays']} 个工作日。")
    if not announced:
        s.line("这一年的放假安排还没有公布，只除去法定节假日，公布后重新计算。")
