"""The few things that SQLite and PostgreSQL say differently."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from types import NoneType
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from xiaohao.ledger.connect import driver_connection

Row = Sequence[Any]


def is_sqlite(conn: sa.Connection) -> bool:
    """Whether `conn` speaks to SQLite (else to PostgreSQL)."""
    return conn.dialect.name == "sqlite"


def take_bulk_lock(conn: sa.Connection, key: str, *, shared: bool = False) -> None:
    """Wait for the bulk lock of `key` and hold it until commit (DESIGN section 7, Locks).

    `shared` lets others in that share it. On SQLite nothing is to be done: BEGIN IMMEDIATE holds the whole database.
    """
    if not is_sqlite(conn):
        suffix = "_shared" if shared else ""
        conn.exec_driver_sql(f"SELECT pg_advisory_xact_lock{suffix}(%s)", (_lock_number(key),))


def is_bulk_locked(conn: sa.Connection, key: str) -> bool:
    """Whether another transaction holds the bulk lock of `key`. On SQLite always False."""
    if is_sqlite(conn):
        return False
    query = "SELECT pg_try_advisory_xact_lock_shared(%s)"
    return not conn.exec_driver_sql(query, (_lock_number(key),)).scalar_one()


def _lock_number(key: str) -> int:
    return int.from_bytes(hashlib.sha256(f"xiaohao:{key}".encode()).digest()[:8], "big", signed=True)


def for_update(conn: sa.Connection) -> str:
    """The end of a SELECT whose rows are changed next: " FOR UPDATE", or nothing on SQLite."""
    return "" if is_sqlite(conn) else " FOR UPDATE"


def create_temp_table(conn: sa.Connection, name: str, columns: str) -> None:
    """A table of this transaction alone, empty; `columns` in words that both databases know.

    Use BIGINT, INTEGER, TEXT, DATE, BOOLEAN, and BYTEA for bytes. On SQLite a BIGINT PRIMARY KEY
    is written INTEGER, which makes it the row's own number and needs no second index.
    """
    if is_sqlite(conn):
        columns = columns.replace("BIGINT PRIMARY KEY", "INTEGER PRIMARY KEY")
    conn.exec_driver_sql(f"DROP TABLE IF EXISTS {'temp' if is_sqlite(conn) else 'pg_temp'}.{name}")
    end = "" if is_sqlite(conn) else " ON COMMIT DROP"
    conn.exec_driver_sql(f"CREATE TEMPORARY TABLE {name} ({columns}){end}")


def fill(conn: sa.Connection, table: str, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Insert `rows` the quickest way there is, and return how many.

    Values: None, bool, int, str, bytes, date, aware datetime, words of the vocabulary. They are
    stored as SQLAlchemy stores them, so that days and instants compare with its own. Raises
    sqlalchemy's errors (IntegrityError, …).
    """
    by_column = list(zip(*rows, strict=True))
    if not by_column:
        return 0
    names = _quoted(columns)
    if is_sqlite(conn):
        _insert_many(conn, f'INSERT INTO "{table}" ({names}) VALUES ({_marks(columns)})', by_column)
    else:
        _copy(conn, f'COPY "{table}" ({names}) FROM STDIN', by_column)
    return len(by_column[0])


