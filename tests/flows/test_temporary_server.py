"""The server of one command: it asks for its secret, and never outlives the command, however that ends."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from small_district import SmallDistrict

from flows import temporary_server as serving
from xiaohao.errors import Unreachable
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.tables import NOTICE, PROBLEM
from xiaohao.vocabulary import Light, NoticeState

pytestmark = pytest.mark.xdist_group("prefect")
ROOT = Path(__file__).parents[2]
PATIENCE = 240.0
GUARD = """
import os, sys

def watch(event, args):
    if event == "socket.connect" and isinstance(args[1], tuple):
        place = args[1][0]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        place = args[0]
    else:
        return
    with open(os.environ["CALLED"], "a") as called:
        called.write(f"{place.decode() if isinstance(place, bytes) else place}\\n")

sys.addaudithook(watch)
"""
"""Writes down every host that a process looks up or connects to; Python runs it at the start of each."""
HOME_PLACES = {"127.0.0.1", "localhost", "::1", "None"}


@pytest.fixture
def small_home(tmp_path: Path, sqlite_template: Path) -> Path:
    """XIAOHAO_HOME with a small ledger: one problem, overdue on 2023-10-16."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    shutil.copyfile(sqlite_template, home / "xiaohao.db")
    engine = open_engine(f"sqlite:///{home / 'xiaohao.db'}")
    SmallDistrict(engine).register(date(2023, 10, 9))
    engine.dispose()
    return home


