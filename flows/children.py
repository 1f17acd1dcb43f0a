"""Processes that we start and that never outlive us: each reads a pipe that only we hold."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

EXCEPTION = re.compile(r"[\w.]+(Error|Exception)\b.*: ")
"""The last line of a traceback."""


def start(program: Path, *args: str, env: Mapping[str, str], said: IO[bytes]) -> subprocess.Popen[bytes]:
    """A Python file as a process in a session of its own; what it says on stderr goes to `said`."""
    return subprocess.Popen(
        [sys.executable, "-P", str(program), *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=said,
        env=dict(env),
        start_new_session=True,
    )


def first_line(child: subprocess.Popen[bytes], *, within: float) -> str:
    """What it writes on stdout first; empty where it ends without, or takes longer than `within` seconds."""
    assert child.stdout is not None
    clock = threading.Timer(within, child.kill)
    clock.daemon = True
    clock.start()
    try:
        return child.stdout.readline().decode(errors="replace").strip()
    finally:
        clock.cancel()


def ask_to_end(child: subprocess.Popen[bytes]) -> None:
    """Close the pipe that it reads: it then ends by itself."""
    assert child.stdin is not None
    with contextlib.suppress(OSError):
        child.stdin.close()


def end(child: subprocess.Popen[bytes], *, within: float) -> None:
    """Ask it to end; after `within` seconds it is killed, with what it started in its own group."""
    ask_to_end(child)
    assert child.stdout is not None
    try:
        child.wait(timeout=within)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(OSError):
            os.killpg(child.pid, signal.SIGKILL)
        child.kill()
        child.wait()
    child.stdout.close()


def reason(said: bytes, *, else_: str = "没有说明原因") -> str:
    """Why a process ended, by the last exception in what it said, or its last line."""
    lines: Sequence[str] = [line.strip() for line in said.decode(errors="replace").split("\n")]
    raised = [line for line in lines if EXCEPTION.match(line)]
    return next(reversed(raised or [line for line in lines if line]), else_)
