"""A clock that was a year ahead and was set right again: `up` goes on by itself, and no schedule waits for a year."""

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from shifted_clock import ShiftedClock
from up_driver import RunningUp, rows, running_up, small_home, until

from xiaohao import bootstrap
from xiaohao.actions import night
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.tables import PROBLEM, RUN
from xiaohao.ledger.writing import Ledger
from xiaohao.rules import business_date

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.long]
YEAR = timedelta(days=365)
SCHEDULED = {"nightly": 3, "deliver": 12, "watch": 3, "verify-trail": 3}
"""At least so many runs are planned of each."""
LIGHTS = sa.select(PROBLEM.c.number, PROBLEM.c.light, PROBLEM.c.level)
NIGHTS = sa.select(RUN.c.business_date).where(RUN.c.flow == "nightly")


def test_every_schedule_goes_on_after_the_clock_was_a_year_ahead(
    tmp_path: Path, sqlite_template: Path
) -> None:
    home = small_home(tmp_path / "home", sqlite_template)
    ran(home)
    before = rows(home, LIGHTS)
    clock = ShiftedClock(tmp_path)
    with running_up(home, **clock.environment) as up:
        until(lambda: planned(up) == SCHEDULED, "the coming days are planned")
        clock.is_ahead_by(YEAR)
        until(lambda: all(ended_before_their_time(up).values()), "what was planned for them is run at once")
        until(lambda: planned(up, by=YEAR) == SCHEDULED, "and the days of the next year are planned")
        clock.is_ahead_by(timedelta())
        until(lambda: planned(up) == SCHEDULED, "the coming days are planned again")
        until(lambda: planned(up, by=YEAR) == dict.fromkeys(SCHEDULED, 0), "and no day of the next year")
        until(lambda: set(ended_before_their_time(up).values()) == {0}, "and none of the coming ones is done")
        assert "时钟往回拨了" in (home / "up-said.txt").read_text()
    assert rows(home, LIGHTS) == before
    assert max(on for (on,) in rows(home, NIGHTS)) <= business_date.owed(bootstrap.now())


def test_a_clock_that_is_set_right_while_up_is_starting_is_noticed(
    tmp_path: Path, sqlite_template: Path
) -> None:
    """At boot, before the network is there: the server runs already, and `up` is not ready yet."""
    home = small_home(tmp_path / "home", sqlite_template)
    ran(home)
    clock = ShiftedClock(tmp_path)
    clock.is_ahead_by(YEAR)
    page = home / "logs" / "up-page.log"

    def set_right() -> None:
        until(page.exists, "the page is started")
        clock.is_ahead_by(timedelta())

    network = threading.Thread(target=set_right)
    network.start()
    with running_up(home, **clock.environment) as up:
        network.join()
        said = home / "up-said.txt"
        until(lambda: "时钟往回拨了" in said.read_text(), "it is noticed", within=30)
        until(lambda: planned(up) == SCHEDULED, "the coming days are planned")
        until(lambda: planned(up, by=YEAR) == dict.fromkeys(SCHEDULED, 0), "and no day of the next year")


def ran(home: Path) -> None:
    """The night that is owed today is done."""
    engine = open_engine(f"sqlite:///{home / 'xiaohao.db'}")
    night.fire(Ledger(engine), business_date.owed(bootstrap.now()))
    engine.dispose()


def planned(up: RunningUp, *, by: timedelta = timedelta()) -> dict[str, int]:
    """How many runs of each schedule wait for their time, after so much time; at most so many as are expected."""
    return _counted(up, "SCHEDULED", datetime.now(UTC) + by)


def ended_before_their_time(up: RunningUp) -> dict[str, int]:
    found = [_counted(up, state, datetime.now(UTC)) for state in ("COMPLETED", "CANCELLED", "FAILED")]
    return {name: sum(each[name] for each in found) for name in SCHEDULED}


def _counted(up: RunningUp, state: str, after: datetime) -> dict[str, int]:
    counted: dict[str, Any] = {}
    for name, most in SCHEDULED.items():
        chosen = {
            "flow_runs": {
                "state": {"type": {"any_": [state]}},
                "expected_start_time": {
                    "after_": after.isoformat(),
                    "before_": (after + timedelta(days=30)).isoformat(),
                },
            },
            "deployments": {"name": {"any_": [name]}},
        }
        try:
            counted[name] = min(most, json.loads(up.ask("POST", "/flow_runs/count", json=chosen).text))
        except httpx.TransportError:  # the server is just being started anew
            counted[name] = -1
    return counted