def environment(home: Path) -> dict[str, str]:
    """A clean environment of a command on this home."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "XIAOHAO_"))}
    return ours | {"XIAOHAO_HOME": str(home)}


def nightly(*more: str) -> list[str]:
    return [sys.executable, "-m", "xiaohao", "nightly", "--date", "2023-10-16", "--json", *more]


def test_a_whole_night_from_the_command_line_stays_on_this_machine(small_home: Path) -> None:
    """One JSON document on stdout and nothing else; no host but the loopback is looked up or called."""
    guard = small_home / "guard"
    guard.mkdir()
    (guard / "sitecustomize.py").write_text(GUARD)
    called = small_home / "called.txt"
    env = environment(small_home) | {"PYTHONPATH": str(guard), "CALLED": str(called)}
    done = subprocess.run(nightly(), cwd=ROOT, env=env, capture_output=True, timeout=PATIENCE, check=False)
    said = done.stderr.decode()
    assert done.returncode == 0, said
    night = json.loads(done.stdout)
    assert (night["business_date"], night["fired"], night["red"], night["notices"]) == ("2023-10-16", 1, 1, 1)
    assert night["escalated"] == {"1": 1}
    assert len(night["root"]) == 64
    assert "Traceback" not in said
    assert len(said.splitlines()) <= 2, said
    places = set(called.read_text().split("\n")) - {""}
    assert places & HOME_PLACES, "the guard saw the calls to the server"
    assert places <= HOME_PLACES
    assert (small_home / "reports" / "2023-10-16.md").exists()
    assert (small_home / "prefect" / "prefect.db").exists()
    assert not children_of(small_home)


def test_the_server_asks_for_its_secret_and_is_gone_after_the_block(office_home: Path) -> None:  # noqa: ARG001
    with serving.temporary_server() as starting:
        server = starting.answers()
        ask = f"{server.api_url}/flows/count"
        assert httpx.post(ask, json={}).status_code == 401
        user, _, secret = server.auth.partition(":")
        assert httpx.post(ask, json={}, auth=(user, secret)).status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.api_url}/health")


def test_a_server_that_does_not_start_says_why(
    office_home: Path,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PREFECT_API_DATABASE_CONNECTION_URL", "sqlite+aiosqlite:////nowhere/prefect.db")
    with (
        serving.temporary_server() as starting,
        pytest.raises(Unreachable, match="临时服务没有启动起来") as told,
    ):
        starting.answers()
    assert "unable to open database file" in told.value.message
    assert "--direct" in told.value.message


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_server_outlives_a_command_that_is_ended(small_home: Path, how: signal.Signals) -> None:
    """Not even after kill -9 (Prefect's own does), nor where Ctrl-C comes as it starts."""
    with started(small_home) as command:
        until(lambda: bool(children_of(small_home)), "the server starts")
        time.sleep(1)
        command.send_signal(how)
        out, said = command.communicate(timeout=60)
        assert command.returncode == (130 if how is signal.SIGINT else -how)
        assert out == b""
        assert b"Traceback" not in said
        until(lambda: not children_of(small_home), "the server ends")


@pytest.mark.long
def test_ctrl_c_in_the_middle_of_a_night_leaves_it_to_the_next(small_home: Path) -> None:
    """The night waits for another writer when Ctrl-C comes; nothing of it is written, a later run does it all."""
    other = open_engine(f"sqlite:///{small_home / 'xiaohao.db'}")
    with started(small_home) as command:
        with other.begin():
            until(lambda: (small_home / "prefect" / "prefect.db").exists(), "Prefect's database is made")
            until(lambda: "业务日期 2023-10-16" in logged(small_home), "the flow runs")
            command.send_signal(signal.SIGINT)
            time.sleep(1)
        command.communicate(timeout=120)
        assert command.returncode == 130
        assert states(small_home) == ["Crashed"]
        until(lambda: not children_of(small_home), "the server ends")
    other.dispose()
    done = subprocess.run(
        nightly("--direct"),
        cwd=ROOT,
        env=environment(small_home),
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert json.loads(done.stdout)["untold"] == 0
    engine = open_engine(f"sqlite:///{small_home / 'xiaohao.db'}")
    with engine.connect() as conn:
        assert conn.execute(sa.select(PROBLEM.c.light)).scalar() is Light.RED
        assert conn.execute(sa.select(NOTICE.c.state)).scalars().all() == [NoticeState.DELIVERED]
    engine.dispose()


@pytest.mark.long
def test_two_commands_at_once_both_finish_and_equal_one(small_home: Path) -> None:
    """I3: on a home where Prefect never ran, so that both make its database."""
    with started(small_home) as one, started(small_home) as two:
        nights = []
        for command in (one, two):
            out, said = command.communicate(timeout=PATIENCE)
            assert command.returncode == 0, (out + said).decode()
            nights.append(json.loads(out))
    assert sorted(night["fired"] for night in nights) == [0, 1]
    assert sum(night["notices"] for night in nights) == 1
    assert not children_of(small_home)


@contextmanager
def started(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = subprocess.Popen(
        nightly(), cwd=ROOT, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        yield command
    finally:
        if command.poll() is None:
            command.kill()
            command.communicate()


def children_of(home: Path) -> list[int]:
    """The servers that run on this home, by their environment."""
    if not Path("/proc/self/environ").exists():
        pytest.skip("needs /proc")
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            line, env = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except OSError:
            continue
        if b"server_child.py" in line and f"XIAOHAO_HOME={home}\0".encode() in env:
            found.append(int(process.name))
    return found


def logged(home: Path) -> str:
    """Everything in the run logs of this home's Prefect."""
    engine = open_engine(f"sqlite:///{home / 'prefect' / 'prefect.db'}")
    try:
        with engine.connect() as conn:
            return "\n".join(conn.exec_driver_sql("SELECT message FROM log").scalars())
    except Exception:
        return ""
    finally:
        engine.dispose()


def states(home: Path) -> list[str]:
    """How the runs of this home's Prefect stand."""
    engine = open_engine(f"sqlite:///{home / 'prefect' / 'prefect.db'}")
    with engine.connect() as conn:
        found = list(conn.exec_driver_sql("SELECT state_name FROM flow_run").scalars())
    engine.dispose()
    return found


def until(holds: Callable[[], bool], what: str) -> None:
    last = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < last, f"waited in vain: {what}"
        time.sleep(0.2)
