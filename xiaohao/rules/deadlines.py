"""The last day: worked out from what was given, the policy, extensions and suspended days.

Civil Code art. 201-203; decisions 3, 4, 24, 29, 32, 35, 36, 42, 43 and 44 of the timelines.
"""

from dataclasses import dataclass
from datetime import date
from itertools import count as count_up

from xiaohao.rules.counting import NOT_SUSPENDED, Counter, Suspensions, Term
from xiaohao.rules.policy import Policy
from xiaohao.rules.workdays import Workdays
from xiaohao.vocabulary import RectificationClass


@dataclass(frozen=True)
class Extension:
    """A granted extension that still counts: the new last day, and the day of the grant."""

    until: date
    granted_on: date


@dataclass(frozen=True)
class Limit:
    """What a deadline is worked out from. `term` is the given one, not the policy's.

    `reports` are the days of the progress reports of this round, for long-term problems.
    """

    rectification_class: RectificationClass
    started_on: date
    registered_on: date
    due_given: date | None = None
    term: Term | None = None
    review_every: Term | None = None
    reviews_from: date | None = None
    suspensions: Suspensions = NOT_SUSPENDED
    extension: Extension | None = None
    reports: tuple[date, ...] = ()


def original_last_day(limit: Limit, policy: Policy, workdays: Workdays) -> date | None:
    """The last day as first set, inclusive: no extension, no suspended day. None: there is none.

    A given date stands as given, also when it is past or a day off; else the given term,
    else the policy's, counted from the day of finding and moved off days off.
    """
    if limit.due_given is not None:
        return limit.due_given
    term = limit.term or policy.of(limit.rectification_class).term
    return None if term is None else Counter(workdays).last_day(limit.started_on, term)


def last_day(limit: Limit, policy: Policy, workdays: Workdays) -> date | None:
    """The last day that holds now, inclusive: the latest extension, suspended days made good."""
    counter = Counter(workdays, limit.suspensions)
    if limit.extension is not None:
        return counter.moved(limit.extension.until, limit.extension.granted_on)
    if limit.due_given is not None:
        return counter.moved(limit.due_given, limit.started_on)
    term = limit.term or policy.of(limit.rectification_class).term
    return None if term is None else counter.last_day(limit.started_on, term)


def take_up_last_day(
    rectification_class: RectificationClass,
    registered_on: date,
    policy: Policy,
    workdays: Workdays,
    suspensions: Suspensions,
) -> date | None:
    """The last day on which the problem may be taken up (40), inclusive; None: no clock."""
    term = policy.of(rectification_class).take_up
    return None if term is None else Counter(workdays, suspensions).last_day(registered_on, term)


def review_day(limit: Limit, policy: Policy, workdays: Workdays) -> date | None:
    """The oldest review day that is not held, of a long-term problem; None for other classes.

    Review days lie on a grid of k periods from the day of finding, each computed on its
    own (35). A report holds all reviews that are due, else the next one; a second in the
    same period holds nothing more (36).
    """
    if limit.rectification_class is not RectificationClass.LONG_TERM:
        return None
    period = limit.review_every or policy.of(limit.rectification_class).review
    if period is None:
        return None
    grid = _Grid(limit.started_on, period, Counter(workdays, limit.suspensions))
    held = grid.first_on_or_after(limit.reviews_from or limit.registered_on)
    reported_period = -1
    for report in sorted(limit.reports):
        following = grid.first_after(report)
        if following == reported_period:
            continue
        reported_period = following
        if grid.day(held) <= report:
            held = following
        elif held == following:
            held = grid.first_after(grid.day(held))
    return grid.day(held)


class _Grid:
    """Review days by their number, from 1."""

    def __init__(self, started_on: date, period: Term, counter: Counter) -> None:
        self._started_on, self._period, self._counter = started_on, period, counter
        self._days: list[date] = []

    def day(self, number: int) -> date:
        while len(self._days) < number:
            after = self._counter.after(self._started_on, self._period, times=len(self._days) + 1)
            self._days.append(self._counter.on_or_after(after))
        return self._days[number - 1]

    def first_on_or_after(self, day: date) -> int:
        return next(number for number in count_up(1) if self.day(number) >= day)

    def first_after(self, day: date) -> int:
        return next(number for number in count_up(1) if self.day(number) > day)
