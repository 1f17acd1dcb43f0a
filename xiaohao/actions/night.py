"""夜间运行: what the calendar makes happen on one business date. DESIGN section 7.

`fire` is one transaction a scope, `compose` one over all scopes; a crash between them loses
nothing, since compose takes every step that is still untold.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from models.facts import DigestFacts
from notifiers.choose import ChannelSettings
from xiaohao.actions import telling
from xiaohao.errors import WrongDate
from xiaohao.ledger import closings, faults, firings, runs, timers
from xiaohao.ledger.scopes import WHOLE, Scope
from xiaohao.ledger.scopes import by_subtree as parts_of
from xiaohao.ledger.timers import Fired
from xiaohao.ledger.writing import BULK, Ledger, Writing
from xiaohao.vocabulary import Action, StepKind

NIGHTLY = "nightly"


@dataclass
class FiredCounts:
    """What one scope's part of a night did. `set_aside` are states whose timetable could not be worked out."""

    fired: int = 0
    yellow: int = 0
    red: int = 0
    closed: int = 0
    set_aside: tuple[str, ...] = ()

    def add(self, other: "FiredCounts") -> None:
        """Count another scope in."""
        self.fired += other.fired
        self.yellow += other.yellow
        self.red += other.red
        self.closed += other.closed
        self.set_aside += other.set_aside


@dataclass
class Composed:
    """What compose did: notices written, problems told by level, problems untold for want of a holder."""

    notices: int = 0
    told: int = 0
    untold: int = 0
    escalated: Counter[int] = field(default_factory=Counter)
    digests: tuple[DigestFacts, ...] = ()


class _Undone(Exception):
    """Ends a dry run: everything that was tried is rolled back."""


def check_date(ledger: Ledger, on: date, *, today: date) -> None:
    """Raise WrongDate for a business date before the last night, or later than `today` in Shanghai."""
    if on > today:
        raise WrongDate(f"业务日期 {on} 晚于今天（{today}），不能提前运行。台账没有变化。")
    with ledger.reading() as r:
        last = runs.last_night(r)
    if last is not None and on < last:
        raise WrongDate(f"{last} 的夜间运行已经完成，不能再补更早的 {on}。台账没有变化。")


def missed(ledger: Ledger, on: date) -> list[date]:
    """The business dates between the last night and `on` that did not run, oldest first."""
    with ledger.reading() as r:
        return runs.missed_between(r, on)


def scopes(ledger: Ledger, *, by_subtree: bool) -> Sequence[Scope]:
    """What a night fires in one transaction each: the whole district, or each subtree under it."""
    if not by_subtree:
        return (WHOLE,)
    with ledger.reading() as r:
        return parts_of(r)


def fire(ledger: Ledger, on: date, scope: Scope = WHOLE) -> FiredCounts:
    """Close what is verified, then fire every timer of the scope that is due by `on`, in one transaction.

    Writes nothing where nothing is due and the night is written down already (I3). Nights
    missed before are written down with it.
    """
    with ledger.reading() as r:
        if runs.has_run(r, on, scope) and not timers.anything_due(r, scope, on):
            return FiredCounts()
    with ledger.writing(Action.NIGHT, by=NIGHTLY, on=on, bulk=f"night:{scope.name}") as w:
        return fire_in(w, scope)


def fire_in(w: Writing, scope: Scope) -> FiredCounts:
    """`fire` within an open transaction."""
    with_missed = runs.missed_between(w, w.on)
    if runs.has_run(w, w.on, scope) and not timers.anything_due(w, scope, w.on):
        return FiredCounts()
    runs.begin(w, runs.NIGHTLY, scope.name)
    runs.record_missed(w, with_missed)
    closed = closings.close_verified(w, scope)
    fired = timers.fire_due_timers(w, scope)
    faults.found(w, fired.set_aside)
    faults.clear_fired(w)
    counts = _counts(fired, closed)
    runs.finish(w, {"fired": counts.fired, "closed": closed, "trail": w.noted})
    return counts


def compose(
    ledger: Ledger, on: date, routes: ChannelSettings, *, page_url: str = "", held: bool = False
) -> Composed:
    """Tell every step that is recorded and untold, of whatever run, in one transaction (I7).

    Of several steps of one problem the highest is told and all are marked; one notice a
    recipient. A step whose post nobody fills stays untold. Faults of posts that are filled
    meanwhile are cleared. Writes nothing where nothing is to be told or cleared (I3).
    """
    with ledger.reading() as r:
        open_kinds = {row.kind for row in faults.open_faults(r)}
        if not firings.any_untold(r) and not open_kinds.intersection(telling.FAULT_KINDS):
            return Composed()
    with ledger.writing(Action.TELL, by=NIGHTLY, on=on, bulk=BULK) as w:
        return compose_in(w, routes, page_url=page_url, held=held)


def compose_in(w: Writing, routes: ChannelSettings, *, page_url: str = "", held: bool = False) -> Composed:
    """`compose` within an open transaction."""
    untold = firings.untold(w, lock=True)
    plan = telling.plan(w, untold, page_url=page_url) if untold else telling.Plan()
    if plan.tellings:
        runs.begin(w, "compose")
    faults.found(w, plan.faults)
    faults.clear_others(w, telling.FAULT_KINDS, [*plan.faults, *telling.still_open(w)])
    written = telling.write(w, plan, routes, held=held)
    if plan.tellings:
        runs.finish(w, {"told": len(plan.tellings), "notices": written, "trail": w.noted})
    return Composed(
        notices=written,
        told=len(plan.tellings),
        untold=len(plan.untold),
        escalated=Counter(t.untold.level for t in plan.tellings if t.untold.kind is StepKind.ESCALATION),
        digests=tuple(plan.digests),
    )


def dry_run(
    ledger: Ledger, on: date, routes: ChannelSettings, scopes: Sequence[Scope] = (WHOLE,)
) -> tuple[FiredCounts, Composed]:
    """What a night would do: everything is tried in one transaction and rolled back."""
    total = FiredCounts()
    composed = Composed()
    try:
        with ledger.writing(Action.NIGHT, by=NIGHTLY, on=on, bulk=BULK) as w:
            for scope in scopes:
                total.add(fire_in(w, scope))
            composed = compose_in(w, routes)
            raise _Undone
    except _Undone:
        return total, composed


def _counts(fired: Fired, closed: int) -> FiredCounts:
    return FiredCounts(
        fired.problems, fired.yellow, fired.red, closed, tuple(each.message for each in fired.set_aside)
    )
