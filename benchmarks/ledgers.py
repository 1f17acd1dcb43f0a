"""Ledgers of any size for the benchmarks: a district with people, and problems in the middle of their lives."""

import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from notifiers.choose import ChannelSettings
from xiaohao.actions.set_up import set_up
from xiaohao.ledger import dialect, problems, schema, trail, units
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.tables import HOLDING, OFFICIAL, POST
from xiaohao.ledger.trail import Entry
from xiaohao.ledger.writing import Ledger
from xiaohao.rules import clock as clocks
from xiaohao.rules.clock import Clock, Rules
from xiaohao.rules.timetable import outlook
from xiaohao.vocabulary import Action, Channel, Entered, RectificationClass, Role, Status, UnitKind

NIGHT = date(2026, 11, 24)
SUBDISTRICTS, COMMUNITIES = 12, 40
CHUNK = 100_000
CLASSES = (RectificationClass.IMMEDIATE, RectificationClass.LONG_TERM, *[RectificationClass.TIME_LIMITED] * 3)
ROUTES = ChannelSettings(order=(Channel.FILE,), notices_folder=Path(tempfile.gettempdir()) / "notices")
PROBLEM_COLUMNS = (
    "id", "number", "register_unit_id", "entered", "title", "title_key", "unit_id", "found_on", "version",
)  # fmt: skip


def open_ledger(url: str, *, subdistricts: int = SUBDISTRICTS) -> Ledger:
    """An empty ledger with a policy, a calendar, units and people."""
    engine = open_engine(url)
    schema.make_if_empty(engine)
    ledger = Ledger(engine)
    set_up(ledger)
    _people(ledger, subdistricts)
    return ledger


def _people(ledger: Ledger, subdistricts: int) -> None:
    rows: list[dict[str, Any]] = [
        {"code": "HL", "name": "华龙区", "kind": UnitKind.DISTRICT, "parent_id": None}
    ]
    for s in range(subdistricts):
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
                w.conn.execute(
                    HOLDING.insert().values(id=n, post_id=n, official_id=n, from_on=date(2020, 1, 1))
                )


@dataclass(frozen=True)
class Lives:
    """Problems as the night before left them, as columns: some whose timer is due on NIGHT, some whose is not."""

    columns: tuple[str, ...]
    ready: Sequence[tuple[Any, ...]]
    waiting: Sequence[tuple[Any, ...]]


def lives(ledger: Ledger, kinds: int = 2_000) -> Lives:
    """`kinds` different states of each sort; worked out once for ledgers of every size."""
    with ledger.reading() as r:
        rules = r.current_rules()
    ready, waiting = _clocks(rules, kinds)
    names = tuple(problems.columns_of(ready[0]))
    return Lives(names, _columns(ready), _columns(waiting))


def fill(ledger: Ledger, lived: Lives, *, size: int, due: int) -> None:
    """`size` problems, `due` of them due on NIGHT and spread evenly, each with its entry in the trail."""
    names = (*PROBLEM_COLUMNS, *lived.columns)
    for start in range(0, size, CHUNK):
        numbers = range(start, min(size, start + CHUNK))
        with ledger.quiet_writing() as conn:
            dialect.fill(conn, "problem", names, _rows(numbers, size // due, due, lived))
            trail.seal(conn, [_entry(n) for n in numbers], actor="system:import", run="")


def _clocks(rules: Rules, kinds: int) -> tuple[list[Clock], list[Clock]]:
    dice = random.Random(1)
    ready: dict[Any, Clock] = {}
    waiting: dict[Any, Clock] = {}
    before = NIGHT - timedelta(days=1)
    while len(ready) < kinds or len(waiting) < kinds:
        started = NIGHT - timedelta(days=dice.randint(1, 300))
        kind = dice.choice(CLASSES)
        given = started + timedelta(days=dice.randint(5, 320)) if kind is CLASSES[-1] else None
        start = Clock(kind, Status.REGISTERED, started, started, due_given=given, policy_id=rules.policy.id)
        clock = clocks.begin(start, Entered.IMPORT, rules)
        if clock.next_event_on is not None and clock.next_event_on <= before:
            seen = outlook(clock.state, rules.policy, rules.workdays, before)
            clock = clocks.shown(clock, seen, seen.next_event_on)
        is_due = clock.next_event_on is not None and clock.next_event_on <= NIGHT
        found = ready if is_due else waiting
        if len(found) < kinds:
            found[clock.state] = clock
    return list(ready.values()), list(waiting.values())


def _columns(clocks_: Sequence[Clock]) -> list[tuple[Any, ...]]:
    return [tuple(problems.columns_of(clock).values()) for clock in clocks_]


def _rows(numbers: range, every: int, due: int, lived: Lives) -> Iterator[tuple[Any, ...]]:
    found_at = lived.columns.index("started_on")
    for n in numbers:
        turn, rest = divmod(n, every)
        is_due = rest == 0 and turn < due
        clock = lived.ready[turn % len(lived.ready)] if is_due else lived.waiting[n % len(lived.waiting)]
        place = turn if is_due else n
        community = 1 + (place // SUBDISTRICTS) % COMMUNITIES
        unit = 2 + place % SUBDISTRICTS * (COMMUNITIES + 1) + community
        title = f"问题{n}"
        yield (n + 1, f"HL-{n + 1:08d}", 1, Entered.IMPORT, title, title, unit, clock[found_at], 1, *clock)


def _entry(n: int) -> Entry:
    """As an import leaves it, but for the columns that would only take room."""
    return Entry(
        f"problem:{n + 1}", 1, "import", f'{{"on":"2026-11-23","problem":{{"id":{n + 1}}}}}'.encode()
    )
