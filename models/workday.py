"""工作日历: versions of the calendar of working days."""

from datetime import date

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models import columns
from models.columns import check


class Calendar(SQLModel, table=True):
    """A version; the days after `announced_until` are not announced yet. Version 1 is the shipped one."""

    __tablename__ = "calendar"
    __table_args__ = (check("version >= 1", "version_range"),)

    version: int = columns.key()
    valid_from: date = columns.day()
    announced_until: date = columns.day()


class Workday(SQLModel, table=True):
    """A day that a version says otherwise than the version before it."""

    __tablename__ = "workday"

    version: int = columns.part_of("calendar.version")
    on: date = Field(sa_column=sa.Column(sa.Date(), primary_key=True))
    working: bool = columns.flag()
    name: str | None = columns.text(null=True)
