"""What the database refuses by itself: the triggers on both databases (I2, and terminal states).

A migration takes them away before and puts them back after its steps, since a table that is
re-created on SQLite loses its triggers. `xiaohao db check` asserts that they are there.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

KEPT = (
    "unit",
    "official",
    "policy",
    "calendar",
    "workday",
    "run",
    "problem",
    "measure",
    "progress",
    "evidence",
    "extension",
    "suspension",
    "call_back",
    "closing",
    "firing",
    "trail",
    "trail_head",
    "checkpoint",
)
"""Tables of which no row is ever deleted."""


@dataclass(frozen=True)
class Guard:
    """A change that is refused: `event` on `table` where `when` holds ("" is always).

    In `when`, `{same}` stands for "equal, or both NULL".
    """

    name: str
    table: str
    event: str
    when: str = ""


def _unchanged(*columns: str) -> str:
    return " AND ".join(f"NEW.{column} {{same}} OLD.{column}" for column in columns)


CHANGES = (
    Guard(
        "problem_cancelled_is_final",
        "problem",
        "UPDATE OF status",
        "OLD.status = 'cancelled' AND NEW.status <> 'cancelled'",
    ),
    Guard(
        "trail_append_only",
        "trail",
        "UPDATE",
        "NOT (OLD.detail IS NOT NULL AND NEW.detail IS NULL AND OLD.salt IS NOT NULL AND NEW.salt IS NULL AND "
        + _unchanged("seq", "at", "actor", "action", "subject", "version", "run", "leaf")
        + ")",
    ),
    Guard(
        "checkpoint_append_only",
        "checkpoint",
        "UPDATE",
        "NOT (OLD.note IS NULL AND NEW.note IS NOT NULL AND "
        + _unchanged("id", "tree_size", "root", "at")
        + ")",
    ),
    Guard("trail_head_never_shrinks", "trail_head", "UPDATE", "NEW.size < OLD.size"),
)
DELETIONS = tuple(Guard(f"{table}_never_deleted", table, "DELETE") for table in KEPT)
# INSERT OR REPLACE deletes without asking the triggers unless the connection set recursive_triggers.
REPLACED = Guard(
    "trail_never_replaced",
    "trail",
    "INSERT",
    "EXISTS (SELECT 1 FROM trail WHERE seq = NEW.seq)"
    " OR EXISTS (SELECT 1 FROM trail WHERE subject = NEW.subject AND version = NEW.version)",
)
TRUNCATIONS = tuple(Guard(f"{table}_never_truncated", table, "TRUNCATE") for table in KEPT)

FUNCTION = """
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME,
    MESSAGE = TG_NAME;
END
"""


def install(conn: sa.Connection) -> None:
    """Create every trigger anew, in the transaction of `conn`."""
    remove(conn)
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql(
            f"CREATE OR REPLACE FUNCTION xiaohao_refuse() RETURNS trigger LANGUAGE plpgsql AS $${FUNCTION}$$"
        )
    for guard, statement in _statements(conn).items():
        conn.exec_driver_sql(statement)
        if conn.dialect.name == "postgresql":
            conn.exec_driver_sql(
                f"COMMENT ON TRIGGER {guard.name} ON {guard.table} IS '{_digest(statement)}'"
            )


def remove(conn: sa.Connection) -> None:
    """Drop every trigger of ours that is there."""
    if conn.dialect.name == "sqlite":
        names = conn.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
        for name in names:
            conn.exec_driver_sql(f'DROP TRIGGER "{name}"')
    else:
        conn.exec_driver_sql("DROP FUNCTION IF EXISTS xiaohao_refuse() CASCADE")


def missing(conn: sa.Connection) -> Sequence[str]:
    """The names of triggers that are not there, are switched off, or say something else."""
    expected = _statements(conn).items()
    if conn.dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        found = {row.name: _digest(row.sql) for row in conn.exec_driver_sql(query)}
    else:
        found = {row.name: row.digest for row in conn.exec_driver_sql(INSTALLED, (FUNCTION,))}
    return [guard.name for guard, statement in expected if found.get(guard.name) != _digest(statement)]


INSTALLED = """
SELECT tgname AS name, obj_description(pg_trigger.oid, 'pg_trigger') AS digest
FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
WHERE tgenabled IN ('O', 'A') AND proname = 'xiaohao_refuse' AND prosrc = %s
"""


def _digest(statement: str) -> str:
    return hashlib.sha256(statement.encode()).hexdigest()


def _statements(conn: sa.Connection) -> dict[Guard, str]:
    if conn.dialect.name == "sqlite":
        return {guard: _for_sqlite(guard) for guard in (*CHANGES, *DELETIONS, REPLACED)}
    return {guard: _for_postgres(guard) for guard in (*CHANGES, *DELETIONS, *TRUNCATIONS)}


def _for_sqlite(guard: Guard) -> str:
    when = f" WHEN {guard.when.format(same='IS')}" if guard.when else ""
    return (
        f"CREATE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table} FOR EACH ROW{when}"
        f" BEGIN SELECT RAISE(ABORT, '{guard.name}'); END"
    )


def _for_postgres(guard: Guard) -> str:
    each = "STATEMENT" if guard.event == "TRUNCATE" else "ROW"
    when = f" WHEN ({guard.when.format(same='IS NOT DISTINCT FROM')})" if guard.when else ""
    return (
        f"CREATE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table} FOR EACH {each}{when}"
        " EXECUTE FUNCTION xiaohao_refuse()"
    )
