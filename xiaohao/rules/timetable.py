"""The timetable of a problem: what happens on which day, and what comes next. The one home of timers.

A state's steps follow from its clock, its policy and the calendar; the state on a business
date is the fold of the steps up to it. DESIGN section 4.2 and 4.4, decisions 5 to 20, 28 to
41 and 55 of the timelines.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import NamedTuple

from xiaohao.rules.counting import Counter, Suspensions
from xiaohao.rules.policy import Policy
from xiaohao.rules.workdays import ONE_DAY, Workdays
from xiaohao.vocabulary import Light, RectificationClass, Status, StepKind

RANKS = {StepKind.WARNING: 1, StepKind.VERIFY_WAIT: 2, StepKind.TAKE_UP: 3, StepKind.ESCALATION: 4}
IN_VERIFICATION = frozenset({Status.APPLIED, Status.VERIFIED})
SETTLED = frozenset({Status.CLOSED, Status.CANCELLED})


@dataclass(frozen=True, slots=True)
class TimerState:
    """All that a timetable depends on: the key of a decision (DESIGN section 7).

    Each field is a column of `problem` under the same name. `suspensions` is the stored
    form of `counting.Suspensions`, "" for none.
    """

    rectification_class: RectificationClass
    status: Status
    registered_on: date
    due_on: date | None
    review_on: date | None
    take_up_by: date | None
    taken_up_on: date | None
    applied_on: date | None
    suspensions: str
    policy_id: int
    calendar_version: int
    next_event_on: date | None


class Step(NamedTuple):
    """One step of a timetable. `clock_on` is the day that it counts from; a quiet step is never told."""

    kind: StepKind
    level: int
    repeat: int
    clock_on: date
    crossed_on: date
    quiet: bool = False

    @property
    def rank(self) -> int:
        """Which of several is told: escalation, take-up, waiting for verification, warning (16)."""
        return RANKS[self.kind]

    @property
    def key(self) -> "StepKey":
        """What makes it the same step (26)."""
        return (self.clock_on, self.kind, self.level, self.repeat)


StepKey = tuple[date, StepKind, int, int]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a timetable says on one day: the fold of its steps, and what the calendar does next."""

    status: Status
    light: Light | None
    level: int
    repeat: int
    next_event_on: date | None
    verify_by: date | None
    steps: tuple[Step, ...]


def outlook(
    state: TimerState, policy: Policy, workdays: Workdays, on: date, *, since: date | None = None
) -> Outlook:
    """The fold of the timetable up to and including the day `on`.

    `steps` are the steps dated up to that day, in order of day, whether recorded or not: all
    of them, or with `since` at least those from that day on. Raises ValueError where a day
    lies outside every calendar.
    """
    suspensions = Suspensions.parse(state.suspensions)
    table = _Table(state, policy, Counter(workdays, suspensions))
    seen_until = on
    if state.status in IN_VERIFICATION and state.applied_on is not None:
        seen_until = min(on, state.applied_on)
    steps, following = _split(table.ladder(None if since is None else min(since, seen_until)), seen_until)
    top = max(
        ((s.level, s.repeat) for s in steps if s.kind is StepKind.ESCALATION),
        default=(0, 0),
    )
    take_up, next_take_up = _split(table.take_up(), on)
    waiting, verify_by = _split(table.verify_wait(), on)
    status = _status(state, suspensions, on)
    nexts = [next_take_up, verify_by]
    if state.status not in IN_VERIFICATION:
        nexts += [following, *table.turns()]
    kept = [step for step in chain(steps, take_up, waiting) if _is_recorded(step, state)]
    return Outlook(
        status=status,
        light=None if status is Status.SUSPENDED else table.light(seen_until),
        level=top[0],
        repeat=top[1],
        next_event_on=min((day for day in nexts if day is not None and day > on), default=None),
        verify_by=verify_by,
        steps=tuple(sorted(kept, key=lambda step: (step.crossed_on, -step.rank))),
    )


def due_steps(state: TimerState, seen: Outlook) -> tuple[Step, ...]:
    """The steps of `seen` that no night has spoken for: dated from the state's timer on."""
    first = state.next_event_on
    return tuple(step for step in seen.steps if first is not None and step.crossed_on >= first)


def _is_recorded(step: Step, state: TimerState) -> bool:
    """Of steps before registration only the first crossing of each level is recorded (14)."""
    return step.repeat == 0 or step.crossed_on >= state.registered_on


