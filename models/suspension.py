"""中止: days that are no days in any count."""

from datetime import date

from sqlmodel import SQLModel

from models import columns
from models.columns import check


class Suspension(SQLModel, table=True):
    """A granted interval, both days inclusive. `cut_on`: an application ended it with the day before (33)."""

    __tablename__ = "suspension"
    __table_args__ = (
        check("position >= 1", "position_range"),
        check("round >= 1", "round_range"),
        check("until_on >= from_on", "days_in_order"),
    )

    problem_id: int = columns.part_of("problem.id")
    position: int = columns.position()
    round: int = columns.number()
    from_on: date = columns.day()
    until_on: date = columns.day()
    reason: str = columns.text()
    granted_on: date = columns.day()
    granted_by: int | None = columns.to("official.id", null=True)
    cut_on: date | None = columns.day(null=True)
