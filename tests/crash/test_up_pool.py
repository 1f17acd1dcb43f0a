"""`xiaohao up --worker`: the same through a work pool, and a machine elsewhere that dies without a word."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from up_driver import (
    NIGHT,
    ROOT,
    RunningUp,
    at_work,
    environment,
    processes_of,
    rows,
    running_up,
    small_home,
    until,
    writing_elsewhere,
)

from xiaohao.ledger.tables import NOTICE
from xiaohao.vocabulary import NoticeState

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.long]
NIGHTLY = "夜间运行/nightly"
ELSEWHERE = """
from datetime import date
from flows.nightly import NightForm, nightly
nightly(NightForm(business_date=date.fromisoformat("{night}")))
"""


def test_nights_run_through_a_work_pool(tmp_path: Path, sqlite_template: Path) -> None:
    """Killed, the run is shown as crashed and made up; told to end in the middle of one, nothing is left."""
    home = small_home(tmp_path / "home", sqlite_template)
    with running_up(home, "--worker") as up:
        assert "触发到期事项/fire-scope" in up.ready["deployments"]
        assert {each["work_pool_name"] for each in map(up.deployment, up.ready["deployments"])} == {"xiaohao"}
        with writing_elsewhere(home):
            run = under_way(up)
            for pid in at_work(home):
                os.kill(pid, signal.SIGKILL)
            assert up.ended(run)["state_type"] == "CRASHED"
        until(lambda: [each["state_type"] for each in nights(up)][:2] == ["COMPLETED", "CRASHED"], "made up")
        until(lambda: slots(up) == 0, "the slot is free")
        assert rows(home, sa.select(NOTICE.c.state)) == [(NoticeState.DELIVERED,)]
        with writing_elsewhere(home):
            run = under_way(up)
            code, took = up.end()
        assert (code, took < 20, processes_of(home)) == (0, True, [])
    with running_up(home, "--worker") as again:
        assert again.ended(run)["state_type"] == "CRASHED"
        until(lambda: slots(again) == 0, "the slot is free")


def test_a_run_whose_machine_is_gone_is_shown_as_crashed_by_its_heartbeat(
    tmp_path: Path, sqlite_template: Path
) -> None:
    """This machine knows nothing of its process: only the heartbeat that stays away tells. One automation, also
    after a second start.
    """
    home = small_home(tmp_path / "home", sqlite_template)
    with running_up(home, "--worker") as first:
        assert len(automations(first)) == 1
        port = first.file["prefect_api"].rpartition(":")[2].partition("/")[0]
        first.end()
    with running_up(home, "--worker", "--port", port) as up, writing_elsewhere(home):
        assert len(automations(up)) == 1
        other = subprocess.Popen(
            [sys.executable, "-c", ELSEWHERE.format(night=NIGHT)],
            cwd=ROOT,
            env=environment(
                tmp_path / "other",
                XIAOHAO_DATABASE_URL=f"sqlite:///{home / 'xiaohao.db'}",
                PREFECT_API_URL=up.file["prefect_api"],
                PREFECT_API_AUTH_STRING=up.file["prefect_auth"],
                PREFECT_FLOWS_HEARTBEAT_FREQUENCY="30",
            ),
        )
        until(lambda: any(each["state_type"] == "RUNNING" for each in up.runs()), "it runs")
        time.sleep(10)
        other.kill()
        other.wait()
        (run,) = (each for each in up.runs() if each["state_type"] == "RUNNING")
        ended = up.ended(run["id"])
        assert (ended["state_type"], ended["state"]["message"]) == ("CRASHED", "心跳中断，运行的进程已不在")


def under_way(up: RunningUp) -> str:
    run = str(up.trigger(NIGHTLY, {"business_date": NIGHT}).json()["id"])
    until(lambda: up.run(run)["state_type"] == "RUNNING", "the night runs")
    time.sleep(2)
    return run


def nights(up: RunningUp) -> list[dict[str, str]]:
    nightly = {"deployments": {"id": {"any_": [up.deployment(NIGHTLY)["id"]]}}}
    return [each for each in up.runs(**nightly) if each["state_type"] != "SCHEDULED"]


def slots(up: RunningUp) -> int:
    return int(up.deployment(NIGHTLY)["global_concurrency_limit"]["active_slots"])


def automations(up: RunningUp) -> list[object]:
    found: list[object] = up.ask("POST", "/automations/filter", json={}).json()
    return found