def _status(state: TimerState, suspensions: Suspensions, on: date) -> Status:
    if state.status in IN_VERIFICATION or state.status in SETTLED:
        return state.status
    if on in suspensions:
        return Status.SUSPENDED
    return Status.REGISTERED if state.taken_up_on is None else Status.RECTIFYING


def _split(steps: Iterator[Step], until: date) -> tuple[list[Step], date | None]:
    """The steps up to and including `until`, and the day of the first one after it."""
    taken: list[Step] = []
    for step in steps:
        if step.crossed_on > until:
            return taken, step.crossed_on
        taken.append(step)
    return taken, None


class _Table:
    """The steps of one state, each series in the order of its days."""

    def __init__(self, state: TimerState, policy: Policy, counter: Counter) -> None:
        self._state = state
        self._counter = counter
        self._whole_policy = policy
        self._policy = policy.of(state.rectification_class)
        self._long_term = state.rectification_class is RectificationClass.LONG_TERM
        self._clock_on = state.review_on if self._long_term else state.due_on

    def ladder(self, since: date | None = None) -> Iterator[Step]:
        """Warnings before the last day, then the levels after it, then the top level for ever.

        Repeats well before `since` are passed over; the last one before it is not.
        """
        last = self._clock_on
        if last is None:
            return
        warnings = sorted(self._counter.before(last, term) for term in self._policy.warn)
        for repeat, day in enumerate(warnings):
            yield Step(StepKind.WARNING, 0, repeat, last, day)
        day = last
        for level, term in enumerate(self._policy.levels, start=1):
            day = self._counter.after(last, term)
            yield Step(StepKind.ESCALATION, level, 0, last, day)
        if self._policy.repeat is None or not self._policy.levels:
            return
        top = len(self._policy.levels)
        for repeat, again in self._counter.repeated(day, self._policy.repeat, since):
            yield Step(StepKind.ESCALATION, top, repeat, last, again)

    def take_up(self) -> Iterator[Step]:
        """The secretary on the day after the last day to take up, then the leader (40)."""
        last, taken = self._state.take_up_by, self._state.taken_up_on
        if last is None:
            return
        days = (self.day_after(last), self._counter.after(last, self._whole_policy.take_up_second))
        for level, day in enumerate(days, start=1):
            if taken is not None and day > taken:
                return
            registered_on = self._state.registered_on
            yield Step(StepKind.TAKE_UP, level, 0, registered_on, day, quiet=taken is not None)

    def verify_wait(self) -> Iterator[Step]:
        """An application that waits is brought to the leader's notice again and again (20, 28)."""
        applied = self._state.applied_on
        if self._state.status is not Status.APPLIED or applied is None:
            return
        counter = Counter(self._counter.workdays)
        for times, day in counter.repeated(applied, self._whole_policy.verify_remind):
            yield Step(StepKind.VERIFY_WAIT, 2, times - 1, applied, day)

    def turns(self) -> Iterator[date]:
        """Days on which no step falls and yet something changes: red, a suspension's ends."""
        if self._clock_on is not None and not self._long_term:
            yield self.day_after(self._clock_on)
        for first, final in self._counter.suspensions.intervals:
            yield first
            yield final + ONE_DAY

    def light(self, on: date) -> Light:
        """In time, near, overdue; a long-term problem is yellow at most (5, 6, 37)."""
        last = self._clock_on
        if last is None:
            return Light.GREEN
        if on > last:
            return Light.YELLOW if self._long_term else Light.RED
        near = (self._counter.before(last, term) for term in self._policy.warn)
        return Light.YELLOW if any(on >= day for day in near) else Light.GREEN

    def day_after(self, day: date) -> date:
        """The next calendar day that is not suspended."""
        day += ONE_DAY
        while day in self._counter.suspensions:
            day += ONE_DAY
        return day


def next_climb(state: TimerState, policy: Policy, workdays: Workdays, on: date) -> Step | None:
    """The next step after the day `on` that is told to somebody; None where nothing more comes.

    Of an applied problem it is the next reminder to verify.
    """
    table = _Table(state, policy, Counter(workdays, Suspensions.parse(state.suspensions)))
    if state.status in IN_VERIFICATION:
        return next((step for step in table.verify_wait() if step.crossed_on > on), None)
    if state.status in SETTLED:
        return None
    first = [
        next((s for s in each if s.crossed_on > on), None) for each in (table.take_up(), table.ladder(on))
    ]
    return min((step for step in first if step is not None), key=lambda step: step.crossed_on, default=None)
