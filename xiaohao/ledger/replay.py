"""The rows side of a rebuild: the trail read in order, and what it folds to written into an empty ledger."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from xiaohao.ledger import bulk, dialect, trail
from xiaohao.ledger.fold import ORDER, Fold, Row
from xiaohao.ledger.tables import FAULT, FIRING, NOTICE, OFFICIAL, RUN, TRAIL
from xiaohao.ledger.writing import Reading
from xiaohao.proof.merkle import Frontier
from xiaohao.vocabulary import Channel, NoticeState

BATCH = 20_000
REBUILT = "rebuilt"
"""The kind of a notice that a rebuild writes in the place of one that was sent."""


def batches(r: Reading, size: int) -> Iterator[Sequence[Any]]:
    """The first `size` entries of the trail in the order of `seq`, some thousands at a time."""
    last = -1
    while True:
        there = (TRAIL.c.seq > last) & (TRAIL.c.seq < size)
        query = sa.select(TRAIL).where(there).order_by(TRAIL.c.seq).limit(BATCH)
        rows = r.conn.execute(query).all()
        if not rows:
            return
        yield rows
        last = rows[-1].seq


def is_empty(conn: sa.Connection) -> bool:
    """Whether a migrated ledger holds nothing at all."""
    tables = (TRAIL, RUN, FAULT, NOTICE, *ORDER)
    return not any(conn.execute(sa.select(sa.literal(1)).select_from(t).limit(1)).scalar() for t in tables)


def copy_entries(conn: sa.Connection, entries: Sequence[Any]) -> None:
    """Write entries as they are, with their salts and leaves."""
    dialect.fill(conn, "trail", trail.COLUMNS, [tuple(getattr(e, n) for n in trail.COLUMNS) for e in entries])


def put_head(conn: sa.Connection, tree: Frontier) -> None:
    """Write the tree's size and right edge."""
    conn.execute(
        sa.text("UPDATE trail_head SET size = :size, frontier = :frontier WHERE id = 1"),
        {"size": tree.size, "frontier": tree.to_bytes()},
    )


def write(conn: sa.Connection, fold: Fold) -> int:
    """Write every row of the fold, a statement a table; how many rows.

    The ways to reach an official never were in the trail and are to be entered anew.
    """
    if dialect.is_sqlite(conn):
        conn.exec_driver_sql("PRAGMA defer_foreign_keys=ON")  # a unit may lie below one that came later
    written = 0
    for table in ORDER:
        rows = list(fold.rows(table))
        if table is FIRING:
            rows = _with_notices(conn, fold, rows)
        bulk.insert_rows(conn, table, rows)
        written += len(rows)
    return written


def _with_notices(conn: sa.Connection, fold: Fold, rows: Sequence[Row]) -> list[Row]:
    """Steps with a notice that stands for the one they were told in, so that they are not told again (I7).

    Such a notice says when and to whom; what it said is not in the trail.
    """
    officials = {row.code: row for row in conn.execute(sa.select(OFFICIAL))}
    tellings = sorted({step.telling for step in fold.steps() if step.telling is not None})
    now = datetime.now(UTC)
    stands = [
        {
            "dedupe_key": f"rebuilt:{telling.on}:{telling.official}",
            "business_date": telling.on,
            "official_id": officials[telling.official].id,
            "recipient": officials[telling.official].name,
            "channel": Channel.CONSOLE,
            "kind": REBUILT,
            "facts": "{}",
            "state": NoticeState.ACCEPTED,
            "created_at": now,
            "accepted_at": now,
            "receipt": "由留痕重建，原通知的内容和渠道不在留痕里",
        }
        for telling in tellings
    ]
    bulk.insert_rows(conn, NOTICE, stands)
    query = sa.select(NOTICE.c.dedupe_key, NOTICE.c.id).where(NOTICE.c.kind == REBUILT)
    ids = {row.dedupe_key: row.id for row in conn.execute(query)}
    noticed = []
    for step, row in zip(fold.steps(), rows, strict=True):
        telling = step.telling
        notice_id = None if telling is None else ids[f"rebuilt:{telling.on}:{telling.official}"]
        official_id = officials[telling.official].id if telling is not None and step.highest else None
        noticed.append(row | {"notice_id": notice_id, "official_id": official_id})
    return noticed
