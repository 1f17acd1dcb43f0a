"""Runs that a clock which was ahead has planned or ended are taken away: only those, so that they are planned again."""

import inspect
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId
from prefect.client.schemas.objects import FlowRun
from prefect.server.orchestration import core_policy
from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL
from prefect.states import Cancelled, Completed, Crashed, Failed, Running, Scheduled

from flows import deployments, planned_anew
from flows.deployments import WATCH
from xiaohao.actions import night
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.writing import Ledger
from xiaohao.rules import business_date

pytestmark = pytest.mark.xdist_group("prefect")
YEAR = timedelta(days=365)
TAKES = timedelta(seconds=30)


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")


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
        """The run's state is of a time that has not come yet."""
        at = datetime.now(UTC) + ahead
        self._wrote(
            "UPDATE flow_run_state SET timestamp = ? WHERE id = (SELECT state_id FROM flow_run WHERE id = ?)",
            (_written(at), str(run.id)),
        )

    def was_done(self, run: FlowRun, *, after: timedelta = timedelta(), planned: timedelta) -> None:
        """By the clock that was right then: begun so long after its time, planned so long from now."""
        self.client.set_flow_run_state(run.id, Running(), force=True)
        self.client.set_flow_run_state(run.id, Completed(), force=True)
        self.was_ended(run, after=after, planned=planned)

    def was_ended(self, run: FlowRun, *, after: timedelta = timedelta(), planned: timedelta) -> None:
        """The same of a run that is in its last state."""
        assert run.expected_start_time is not None
        began = run.expected_start_time + after
        self._wrote(
            "UPDATE flow_run SET created = ?, start_time = ?, end_time = ? WHERE id = ?",
            (
                _written(datetime.now(UTC) + planned),
                _written(began),
                _written(began + TAKES),
                str(run.id),
            ),
        )
        self.was_said_by_a_clock(run, began + TAKES - datetime.now(UTC))

    def _wrote(self, sql: str, values: tuple[str, ...]) -> None:
        """As no interface of the server does."""
        address = str(PREFECT_API_DATABASE_CONNECTION_URL.value()).replace("+aiosqlite", "")
        engine = sa.create_engine(address)
        with engine.begin() as conn:
            assert conn.exec_driver_sql(sql, values).rowcount == 1
        engine.dispose()

    def runs(self) -> list[FlowRun]:
        """Every run of it, by its time."""
        chosen = FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(any_=[self.deployment]))
        found = self.client.read_flow_runs(flow_run_filter=chosen)
        return sorted(found, key=lambda run: run.expected_start_time or datetime.max.replace(tzinfo=UTC))

    def ids(self) -> list[UUID]:
        return [run.id for run in self.runs()]


@pytest.fixture
def schedule(
    office_home: Path,  # noqa: ARG001
    sqlite_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Schedule]:
    """With a ledger in which no night was done."""
    monkeypatch.setenv("XIAOHAO_DATABASE_URL", sqlite_url)
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


def test_what_crashed_before_it_began_and_before_its_time_is_planned_again(schedule: Schedule) -> None:
    """The wrong clock started its process, which ended when the server was started anew."""
    first, *others = schedule.runs()
    schedule.client.set_flow_run_state(first.id, Crashed(message="Process exited"), force=True)
    assert [run.id for run in planned_anew.clear(schedule.client)] == [first.id]
    assert schedule.ids() == [run.id for run in others]


def test_what_was_done_in_its_time_stays_when_the_clock_goes_back(schedule: Schedule) -> None:
    """A time server sets the clock some minutes back, just after the run has ended: its time comes a second time."""
    done, waited, cancelled = schedule.runs()
    schedule.was_done(done, planned=-timedelta(days=1))
    schedule.was_done(waited, after=timedelta(minutes=5), planned=-timedelta(days=1))
    schedule.client.set_flow_run_state(cancelled.id, Cancelled(message=planned_anew.GAVE_WAY), force=True)
    schedule.was_ended(cancelled, planned=-timedelta(days=1))
    assert planned_anew.clear(schedule.client) == []
    schedule.plans()
    assert schedule.ids() == [done.id, waited.id, cancelled.id]


def test_what_a_clock_ahead_ran_at_once_is_planned_again(schedule: Schedule) -> None:
    """It was planned by the right clock, and run hours after its time by the other."""
    first, second, third = schedule.runs()
    schedule.was_done(first, after=timedelta(hours=5), planned=-timedelta(hours=1))
    schedule.was_done(second, after=timedelta(days=20), planned=-timedelta(hours=1))
    assert {run.id for run in planned_anew.clear(schedule.client)} == {first.id, second.id}
    assert schedule.ids() == [third.id]


@pytest.mark.parametrize(
    ("nights", "stay"),
    [
        ([timedelta()], False),  # the clock was a year ahead, and no night followed it
        ([timedelta(), YEAR], True),  # a dead battery: the clock is a year behind
        ([], True),  # the ledger tells nothing
    ],
)
def test_the_ledger_tells_a_clock_that_was_ahead_from_one_that_is_behind(
    schedule: Schedule,
    sqlite_url: str,
    nights: list[timedelta],
    stay: bool,
) -> None:
    """Both leave runs that a clock planned and did in their time, a year from now."""
    engine = open_engine(sqlite_url)
    for each in nights:
        night.fire(Ledger(engine), business_date.owed(datetime.now(UTC) + each))
    engine.dispose()
    before = schedule.ids()
    schedule.plans(ahead=YEAR)
    far = schedule.runs()[3:]
    for run in far:
        schedule.was_done(run, planned=YEAR - timedelta(days=2))
    gone = [run.id for run in planned_anew.clear(schedule.client)]
    assert gone == ([] if stay else [run.id for run in far])
    assert schedule.ids() == before + ([run.id for run in far] if stay else [])


def test_the_word_for_giving_way_is_that_of_prefect() -> None:
    assert f'"{planned_anew.GAVE_WAY}"' in inspect.getsource(core_policy)


def test_what_a_person_asked_for_stays(schedule: Schedule) -> None:
    """A run for next week, asked for on the page; whatever the clock said then."""
    later = Scheduled(scheduled_time=datetime.now(UTC) + timedelta(days=8))
    asked = schedule.client.create_flow_run_from_deployment(schedule.deployment, state=later)
    schedule.was_said_by_a_clock(asked, YEAR)
    assert planned_anew.clear(schedule.client) == []
    assert asked.id in schedule.ids()
