"""夜间运行: what the calendar makes happen on one business date. DESIGN section 7.

`fire` is one transaction a scope, `compose` one over all scopes; a crash between them loses
nothing, since compose takes every step that is still untold.
"""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from models.facts import DigestFacts
from notifiers.choose import ChannelSettings
from xiaohao.actions import telling
from xiaohao.errors import WrongDate, WrongUsage
from xiaohao.ledger import closings, faults, firings, runs, timers
from xiaohao.ledger.scopes import WHOLE, Scope, by_subtree, grouped, subtree
from xiaohao.ledger.timers import Fired
from xiaohao.ledger.writing import BULK, Ledger, Writing
from xiaohao.vocabulary import Action, StepKind

NIGHTLY = "nightly"
MOST_AT_ONCE = max(2, min(8, os.cpu_count() or 2))
"""Scopes that one process fires at once: each holds a connection and keeps a processor busy."""


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

    def since(self, before: "FiredCounts") -> "FiredCounts":
        """What was counted after `before`."""
        return FiredCounts(
            self.fired - before.fired,
            self.yellow - before.yellow,
            self.red - before.red,
            self.closed - before.closed,
            self.set_aside,
        )


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


def scopes(ledger: Ledger, asked: str, on: date) -> Sequence[Scope]:
    """What a night fires in one transaction each.

    `asked` is the setting XIAOHAO_SCOPES: `whole` is the district at once, `subtrees` each subtree
    under it, a number that many parts with about as many due timers.
    """
    if asked == "whole":
        return (WHOLE,)
    with ledger.reading() as r:
        return by_subtree(r) if asked == "subtrees" else grouped(r, int(asked), on)


def scope_of(ledger: Ledger, text: str, name: str = "") -> Scope:
    """The scope that a form names: "" the whole district, paths as `Scope.text` writes them, or a unit.

    Raises WrongUsage for paths that are none, NotFound for a unit that is not there.
    """
    if not text:
        return WHOLE
    if not text.startswith("/"):
        with ledger.reading() as r:
            return subtree(r, text)
    try:
        return Scope.read(text, name or text)
    except ValueError as error:
        raise WrongUsage(f"“{text}”不是单位路径。请填单位的编码或全称，留空即为全区。") from error


def counted(ledger: Ledger, on: date, scopes: Sequence[Scope]) -> list[FiredCounts]:
    """What the night's row of each scope has counted so far, by whatever process; faults aside."""
    with ledger.reading() as r:
        rows = [runs.counts(r, on, scope) for scope in scopes]
    return [FiredCounts(row["fired"], row["yellow"], row["red"], row["closed"]) for row in rows]


def is_being_fired(ledger: Ledger, scope: Scope) -> bool:
    """Whether some process is in the transaction that fires the scope. On SQLite that is never known."""
    with ledger.reading() as r:
        return r.is_locked(f"night:{scope.name}")


def side_by_side(ledger: Ledger, scopes: Sequence[Scope]) -> int:
    """How many scopes fire at once in this process: on SQLite one, since it has one writer."""
    if ledger.engine.name == "sqlite":
        return 1
    return min(len(scopes), MOST_AT_ONCE)


def note_missed(ledger: Ledger, on: date) -> list[date]:
    """Write the nights missed before `on` down, oldest first, before its scopes fire side by side.

    Each scope would write the same rows, and wait for the one that came first.
    """
    with ledger.reading() as r:
        dates = runs.missed_between(r, on)
    if dates:
        with ledger.writing(Action.NIGHT, by=NIGHTLY, on=on, bulk="missed") as w:
            runs.record_missed(w, dates)
    return dates


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
    faults.clear_fired(w, scope)
    counts = _counts(fired, closed)
    lights = {"yellow": counts.yellow, "red": counts.red}
    runs.finish(w, {"fired": counts.fired, "closed": closed, "trail": w.noted, **lights})
    return counts


def compose(
    ledger: Ledger,
    on: date,
    routes: ChannelSettings,
    *,
    page_url: str = "",
    held: bool = False,
) -> Composed:
    """Tell every step that is recorded and untold, of whatever run, in one transaction (I7).

    Of several steps of one problem the highest is told and all are marked; one notice a
    recipient. A step whose post nobody fills stays untold. Faults of posts that are filled
    meanwhile are cleared. Writes nothing where nothing is to be told or cleared (I3).
    """
    with ledger.reading() as r:
        open_kinds = {row.kind for row in faults.open_faults(r)}
        if (
            not firings.any_untold(r)
            and not open_kinds.intersection(telling.FAULT_KINDS)
            and not telling.any_silence(r, on, page_url, routes.answering)
        ):
            return Composed()
    with ledger.writing(Action.TELL, by=NIGHTLY, on=on, bulk=BULK) as w:
        return compose_in(w, routes, page_url=page_url, held=held)


def compose_in(
    w: Writing,
    routes: ChannelSettings,
    *,
    page_url: str = "",
    held: bool = False,
) -> Composed:
    """`compose` within an open transaction."""
    untold = firings.untold(w, lock=True)
    plan = telling.plan(w, untold, page_url=page_url, terms=routes.answering)
    if plan.writes:
        runs.begin(w, "compose")
    faults.found(w, plan.faults)
    faults.clear_others(w, telling.FAULT_KINDS, [*plan.faults, *telling.still_open(w)])
    written = telling.write(w, plan, routes, held=held)
    if plan.writes:
        runs.finish(w, {"told": len(plan.tellings), "notices": written, "trail": w.noted})
    return Composed(
        notices=written,
        told=len(plan.tellings),
        untold=len(plan.untold),
        escalated=Counter(t.untold.level for t in plan.tellings if t.untold.kind is StepKind.ESCALATION),
        digests=tuple(plan.digests.values()),
    )


def dry_run(
    ledger: Ledger,
    on: date,
    routes: ChannelSettings,
    scopes: Sequence[Scope] = (WHOLE,),
    *,
    page_url: str = "",
) -> tuple[FiredCounts, Composed]:
    """What a night would do: everything is tried in one transaction and rolled back."""
    total = FiredCounts()
    composed = Composed()
    try:
        with ledger.writing(Action.NIGHT, by=NIGHTLY, on=on, bulk=BULK) as w:
            for scope in scopes:
                total.add(fire_in(w, scope))
            composed = compose_in(w, routes, page_url=page_url)
            raise _Undone
    except _Undone:
        return total, composed


def _counts(fired: Fired, closed: int) -> FiredCounts:
    return FiredCounts(
        fired.problems, fired.yellow, fired.red, closed, tuple(each.message for each in fired.set_aside)
    )
