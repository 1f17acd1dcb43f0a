"""Making a database, knowing which schema it has, and missing what it lacks."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from bare_rows import put, put_world
from sqlmodel import SQLModel

from models.firing import UNTOLD
from models.notice import WAITING
from models.problem import OPEN
from xiaohao.errors import SchemaFault
from xiaohao.ledger import schema
from xiaohao.ledger.connect import open_engine, reading, writing_connection


def set_revision(engine: sa.Engine, revision: str) -> None:
    with writing_connection(engine) as conn:
        conn.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")


def test_an_empty_database_is_made_at_once_and_once(empty_engine: sa.Engine) -> None:
    assert schema.revision_state(empty_engine) == "empty"
    assert schema.check(empty_engine) == ["数据库是空的，请运行 xiaohao db upgrade。"]
    assert schema.make_if_empty(empty_engine)
    assert schema.revision_state(empty_engine) == "current"
    assert not schema.make_if_empty(empty_engine)
    assert not schema.upgrade(empty_engine)
    assert schema.check(empty_engine) == []


def test_migrations_and_models_say_the_same(engine: sa.Engine) -> None:
    """`alembic check`: nothing would be generated."""
    with writing_connection(engine) as conn:
        command.check(schema.configuration(conn))


def test_the_program_knows_every_revision() -> None:
    """`revision_state` compares with a constant, so that opening a ledger needs no Alembic."""
    engine = sa.create_engine("sqlite://")
    with engine.connect() as conn:
        scripts = ScriptDirectory.from_config(schema.configuration(conn))
    engine.dispose()
    found = tuple(reversed([script.revision for script in scripts.walk_revisions()]))
    assert found == schema.REVISIONS


def test_opening_a_current_ledger_costs_one_query(engine: sa.Engine) -> None:
    schema.require_current(engine)
    asked: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda _c, _k, statement, *_: asked.append(statement))
    schema.require_current(engine)
    assert [each for each in asked if not each.startswith("BEGIN")] == [schema.VERSION]


def test_a_newer_database_is_refused_with_what_to_do(engine: sa.Engine) -> None:
    set_revision(engine, "9999")
    assert schema.revision_state(engine) == "newer"
    for refused in (schema.require_current, schema.upgrade):
        with pytest.raises(SchemaFault, match="请改用新版程序"):
            refused(engine)
    assert schema.check(engine) == ["数据库比本程序新，请改用新版程序。"]


def test_an_older_database_is_refused_with_the_command(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "9999"))
    assert schema.revision_state(engine) == "older"
    with pytest.raises(SchemaFault, match="xiaohao db upgrade"):
        schema.require_current(engine)
    assert schema.check(engine) == ["数据库是旧版本，请先备份，再运行 xiaohao db upgrade。"]


def test_somebody_elses_database_is_left_alone(empty_engine: sa.Engine) -> None:
    with writing_connection(empty_engine) as conn:
        conn.exec_driver_sql("CREATE TABLE flow_run (id INTEGER)")
    for refused in (schema.revision_state, schema.require_current, schema.upgrade, schema.check):
        with pytest.raises(SchemaFault, match="flow_run"):
            refused(empty_engine)
    with reading(empty_engine) as conn:
        assert sa.inspect(conn).get_table_names() == ["flow_run"]


def test_a_migration_that_fails_leaves_the_database_empty(
    empty_engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema.guards, "CHANGES", (schema.guards.Guard("bad", "no_such_table", "UPDATE"),))
    with pytest.raises(sa.exc.DBAPIError):
        schema.upgrade(empty_engine)
    monkeypatch.undo()
    assert schema.revision_state(empty_engine) == "empty"


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("DROP INDEX problem_next_event", "数据表“problem”缺少索引“problem_next_event”。"),
        ("DROP TABLE resident", "缺少数据表“resident”。"),
        ("ALTER TABLE measure DROP COLUMN owner", "数据表“measure”缺少字段“owner”。"),
        ("ALTER TABLE measure ADD COLUMN colour TEXT", "数据表“measure”的字段“colour”是多出来的。"),
        ("CREATE TABLE colour (id INTEGER)", "数据表“colour”是多出来的。"),
    ],
)
def test_what_a_database_lacks_is_said(engine: sa.Engine, damage: str, sentence: str) -> None:
    with writing_connection(engine) as conn:
        conn.exec_driver_sql(damage)
    assert schema.check(engine) == [sentence]


def test_a_taken_away_trigger_is_said(engine: sa.Engine) -> None:
    with writing_connection(engine) as conn:
        conn.exec_driver_sql(
            "DROP TRIGGER trail_append_only" + ("" if engine.name == "sqlite" else " ON trail")
        )
    assert schema.check(engine) == ["触发器“trail_append_only”不在、被停用或与程序不符。"]


def test_a_taken_away_check_is_said(postgres_engine: sa.Engine) -> None:
    with writing_connection(postgres_engine) as conn:
        conn.exec_driver_sql("ALTER TABLE closing DROP CONSTRAINT closing_verifier_other")
        conn.exec_driver_sql("ALTER TABLE problem DROP CONSTRAINT problem_unit_id_fk")
    assert schema.check(postgres_engine) == [
        "数据表“problem”缺少约束“problem_unit_id_fk”。",
        "数据表“closing”缺少约束“closing_verifier_other”。",
    ]


def test_a_check_that_lacks_a_word_is_said(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word that joins the vocabulary needs a migration; Alembic would not see it."""
    light = SQLModel.metadata.tables["problem"].c.light.type
    assert isinstance(light, sa.Enum)
    monkeypatch.setattr(light, "enums", [*light.enums, "blue"])
    assert schema.check(engine) == ["数据表“problem”的约束“problem_light”与程序不符。"]


