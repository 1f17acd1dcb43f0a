"""Runs: what ran for which business date. A row is written by the transaction whose work it records."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from xiaohao.ledger.scopes import Scope
from xiaohao.ledger.tables import RUN
from xiaohao.ledger.writing import Reading, Writing
from xiaohao.vocabulary import RunState

NIGHTLY = "nightly"
MOST_MISSED = 3_660


def begin(w: Writing, flow: str, scope: str = "") -> int:
    """The id of this run's row: that of an earlier run of the same night and scope, else a new one."""
    found = None if flow != NIGHTLY else _of_night(w, w.on, scope)
    now = datetime.now(UTC)
    if found is None:
        values = {"flow": flow, "business_date": w.on, "scope": scope, "started_at": now}
        added = w.conn.execute(
            RUN.insert().values(**values, state=RunState.DONE, counts="{}").returning(RUN.c.id)
        )
        w.run_id = int(added.scalar_one())
        return w.run_id
    w.run_id = int(found.id)
    if found.state is RunState.MISSED:  # it was written down as missed, and runs after all
        made_up = {"state": RunState.DONE, "started_at": now}
        w.conn.execute(RUN.update().where(RUN.c.id == w.run_id).values(made_up))
    return w.run_id


def finish(w: Writing, counts: Mapping[str, int]) -> None:
    """Add to the counts of this run's row and say when it ended.

    A row of an earlier run to which nothing is added is left alone (I3).
    """
    where = RUN.c.id == w.run_id
    row = w.conn.execute(sa.select(RUN.c.counts, RUN.c.finished_at, RUN.c.prefect_run).where(where)).one()
    if row.finished_at is not None and not any(counts.values()):
        return
    before = json.loads(row.counts)
    for name, count in counts.items():
        before[name] = before.get(name, 0) + count
    text = json.dumps(before, sort_keys=True)
    worked = " ".join(
        dict.fromkeys([*(row.prefect_run or "").split(), *(w.ledger.prefect_run or "").split()])
    )
    w.conn.execute(
        RUN.update()
        .where(where)
        .values(counts=text, finished_at=datetime.now(UTC), state=RunState.DONE, prefect_run=worked or None)
    )


def has_run(r: Reading, on: date, scope: Scope) -> bool:
    """Whether a night of this date and scope is written down as done."""
    query = sa.select(RUN.c.state).where(
        RUN.c.flow == NIGHTLY, RUN.c.business_date == on, RUN.c.scope == scope.name
    )
    return r.conn.execute(query).scalar() is RunState.DONE


def last_night(r: Reading) -> date | None:
    """The business date of the last night that ran, of whatever scope; None before the first."""
    query = sa.select(sa.func.max(RUN.c.business_date)).where(
        RUN.c.flow == NIGHTLY, RUN.c.state == RunState.DONE
    )
    return r.conn.execute(query).scalar()


def missed_between(r: Reading, on: date) -> list[date]:
    """The business dates after the last night and before `on`; none before the first night."""
    last = last_night(r)
    if last is None or last >= on:
        return []
    first = max(last + timedelta(days=1), on - timedelta(days=MOST_MISSED))
    return [first + timedelta(days=n) for n in range((on - first).days)]


def record_missed(w: Writing, dates: list[date]) -> None:
    """Write the dates down as missed (漏跑); those that are there already stay as they are."""
    there = set(
        w.conn.execute(
            sa.select(RUN.c.business_date).where(RUN.c.flow == NIGHTLY, RUN.c.business_date.in_(dates))
        ).scalars()
    )
    rows: list[dict[str, Any]] = [
        {"flow": NIGHTLY, "business_date": on, "scope": "all", "state": RunState.MISSED, "counts": "{}"}
        for on in dates
        if on not in there
    ]
    if rows:
        w.conn.execute(RUN.insert(), rows)


def missed(r: Reading) -> list[date]:
    """All nights that are written down as missed and of which no scope ran after all, oldest first."""
    nights = sa.select(RUN.c.business_date).where(RUN.c.flow == NIGHTLY)
    query = nights.where(
        RUN.c.state == RunState.MISSED,
        RUN.c.business_date.not_in(nights.where(RUN.c.state == RunState.DONE)),
    )
    return list(r.conn.execute(query.order_by(RUN.c.business_date)).scalars())


def counts(r: Reading, on: date, scope: Scope) -> Counter[str]:
    """What the row of a night's scope has counted so far; empty where it has not run."""
    found = _of_night(r, on, scope.name)
    return Counter() if found is None else Counter(json.loads(found.counts))


def _of_night(r: Reading, on: date, scope: str) -> sa.Row[*tuple[Any, ...]] | None:
    query = sa.select(RUN.c.id, RUN.c.state, RUN.c.counts).where(
        RUN.c.flow == NIGHTLY, RUN.c.business_date == on, RUN.c.scope == scope
    )
    return r.conn.execute(query).one_or_none()
