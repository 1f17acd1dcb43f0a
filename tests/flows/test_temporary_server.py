"""The server of one command: it asks for its secret, and never outlives the command, however that ends."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
import up_driver
from socket_guard import Guard
from up_driver import NIGHT, PATIENCE, ROOT, environment, processes_of, rows, until, writing_elsewhere

from flows import temporary_server
from xiaohao.errors import Unreachable
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.tables import NOTICE, PROBLEM
from xiaohao.vocabulary import Light, NoticeState

pytestmark = pytest.mark.xdist_group("prefect")


@pytest.fixture
def small_home(tmp_path: Path, sqlite_template: Path) -> Path:
    """XIAOHAO_HOME with a small ledger: one problem, overdue on NIGHT."""
    return up_driver.small_home(tmp_path / "home", sqlite_template)


def nightly(*more: str) -> list[str]:
    return up_driver.command("nightly", "--date", NIGHT, "--json", *more)


def test_a_whole_night_from_the_command_line_stays_on_this_machine(small_home: Path) -> None:
    """One JSON document on stdout and nothing else; no host but the loopback is looked up or called."""
    guard = Guard(small_home / "guard")
    env = environment(small_home, **guard.environment)
    done = subprocess.run(nightly(), cwd=ROOT, env=env, capture_output=True, timeout=PATIENCE, check=False)
    said = done.stderr.decode()
    assert done.returncode == 0, said
    night = json.loads(done.stdout)
    assert (night["business_date"], night["fired"], night["red"], night["notices"]) == ("2023-10-16", 1, 1, 1)
    assert night["escalated"] == {"1": 1}
    assert len(night["root"]) == 64
    assert "Traceback" not in said
    assert len(said.splitlines()) <= 2, said
    assert "127.0.0.1" in guard.places(), "the guard saw the calls to the server"
    assert guard.abroad() == []
    assert (small_home / "reports" / "2023-10-16.md").exists()
    assert (small_home / "prefect" / "prefect.db").exists()
    assert not children_of(small_home)


def test_the_server_asks_for_its_secret_and_is_gone_after_the_block(office_home: Path) -> None:  # noqa: ARG001
    with temporary_server.temporary_server() as starting:
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
        temporary_server.temporary_server() as starting,
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
    with started(small_home) as command:
        with writing_elsewhere(small_home):
            until(lambda: (small_home / "prefect" / "prefect.db").exists(), "Prefect's database is made")
            until(lambda: "业务日期 2023-10-16" in logged(small_home), "the flow runs")
            command.send_signal(signal.SIGINT)
            time.sleep(1)
        command.communicate(timeout=120)
        assert command.returncode == 130
        assert states(small_home) == ["Crashed"]
        until(lambda: not children_of(small_home), "the server ends")
    done = subprocess.run(
        nightly("--direct"),
        cwd=ROOT,
        env=environment(small_home),
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert json.loads(done.stdout)["untold"] == 0
    assert rows(small_home, sa.select(PROBLEM.c.light)) == [(Light.RED,)]
    assert rows(small_home, sa.select(NOTICE.c.state)) == [(NoticeState.DELIVERED,)]


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
    """The servers that run on this home."""
    return processes_of(home, "server_child.py")


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
