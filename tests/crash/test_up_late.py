"""A machine that was off at 02:00: the newest night is made up at the start, older ones stand written down."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from up_driver import RunningUp, rows, running_up, small_home, until

from xiaohao import bootstrap
from xiaohao.actions import night
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.tables import NOTICE, RUN
from xiaohao.ledger.writing import Ledger
from xiaohao.rules import business_date
from xiaohao.vocabulary import RunState

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.long]
NIGHTLY = "夜间运行/nightly"
NIGHTS = (
    sa.select(RUN.c.business_date, RUN.c.state).where(RUN.c.flow == "nightly").order_by(RUN.c.business_date)
)


def test_late_nights_are_made_up_once(tmp_path: Path, sqlite_template: Path) -> None:
    """`up` asks for the newest night by itself; the planned runs that come late end at once; nobody is told twice."""
    home = small_home(tmp_path / "home", sqlite_template)
    on = business_date.owed(bootstrap.now())
    ran(home, on - timedelta(days=3))
    with running_up(home) as up:
        until(lambda: bool(nights(up)), "a night is asked for")
        made_up = up.ended(nights(up)[0]["id"])
        assert (made_up["state_type"], made_up["idempotency_key"]) == ("COMPLETED", f"xiaohao-{on}")
        told = rows(home, sa.select(NOTICE.c.id))
        assert told
        for days in (3, 2, 1):
            late = {"scheduled_time": (datetime.now(UTC) - timedelta(days=days)).isoformat()}
            state = {"type": "SCHEDULED", "state_details": late}
            ended = up.ended(up.trigger(NIGHTLY, state=state).json()["id"])
            assert (ended["state_type"], ended["state"]["message"]) == (
                "COMPLETED",
                f"{on} 的夜间运行已经完成，没有再运行。",
            )
    assert rows(home, sa.select(NOTICE.c.id)) == told
    assert rows(home, NIGHTS) == [
        (on - timedelta(days=3), RunState.DONE),
        (on - timedelta(days=2), RunState.MISSED),
        (on - timedelta(days=1), RunState.MISSED),
        (on, RunState.DONE),
    ]


def test_a_night_that_failed_after_it_fired_is_made_up_by_the_next_start(
    tmp_path: Path, sqlite_template: Path
) -> None:
    """The ledger takes no notice, as one whose disk is full: the night is recorded, and nobody is told."""
    home = small_home(tmp_path / "home", sqlite_template)
    on = business_date.owed(bootstrap.now())
    ran(home, on - timedelta(days=1))
    execute(home, "CREATE TRIGGER full BEFORE INSERT ON notice BEGIN SELECT RAISE(ABORT, 'full'); END")
    with running_up(home) as up:
        until(lambda: bool(nights(up)), "a night is asked for")
        failed = up.ended(nights(up)[0]["id"])
        assert failed["state_type"] == "FAILED"
    assert rows(home, NIGHTS)[-1] == (on, RunState.DONE)
    assert rows(home, sa.select(NOTICE.c.id)) == []
    execute(home, "DROP TRIGGER full")
    with running_up(home) as again:
        until(lambda: len(nights(again)) == 2, "it is asked for again")
        follower = again.ended(nights(again)[0]["id"])
        assert follower["idempotency_key"] == f"xiaohao-after-{failed['id']}"
        assert follower["state_type"] == "COMPLETED"
    assert len(rows(home, sa.select(NOTICE.c.id))) == 1


def test_a_clock_that_may_be_wrong_is_asked_about(tmp_path: Path, sqlite_template: Path) -> None:
    """More than 31 days after the last night nothing is made up, and `up` says what to do."""
    home = small_home(tmp_path / "home", sqlite_template)
    on = business_date.owed(bootstrap.now())
    ran(home, on - timedelta(days=40))
    with running_up(home) as up:
        assert "核对这台机器的时钟" in (home / "up-said.txt").read_text()
        ended = up.ended(up.trigger(NIGHTLY).json()["id"])
        assert (ended["state_type"], "没有自动运行" in ended["state"]["message"]) == ("FAILED", True)
        assert [each["state_type"] for each in nights(up)] == ["FAILED"]
    assert rows(home, NIGHTS) == [(on - timedelta(days=40), RunState.DONE)]


def ran(home: Path, on: date) -> None:
    """The ledger's last night was that of `on`."""
    engine = open_engine(f"sqlite:///{home / 'xiaohao.db'}")
    night.fire(Ledger(engine), on)
    engine.dispose()


def execute(home: Path, statement: str) -> None:
    """Beside the ledger, as an operator or a fault would."""
    engine = open_engine(f"sqlite:///{home / 'xiaohao.db'}")
    with engine.begin() as conn:
        conn.exec_driver_sql(statement)
    engine.dispose()


def nights(up: RunningUp) -> list[dict[str, str]]:
    nightly = {"deployments": {"id": {"any_": [up.deployment(NIGHTLY)["id"]]}}}
    return [each for each in up.runs(**nightly) if each["auto_scheduled"] is False]
