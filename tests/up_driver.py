"""A real `xiaohao up` on the loopback: started, asked through its API, hit by signals, and always cleared away."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa
from small_district import SmallDistrict

from xiaohao.ledger.connect import open_engine

ROOT = Path(__file__).parents[1]
PATIENCE = 240.0
BUSY_TRIES = 20
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
REGISTERED = date(2023, 10, 9)
"""The day on which the one problem of a small ledger is registered; it is overdue on NIGHT."""
NIGHT = "2023-10-16"


def small_home(home: Path, template: Path) -> Path:
    """XIAOHAO_HOME with a small ledger: one problem, overdue on NIGHT."""
    home.mkdir(mode=0o700)
    shutil.copyfile(template, home / "xiaohao.db")
    engine = open_engine(f"sqlite:///{home / 'xiaohao.db'}")
    SmallDistrict(engine).register(REGISTERED)
    engine.dispose()
    return home


def environment(home: Path, **settings: str) -> dict[str, str]:
    """A clean environment of a command on this home."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "XIAOHAO_"))}
    return ours | {"XIAOHAO_HOME": str(home)} | settings


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def command(*args: str) -> list[str]:
    """A command line of ours as a process of its own."""
    return [sys.executable, "-m", "xiaohao", *args]


@dataclass
class RunningUp:
    """An `up` that is ready; `ready` is its line of JSON, `file` what stands in up.json."""

    home: Path
    process: subprocess.Popen[bytes]
    ready: dict[str, Any]
    file: dict[str, Any]

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask Prefect's API with the secret and a CSRF token; while it is busy, again, as its own client does."""
        for _ in range(BUSY_TRIES):
            answer = self._ask_once(method, path, **more)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(1)
        return answer

    def _ask_once(self, method: str, path: str, **more: Any) -> httpx.Response:
        user, _, secret = self.file["prefect_auth"].partition(":")
        with httpx.Client(auth=(user, secret), timeout=30) as client:
            headers = {}
            if method != "GET":
                me = str(uuid4())
                token = client.get(f"{self.file['prefect_api']}/csrf-token", params={"client": me})
                headers = {"Prefect-Csrf-Token": token.json()["token"], "Prefect-Csrf-Client": me}
            return client.request(method, self.file["prefect_api"] + path, headers=headers, **more)

    def deployment(self, name: str) -> Any:
        """A deployment by its full name."""
        return self.ask("GET", f"/deployments/name/{name}").json()

    def trigger(self, name: str, form: Any = None, **more: Any) -> httpx.Response:
        """A run of the deployment, as the form of the page asks for it."""
        parameters = {} if form is None else {"form": form}
        path = f"/deployments/{self.deployment(name)['id']}/create_flow_run"
        return self.ask("POST", path, json={"parameters": parameters} | more)

    def run(self, run_id: str) -> Any:
        """One run."""
        return self.ask("GET", f"/flow_runs/{run_id}").json()

    def ended(self, run_id: str) -> Any:
        """The run, once it has ended."""
        until(lambda: self.run(run_id)["state_type"] in ENDED, f"run {run_id} ends")
        return self.run(run_id)

    def runs(self, **chosen: Any) -> list[Any]:
        """Runs, the newest planned first."""
        found: list[Any] = self.ask(
            "POST", "/flow_runs/filter", json={"sort": "EXPECTED_START_TIME_DESC"} | chosen
        ).json()
        return found

    def status(self, *args: str, **settings: str) -> subprocess.CompletedProcess[bytes]:
        """A command beside it."""
        return subprocess.run(
            command(*args),
            cwd=ROOT,
            env=environment(self.home, **settings),
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )

    def end(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """End it by a signal: its exit code, and the seconds that it took."""
        began = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(timeout=60)
        return self.process.returncode, time.monotonic() - began


@contextmanager
def running_up(home: Path, *args: str, **settings: str) -> Iterator[RunningUp]:
    """An `up` on this home and on free ports while the block runs; nothing of it is left afterwards."""
    line = command("up", "--json", "--port", str(free_port()), "--page-port", str(free_port()), *args)
    said = home / "up-said.txt"
    with said.open("ab") as stderr:
        process = subprocess.Popen(
            line, cwd=ROOT, env=environment(home, **settings), stdout=subprocess.PIPE, stderr=stderr
        )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first.startswith(b"{"), (first, said.read_text())
        ready = json.loads(first)
        assert "up_file" in ready, (ready, said.read_text())
        yield RunningUp(home, process, ready, json.loads((home / "up.json").read_text()))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=40)
        for pid in [*([process.pid] if process.poll() is None else []), *processes_of(home)]:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def processes_of(home: Path, word: str = "") -> list[int]:
    """Every process that runs on this home, but this one, whose command line holds the word."""
    if not Path("/proc/self/environ").exists():
        pytest.skip("needs /proc")
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            line, env = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except OSError:
            continue
        if word.encode() in line and f"XIAOHAO_HOME={home}\0".encode() in env:
            found.append(int(process.name))
    return found


def at_work(home: Path) -> list[int]:
    """The processes that are at work on a run of a flow."""
    return processes_of(home, "prefect.engine") or processes_of(home, "flow-run")


@contextmanager
def writing_elsewhere(home: Path) -> Iterator[None]:
    """Another writer has the ledger: every transaction of a flow waits."""
    other = open_engine(f"sqlite:///{home / 'xiaohao.db'}")
    try:
        with other.begin():
            yield
    finally:
        other.dispose()


def rows(home: Path, query: Any) -> list[Any]:
    """What the ledger of this home answers."""
    engine = open_engine(f"sqlite:///{home / 'xiaohao.db'}")
    try:
        with engine.execution_options(reading=True).connect() as conn:
            return [tuple(row) for row in conn.execute(query)]
    finally:
        engine.dispose()


def count(home: Path, table: sa.Table) -> int:
    """How many rows the table has."""
    ((number,),) = rows(home, sa.select(sa.func.count()).select_from(table))
    return int(number)


def until(holds: Callable[[], bool], what: str, within: float = PATIENCE) -> None:
    """Wait until it holds."""
    last = time.monotonic() + within
    while not holds():
        assert time.monotonic() < last, f"waited in vain: {what}"
        time.sleep(0.2)