def fill_in_batches(
    conn: sa.Connection, table: str, columns: Sequence[str], batches: Iterable[Sequence[Row]]
) -> None:
    """As `fill` for more rows than memory holds; on PostgreSQL one statement, references checked at its end.

    Values may also be what the other database's driver gives: days and instants as text, 0 and 1.
    """
    names = _quoted(columns)
    if is_sqlite(conn):
        statement = f'INSERT INTO "{table}" ({names}) VALUES ({_marks(columns)})'
        for batch in batches:
            _insert_many(conn, statement, list(zip(*batch, strict=True)))
        return
    statement = f'COPY "{table}" ({names}) FROM STDIN'
    with (
        _wrapped(conn, statement),
        driver_connection(conn).cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        for batch in batches:
            copy.write(_copy_lines(list(zip(*batch, strict=True))))


def continue_numbers(conn: sa.Connection, table: sa.Table) -> None:
    """Let the database number the table's next row after the greatest that is there."""
    own = [column.name for column in table.primary_key if column.identity is not None]
    if is_sqlite(conn) or not own:
        return
    conn.execute(
        sa.text(
            f"SELECT setval(pg_get_serial_sequence(:name, :own), max({_quoted(own)})) "
            f'FROM "{table.name}" HAVING max({_quoted(own)}) IS NOT NULL'
        ),
        {"name": f'"{table.name}"', "own": own[0]},
    )


def bulk_insert(
    conn: sa.Connection, table: str, columns: Sequence[str], rows: Iterable[Row], *, conflict: str
) -> int:
    """As `fill`, but `conflict` says what becomes of a row that is there; returns how many went in.

    `conflict` is the target and what to do: "(problem_id, round) WHERE withdrawn_on IS NULL DO NOTHING".
    """
    by_column = list(zip(*rows, strict=True))
    if not by_column:
        return 0
    names = _quoted(columns)
    if is_sqlite(conn):
        statement = f'INSERT INTO "{table}" ({names}) VALUES ({_marks(columns)}) ON CONFLICT {conflict}'
        return _insert_many(conn, statement, by_column)
    conn.exec_driver_sql("DROP TABLE IF EXISTS pg_temp.bulk_rows")
    conn.exec_driver_sql(
        f'CREATE TEMPORARY TABLE bulk_rows ON COMMIT DROP AS SELECT {names} FROM "{table}" WITH NO DATA'
    )
    _copy(conn, f"COPY pg_temp.bulk_rows ({names}) FROM STDIN", by_column)
    return conn.exec_driver_sql(
        f'INSERT INTO "{table}" ({names}) SELECT {names} FROM pg_temp.bulk_rows ON CONFLICT {conflict}'
    ).rowcount


def violated(error: sa.exc.IntegrityError) -> str:
    """The name of the constraint, unique index or trigger that refused, the same on both databases.

    "" where none is named (NOT NULL, and a foreign key on SQLite).
    """
    named = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    if named is not None:
        return str(named)
    said = str(error.orig)
    if found := re.fullmatch(r"UNIQUE constraint failed: (.*)", said):
        return _unique_name(found[1])
    if found := re.fullmatch(r"CHECK constraint failed: (\w+)", said):
        return found[1]
    return said if re.fullmatch(r"[a-z0-9_]+", said) else ""


def _unique_name(columns: str) -> str:
    """SQLite names the columns of a unique index ("unit.code"), not the index."""
    parts = [part.split(".") for part in columns.split(", ")]
    if any(len(part) != 2 for part in parts) or parts[0][0] not in SQLModel.metadata.tables:
        return ""
    table, wanted = SQLModel.metadata.tables[parts[0][0]], [name for _, name in parts]
    uniques = [
        each for each in table.constraints if isinstance(each, (sa.UniqueConstraint, sa.PrimaryKeyConstraint))
    ]
    for each in (*uniques, *(index for index in table.indexes if index.unique)):
        if [column.name for column in each.columns] == wanted:
            return str(each.name)
    return ""


def _quoted(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _marks(columns: Sequence[str]) -> str:
    return ", ".join("?" * len(columns))


def _insert_many(conn: sa.Connection, statement: str, by_column: list[tuple[Any, ...]]) -> int:
    rows = zip(*map(_for_sqlite, by_column), strict=True)
    with _wrapped(conn, statement):
        count: int = driver_connection(conn).executemany(statement, rows).rowcount
    return count


def _copy(conn: sa.Connection, statement: str, by_column: list[tuple[Any, ...]]) -> None:
    with (
        _wrapped(conn, statement),
        driver_connection(conn).cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        copy.write(_copy_lines(by_column))


def _copy_lines(by_column: list[tuple[Any, ...]]) -> str:
    lines = map("\t".join, zip(*map(_for_copy, by_column), strict=True))
    return "\n".join(lines) + "\n"


@contextmanager
def _wrapped(conn: sa.Connection, statement: str) -> Iterator[None]:
    """The driver's errors as SQLAlchemy raises them."""
    assert conn.dialect.dbapi is not None
    base = conn.dialect.dbapi.Error
    try:
        yield
    except base as error:
        raise sa.exc.DBAPIError.instance(statement, None, error, base, dialect=conn.dialect) from error


def _for_sqlite(column: tuple[Any, ...]) -> Iterable[Any]:
    kinds = set(map(type, column))
    if kinds <= {int, str, bytes, bool, NoneType}:
        return column
    if kinds == {date}:
        return map(date.isoformat, column)
    return map(_plain, column)


def _plain(value: Any) -> Any:
    match value:
        case str():
            return str(value)  # of a word its code
        case datetime():
            return _utc(value).strftime("%Y-%m-%d %H:%M:%S.%f")
        case date():
            return value.isoformat()
        case _:
            return value


def _for_copy(column: tuple[Any, ...]) -> Iterable[str]:
    kinds = set(map(type, column))
    if kinds <= {int} or kinds <= {date}:
        return map(str, column)
    if kinds == {bytes}:
        return map("\\\\x".__add__, map(bytes.hex, column))
    if kinds == {str} and not any(map("".join(column).__contains__, ESCAPED)):
        return column
    return map(copied, column)


def copied(value: Any) -> str:
    """A value as a field of PostgreSQL's COPY text format."""
    match value:
        case None:
            return "\\N"
        case bool():
            return "t" if value else "f"
        case str():
            return value.translate(ESCAPES) if SPECIAL.search(value) else value
        case bytes():
            return "\\\\x" + value.hex()
        case datetime():
            return _utc(value).isoformat()
        case _:
            return str(value)


ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
SPECIAL = re.compile(r"[\\\t\n\r]")
ESCAPED = "\\\t\n\r"


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("naive datetime")
    return instant.astimezone(UTC)
