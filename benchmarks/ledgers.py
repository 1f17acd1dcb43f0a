"""Ledgers of any size for the benchmarks: a district with people, and problems in the middle of their lives."""

import random
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from notifiers.choose import ChannelSettings
from xiaohao.actions.set_up import set_up
from xiaohao.ledger import dialect, problems, schema, units
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.tables import HOLDING, OFFICIAL, POST
from xiaohao.ledger.writing import Ledger
from xiaohao.rules import clock as clocks
from xiaohao.rules.clock import Clock, Rules
from xiaohao.rules.timetable import outlook
from xiaohao.vocabulary import Action, Channel, Entered, RectificationClass, Role, Status, UnitKind

NIGHT = date(2026, 11, 24)
SUBDISTRICTS, COMMUNITIES = 12, 40
ROUTES = ChannelSettings(order=(Channel.FILE,), notices_folder=Path(tempfile.gettempdir()) / "notices")
PROBLEM_COLUMNS = (
    "id", "number", "register_unit_id", "entered", "title", "title_key", "unit_id", "found_on", "version",
)  # fmt: skip


def open_ledger(url: str) -> Ledger:
    """An empty ledger with a policy, a calendar, units and people."""
    engine = open_engine(url)
    schema.make_if_empty(engine)
    ledger = Ledger(engine)
    set_up(ledger)
    _people(ledger)
    return ledger


def _people(ledger: Ledger) -> None:
    rows: list[dict[str, Any]] = [{"code": "HL", "name": "华龙区", "kind": UnitKind.DISTRICT, "parent_id": None}]
    for s in range(SUBDISTRICTS):
        rows.append({"code": f"S{s}", "name": f"{s}街道", "kind": UnitKind.SUBDISTRICT, "parent_id": -1})
        at = len(rows)
        rows += [
            {"code": f"S{s}C{c}", "name": f"{s}街{c}社区", "kind": UnitKind.COMMUNITY, "parent_id": -at}
            for c in range(COMMUNITIES)
        ]
    with ledger.writing(Action.UNIT, by="import", on=NIGHT) as w:
        units.add(w, rows)
        n = 0
        for unit_id, row in enumerate(rows, start=1):
            roles = {
                UnitKind.DISTRICT: (Role.SUPERVISOR,),
                UnitKind.SUBDISTRICT: (Role.SECRETARY, Role.LEADER),
            }.get(row["kind"], (Role.SECRETARY, Role.CLERK))
            for role in roles:
                n += 1
                w.conn.execute(OFFICIAL.insert().values(id=n, code=f"P{n}", name=f"人员{n}", active=True))
                w.conn.execute(POST.insert().values(id=n, unit_id=unit_id, role=role))
                w.conn.execute(HOLDING.insert().values(id=n, post_id=n, official_id=n, from_on=date(2020, 1, 1)))


def templates(rules: Rules, *, due: bool, count: int, seed: int) -> list[Clock]:
    """Clocks as the night before left them: `count` different ones whose timer is due, or is not."""
    dice = random.Random(seed)
    found: dict[Any, Clock] = {}
    before = NIGHT - timedelta(days=1)
    while len(found) < count:
        started = NIGHT - timedelta(days=dice.randint(1, 300))
        kind = dice.choice((RectificationClass.IMMEDIATE, *[RectificationClass.TIME_LIMITED] * 3, RectificationClass.LONG_TERM))
        dated = kind is RectificationClass.TIME_LIMITED
        given = started + timedelta(days=dice.randint(5, 320)) if dated else None
        start = Clock(kind, Status.REGISTERED, started, started, due_given=given, policy_id=rules.policy.id)
        clock = clocks.begin(start, Entered.IMPORT, rules)
        if clock.next_event_on is not None and clock.next_event_on <= before:
            seen = outlook(clock.state, rules.policy, rules.workdays, before)
            clock = clocks.shown(clock, seen, seen.next_event_on)
        if (clock.next_event_on is not None and clock.next_event_on <= NIGHT) == due:
            found[clock.state] = clock
    return list(found.values())


def fill(ledger: Ledger, *, size: int, due: int, kinds: int = 2_000) -> None:
    """`size` problems of which `due` have a timer due on NIGHT, in `kinds` different states."""
    with ledger.reading() as r:
        rules = r.current_rules()
    ready = templates(rules, due=True, count=min(kinds, due), seed=1)
    waiting = templates(rules, due=False, count=kinds, seed=2)
    with ledger.writing(Action.IMPORT, by="import", on=NIGHT) as w:
        names = (*PROBLEM_COLUMNS, *problems.columns_of(ready[0]))
        for start in range(0, size, 50_000):
            rows = _rows(range(start, min(size, start + 50_000)), size, due, ready, waiting)
            dialect.fill(w.conn, "problem", names, rows)
    analyze(ledger.engine)


def _rows(
    numbers: range, size: int, due: int, ready: list[Clock], waiting: list[Clock]
) -> Iterator[tuple[Any, ...]]:
    every = max(1, size // due)
    columns_ready = [tuple(problems.columns_of(replace(clock)).values()) for clock in ready]
    columns_waiting = [tuple(problems.columns_of(clock).values()) for clock in waiting]
    for n in numbers:
        is_due = n % every == 0 and n // every < due
        clock = columns_ready[(n // every) % len(ready)] if is_due else columns_waiting[n % len(waiting)]
        subdistrict = n % SUBDISTRICTS
        unit = 2 + subdistrict * (COMMUNITIES + 1) + 1 + (n // SUBDISTRICTS) % COMMUNITIES
        title = f"问题{n}"
        found_on = clock[2]
        yield (n + 1, f"HL-{n + 1:08d}", 1, Entered.IMPORT, title, title, unit, found_on, 1, *clock)


def analyze(engine: sa.Engine) -> None:
    """Let the database know its tables, as it would after a while in use."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.exec_driver_sql("ANALYZE")
