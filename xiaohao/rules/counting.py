"""Counting days, weeks, working days and months, with suspended days that are no days at all.

Civil Code art. 201-203: the first day is not counted, the last day counts whole, a month
ends on its corresponding day. Decisions 3, 5, 28 and 32 of the timelines.
"""

import calendar
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count as count_up
from typing import Self

from xiaohao.rules.workdays import ONE_DAY, Workdays
from xiaohao.vocabulary import TermUnit

LONGEST_DAYS = 20_000


@dataclass(frozen=True, order=True)
class Term:
    """A length of time as it is given: 15 working days, 3 months. `count` is at least 1."""

    count: int
    unit: TermUnit

    def __post_init__(self) -> None:
        if not 1 <= self.count <= 9_999:
            raise ValueError(f"a term counts from 1 to 9999, not {self.count}")

    def __str__(self) -> str:
        """The stored form, which `parse` reads: "3 workday"."""
        return f"{self.count} {self.unit.value}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "3 workdays", "1 day", "2 months". Raises ValueError on anything else."""
        found = re.fullmatch(r"\s*(\d{1,4})\s+(workday|day|week|month)s?\s*", text)
        if found is None:
            raise ValueError(f"no term: {text!r}")
        return cls(int(found[1]), TermUnit(found[2]))

    @property
    def label(self) -> str:
        """As an official writes it: 3个工作日, 7日, 2周, 3个月."""
        return f"{self.count}{self.unit.label}"


@dataclass(frozen=True)
class Suspensions:
    """The suspended days of a problem: intervals (first, last), both inclusive, as their union (32)."""

    intervals: tuple[tuple[date, date], ...] = ()

    @classmethod
    def of(cls, intervals: Iterable[tuple[date, date]]) -> Self:
        """The union of `intervals`, joined where they touch or overlap, in order."""
        joined: list[tuple[date, date]] = []
        for first, last in sorted(pair for pair in intervals if pair[0] <= pair[1]):
            if joined and first <= joined[-1][1] + ONE_DAY:
                joined[-1] = (joined[-1][0], max(joined[-1][1], last))
            else:
                joined.append((first, last))
        return cls(tuple(joined))

    @classmethod
    def parse(cls, key: str) -> Self:
        """Read what `key` wrote; "" is none."""
        return cls.of(
            (date.fromisoformat(part[:10]), date.fromisoformat(part[11:])) for part in key.split(",") if part
        )

    @property
    def key(self) -> str:
        """The stored form: "2026-01-01/2026-01-31,…", "" for none."""
        return ",".join(f"{first}/{last}" for first, last in self.intervals)

    def __contains__(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.intervals)

    def days_between(self, after: date, until: date) -> int:
        """How many suspended days lie in `after` < day <= `until`."""
        return sum(
            max(0, (min(last, until) - max(first, after + ONE_DAY)).days + 1)
            for first, last in self.intervals
        )

    def before(self, day: date) -> "Suspensions":
        """What is left when everything from `day` on is cut off."""
        return Suspensions.of((first, min(last, day - ONE_DAY)) for first, last in self.intervals)


NOT_SUSPENDED = Suspensions()


@dataclass(frozen=True)
class Counter:
    """How days are counted for one problem: one calendar, one set of suspended days."""

    workdays: Workdays
    suspensions: Suspensions = NOT_SUSPENDED

    def counts(self, day: date, *, working: bool) -> bool:
        """Whether `day` is counted at all."""
        return day not in self.suspensions and (not working or self.workdays.is_working(day))

    def after(self, day: date, term: Term, *, times: int = 1) -> date:
        """The last day of `times` such terms counted after `day`; it may be a day off (7, 9).

        A month ends on the corresponding day, or the month's last day, and then moves on by
        one day for each suspended day between (3).
        """
        count = term.count * times
        if term.unit is TermUnit.MONTH:
            return self._later(day, (add_months(day, count) - day).days, working=False)
        if term.unit is TermUnit.WEEK:
            count *= 7
        return self._later(day, count, working=term.unit is TermUnit.WORKDAY)

    def repeated(self, day: date, term: Term, since: date | None = None) -> Iterator[tuple[int, date]]:
        """The last days of one, two, three … such terms counted after `day`, numbered, without end (9).

        Those well before `since` are passed over; the last one before it is not.
        """
        first = 1
        if term.unit is TermUnit.MONTH or self.suspensions.intervals:
            yield from ((times, self.after(day, term, times=times)) for times in count_up(1))
        elif term.unit is TermUnit.WORKDAY:
            if since is not None:
                first = max(1, self.workdays.between(day, since) // term.count - 1)
            yield from ((times, self.workdays.after(day, term.count * times)) for times in count_up(first))
        else:
            span = term.count * 7 if term.unit is TermUnit.WEEK else term.count
            if since is not None:
                first = max(1, (since - day).days // span - 1)
            yield from ((times, day + timedelta(days=span * times)) for times in count_up(first))

    def before(self, day: date, term: Term) -> date:
        """The n-th counted day before `day` (5)."""
        count = term.count * 7 if term.unit is TermUnit.WEEK else term.count
        working = term.unit is TermUnit.WORKDAY
        if term.unit is TermUnit.MONTH:
            count = (day - add_months(day, -term.count)).days
        if not self.suspensions.intervals:
            return self.workdays.before(day, count) if working else date.fromordinal(day.toordinal() - count)
        return self._walk(day, count, -ONE_DAY, working=working)

    def last_day(self, start: date, term: Term) -> date:
        """The last day of a term counted from `start`, inclusive; moved off days off (art. 203)."""
        return self.on_or_after(self.after(start, term))

    def on_or_after(self, day: date) -> date:
        """`day`, or the next working day that is not suspended."""
        if not self.suspensions.intervals:
            return self.workdays.on_or_after(day)
        while not self.counts(day, working=True):
            day += ONE_DAY
        return day

    def moved(self, day: date, since: date) -> date:
        """A given date with the suspended days after `since` made good (29, 32).

        As many unsuspended days lie after `since` as without the suspension; a date that
        moved then goes to a working day. A date that did not move stands, day off or not.
        """
        if day <= since or not self.suspensions.intervals:
            return day
        later = self._later(since, (day - since).days, working=False)
        return day if later == day else self.on_or_after(later)

    def _later(self, day: date, count: int, *, working: bool) -> date:
        if not self.suspensions.intervals:
            return self.workdays.after(day, count) if working else date.fromordinal(day.toordinal() + count)
        return self._walk(day, count, ONE_DAY, working=working)

    def _walk(self, day: date, count: int, step: timedelta, *, working: bool) -> date:
        left = count
        for _ in range(LONGEST_DAYS):
            day += step
            if self.counts(day, working=working):
                left -= 1
                if not left:
                    return day
        raise ValueError(f"{count} days from here lie outside every calendar")


def add_months(day: date, months: int) -> date:
    """The corresponding day `months` later, or that month's last day (Civil Code art. 202)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    month += 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
