"""A problem's clock and what each act makes of it. Pure: an act in `actions/` writes what comes out.

DESIGN section 4.5 and 4.7, decisions 2, 17 to 44, 55, 58 and 59 of the timelines.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial

from xiaohao.rules import deadlines
from xiaohao.rules.counting import NOT_SUSPENDED, Suspensions, Term
from xiaohao.rules.deadlines import Extension, Limit
from xiaohao.rules.policy import Policy
from xiaohao.rules.timetable import Outlook, Step, StepKey, TimerState, due_steps, outlook
from xiaohao.rules.workdays import ONE_DAY, Workdays
from xiaohao.vocabulary import Entered, Light, RectificationClass, Status, StepKind

LADDER_STEPS = frozenset({StepKind.WARNING, StepKind.ESCALATION})


@dataclass(frozen=True)
class Rules:
    """One version of the policy and one of the calendar."""

    policy: Policy
    workdays: Workdays


@dataclass(frozen=True)
class Clock:
    """The columns of `problem` that tell its time, and what a deadline is worked out from.

    `extension` is the granted one that counts, `reports` the days of this round's progress
    reports (long-term problems only).
    """

    rectification_class: RectificationClass
    status: Status
    started_on: date
    registered_on: date
    due_given: date | None = None
    term: Term | None = None
    due_on: date | None = None
    original_due_on: date | None = None
    review_every: Term | None = None
    reviews_from: date | None = None
    review_on: date | None = None
    take_up_by: date | None = None
    taken_up_on: date | None = None
    applied_on: date | None = None
    verified_on: date | None = None
    verify_by: date | None = None
    suspensions: Suspensions = NOT_SUSPENDED
    extension: Extension | None = None
    reports: tuple[date, ...] = ()
    round: int = 1
    policy_id: int = 0
    calendar_version: int = 1
    light: Light | None = None
    level: int = 0
    repeat: int = 0
    next_event_on: date | None = None

    @property
    def state(self) -> TimerState:
        """What the timetable depends on."""
        return TimerState(
            self.rectification_class,
            self.status,
            self.registered_on,
            self.due_on,
            self.review_on,
            self.take_up_by,
            self.taken_up_on,
            self.applied_on,
            self.suspensions.key,
            self.policy_id,
            self.calendar_version,
            self.next_event_on,
        )

    @property
    def limit(self) -> Limit:
        """What the last day is worked out from."""
        return Limit(
            self.rectification_class,
            self.started_on,
            self.registered_on,
            self.due_given,
            self.term,
            self.review_every,
            self.reviews_from,
            self.suspensions,
            self.extension,
            self.reports,
        )


Change = Callable[[Clock], Clock]


@dataclass(frozen=True)
class Acted:
    """What an act makes of a clock.

    `recorded` are steps to be written, untold; `withdrawn` keys of recorded steps that the
    changed timetable no longer holds; `settled` tells which untold steps are never told.
    """

    clock: Clock
    recorded: tuple[Step, ...] = ()
    withdrawn: frozenset[StepKey] = frozenset()
    settled: frozenset[StepKey] = field(default=frozenset())


def act(
    before: Clock,
    recorded: Collection[StepKey],
    change: Change,
    *,
    old: Rules,
    new: Rules,
    on: date,
    stops_clock: bool,
    spoken_until: date | None = None,
) -> Acted:
    """Do one act on the day `on`: record what no night has recorded, then change (58).

    `recorded` are the keys of the problem's steps of this round that are recorded and not
    withdrawn. An act that stops a clock leaves the steps dated up to its own day standing
    (2); any other is judged by the timetable that it makes (26). `spoken_until` is the
    business date of the last night: an act entered late is judged as of that night, so that
    what it told and what still holds is not told again.
    """
    known = frozenset(recorded)
    up_to = on if stops_clock else on - ONE_DAY
    steps: tuple[Step, ...] = ()
    if before.next_event_on is not None and before.status is not Status.VERIFIED:
        seen = outlook(before.state, old.policy, old.workdays, up_to)
        steps = tuple(step for step in due_steps(before.state, seen) if step.key not in known)
    known |= {step.key for step in steps}
    after = change(before)
    on = on if spoken_until is None else max(on, spoken_until)
    if after.round != before.round:
        return Acted(retimed(after, frozenset(), new, on), steps)
    held_before = after.review_on if stops_clock else before.review_on
    after = retimed(after, known, new, on)
    holds = frozenset(step.key for step in outlook(after.state, new.policy, new.workdays, on).steps)
    past_reviews = frozenset(key for key in known if _of_held_review(key, before, held_before))
    return Acted(
        after,
        steps,
        withdrawn=known - holds - past_reviews,
        settled=past_reviews | frozenset(key for key in known if _is_taken_up(key, after)),
    )


def _of_held_review(key: StepKey, before: Clock, held_before: date | None) -> bool:
    if key[1] not in LADDER_STEPS:
        return False
    if before.rectification_class is not RectificationClass.LONG_TERM:
        return key[0] != before.due_on
    return held_before is not None and key[0] < held_before


def _is_taken_up(key: StepKey, after: Clock) -> bool:
    return key[1] is StepKind.TAKE_UP and after.taken_up_on is not None


def retimed(clock: Clock, known: Collection[StepKey], rules: Rules, on: date) -> Clock:
    """The clock with light, level and the next event of the day `on` (27, 55).

    The next event is the earliest step that no night has recorded, else the first day
    after `on` on which the calendar alone does something.
    """
    if clock.status in (Status.CLOSED, Status.CANCELLED):
        return replace(clock, light=None, level=0, repeat=0, next_event_on=None, verify_by=None)
    seen = outlook(clock.state, rules.policy, rules.workdays, on)
    next_on = min((s.crossed_on for s in seen.steps if s.key not in known), default=seen.next_event_on)
    if clock.status is Status.VERIFIED:
        next_on = clock.verified_on
    return shown(replace(clock, next_event_on=next_on), seen, next_on)


def shown(clock: Clock, seen: Outlook, next_event_on: date | None) -> Clock:
    """The clock as a night leaves it."""
    return replace(
        clock,
        status=seen.status,
        light=seen.light,
        level=seen.level,
        repeat=seen.repeat,
        verify_by=seen.verify_by,
        next_event_on=next_event_on,
    )


def begin(clock: Clock, entered: Entered, rules: Rules) -> Clock:
    """A new problem's clock (17, 40): class, days and given limit are set, the rest follows.

    An imported problem starts as rectifying, one entered by hand or at a reception day as
    registered, with the clock to take it up.
    """
    imported = entered is Entered.IMPORT
    clock = replace(
        clock,
        status=Status.RECTIFYING if imported else Status.REGISTERED,
        taken_up_on=clock.registered_on if imported else None,
        reviews_from=clock.registered_on,
    )
    clock = _deadline(clock, rules, take_up=not imported)
    return retimed(replace(clock, original_due_on=clock.due_on), frozenset(), rules, clock.registered_on)


def take_up(clock: Clock, *, on: date) -> Clock:
    """签收: the responsible unit says that it has the problem."""
    taken = on if clock.taken_up_on is None else clock.taken_up_on
    status = Status.RECTIFYING if clock.status is Status.REGISTERED else clock.status
    return replace(clock, taken_up_on=taken, status=status)


def report(clock: Clock, *, rules: Rules, on: date) -> Clock:
    """整改进展: takes the problem up; of a long-term one it holds the reviews that are due (22, 36)."""
    clock = take_up(clock, on=on)
    if clock.rectification_class is not RectificationClass.LONG_TERM:
        return clock
    return _deadline(replace(clock, reports=(*clock.reports, on)), rules)


def apply(clock: Clock, *, rules: Rules, on: date) -> Clock:
    """申请销号: stops the ladder after this day and ends a suspension with the day before (18, 33)."""
    clock = replace(take_up(clock, on=on), status=Status.APPLIED, applied_on=on)
    cut = clock.suspensions.before(on)
    return clock if cut == clock.suspensions else _deadline(replace(clock, suspensions=cut), rules)


def send_back(clock: Clock) -> Clock:
    """退回: straight back to rectifying, the due day is left alone (19)."""
    return replace(clock, status=Status.RECTIFYING, applied_on=None)


def verify(clock: Clock, *, on: date) -> Clock:
    """复核通过: the first night that runs with it writes 销号 (21)."""
    return replace(clock, status=Status.VERIFIED, verified_on=on)


def close(clock: Clock) -> Clock:
    """销号: the timers end."""
    clock = replace(clock, status=Status.CLOSED, light=None, level=0, repeat=0)
    return replace(clock, next_event_on=None, verify_by=None)


def closed(before: Clock, recorded: Collection[StepKey], rules: Rules) -> Acted:
    """销号 of a verified problem in a night: nothing that is still untold is told (15).

    A step up to the day of application that nobody has recorded yet is recorded with it.
    """
    known = frozenset(recorded)
    applied = before.applied_on or before.registered_on
    steps = tuple(
        step
        for step in outlook(before.state, rules.policy, rules.workdays, applied).steps
        if step.key not in known
    )
    settled = known | {step.key for step in steps}
    return Acted(close(before), steps, settled=settled)


def extend(clock: Clock, *, until: date, rules: Rules, on: date) -> Clock:
    """同意延期: the new last day holds from the day of the grant (24)."""
    return _deadline(replace(clock, extension=Extension(until, on)), rules)


def suspend(clock: Clock, *, first: date, last: date, rules: Rules) -> Clock:
    """中止: the days from `first` to `last`, both inclusive, are no days in any count (28, 34)."""
    union = Suspensions.of((*clock.suspensions.intervals, (first, last)))
    return _deadline(replace(clock, suspensions=union), rules, take_up=True)


def change_class(
    clock: Clock,
    rectification_class: RectificationClass,
    *,
    due_given: date | None,
    term: Term | None,
    review_every: Term | None,
    rules: Rules,
    on: date,
) -> Clock:
    """变更整改类型: the due day is worked out anew from the same day of finding (43).

    Extensions granted before no longer count. A due day carried into long-term is kept and
    fires nothing (39).
    """
    into_long_term = rectification_class is RectificationClass.LONG_TERM
    kept = clock.due_on if into_long_term and due_given is None and term is None else None
    clock = replace(
        clock,
        rectification_class=rectification_class,
        due_given=due_given,
        term=term,
        review_every=review_every,
        reviews_from=on,
        extension=None,
        reports=() if into_long_term else clock.reports,
    )
    clock = _deadline(clock, rules, take_up=clock.taken_up_on is None, due=True)
    return clock if kept is None else replace(clock, due_on=kept)


def change_rules(clock: Clock, *, old: Rules, new: Rules, policy_id: int, calendar_version: int) -> Clock:
    """Another policy or calendar from this day (44): what a term gave moves, a given day stays.

    A new calendar works the original due day out anew too, a new policy does not.
    """
    first_set = deadlines.original_last_day(clock.limit, old.policy, old.workdays)
    recount = calendar_version != clock.calendar_version and clock.original_due_on == first_set
    clock = replace(clock, policy_id=policy_id, calendar_version=calendar_version)
    clock = _deadline(clock, new, take_up=True)
    if recount and clock.rectification_class is not RectificationClass.LONG_TERM:
        original = deadlines.original_last_day(clock.limit, new.policy, new.workdays)
        clock = replace(clock, original_due_on=original)
    return clock


def recount(clock: Clock, *, rules: Rules) -> Clock:
    """重新核查: due day, review day and take-up day worked out anew from what was given."""
    return _deadline(clock, rules, take_up=True)


def reopen(
    clock: Clock,
    *,
    due_given: date | None,
    term: Term | None,
    rules: Rules,
    policy_id: int,
    version: int,
    on: date,
) -> Clock:
    """反弹: a new clock from the day of reopening, level 0, no take-up (42)."""
    fresh = Clock(
        clock.rectification_class,
        Status.RECTIFYING,
        started_on=on,
        registered_on=on,
        due_given=due_given,
        term=term,
        review_every=clock.review_every,
        reviews_from=on,
        taken_up_on=on,
        round=clock.round + 1,
        policy_id=policy_id,
        calendar_version=version,
    )
    fresh = _deadline(fresh, rules)
    return replace(fresh, original_due_on=fresh.due_on)


def _deadline(clock: Clock, rules: Rules, *, take_up: bool = False, due: bool = False) -> Clock:
    """The clock with its due day, review day and (where asked for) take-up day worked out anew."""
    policy, workdays = rules.policy, rules.workdays
    long_term = clock.rectification_class is RectificationClass.LONG_TERM
    if due or not long_term or clock.due_on is None:
        clock = replace(clock, due_on=deadlines.last_day(clock.limit, policy, workdays))
    clock = replace(clock, review_on=deadlines.review_day(clock.limit, policy, workdays))
    starts = clock.take_up_by is not None or (clock.taken_up_on is None and clock.round == 1)
    if take_up and starts:
        last = partial(deadlines.take_up_last_day, clock.rectification_class, clock.registered_on)
        clock = replace(clock, take_up_by=last(policy, workdays, clock.suspensions))
    return clock
