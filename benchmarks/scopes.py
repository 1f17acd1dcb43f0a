"""A night's timers on PostgreSQL in 1, 2 and 4 scopes, side by side: counts, speed, and waiting for the trail.

The scopes are fired by processes, as by the workers of a pool, or (`--threads`) by the threads of one
process. All run in turn on fresh copies of one prepared ledger; the figures are medians.
"""

import json
import os
import subprocess
import sys
import threading
import time
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa

from benchmarks import ledgers
from benchmarks.ledgers import NIGHT
from benchmarks.shelves import Shelf, shelves
from xiaohao.actions import night
from xiaohao.ledger import trail
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.scopes import Scope
from xiaohao.ledger.writing import Ledger

COUNTS = (1, 2, 4)
FASTER_AT_LEAST = 1.3
WAITS_AT_MOST = 0.2
FULL = 1_000_000


@dataclass
class Part:
    """One scope's share: how long it took, and how much of that it waited for the head of the trail."""

    seconds: float
    waited: float


@dataclass
class Measured:
    """A night in so many scopes."""

    scopes: int
    seconds: list[float] = field(default_factory=list)
    waiting: list[float] = field(default_factory=list)
    """The share of the scopes' time that they waited for the head of the trail."""
    counted: dict[str, int] = field(default_factory=dict)


