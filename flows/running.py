"""Which runs a process of this machine is at work on: each holds a lock that ends with it.

Prefect knows of a run only what its process told it last. After kill -9 or a power cut nobody tells it
anything; the lock is then free, and `flows.stale` shows the run as crashed.
"""

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from flows import alone

UP = "XIAOHAO_UP_PID"
"""In the environment of what `xiaohao up` starts: its process."""
RUN = "PREFECT__FLOW_RUN_ID"
HEARTBEAT_EVERY = 30
"""Seconds between a run's heartbeats: the least that Prefect takes."""
SETTLES = 5.0
"""Seconds between the making of a run's file and its lock, at most."""
GRACE = 3.0
"""Seconds that a run has to end in good order once `up` is gone."""
LOOKS_EVERY = 1.0
_HELD: list[tuple[sqlite3.Connection, Path]] = []


@dataclass(frozen=True)
class Announced:
    """A run that a process of this machine took up; `alive` while that process is."""

    run_id: UUID
    pid: int
    by_up: bool
    alive: bool
    path: Path


def announce(run_id: UUID) -> None:
    """Say that this process is at work on the run, until it ends or `done` is called.

    A process that `up` started ends with it: there is no server left to report to.
    """
    up = os.environ.get(UP, "")
    path = _folder() / f"{run_id}.{os.getpid()}.{'up' if up else 'alone'}"
    lock = alone.take(path, within=SETTLES)
    if lock is None:
        return
    _HELD.append((lock, path))
    if up.isdigit():
        threading.Thread(target=_end_with, args=(int(up),), daemon=True).start()


def announce_from_environment() -> None:
    """`announce` where Prefect started this process for one run; nothing elsewhere."""
    if run_id := os.environ.get(RUN):
        with contextlib.suppress(ValueError):
            announce(UUID(run_id))


def done() -> None:
    """Let go of every run that this process announced."""
    while _HELD:
        lock, path = _HELD.pop()
        lock.close()
        path.unlink(missing_ok=True)


def announced() -> Sequence[Announced]:
    """Every run that was announced on this machine and whose file is still there."""
    found = []
    for path in [*_folder().glob("*.up"), *_folder().glob("*.alone")]:
        run_id, _, rest = path.name.partition(".")
        pid, _, kind = rest.partition(".")
        with contextlib.suppress(ValueError, sqlite3.Error):
            found.append(Announced(UUID(run_id), int(pid), kind == "up", _is_alive(path), path))
    return found


def forget(gone: Announced) -> None:
    """Remove the file of a run whose process is gone."""
    gone.path.unlink(missing_ok=True)


def _is_alive(path: Path) -> bool:
    """Whether its process holds the lock, or has made the file only just now and is about to."""
    with contextlib.suppress(FileNotFoundError):
        return alone.is_held(path) or time.time() - path.stat().st_mtime < SETTLES
    return False


def _folder() -> Path:
    return Path(os.environ["PREFECT_HOME"]) / "running"


def _end_with(up: int) -> None:
    while is_there(up):
        time.sleep(LOOKS_EVERY)
    time.sleep(GRACE)
    os._exit(1)


def is_there(pid: int) -> bool:
    """Whether there is such a process on this machine."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
