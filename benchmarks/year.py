"""A simulated year: 365 nights while problems come in, are put right, applied for, verified and closed.

Each day its problems are imported, others are applied for with a photo, and those of the day before
yesterday are verified by the leader of their subdistrict, all in bulk but with the same rules, rows and
entries of the trail as one by one; then the night runs: fire, compose, seal, and the notices go out
(channel `file`). A quarter is never put right within the year, so that the ladder goes to its top.
"""

import random
import shutil
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa

from benchmarks import ledgers
from benchmarks.ledgers import CLASSES, COMMUNITIES
from benchmarks.shelves import shelves
from notifiers.choose import ChannelSettings
from xiaohao.actions import deliver, night, seal
from xiaohao.ledger import new_problems, problems
from xiaohao.ledger.new_problems import NewProblem
from xiaohao.ledger.problems import Case, Change
from xiaohao.ledger.tables import CLOSING, EVIDENCE, POST, PROBLEM
from xiaohao.ledger.writing import Ledger
from xiaohao.rules import clock as clocks
from xiaohao.rules.clock import Rules
from xiaohao.vocabulary import (
    Action,
    Channel,
    ClosingKind,
    ClosingOutcome,
    Entered,
    EvidencePhase,
    Role,
)

FIRST = date(2025, 11, 25)
NIGHTS = 365
FULL = 200_000
OFFICIALS = 3_000
SUBDISTRICT_OFFICIALS = 2 + 2 * COMMUNITIES
NEVER = 0.25
VERIFIED_AFTER = 2


@dataclass
class Plan:
    """What happens on which day, by the ids of the problems."""

    arrivals: list[list[NewProblem]]
    applied: dict[int, list[int]]
    """Day of the year → problems."""


@dataclass
class Year:
    """What was measured, in seconds a night, and what was counted."""

    nights: list[float] = field(default_factory=list)
    deliveries: list[float] = field(default_factory=list)
    fired: list[int] = field(default_factory=list)
    notices: int = 0
    days: float = 0.0
    """Seconds for imports, applications and verifications."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print; the arguments are those of the command line."""
    parser = ArgumentParser(prog="python -m benchmarks.year", description=__doc__)
    parser.add_argument("--problems", type=int, default=FULL, help="problems that come in through the year")
    parser.add_argument("--officials", type=int, default=OFFICIALS, help="about so many officials")
    parser.add_argument("--nights", type=int, default=NIGHTS, help="nights")
    parser.add_argument("--database", choices=("SQLite", "PostgreSQL"), default="SQLite")
    given = parser.parse_args(arguments)
    subdistricts = max(1, round((given.officials - 1) / SUBDISTRICT_OFFICIALS))
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="xiaohao-bench-") as folder, shelves() as both:
        shelf = both[given.database == "PostgreSQL"]
        shelf.prepare("year", partial(_people, subdistricts=subdistricts))
        with shelf.copy("year") as ledger:
            notices = Path(folder) / "notices"
            year = _live(ledger, _plan(given.problems, given.nights, subdistricts), given.nights, notices)
            _print(given, year, ledger)
    seconds = time.perf_counter() - began
    print(f"all: {seconds:.0f} s", end="")
    if given.problems < FULL:
        print(f"; {FULL:,} problems about {seconds * FULL / given.problems:.0f} s at most", end="")
    print(flush=True)


def _people(url: str, *, subdistricts: int) -> None:
    ledgers.open_ledger(url, subdistricts=subdistricts).engine.dispose()


def _plan(count: int, nights: int, subdistricts: int) -> Plan:
    dice = random.Random(2)
    plan = Plan([[] for _ in range(nights)], defaultdict(list))
    for n in range(count):
        day = n * nights // count
        on = FIRST + timedelta(days=day)
        kind = dice.choice(CLASSES)
        given = on + timedelta(days=dice.randint(10, 90)) if kind is CLASSES[-1] else None
        community = dice.randrange(subdistricts * COMMUNITIES)
        unit = 2 + community // COMMUNITIES * (COMMUNITIES + 1) + 1 + community % COMMUNITIES
        found = on - timedelta(days=dice.randint(0, 3))
        plan.arrivals[day].append(
            NewProblem(Entered.IMPORT, f"第{n}号问题：路面破损", unit, 1, kind, found, due_given=given)
        )
        if dice.random() >= NEVER:
            plan.applied[day + int(dice.triangular(2, 150, 25))].append(n + 1)
    return plan


def _live(ledger: Ledger, plan: Plan, nights: int, notices: Path) -> Year:
    year = Year()
    routes = ChannelSettings(order=(Channel.FILE,), notices_folder=notices)
    who = _who(ledger)
    for day in range(nights):
        on = FIRST + timedelta(days=day)
        start = time.perf_counter()
        _arrive(ledger, on - timedelta(days=1), plan.arrivals[day])
        _apply(ledger, on, plan.applied.get(day, ()), who)
        _verify(ledger, on, plan.applied.get(day - VERIFIED_AFTER, ()), who)
        begun = time.perf_counter()
        year.fired.append(night.fire(ledger, on).fired)
        year.notices += night.compose(ledger, on, routes).notices
        seal.seal(ledger)
        told = time.perf_counter()
        deliver.deliver(ledger, on, routes)
        year.days += begun - start
        year.nights.append(told - begun)
        year.deliveries.append(time.perf_counter() - told)
        shutil.rmtree(notices, ignore_errors=True)
        if day % 30 == 29:
            print(f"{on}: {median(year.nights[-30:]):.2f} s a night", file=sys.stderr, flush=True)
    return year


