"""任职 and AB角: posts, who holds them and who stands in. All days are inclusive (51)."""

from datetime import date

import sqlalchemy as sa
from sqlmodel import SQLModel

from models import columns
from models.columns import check
from xiaohao.vocabulary import Role


class Post(SQLModel, table=True):
    """A role at a unit, held or vacant."""

    __tablename__ = "post"
    __table_args__ = (sa.UniqueConstraint("unit_id", "role"),)

    id: int = columns.key()
    unit_id: int = columns.to("unit.id")
    role: Role = columns.word(Role, "role")


class Holding(SQLModel, table=True):
    """An official holds a post from a day until a day, or without an end."""

    __tablename__ = "holding"
    __table_args__ = (
        check("until_on >= from_on", "days_in_order"),
        sa.Index("holding_post", "post_id", "from_on"),
        sa.Index("holding_official", "official_id"),
    )

    id: int = columns.key()
    post_id: int = columns.to("post.id")
    official_id: int = columns.to("official.id")
    from_on: date = columns.day()
    until_on: date | None = columns.day(null=True)


class Deputy(SQLModel, table=True):
    """An official stands in for the holder of a post from a day until a day."""

    __tablename__ = "deputy"
    __table_args__ = (
        check("until_on >= from_on", "days_in_order"),
        sa.Index("deputy_holding", "holding_id"),
        sa.Index("deputy_official", "official_id"),
    )

    id: int = columns.key()
    holding_id: int = columns.to("holding.id")
    official_id: int = columns.to("official.id")
    from_on: date = columns.day()
    until_on: date = columns.day()
