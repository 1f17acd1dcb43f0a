"""What the watch and the verification leave behind: a run row a business date, and faults of their own kind.

Written apart from the engine's own bookkeeping (`runs`, `faults`), by plain statements.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

import sqlalchemy as sa

from models.fault import OPEN
from xiaohao.ledger import dialect
from xiaohao.ledger.tables import FAULT, RUN
from xiaohao.ledger.writing import Reading
from xiaohao.vocabulary import FaultKind, RunState

WATCH, HEARTBEAT, VERIFY = "watch", "heartbeat", "verify_trail"

CLAIM = "claim:"


@dataclass(frozen=True)
class Round:
    """The last of its kind: its business date, when it ended (UTC), and how much it found."""

    on: date
    at: datetime
    findings: int


def note(
    conn: sa.Connection,
    flow: str,
    on: date,
    *,
    began: datetime,
    counts: Mapping[str, int],
    prefect_run: str | None = None,
) -> int:
    """Write that `flow` went its round for the business date; the id of its row, one a date.

    A later round of the same date takes the place of the earlier one's numbers.
    """
    dialect.take_bulk_lock(conn, f"round:{flow}")
    values = {
        "finished_at": datetime.now(UTC),
        "counts": json.dumps(dict(counts), sort_keys=True),
        "prefect_run": prefect_run,
        "state": RunState.DONE,
    }
    there = sa.select(RUN.c.id).where(RUN.c.flow == flow, RUN.c.business_date == on)
    found = conn.execute(there.order_by(RUN.c.id).limit(1)).scalar()
    if found is not None:
        conn.execute(RUN.update().where(RUN.c.id == found).values(values))
        return int(found)
    row = {"flow": flow, "business_date": on, "scope": "", "started_at": began} | values
    return int(conn.execute(RUN.insert().values(row).returning(RUN.c.id)).scalar_one())


def keep_faults(
    conn: sa.Connection,
    kind: FaultKind,
    found: Mapping[str, str],
    on: date,
    run_id: int,
    *,
    within: str = "",
) -> None:
    """Open a fault for each subject of `found` that has none, and clear those of this kind not found again.

    What was found against a claim, whose subjects begin with CLAIM, is cleared only by a round `within` that claim.

    A fault that is open already stays the one it is, with what is said of it now.
    """
    gone = FAULT.update().where(
        FAULT.c.kind == kind,
        FAULT.c.cleared_on.is_(None),
        FAULT.c.subject.not_in(list(found)),
        FAULT.c.subject.startswith(within) if within else ~FAULT.c.subject.startswith(CLAIM),
    )
    conn.execute(gone.values(cleared_on=on))
    names = ("kind", "subject", "run_id", "message", "found_on")
    rows = [(kind, subject, run_id, message, on) for subject, message in found.items()]
    conflict = f"(kind, subject) WHERE {OPEN} DO UPDATE SET message = excluded.message"
    dialect.bulk_insert(conn, "fault", names, rows, conflict=conflict)


def last(r: Reading, flow: str) -> Round | None:
    """The last round of `flow` that ended; None before the first."""
    columns = (RUN.c.business_date, RUN.c.finished_at, RUN.c.counts)
    query = sa.select(*columns).where(RUN.c.flow == flow, RUN.c.finished_at.is_not(None))
    row = r.conn.execute(query.order_by(RUN.c.finished_at.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return Round(row.business_date, row.finished_at, json.loads(row.counts).get("findings", 0))
