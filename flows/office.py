"""What a task works with: settings, ledger and channels, opened for one task and closed after it."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from prefect import runtime

from notifiers.choose import ChannelSettings
from xiaohao import bootstrap
from xiaohao.ledger.writing import Ledger
from xiaohao.settings import Settings

LOG = logging.getLogger("xiaohao.office")


@dataclass(frozen=True)
class Office:
    """The settings of this process, its ledger, and its channels' settings."""

    settings: Settings
    ledger: Ledger
    channels: ChannelSettings


def in_ledger(runs: Sequence[int]) -> str:
    """Where the work of this run stands in the ledger: the numbers of its run rows, which the trail's entries bear."""
    numbers = "、".join(f"第 {run} 号" for run in runs)
    return f"已记入台账{numbers}运行，用 xiaohao trail run {runs[0]} 查看写下的留痕"


@contextmanager
def office() -> Iterator[Office]:
    """Open the ledger that the settings name, for the flow run of this process: its run rows bear the run's id,
    and the run's log says which rows they are.

    Raises what `bootstrap.ledger` raises.
    """
    settings = bootstrap.settings()
    channels = bootstrap.channel_settings(settings)
    ledger = bootstrap.ledger(settings)
    ledger.prefect_run = _runs_of(runtime.flow_run.id)
    try:
        yield Office(settings, ledger, channels)
        if ledger.runs:
            LOG.info("%s", in_ledger(ledger.runs))
    finally:
        ledger.engine.dispose()


@cache
def _runs_of(flow_run: str | None) -> str | None:
    """The id of the flow run, after that of the run it is a part of: a scope of a night is found from the night."""
    if flow_run is None:
        return None
    above = runtime.flow_run.parent_flow_run_id
    return flow_run if above is None else f"{above} {flow_run}"
