"""The trail as it lies in the database, for its verification: read in order, nothing trusted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from xiaohao.ledger.tables import CHECKPOINT, TRAIL, TRAIL_HEAD
from xiaohao.ledger.writing import Reading
from xiaohao.vocabulary import Action

BATCH = 5_000
MOST_OUT_OF_ORDER = 100


@dataclass(frozen=True)
class Claim:
    """What is written down of the tree at a size: its root in hex."""

    size: int
    root: str


@dataclass(frozen=True)
class OutOfOrder:
    """An entry that does not follow the one before it of its subject; version 0 stands for none before."""

    seq: int
    subject: str
    version: int
    version_before: int
    seq_before: int


def head(r: Reading) -> tuple[int, bytes]:
    """The size of the tree and its right edge, as the head has them."""
    size, frontier = r.conn.execute(sa.select(TRAIL_HEAD.c.size, TRAIL_HEAD.c.frontier)).one()
    return int(size), bytes(frontier)


def checkpoints(r: Reading) -> list[Claim]:
    """Every checkpoint, the smallest tree first."""
    query = sa.select(CHECKPOINT.c.tree_size, CHECKPOINT.c.root).order_by(CHECKPOINT.c.tree_size)
    return [Claim(row.tree_size, bytes(row.root).hex()) for row in r.conn.execute(query)]


def entries(r: Reading, until: int) -> Iterator[Sequence[Any]]:
    """The entries with `seq` below `until` in their order, some thousands at a time."""
    last = -1
    while True:
        there = (TRAIL.c.seq > last) & (TRAIL.c.seq < until)
        rows = r.conn.execute(sa.select(TRAIL).where(there).order_by(TRAIL.c.seq).limit(BATCH)).all()
        if not rows:
            return
        yield rows
        last = rows[-1].seq


def beyond(r: Reading) -> int | None:
    """The first entry that lies behind the tree as it is now; None where none does.

    Head and entries in one statement: an act that is sealed meanwhile has changed both.
    """
    size = sa.select(TRAIL_HEAD.c.size).scalar_subquery()
    return r.conn.execute(sa.select(sa.func.min(TRAIL.c.seq)).where(TRAIL.c.seq >= size)).scalar()


def lawfully_erased(r: Reading, subjects: Sequence[str]) -> dict[str, int]:
    """The last entry that says of a subject that it was erased (依法删除), by subject."""
    columns = (TRAIL.c.subject, sa.func.max(TRAIL.c.seq))
    query = sa.select(*columns).where(TRAIL.c.subject.in_(subjects), TRAIL.c.action == Action.ERASED.value)
    return {row[0]: row[1] for row in r.conn.execute(query.group_by(TRAIL.c.subject))}


def out_of_order(r: Reading, until: int) -> list[OutOfOrder]:
    """Entries whose version is not the next of their subject, or that stand before the one they follow.

    One statement, in the order of the index (subject, version): the database holds no more than it
    sorts. At most MOST_OUT_OF_ORDER.
    """

    def before(column: sa.Column[Any], nothing: int) -> sa.ColumnElement[int]:
        there = sa.func.lag(column).over(partition_by=TRAIL.c.subject, order_by=TRAIL.c.version)
        return sa.func.coalesce(there, nothing)

    named = sa.select(
        TRAIL.c.seq,
        TRAIL.c.subject,
        TRAIL.c.version,
        before(TRAIL.c.version, 0).label("version_before"),
        before(TRAIL.c.seq, -1).label("seq_before"),
    ).subquery()
    wrong = (named.c.version != named.c.version_before + 1) | (named.c.seq < named.c.seq_before)
    query = sa.select(named).where(wrong, named.c.seq < until).order_by(named.c.seq).limit(MOST_OUT_OF_ORDER)
    return [OutOfOrder(**row) for row in r.conn.execute(query).mappings()]
