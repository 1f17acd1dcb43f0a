"""A Prefect server for one command: a child on the loopback that ends with its parent, however that ends.

Prefect's own temporary server outlives a parent that is killed, and answers everybody on the machine.
This one reads a pipe that only its parent holds, and asks for a secret that is made for it.
"""

import contextlib
import os
import re
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from xiaohao.errors import Unreachable

STARTS_WITHIN = 180.0
"""Seconds: two cold starts at once took 31 s on two cores; a slow disk may take much longer."""
ENDS_WITHIN = 5.0
HOST = "127.0.0.1"
EXCEPTION = re.compile(r"[\w.]+(Error|Exception)\b.*: ")
"""The last line of a traceback."""
PROGRAM = Path(__file__).with_name("server_child.py")
CHILD = {
    "PREFECT_UI_ENABLED": "false",
    "PREFECT__SERVER_EPHEMERAL": "1",
    "PREFECT__SERVER_FINAL": "1",
    "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "ERROR",
}
"""As Prefect starts its own: no pages, only the services that such a server needs; what it says
is read only where it does not start."""


@dataclass(frozen=True)
class Server:
    """Where a server of ours answers, and the secret it asks for ("user:secret")."""

    api_url: str
    auth: str


@dataclass(frozen=True)
class Starting:
    """A server under way; meanwhile the caller may import what it needs."""

    child: subprocess.Popen[bytes]
    said: IO[bytes]
    auth: str
    alone: contextlib.ExitStack

    def answers(self) -> Server:
        """Wait until it answers, and let the next one start. Raises Unreachable where it does not."""
        assert self.child.stdout is not None
        clock = threading.Timer(STARTS_WITHIN, self.child.kill)
        clock.daemon = True
        clock.start()
        try:
            port = self.child.stdout.readline().strip()
        finally:
            clock.cancel()
        if not port.isdigit():
            raise Unreachable(self._why())
        self.alone.close()
        return Server(f"http://{HOST}:{int(port)}/api", self.auth)

    def _why(self) -> str:
        self.child.wait()
        self.said.seek(0)
        lines = [line.strip() for line in self.said.read().decode(errors="replace").split("\n")]
        raised = [line for line in lines if EXCEPTION.match(line)]
        why = next(reversed(raised or [line for line in lines if line]), "没有说明原因")
        return (
            f"Prefect 的临时服务没有启动起来：{why}。台账没有变化；"
            "可以先用 xiaohao nightly --direct 不经 Prefect 运行。"
        )


@contextlib.contextmanager
def temporary_server() -> Iterator[Starting]:
    """A server of our own while the block runs; it is gone when the block ends.

    Raises Unreachable where another one starts and does not come to an end.
    """
    auth = f"xiaohao:{secrets.token_urlsafe(24)}"
    environment = os.environ | CHILD | {"PREFECT_SERVER_API_AUTH_STRING": auth}
    environment.pop("PREFECT_API_URL", None)
    with tempfile.TemporaryFile() as said, contextlib.ExitStack() as alone:
        alone.enter_context(_starting_alone(Path(environment["PREFECT_HOME"])))
        child = subprocess.Popen(
            [sys.executable, "-P", str(PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            env=environment,
            start_new_session=True,
        )
        try:
            yield Starting(child, said, auth, alone)
        finally:
            _end(child)


@contextlib.contextmanager
def _starting_alone(home: Path) -> Iterator[None]:
    """Keep two servers from making Prefect's database at once: one of them would fail.

    The lock is that of an empty SQLite file: it is there on every system, and ends with its process.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(home / "starting.db", timeout=0, isolation_level=None)) as lock:
        last = time.monotonic() + STARTS_WITHIN
        while not _locked(lock):
            if time.monotonic() > last:
                raise Unreachable("另一个 Prefect 服务一直没有启动完。台账没有变化，请稍后再试。")
            time.sleep(0.1)
        yield


def _locked(lock: sqlite3.Connection) -> bool:
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _end(child: subprocess.Popen[bytes]) -> None:
    assert child.stdin is not None
    assert child.stdout is not None
    with contextlib.suppress(OSError):
        child.stdin.close()
    try:
        child.wait(timeout=ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    child.stdout.close()
