"""Many rows in a handful of statements: a temporary table is filled, then one statement moves it.

The same way for one row and for a hundred thousand, so an act has one path.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from xiaohao.ledger import dialect


def insert_rows(conn: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns."""
    if rows:
        names = tuple(rows[0])
        dialect.fill(conn, table.name, names, _values(names, rows))


def update_rows(
    conn: sa.Connection, table: sa.Table, key: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Set every column that `rows` name, by key. The rows were read under lock."""
    if not rows:
        return
    names = tuple(rows[0])
    temp = _filled(conn, table, names, rows)
    sets = ", ".join(f"{_q(name)} = {temp}.{_q(name)}" for name in names if name not in key)
    joined = " AND ".join(f"{table.name}.{_q(name)} = {temp}.{_q(name)}" for name in key)
    conn.exec_driver_sql(f"UPDATE {table.name} SET {sets} FROM {temp} WHERE {joined}")


def upsert_rows(
    conn: sa.Connection, table: sa.Table, key: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows, or set their columns where the key is there already."""
    if not rows:
        return
    names = tuple(column.name for column in table.columns if column.name in rows[0])
    temp = _filled(conn, table, names, rows)
    listed = ", ".join(_q(name) for name in names)
    sets = ", ".join(f"{_q(name)} = excluded.{_q(name)}" for name in names if name not in key)
    conn.exec_driver_sql(
        f"INSERT INTO {table.name} ({listed}) SELECT {listed} FROM {temp} WHERE TRUE "
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {sets}"
    )


def temp_like(conn: sa.Connection, name: str, table: sa.Table, columns: Sequence[str]) -> None:
    """An empty temporary table with some of a table's columns; an older one of that name goes."""
    listed = ", ".join(f"{_q(c)} {table.c[c].type.compile(conn.dialect)}" for c in columns)
    dialect.create_temp_table(conn, name, listed)


def _filled(
    conn: sa.Connection, table: sa.Table, names: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> str:
    temp = f"new_{table.name}"
    temp_like(conn, temp, table, names)
    dialect.fill(conn, temp, names, _values(names, rows))
    return temp


def _values(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def _q(name: str) -> str:
    return f'"{name}"'
