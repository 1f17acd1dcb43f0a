"""What Prefect adds to a night: the flow in a process that is up, against the same acts called directly.

Both run in turn on fresh copies of the same prepared ledgers, on a Prefect server of our own that is up
already, with heartbeats as `xiaohao up` has them. The server's start and that of a run's process (2 to 3 s
of imports) are not counted. The figures are medians.
"""

import os
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks import ledgers
from benchmarks.ledgers import NIGHT
from benchmarks.shelves import Shelf, shelves
from notifiers.choose import ChannelSettings
from xiaohao.actions import night_report, whole_night
from xiaohao.ledger.writing import Ledger
from xiaohao.vocabulary import Channel

ADDS_AT_MOST = 1.5
HEARTBEAT_SECONDS = 30
FULL = (100_000, 1_000_000)
DUE = 1_000


@dataclass
class Case:
    """Nights on a ledger of `size` problems, in seconds."""

    size: int
    direct: list[float] = field(default_factory=list)
    flow: list[float] = field(default_factory=list)

    @property
    def added(self) -> float:
        """What Prefect adds."""
        return median(through - direct for through, direct in zip(self.flow, self.direct, strict=True))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print; the arguments are those of the command line."""
    parser = ArgumentParser(prog="python -m benchmarks.overhead", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=FULL, help="problems of each ledger")
    parser.add_argument("--due", type=int, default=DUE, help="timers due on each")
    parser.add_argument("--runs", type=int, default=5, help="runs of each")
    parser.add_argument("--database", choices=("SQLite", "PostgreSQL"), default="SQLite")
    given = parser.parse_args(arguments)
    began = time.perf_counter()
    cases = [Case(size) for size in given.sizes]
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="xiaohao-bench-home-")))
        os.environ["XIAOHAO_HOME"] = str(home)
        shelf = stack.enter_context(shelves())[given.database == "PostgreSQL"]
        for case in cases:
            _prepare(shelf, case, given.due)
        through_prefect = _on_a_server(stack)
        _timed(shelf, cases[0], through_prefect)  # warms up
        for _ in range(given.runs):
            for case in cases:
                case.direct.append(_timed(shelf, case, lambda ledger: _direct(ledger, home)))
                case.flow.append(_timed(shelf, case, through_prefect))
    _print(given.database, cases, given.due)
    print(f"all: {time.perf_counter() - began:.0f} s; filling grows with the sizes, about 25 s a million")


def _prepare(shelf: Shelf, case: Case, due: int) -> None:
    print(f"{shelf.name}: filling {case.size:,} problems, {due:,} due", file=sys.stderr, flush=True)

    def fill(url: str) -> None:
        ledger = ledgers.open_ledger(url)
        ledgers.fill(ledger, ledgers.lives(ledger), size=case.size, due=due)
        ledger.engine.dispose()

    shelf.prepare(f"overhead_{case.size}", fill)


def _on_a_server(stack: ExitStack) -> Callable[[Ledger], None]:
    """Start a server, and give the night through it. Prefect is imported only here: it reads XIAOHAO_HOME."""
    from flows.temporary_server import temporary_server

    starting = stack.enter_context(temporary_server())
    from prefect.settings import (
        PREFECT_API_AUTH_STRING,
        PREFECT_API_URL,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        temporary_settings,
    )

    from flows.nightly import NightForm, nightly

    server = starting.answers()
    ours = {
        PREFECT_API_URL: server.api_url,
        PREFECT_API_AUTH_STRING: server.auth,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: HEARTBEAT_SECONDS,
    }
    stack.enter_context(temporary_settings(ours))

    def run(ledger: Ledger) -> None:
        os.environ["XIAOHAO_DATABASE_URL"] = ledger.engine.url.render_as_string(hide_password=False)
        state = nightly(NightForm(business_date=NIGHT), return_state=True)
        assert state.is_completed(), state.message

    return run


def _direct(ledger: Ledger, home: Path) -> None:
    """As `xiaohao nightly --direct`."""
    channels = ChannelSettings(order=(Channel.FILE,), notices_folder=home / "notices")
    done = whole_night.whole_night(ledger, NIGHT, channels, today=NIGHT)
    assert done.is_whole
    assert done.fired > 0
    night_report.write(home / "reports", done, night_report.lights(ledger))


def _timed(shelf: Shelf, case: Case, work: Callable[[Ledger], None]) -> float:
    with shelf.copy(f"overhead_{case.size}") as ledger:
        start = time.perf_counter()
        work(ledger)
        return time.perf_counter() - start


def _print(database: str, cases: Sequence[Case], due: int) -> None:
    print(f"\n{database}, {due:,} due\n{'problems':<12}{'direct s':>10}{'flow s':>10}{'added s':>10}")
    for case in cases:
        print(f"{case.size:<12,}{median(case.direct):>10.2f}{median(case.flow):>10.2f}{case.added:>10.2f}")
    print(f"aim: at most {ADDS_AT_MOST} s added, whatever the size of the ledger", flush=True)


if __name__ == "__main__":
    main()
