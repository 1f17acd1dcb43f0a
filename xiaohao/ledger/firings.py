"""Steps that are recorded and untold, and how they are marked as told. Decisions 13, 16 and 59."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa

from models.firing import UNTOLD
from xiaohao.ledger import dialect
from xiaohao.ledger.timers import KEY, state_of
from xiaohao.ledger.writing import Reading, Writing
from xiaohao.rules.timetable import TimerState
from xiaohao.vocabulary import Light, Role, StepKind


class Untold(NamedTuple):
    """A problem with the highest of its steps still untold, and the ids of all of them."""

    problem_id: int
    version: int
    number: str
    title: str
    unit_id: int
    light: Light | None
    state: TimerState
    firing_id: int
    firing_ids: tuple[int, ...]
    kind: StepKind
    rank: int
    level: int
    repeat: int
    clock_on: date
    crossed_on: date
    round: int


class Teller(NamedTuple):
    """To whom a problem's step was told, and in which notice."""

    untold: Untold
    notice_id: int
    official_id: int
    official_code: str
    unit_id: int
    role: Role


def any_untold(r: Reading) -> bool:
    """Whether any step waits to be told."""
    return r.conn.execute(sa.text(f"SELECT 1 FROM firing WHERE {UNTOLD} LIMIT 1")).scalar() is not None


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
        "SELECT id, problem_id, step, rank, level, repeat, clock_on, crossed_on, round FROM firing "
        f"WHERE {UNTOLD}"
    ).columns(
        sa.column("id", sa.BigInteger),
        sa.column("problem_id", sa.BigInteger),
        sa.column("step", sa.Text),
        sa.column("rank", sa.Integer),
        sa.column("level", sa.Integer),
        sa.column("repeat", sa.Integer),
        sa.column("clock_on", sa.Date),
        sa.column("crossed_on", sa.Date),
        sa.column("round", sa.Integer),
    )
    for row in r.conn.execute(query):
        steps[row.problem_id].append(row)
    states: dict[tuple[Any, ...], TimerState] = {}
    return [_untold(row, steps[row[0]], states) for row in problems if steps.get(row[0])]


def _untold(row: Any, steps: Sequence[Any], states: dict[tuple[Any, ...], TimerState]) -> Untold:
    key = tuple(row[6:])
    if key not in states:
        states[key] = state_of(key)
    best = max(steps, key=lambda step: (step.rank, step.level, step.repeat, step.id))
    return Untold(
        row[0],
        row[1],
        row[2],
        row[3],
        row[4],
        None if row[5] is None else Light(row[5]),
        states[key],
        best.id,
        tuple(step.id for step in steps),
        StepKind(best.step),
        best.rank,
        best.level,
        best.repeat,
        best.clock_on,
        best.crossed_on,
        best.round,
    )


def mark_told(w: Writing, told: Sequence[Teller]) -> None:
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
        (t.untold.problem_id, t.untold.firing_id, t.notice_id, t.official_id, t.unit_id, t.role) for t in told
    ]
    dialect.fill(conn, "told", names, rows)
    conn.exec_driver_sql(
        "UPDATE firing SET official_id = told.official_id, unit_id = told.unit_id, role = told.role "
        "FROM told WHERE firing.id = told.firing_id"
    )
    marked = UNTOLD.replace("notice_id", "firing.notice_id")
    conn.exec_driver_sql(
        f"UPDATE firing SET notice_id = told.notice_id FROM told "
        f"WHERE firing.problem_id = told.problem_id AND {marked}"
    )
    conn.exec_driver_sql(
        "UPDATE problem SET version = problem.version + 1 FROM told WHERE problem.id = told.problem_id"
    )


def told_key(teller: Teller) -> tuple[object, ...]:
    """What `told_detail` depends on."""
    u = teller.untold
    return (u.round, u.clock_on, u.kind, u.level, u.repeat, teller.role, teller.unit_id, teller.official_id)


def told_detail(teller: Teller, on: date) -> Mapping[str, Any]:
    """What compose writes into the trail of one problem (DESIGN section 6)."""
    untold_ = teller.untold
    return {
        "on": on,
        "told": {
            "round": untold_.round,
            "clock_on": untold_.clock_on,
            "step": untold_.kind,
            "level": untold_.level,
            "repeat": untold_.repeat,
            "role": teller.role,
            "unit_id": teller.unit_id,
            "official": teller.official_code,
        },
    }