def test_the_trail_begins_empty_with_one_head(engine: sa.Engine) -> None:
    with reading(engine) as conn:
        heads = conn.exec_driver_sql("SELECT id, size, frontier FROM trail_head").all()
    assert [(row.id, row.size, bytes(row.frontier)) for row in heads] == [(1, 0, b"")]


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("SELECT id FROM problem WHERE next_event_on <= '2026-11-20'", "problem_next_event"),
        (f"SELECT problem_id FROM firing WHERE {UNTOLD} AND problem_id > 0", "firing_untold"),
        (f"SELECT problem_id FROM firing f WHERE {UNTOLD}", "firing_untold"),
        (f"SELECT id FROM notice WHERE {WAITING} AND next_attempt_at <= '2026-11-20'", "notice_waiting"),
        ("SELECT id FROM problem WHERE unit_id = 2", "problem_unit"),
        (
            f"SELECT unit_id, status, light, count(*) FROM problem WHERE {OPEN} GROUP BY unit_id, status, light",
            "problem_lights",
        ),
        (
            "SELECT id FROM problem WHERE external_number = '7' AND status <> 'cancelled'",
            "problem_external_number",
        ),
        (
            "SELECT id FROM problem WHERE register_unit_id = 1 AND title_key = 'x'",
            "problem_identity",
        ),
        ("SELECT id FROM unit WHERE path >= '/1/' AND path < '/10'", "unit_path"),
        ("SELECT seq FROM trail WHERE subject = 'problem:1' ORDER BY version", "trail_subject_version"),
        (
            "SELECT problem_id FROM closing WHERE closed_on BETWEEN '2026-11-01' AND '2026-11-30'",
            "closing_closed_on",
        ),
    ],
)
def test_a_query_reads_its_index_and_not_the_table(engine: sa.Engine, query: str, index: str) -> None:
    with reading(engine) as conn:
        if engine.name == "sqlite":
            plan = [row.detail for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
            index = UNNAMED_ON_SQLITE.get(index, index)
        else:
            conn.exec_driver_sql("SET LOCAL enable_seqscan = off")  # the tables are empty
            plan = conn.exec_driver_sql(f"EXPLAIN {query}").scalars().all()
    assert any(index in line for line in plan), plan


UNNAMED_ON_SQLITE = {
    "unit_path": "sqlite_autoindex_unit_",
    "trail_subject_version": "sqlite_autoindex_trail_1",
}


def test_nothing_but_due_rows_is_read_in_a_large_ledger(postgres_engine: sa.Engine) -> None:
    """I5, without being told to: the planner takes the timer's index by itself."""
    with writing_connection(postgres_engine) as conn:
        put_world(conn)
        for number in range(2, 2002):
            put(conn, "problem", id=number, number=f"HL-{number}")
    with reading(postgres_engine) as conn:
        conn.exec_driver_sql("ANALYZE problem")
        plan = conn.exec_driver_sql(
            "EXPLAIN SELECT id FROM problem WHERE next_event_on <= '2026-11-20'"
        ).scalars()
        assert any("problem_next_event" in line for line in plan)


def test_a_ledger_lies_where_the_path_has_a_percent_sign(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / '100%.db'}")
    assert schema.make_if_empty(engine)
    assert schema.check(engine) == []
    engine.dispose()
