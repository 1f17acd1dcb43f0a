"""销号: verified applications are closed, and their facts frozen. Decisions 15, 21 and 23."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from xiaohao.ledger import problems
from xiaohao.ledger.scopes import Scope
from xiaohao.ledger.tables import CLOSING, FIRING, PROBLEM
from xiaohao.ledger.writing import Writing
from xiaohao.rules import clock as clocks
from xiaohao.rules.closing import facts_of
from xiaohao.vocabulary import Action, ClosingOutcome, Status, StepKind

BATCH = 20_000


def close_verified(w: Writing, scope: Scope) -> int:
    """Write 销号 on every problem whose verification was entered by `w.on`; how many.

    Reads through the partial index problem_next_event: the timer of a verified problem is
    its day of verification. Steps recorded and not yet told are never told (15).
    """
    written = 0
    while cases := _verified(w, scope):
        highest = highest_levels(w, [case.id for case in cases])
        changes = [closed(case, highest.get(case.id, 0), rules_of(w, case)) for case in cases]
        problems.write(w, changes)
        written += len(cases)
        if len(cases) < BATCH:
            break
    return written


def _verified(w: Writing, scope: Scope) -> list[problems.Case]:
    where = PROBLEM.c.next_event_on.is_not(None) & (PROBLEM.c.next_event_on <= w.on)
    chosen = sa.select(PROBLEM.c.id).where(where, PROBLEM.c.status == Status.VERIFIED)
    cases = problems.cases(w, scope.narrowed(chosen).limit(BATCH), lock=True)
    return [case for case in cases if case.clock.status is Status.VERIFIED]


def rules_of(w: Writing, case: problems.Case) -> clocks.Rules:
    """The policy and the calendar that a case goes by."""
    return w.rules(case.clock.policy_id, case.clock.calendar_version)


def closed(case: problems.Case, highest: int, rules: clocks.Rules) -> problems.Change:
    """销号 of a verified case: its facts frozen, its timers ended, its untold steps never told."""
    acted = clocks.closed(case.clock, case.known, rules)
    levels = [step.level for step in acted.recorded if step.kind is StepKind.ESCALATION]
    facts = facts_of(case.clock, max([highest, *levels]))
    closing = open_closing(case)
    row = dict(closing) | {
        "outcome": ClosingOutcome.CLOSED,
        "closed_on": case.clock.verified_on,
        **asdict(facts),
    }
    return problems.Change(
        case,
        case.row | problems.columns_of(acted.clock),
        acted,
        {CLOSING.name: [row]},
        action=Action.CLOSE,
    )


def open_closing(case: problems.Case) -> Mapping[str, Any]:
    """The application of a case that is not at its end. Raises StopIteration where there is none."""
    return next(
        row
        for row in reversed(case.of(CLOSING))
        if row["outcome"] in (ClosingOutcome.APPLIED, ClosingOutcome.VERIFIED)
    )


def highest_levels(w: Writing, ids: Sequence[int]) -> dict[int, int]:
    """The highest escalation of each problem's present round, withdrawn ones included (23)."""
    query = (
        sa.select(FIRING.c.problem_id, sa.func.max(FIRING.c.level))
        .join(PROBLEM, (PROBLEM.c.id == FIRING.c.problem_id) & (PROBLEM.c.round == FIRING.c.round))
        .where(FIRING.c.step == StepKind.ESCALATION, FIRING.c.problem_id.in_(problems.id_set(w, ids)))
        .group_by(FIRING.c.problem_id)
    )
    return {row[0]: row[1] for row in w.conn.execute(query)}
