"""The days that are not what their weekday says: library, yearly file, the office's own file.

The library `holidays` knows the State Council's yearly notices, swaps included; the yearly
file in the package says which year was announced last, and what the library lacks. For a
later year only the statutory days are off (DESIGN section 4.1, decision 45).
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import holidays

from xiaohao.errors import CalendarFault
from xiaohao.rules.workdays import Workdays


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
    found: dict[date, CalendarDay] = {}
    for year in range(_SHIPPED["first"], _SHIPPED["last"] + 1):
        found |= {day.on: day for day in _year(year)}
    for row in _SHIPPED["days"]:
        day = CalendarDay(row["on"], row["working"], row["name"])
        if day.working == (day.on.weekday() < 5):
            found.pop(day.on, None)
        else:
            found[day.on] = day
    return tuple(sorted(found.values()))


def _year(year: int) -> Iterable[CalendarDay]:
    announced = year <= LAST_ANNOUNCED
    china = holidays.country_holidays("CN", years=year, observed=announced, language="zh_CN")
    named = {on: name for on, name in china.items() if on.year == year}
    for on in sorted(named):
        if on.weekday() < 5:
            yield CalendarDay(on, False, _name(on, named))
    for on in sorted(china.weekend_workdays) if announced else ():
        if on.year == year:
            yield CalendarDay(on, True, _swapped_for(on, named))


def _name(on: date, named: dict[date, str]) -> str:
    """国庆节, also for a day off that was swapped or given in lieu beside it."""
    name = named[on].removesuffix("（补假）").split("；")[0].split(";")[0]
    if not name.startswith("休息日"):
        return "春节" if name == "农历除夕" else name
    proper = {day: text for day, text in named.items() if not text.startswith("休息日")}
    nearest = min(proper, key=lambda day: abs((day - on).days), default=on)
    return _name(nearest, proper) if nearest != on else "放假"


def _swapped_for(on: date, named: dict[date, str]) -> str:
    """The holiday for which a weekend is worked: that of the day off which was taken from it."""
    marked = [day for day, text in named.items() if on.isoformat() in text]
    near = min(marked or named, key=lambda day: abs((day - on).days), default=None)
    return "" if near is None else _name(near, named)


def read_office_days(path: Path) -> tuple[CalendarDay, ...]:
    """The office's own days: a TOML file with `[[days]]`, each `on`, `working` and `name`.

    Raises CalendarFault with the file and the key path of every fault.
    """
    try:
        body = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CalendarFault(f"日历文件 {path.name} 读不了，请确认文件存在并以 UTF-8 保存。") from error
    except tomllib.TOMLDecodeError as error:
        raise CalendarFault(f"日历文件 {path.name} 不是有效的 TOML：{error}。未启用。") from error
    faults: list[str] = []
    days: dict[date, CalendarDay] = {}
    rows = body.get("days")
    if not isinstance(rows, list) or not rows:
        raise CalendarFault(f"日历文件 {path.name}：缺少 [[days]]，每天写 on、working、name 三项。未启用。")
    for place, row in enumerate(rows):
        fault = _fault(row)
        if fault:
            faults.append(f"days[{place}]{fault}")
        elif row["on"] in days:
            faults.append(f"days[{place}].on：{row['on']} 写了两次")
        else:
            days[row["on"]] = CalendarDay(row["on"], row["working"], row.get("name", ""))
    if faults:
        raise CalendarFault(f"日历文件 {path.name} 有错，未启用：{'；'.join(faults)}。", missing=faults)
    return tuple(sorted(days.values()))


def _fault(row: Any) -> str:
    if not isinstance(row, dict):
        return "：应写成一节"
    if not isinstance(row.get("on"), date) or isinstance(row["on"], datetime):
        return ".on：应是日期，如 2027-02-06"
    if not isinstance(row.get("working"), bool):
        return ".working：应是 true（上班）或 false（放假）"
    return "" if isinstance(row.get("name", ""), str) else ".name：应是文字"


def workdays_of(
    days: Iterable[CalendarDay], *, announced_until: int = LAST_ANNOUNCED, version: int = 1
) -> Workdays:
    """A calendar made of such days."""
    days = list(days)
    return Workdays(
        {day.on: day.working for day in days},
        {day.on: day.name for day in days},
        announced_until=announced_until,
        version=version,
    )
