"""整改措施: what is to be done about a problem, one row each."""

from datetime import date

from sqlmodel import SQLModel

from models import columns
from models.columns import check


class Measure(SQLModel, table=True):
    """A measure; all of a problem's are done before it can be closed."""

    __tablename__ = "measure"
    __table_args__ = (check("position >= 1", "position_range"),)

    problem_id: int = columns.part_of("problem.id")
    position: int = columns.position()
    text: str = columns.text()
    due_on: date | None = columns.day(null=True)
    done_on: date | None = columns.day(null=True)
    owner: str | None = columns.text(null=True)
