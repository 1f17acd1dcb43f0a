"""Read only: runs as an operator looks them up, and the entries of the trail that each wrote."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from xiaohao.ledger.tables import CHECKPOINT, PROBLEM, RUN, TRAIL
from xiaohao.ledger.writing import Reading
from xiaohao.vocabulary import RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """A run row. Instants are UTC; `prefect_runs` are the ids of the Prefect flow runs that did its work."""

    run: int
    flow: str
    business_date: date
    scope: str
    state: RunState
    started_at: datetime | None
    finished_at: datetime | None
    counts: Mapping[str, int]
    prefect_runs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEntry:
    """An entry of the trail that a run wrote; `number` is the problem's, None where it is about none."""

    seq: int
    at: str
    subject: str
    number: str | None
    action: str
    version: int
    detail: Mapping[str, Any] | None


def of_date(r: Reading, on: date, flows: Sequence[str]) -> tuple[RunLine, ...]:
    """The runs of these flows for a business date, oldest first."""
    return _lines(r, RUN.c.business_date == on, RUN.c.flow.in_(flows))


def numbered(r: Reading, run: int) -> tuple[RunLine, ...]:
    """The run of this number; none where there is none."""
    return _lines(r, RUN.c.id == run)


def of_prefect_run(r: Reading, prefect_run: str) -> tuple[RunLine, ...]:
    """The runs whose work this Prefect flow run did, oldest first."""
    return _lines(r, RUN.c.prefect_run.contains(prefect_run, autoescape=True))


def entries(r: Reading, run: RunLine, limit: int) -> tuple[int, list[RunEntry]]:
    """How many entries of the trail the run wrote, and the first `limit` of them.

    Reads the trail from the last checkpoint before the run on.
    """
    theirs = (TRAIL.c.run == str(run.run)) & (TRAIL.c.seq >= _sealed_before(r, run.started_at))
    count = r.conn.execute(sa.select(sa.func.count()).where(theirs)).scalar_one()
    subject = sa.literal("problem:").concat(sa.cast(PROBLEM.c.id, sa.Text))
    columns = (*(TRAIL.c[name] for name in ("seq", "at", "subject", "action", "version", "detail")),)
    chosen = sa.select(*columns).where(theirs).order_by(TRAIL.c.seq).limit(limit).subquery()
    numbers = {
        row.subject: row.number
        for row in r.conn.execute(
            sa.select(subject.label("subject"), PROBLEM.c.number).where(
                PROBLEM.c.id.in_(_problem_ids(chosen))
            )
        )
    }
    found = [
        RunEntry(
            seq=row.seq,
            at=row.at,
            subject=row.subject,
            number=numbers.get(row.subject),
            action=row.action,
            version=row.version,
            detail=None if row.detail is None else json.loads(row.detail),
        )
        for row in r.conn.execute(sa.select(chosen).order_by(chosen.c.seq))
    ]
    return int(count), found


def _problem_ids(chosen: sa.Subquery) -> sa.Select[Any]:
    is_problem = chosen.c.subject.like("problem:%")
    return sa.select(sa.case((is_problem, sa.cast(sa.func.substr(chosen.c.subject, 9), PROBLEM.c.id.type))))


def _sealed_before(r: Reading, at: datetime | None) -> int:
    if at is None:
        return 0
    text = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    query = sa.select(sa.func.max(CHECKPOINT.c.tree_size)).where(CHECKPOINT.c.at < text)
    return r.conn.execute(query).scalar() or 0


def _lines(r: Reading, *conditions: sa.ColumnElement[bool]) -> tuple[RunLine, ...]:
    query = sa.select(RUN).where(*conditions).order_by(RUN.c.id)
    return tuple(
        RunLine(
            run=row.id,
            flow=row.flow,
            business_date=row.business_date,
            scope=row.scope,
            state=row.state,
            started_at=row.started_at,
            finished_at=row.finished_at,
            counts=json.loads(row.counts),
            prefect_runs=tuple((row.prefect_run or "").split()),
        )
        for row in r.conn.execute(query)
    )
