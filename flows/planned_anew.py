"""重排日程: planned runs that a clock which was ahead has spoilt are taken away, and Prefect plans them again.

While the clock was ahead, Prefect ran at once what was planned for the coming days, and planned on from the wrong
date. Once the clock is right it plans nothing more: each schedule has runs enough before it, and it makes no second
run for a time that has one, however that one ended (prefect.server.services.scheduler; seen: no run for a year).
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
)
from prefect.client.schemas.objects import TERMINAL_STATES, FlowRun, StateType

from flows import deployments, set_back

LEAST = timedelta(seconds=set_back.LEAST)
MOST = 200
"""Runs read in one go; there are some forty, and what is left is seen the next time."""
GAVE_WAY = "Deployment concurrency limit reached."
"""What Prefect says of a run that ended because another of its deployment was at work (CANCEL_NEW)."""
AT_REST = {StateType.SCHEDULED, *TERMINAL_STATES}


def clear(client: SyncPrefectClient) -> list[FlowRun]:
    """Delete every run of our schedules that was run before its time, or planned or ended by a clock that was ahead.

    They are returned; Prefect's scheduler makes them anew within a minute. What a person asked for or cancelled
    stays, and what is under way.
    """
    gone = [run for run in _to_come(client) if run.auto_scheduled and _is_spoilt(run)]
    for run in gone:
        client.delete_flow_run(run.id)
    return gone


def _to_come(client: SyncPrefectClient) -> list[FlowRun]:
    planned = [each for each in deployments.ALL if each.cron is not None]
    now: Any = datetime.now(UTC)
    return client.read_flow_runs(
        flow_filter=FlowFilter(name=FlowFilterName(any_=[each.called for each in planned])),
        deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[each.name for each in planned])),
        flow_run_filter=FlowRunFilter(expected_start_time=FlowRunFilterExpectedStartTime(after_=now)),
        limit=MOST,
    )


def _is_spoilt(run: FlowRun) -> bool:
    """Of a run to come: whether its state is of a time to come too, or says that the run had its turn already."""
    if run.state is None or run.state.type not in AT_REST:
        return False
    had_its_turn = run.run_count > 0 or run.state.message == GAVE_WAY
    return had_its_turn or run.state.timestamp > datetime.now(UTC) + LEAST
