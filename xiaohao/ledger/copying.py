"""A whole ledger from one database into another, SQLite or PostgreSQL: table by table, row for row.

Referenced tables come first. A table is one statement where the database checks references at its
end (PostgreSQL), so that rows may point at later ones of their own table.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from xiaohao.ledger import connect, dialect
from xiaohao.ledger.tables import TRAIL_HEAD
from xiaohao.ledger.writing import Ledger, Reading

BATCH = 10_000
Progress = Callable[[str, int, int], None]
"""Told a table, how many of its rows are there, and of how many."""


def tables() -> Sequence[sa.Table]:
    """Every table of a ledger, referenced ones before those that refer to them."""
    return SQLModel.metadata.sorted_tables


@contextmanager
def snapshot(ledger: Ledger) -> Iterator[Reading]:
    """A transaction that only reads, and sees one moment in all that it reads. Raises as `reading`."""
    with connect.snapshot(ledger.engine) as conn:
        yield Reading(ledger, conn)


def counts(conn: sa.Connection) -> dict[str, int]:
    """How many rows each table holds, in the order of `tables`."""
    return {
        table.name: int(conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
        for table in tables()
    }


def is_empty(conn: sa.Connection) -> bool:
    """Whether a migrated database holds nothing but the head of an empty trail."""
    if conn.execute(sa.select(TRAIL_HEAD.c.size)).scalar_one() != 0:
        return False
    others = (table for table in tables() if table is not TRAIL_HEAD)
    return not any(
        conn.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).scalar() for table in others
    )


def copy(source: sa.Connection, target: sa.Connection, sizes: dict[str, int], progress: Progress) -> None:
    """Write every row of `source` into `target`, a migrated database that holds nothing.

    `sizes` is what `counts` says of the source, for `progress`.
    """
    if dialect.is_sqlite(target):
        target.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    for table in tables():
        if table is TRAIL_HEAD:
            _copy_head(source, target)
        else:
            names = tuple(column.name for column in table.columns)
            batches = _watched(_batches(source, table), table.name, sizes[table.name], progress)
            dialect.fill_in_batches(target, table.name, names, batches)
            dialect.continue_numbers(target, table)


def _copy_head(source: sa.Connection, target: sa.Connection) -> None:
    """The head is there from the first moment on, and never deleted: it is set."""
    row = source.execute(sa.select(TRAIL_HEAD.c.size, TRAIL_HEAD.c.frontier)).one()
    target.execute(TRAIL_HEAD.update().values(size=row.size, frontier=bytes(row.frontier)))


def _batches(conn: sa.Connection, table: sa.Table) -> Iterator[Sequence[Any]]:
    """The rows as the driver gives them, in the order of their key: nothing is held but a batch."""
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    order = ", ".join(f'"{column.name}"' for column in table.primary_key)
    query = sa.text(f'SELECT {names} FROM "{table.name}" ORDER BY {order}')
    rows = conn.execute(query, execution_options={"stream_results": True, "max_row_buffer": BATCH})
    yield from rows.partitions(BATCH)


def _watched(
    batches: Iterator[Sequence[Any]], name: str, size: int, progress: Progress
) -> Iterator[Sequence[Any]]:
    done = 0
    for batch in batches:
        yield batch
        done += len(batch)
        progress(name, done, size)
