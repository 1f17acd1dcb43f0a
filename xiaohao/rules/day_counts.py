"""A count of days told day by day: which are counted, which are skipped, and why.

`counting.Counter` stays the one that counts; what is told here is checked against it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from xiaohao.rules.counting import Counter, Term
from xiaohao.rules.workdays import ONE_DAY
from xiaohao.vocabulary import TermUnit

CALENDAR_DAY = "自然日"
SUSPENDED = "中止"
WEEKEND = ("周六", "周日")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLine:
    """A day of a count. `number` is its place among the counted ones, None where it is skipped."""

    on: date
    counted: bool
    number: int | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """A term counted from a day that is not itself counted, forwards or `backwards`.

    `end` is the last counted day, `moved` the days off after it that the last day moves over
    (Civil Code art. 203), `last` the day that comes out, inclusive.
    """

    start: date
    term: str
    backwards: bool
    days: tuple[DayLine, ...]
    end: date
    moved: tuple[DayLine, ...]
    last: date

    def lines(self) -> list[str]:
        """One line for each run of days that are counted alike or skipped for one reason."""
        told = [_run(list(run)) for run in _runs(self.days)]
        return told + [f"{_span(run)}：{_whys(run)}，顺延" for run in _runs(self.moved)]


def count_after(counter: Counter, start: date, term: Term, *, times: int = 1) -> DayCount:
    """`times` terms counted after `start`; the last day may be a day off."""
    end = counter.after(start, term, times=times)
    days = tuple(_days(counter, start, end, ONE_DAY, term))
    return DayCount(
        start=start, term=_label(term, times), backwards=False, days=days, end=end, moved=(), last=end
    )


def count_to_last_day(counter: Counter, start: date, term: Term, *, times: int = 1) -> DayCount:
    """As `count_after`, and a last day that is a day off moves to the next working day."""
    counted = count_after(counter, start, term, times=times)
    last = counter.on_or_after(counted.end)
    return DayCount(
        start=start,
        term=counted.term,
        backwards=False,
        days=counted.days,
        end=counted.end,
        moved=days_off(counter, counted.end, last),
        last=last,
    )


def count_before(counter: Counter, last: date, term: Term) -> DayCount:
    """A term counted back from `last`."""
    end = counter.before(last, term)
    days = tuple(_days(counter, last, end, -ONE_DAY, term))
    return DayCount(start=last, term=term.label, backwards=True, days=days, end=end, moved=(), last=end)


def days_off(counter: Counter, first: date, until: date) -> tuple[DayLine, ...]:
    """The days from `first` to the one before `until`, each with the reason why it is no last day."""
    return tuple(
        DayLine(on=day, counted=False, number=None, why=_why(counter, day, working=True))
        for day in (first + timedelta(n) for n in range((until - first).days))
    )


def chinese(day: date) -> str:
    """2023年10月15日."""
    return f"{day.year}年{day.month}月{day.day}日"


def _days(counter: Counter, start: date, end: date, step: timedelta, term: Term) -> Iterator[DayLine]:
    working = term.unit is TermUnit.WORKDAY
    number = 0
    day = start
    while day != end:
        day += step
        counted = counter.counts(day, working=working)
        number += counted
        why = _why(counter, day, working=working)
        yield DayLine(on=day, counted=counted, number=number if counted else None, why=why)


def _why(counter: Counter, day: date, *, working: bool) -> str:
    if day in counter.suspensions:
        return SUSPENDED
    return counter.workdays.why(day) if working else CALENDAR_DAY


def _label(term: Term, times: int) -> str:
    return term.label if times == 1 else f"{term.label}×{times}"


def _runs(days: tuple[DayLine, ...]) -> Iterator[list[DayLine]]:
    def alike(day: DayLine) -> tuple[bool, str]:
        return day.counted, "周末" if day.why in WEEKEND else day.why

    for _, run in groupby(days, key=alike):
        yield list(run)


def _run(run: list[DayLine]) -> str:
    first, last = run[0], run[-1]
    if not first.counted:
        return f"{_span(run)}：{_whys(run)}，不计"
    unit = "日" if first.why == CALENDAR_DAY else "个工作日"
    numbers = f"第{first.number}" if len(run) == 1 else f"第{first.number}至{last.number}"
    swapped = "" if first.why in (CALENDAR_DAY, "工作日") else f"（{first.why}）"
    return f"{_span(run)}{swapped}：{numbers}{unit}"


def _span(run: list[DayLine]) -> str:
    first, last = sorted((run[0].on, run[-1].on))
    if first == last:
        return chinese(first)
    if first.year != last.year:
        return f"{chinese(first)}至{chinese(last)}"
    return f"{chinese(first)}至{last.month}月{last.day}日"


def _whys(run: list[DayLine]) -> str:
    return "、".join(dict.fromkeys(day.why for day in sorted(run, key=lambda day: day.on)))
