"""The days that are not what their weekday says: library, yearly file, the office's own file.

The library `holidays` knows the State Council's yearly notices, swaps included; the yearly
file in the package says which year was announced last, and what the library lacks. For a
later year only the statutory days are off (DESIGN section 4.1, decision 45).
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from itertools import count, takewhile
from pathlib import Path
from typing import Any

import holidays

from xiaohao.errors import CalendarFault
from xiaohao.rules.workdays import FIRST_ORDINAL, LAST_ORDINAL, ONE_DAY, Workdays

SATURDAY = 5
NATIONAL_DAY = "国庆节"
SWAPPED, IN_LIEU = "休息日", "补假"
DAY_KEYS = ("on", "working", "name")
FIRST_YEAR, LAST_YEAR = (date.fromordinal(n).year for n in (FIRST_ORDINAL, LAST_ORDINAL))
DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, order=True)
class CalendarDay:
    """A weekday that is off, or a weekend that is worked, and what it is called (国庆节)."""

    on: date
    working: bool
    name: str


_SHIPPED: dict[str, Any] = tomllib.loads(
    (files("xiaohao") / "calendar_days.toml").read_text(encoding="utf-8")
)
LAST_ANNOUNCED: int = _SHIPPED["last_announced"]
"""The last year whose notice is known, inclusive."""


@cache
def shipped_days() -> tuple[CalendarDay, ...]:
    """Every day from 2004 to 2040 that is not what its weekday says, in order.

    After LAST_ANNOUNCED only the statutory days, with no swap and no day in lieu guessed.
    """
    first, last = _SHIPPED["first"], _SHIPPED["last"]
    found = {day.on: day for day in _announced(range(first, LAST_ANNOUNCED + 1))}
    found |= {day.on: day for day in _statutory(range(LAST_ANNOUNCED + 1, last + 1))}
    for row in _SHIPPED["days"]:
        day = CalendarDay(row["on"], row["working"], row["name"])
        if day.working == _works_by_weekday(day.on):
            found.pop(day.on, None)
        else:
            found[day.on] = day
    return tuple(sorted(found.values()))


def _works_by_weekday(on: date) -> bool:
    return on.weekday() < SATURDAY


def _announced(years: range) -> Iterator[CalendarDay]:
    """The days off and the worked weekends of the State Council's yearly notices."""
    china = holidays.country_holidays("CN", years=years, observed=True, language="zh_CN")
    told, worked = dict(china.items()), set(china.weekend_workdays)
    taken = {found[0]: on for on, text in told.items() if (found := DATE.search(text))}
    for on in told:
        if _works_by_weekday(on):
            yield CalendarDay(on, False, _holiday(on, told, worked))
    for on in worked:
        if on.year in years:
            yield CalendarDay(on, True, _holiday(taken[on.isoformat()], told, worked))


def _statutory(years: range) -> Iterator[CalendarDay]:
    """The statutory days off alone, of years without a notice (decision 45)."""
    china = holidays.country_holidays("CN", years=years, observed=False, language="zh_CN")
    for on, text in china.items():
        if _works_by_weekday(on):
            yield CalendarDay(on, False, _proper(text))


def _holiday(on: date, told: dict[date, str], worked: set[date]) -> str:
    """What a day off is called: its own name, else that of the holiday in whose run of days off it lies.

    A day that was swapped or given in lieu has no name of its own. Where the run holds two
    holidays it is called after the greater one: 国庆节 of 国庆节、中秋节.
    """
    if own := _proper(told[on]):
        return own
    names = [name for day in _run(on, told, worked) if (name := _proper(told.get(day, "")))]
    return NATIONAL_DAY if NATIONAL_DAY in names else names[0]


def _run(on: date, told: dict[date, str], worked: set[date]) -> list[date]:
    """The days off without a working day between, around the day off `on`, in order."""

    def off(day: date) -> bool:
        return day in told or (not _works_by_weekday(day) and day not in worked)

    first = on
    while off(first - ONE_DAY):
        first -= ONE_DAY
    return list(takewhile(off, (first + ONE_DAY * n for n in count())))


def _proper(text: str) -> str:
    """国庆节 of “中秋节; 国庆节”, 春节 of 农历除夕; nothing of a day that is swapped or in lieu."""
    if SWAPPED in text or IN_LIEU in text:
        return ""
    if NATIONAL_DAY in text:
        return NATIONAL_DAY
    return "春节" if text == "农历除夕" else text


def read_office_days(path: Path) -> tuple[CalendarDay, ...]:
    """The days of an office's own TOML file in UTF-8, in order: those that differ from the shipped calendar.

    One section a day; `name` may be left out, all else is refused::

        [[days]]
        on = 2027-02-14        # the day
        working = true         # true: worked, false: off
        name = "春节"           # the holiday, also of a weekend that is worked for it

    Raises CalendarFault with the file, and the key path of every fault found in it.
    """
    try:
        body = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise CalendarFault(
            f"日历文件 {path.name} 读不了，请确认文件存在并以 UTF-8 保存。日历未启用。"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise CalendarFault(f"日历文件 {path.name} 不是有效的 TOML：{error}。日历未启用。") from error
    days, faults = _read_days(body)
    if faults:
        raise CalendarFault(f"日历文件 {path.name} 有错，日历未启用：{'；'.join(faults)}。", missing=faults)
    return tuple(sorted(days))


def _read_days(body: dict[str, Any]) -> tuple[list[CalendarDay], list[str]]:
    """The days, and every fault with its key path."""
    faults = [f"{key}：没有这一项，只能写 [[days]]" for key in body if key != "days"]
    rows = body.get("days")
    if not isinstance(rows, list) or not rows:
        return [], [*faults, "days：缺少 [[days]]，每天一节，写 on、working、name 三项"]
    days: dict[date, CalendarDay] = {}
    for place, row in enumerate(rows):
        wrong = _faults_of(row)
        faults += [f"days[{place}]{fault}" for fault in wrong]
        if wrong:
            continue
        if row["on"] in days:
            faults.append(f"days[{place}].on：{row['on']} 写了两次，请删去一处")
        days[row["on"]] = CalendarDay(row["on"], row["working"], row.get("name", ""))
    return list(days.values()), faults


def _faults_of(row: Any) -> list[str]:
    if not isinstance(row, dict):
        return ["：应写成一节，以 [[days]] 开头"]
    on = row.get("on")
    faults = [f".{key}：没有这一项，可用的有 on、working、name" for key in row if key not in DAY_KEYS]
    if not isinstance(on, date) or isinstance(on, datetime):
        faults.append(".on：应是日期，不加引号，如 2027-02-14")
    elif not FIRST_YEAR <= on.year <= LAST_YEAR:
        faults.append(f".on：{on} 不在 {FIRST_YEAR} 年至 {LAST_YEAR} 年之间")
    if not isinstance(row.get("working"), bool):
        faults.append(".working：应是 true（上班）或 false（放假），不加引号")
    if not isinstance(row.get("name", ""), str):
        faults.append('.name：应是加引号的文字，如 "春节"')
    return faults


def workdays_of(
    days: Iterable[CalendarDay], *, announced_until: int = LAST_ANNOUNCED, version: int = 1
) -> Workdays:
    """One version of the calendar, made of such days; of two for one day the later in `days` holds.

    `announced_until` is the last year whose notice is in `days`, inclusive.
    """
    days = list(days)
    return Workdays(
        {day.on: day.working for day in days},
        {day.on: day.name for day in days},
        announced_until=announced_until,
        version=version,
    )
