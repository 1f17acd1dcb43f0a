"""补跑: the nights that `xiaohao up` asks for itself. Prefect's scheduler never looks back (docs: it makes
no run for a time that passed while it was off), and never repeats a run that was killed or that failed.
"""

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
from prefect.client.schemas.objects import TERMINAL_STATES, FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort

from flows.deployments import NIGHTLY
from flows.fire_scope import SET_ASIDE
from flows.office import office
from xiaohao.actions import owed
from xiaohao.errors import WrongDate
from xiaohao.rules import business_date

TAG = "补跑"
MOST_IN_A_ROW = 3
"""Runs that are killed or fail one after the other: then a person has to look."""
BEGINS_WITHIN = timedelta(minutes=15)
"""After 02:00 the planned run comes by itself."""
AGAIN_AFTER = timedelta(minutes=5)
"""What made a night fail may pass; a run that was killed is followed at once."""
ENDED = sorted(TERMINAL_STATES)
TOUCHED = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING, *ENDED]


def ask(client: SyncPrefectClient, *, first: bool) -> FlowRun | None:
    """Ask for the night that is owed, or for the one that was killed or failed; None where there is nothing to ask.

    `first`: `up` has just started, and waits neither for the planned run nor because the last ones failed.
    Asking twice gives the same run: its key is the date, or the run that it follows.
    """
    runs = _newest(client)
    if runs and runs[0].state_type not in ENDED:
        return None
    broken = runs[0] if runs and _broke_off(runs[0]) else None
    if broken is not None and (first or not _are_enough(runs)) and (form := _again(broken)) is not None:
        if not first and _failed_only_now(broken):
            return None
        return _run(client, key=f"xiaohao-after-{broken.id}", form=form)
    on = _owed(first=first)
    if on is None or (broken is not None and not first and _date_of(broken) == on):
        return None
    found = _run(client, key=f"xiaohao-{on}", form=None)
    while first and found.state is not None and found.state.is_final():
        found = _run(client, key=f"xiaohao-{on}-after-{found.id}", form=None)
    return found


def _broke_off(run: FlowRun) -> bool:
    """Whether another run may do what this one left; one that only set states aside did all that can be done."""
    return run.state_type is StateType.CRASHED or (
        run.state_type is StateType.FAILED and run.state_name != SET_ASIDE
    )


def _are_enough(runs: list[FlowRun]) -> bool:
    return len(runs) == MOST_IN_A_ROW and all(TAG in run.tags and _broke_off(run) for run in runs)


def _failed_only_now(run: FlowRun) -> bool:
    if run.state_type is not StateType.FAILED or run.end_time is None:
        return False
    return run.end_time > datetime.now(UTC) - AGAIN_AFTER


def _again(broken: FlowRun) -> dict[str, Any] | None:
    """The form of the run that follows; None where a later night took its place, or its date was none to run.

    Of those that failed only the night that is owed now is run again: another date is what a person asked for.
    """
    on = _date_of(broken)
    if broken.state_type is StateType.FAILED and on != business_date.owed(datetime.now(UTC)):
        return None
    with office() as here:
        if on < owed.last_night(here.ledger, on):
            return None
        if not _form_of(broken).get("business_date"):
            try:
                owed.check_today(here.ledger, on, most_days=here.settings.most_days_owed)
            except WrongDate:
                return None
    return {**_form_of(broken), "business_date": on.isoformat()}


def _date_of(run: FlowRun) -> date:
    if asked := _form_of(run).get("business_date"):
        return date.fromisoformat(asked)
    return business_date.owed(run.start_time or run.expected_start_time or datetime.now(UTC))


def _form_of(run: FlowRun) -> dict[str, Any]:
    return run.parameters.get("form") or {}


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
