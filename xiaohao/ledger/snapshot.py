"""A whole copy of a SQLite ledger, taken while others read and write it."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from xiaohao.errors import LedgerUnreachable, WrongUsage
from xiaohao.ledger import connect, trail
from xiaohao.ledger.connect import FLOW_WAITS
from xiaohao.ledger.tables import EVIDENCE, PROBLEM
from xiaohao.ledger.trail import Head


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a ledger holds, to be told apart from another: problems, the trail's head, hashes of its evidence."""

    problems: int
    head: Head
    evidence: tuple[str, ...]


def file_of(url: str) -> Path | None:
    """The file of a SQLite ledger; None for a ledger on a server. Raises WrongUsage for no address."""
    try:
        address = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise WrongUsage("数据库地址的写法不对。") from error
    return Path(address.database or "") if address.get_backend_name() == "sqlite" else None


def take(source: Path, target: Path) -> None:
    """Copy the ledger as it stands at one instant into a new file (0600), one whole and synced.

    Writers are not held up. Raises LedgerUnreachable where either cannot be read or written.
    """
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True)) as there,
            closing(sqlite3.connect(target)) as here,
        ):
            there.execute(f"PRAGMA busy_timeout={int(FLOW_WAITS * 1000)}")
            there.backup(here)
        in_one_file(target)
    except sqlite3.Error as error:
        raise LedgerUnreachable(f"台账文件 {source} 不能完整地复制（{error}）。") from error


def in_one_file(file: Path) -> None:
    """Bring what lies in files beside it (WAL) into a ledger that nobody uses, and sync it."""
    with closing(sqlite3.connect(file)) as conn:
        conn.execute("PRAGMA journal_mode=DELETE")
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def contents(engine: sa.Engine) -> Contents:
    """What the ledger holds now, read in one transaction."""
    with connect.reading(engine) as conn:
        files: Sequence[str] = (
            conn.execute(sa.select(EVIDENCE.c.sha256).distinct().order_by(EVIDENCE.c.sha256)).scalars().all()
        )
        problems = conn.execute(sa.select(sa.func.count()).select_from(PROBLEM)).scalar_one()
        return Contents(problems=problems, head=trail.head(conn), evidence=tuple(files))
