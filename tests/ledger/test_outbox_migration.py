"""0003 on a database that an office has used: its rows stay, its promises too, its bodies are made anew."""

from datetime import datetime

import pytest
import sqlalchemy as sa
from alembic import command
from bare_rows import NOW, put, put_world

from xiaohao.ledger import guards, schema
from xiaohao.ledger.connect import reading, writing_connection


@pytest.fixture
def used(empty_engine: sa.Engine) -> sa.Engine:
    """A database of the first schema with notices, contacts, faults and a firing that was told."""
    engine = empty_engine.execution_options(foreign_keys=False)
    with writing_connection(engine) as conn:
        command.upgrade(schema.configuration(conn), "0001")
        guards.install(conn)
    with writing_connection(empty_engine) as conn:
        put_world(conn)
        put(conn, "run", id=1)
        old = {
            "recipient": "李明",
            "channel": "webhook",
            "kind": "digest",
            "facts": "{}",
            "business_date": NOW,
        }
        states = {1: "delivered", 2: "again", 3: "held", 4: "uncertain", 5: "dead"}
        for number, state in states.items():
            put_old(
                conn,
                "notice",
                old
                | {
                    "dedupe_key": f"k{number}",
                    "business_date": NOW.date(),
                    "official_id": 1,
                    "run_id": 1,
                    "sent_body": f"督办通知{number}",
                    "state": state,
                    "attempts": number,
                    "created_at": NOW,
                    "delivered_at": NOW if state == "delivered" else None,
                },
            )
        put(conn, "contact")
        put(conn, "fault")
        put(conn, "firing", notice_id=1)
    return empty_engine


def put_old(conn: sa.Connection, table: str, row: dict[str, object]) -> None:
    """Insert a row by SQL that knows nothing of today's tables."""
    names = ", ".join(row)
    marks = ", ".join(f":{name}" for name in row)
    types = [
        sa.bindparam(name, type_=sa.DateTime(timezone=True)) for name, v in row.items() if type(v) is datetime
    ]
    conn.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({marks})").bindparams(*types), row)


def everything(engine: sa.Engine) -> dict[str, list[dict[str, str]]]:
    """Every row, but for bodies."""
    with reading(engine) as conn:
        return {
            table: [
                {name: str(value) for name, value in row.items() if name != "sent_body"}
                for row in conn.exec_driver_sql(f"SELECT * FROM {table} ORDER BY id").mappings()
            ]
            for table in ("notice", "contact", "fault", "firing")
        }


def test_the_upgrade_keeps_every_row_and_leaves_nothing_missing(used: sa.Engine) -> None:
    assert schema.revision_state(used) == "older"
    before = everything(used)
    assert schema.upgrade(used)
    for table, rows in everything(used).items():
        kept = [{name: row[name] for name in old} for row, old in zip(rows, before[table], strict=True)]
        assert kept == before[table]
    assert schema.check(used) == []
    with reading(used) as conn:
        bodies = dict(conn.exec_driver_sql("SELECT id, sent_body FROM notice ORDER BY id").all())
    assert bodies == {1: "督办通知1", 2: None, 3: "督办通知3", 4: None, 5: "督办通知5"}


def test_afterwards_the_new_channels_are_taken_and_others_still_refused(used: sa.Engine) -> None:
    schema.upgrade(used)
    with writing_connection(used) as conn:
        put(conn, "notice", channel="wecom_app", instead_of=5)
        put(conn, "contact", channel="mail", address="li@example.org")
        put(conn, "fault", kind="channel_parked", subject="channel:mail")
        assert conn.exec_driver_sql("SELECT max(id) FROM notice").scalar_one() == 6, "numbers go on"
    for table, column in (("notice", "channel"), ("contact", "channel"), ("fault", "kind")):
        with pytest.raises(sa.exc.IntegrityError), writing_connection(used) as conn:
            conn.exec_driver_sql(f"UPDATE {table} SET {column} = 'pigeon'")
    with pytest.raises(sa.exc.IntegrityError), writing_connection(used) as conn:
        conn.exec_driver_sql("DELETE FROM firing")
