"""The engine, and the two ways to a connection: reading, and writing.

SQLite: one writer at a time, readers beside it; a commit survives a power cut (`synchronous=FULL`).
PostgreSQL: READ COMMITTED, never higher (DESIGN section 7).
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from xiaohao.errors import LedgerBusy, LedgerUnreachable, Unreachable, WrongUsage

ACT_WAITS = 15.0
"""Seconds that an act of a person waits for another writer."""
FLOW_WAITS = 60.0
"""Seconds that a flow or an import waits for another writer."""
SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
PRAGMAS = ("synchronous=FULL", "recursive_triggers=ON", "temp_store=MEMORY")


def open_engine(url: str | sa.URL) -> sa.Engine:
    """The engine of a ledger: `sqlite:///<file>` or `postgresql://…` (driver psycopg).

    A SQLite file that is not there is made (0600) in a folder that is; nothing else is read or
    written yet. Raises WrongUsage for an address of another kind, LedgerUnreachable where the
    file cannot be made.
    """
    try:
        address = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise WrongUsage(
            "数据库地址的写法不对，请写成 sqlite:///文件 或 postgresql://用户@主机/库名。"
        ) from error
    if address.get_backend_name() == "sqlite":
        return _open_sqlite(address)
    if address.get_backend_name() == "postgresql":
        return _open_postgres(address)
    raise WrongUsage(f"台账只能放在 SQLite 或 PostgreSQL 里，不支持“{address.get_backend_name()}”。")


ALIVE = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""A machine that dies is noticed within a minute, on both sides: else its locks stay for two hours."""
OPTIONS = "-c timezone=UTC -c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
"""What PostgreSQL is told of each connection; an address's own options come after it."""


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that only reads: it is rolled back at the end, with its temporary tables.

    Raises LedgerUnreachable, LedgerBusy.
    """
    with translated(engine), engine.execution_options(reading=True).connect() as conn:
        yield conn


@contextmanager
def snapshot(engine: sa.Engine) -> Iterator[sa.Connection]:
    """As `reading`, but all that is read is of one moment, on PostgreSQL too (REPEATABLE READ, read only).

    Raises LedgerUnreachable, LedgerBusy.
    """
    options = {"reading": True} | ({} if engine.name == "sqlite" else SNAPSHOT)
    with translated(engine), engine.execution_options(**options).connect() as conn:
        yield conn


@contextmanager
def writing_connection(engine: sa.Engine, wait_seconds: float = ACT_WAITS) -> Iterator[sa.Connection]:
    """One write transaction: committed at the end, rolled back where the block raises.

    `wait_seconds` is how long another writer is waited for (SQLite: once, for the whole database;
    PostgreSQL: for each lock); LedgerBusy is raised after it.
    """
    with translated(engine), engine.execution_options(wait_seconds=wait_seconds).begin() as conn:
        yield conn


@contextmanager
def translated(engine: sa.Engine) -> Iterator[None]:
    """Raise what is outside our hands as LedgerBusy or LedgerUnreachable; let all else through."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        outside = _outside(engine, error)
        if outside is None:
            raise
        raise outside from error


def _open_sqlite(address: sa.URL) -> sa.Engine:
    if not address.database or address.database == ":memory:":
        raise WrongUsage("SQLite 台账必须是一个文件，请写成 sqlite:///文件。")
    _make_file(Path(address.database))
    engine = sa.create_engine(address.set(drivername="sqlite+pysqlite"))

    @sa.event.listens_for(engine, "connect")
    def prepare(raw: sqlite3.Connection, _record: ConnectionPoolEntry) -> None:
        raw.isolation_level = None
        _use_wal(raw)
        for pragma in PRAGMAS:
            raw.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(conn: sa.Connection) -> None:
        options = conn.get_execution_options()
        raw = conn.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.execute(f"PRAGMA busy_timeout={int(options.get('wait_seconds', ACT_WAITS) * 1000)}")
        raw.execute(f"PRAGMA foreign_keys={'ON' if options.get('foreign_keys', True) else 'OFF'}")
        conn.exec_driver_sql("BEGIN" if options.get("reading", False) else "BEGIN IMMEDIATE")

    return engine


def _options_of(address: sa.URL) -> str:
    given = address.query.get("options", "")
    return given if isinstance(given, str) else " ".join(given)


def _open_postgres(address: sa.URL) -> sa.Engine:
    engine = sa.create_engine(
        address.set(drivername="postgresql+psycopg").difference_update_query(["options"]),
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        connect_args=ALIVE | {"options": " ".join(filter(None, (OPTIONS, _options_of(address))))},
    )

    @sa.event.listens_for(engine, "begin")
    def begin(conn: sa.Connection) -> None:
        options = conn.get_execution_options()
        if not options.get("reading", False):
            wait = int(options.get("wait_seconds", ACT_WAITS) * 1000)
            conn.exec_driver_sql(f"SET LOCAL lock_timeout = {wait}")

    return engine


def _make_file(path: Path) -> None:
    if path.exists():
        return
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise LedgerUnreachable(f"建不了台账文件 {path}：{_reason(error)}。") from error


def _reason(error: OSError) -> str:
    match error:
        case FileNotFoundError():
            return "所在文件夹不存在"
        case PermissionError():
            return "没有写入权限"
        case _:
            return error.strerror or str(error)


def _use_wal(raw: sqlite3.Connection) -> None:
    """WAL is set once a file; two processes that set it at once get "busy" without any waiting."""
    raw.execute(f"PRAGMA busy_timeout={int(ACT_WAITS * 1000)}")
    last = time.monotonic() + ACT_WAITS
    while raw.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            raw.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > last:
                raise
            time.sleep(0.02)


def _outside(engine: sa.Engine, error: sa.exc.DBAPIError) -> Unreachable | None:
    if engine.name == "sqlite":
        return _outside_sqlite(engine, error)
    state = getattr(error.orig, "sqlstate", None)
    if state in {"55P03", "40P01"}:  # lock_not_available, deadlock_detected
        return LedgerBusy()
    if error.connection_invalidated or (state or "")[:2] in {"08", "28", "3D", "53", "57"}:
        return LedgerUnreachable(f"连不上台账数据库 {engine.url.render_as_string(hide_password=True)}。")
    if state is None and isinstance(error, sa.exc.OperationalError):  # the driver never reached a server
        return LedgerUnreachable(f"连不上台账数据库 {engine.url.render_as_string(hide_password=True)}。")
    return None


SQLITE_SAYS = {
    sqlite3.SQLITE_CANTOPEN: "打不开",
    sqlite3.SQLITE_NOTADB: "不是数据库文件",
    sqlite3.SQLITE_CORRUPT: "文件已损坏，请从备份恢复",
    sqlite3.SQLITE_FULL: "磁盘已满，本次没有写入",
    sqlite3.SQLITE_IOERR: "磁盘读写出错",
    sqlite3.SQLITE_READONLY: "没有写入权限",
    sqlite3.SQLITE_PERM: "没有访问权限",
}


def _outside_sqlite(engine: sa.Engine, error: sa.exc.DBAPIError) -> Unreachable | None:
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return LedgerBusy()
    if code in SQLITE_SAYS:
        return LedgerUnreachable(f"台账文件 {engine.url.database} {SQLITE_SAYS[code]}。")
    return None


def driver_connection(conn: sa.Connection) -> Any:
    """The driver's own connection under `conn`, in the same transaction."""
    raw: DBAPIConnection | None = conn.connection.driver_connection
    return raw
