"""Runs that a clock which was ahead has planned or ended are taken away: only those, so that they are planned again."""

import inspect
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId
from prefect.client.schemas.objects import FlowRun
from prefect.server.orchestration import core_policy
from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL
from prefect.states import Cancelled, Completed, Failed, Running, Scheduled

from flows import deployments, planned_anew
from flows.deployments import WATCH

pytestmark = pytest.mark.xdist_group("prefect")
YEAR = timedelta(days=365)


class Schedule:
    """The schedule of the watch, on a server that plans when it is asked to."""

    def __init__(self, client: SyncPrefectClient) -> None:
        self.client = client
        (watch,) = (each for each in deployments.deployments() if each.name == WATCH.name)
        self.deployment = watch.apply()
        self.plans()

    def plans(self, *, ahead: timedelta = timedelta()) -> None:
        """As Prefect's scheduler plans: three nights from the date of a clock that is so much ahead."""
        start = (datetime.now(UTC) + ahead).isoformat()
        asked = {"start_time": start, "min_runs": 3, "max_runs": 3}
        self.client.request(
            "POST", "/deployments/{id}/schedule", path_params={"id": self.deployment}, json=asked
        )
        if ahead:
            for run in self.runs():
                if (
                    run.expected_start_time is not None
                    and run.expected_start_time > datetime.now(UTC) + ahead / 2
                ):
                    self.was_said_by_a_clock(run, ahead)

    def was_said_by_a_clock(self, run: FlowRun, ahead: timedelta) -> None:
        """The run's state is of a time that has not come yet: no interface of the server writes that."""
        address = str(PREFECT_API_DATABASE_CONNECTION_URL.value()).replace("+aiosqlite", "")
        engine = sa.create_engine(address)
        with engine.begin() as conn:
            conn.exec_driver_sql(
                "UPDATE flow_run_state SET timestamp = ? WHERE id = (SELECT state_id FROM flow_run WHERE id = ?)",
                ((datetime.now(UTC) + ahead).strftime("%Y-%m-%d %H:%M:%S.%f"), str(run.id)),
            )
        engine.dispose()

    def runs(self) -> list[FlowRun]:
        """Every run of it, by its time."""
        chosen = FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(any_=[self.deployment]))
        found = self.client.read_flow_runs(flow_run_filter=chosen)
        return sorted(found, key=lambda run: run.expected_start_time or datetime.max.replace(tzinfo=UTC))

    def ids(self) -> list[UUID]:
        return [run.id for run in self.runs()]


@pytest.fixture
def schedule(prefect_server: None) -> Iterator[Schedule]:  # noqa: ARG001
    with get_client(sync_client=True) as client:
        made = Schedule(client)
        yield made
        client.delete_deployment(made.deployment)
        for run in made.runs():
            client.delete_flow_run(run.id)


def test_what_is_planned_with_the_right_clock_stays(schedule: Schedule) -> None:
    """Also what a person has cancelled before its time."""
    first, *_ = schedule.runs()
    schedule.client.set_flow_run_state(first.id, Cancelled(), force=True)
    before = schedule.ids()
    assert len(before) == 3
    assert planned_anew.clear(schedule.client) == []
    assert schedule.ids() == before


def test_what_was_run_and_planned_a_year_ahead_is_taken_away_and_planned_again(schedule: Schedule) -> None:
    """By itself the scheduler makes no second run for a time that has one."""
    first, second, third = schedule.runs()
    schedule.client.set_flow_run_state(first.id, Cancelled(), force=True)
    schedule.client.set_flow_run_state(second.id, Completed(), force=True)
    schedule.was_said_by_a_clock(second, YEAR)
    schedule.plans(ahead=YEAR)
    far = schedule.runs()[3:]
    assert len(far) == 3
    schedule.plans()
    assert len(schedule.runs()) == 6
    gone = planned_anew.clear(schedule.client)
    assert {run.id for run in gone} == {second.id, *(run.id for run in far)}
    assert schedule.ids() == [first.id, third.id]
    schedule.plans()
    again = schedule.runs()
    assert [run.expected_start_time for run in again] == [
        run.expected_start_time for run in (first, second, third)
    ]
    assert [run.state_name for run in again] == ["Cancelled", "Scheduled", "Scheduled"]
    assert planned_anew.clear(schedule.client) == []


def test_what_was_just_being_run_when_the_clock_was_set_right_is_planned_again_too(
    schedule: Schedule,
) -> None:
    """It was begun, or gave way to another, by the wrong clock, and ends by the right one."""
    begun, gave_way, third = schedule.runs()
    schedule.client.set_flow_run_state(begun.id, Running(), force=True)
    assert planned_anew.clear(schedule.client) == []  # under way
    schedule.client.set_flow_run_state(begun.id, Failed(), force=True)
    schedule.client.set_flow_run_state(gave_way.id, Cancelled(message=planned_anew.GAVE_WAY), force=True)
    assert {run.id for run in planned_anew.clear(schedule.client)} == {begun.id, gave_way.id}
    schedule.plans()
    assert [run.expected_start_time for run in schedule.runs()] == [
        run.expected_start_time for run in (begun, gave_way, third)
    ]
    assert {run.state_name for run in schedule.runs()} == {"Scheduled"}


def test_the_word_for_giving_way_is_that_of_prefect() -> None:
    assert f'"{planned_anew.GAVE_WAY}"' in inspect.getsource(core_policy)


def test_what_a_person_asked_for_stays(schedule: Schedule) -> None:
    """A run for next week, asked for on the page; whatever the clock said then."""
    later = Scheduled(scheduled_time=datetime.now(UTC) + timedelta(days=8))
    asked = schedule.client.create_flow_run_from_deployment(schedule.deployment, state=later)
    schedule.was_said_by_a_clock(asked, YEAR)
    assert planned_anew.clear(schedule.client) == []
    assert asked.id in schedule.ids()
