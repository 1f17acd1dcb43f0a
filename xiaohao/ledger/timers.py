"""The night's statement: every timer that is due moves its problem to what its timetable says.

What is decided once a distinct `TimerState` is written by set (DESIGN section 7). The query's
columns and `TimerState`'s fields are the same list; a test compares them.
"""

from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa

from xiaohao.ledger import dialect, faults, trail
from xiaohao.ledger.faults import Found
from xiaohao.ledger.problems import step_detail
from xiaohao.ledger.scopes import Scope
from xiaohao.ledger.tables import FIRING, PROBLEM
from xiaohao.ledger.writing import Reading, Writing
from xiaohao.rules.timetable import Outlook, Step, TimerState, due_steps, outlook
from xiaohao.vocabulary import Light, RectificationClass, Status

KEY = tuple(each.name for each in fields(TimerState))
BATCH = 100_000
NONE: frozenset[Any] = frozenset()
DECISION_COLUMNS = "no BIGINT PRIMARY KEY, status VARCHAR(16), light VARCHAR(16), level INTEGER, repeat INTEGER, next_event_on DATE, verify_by DATE"
STEP_COLUMNS = (
    "no INTEGER, step VARCHAR(16), rank INTEGER, level INTEGER, repeat INTEGER, clock_on DATE, "
    "crossed_on DATE, quiet BOOLEAN"
)


@dataclass(frozen=True)
class Decision:
    """What a timetable says of one state, and the steps that fire."""

    no: int
    seen: Outlook
    steps: tuple[Step, ...]


class Due(NamedTuple):
    """A problem that is due, and what is decided of it."""

    problem_id: int
    version: int
    round: int
    decision: Decision


@dataclass
class Fired:
    """What a night's timers did in one scope, counted."""

    problems: int = 0
    yellow: int = 0
    red: int = 0
    escalated: Tally[int] = field(default_factory=Tally)
    set_aside: list[Found] = field(default_factory=list)


def due(scope: Scope, on: date) -> tuple[str, dict[str, Any]]:
    """SQL that selects the due timers of a scope: FROM and WHERE, and its parameters."""
    where = (
        "FROM problem p WHERE p.next_event_on <= :on AND p.next_event_on IS NOT NULL "
        "AND p.status IN ('registered', 'rectifying', 'suspended', 'applied')"
    )
    return where + scope.condition("p.unit_id"), {"on": on} | scope.parameters


def fire_due_timers(w: Writing, scope: Scope) -> Fired:
    """Move every problem whose next event is due to the state that its timetable gives for `w.on`.

    Reads problem rows with next_event_on <= w.on in `scope` through the partial index
    problem_next_event, and no others. Missed nights fire in the same pass (I4); a second
    call finds nothing (I3). A state whose timetable raises is set aside with a fault; the
    others fire.
    """
    fired = Fired()
    last_set_aside = 0
    while True:
        rows = _batch(w, scope, after=last_set_aside)
        decisions: dict[tuple[Any, ...], Decision | Exception] = {}
        due_: list[Due] = []
        for row in rows:
            problem_id, version, round_ = row[:3]
            key = row[3:]
            if key not in decisions:
                decisions[key] = _decide(w, len(decisions), key)
                if isinstance(error := decisions[key], Exception):
                    fired.set_aside.append(faults.set_aside(problem_id, error))
            if isinstance(decision := decisions[key], Decision):
                due_.append(Due(problem_id, version, round_, decision))
        if due_:
            _write(w, [each for each in decisions.values() if isinstance(each, Decision)], due_)
            _count(fired, due_)
        if len(rows) < BATCH:
            return fired
        last_set_aside = rows[-1][0] if len(due_) < len(rows) else last_set_aside


def _batch(w: Writing, scope: Scope, *, after: int) -> Sequence[Any]:
    source, parameters = due(scope, w.on)
    columns = ", ".join(f"p.{name}" for name in KEY)
    # the plus keeps a planner from walking the whole table along its key, which would be in order already
    query = sa.text(
        f"SELECT p.id, p.version, p.round, {columns} {source} AND +p.id > :after "
        f"ORDER BY +p.id LIMIT {BATCH}{dialect.for_update(w.conn)}"
    ).bindparams(sa.bindparam("on", type_=sa.Date))
    return w.conn.execute(query, parameters | {"after": after}).all()


def day(value: Any) -> Any:
    """The date (or None) that a driver gives for a day: on SQLite it is ISO text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def state_of(key: Sequence[Any]) -> TimerState:
    """The state that a row's columns, in the order of `KEY`, tell."""
    kind, status, *days, suspensions, policy_id, calendar_version, next_event_on = key
    read: list[Any] = [RectificationClass(kind), Status(status), *map(day, days)]
    read += [suspensions, policy_id, calendar_version, day(next_event_on)]
    return TimerState(*read)


def _decide(w: Writing, no: int, key: Sequence[Any]) -> Decision | Exception:
    try:
        state = state_of(key)
        rules = w.rules(state.policy_id, state.calendar_version)
        seen = outlook(state, rules.policy, rules.workdays, w.on, since=state.next_event_on)
        return Decision(no, seen, due_steps(state, seen))
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        return error


