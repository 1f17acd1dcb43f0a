"""A problem's life on the rules alone: a dict for a database, no SQL. The yardstick of the engine."""

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import timeline_cases as told_cases

from xiaohao.rules import clock as clocks
from xiaohao.rules.clock import Clock, Rules
from xiaohao.rules.closing import facts_of
from xiaohao.rules.timetable import Step, StepKey, due_steps, outlook
from xiaohao.vocabulary import Entered, RectificationClass, Status, StepKind

ORDER = {StepKind.WARNING: 0, StepKind.ESCALATION: 0, StepKind.TAKE_UP: 1, StepKind.VERIFY_WAIT: 2}


@dataclass
class Firing:
    step: Step
    round: int
    quiet: bool = False
    told: bool = False
    withdrawn: bool = False
    fresh: bool = True


@dataclass
class Life:
    """One problem, its recorded steps and the rules in force."""

    clock: Clock
    rules: Rules
    firings: list[Firing] = field(default_factory=list)
    facts: dict[str, Any] | None = None
    last_night: date | None = None
    later_rules: Rules | None = None

    @classmethod
    def begun(cls, problem: dict[str, Any], rules: Rules) -> "Life":
        start = Clock(
            RectificationClass(problem["rectification_class"]),
            Status.REGISTERED,
            date.fromisoformat(problem["found_on"]),
            date.fromisoformat(problem["registered_on"]),
            due_given=told_cases.day(problem.get("due_on")),
            term=told_cases.term(problem.get("term")),
            review_every=told_cases.term(problem.get("review_every")),
        )
        return cls(clocks.begin(start, Entered(problem["entered"]), rules), rules)

    def keys(self) -> list[StepKey]:
        now = self.clock.round
        return [f.step.key for f in self.firings if f.round == now and not f.withdrawn]

    def does(self, change: clocks.Change, on: date, *, stops_clock: bool, new: Rules | None = None) -> None:
        new = new or self.rules
        acted = clocks.act(
            self.clock,
            self.keys(),
            change,
            old=self.rules,
            new=new,
            on=on,
            stops_clock=stops_clock,
            spoken_until=self.last_night,
        )
        self.record(acted.recorded)
        for firing in self.firings:
            if firing.round != self.clock.round or firing.withdrawn:
                continue
            firing.withdrawn = firing.step.key in acted.withdrawn
            if firing.step.key in acted.settled and not firing.told:
                firing.quiet = True
        self.clock, self.rules = acted.clock, new

    def record(self, steps: tuple[Step, ...]) -> None:
        known = set(self.keys())
        self.firings += [
            Firing(step, self.clock.round, quiet=step.quiet) for step in steps if step.key not in known
        ]

    def act(self, act: dict[str, Any]) -> None:
        on = date.fromisoformat(act["on"])
        rules = self.rules
        newest = self.later_rules or rules
        match act["act"]:
            case "take_up":
                self.does(lambda c: clocks.take_up(c, on=on), on, stops_clock=True)
            case "review":
                self.does(lambda c: clocks.report(c, rules=rules, on=on), on, stops_clock=True)
            case "apply":
                self.does(lambda c: clocks.apply(c, rules=rules, on=on), on, stops_clock=True)
            case "return":
                self.does(clocks.send_back, on, stops_clock=True)
            case "verify":
                self.does(lambda c: clocks.verify(c, on=on), on, stops_clock=True)
            case "ask_extension":
                pass
            case "grant_extension":
                until = date.fromisoformat(act["until"])
                self.does(lambda c: clocks.extend(c, until=until, rules=rules, on=on), on, stops_clock=False)
            case "grant_suspension":
                first, last = date.fromisoformat(act["from"]), date.fromisoformat(act["until"])
                self.does(
                    lambda c: clocks.suspend(c, first=first, last=last, rules=rules), on, stops_clock=False
                )
            case "change_class":
                self.does(lambda c: self.other_class(c, act, on), on, stops_clock=False)
            case "apply_policy":
                self.changes_rules(Rules(told_cases.policy(act["policy"]), newest.workdays), on)
            case "apply_calendar":
                later = told_cases.with_notice(newest.workdays, act["days"])
                self.changes_rules(Rules(newest.policy, later), on)
            case "reopen":
                self.rules = self.later_rules or self.rules
                self.later_rules = None
                self.does(lambda c: self.reopened(c, act, on), on, stops_clock=False)
            case other:
                raise AssertionError(other)

    def other_class(self, clock: Clock, act: dict[str, Any], on: date) -> Clock:
        return clocks.change_class(
            clock,
            RectificationClass(act["rectification_class"]),
            due_given=told_cases.day(act.get("due_on")),
            term=told_cases.term(act.get("term")),
            review_every=told_cases.term(act.get("review_every")),
            rules=self.rules,
            on=on,
        )

    def reopened(self, clock: Clock, act: dict[str, Any], on: date) -> Clock:
        return clocks.reopen(
            clock,
            due_given=told_cases.day(act.get("due_on")),
            term=told_cases.term(act.get("term")),
            rules=self.rules,
            policy_id=clock.policy_id,
            version=clock.calendar_version,
            on=on,
        )

    def changes_rules(self, new: Rules, on: date) -> None:
        old = self.rules
        verified_on = self.clock.verified_on
        waits = self.clock.status is Status.VERIFIED and verified_on is not None and verified_on < on
        if waits or self.clock.status is Status.CLOSED:
            self.later_rules = new
            return
        self.does(
            lambda c: clocks.change_rules(
                c, old=old, new=new, policy_id=c.policy_id, calendar_version=new.workdays.version
            ),
            on,
            stops_clock=False,
            new=new,
        )

    def night(self, on: date) -> dict[str, Any]:
        """Run one night; what is to be seen after it, in the form of the timelines."""
        clock = self.clock
        closed = False
        if clock.status is Status.VERIFIED:
            closed = True
            acted = clocks.closed(clock, self.keys(), self.rules)
            self.record(acted.recorded)
            highest = max(
                (
                    f.step.level
                    for f in self.firings
                    if f.round == clock.round and f.step.kind is StepKind.ESCALATION
                ),
                default=0,
            )
            self.facts = asdict(facts_of(clock, highest))
            self.clock = acted.clock
            for firing in self.firings:
                firing.quiet = firing.quiet or not firing.told
        elif clock.next_event_on is not None and clock.next_event_on <= on:
            seen = outlook(clock.state, self.rules.policy, self.rules.workdays, on)
            self.record(due_steps(clock.state, seen))
            self.clock = clocks.shown(clock, seen, seen.next_event_on)
        self.last_night = on
        return self.seen(on, closed)

    def seen(self, on: date, closed: bool) -> dict[str, Any]:
        untold = [f for f in self.firings if not (f.told or f.quiet or f.withdrawn)]
        best = max(untold, key=lambda f: (f.step.rank, f.step.level, f.step.repeat), default=None)
        for firing in untold:
            firing.told = True
        recorded = [f.step for f in self.firings if f.fresh and not f.withdrawn]
        for firing in self.firings:
            firing.fresh = False
        clock = self.clock
        return {
            "night": on.isoformat(),
            "status": clock.status.value,
            "light": None if clock.light is None else clock.light.value,
            "level": clock.level,
            "due_on": text(clock.due_on),
            "original_due_on": text(clock.original_due_on),
            "review_on": text(clock.review_on),
            "next_event_on": text(clock.next_event_on),
            "recorded": [step_text(s) for s in sorted(recorded, key=in_order)],
            "told": None
            if best is None
            else {
                "kind": best.step.kind.value,
                "level": best.step.level,
                "repeat": best.step.repeat,
                "crossed_on": text(best.step.crossed_on),
                "late": best.step.crossed_on < on,
            },
            "closed": closed,
            **({"facts": self.facts} if closed else {}),
        }


def in_order(step: Step) -> tuple[date, int, int, int]:
    return (step.crossed_on, ORDER[step.kind], step.level, step.repeat)


def text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def step_text(step: Step) -> dict[str, Any]:
    ladder = step.kind in (StepKind.WARNING, StepKind.ESCALATION)
    return {
        "kind": step.kind.value,
        "level": step.level,
        "repeat": step.repeat,
        "crossed_on": text(step.crossed_on),
        "due_on": text(step.clock_on) if ladder else None,
    }
