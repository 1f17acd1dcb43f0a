"""A night on ledgers of several sizes, beside the bare statements that do the same writes.

Both run in turn on fresh copies of the same prepared ledger; the figures are medians. Next to
them the usual way: one Prefect task a problem (`one_task_each.py`).
"""

import gc
import json
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import sqlalchemy as sa

from benchmarks import bare, ledgers, one_task_each
from benchmarks.ledgers import NIGHT, ROUTES, Lives
from benchmarks.shelves import Shelf, shelves
from xiaohao.actions.night import compose, fire
from xiaohao.actions.seal import seal
from xiaohao.ledger.writing import Ledger

SLOWER_AT_MOST = 1.2
BARE_AT_MOST = 2.0
FASTER_AT_LEAST = 500
SMALL = 100_000
PROBLEMS_ONE_BY_ONE = 500


@dataclass
class Case:
    """A night with `due` timers on a ledger of `size` problems, in seconds."""

    size: int
    due: int
    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    """The night with as many timers on the small ledger, in the same minutes."""

    @property
    def key(self) -> str:
        return f"ledger_{self.size}_{self.due}"


CASES = ((SMALL, 10_000), (1_000_000, 10_000), (3_000_000, 10_000), (1_000_000, 100_000))
QUICK = ((20_000, 2_000), (100_000, 2_000))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print; the arguments are those of the command line."""
    parser = ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small ledgers: a minute, to see that it runs")
    parser.add_argument("--runs", type=int, default=3, help="runs of each (3, and no fewer)")
    parser.add_argument("--database", choices=("SQLite", "PostgreSQL"), help="only one of the two")
    given = parser.parse_args(arguments)
    cases = QUICK if given.quick else CASES
    measured: dict[str, list[Case]] = {}
    with shelves() as both:
        lived = _lives(both[0])
        for shelf in both:
            if given.database in (None, shelf.name):
                measured[shelf.name] = _measure(shelf, cases, lived, runs=max(3, given.runs))
                _print(shelf.name, measured[shelf.name])
        one_by_one = _one_task_each(both[0], lived, 50 if given.quick else PROBLEMS_ONE_BY_ONE)
    _print_one_by_one(one_by_one, measured)


def _lives(shelf: Shelf) -> Lives:
    found: list[Lives] = []
    shelf.prepare("people", lambda url: found.append(ledgers.lives(ledgers.open_ledger(url))))
    shelf.forget("people")
    return found[0]


def _measure(shelf: Shelf, cases: Sequence[tuple[int, int]], lived: Lives, *, runs: int) -> list[Case]:
    (size, due), *larger = cases
    small = Case(size, due)
    _prepare(shelf, small, lived)
    facts = _facts(shelf, small)
    for _ in range(runs):
        small.ours.append(_timed(shelf, small, _night))
        small.bare.append(_timed(shelf, small, lambda ledger: bare.night(ledger, NIGHT, facts=facts)))
    done = [small]
    for size, due in larger:
        done.append(_beside(shelf, Case(size, due), small, lived, runs))
    shelf.forget(small.key)
    return done


def _beside(shelf: Shelf, case: Case, small: Case, lived: Lives, runs: int) -> Case:
    """The larger ledger, the bare statements on it, and the small ledger, in turn."""
    _prepare(shelf, case, lived)
    facts = _facts(shelf, case)
    for _ in range(runs):
        case.ours.append(_timed(shelf, case, _night))
        case.bare.append(_timed(shelf, case, lambda ledger: bare.night(ledger, NIGHT, facts=facts)))
        if case.due == small.due:
            case.beside.append(_timed(shelf, small, _night))
    shelf.forget(case.key)
    return case


def _prepare(shelf: Shelf, case: Case, lived: Lives) -> None:
    print(f"{shelf.name}: filling {case.size:,} problems, {case.due:,} due", file=sys.stderr, flush=True)

    def fill(url: str) -> None:
        ledger = ledgers.open_ledger(url)
        ledgers.fill(ledger, lived, size=case.size, due=case.due)
        ledger.engine.dispose()

    shelf.prepare(case.key, fill)


def _facts(shelf: Shelf, case: Case) -> list[str]:
    """What the night's notices hold; the bare statements write the same. This is also the run that warms up."""
    with shelf.copy(case.key) as ledger:
        _night(ledger)
        with ledger.engine.connect() as conn:
            fired = conn.execute(sa.text("SELECT count(DISTINCT problem_id) FROM firing WHERE notice_id > 0"))
            assert fired.scalar_one() == case.due
            return list(conn.execute(sa.text("SELECT facts FROM notice ORDER BY id")).scalars())


def _night(ledger: Ledger) -> None:
    fire(ledger, NIGHT)
    compose(ledger, NIGHT, ROUTES)
    seal(ledger)


def _timed(shelf: Shelf, case: Case, work: Callable[[Ledger], object]) -> float:
    with shelf.copy(case.key) as ledger:
        gc.collect()
        gc.disable()
        try:
            start = time.perf_counter()
            work(ledger)
            return time.perf_counter() - start
        finally:
            gc.enable()


def _one_task_each(shelf: Shelf, lived: Lives, count: int) -> float:
    """Seconds a problem, the usual way: in a process of its own, since Prefect reads its settings once."""
    case = Case(count, count)
    _prepare(shelf, case, lived)
    print(f"Prefect: one task a problem, {count} problems", file=sys.stderr, flush=True)
    with shelf.copy(case.key) as ledger:
        command = [sys.executable, "-m", one_task_each.__name__, str(ledger.engine.url)]
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1]
        )
    shelf.forget(case.key)
    return float(json.loads(done.stdout)["seconds"]) / count


def _print(database: str, cases: Sequence[Case]) -> None:
    print(f"\n{database:<12}{'due':>9}{'night s':>9}{'bare s':>9}{'night/bare':>12}{'to small':>10}")
    for case in cases:
        ours, floor = median(case.ours), median(case.bare)
        flat = f"{ours / median(case.beside):10.2f}" if case.beside else f"{'':10}"
        print(
            f"{case.size:<12,}{case.due:>9,}{ours:>9.3f}{floor:>9.3f}{ours / floor:>12.2f}{flat}", flush=True
        )
    print(f"aims: night/bare at most {BARE_AT_MOST}, to small at most {SLOWER_AT_MOST}")


def _print_one_by_one(seconds: float, measured: dict[str, list[Case]]) -> None:
    print(f"\nOne Prefect task a problem: {seconds * 1000:.2f} ms a problem")
    for database, (small, *_) in measured.items():
        ours = median(small.ours) / small.due
        print(f"{database}: {ours * 1_000_000:.0f} µs a problem, {seconds / ours:.0f} times faster", end="")
        print(f" (aim: {FASTER_AT_LEAST})")


if __name__ == "__main__":
    main()
