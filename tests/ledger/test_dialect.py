"""The quickest way in stores what SQLAlchemy stores, on both databases."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from bare_rows import DAY, LATER, NOW, VALID, put, put_world
from hypothesis import given, settings
from hypothesis import strategies as st

from models.firing import STANDING
from xiaohao.errors import LedgerBusy
from xiaohao.ledger import dialect
from xiaohao.ledger.connect import writing_connection
from xiaohao.ledger.tables import FIRING, NOTICE, PROBLEM, TRAIL
from xiaohao.vocabulary import Light, NoticeState, Status

AWKWARD = [
    "",
    "NULL",
    "\\N",
    "\\.",
    "a\tb",
    "行\n二\r\n三",
    "back\\slash \\t",
    "'\"“”",
    "𠮷😀",
    "\x01\x1f\x7f",
    "\u2028",
]


def stored(conn: sa.Connection, table: sa.Table, *columns: str) -> list[tuple[Any, ...]]:
    query = sa.select(*(table.c[name] for name in columns)).order_by(*table.primary_key.columns)
    return [tuple(row) for row in conn.execute(query)]


def as_rows(columns: tuple[str, ...], row: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in columns)]


def test_a_filled_row_equals_one_that_sqlalchemy_inserted(engine: sa.Engine) -> None:
    filled = VALID["problem"] | {"id": 8, "number": "X", "light": Light.GREEN, "status": Status.RECTIFYING}
    columns = tuple(filled)
    with writing_connection(engine) as conn:
        put_world(conn)
        put(conn, "problem")
        assert dialect.fill(conn, "problem", columns, as_rows(columns, filled)) == 1
        alike = sa.text(
            "SELECT count(*) FROM problem a JOIN problem b ON a.id = 8 AND b.id = 9"
            " AND a.due_on = b.due_on AND a.status = b.status AND a.light = b.light"
            " AND a.next_event_on <= b.next_event_on AND a.next_event_on >= b.next_event_on"
        )
        assert conn.execute(alike).scalar() == 1
        found = conn.execute(sa.select(PROBLEM).where(PROBLEM.c.id.in_([8, 9])).order_by(PROBLEM.c.id)).all()
    eight, nine = (row._asdict() for row in found)
    assert {name for name in eight if eight[name] != nine[name]} == {"id", "number"}
    assert eight["due_on"] == LATER


def test_instants_are_filled_in_utc_and_compare(engine: sa.Engine) -> None:
    row = VALID["notice"] | {
        "created_at": NOW.astimezone(timezone(timedelta(hours=8))),
        "next_attempt_at": None,
        "state": NoticeState.QUEUED,
    }
    columns = tuple(row)
    with writing_connection(engine) as conn:
        put_world(conn)
        dialect.fill(conn, "notice", columns, as_rows(columns, row))
        put(conn, "notice", dedupe_key="other")
        same = "SELECT count(DISTINCT created_at) FROM notice"
        assert conn.exec_driver_sql(same).scalar() == 1
        assert stored(conn, NOTICE, "created_at", "next_attempt_at") == [(NOW, None), (NOW, None)]
        with pytest.raises(ValueError, match="naive"):
            dialect.fill(
                conn, "notice", columns, as_rows(columns, row | {"created_at": datetime(2026, 1, 1)})
            )


def test_texts_and_bytes_come_back_as_they_went_in(engine: sa.Engine) -> None:
    columns = ("seq", "at", "actor", "action", "subject", "version", "detail", "salt", "leaf")
    salts = [bytes(range(16)), b"\\" * 16, b"\n\r\t\0" * 4]
    rows = [
        (place, text, "", "", f"problem:{place}", 1, text, salts[place % 3], salts[place % 3] * 2)
        for place, text in enumerate(AWKWARD)
    ]
    rows.append((len(rows), "", "", "", "erased", 1, None, None, bytes(32)))
    with writing_connection(engine) as conn:
        assert dialect.fill(conn, "trail", columns, rows) == len(rows)
        assert stored(conn, TRAIL, *columns) == rows


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), max_size=5))
@settings(max_examples=200, deadline=None)
def test_any_text_is_one_line_of_a_copy(texts: list[str]) -> None:
    """PostgreSQL's text format: a value bears no tab and no line break, and unescaping gives it back."""
    for text in texts:
        line = dialect.copied(text)
        assert not set(line) & {"\t", "\n", "\r"}
        plain = line.replace("\\\\", "\0").replace("\\t", "\t").replace("\\n", "\n").replace("\\r", "\r")
        assert plain.replace("\0", "\\") == text


