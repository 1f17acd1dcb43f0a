"""重新核查: by hand, at any hour. Works the timetable out anew, fires what is due, closes what is verified.

Tells nobody: the next compose does. Right after a night there is nothing to do.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from xiaohao.errors import WrongUsage
from xiaohao.ledger import closings, faults, problems, runs, scopes
from xiaohao.ledger.faults import Found
from xiaohao.ledger.problems import Case, Change
from xiaohao.ledger.scopes import WHOLE, Scope
from xiaohao.ledger.writing import BULK, Ledger, Writing
from xiaohao.rules import clock as clocks
from xiaohao.rules.clock import Acted, Clock
from xiaohao.vocabulary import Action, Status, StepKind

BATCH = 20_000
RECHECK = "recheck"
SHOWN = ("status", "light", "level", "repeat", "due_on", "review_on", "next_event_on")


@dataclass(frozen=True)
class Changed:
    """A problem that a recheck changed: the columns that differ, before and after, and why in words."""

    number: str
    before: dict[str, Any]
    after: dict[str, Any]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Rechecked:
    """How many problems were looked at, those that changed, and a sentence for each that could not be judged."""

    checked: int
    changed: tuple[Changed, ...]
    set_aside: tuple[str, ...] = ()


def rechecked_from(said: Mapping[str, Any]) -> Rechecked:
    """What a recheck of another process did, read from its JSON: words are codes, dates are ISO text."""
    changed = [
        Changed(each["number"], each["before"], each["after"], tuple(each["reasons"]))
        for each in said["changed"]
    ]
    return Rechecked(said["checked"], tuple(changed), tuple(said["set_aside"]))


class _Undone(Exception):
    """Ends a dry run."""


def recheck(
    ledger: Ledger,
    *,
    on: date,
    numbers: Sequence[str] = (),
    unit: str | None = None,
    everything: bool = False,
    dry_run: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Rechecked:
    """Look at the problems named, those of a unit's subtree, or all that are open.

    Exactly one of the three is given, else WrongUsage. Raises NotFound. `dry_run` writes nothing.
    `progress` is told after each batch how many problems were looked at, and of how many.
    """
    if sum((bool(numbers), unit is not None, everything)) != 1:
        raise WrongUsage("请写明核查哪些问题：问题编号、--unit 单位、--all 三者选一。")
    checked = 0
    changed: list[Changed] = []
    aside: list[Found] = []
    try:
        with ledger.writing(Action.RECHECK, by=RECHECK, on=on, bulk=BULK) as w:
            of = 0 if progress is None or numbers else scopes.count_open(w, _scope(w, unit))
            for cases in _batches(w, numbers, unit):
                found = list(_judged(w, cases, aside))
                problems.write(w, [change for change, _ in found])
                checked += len(cases)
                changed += [told for _, told in found]
                if progress is not None:
                    progress(checked, max(of, checked))
            faults.found(w, aside)
            if changed:
                runs.begin(w, RECHECK)
                runs.finish(w, {"checked": checked, "changed": len(changed)})
            if dry_run:
                raise _Undone
    except _Undone:
        pass
    return Rechecked(checked, tuple(changed), tuple(each.message for each in aside))


def _batches(w: Writing, numbers: Sequence[str], unit: str | None) -> Iterator[list[Case]]:
    if numbers:
        yield problems.cases(w, problems.chosen_by_number(w, numbers), lock=True)
        return
    scope, last = _scope(w, unit), 0
    while cases := problems.cases(w, scopes.open_problems(scope, after=last, limit=BATCH), lock=True):
        yield cases
        last = cases[-1].id


def _scope(w: Writing, unit: str | None) -> Scope:
    return WHOLE if unit is None else scopes.subtree(w, unit)


def _judged(w: Writing, cases: Sequence[Case], aside: list[Found]) -> Iterator[tuple[Change, Changed]]:
    closing = [case for case in cases if _waits_for_closing(case, w.on)]
    highest = closings.highest_levels(w, [case.id for case in closing]) if closing else {}
    for case in cases:
        if _waits_for_closing(case, w.on):
            change = closings.closed(case, highest.get(case.id, 0), closings.rules_of(w, case))
        else:
            try:
                acted = _recounted(w, case)
            except ValueError as error:
                aside.append(faults.set_aside(case.id, error))
                continue
            if acted.clock == case.clock and not (acted.recorded or acted.withdrawn):
                continue
            change = Change(case, case.row | problems.columns_of(acted.clock), acted)
        yield change, _told(case, change)


def _waits_for_closing(case: Case, on: date) -> bool:
    clock = case.clock
    return clock.status is Status.VERIFIED and clock.verified_on is not None and clock.verified_on <= on


def _recounted(w: Writing, case: Case) -> Acted:
    if case.clock.status in (Status.CLOSED, Status.CANCELLED):
        return Acted(case.clock)
    rules = closings.rules_of(w, case)

    def change(clock: Clock) -> Clock:
        return clocks.recount(clock, rules=rules)

    return case.acted(change, rules, on=w.on)


def _told(case: Case, change: Change) -> Changed:
    after = change.row
    differs = [name for name in SHOWN if case.row[name] != after[name]]
    return Changed(
        case.number,
        {name: case.row[name] for name in differs},
        {name: after[name] for name in differs},
        tuple(_reasons(case, change)),
    )


def _reasons(case: Case, change: Change) -> Iterator[str]:
    after = change.row
    if after["status"] is Status.CLOSED and case.clock.status is Status.VERIFIED:
        yield f"{case.clock.verified_on} 复核通过，写为已销号"
    elif after["status"] is not case.clock.status:
        yield f"状态由“{case.clock.status.label}”变为“{after['status'].label}”"
    for name, word in (("due_on", "整改时限"), ("review_on", "报告进展日")):
        if after[name] != case.row[name]:
            yield f"{word}重新计算：{case.row[name] or '无'} → {after[name] or '无'}"
    if change.acted is not None:
        for step in change.acted.recorded:
            level = f"{step.level}级" if step.kind is StepKind.ESCALATION else ""
            yield f"{step.crossed_on} 到了{level}{step.kind.label}"
        if change.acted.withdrawn:
            yield f"{len(change.acted.withdrawn)} 项预警或督办按现在的时间表不再成立，已撤回"
    if after["light"] is not case.clock.light and after["light"] is not None:
        yield f"亮{after['light'].label}灯"
    if after["next_event_on"] != case.row["next_event_on"]:
        yield f"下一个时间点：{after['next_event_on'] or '无'}"
