"""Runs that Prefect takes for running although nobody runs them: after kill -9, or a power cut.

Prefect would show them as `Running` for ever, and their deployment's only slot would stay taken.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Crashed

from flows import deployments, running
from flows.running import Announced

UNDER_WAY = [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]
PAGE = 200
TAKES_UP = timedelta(minutes=3)
"""How long a run that is said to be on its way may take until a process announces it."""
ANNOUNCES = timedelta(minutes=1)
AT_ONCE = timedelta(seconds=10)


def mark(client: SyncPrefectClient, *, first: bool, shared: bool) -> list[FlowRun]:
    """Show every run of ours that nobody runs any more as crashed; they are returned.

    `first`: before anything was started here, so what no process announced is nobody's. `shared`:
    workers of other machines may run it, and then only its heartbeat tells.
    """
    there = {each.run_id: each for each in running.announced()}  # first: a run ends before its lock does
    gone = [run for run in under_way(client) if _is_gone(run, there, first=first, shared=shared)]
    for run in gone:
        said = "服务启动时已没有进程在做这次运行" if first else "做这次运行的进程已经不在了"
        client.set_flow_run_state(run.id, Crashed(message=said), force=True)
    if dead := [each for each in there.values() if not each.alive]:
        going = {run.id for run in under_way(client)}
        for each in dead:
            if each.run_id not in going:
                running.forget(each)
    return gone


def under_way(client: SyncPrefectClient) -> Iterator[FlowRun]:
    """Every run of our flows that is said to be under way."""
    ours = FlowFilter(name=FlowFilterName(any_=[each.called for each in deployments.planned(work_pool=True)]))
    state = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=UNDER_WAY)))
    offset = 0
    while runs := client.read_flow_runs(flow_filter=ours, flow_run_filter=state, limit=PAGE, offset=offset):
        yield from runs
        offset += PAGE


def _is_gone(run: FlowRun, there: Mapping[UUID, Announced], *, first: bool, shared: bool) -> bool:
    if (announced := there.get(run.id)) is not None:
        return not announced.alive
    if run.state is None:
        return False
    on_its_way = run.state.is_pending()
    if shared and not on_its_way:
        return False
    patience = TAKES_UP if on_its_way else ANNOUNCES
    if first and not shared:
        patience = AT_ONCE
    return datetime.now(UTC) - run.state.timestamp > patience
