"""A step that was crossed: recorded once, told once, or withdrawn."""

from datetime import date

import sqlalchemy as sa
from sqlmodel import SQLModel

from models import columns
from models.columns import check, partial_index
from xiaohao.vocabulary import Role, StepKind

STANDING = "withdrawn_on IS NULL"
"""SQL: the timetable still holds the step; the target of ON CONFLICT repeats it."""
UNTOLD = "notice_id IS NULL AND NOT quiet AND withdrawn_on IS NULL"
"""SQL: recorded, to be told, and not yet in a notice; a query uses the index where it repeats these words."""


class Firing(SQLModel, table=True):
    """A step. `clock_on` is the day it counts from, `crossed_on` its own day (12), `quiet` is never told.

    `unit_id`, `official_id` and `run_id` point to rows that are never deleted; a foreign key on each
    would add a quarter to what PostgreSQL needs to write a night's steps (measured).
    """

    __tablename__ = "firing"
    __table_args__ = (
        check("level BETWEEN 0 AND 3", "level_range"),
        check("repeat >= 0", "repeat_range"),
        check("round >= 1", "round_range"),
        partial_index(
            "firing_once",
            "problem_id",
            "round",
            "clock_on",
            "step",
            "level",
            "repeat",
            where=STANDING,
            unique=True,
        ),
        partial_index("firing_untold", "problem_id", where=UNTOLD),
        sa.Index("firing_problem", "problem_id"),
    )

    id: int | None = columns.own_number()
    problem_id: int = columns.to("problem.id")
    round: int = columns.number()
    clock_on: date = columns.day()
    step: StepKind = columns.word(StepKind, "step")
    rank: int = columns.number()
    level: int = columns.number()
    repeat: int = columns.number()
    crossed_on: date = columns.day()
    withdrawn_on: date | None = columns.day(null=True)
    quiet: bool = columns.flag()
    unit_id: int | None = columns.long_number(null=True)
    role: Role | None = columns.word(Role, "role", null=True)
    official_id: int | None = columns.long_number(null=True)
    notice_id: int | None = columns.to("notice.id", null=True)
    run_id: int | None = columns.long_number(null=True)