def _who(ledger: Ledger) -> dict[int, int]:
    """The secretary's id of each community, and the leader's of each subdistrict, by unit."""
    query = sa.select(POST.c.unit_id, POST.c.id).where(POST.c.role.in_([Role.SECRETARY, Role.LEADER]))
    with ledger.reading() as r:
        return {row.unit_id: row.id for row in r.conn.execute(query.order_by(POST.c.id))}


def _arrive(ledger: Ledger, on: date, new: Sequence[NewProblem]) -> None:
    if new:
        with ledger.writing(Action.IMPORT, by="import", on=on, bulk="import") as w:
            new_problems.register_all(w, new)


def _apply(ledger: Ledger, on: date, ids: Sequence[int], who: dict[int, int]) -> None:
    def change(case: Case, rules: Rules) -> Change:
        acted = case.acted(lambda clock: clocks.apply(clock, rules=rules, on=on), rules, on=on)
        by = who[case.row["unit_id"]]
        empty = dict.fromkeys(column.name for column in CLOSING.columns if column.name != "problem_id")
        application = {
            "position": case.next_position(CLOSING),
            "round": 1,
            "applied_on": on,
            "applied_by": by,
        }
        application |= {"kind": ClosingKind.REGULAR, "outcome": ClosingOutcome.APPLIED}
        photo = {
            "position": case.next_position(EVIDENCE),
            "round": 1,
            "sha256": f"{case.id:064x}",
            "size": 204_800,
            "media_type": "image/jpeg",
            "name": "整改后.jpg",
            "phase": EvidencePhase.AFTER,
            "on": on,
            "by": by,
        }
        row = case.row | problems.columns_of(acted.clock)
        return Change(case, row, acted, {EVIDENCE.name: [photo], CLOSING.name: [empty | application]})

    _in_bulk(ledger, Action.APPLY, on, ids, change)


def _verify(ledger: Ledger, on: date, ids: Sequence[int], who: dict[int, int]) -> None:
    def change(case: Case, rules: Rules) -> Change:
        acted = case.acted(lambda clock: clocks.verify(clock, on=on), rules, on=on)
        leader = who[int(case.unit_path.split("/")[2])]
        closing = dict(case.of(CLOSING)[-1])
        closing |= {"verified_on": on, "verified_by": leader, "outcome": ClosingOutcome.VERIFIED}
        return Change(case, case.row | problems.columns_of(acted.clock), acted, {CLOSING.name: [closing]})

    _in_bulk(ledger, Action.VERIFY, on, ids, change)


def _in_bulk(ledger: Ledger, action: Action, on: date, ids: Sequence[int], change: Any) -> None:
    if not ids:
        return
    with ledger.writing(action, by="import", on=on, bulk="import") as w:
        chosen = sa.select(PROBLEM.c.id).where(PROBLEM.c.id.in_(ids))
        found = problems.cases(w, chosen, lock=True)
        problems.write(
            w, [change(case, w.rules(case.clock.policy_id, case.clock.calendar_version)) for case in found]
        )


def _print(given: Any, year: Year, ledger: Ledger) -> None:
    slowest = max(range(len(year.nights)), key=year.nights.__getitem__)
    print(f"\n{given.database}: {len(year.nights)} nights, {given.problems:,} problems")
    print(f"officials       {_count(ledger, 'SELECT count(*) FROM official'):>12,}")
    for said, query in TOTALS.items():
        print(f"{said:<16}{_count(ledger, query):>12,}")
    print(f"timers fired    {sum(year.fired):>12,}")
    print(f"notices         {year.notices:>12,}")
    print(f"database        {_megabytes(ledger):>12,.0f} MB")
    print(f"a night (fire, compose, seal): {median(year.nights):.2f} s, all {sum(year.nights):.0f} s")
    print(
        f"slowest night: {FIRST + timedelta(days=slowest)}, {year.nights[slowest]:.2f} s, "
        f"{year.fired[slowest]:,} timers, then {year.deliveries[slowest]:.2f} s to send"
    )
    print(f"sending: {median(year.deliveries):.2f} s a night, the longest {max(year.deliveries):.2f} s")
    print(f"imports, applications and verifications: {year.days:.0f} s")


TOTALS = {
    "closed": "SELECT count(*) FROM problem WHERE status = 'closed'",
    "red": "SELECT count(*) FROM problem WHERE light = 'red'",
    "yellow": "SELECT count(*) FROM problem WHERE light = 'yellow'",
    "at level 3": "SELECT count(*) FROM problem WHERE level = 3",
    "steps": "SELECT count(*) FROM firing",
    "trail entries": "SELECT count(*) FROM trail",
}


def _count(ledger: Ledger, query: str) -> int:
    with ledger.engine.connect() as conn:
        return int(conn.execute(sa.text(query)).scalar_one())


def _megabytes(ledger: Ledger) -> float:
    if ledger.engine.name == "sqlite":
        file = Path(str(ledger.engine.url.database))
        return sum(each.stat().st_size for each in file.parent.glob(f"{file.name}*")) / 1e6
    return _count(ledger, "SELECT pg_database_size(current_database())") / 1e6


if __name__ == "__main__":
    main()
