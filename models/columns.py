"""How a column is written down: the same few kinds in every table, and the names of constraints.

Every file of this room imports from here, so the naming convention stands before the first table.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlmodel import Field, SQLModel

from xiaohao.vocabulary import Word

SQLModel.metadata.naming_convention = {
    "pk": "%(table_name)s_pk",
    "uq": "%(table_name)s_%(column_0_N_name)s",
    "ck": "%(table_name)s_%(constraint_name)s",
    "fk": "%(table_name)s_%(column_0_name)s_fk",
    "ix": "%(table_name)s_%(column_0_N_name)s",
}

Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""BIGINT; INTEGER on SQLite, where it is the row's own number and needs no second index."""


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An instant: takes aware values only, gives UTC back, on both databases."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse what has no zone; SQLite would drop the zone without converting."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The stored instant in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def key() -> Any:
    """A primary key that the ledger gives out itself, so that a replayed trail gives the same ones."""
    return Field(sa_column=sa.Column(Key, primary_key=True, autoincrement=False))


def own_number() -> Any:
    """A primary key that the database gives out."""
    return Field(default=None, sa_column=sa.Column(Key, sa.Identity(), primary_key=True))


def part_of(target: str) -> Any:
    """The first half of a child's key: the row that it belongs to."""
    return Field(sa_column=sa.Column(Key, sa.ForeignKey(target), primary_key=True, autoincrement=False))


def position() -> Any:
    """The second half of a child's key: 1, 2, 3 … within the row that it belongs to."""
    return Field(sa_column=sa.Column(sa.Integer, primary_key=True, autoincrement=False))


def to(target: str, *, null: bool = False) -> Any:
    """A reference to another row."""
    return _field(Key, sa.ForeignKey(target), null=null)


def text(*, null: bool = False, default: str | None = None, unique: bool = False) -> Any:
    """Text of any length."""
    return _field(sa.Text(), null=null, default=default, unique=unique)


def number(*, null: bool = False, default: int | None = None) -> Any:
    """A small whole number."""
    return _field(sa.Integer(), null=null, default=default)


def long_number(*, null: bool = False, default: int | None = None) -> Any:
    """A whole number that may pass 2³¹."""
    return _field(Key, null=null, default=default)


def flag(*, null: bool = False) -> Any:
    """True or false."""
    return _field(sa.Boolean(), null=null)


def day(*, null: bool = False) -> Any:
    """A calendar day (on SQLite ISO text, so days compare as text does)."""
    return _field(sa.Date(), null=null)


def instant(*, null: bool = False) -> Any:
    """A moment, stored in UTC."""
    return _field(UtcDateTime(), null=null)


def octets(*, null: bool = False) -> Any:
    """Bytes."""
    return _field(sa.LargeBinary(), null=null)


def word(
    kind: type[Word], name: str, *, null: bool = False, default: Word | None = None, key: bool = False
) -> Any:
    """A code of the vocabulary; the CHECK `<table>_<name>` refuses every other word. With `key` the primary key."""
    stored = sa.Enum(
        kind,
        values_callable=_codes,
        native_enum=False,
        create_constraint=True,
        length=16,
        name=name,
    )
    if key:
        return Field(sa_column=sa.Column(stored, primary_key=True))
    return _field(stored, null=null, default=default)


def check(condition: str, name: str) -> sa.CheckConstraint:
    """A promise about one row; the database calls it `<table>_<name>`."""
    return sa.CheckConstraint(condition, name=name)


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> sa.Index:
    """An index over the rows that fulfil `where`; a query uses it where it repeats `where` word for word."""
    return sa.Index(
        name, *columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )


def _codes(kind: type[Word]) -> list[str]:
    return [each.value for each in kind]


def _field(
    stored: sa.types.TypeEngine[Any],
    *parts: sa.ForeignKey,
    null: bool,
    default: str | int | None = None,
    unique: bool = False,
) -> Any:
    given = None if default is None else sa.text(f"'{default}'" if isinstance(default, str) else str(default))
    column = sa.Column(stored, *parts, nullable=null, server_default=given, unique=unique or None)
    if null or default is not None:
        return Field(default=default, sa_column=column)
    return Field(sa_column=column)
