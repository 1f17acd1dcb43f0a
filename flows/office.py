"""What a task works with: settings, ledger and channels, opened for one task and closed after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prefect import runtime

from notifiers.choose import ChannelSettings
from xiaohao import bootstrap
from xiaohao.ledger.writing import Ledger
from xiaohao.settings import Settings


@dataclass(frozen=True)
class Office:
    """The settings of this process, its ledger, and its channels' settings."""

    settings: Settings
    ledger: Ledger
    channels: ChannelSettings


@contextmanager
def office() -> Iterator[Office]:
    """Open the ledger that the settings name, for the flow run of this process: its run rows bear the run's id.

    Raises what `bootstrap.ledger` raises.
    """
    settings = bootstrap.settings()
    channels = bootstrap.channel_settings(settings)
    ledger = bootstrap.ledger(settings)
    ledger.prefect_run = runtime.flow_run.id
    try:
        yield Office(settings, ledger, channels)
    finally:
        ledger.engine.dispose()
