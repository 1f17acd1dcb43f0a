"""A night's scopes over a work pool: a run of its own for each, taken by any worker, and replaced where it dies.

A repeat is safe at any time: a scope is one transaction under its own lock, so that whoever comes second
finds nothing left. What a scope did is read from the ledger's row of it, which was committed with the work;
a run that dies between commit and report has done its work all the same.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from prefect import runtime
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun, State
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled, Crashed

from flows.deployments import FIRE_SCOPE
from flows.fire_scope import SET_ASIDE, fire, first_line
from flows.office import office
from xiaohao.actions import night
from xiaohao.actions.night import FiredCounts
from xiaohao.ledger.scopes import Scope

LOG = logging.getLogger("xiaohao.nightly")
LOOKS_EVERY = 1.0
"""Seconds between two looks at the runs under way."""
TAKEN_WITHIN = 120.0
"""Seconds without any run at work after which nobody is there to take one: this process fires what waits."""
SILENT_FOR = 60.0
"""Seconds that a run may say that it runs while nobody is in the scope's transaction: then it is dead."""
LASTS_AT_MOST = 7_200.0
TRIES = 2
"""Runs that are started of one scope before this process fires it itself."""


@dataclass
class Sent:
    """A scope, the run that was started for it, and how it ended."""

    scope: Scope
    run_id: UUID
    tries: int = 1
    silent_since: float = field(default_factory=time.monotonic)
    over: bool = False
    failed: str = ""
    set_aside: tuple[str, ...] = ()


def fire_all(on: date, scopes: Sequence[Scope]) -> tuple[FiredCounts, list[str]] | None:
    """Fire every scope in a run of its own over the work pool, and wait for all: the sum, and who failed.

    None where there is no such deployment: the caller fires the scopes itself. A run that crashed, was
    cancelled, or is not at work any more is replaced; where no worker takes any, this process does the work.
    """
    before = _counted(on, scopes)
    try:
        under_way = [_sent(on, scope, 1) for scope in scopes]
    except ObjectNotFound:
        LOG.warning("没有部署“%s”，各块改由本进程办理", FIRE_SCOPE.full_name)
        return None
    _wait(on, under_way)
    total = FiredCounts()
    for each, then, now in zip(under_way, before, _counted(on, scopes), strict=True):
        total.add(now.since(then))
        total.set_aside += each.set_aside
    return total, [f"范围“{each.scope.name}”没有完成：{each.failed}" for each in under_way if each.failed]


def _counted(on: date, scopes: Sequence[Scope]) -> list[FiredCounts]:
    with office() as here:
        return night.counted(here.ledger, on, scopes)


def _sent(on: date, scope: Scope, tries: int) -> Sent:
    form = {"business_date": on.isoformat(), "scope": scope.text, "name": scope.name}
    run = run_deployment(
        name=FIRE_SCOPE.full_name,
        parameters={"form": form},
        timeout=0,
        as_subflow=True,
        idempotency_key=f"{runtime.flow_run.id}:{scope.name}:{tries}",
    )
    assert isinstance(run, FlowRun)  # in a flow that is not async
    return Sent(scope, run.id, tries)


def _wait(on: date, under_way: Sequence[Sent]) -> None:
    began = last_at_work = time.monotonic()
    with get_client(sync_client=True) as client, office() as here:
        while left := [each for each in under_way if not each.over]:
            now = time.monotonic()
            if now - began > LASTS_AT_MOST:
                for each in left:
                    each.over, each.failed = True, "等了两小时仍没有完成"
                return
            states = _states(client, left)
            if any(state.is_running() for state in states.values()):
                last_at_work = now
            for each in left:
                state = states[each.run_id]
                if not state.is_running() or night.is_being_fired(here.ledger, each.scope):
                    each.silent_since = now
                if state.is_final():
                    _ended(on, each, state)
                elif now - each.silent_since > SILENT_FOR:
                    _declare(client, each, Crashed(message="进程已不在，由夜间运行接替"))
                    _replace(on, each)
                elif now - last_at_work > TAKEN_WITHIN:
                    _declare(client, each, Cancelled(message="没有 worker 接手，由夜间运行自行办理"))
                    _fire_here(on, each)
            time.sleep(LOOKS_EVERY)


def _states(client: SyncPrefectClient, left: Sequence[Sent]) -> dict[UUID, State]:
    """The state of each run in one request; a run that the server does not know any more has crashed."""
    chosen = FlowRunFilter(id=FlowRunFilterId(any_=[each.run_id for each in left]))
    found = {run.id: run.state for run in client.read_flow_runs(flow_run_filter=chosen, limit=len(left))}
    return {each.run_id: found.get(each.run_id) or Crashed(message="没有这次运行") for each in left}


def _ended(on: date, each: Sent, state: State) -> None:
    if state.is_crashed() or state.is_cancelled():
        _replace(on, each)
        return
    each.over = True
    if state.name == SET_ASIDE:
        each.set_aside = tuple((state.message or "").splitlines())
    elif not state.is_completed():
        each.failed = first_line(state.message or state.name)


def _replace(on: date, each: Sent) -> None:
    if each.tries >= TRIES:
        _fire_here(on, each)
        return
    LOG.warning("范围“%s”的运行中断，再运行一次", each.scope.name)
    again = _sent(on, each.scope, each.tries + 1)
    each.run_id, each.tries, each.silent_since = again.run_id, again.tries, again.silent_since


def _fire_here(on: date, each: Sent) -> None:
    LOG.warning("范围“%s”没有由 worker 完成，改由本进程办理", each.scope.name)
    done = fire(on, each.scope, return_state=True).result(raise_on_failure=False)
    each.over = True
    if isinstance(done, FiredCounts):
        each.set_aside = done.set_aside
    else:
        each.failed = first_line(done)


def _declare(client: SyncPrefectClient, each: Sent, state: State) -> None:
    """Say what became of a run that says nothing itself any more."""
    client.set_flow_run_state(each.run_id, state, force=True)
