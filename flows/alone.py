"""A lock that ends with its process: that of an empty SQLite file, which is there on every system."""

import contextlib
import sqlite3
import time
from pathlib import Path

BETWEEN_TRIES = 0.1
"""Seconds."""


def take(path: Path, *, within: float = 0.0) -> sqlite3.Connection | None:
    """The lock, held until the connection is closed or the process ends.

    None where another process keeps it longer than `within` seconds. The folder is made where it is not there.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    last = time.monotonic() + within
    while not _locked(lock):
        if time.monotonic() > last:
            lock.close()
            return None
        time.sleep(BETWEEN_TRIES)
    return lock


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock. It is tried for a moment, so takers should wait a little."""
    if not path.exists():
        return False
    lock = take(path)
    if lock is None:
        return True
    lock.close()
    return False


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
