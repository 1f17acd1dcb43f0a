"""Residents who raised a problem: never in the trail, and may be deleted."""

from sqlmodel import SQLModel

from models import columns
from models.columns import check


class Resident(SQLModel, table=True):
    """A resident's name and telephone."""

    __tablename__ = "resident"
    __table_args__ = (check("position >= 1", "position_range"),)

    problem_id: int = columns.part_of("problem.id")
    position: int = columns.position()
    name: str = columns.text()
    phone: str | None = columns.text(null=True)
