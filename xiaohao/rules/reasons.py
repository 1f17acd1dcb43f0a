"""Works out an `Explanation`: the deadline, the steps and what comes next, each with its reason."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import count as count_up

from xiaohao.rules.clock import Clock, Rules
from xiaohao.rules.counting import Counter
from xiaohao.rules.day_counts import (
    DayCount,
    DayLine,
    chinese,
    count_after,
    count_before,
    count_to_last_day,
    days_off,
)
from xiaohao.rules.explanation import (
    Addressee,
    Basis,
    Deadline,
    GrantedExtension,
    NextLine,
    Review,
    StepLine,
    SuspendedDays,
    TakeUp,
    Turn,
)
from xiaohao.rules.ladder import Org, who
from xiaohao.rules.policy import LADDER
from xiaohao.rules.timetable import IN_VERIFICATION, SETTLED, Outlook, Step, StepKey, outlook
from xiaohao.rules.workdays import ONE_DAY
from xiaohao.vocabulary import Light, RectificationClass, Status, StepKind

MOST_EVENTS = 40


@dataclass(frozen=True)
class District:
    """Units and people: who holds which post, and what they are called. `officials` are (code, name)."""

    org: Org
    units: Mapping[int, str]
    officials: Mapping[int, tuple[str, str]]

    def addressee(self, unit_id: int, level: int, on: date) -> Addressee:
        """Who is told of a step of this level on the day `on`."""
        told = who(self.org, unit_id, level, on)
        code, name = (None, None) if told.official_id is None else self.officials[told.official_id]
        return Addressee(
            role=told.role,
            unit=None if told.unit_id is None else self.units[told.unit_id],
            code=code,
            official=name,
            in_place_of=tuple(self.officials[each][1] for each in told.in_place_of),
            passed_up_from=told.passed_up_from,
        )


@dataclass(frozen=True)
class Reasons:
    """One problem's clock under its rules, with the keys of its steps that are recorded (`known`)."""

    clock: Clock
    rules: Rules
    known: Collection[StepKey]
    on: date

    @property
    def counter(self) -> Counter:
        """How days are counted for this problem."""
        return Counter(self.rules.workdays, self.clock.suspensions)

    def deadline(self, limit_text: str | None) -> Deadline:
        """Where the last day comes from."""
        clock, counter = self.clock, self.counter
        own = self.rules.policy.of(clock.rectification_class).term
        term = clock.term or own
        count, given = None, None
        since, ends_from = clock.started_on, clock.due_given
        if clock.extension is not None:
            basis, given = Basis.EXTENSION, chinese(clock.extension.until)
            since, ends_from = clock.extension.granted_on, clock.extension.until
        elif clock.due_given is not None:
            basis, given = Basis.GIVEN_DATE, chinese(clock.due_given)
        elif term is not None:
            basis = Basis.POLICY_TERM if clock.term is None else Basis.GIVEN_TERM
            given, count = term.label, count_to_last_day(counter, clock.started_on, term)
        else:
            basis = Basis.NONE
        suspended = self._suspended(since, clock.due_on)
        due = clock.due_on
        off = None if due is None or self.rules.workdays.is_working(due) else self.rules.workdays.why(due)
        return Deadline(
            basis=basis,
            limit_text=limit_text,
            given=given,
            since=since,
            count=count,
            suspended=suspended,
            extension=None
            if clock.extension is None
            else GrantedExtension(until=clock.extension.until, granted_on=clock.extension.granted_on),
            moved=() if ends_from is None else self._moved(ends_from, since),
            original_due_on=clock.original_due_on,
            due_on=due,
            is_day_off=off,
        )

    def review(self) -> Review | None:
        """Where the review day of a long-term problem comes from; None for other classes."""
        clock = self.clock
        period = clock.review_every or self.rules.policy.of(clock.rectification_class).review
        if clock.rectification_class is not RectificationClass.LONG_TERM or period is None:
            return None
        if clock.review_on is None:
            return None
        for number in count_up(1):
            count = count_to_last_day(self.counter, clock.started_on, period, times=number)
            if count.last >= clock.review_on:
                return Review(
                    every=period.label,
                    number=number,
                    count=count,
                    review_on=clock.review_on,
                    reports=tuple(sorted(clock.reports)),
                )
        raise AssertionError("a grid has no end")

    def take_up(self) -> TakeUp | None:
        """The clock to take the problem up; None where there is none."""
        clock = self.clock
        if clock.take_up_by is None:
            return None
        term = self.rules.policy.of(clock.rectification_class).take_up
        count = None if term is None else count_to_last_day(self.counter, clock.registered_on, term)
        if count is not None and count.last != clock.take_up_by:
            count = None
        return TakeUp(take_up_by=clock.take_up_by, taken_up_on=clock.taken_up_on, count=count)

    def steps(self) -> tuple[StepLine, ...]:
        """Every step up to the day, and those that come if nothing is entered any more."""
        past = self._outlook(self.on).steps
        if self.clock.status in SETTLED:
            past = tuple(step for step in past if step.key in self.known)
        return tuple(self._line(step) for step in (*past, *(step for _, step in self._coming() if step)))

    def next(self, district: District, unit_id: int) -> tuple[NextLine, ...]:
        """What happens next, in order, and who is told: what no night has recorded yet comes first."""
        return (*self._waiting(district, unit_id), *self._turns(district, unit_id))

    def notes(self) -> Iterator[str]:
        """What an official should know besides."""
        clock, announced = self.clock, self.rules.workdays.announced_until
        days = [clock.due_on, clock.review_on, clock.take_up_by, *(line.on for line in self.steps())]
        years = sorted({day.year for day in days if day is not None and day.year > announced})
        if years:
            named = "、".join(f"{year}年" for year in years)
            yield f"{named}放假安排尚未公布，暂按法定节假日推算，未含调休；公布后重新计算。"
        if clock.rectification_class is RectificationClass.LONG_TERM and clock.due_on is not None:
            yield "长期整改按期报告进展，整改时限只作保留，不触发预警和督办。"
        if clock.status in IN_VERIFICATION and clock.applied_on is not None:
            yield f"{chinese(clock.applied_on)}申请销号，此后不再预警和督办，亮灯保持当日状态。"
        counted_from = clock.review_on or clock.due_on
        if counted_from is not None and counted_from < clock.registered_on:
            yield f"登记（{chinese(clock.registered_on)}）以前的各级督办只记一次，不记重复。"

    def _moved(self, given: date, since: date) -> tuple[DayLine, ...]:
        """The days off over which a given date moved, once suspended days after `since` were made good (29)."""
        due, later = self.clock.due_on, given
        if due is None or due <= given:
            return ()
        while self.clock.suspensions.days_between(since, later) > (later - given).days:
            later += ONE_DAY
        return days_off(self.counter, later, due)

    def _suspended(self, since: date, until: date | None) -> tuple[SuspendedDays, ...]:
        spans = []
        for first, last in self.clock.suspensions.intervals:
            begin, end = max(first, since + ONE_DAY), last if until is None else min(last, until)
            days = max(0, (end - begin).days + 1)
            spans.append(SuspendedDays(from_on=first, until_on=last, days=days))
        return tuple(spans)

    def _outlook(self, on: date) -> Outlook:
        return outlook(self.clock.state, self.rules.policy, self.rules.workdays, on)

    def _coming(self) -> Iterator[tuple[date, Step | None]]:
        """The days after `on` on which the calendar alone does something, until all only repeats."""
        if self.clock.status in SETTLED or self.clock.status is Status.VERIFIED:
            return
        seen = self._outlook(self.on)
        for _ in range(MOST_EVENTS):
            day = seen.next_event_on
            if day is None:
                return
            seen = self._outlook(day)
            fresh = [step for step in seen.steps if step.crossed_on == day]
            yield from ((day, step) for step in fresh)
            if not fresh:
                yield day, None
            if any(step.repeat and step.kind is not StepKind.WARNING for step in fresh):
                return

    def _line(self, step: Step) -> StepLine:
        how, count = self._how(step)
        return StepLine(
            kind=step.kind,
            level=step.level,
            repeat=step.repeat,
            on=step.crossed_on,
            how=how,
            recorded=step.key in self.known,
            role=LADDER[step.level],
            count=count,
        )

    def _how(self, step: Step) -> tuple[str, DayCount | None]:
        """How the day of a step comes about, in words and day by day."""
        policy, counter = self.rules.policy, self.counter
        own = policy.of(self.clock.rectification_class)
        long_term = self.clock.rectification_class is RectificationClass.LONG_TERM
        last = "进展报告日" if long_term else "整改时限"
        match step.kind:
            case StepKind.WARNING:
                counts = sorted((count_before(counter, step.clock_on, term) for term in own.warn), key=_end)
                count = counts[step.repeat]
                return f"{last}前{count.term}", count
            case StepKind.ESCALATION if not step.repeat:
                count = count_after(counter, step.clock_on, own.levels[step.level - 1])
                return f"{last}后{count.term}", count
            case StepKind.ESCALATION if own.repeat is not None:
                how = f"最高一级每{own.repeat.label}重复一次，直到销号"
                if step.crossed_on <= self.on:
                    return how, None
                top = counter.after(step.clock_on, own.levels[-1])
                return how, count_after(counter, top, own.repeat, times=step.repeat)
            case StepKind.TAKE_UP if step.level == 1:
                return "签收期限的次日", None
            case StepKind.TAKE_UP if self.clock.take_up_by is not None:
                count = count_after(counter, self.clock.take_up_by, policy.take_up_second)
                return f"签收期限后{count.term}", count
            case _:
                remind, times = policy.verify_remind, step.repeat + 1
                count = count_after(Counter(self.rules.workdays), step.clock_on, remind, times=times)
                return f"申请销号后每{remind.label}提醒一次，直到复核或退回", count

    def _waiting(self, district: District, unit_id: int) -> Iterator[NextLine]:
        """What has come and no night has written yet: of the steps the highest is told (59)."""
        clock = self.clock
        if clock.status is Status.VERIFIED and clock.verified_on is not None:
            yield NextLine(
                on=clock.verified_on,
                what="写入销号",
                kind=Turn.CLOSE,
                level=0,
                repeat=0,
                told=None,
                overdue=True,
            )
            return
        first = clock.next_event_on
        due = [
            step
            for step in self._outlook(self.on).steps
            if first is not None
            and step.crossed_on >= first
            and step.key not in self.known
            and not step.quiet
        ]
        if due:
            step = max(due, key=lambda step: (step.rank, step.level, step.repeat))
            line = self._next_step(step, district, unit_id, told_on=self.on)
            yield replace(line, overdue=True)

    def _turns(self, district: District, unit_id: int) -> Iterator[NextLine]:
        before = self._outlook(self.on)
        for day, step in self._coming():
            now = self._outlook(day)
            for turn, what in _between(before, now):
                yield NextLine(on=day, what=what, kind=turn, level=0, repeat=0, told=None)
            before = now
            if step is not None:
                yield self._next_step(step, district, unit_id, told_on=day)

    def _next_step(self, step: Step, district: District, unit_id: int, *, told_on: date) -> NextLine:
        return NextLine(
            on=step.crossed_on,
            what=self._line(step).what,
            kind=step.kind,
            level=step.level,
            repeat=step.repeat,
            told=district.addressee(unit_id, step.level, told_on),
        )


def _end(count: DayCount) -> date:
    return count.last


def _between(before: Outlook, now: Outlook) -> Iterator[tuple[Turn, str]]:
    """What turned from one day to the other without any step."""
    if now.status is Status.SUSPENDED and before.status is not Status.SUSPENDED:
        yield Turn.SUSPENSION_BEGINS, "中止开始，灯熄灭，不再计时"
    elif before.status is Status.SUSPENDED and now.status is not Status.SUSPENDED:
        yield Turn.SUSPENSION_ENDS, "中止结束，恢复计时"
    if now.light is Light.RED and before.light is not Light.RED:
        yield Turn.RED, "亮红灯"
