"""up.json in XIAOHAO_HOME: how other commands find the `xiaohao up` that runs, and know that it lives.

The file is there only while it runs; a lock beside it, which ends with its process, tells a file that was
left behind by a power cut from one that holds. What must not happen beside an `up` takes the same lock.
"""

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from flows import alone
from xiaohao.errors import Refused

NAME = "up.json"
LOCK = "up.lock"
WITHIN = 2.0
"""Seconds: a command that looks whether the lock is held has it for a moment."""


@dataclass(frozen=True)
class Up:
    """The `xiaohao up` that runs: its process, Prefect's API and its secret ("user:secret"), and the page."""

    pid: int
    prefect_api: str
    prefect_auth: str | None
    page: str


@contextlib.contextmanager
def held(home: Path) -> Iterator[None]:
    """Be the only `up` of this home while the block runs; up.json is gone after it. Raises Refused."""
    with _alone(home, advice="不能再启动一个。"):
        try:
            yield
        finally:
            (home / NAME).unlink(missing_ok=True)


@contextlib.contextmanager
def away(home: Path, *, so: str) -> Iterator[None]:
    """Do what no `up` may write beside: none of this home runs or starts while the block does.

    Raises Refused where one runs; `so` is the end of its sentence: what was not done.
    """
    with _alone(home, advice="请先停下服务。", so=so):
        yield


def write(home: Path, up: Up) -> Path:
    """Put up.json there at once and whole, for its owner alone; its place."""
    new = home / f"{NAME}.new"
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(up), file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(home / NAME)
    return home / NAME


def living(home: Path) -> Up | None:
    """The `up` that runs on this home and is ready; None where there is none."""
    up = _read(home)
    try:
        return up if up is not None and alone.is_held(home / LOCK) else None
    except sqlite3.Error:
        return None


@contextlib.contextmanager
def _alone(home: Path, *, advice: str, so: str = "") -> Iterator[None]:
    """Hold the lock; an up.json that lies beside it was left behind by a power cut."""
    lock = alone.take(home / LOCK, within=WITHIN)
    if lock is None:
        there = _read(home)
        if there is None:
            raise Refused(
                f"这个文件夹的 xiaohao up 正在启动或停止，或者台账正在升级、复制、恢复，请稍后再试。{so}"
            )
        raise Refused(f"这个文件夹的 xiaohao up 已经在运行（{there.prefect_api}），{advice}{so}")
    with contextlib.closing(lock):
        (home / NAME).unlink(missing_ok=True)
        yield


def _read(home: Path) -> Up | None:
    try:
        said = json.loads((home / NAME).read_text("utf-8"))
        return Up(said["pid"], said["prefect_api"], said["prefect_auth"], said["page"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
