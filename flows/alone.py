"""A lock that ends with its process: that of an empty SQLite file, which is there on every system."""

import contextlib
import shlex
import sqlite3
import time
from pathlib import Path

from xiaohao.errors import Refused

BETWEEN_TRIES = 0.1
"""Seconds."""
PRIMARY = 0xFF
"""Of an error's code: its kind, without what is special (sqlite.org/rescode.html)."""
NOT_OURS = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}


def take(path: Path, *, within: float = 0.0) -> sqlite3.Connection | None:
    """The lock, held until the connection is closed or the process ends.

    None where another process keeps it longer than `within` seconds. The folder is made where it is not there.
    Raises Refused where the file is another user's, and may not be written: that is no lock (`_keeps_out`).
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return _taken(path, within)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & PRIMARY not in NOT_OURS or not path.exists():
            raise
        raise Refused(
            f"当前用户不能写锁文件 {path}，无法保证没有别的 xiaohao 同时在写，所以没有继续，台账没有变化。"
            "多半是用 sudo 或别的用户运行过命令。请把它改归运行服务的用户："
            f"sudo chown --reference={shlex.quote(str(path.parent))} {shlex.quote(str(path))}"
        ) from None


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock. It is tried for a moment, so takers should wait a little.

    Who may only read the file sees it too.
    """
    if not path.exists():
        return False
    with contextlib.closing(_opened(path)) as lock:
        return not _locked(lock)


def _taken(path: Path, within: float) -> sqlite3.Connection | None:
    lock = _opened(path)
    last = time.monotonic() + within
    while not _locked(lock):
        if time.monotonic() > last:
            lock.close()
            return None
        time.sleep(BETWEEN_TRIES)
    _keeps_out(lock)
    return lock


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)


def _locked(lock: sqlite3.Connection) -> bool:
    try:
        lock.execute("PRAGMA journal_mode=MEMORY")  # no second file beside it
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        with contextlib.suppress(sqlite3.Error):
            lock.rollback()
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            lock.close()
            raise
        return False
    return True


def _keeps_out(lock: sqlite3.Connection) -> None:
    """Write, in the transaction that is never committed; raise OperationalError where that cannot be done.

    SQLite opens a file that may not be written for reading, and makes BEGIN EXCLUSIVE a transaction that only
    reads, of which there may be many side by side (sqlite.org/lang_transaction.html). Only a write tells.
    The journal is in memory: the file stays empty.
    """
    try:
        lock.execute("PRAGMA user_version=1")
    except sqlite3.OperationalError:
        lock.close()
        raise
