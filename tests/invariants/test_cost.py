"""I5: a night's statements are as many on a large ledger as on a small one, and read through the timers' index."""

from collections import Counter
from typing import Any

import sqlalchemy as sa
from builders import a_problem
from district import District

from xiaohao.ledger import timers
from xiaohao.ledger.connect import writing_connection
from xiaohao.ledger.tables import PROBLEM
from xiaohao.rules.timetable import TimerState

NIGHT = "2026-11-20"


def statements(district: District, on: str) -> Counter[str]:
    """What a night sends to the database, each kind counted by its first words."""
    said: Counter[str] = Counter()

    def heard(_c: object, _cursor: object, statement: str, *_: object) -> None:
        said[" ".join(statement.split()[:4])] += 1

    engine = district.ledger.engine
    sa.event.listen(engine, "before_cursor_execute", heard)
    try:
        district.runs_night(on)
    finally:
        sa.event.remove(engine, "before_cursor_execute", heard)
    return said


def has_problems(district: District, first: int, last: int, due_on: str) -> None:
    district.has(*(a_problem(f"HL-{n}", due_on=due_on, title=f"问题{n}") for n in range(first, last)))


def test_a_night_sends_as_many_statements_for_a_hundred_problems_as_for_three(staffed: District) -> None:
    """No statement is sent once a problem."""
    staffed.runs_night("2026-11-18")
    has_problems(staffed, 1, 4, "2026-11-18")
    few = statements(staffed, "2026-11-19")
    has_problems(staffed, 4, 104, "2026-11-19")
    many = statements(staffed, "2026-11-20")
    assert sum(many.values()) == sum(few.values()), many - few


def test_a_night_reads_due_problems_through_the_timers_index(staffed: District) -> None:
    """The statement that the night really sends, explained on an analysed ledger."""
    has_problems(staffed, 1, 40, "2026-12-30")
    has_problems(staffed, 40, 42, "2026-11-18")
    sent: list[tuple[str, Any]] = []

    def heard(_c: object, _cursor: object, statement: str, given: Any, *_: object) -> None:
        if statement.startswith("SELECT p.id, p.version, p.round"):
            sent.append((statement, given))

    engine = staffed.ledger.engine
    with writing_connection(engine) as conn:
        conn.exec_driver_sql("ANALYZE")
    sa.event.listen(engine, "before_cursor_execute", heard)
    staffed.runs_night("2026-11-19")
    sa.event.remove(engine, "before_cursor_execute", heard)
    statement, given = sent[0]
    with staffed.ledger.reading() as r:
        if r.conn.dialect.name == "sqlite":
            plan = str(r.conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all())
        else:
            r.conn.exec_driver_sql("SET LOCAL enable_seqscan = off")
            plan = str(r.conn.exec_driver_sql(f"EXPLAIN {statement}", given).all())
    assert "problem_next_event" in plan
    assert "Seq Scan" not in plan


def test_the_key_of_a_decision_is_made_of_columns_of_the_problem() -> None:
    """The query's columns, the grouping and `TimerState` are one list (DESIGN section 7)."""
    assert set(timers.KEY) == set(TimerState.__dataclass_fields__)
    assert set(timers.KEY) <= {column.name for column in PROBLEM.columns}


def test_a_quiet_night_reads_no_problem(staffed: District) -> None:
    """Where nothing is due a second run of the night is a look at the runs and at the timers."""
    has_problems(staffed, 1, 40, "2026-12-30")
    staffed.runs_night("2026-11-19")
    again = statements(staffed, "2026-11-19")
    assert sum(again.values()) <= 12
    assert not any(kind.startswith(("INSERT", "UPDATE")) for kind in again)
