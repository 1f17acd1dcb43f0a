"""补跑: the nights that `xiaohao up` asks for itself. Prefect's scheduler never looks back (docs: it makes
no run for a time that passed while it was off), and never repeats a run whose process was killed.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort

from flows.deployments import NIGHTLY
from flows.office import office
from xiaohao.actions import owed
from xiaohao.errors import WrongDate
from xiaohao.rules import business_date

TAG = "补跑"
MOST_IN_A_ROW = 3
"""Runs that are killed one after the other: then a person has to look."""
BEGINS_WITHIN = timedelta(minutes=15)
"""After 02:00 the planned run comes by itself."""
ENDED = [StateType.COMPLETED, StateType.FAILED, StateType.CRASHED, StateType.CANCELLED]
TOUCHED = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING, *ENDED]


def ask(client: SyncPrefectClient, *, first: bool) -> FlowRun | None:
    """Ask for the night that is owed, or for the one whose run was killed; None where there is nothing to ask.

    `first`: `up` has just started, and does not wait for the planned run. Asking twice gives the
    same run: its key is the date, or the run that it follows.
    """
    runs = _newest(client)
    if runs and runs[0].state_type is StateType.CRASHED and (again := _after(client, runs)) is not None:
        return again
    if runs and runs[0].state_type not in ENDED:
        return None
    on = _owed(first=first)
    if on is None:
        return None
    found = _run(client, key=f"xiaohao-{on}", form=None)
    while first and found.state is not None and found.state.is_final():
        found = _run(client, key=f"xiaohao-{on}-after-{found.id}", form=None)
    return found


def _after(client: SyncPrefectClient, runs: list[FlowRun]) -> FlowRun | None:
    crashed = runs[0]
    in_a_row = [
        run for run in runs[:MOST_IN_A_ROW] if TAG in run.tags and run.state_type is StateType.CRASHED
    ]
    if len(in_a_row) == MOST_IN_A_ROW:
        return None
    form = crashed.parameters.get("form") or {}
    on = _date_of(crashed, form)
    with office() as here:
        last = owed.last_night(here.ledger, on)
        if on < last or (not form.get("business_date") and _is_far(last, on, here.settings.most_days_owed)):
            return None
    again = {**form, "business_date": on.isoformat()}
    return _run(client, key=f"xiaohao-after-{crashed.id}", form=again)


def _date_of(run: FlowRun, form: Mapping[str, Any]) -> date:
    if asked := form.get("business_date"):
        return date.fromisoformat(asked)
    return business_date.owed(run.start_time or run.expected_start_time or datetime.now(UTC))


def _is_far(last: date, on: date, most_days: int) -> bool:
    try:
        owed.check_clock(last, on, most_days=most_days)
    except WrongDate:
        return True
    return False


def _owed(*, first: bool) -> date | None:
    """The date that is owed and may be run by itself; the first night of a ledger waits for its hour, or a person."""
    now = datetime.now(UTC)
    with office() as here:
        try:
            owing = owed.owing(
                here.ledger,
                now if first else now - BEGINS_WITHIN,
                most_days=here.settings.most_days_owed,
            )
        except WrongDate:
            return None
    return None if owing.nothing or owing.last_night is None or owing.on == owing.last_night else owing.on


def _newest(client: SyncPrefectClient) -> list[FlowRun]:
    nightly = _deployment(client)
    now: Any = datetime.now(UTC)
    return client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            deployment_id=FlowRunFilterDeploymentId(any_=[nightly]),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=TOUCHED)),
            expected_start_time=FlowRunFilterExpectedStartTime(before_=now),
        ),
        sort=FlowRunSort.EXPECTED_START_TIME_DESC,
        limit=MOST_IN_A_ROW,
    )


def _run(client: SyncPrefectClient, *, key: str, form: dict[str, Any] | None) -> FlowRun:
    return client.create_flow_run_from_deployment(
        _deployment(client),
        parameters=None if form is None else {"form": form},
        tags=[TAG],
        idempotency_key=key,
    )


def _deployment(client: SyncPrefectClient) -> UUID:
    found: UUID = client.read_deployment_by_name(NIGHTLY.full_name).id
    return found
