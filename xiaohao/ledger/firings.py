"""Steps that are recorded and untold, and how they are marked as told. Decisions 13, 16 and 59."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa

from models.firing import UNTOLD
from xiaohao.ledger import dialect
from xiaohao.ledger.timers import KEY, day, state_of
from xiaohao.ledger.writing import Reading, Writing
from xiaohao.rules.timetable import TimerState
from xiaohao.vocabulary import Light, Role, StepKind


class Matter(NamedTuple):
    """What many problems share: their state, their light, and the step that is told of them.

    `no` numbers those of one reading, so that what depends on nothing else is worked out once.
    """

    no: int
    state: TimerState
    light: Light | None
    kind: StepKind
    rank: int
    level: int
    repeat: int
    clock_on: date
    crossed_on: date
    round: int


class Untold(NamedTuple):
    """A problem with the highest of its steps still untold, and the ids of all of them."""

    problem_id: int
    version: int
    number: str
    title: str
    unit_id: int
    matter: Matter
    firing_id: int
    firing_ids: tuple[int, ...]
    only_repeats: bool = False
    """Whether all of them are repeats of one step at one level."""

    @property
    def kind(self) -> StepKind:
        return self.matter.kind

    @property
    def level(self) -> int:
        return self.matter.level

    @property
    def crossed_on(self) -> date:
        return self.matter.crossed_on


class Teller(NamedTuple):
    """To whom steps are told, for which post, and in which notice."""

    notice_id: int
    official_id: int
    official_code: str
    unit_id: int
    role: Role


def any_untold(r: Reading) -> bool:
    """Whether any step waits to be told."""
    return r.conn.execute(sa.text(f"SELECT 1 FROM firing WHERE {UNTOLD} LIMIT 1")).scalar() is not None


def helping_units(r: Reading) -> Mapping[int, tuple[str, ...]]:
    """The co-organising units' names of the problems that have steps to be told."""
    names: dict[int, tuple[str, ...]] = defaultdict(tuple)
    query = sa.text(
        "SELECT c.problem_id, u.name FROM co_unit c JOIN unit u ON u.id = c.unit_id "
        f"WHERE c.problem_id IN (SELECT problem_id FROM firing WHERE {UNTOLD}) ORDER BY c.problem_id, c.position"
    )
    for problem_id, name in r.conn.execute(query):
        names[problem_id] += (name,)
    return names


def untold(r: Reading, *, lock: bool) -> list[Untold]:
    """Every problem with steps untold, in order of id: the highest by rank, level and repeat (16, 59).

    Reads through the partial index firing_untold; locks the problem rows where asked for.
    """
    columns = ", ".join(f"p.{name}" for name in KEY)
    suffix = f" ORDER BY p.id{dialect.for_update(r.conn) if lock else ''}"
    problems = r.conn.execute(
        sa.text(
            f"SELECT p.id, p.version, p.number, p.title, p.unit_id, p.light, {columns} FROM problem p "
            f"WHERE p.id IN (SELECT problem_id FROM firing WHERE {UNTOLD}){suffix}"
        )
    ).all()
    steps: dict[int, list[Any]] = defaultdict(list)
    query = sa.text(
        f"SELECT problem_id, rank, level, repeat, id, step, clock_on, crossed_on, round FROM firing WHERE {UNTOLD}"
    )
    for step in r.conn.execute(query):
        steps[step[0]].append(step)
    matters: dict[tuple[Any, ...], Matter] = {}
    return [_untold(row, steps[row[0]], matters) for row in problems if row[0] in steps]


def _untold(row: Any, steps: Sequence[Any], matters: dict[tuple[Any, ...], Matter]) -> Untold:
    best = steps[0] if len(steps) == 1 else max(steps, key=lambda step: step[1:5])
    key = row[5:] + best[1:4] + best[5:]
    matter = matters.get(key)
    if matter is None:
        matter = matters[key] = _matter(len(matters), row[5], row[6:], best)
    problem_id, version, number, title, unit_id = row[:5]
    ids = tuple([step[4] for step in steps])
    only_repeats = best[3] > 0 and all(step[3] > 0 and _same_step(step, best) for step in steps)
    return Untold(problem_id, version, number, title, unit_id, matter, best[4], ids, only_repeats)


def _same_step(one: Any, other: Any) -> bool:
    """Whether two rows of steps agree in rank, level, kind, the day they count from, and the round."""
    return (one[1:3], one[5:7], one[8]) == (other[1:3], other[5:7], other[8])


def _matter(no: int, light: str | None, key: Sequence[Any], step: Any) -> Matter:
    _, rank, level, repeat, _, kind, clock_on, crossed_on, round_ = step
    return Matter(
        no,
        state_of(key),
        None if light is None else Light(light),
        StepKind(kind),
        rank,
        level,
        repeat,
        day(clock_on),
        day(crossed_on),
        round_,
    )


def mark_told(w: Writing, told: Sequence[tuple[Untold, Teller]]) -> None:
    """Every untold step of these problems gets the notice; the highest also whom it was told to."""
    if not told:
        return
    conn = w.conn
    dialect.create_temp_table(
        conn,
        "told",
        "problem_id BIGINT PRIMARY KEY, firing_id BIGINT, notice_id BIGINT, official_id BIGINT, "
        "unit_id BIGINT, role VARCHAR(16)",
    )
    names = ("problem_id", "firing_id", "notice_id", "official_id", "unit_id", "role")
    rows = [
        (each.problem_id, each.firing_id, teller.notice_id, teller.official_id, teller.unit_id, teller.role)
        for each, teller in told
    ]
    dialect.fill(conn, "told", names, rows)
    highest = "CASE WHEN firing.id = told.firing_id THEN"
    marked = UNTOLD.replace("notice_id", "firing.notice_id")
    conn.exec_driver_sql(
        f"UPDATE firing SET notice_id = told.notice_id, official_id = {highest} told.official_id END, "
        f"unit_id = {highest} told.unit_id END, role = {highest} told.role END "
        f"FROM told WHERE firing.problem_id = told.problem_id AND {marked}"
    )
    conn.exec_driver_sql("UPDATE problem SET version = version + 1 WHERE id IN (SELECT problem_id FROM told)")


def told_key(matter: Matter, teller: Teller) -> tuple[object, ...]:
    """What `told_detail` depends on."""
    return (matter.round, matter.clock_on, matter.kind, matter.level, matter.repeat, teller)


def told_detail(matter: Matter, teller: Teller, on: date) -> Mapping[str, Any]:
    """What compose writes into the trail of one problem (DESIGN section 6)."""
    return {
        "on": on,
        "told": {
            "round": matter.round,
            "clock_on": matter.clock_on,
            "step": matter.kind,
            "level": matter.level,
            "repeat": matter.repeat,
            "role": teller.role,
            "unit_id": teller.unit_id,
            "official": teller.official_code,
        },
    }