def test_nothing_is_filled_from_nothing(engine: sa.Engine) -> None:
    with writing_connection(engine) as conn:
        assert dialect.fill(conn, "trail", ("seq",), []) == 0
        assert dialect.bulk_insert(conn, "trail", ("seq",), [], conflict="DO NOTHING") == 0


def test_rows_that_are_there_are_passed_over(engine: sa.Engine) -> None:
    row = VALID["firing"]
    columns = tuple(row)
    conflict = f"(problem_id, round, clock_on, step, level, repeat) WHERE {STANDING} DO NOTHING"
    rows = [tuple((row | {"level": level})[name] for name in columns) for level in (1, 2, 3)]
    with writing_connection(engine) as conn:
        put_world(conn)
        put(conn, "firing", level=2)
        assert dialect.bulk_insert(conn, "firing", columns, rows, conflict=conflict) == 2
        assert dialect.bulk_insert(conn, "firing", columns, rows, conflict=conflict) == 0
        assert stored(conn, FIRING, "level") == [(2,), (1,), (3,)]


def test_a_filled_row_is_refused_as_any_other(engine: sa.Engine) -> None:
    row = VALID["problem"] | {"level": 4}
    columns = tuple(row)
    with writing_connection(engine) as conn:
        put_world(conn)
    with pytest.raises(sa.exc.IntegrityError) as refusal, writing_connection(engine) as conn:
        dialect.fill(conn, "problem", columns, as_rows(columns, row))
    assert dialect.violated(refusal.value) == "problem_level_range"


def test_a_temporary_table_is_empty_each_time_and_joins_with_days(engine: sa.Engine) -> None:
    for _ in range(2):
        with writing_connection(engine) as conn:
            for rows in ([(1, DAY, True), (1, None, False)], [(1, LATER, True)]):
                dialect.create_temp_table(conn, "due", "problem_id BIGINT, day DATE, flag BOOLEAN")
                dialect.fill(conn, "due", ("problem_id", "day", "flag"), rows)
            assert conn.exec_driver_sql("SELECT count(*) FROM due").scalar() == 1
            if not conn.execute(sa.select(PROBLEM.c.id)).first():
                put_world(conn)
            found = "SELECT count(*) FROM problem JOIN due ON problem.due_on = due.day AND due.flag"
            assert conn.exec_driver_sql(found).scalar() == 1


def test_a_bulk_lock_keeps_others_out_by_its_key(postgres_engine: sa.Engine) -> None:
    with writing_connection(postgres_engine) as conn:
        dialect.take_bulk_lock(conn, "night:/1/2/")
        with writing_connection(postgres_engine, wait_seconds=0.2) as other:
            dialect.take_bulk_lock(other, "night:/1/3/")
        with pytest.raises(LedgerBusy), writing_connection(postgres_engine, wait_seconds=0.2) as other:
            dialect.take_bulk_lock(other, "night:/1/2/")
    with writing_connection(postgres_engine, wait_seconds=0.2) as conn:
        dialect.take_bulk_lock(conn, "night:/1/2/")


def test_only_postgres_locks_rows(engine: sa.Engine) -> None:
    with writing_connection(engine) as conn:
        lock = dialect.for_update(conn)
        assert lock == ("" if dialect.is_sqlite(conn) else " FOR UPDATE")
        assert conn.exec_driver_sql(f"SELECT size FROM trail_head{lock}").scalar() == 0


def test_an_instant_without_a_zone_is_refused_and_utc_comes_back(engine: sa.Engine) -> None:
    with writing_connection(engine) as conn:
        put_world(conn)
        put(conn, "notice", created_at=datetime(2026, 11, 21, 2, tzinfo=timezone(timedelta(hours=8))))
        assert stored(conn, NOTICE, "created_at") == [(datetime(2026, 11, 20, 18, tzinfo=UTC),)]
        with pytest.raises(sa.exc.StatementError, match="naive"):
            put(conn, "notice", dedupe_key="x", created_at=datetime(2026, 11, 21))


def test_a_word_is_stored_by_its_code_and_comes_back_as_a_word(engine: sa.Engine) -> None:
    with writing_connection(engine) as conn:
        put_world(conn)
        assert conn.exec_driver_sql("SELECT light FROM problem").scalar() == "green"
        light = conn.execute(sa.select(PROBLEM.c.light)).scalar_one()
        assert isinstance(light, Light)
        assert light.label == "绿"
        query = sa.text("SELECT count(*) FROM problem WHERE light = :light AND due_on = :day")
        assert conn.execute(query, {"light": Light.GREEN, "day": date.max}).scalar() == 0
