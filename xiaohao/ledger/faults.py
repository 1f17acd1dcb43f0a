"""Faults: what the operator must mend. A second night adds none that is open already."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from xiaohao.ledger import bulk
from xiaohao.ledger.tables import FAULT
from xiaohao.ledger.writing import Reading, Writing
from xiaohao.vocabulary import FaultKind


@dataclass(frozen=True)
class Found:
    """A fault as it was found: what it concerns, and a sentence for the operator."""

    kind: FaultKind
    subject: str
    message: str


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
