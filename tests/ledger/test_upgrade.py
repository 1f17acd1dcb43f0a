"""A ledger of the first schema is brought up to date with its rows in it."""

import pytest
import sqlalchemy as sa
from alembic import command
from bare_rows import put, put_world

from xiaohao.ledger import schema
from xiaohao.ledger.connect import reading, writing_connection
from xiaohao.ledger.dialect import violated

TABLES = ("run", "fault", "notice", "trail", "checkpoint")


def rows(engine: sa.Engine) -> dict[str, list[dict[str, object]]]:
    with reading(engine) as conn:
        return {
            table: [dict(row._mapping) for row in conn.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1")]
            for table in (*TABLES, "problem")
        }


def test_the_rows_of_the_first_schema_are_kept(empty_engine: sa.Engine) -> None:
    """On SQLite tables are made anew for a CHECK: rows, unique indexes and triggers stand afterwards."""
    with writing_connection(empty_engine) as conn:
        command.upgrade(schema.configuration(conn), "0001")
        put_world(conn)
        for table in TABLES:
            put(conn, table)
    assert schema.revision_state(empty_engine) == "older"
    before = rows(empty_engine)
    assert schema.upgrade(empty_engine)
    assert schema.check(empty_engine) == []
    after = rows(empty_engine)
    for table, there in before.items():
        assert [old.items() <= new.items() for old, new in zip(there, after[table], strict=True)] == [
            True
        ] * len(there), table
    with writing_connection(empty_engine) as conn:
        put(conn, "fault", kind="watch", subject="night")
        with pytest.raises(sa.exc.IntegrityError) as refusal, conn.begin_nested():
            put(conn, "fault")
        assert violated(refusal.value) == "fault_open"