def _write(w: Writing, decisions: Sequence[Decision], due_: Sequence[Due]) -> None:
    conn = w.conn
    dialect.create_temp_table(conn, "decision", DECISION_COLUMNS)
    names = ("no", "status", "light", "level", "repeat", "next_event_on", "verify_by")
    seen = ((d.no, d.seen) for d in decisions)
    rows = [(no, s.status, s.light, s.level, s.repeat, s.next_event_on, s.verify_by) for no, s in seen]
    dialect.fill(conn, "decision", names, rows)
    dialect.create_temp_table(conn, "due_problem", "problem_id BIGINT PRIMARY KEY, no INTEGER, round INTEGER")
    members = [(each.problem_id, each.decision.no, each.round) for each in due_]
    dialect.fill(conn, "due_problem", ("problem_id", "no", "round"), members)
    # the plus keeps SQLite from walking the whole of `problem` and looking each row up in due_problem
    conn.exec_driver_sql(
        "UPDATE problem SET status = d.status, light = d.light, level = d.level, repeat = d.repeat, "
        "next_event_on = d.next_event_on, verify_by = d.verify_by, version = problem.version + 1 "
        "FROM due_problem f JOIN decision d ON d.no = f.no WHERE problem.id = +f.problem_id"
    )
    had = _write_steps(w, decisions, due_)
    details: dict[tuple[int, int, frozenset[Any]], bytes] = {}
    for problem_id, version, round_, decision in due_:
        key = (decision.no, round_, had.get(problem_id, NONE))
        if key not in details:
            steps = [step for step in decision.steps if step.key not in key[2]]
            details[key] = detail(w.on, decision.seen, steps, round_)
        w.note(f"problem:{problem_id}", version + 1, details[key])


def _write_steps(
    w: Writing, decisions: Sequence[Decision], due_: Sequence[Due]
) -> Mapping[int, frozenset[Any]]:
    """Insert the steps that fire; for problems that had some of them already, the keys they had."""
    conn = w.conn
    steps = [
        (
            d.no,
            s.kind,
            s.rank,
            s.level,
            s.repeat,
            s.clock_on,
            s.crossed_on,
            s.quiet,
        )
        for d in decisions
        for s in d.steps
    ]
    if not steps:
        return {}
    dialect.create_temp_table(conn, "due_step", STEP_COLUMNS)
    names = ("no", "step", "rank", "level", "repeat", "clock_on", "crossed_on", "quiet")
    dialect.fill(conn, "due_step", names, steps)
    before = int(conn.exec_driver_sql("SELECT coalesce(max(id), 0) FROM firing").scalar_one())
    inserted = conn.exec_driver_sql(
        "INSERT INTO firing (problem_id, round, clock_on, step, rank, level, repeat, crossed_on, quiet, run_id) "
        "SELECT f.problem_id, f.round, s.clock_on, s.step, s.rank, s.level, s.repeat, s.crossed_on, s.quiet, "
        f"{'NULL' if w.run_id is None else int(w.run_id)} "
        "FROM due_problem f JOIN due_step s ON s.no = f.no WHERE TRUE "
        "ON CONFLICT (problem_id, round, clock_on, step, level, repeat) WHERE withdrawn_on IS NULL DO NOTHING"
    ).rowcount
    if inserted == sum(len(each.decision.steps) for each in due_):
        return {}
    return _had_already(w, before)


def _had_already(w: Writing, before: int) -> Mapping[int, frozenset[Any]]:
    query = (
        sa.select(FIRING.c.problem_id, FIRING.c.clock_on, FIRING.c.step, FIRING.c.level, FIRING.c.repeat)
        .select_from(FIRING.join(PROBLEM, PROBLEM.c.id == FIRING.c.problem_id))
        .where(
            FIRING.c.problem_id.in_(sa.text("SELECT problem_id FROM due_problem")),
            FIRING.c.round == PROBLEM.c.round,
            FIRING.c.withdrawn_on.is_(None),
            FIRING.c.id <= before,
        )
    )
    had: dict[int, set[Any]] = defaultdict(set)
    for problem_id, *key in w.conn.execute(query):
        had[problem_id].add(tuple(key))
    return {problem_id: frozenset(keys) for problem_id, keys in had.items()}


def _count(fired: Fired, due_: Sequence[Due]) -> None:
    lights = Tally(each.decision.seen.light for each in due_)
    fired.problems += len(due_)
    fired.yellow += lights[Light.YELLOW]
    fired.red += lights[Light.RED]


def detail(on: date, seen: Outlook, steps: Sequence[Step], round_: int) -> bytes:
    """What a night set on a problem, as the trail carries it."""
    return trail.detail_of(
        {
            "on": on,
            "problem": {
                "status": seen.status,
                "light": seen.light,
                "level": seen.level,
                "repeat": seen.repeat,
                "next_event_on": seen.next_event_on,
                "verify_by": seen.verify_by,
            },
            "firing": [step_detail(step, round_) for step in steps],
        }
    )


def due_states(r: Reading, scope: Scope, on: date) -> Sequence[tuple[TimerState, int]]:
    """The distinct states that are due, with how many problems are in each; for a dry run."""
    source, parameters = due(scope, on)
    columns = ", ".join(f"p.{name}" for name in KEY)
    query = sa.text(f"SELECT count(*), {columns} {source} GROUP BY {columns}").bindparams(
        sa.bindparam("on", type_=sa.Date)
    )
    return [(state_of(key), count) for count, *key in r.conn.execute(query, parameters)]


def anything_due(r: Reading, scope: Scope, on: date) -> bool:
    """Whether any timer of the scope is due, a verified closing's included."""
    query = sa.text(
        "SELECT 1 FROM problem p WHERE p.next_event_on <= :on AND p.next_event_on IS NOT NULL"
        f"{scope.condition('p.unit_id')} LIMIT 1"
    ).bindparams(sa.bindparam("on", type_=sa.Date))
    return r.conn.execute(query, {"on": on} | scope.parameters).scalar() is not None