Fires = Callable[[Ledger, Sequence[Scope], int], tuple[float, list[Part]]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print; the arguments are those of the command line."""
    parser = ArgumentParser(prog="python -m benchmarks.scopes", description=__doc__)
    parser.add_argument("--due", type=int, default=FULL, help="timers that are due, one a problem")
    parser.add_argument("--runs", type=int, default=3, help="runs of each")
    parser.add_argument("--at-once", type=int, default=min(4, os.cpu_count() or 2), help="scopes at once")
    parser.add_argument("--threads", action="store_true", help="threads of one process, not processes")
    parser.add_argument("--worker", metavar="URL", help=SUPPRESS)
    given = parser.parse_args(arguments)
    if given.worker:
        _work(given.worker)
        return
    began = time.perf_counter()
    with shelves() as both:
        shelf = both[1]
        print(f"{shelf.name}: filling {given.due:,} problems, all due", file=sys.stderr, flush=True)
        shelf.prepare("due", lambda url: _fill(url, given.due))
        fire = _by_threads if given.threads else _by_processes
        measured = [Measured(count) for count in COUNTS]
        for _ in range(given.runs):
            for each in measured:
                _measure(shelf, each, fire, given.at_once)
    _print(measured, "threads" if given.threads else "processes", given.at_once)
    seconds = time.perf_counter() - began
    print(f"all: {seconds:.0f} s for {given.due:,}", end="")
    if given.due < FULL:
        print(f"; {FULL:,} about {seconds * FULL / given.due:.0f} s at most", end="")
    print(flush=True)


def _fill(url: str, due: int) -> None:
    ledger = ledgers.open_ledger(url)
    ledgers.fill(ledger, ledgers.lives(ledger), size=due, due=due)
    ledger.engine.dispose()


def _measure(shelf: Shelf, into: Measured, fire: Fires, at_once: int) -> None:
    with shelf.copy("due") as ledger:
        scopes = night.scopes(ledger, "whole" if into.scopes == 1 else str(into.scopes), NIGHT)
        assert len(scopes) == into.scopes
        seconds, parts = fire(ledger, scopes, at_once)
        into.seconds.append(seconds)
        into.waiting.append(sum(part.waited for part in parts) / sum(part.seconds for part in parts))
        into.counted = _counted(ledger)
    print(f"{into.scopes} scopes: {into.seconds[-1]:.2f} s, waited {into.waiting[-1]:.0%}", file=sys.stderr)


def _counted(ledger: Ledger) -> dict[str, int]:
    """What became of the ledger; the same in however many scopes."""
    queries = {
        "due": "SELECT count(*) FROM problem WHERE next_event_on <= '2026-11-24'",
        "red": "SELECT count(*) FROM problem WHERE light = 'red'",
        "yellow": "SELECT count(*) FROM problem WHERE light = 'yellow'",
        "firings": "SELECT count(*) FROM firing",
        "entries": "SELECT count(*) FROM trail",
        "head": "SELECT size FROM trail_head",
    }
    with ledger.engine.connect() as conn:
        return {name: conn.execute(sa.text(query)).scalar_one() for name, query in queries.items()}


def _by_processes(ledger: Ledger, scopes: Sequence[Scope], at_once: int) -> tuple[float, list[Part]]:
    """As workers would: each process is up and connected when the clock starts, and takes scope after scope."""
    url = ledger.engine.url.render_as_string(hide_password=False)
    left = list(scopes)
    with ExitStack() as workers:
        started = [workers.enter_context(_worker(url)) for _ in range(min(at_once, len(scopes)))]
        for worker in started:
            assert _line(worker) == "ready"

        def work(worker: subprocess.Popen[str]) -> list[Part]:
            done = []
            while left:
                scope = left.pop(0)
                _say(worker, f"{scope.name} {scope.text}")
                done.append(Part(**json.loads(_line(worker))))
            return done

        start = time.perf_counter()
        with ThreadPoolExecutor(len(started)) as threads:
            parts = [part for done in threads.map(work, started) for part in done]
        return time.perf_counter() - start, parts


def _worker(url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.scopes", "--worker", url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )


def _say(worker: subprocess.Popen[str], line: str) -> None:
    assert worker.stdin is not None
    print(line, file=worker.stdin, flush=True)


def _line(worker: subprocess.Popen[str]) -> str:
    assert worker.stdout is not None
    return worker.stdout.readline().strip()


def _work(url: str) -> None:
    """What a worker process does: a scope a line, its share a line."""
    ledger = Ledger(open_engine(url))
    with ledger.reading():
        print("ready", flush=True)
    with _watched_head():
        for line in sys.stdin:
            name, _, text = line.strip().partition(" ")
            print(json.dumps(_fired(ledger, Scope.read(text, name)).__dict__), flush=True)


def _by_threads(ledger: Ledger, scopes: Sequence[Scope], at_once: int) -> tuple[float, list[Part]]:
    start = time.perf_counter()
    with _watched_head(), ThreadPoolExecutor(at_once) as threads:
        parts = list(threads.map(partial(_fired, ledger), scopes))
    return time.perf_counter() - start, parts


WAITED = threading.local()


@contextmanager
def _watched_head() -> Iterator[None]:
    """While the block runs, what waits for the head of the trail (one statement) is timed, a thread."""
    lock = trail._locked_head

    def timed(conn: sa.Connection) -> Any:
        start = time.perf_counter()
        try:
            return lock(conn)
        finally:
            WAITED.seconds += time.perf_counter() - start

    trail._locked_head = timed
    try:
        yield
    finally:
        trail._locked_head = lock


def _fired(ledger: Ledger, scope: Scope) -> Part:
    WAITED.seconds = 0.0
    start = time.perf_counter()
    night.fire(ledger, NIGHT, scope)
    return Part(time.perf_counter() - start, WAITED.seconds)


def _print(measured: Sequence[Measured], how: str, at_once: int) -> None:
    whole = median(measured[0].seconds)
    print(f"\n{how}, {at_once} at once\n{'scopes':<8}{'s':>8}{'faster':>8}{'waiting':>9}  counts")
    for each in measured:
        seconds, waiting = median(each.seconds), median(each.waiting)
        same = "equal" if each.counted == measured[0].counted else f"NOT EQUAL: {each.counted}"
        print(f"{each.scopes:<8}{seconds:>8.2f}{whole / seconds:>8.2f}{waiting:>9.0%}  {same}")
    print(f"counts: {measured[0].counted}")
    print(f"aims: 2 scopes at least {FASTER_AT_LEAST} times faster, waiting at most {WAITS_AT_MOST:.0%}")


if __name__ == "__main__":
    main()
