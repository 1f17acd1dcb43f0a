"""What stands in a time-limit text, once it is read: marks, their signs, and the days that the calendar has."""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from xiaohao.rules.counting import Term
from xiaohao.rules.workdays import FIRST_ORDINAL, LAST_ORDINAL

DATE, LENGTH, REVIEW, BAD, NOISE = "ⒹⓉⓇⓍⓃ"
"""The signs that stand for what was read in the skeleton of a text; no cleaned text holds them."""

FIRST_YEAR, LAST_YEAR = date.fromordinal(FIRST_ORDINAL).year, date.fromordinal(LAST_ORDINAL).year

Match = re.Match[str]
Days = Callable[[int, date], tuple[date, ...]]


class Impossible(ValueError):
    """A date that the calendar does not have; the message is Chinese."""


@dataclass(frozen=True)
class Year:
    """The year of a day: `given`, else that of the base plus `shift`, and the next where it `rolls`.

    The base is the day of finding, or the date before in the text.
    """

    given: int | None = None
    shift: int = 0
    rolls: bool = False


@dataclass(frozen=True)
class Mark:
    """What one production read.

    `days(year, base)` gives the day and its honest alternatives, the chosen one first; it raises
    Impossible. `weak`: a bare year or month, `short`: 9.30; both need a fitting place. `bare_day`: a
    day without its month. `ends`: the word itself says an end (底, 内, 旬). `terms` are lengths of
    time, the chosen one first; with `days` too, both readings are honest. `inner`: 内 was written.
    `why` says in Chinese why there are alternatives, or what is wrong. `weekday` stands in brackets
    behind a date. `whole_year`: a date behind it lies within that year.
    """

    sign: str
    days: Days | None = None
    year: Year = Year()
    weak: bool = False
    short: bool = False
    bare_day: bool = False
    ends: bool = False
    terms: tuple[Term, ...] = ()
    inner: bool = False
    why: str = ""
    weekday: str = ""
    whole_year: bool = False


def by_year(days: Callable[[int], tuple[date, ...]]) -> Days:
    """Days that need their year only."""
    return lambda year, _base: days(year)


def by_base(days: Callable[[date], tuple[date, ...]]) -> Days:
    """Days that need the day only from which they are seen."""
    return lambda _year, base: days(base)


def checked(year: int, month: int, day: int) -> date:
    """A date of the calendar between 1990 and 2079, or Impossible with the sentence for the official."""
    if not 1 <= month <= 12:
        raise Impossible(f"没有{month}月")
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Impossible(f"{year}年不在{FIRST_YEAR}年至{LAST_YEAR}年之间")
    last = calendar.monthrange(year, month)[1]
    if not 1 <= day <= last:
        raise Impossible(f"没有{month}月{day}日" if day > 29 or day < 1 else f"{year}年没有{month}月{day}日")
    return date(year, month, day)


def within(day: date) -> date:
    """`day`, or Impossible where it lies outside every calendar."""
    return checked(day.year, day.month, day.day)


def month_end(year: int, month: int) -> date:
    """The last day of a month; `month` may run on over the year."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return checked(year, month, calendar.monthrange(year, month)[1])


def group(m: Match, name: str) -> str:
    return m.groupdict().get(name) or ""


def is_before(m: Match) -> bool:
    return m.groupdict().get("before") is not None


def unclear(m: Match, fuzzy: bool) -> str:
    return f"“{quoted(m)}”没有写明是哪一天" if fuzzy else ""


def quoted(m: Match) -> str:
    """What was read, for a message."""
    return m[0].strip('“”"')


def bad(m: Match, _found: date) -> Mark:
    """Looks like a limit and is none: never mended."""
    return Mark(BAD, why=f"“{m[0]}”不是完整的日期或期限")


def placeholder(m: Match, _found: date) -> Mark:
    """X月X日, 年月日: a form that nobody filled in."""
    return Mark(BAD, why=f"“{m[0]}”处没有填写")


def uncounted(m: Match, _found: date) -> Mark:
    """十几天, 数月: a fault only where nothing else says when."""
    return Mark(NOISE, why=f"“{m[0]}”没有写明数目")


def lunar(m: Match, _found: date) -> Mark:
    """农历腊月二十三."""
    return Mark(BAD, why=f"“{m[0]}”是农历日期")


def noise(_m: Match, _found: date) -> Mark:
    """A number or word that is no date, eaten whole."""
    return Mark(NOISE)
