"""I4: sixty nights one by one and in one jump end alike, over the example ledger."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from example_district import FIRST, district_with_the_example, runs

from xiaohao.ledger import schema
from xiaohao.ledger.tables import FIRING, PROBLEM, RUN
from xiaohao.ledger.writing import Ledger
from xiaohao.vocabulary import RunState

NIGHTS = 60
STATE = ("number", "status", "light", "level", "repeat", "due_on", "review_on", "next_event_on")
STEP = ("problem_id", "round", "clock_on", "step", "rank", "level", "repeat", "crossed_on")


def seen(ledger: Ledger) -> dict[str, list[Any]]:
    """Every problem's state, and every step that stands with its own day."""
    with ledger.reading() as r:
        states = sa.select(*(PROBLEM.c[name] for name in STATE)).order_by(PROBLEM.c.id)
        steps = sa.select(*(FIRING.c[name] for name in STEP)).where(FIRING.c.withdrawn_on.is_(None))
        return {
            "states": [tuple(row) for row in r.conn.execute(states)],
            "steps": sorted(tuple(row) for row in r.conn.execute(steps)),
        }


def test_sixty_nights_one_by_one_and_in_one_jump_end_alike(
    engine: sa.Engine, empty_engine: sa.Engine
) -> None:
    """Status, light, level, due day, next event, and the steps with their days (I4)."""
    schema.upgrade(empty_engine)
    every, jump = district_with_the_example(engine), district_with_the_example(empty_engine)
    last = FIRST + timedelta(days=NIGHTS)
    for n in range(NIGHTS + 1):
        runs(every, FIRST + timedelta(days=n))
    runs(jump, FIRST)
    runs(jump, last)
    assert seen(every) == seen(jump)
    assert len(seen(every)["steps"]) > 200
    with jump.reading() as r:
        missed = r.conn.execute(
            sa.select(RUN.c.business_date).where(RUN.c.state == RunState.MISSED)
        ).scalars()
        assert sorted(missed) == [FIRST + timedelta(days=n) for n in range(1, NIGHTS)]
