"""kill -9 of the flow, of what starts runs, of the server, of all: after it the ledger is as if nothing had been.

What was killed is shown as crashed, its slot is free within minutes, the night is made up, and nobody is told
twice. The night is killed while it waits for another writer, so that it is under way and has written nothing,
and once more after it has fired and before it has told.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from up_driver import (
    ROOT,
    RunningUp,
    at_work,
    command,
    count,
    environment,
    free_port,
    processes_of,
    rows,
    running_up,
    small_home,
    until,
    writing_elsewhere,
)

from notifiers.choose import ChannelSettings
from xiaohao import bootstrap
from xiaohao.actions import night, whole_night
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.tables import FIRING, NOTICE, PROBLEM
from xiaohao.ledger.writing import Ledger
from xiaohao.vocabulary import Channel

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.long]
NIGHTLY = "夜间运行/nightly"
NIGHTS = ("2023-10-16", "2023-10-20", "2023-10-25")
STATE = sa.select(
    PROBLEM.c.status, PROBLEM.c.light, PROBLEM.c.level, PROBLEM.c.repeat, PROBLEM.c.next_event_on
)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[RunningUp]:
    home = small_home(tmp_path_factory.mktemp("kills") / "home", sqlite_template)
    shutil.copyfile(home / "xiaohao.db", home / "before.db")
    with running_up(home) as running:
        yield running


def test_the_flow_is_killed(up: RunningUp) -> None:
    with writing_elsewhere(up.home):
        run = under_way(up, NIGHTS[0])
        kill(at_work(up.home))
        assert up.ended(run)["state_type"] == "CRASHED"
    made_up(up, run)
    as_if_nothing_had_been(up.home, *NIGHTS[:1])


def test_what_starts_runs_is_killed_and_the_night_goes_on(up: RunningUp) -> None:
    with writing_elsewhere(up.home):
        run = under_way(up, NIGHTS[1])
        (duty,) = processes_of(up.home, "duty_child.py")
        kill([duty])
        until(lambda: processes_of(up.home, "duty_child.py") not in ([], [duty]), "it is started again")
    assert up.ended(run)["state_type"] == "COMPLETED"
    until(lambda: slots(up) == 0, "the slot is free")
    as_if_nothing_had_been(up.home, *NIGHTS[:2])
    assert up.deployment(NIGHTLY)["paused"] is False


def test_the_server_is_killed(up: RunningUp) -> None:
    """It is there again at the same address, with the same secret; the night ends, or is made up."""
    with writing_elsewhere(up.home):
        run = under_way(up, NIGHTS[2])
        (server,) = processes_of(up.home, "server_child.py flows".replace(" ", "\0"))
        kill([server])
        time.sleep(5)
    until(lambda: answers(up), "the server is there again")
    if up.ended(run)["state_type"] == "CRASHED":
        made_up(up, run)
    until(lambda: slots(up) == 0, "the slot is free", within=400)
    as_if_nothing_had_been(up.home, *NIGHTS)


def test_all_are_killed_at_once(tmp_path: Path, sqlite_template: Path) -> None:
    """A power cut. The next start shows the run as crashed, frees its slot, and makes the night up."""
    home = small_home(tmp_path / "home", sqlite_template)
    shutil.copyfile(home / "xiaohao.db", home / "before.db")
    with running_up(home) as first, writing_elsewhere(home):
        run = under_way(first, NIGHTS[0])
        until(lambda: len(planned(first)) >= 3, "the next nights are planned")
        before = planned(first)
        kill([first.process.pid, *processes_of(home)])
        first.process.wait()
        until(lambda: not processes_of(home), "all are gone")
    assert (home / "up.json").exists()
    assert first.status("status").returncode == 0  # a file that was left behind misleads nobody
    with running_up(home) as again:
        assert again.ended(run)["state_type"] == "CRASHED"
        made_up(again, run)
        until(lambda: before <= planned(again), "planned nights survive a stop")
    as_if_nothing_had_been(home, *NIGHTS[:1])


def test_a_night_that_was_killed_before_it_told_is_told_once(tmp_path: Path, sqlite_template: Path) -> None:
    """Fired and not told: the ledger owes no date, and yet the night is made up."""
    home = small_home(tmp_path / "home", sqlite_template)
    shutil.copyfile(home / "xiaohao.db", home / "before.db")
    with running_up(home) as first, writing_elsewhere(home):
        run = under_way(first, NIGHTS[0])
        kill([first.process.pid, *processes_of(home)])
        first.process.wait()
    engine = open_engine(f"sqlite:///{home / 'xiaohao.db'}")
    night.fire(Ledger(engine), date.fromisoformat(NIGHTS[0]))
    engine.dispose()
    assert count(home, FIRING) > 0 == count(home, NOTICE)
    with running_up(home) as again:
        made_up(again, run)
    as_if_nothing_had_been(home, *NIGHTS[:1])


def test_no_child_outlives_an_up_that_is_killed(tmp_path: Path, sqlite_template: Path) -> None:
    """Neither the server, nor what starts runs, nor a night that waits."""
    home = small_home(tmp_path / "home", sqlite_template)
    with running_up(home) as running, writing_elsewhere(home):
        under_way(running, NIGHTS[0])
        assert len(processes_of(home)) >= 4
        kill([running.process.pid])
        running.process.wait()
        until(lambda: not processes_of(home), "all are gone", within=60)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_is_told_to_end_while_it_starts(
    tmp_path: Path, sqlite_template: Path, how: signal.Signals
) -> None:
    home = small_home(tmp_path / "home", sqlite_template)
    starting = subprocess.Popen(
        command("up", "--json", "--port", str(free_port()), "--page-port", str(free_port())),
        cwd=ROOT,
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    until(lambda: bool(processes_of(home, "duty_child.py")), "it starts")
    began = time.monotonic()
    starting.send_signal(how)
    out, said = starting.communicate(timeout=60)
    assert (starting.returncode, out, time.monotonic() - began < 20) == (0, b"", True), said.decode()
    assert "Traceback" not in said.decode()
    assert processes_of(home) == []
    assert not (home / "up.json").exists()


def test_sigterm_in_the_middle_of_a_night(tmp_path: Path, sqlite_template: Path) -> None:
    """Exit 0 within 20 s, no process left, the run shown as crashed; the next start makes it up."""
    home = small_home(tmp_path / "home", sqlite_template)
    shutil.copyfile(home / "xiaohao.db", home / "before.db")
    with running_up(home) as first, writing_elsewhere(home):
        run = under_way(first, NIGHTS[0])
        code, took = first.end(signal.SIGTERM)
        assert (code, took < 20) == (0, True), took
        assert processes_of(home) == []
    with running_up(home) as again:
        assert again.ended(run)["state_type"] == "CRASHED"
        made_up(again, run)
    as_if_nothing_had_been(home, *NIGHTS[:1])


def under_way(up: RunningUp, on: str) -> str:
    """A night of this date that waits for the other writer."""
    run = str(up.trigger(NIGHTLY, {"business_date": on}).json()["id"])
    until(lambda: up.run(run)["state_type"] == "RUNNING", "the night runs")
    time.sleep(2)
    return run


def kill(processes: list[int]) -> None:
    assert processes
    for pid in processes:
        os.kill(pid, signal.SIGKILL)


def made_up(up: RunningUp, crashed: str) -> None:
    """The night is run again by itself, under the key of the run that it follows; then its slot is free."""
    nightly = {"deployments": {"id": {"any_": [up.deployment(NIGHTLY)["id"]]}}}

    def follower() -> list[str]:
        return [
            each["id"] for each in up.runs(**nightly) if each["idempotency_key"] == f"xiaohao-after-{crashed}"
        ]

    until(lambda: bool(follower()), "the night is asked for again")
    assert up.ended(follower()[0])["state_type"] == "COMPLETED"
    until(lambda: slots(up) == 0, "the slot is free")


def planned(up: RunningUp) -> set[str]:
    """When the next nights begin."""
    nightly = {"deployments": {"id": {"any_": [up.deployment(NIGHTLY)["id"]]}}}
    return {each["expected_start_time"] for each in up.runs(**nightly) if each["state_type"] == "SCHEDULED"}


def slots(up: RunningUp) -> int:
    """How many slots of the nightly deployment are taken."""
    return int(up.deployment(NIGHTLY)["global_concurrency_limit"]["active_slots"])


def answers(up: RunningUp) -> bool:
    try:
        return up.ask("GET", "/admin/version").status_code == 200
    except Exception:
        return False


def as_if_nothing_had_been(home: Path, *nights: str) -> None:
    """The ledger against one where the same nights were never disturbed: states, steps, and who was told."""
    shutil.copyfile(home / "before.db", home / "beside.db")
    engine = open_engine(f"sqlite:///{home / 'beside.db'}")
    ledger = Ledger(engine)
    channels = ChannelSettings(order=(Channel.FILE,), notices_folder=home / "beside")
    for on in nights:
        whole_night.whole_night(ledger, date.fromisoformat(on), channels, today=bootstrap.today())
    with engine.execution_options(reading=True).connect() as conn:
        undisturbed = [[tuple(row) for row in conn.execute(query)] for query in (STATE, _steps(), _told())]
    engine.dispose()
    assert [rows(home, query) for query in (STATE, _steps(), _told())] == undisturbed
    assert undisturbed[2]


def _steps() -> sa.Select[tuple[object, ...]]:
    f = FIRING.c
    return sa.select(
        f.problem_id, f.clock_on, f.step, f.level, f.repeat, f.crossed_on, f.withdrawn_on
    ).order_by(f.id)


def _told() -> sa.Select[tuple[object, ...]]:
    n = NOTICE.c
    return sa.select(n.dedupe_key, n.official_id, n.channel, n.state).order_by(n.id)
