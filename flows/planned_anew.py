"""重排日程: planned runs that a clock which was ahead has spoilt are taken away, and Prefect plans them again.

While the clock was ahead, Prefect ran at once what was planned for the coming days, and planned on from the wrong
date. Once the clock is right it plans nothing more: each schedule has runs enough before it, and it makes no second
run for a time that has one, however that one ended (prefect.server.services.scheduler; seen: no run for a year).
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import TERMINAL_STATES, FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort

from flows import deployments, set_back
from flows.office import office
from xiaohao.actions import owed
from xiaohao.rules import business_date

LEAST = timedelta(seconds=set_back.LEAST)
LATE = timedelta(minutes=15)
"""A run that began later than that after its time did not have it: it waited for another, or a clock jumped."""
A_NIGHT = timedelta(days=2)
"""Within so much time of a right clock a night is in the ledger."""
MOST = 200
"""Runs read in one go, the next ones first; there are some forty, and what is left is seen the next time."""
GAVE_WAY = "Deployment concurrency limit reached."
"""What Prefect says of a run that ended because another of its deployment was at work (CANCEL_NEW)."""
BROKE_OFF = {StateType.CRASHED, StateType.FAILED}
AT_REST = [StateType.SCHEDULED, *sorted(TERMINAL_STATES)]


def clear(client: SyncPrefectClient) -> list[FlowRun]:
    """Delete every run of our schedules that was run before its time, or planned or ended by a clock that was ahead.

    They are returned; Prefect's scheduler makes them anew within a minute. What a person asked for or cancelled
    stays, and what is under way. What was done in its own time stays too, although it looks as yet to come while
    a clock is behind: after a step back, or at boot with a dead battery. Raises what reading the ledger raises.
    """
    now = datetime.now(UTC)
    runs = [run for run in _to_come(client, now) if run.auto_scheduled]
    gone = [run for run in runs if _is_spoilt(run, now)]
    _delete(client, gone)
    left = [run for run in runs if run not in gone and _is_of_a_far_clock(run, now)]
    if left and _is_right(now):
        _delete(client, left)
        gone += left
    return gone


def _delete(client: SyncPrefectClient, runs: list[FlowRun]) -> None:
    for run in runs:
        client.delete_flow_run(run.id)


def _to_come(client: SyncPrefectClient, now: datetime) -> list[FlowRun]:
    planned = [each for each in deployments.ALL if each.cron is not None]
    after: Any = now
    return client.read_flow_runs(
        flow_filter=FlowFilter(name=FlowFilterName(any_=[each.called for each in planned])),
        deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[each.name for each in planned])),
        flow_run_filter=FlowRunFilter(
            expected_start_time=FlowRunFilterExpectedStartTime(after_=after),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=AT_REST)),
        ),
        sort=FlowRunSort.EXPECTED_START_TIME_ASC,
        limit=MOST,
    )


def _is_spoilt(run: FlowRun, now: datetime) -> bool:
    """Of a run to come that is at rest: whether it had its turn before its time, or has its state from a clock ahead.

    A clock that jumps ahead runs late, at once, what a right one had planned. What one clock both planned and did
    in its time says nothing: either that clock was ahead, or this one is behind.
    """
    if run.state is None or run.expected_start_time is None:
        return False
    said = run.state.timestamp
    if _had_its_turn(run) and said < run.expected_start_time - LEAST:
        return True
    if said <= now + LEAST:
        return False
    if run.state.is_scheduled() and not run.run_count:
        return True
    was_planned_by_a_right_clock = run.created is None or run.created <= now
    after_its_time = (run.start_time or said) - run.expected_start_time
    return was_planned_by_a_right_clock and not -LEAST <= after_its_time <= LATE


def _had_its_turn(run: FlowRun) -> bool:
    """Also one whose process ended before it said that it runs."""
    if run.state is None:
        return False
    return run.run_count > 0 or run.state.message == GAVE_WAY or run.state.type in BROKE_OFF


def _is_of_a_far_clock(run: FlowRun, now: datetime) -> bool:
    """Whether it had its turn by a clock so far from this one that a night tells which of them is right."""
    return run.state is not None and run.state.timestamp > now + A_NIGHT


def _is_right(now: datetime) -> bool:
    """Whether the ledger bears out this clock: nights were done, and none of a date to come.

    A night by itself follows no clock that jumps far ahead (`actions.owed`), and every day a right one.
    """
    with office() as here:
        on = business_date.owed(now)
        return owed.last_night(here.ledger, date.max) <= on
