"""The nights that `up` asks for again: one that failed is followed by another, some minutes later, a few times."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun
from prefect.flow_engine import run_flow
from small_district import SmallDistrict

from flows import deployments, made_up
from flows.deployments import NIGHTLY
from flows.fire_scope import SET_ASIDE
from flows.nightly import NightForm, nightly
from xiaohao.actions import night
from xiaohao.ledger.tables import NOTICE, PROBLEM, RUN
from xiaohao.rules import business_date

pytestmark = pytest.mark.xdist_group("prefect")


class Duty:
    """What `up` does with the nightly deployment: it asks, and the runs are done, here in this process."""

    def __init__(self, client: SyncPrefectClient) -> None:
        self.client = client
        (nightly_alone,) = (each for each in deployments.deployments() if each.name == NIGHTLY.name)
        self.deployment = nightly_alone.apply()

    def planned(self, form: dict[str, Any] | None = None) -> FlowRun:
        """A run by its hour, or by hand, done."""
        run = self.client.create_flow_run_from_deployment(
            self.deployment, parameters=None if form is None else {"form": form}
        )
        return self.done(run)

    def asks(self, *, first: bool = False) -> FlowRun | None:
        return made_up.ask(self.client, first=first)

    def done(self, run: FlowRun | None) -> FlowRun:
        """The run, after it was done."""
        assert run is not None
        form = NightForm.model_validate(run.parameters.get("form") or {})
        run_flow(nightly, flow_run=run, parameters={"form": form}, return_type="state")
        return self.client.read_flow_run(run.id)


@pytest.fixture
def duty(prefect_server: None) -> Iterator[Duty]:  # noqa: ARG001
    with get_client(sync_client=True) as client:
        on_duty = Duty(client)
        yield on_duty
        client.delete_deployment(on_duty.deployment)


@pytest.fixture
def office_engine(
    office_home: Path,  # noqa: ARG001
    sqlite_url: str,
    sqlite_engine: sa.Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> sa.Engine:
    """The engine of the ledger that the flows open; nothing here is told differently by the other database."""
    monkeypatch.setenv("XIAOHAO_DATABASE_URL", sqlite_url)
    return sqlite_engine


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some minutes later."""
    monkeypatch.setattr(made_up, "AGAIN_AFTER", timedelta())


@pytest.mark.usefixtures("at_once")
def test_a_night_that_fired_and_failed_to_tell_is_run_again(duty: Duty, office_engine: sa.Engine) -> None:
    """The ledger's last night is that of the date then: only the run says that it failed. Held stays held."""
    district_that_ran_yesterday(office_engine)
    with refusing(office_engine, NOTICE):
        failed = duty.planned({"held": True})
    assert (failed.state_name, count(office_engine, NOTICE)) == ("Failed", 0)
    again = duty.asks()
    assert again is not None
    assert again.idempotency_key == f"xiaohao-after-{failed.id}"
    assert again.parameters["form"] == {"business_date": tonight().isoformat(), "held": True}
    assert [run.id for run in (duty.asks(), duty.asks(first=True)) if run is not None] == [again.id] * 2
    assert duty.done(again).state_name == "Completed"
    assert count(office_engine, NOTICE) == 1
    assert duty.asks() is None


def test_it_waits_some_minutes_but_not_where_up_has_just_started(
    duty: Duty, office_engine: sa.Engine
) -> None:
    district_that_ran_yesterday(office_engine)
    with refusing(office_engine, NOTICE):
        duty.planned()
    assert duty.asks() is None
    assert duty.done(duty.asks(first=True)).state_name == "Completed"


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("what", [RUN, NOTICE], ids=["before it fired", "before it told"])
def test_one_that_fails_every_time_is_left_to_a_person_after_a_few(
    duty: Duty, office_engine: sa.Engine, what: sa.Table
) -> None:
    """Also where a run of the date was made up once: its key stays its own, the next one follows it."""
    district_that_ran_yesterday(office_engine)
    with refusing(office_engine, what):
        failed = [duty.planned()]
        for _ in range(made_up.MOST_IN_A_ROW):
            failed.append(duty.done(duty.asks()))
        assert {run.state_name for run in failed} == {"Failed"}
        assert [run.idempotency_key for run in failed[1:]] == [
            f"xiaohao-after-{run.id}" for run in failed[:-1]
        ]
        assert duty.asks() is None
        failed.append(duty.done(duty.asks(first=True)))
        assert len({run.id for run in failed}) == made_up.MOST_IN_A_ROW + 2
    assert duty.asks() is None
    assert duty.done(duty.asks(first=True)).state_name == "Completed"
    assert count(office_engine, NOTICE) == 1
    assert duty.asks(first=True) is None


@pytest.mark.usefixtures("at_once")
def test_what_another_run_would_only_set_aside_again_is_left(duty: Duty, office_engine: sa.Engine) -> None:
    district_that_ran_yesterday(office_engine)
    with office_engine.begin() as conn:
        conn.execute(PROBLEM.update().values(suspensions="坏"))
    assert duty.planned().state_name == SET_ASIDE
    assert duty.asks() is None
    assert duty.asks(first=True) is None


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("days", [-3, 3], ids=["before the last night", "later than today"])
def test_a_date_that_was_refused_is_not_tried_again(duty: Duty, office_engine: sa.Engine, days: int) -> None:
    district_that_ran_yesterday(office_engine)
    assert duty.planned().state_name == "Completed"
    refused = duty.planned({"business_date": (tonight() + timedelta(days=days)).isoformat()})
    assert refused.state_name == "Failed"
    assert duty.asks() is None
    assert duty.asks(first=True) is None


@pytest.mark.usefixtures("at_once")
def test_a_clock_that_may_be_wrong_is_not_tried_again(duty: Duty, office_engine: sa.Engine) -> None:
    night.fire(SmallDistrict(office_engine).ledger, tonight() - timedelta(days=40))
    failed = duty.planned()
    assert "核对这台机器的时钟" in str(failed.state and failed.state.message)
    assert duty.asks() is None
    assert duty.asks(first=True) is None


def tonight() -> date:
    return business_date.owed(datetime.now(UTC))


def district_that_ran_yesterday(engine: sa.Engine) -> None:
    """One problem is overdue tonight, and nobody was told yet."""
    district = SmallDistrict(engine)
    night.fire(district.ledger, tonight() - timedelta(days=1))
    district.register(tonight() - timedelta(days=20))


@contextmanager
def refusing(engine: sa.Engine, table: sa.Table) -> Iterator[None]:
    """The database takes no new row of the table meanwhile, as one that is full."""
    with engine.begin() as conn:
        conn.exec_driver_sql(
            f"CREATE TRIGGER refuses BEFORE INSERT ON {table.name} "
            "BEGIN SELECT RAISE(ABORT, 'refused by the test'); END"
        )
    yield
    with engine.begin() as conn:
        conn.exec_driver_sql("DROP TRIGGER refuses")


def count(engine: sa.Engine, table: sa.Table) -> int:
    with engine.connect() as conn:
        return int(conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
