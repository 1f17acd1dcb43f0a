"""Faults: what the operator must mend. A second night adds none that is open already."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from xiaohao.ledger import bulk
from xiaohao.ledger.scopes import Scope
from xiaohao.ledger.tables import FAULT, PROBLEM
from xiaohao.ledger.writing import Reading, Writing
from xiaohao.vocabulary import FaultKind


@dataclass(frozen=True)
class Found:
    """A fault as it was found: what it concerns, and a sentence for the operator."""

    kind: FaultKind
    subject: str
    message: str


def set_aside(problem_id: int, error: Exception) -> Found:
    """A problem whose timetable cannot be worked out; the others go on."""
    return Found(
        FaultKind.STATE_SET_ASIDE,
        f"problem:{problem_id}",
        f"问题（内部编号 {problem_id}）及与其时限相同的问题算不出时间表，本次已跳过：{error}。"
        "请用 xiaohao explain 核对其期限、规则和日历。",
    )


def clear_fired(w: Writing, scope: Scope) -> None:
    """Clear the faults of the scope's problems that were set aside and are not due any more: mended, or ended.

    A fault of another scope is left to that one: it may be at work on it at the same time.
    """
    there = {
        row.id: int(row.subject.split(":")[1])
        for row in open_faults(w)
        if row.kind is FaultKind.STATE_SET_ASIDE
    }
    if not there:
        return
    due = PROBLEM.c.next_event_on.is_not(None) & (PROBLEM.c.next_event_on <= w.on)
    query = sa.select(PROBLEM.c.id).where(PROBLEM.c.id.in_(set(there.values())), sa.not_(due))
    ended = set(w.conn.execute(scope.narrowed(query)).scalars())
    gone = [fault_id for fault_id, problem_id in there.items() if problem_id in ended]
    if gone:
        w.conn.execute(FAULT.update().where(FAULT.c.id.in_(gone)).values(cleared_on=w.on))


def found(w: Writing, faults: Sequence[Found]) -> None:
    """Write the faults that are not open already."""
    if not faults:
        return
    rows = {(each.kind, each.subject): each for each in faults}
    open_ = {(row.kind, row.subject) for row in open_faults(w)}
    fresh = [
        {
            "kind": each.kind,
            "subject": each.subject,
            "run_id": w.run_id,
            "message": each.message,
            "found_on": w.on,
        }
        for key, each in rows.items()
        if key not in open_
    ]
    bulk.insert_rows(w.conn, FAULT, fresh)


def clear_others(w: Writing, kinds: Sequence[FaultKind], still: Sequence[Found]) -> None:
    """Clear the open faults of these kinds that were not found again."""
    kept = {(each.kind, each.subject) for each in still}
    gone = [row.id for row in open_faults(w) if row.kind in kinds and (row.kind, row.subject) not in kept]
    if gone:
        w.conn.execute(FAULT.update().where(FAULT.c.id.in_(gone)).values(cleared_on=w.on))


def open_faults(r: Reading) -> Sequence[Any]:
    """The faults that nobody has mended, oldest first."""
    columns = (FAULT.c.id, FAULT.c.kind, FAULT.c.subject, FAULT.c.message)
    return r.conn.execute(sa.select(*columns).where(FAULT.c.cleared_on.is_(None)).order_by(FAULT.c.id)).all()
