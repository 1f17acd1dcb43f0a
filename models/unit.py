"""单位: the tree of units. One database is one district."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models import columns
from models.columns import check, partial_index
from xiaohao.vocabulary import UnitKind

ENDS_IN_ID = "substr(path, length(path) - length('/' || id || '/') + 1) = '/' || id || '/'"
PATH = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


class Unit(SQLModel, table=True):
    """A unit. `path` is "/1/5/12/", the ids from the root to itself.

    A subtree is one index range: `path >= p AND path < successor(p)`, byte by byte.
    """

    __tablename__ = "unit"
    __table_args__ = (
        check("parent_id <> id", "parent_other"),
        check(f"substr(path, 1, 1) = '/' AND {ENDS_IN_ID}", "path_ends_in_id"),
        sa.UniqueConstraint("parent_id", "name"),
        partial_index("unit_root_name", "name", where="parent_id IS NULL", unique=True),
    )

    id: int = columns.key()
    code: str = columns.text(unique=True)
    name: str = columns.text()
    kind: UnitKind = columns.word(UnitKind, "kind")
    parent_id: int | None = columns.to("unit.id", null=True)
    path: str = Field(sa_column=sa.Column(PATH, nullable=False, unique=True))
