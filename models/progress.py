"""整改进展: what was reported about a problem."""

from datetime import date

from sqlmodel import SQLModel

from models import columns
from models.columns import check


class Progress(SQLModel, table=True):
    """One report; for a long-term problem it holds the reviews that are due (36).

    A report with `lapsed_on` was made before the problem came into this class, and holds none.
    """

    __tablename__ = "progress"
    __table_args__ = (check("position >= 1", "position_range"), check("round >= 1", "round_range"))

    problem_id: int = columns.part_of("problem.id")
    position: int = columns.position()
    round: int = columns.number()
    on: date = columns.day()
    by: int | None = columns.to("official.id", null=True)
    text: str = columns.text()
    lapsed_on: date | None = columns.day(null=True)
