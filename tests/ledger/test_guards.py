"""What the triggers refuse (I2, terminal states), on both databases."""

import sqlite3

import pytest
import sqlalchemy as sa
from bare_rows import VALID, put, put_world

from xiaohao.ledger import guards
from xiaohao.ledger.connect import writing_connection
from xiaohao.ledger.dialect import violated

CANCEL = "UPDATE problem SET status = 'cancelled', light = NULL, next_event_on = NULL, cancelled_on = '2026-11-20', cancel_reason = '重复'"


@pytest.fixture
def engine(engine: sa.Engine) -> sa.Engine:
    """A ledger with one row in every table."""
    with writing_connection(engine) as conn:
        put_world(conn)
        for table in VALID:
            if table != "trail_head":
                put(conn, table)
    return engine


def refusal(engine: sa.Engine, statement: str) -> str:
    """The name of what refuses the statement."""
    with pytest.raises(sa.exc.IntegrityError) as refused, writing_connection(engine) as conn:
        conn.exec_driver_sql(statement)
    return violated(refused.value)


def allowed(engine: sa.Engine, statement: str) -> int:
    """How many rows the statement changes."""
    with writing_connection(engine) as conn:
        return conn.exec_driver_sql(statement).rowcount


@pytest.mark.parametrize(
    "change",
    [
        "leaf = leaf, seq = 10",
        "at = '2026-11-21T18:00:00.000Z'",
        "actor = 'official:P1'",
        "action = 'close'",
        "subject = 'problem:8'",
        "version = 2",
        "run = '7'",
        "detail = '{\"level\":3}'",
        "detail = NULL, salt = NULL, version = 2",
        "detail = NULL, salt = NULL, actor = 'official:P1'",
        "leaf = salt",
        "version = version",
    ],
)
def test_an_entry_of_the_trail_is_never_changed(engine: sa.Engine, change: str) -> None:
    assert refusal(engine, f"UPDATE trail SET {change}") == "trail_append_only"


def test_only_detail_and_salt_together_can_be_erased_and_that_once(engine: sa.Engine) -> None:
    """Personal Information Protection Law art. 47; the leaf stands, so every proof does."""
    erase = "UPDATE trail SET detail = NULL, salt = NULL"
    assert refusal(engine, "UPDATE trail SET detail = NULL") == "trail_append_only"
    assert refusal(engine, "UPDATE trail SET salt = NULL") == "trail_append_only"
    assert allowed(engine, erase) == 1
    assert refusal(engine, erase) == "trail_append_only"
    assert refusal(engine, "UPDATE trail SET detail = '{}', salt = leaf") == "trail_append_only"


def test_an_entry_is_never_replaced_even_by_a_stranger(sqlite_engine: sa.Engine) -> None:
    """INSERT OR REPLACE deletes without asking a DELETE trigger where recursive_triggers is off."""
    with writing_connection(sqlite_engine) as conn:
        put(conn, "trail")
    raw = sqlite3.connect(str(sqlite_engine.url.database))
    for numbers in ("9, 'problem:9', 1", "9, 'other', 1", "10, 'problem:9', 1"):
        with pytest.raises(sqlite3.IntegrityError, match="trail_never_replaced"):
            raw.execute(
                "INSERT OR REPLACE INTO trail (seq, subject, version, at, actor, action, leaf)"
                f" VALUES ({numbers}, '', '', '', zeroblob(32))"
            )
    raw.close()


def test_a_checkpoint_takes_its_note_once_and_nothing_else(engine: sa.Engine) -> None:
    assert refusal(engine, "UPDATE checkpoint SET tree_size = 10") == "checkpoint_append_only"
    assert refusal(engine, "UPDATE checkpoint SET note = 'n', at = 'x'") == "checkpoint_append_only"
    assert allowed(engine, "UPDATE checkpoint SET note = 'signed'") == 1
    assert refusal(engine, "UPDATE checkpoint SET note = 'other'") == "checkpoint_append_only"
    assert refusal(engine, "UPDATE checkpoint SET note = NULL") == "checkpoint_append_only"


def test_the_head_of_the_trail_grows_and_never_shrinks(engine: sa.Engine) -> None:
    assert allowed(engine, "UPDATE trail_head SET size = 5") == 1
    assert refusal(engine, "UPDATE trail_head SET size = 4") == "trail_head_never_shrinks"


def test_a_cancelled_problem_stays_cancelled(engine: sa.Engine) -> None:
    assert allowed(engine, f"{CANCEL} WHERE id = 9") == 1
    back = "UPDATE problem SET status = 'rectifying', light = 'green' WHERE id = 9"
    assert refusal(engine, back) == "problem_cancelled_is_final"
    assert allowed(engine, "UPDATE problem SET title = '更正', status = 'cancelled' WHERE id = 9") == 1


@pytest.mark.parametrize("table", guards.KEPT)
def test_rows_that_are_kept_are_never_deleted(engine: sa.Engine, table: str) -> None:
    assert refusal(engine, f"DELETE FROM {table}") == f"{table}_never_deleted"


@pytest.mark.parametrize("table", guards.KEPT)
def test_nor_emptied_at_once(postgres_engine: sa.Engine, table: str) -> None:
    assert refusal(postgres_engine, f"TRUNCATE {table} CASCADE").endswith("_never_truncated")


def test_nor_replaced_through_our_own_connection(sqlite_engine: sa.Engine) -> None:
    with writing_connection(sqlite_engine) as conn:
        put_world(conn)
        put(conn, "measure")
    replace = "REPLACE INTO measure (problem_id, position, text) VALUES (1, 9, '')"
    assert refusal(sqlite_engine, replace) == "measure_never_deleted"


def test_a_resident_can_be_deleted(engine: sa.Engine) -> None:
    assert allowed(engine, "DELETE FROM resident") == 1


def test_a_taken_away_or_weakened_trigger_is_missed(engine: sa.Engine) -> None:
    with writing_connection(engine) as conn:
        assert guards.missing(conn) == []
        where = "" if engine.name == "sqlite" else " ON trail"
        conn.exec_driver_sql(f"DROP TRIGGER trail_append_only{where}")
        assert guards.missing(conn) == ["trail_append_only"]
        conn.exec_driver_sql(weakened(engine))
        assert guards.missing(conn) == ["trail_append_only"]
        guards.install(conn)
        assert guards.missing(conn) == []


def test_a_switched_off_trigger_is_missed(postgres_engine: sa.Engine) -> None:
    with writing_connection(postgres_engine) as conn:
        conn.exec_driver_sql("ALTER TABLE trail DISABLE TRIGGER trail_append_only")
        assert guards.missing(conn) == ["trail_append_only"]


def test_a_hollowed_function_is_missed(postgres_engine: sa.Engine) -> None:
    with writing_connection(postgres_engine) as conn:
        conn.exec_driver_sql(
            "CREATE OR REPLACE FUNCTION xiaohao_refuse() RETURNS trigger LANGUAGE plpgsql"
            " AS 'BEGIN RETURN NEW; END'"
        )
        assert len(guards.missing(conn)) > len(guards.KEPT)


def weakened(engine: sa.Engine) -> str:
    """A trigger of the same name that lets everything through."""
    head = "CREATE TRIGGER trail_append_only BEFORE UPDATE ON trail FOR EACH ROW WHEN"
    if engine.name == "sqlite":
        return f"{head} 1 = 0 BEGIN SELECT 1; END"
    return f"{head} (false) EXECUTE FUNCTION xiaohao_refuse()"
