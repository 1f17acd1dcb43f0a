"""留痕: the append-only log of every step, its head, and its checkpoints (DESIGN section 6).

What the triggers of `xiaohao.ledger.guards` refuse is said there.
"""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from models import columns
from models.columns import Key, check


class Trail(SQLModel, table=True):
    """One entry. `at` (UTC, milliseconds, Z) and `detail` are text exactly as they were hashed."""

    __tablename__ = "trail"
    __table_args__ = (
        sa.UniqueConstraint("subject", "version"),
        check("seq >= 0", "seq_range"),
        check("(detail IS NULL) = (salt IS NULL)", "erased_whole"),
        check("length(salt) = 16", "salt_length"),
        check("length(leaf) = 32", "leaf_length"),
    )

    seq: int = columns.key()
    at: str = columns.text()
    actor: str = columns.text()
    action: str = columns.text()
    subject: str = columns.text()
    version: int = columns.number()
    run: str = columns.text(default="")
    detail: str | None = columns.text(null=True)
    salt: bytes | None = columns.octets(null=True)
    leaf: bytes = columns.octets()


class TrailHead(SQLModel, table=True):
    """The one row that is locked last: the tree's size and its right edge."""

    __tablename__ = "trail_head"
    __table_args__ = (check("id = 1", "only_one"), check("size >= 0", "size_range"))

    id: int = Field(default=1, sa_column=sa.Column(Key, primary_key=True, autoincrement=False))
    size: int = columns.long_number()
    frontier: bytes = columns.octets()


class Checkpoint(SQLModel, table=True):
    """The root of the tree at a size; `note` is the signed note, once there is one."""

    __tablename__ = "checkpoint"
    __table_args__ = (check("length(root) = 32", "root_length"), check("tree_size >= 0", "tree_size_range"))

    id: int | None = columns.own_number()
    tree_size: int = Field(sa_column=sa.Column(Key, nullable=False, unique=True))
    root: bytes = columns.octets()
    at: str = columns.text()
    note: str | None = columns.text(null=True)
