"""What the schema keeps by itself: each CHECK, unique key and unique index refuses, by its name."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from bare_rows import DAY, LATER, VALID, put, put_world
from sqlmodel import SQLModel

from models.firing import STANDING
from xiaohao.ledger.connect import open_engine, writing_connection
from xiaohao.ledger.dialect import violated

TABLES = SQLModel.metadata.tables
LONG_TERM = {"rectification_class": "long_term"}
CANCELLED = {
    "status": "cancelled",
    "light": None,
    "next_event_on": None,
    "cancelled_on": DAY,
    "cancel_reason": "重复登记",
}
VERIFIED = {"outcome": "verified", "verified_on": DAY, "verified_by": 2}
FACTS = {"days_used": 3, "suspended_days": 0, "highest_level": 0}
CLOSED = VERIFIED | FACTS | {"outcome": "closed", "closed_on": DAY}
HISTORIC = {"kind": "historic", "applied_on": None, "applied_by": None, "outcome": "closed", "closed_on": DAY}
RETURNED = {"outcome": "returned", "returned_on": DAY, "returned_by": 2, "reason": "照片看不清"}

BESIDE = {
    "problem.term_unit": {"term_count": 3},
    "extension.decision": {"decided_on": DAY},
    "call_back.decided_by": {"decided_on": DAY},
    "notice.unit_id": {"official_id": None},
    "contact.unit_id": {"official_id": None},
}
"""What else must be set so that only the promise in question is broken."""
WORDS = [
    (
        table.name,
        {column.name: "nonsense"} | BESIDE.get(f"{table.name}.{column.name}", {}),
        f"{table.name}_{column.type.name}",
    )
    for table in TABLES.values()
    for column in table.columns
    if isinstance(column.type, sa.Enum)
]
POSITIONS = [
    (name, {"position": 0}, f"{name}_position_range") for name, t in TABLES.items() if "position" in t.c
]
ROUNDS = [(name, {"round": 0}, f"{name}_round_range") for name, t in TABLES.items() if "round" in t.c]
OTHERS: list[tuple[str, dict[str, Any], str]] = [
    ("unit", {"parent_id": 9}, "unit_parent_other"),
    ("unit", {"path": "/1/99/"}, "unit_path_ends_in_id"),
    ("unit", {"path": "1/9/"}, "unit_path_ends_in_id"),
    ("contact", {"unit_id": 1}, "contact_one_owner"),
    ("contact", {"official_id": None}, "contact_one_owner"),
    ("holding", {"from_on": LATER, "until_on": DAY}, "holding_days_in_order"),
    ("deputy", {"from_on": LATER, "until_on": DAY}, "deputy_days_in_order"),
    ("policy", {"sha256": "0"}, "policy_sha256_length"),
    ("calendar", {"version": 0}, "calendar_version_range"),
    ("problem", {"title_key": ""}, "problem_title_named"),
    ("problem", {"term_count": 0, "term_unit": "day"}, "problem_term_counts"),
    ("problem", {"term_count": 3}, "problem_term_whole"),
    ("problem", {"term_unit": "day"}, "problem_term_whole"),
    ("problem", {"amount_fen": -1}, "problem_amount_not_negative"),
    ("problem", {"merged_into_id": 9}, "problem_merged_into_other"),
    ("problem", {"level": 4}, "problem_level_range"),
    ("problem", {"level": -1}, "problem_level_range"),
    ("problem", {"repeat": -1}, "problem_repeat_range"),
    ("problem", {"version": -1}, "problem_version_range"),
    ("problem", {"light": None}, "problem_light_while_running"),
    ("problem", {"status": "suspended"}, "problem_light_while_running"),
    ("problem", {"status": "closed", "next_event_on": None}, "problem_light_while_running"),
    ("problem", CANCELLED | {"light": "red"}, "problem_light_while_running"),
    ("problem", LONG_TERM | {"light": "red"}, "problem_long_term_never_red"),
    ("problem", {"review_on": DAY}, "problem_review_of_long_term"),
    ("problem", {"due_on": None}, "problem_due_while_open"),
    ("problem", {"due_on": None, "rectification_class": "time_limited"}, "problem_due_while_open"),
    ("problem", {"status": "closed", "light": None}, "problem_no_event_at_end"),
    ("problem", CANCELLED | {"next_event_on": DAY}, "problem_no_event_at_end"),
    (
        "problem",
        {"status": "closed", "light": None, "next_event_on": None, "level": 1},
        "problem_no_level_when_closed",
    ),
    ("problem", {"status": "applied"}, "problem_applied_has_day"),
    ("problem", {"status": "verified", "verified_on": DAY}, "problem_applied_has_day"),
    ("problem", {"status": "verified", "applied_on": DAY}, "problem_verified_has_day"),
    ("problem", CANCELLED | {"cancelled_on": None}, "problem_cancelled_has_reason"),
    ("problem", CANCELLED | {"cancel_reason": None}, "problem_cancelled_has_reason"),
    ("evidence", {"sha256": "0"}, "evidence_sha256_length"),
    ("evidence", {"size": -1}, "evidence_size_range"),
    ("extension", {"decided_on": DAY}, "extension_decided_has_day"),
    ("extension", {"decision": "refused"}, "extension_decided_has_day"),
    ("extension", {"decision": "granted", "decided_on": DAY}, "extension_granted_has_day"),
    (
        "extension",
        {"decision": "refused", "decided_on": DAY, "until_granted": DAY},
        "extension_granted_has_day",
    ),
    ("suspension", {"from_on": LATER, "until_on": DAY}, "suspension_days_in_order"),
    ("call_back", {"decided_by": 1}, "call_back_decided_has_day"),
    ("closing", VERIFIED | {"verified_by": 1}, "closing_verifier_other"),
    ("closing", {"applied_on": None}, "closing_applied_whole"),
    ("closing", {"applied_by": None}, "closing_applied_whole"),
    ("closing", RETURNED | {"returned_on": None}, "closing_returned_has_day"),
    ("closing", {"verified_on": DAY}, "closing_applied_waits"),
    ("closing", VERIFIED | {"verified_by": None}, "closing_verified_whole"),
    ("closing", VERIFIED | {"verified_on": None}, "closing_verified_whole"),
    ("closing", CLOSED | {"verified_by": None}, "closing_verified_whole"),
    ("closing", CLOSED | {"closed_on": None}, "closing_closed_has_day"),
    ("closing", VERIFIED | {"closed_on": DAY}, "closing_closed_has_day"),
    ("closing", CLOSED | {"closed_on": LATER}, "closing_closed_when_verified"),
    ("closing", CLOSED | {"days_used": None}, "closing_closed_has_facts"),
    ("closing", HISTORIC | {"verified_by": 1}, "closing_historic_unverified"),
    ("closing", HISTORIC | {"outcome": "applied", "closed_on": None}, "closing_historic_unverified"),
    ("closing", CLOSED | {"highest_level": 4}, "closing_highest_level_range"),
    ("closing", CLOSED | {"days_over": -1}, "closing_days_not_negative"),
    ("firing", {"level": 4}, "firing_level_range"),
    ("firing", {"repeat": -1}, "firing_repeat_range"),
    ("notice", {"unit_id": 1}, "notice_one_recipient"),
    ("notice", {"official_id": None}, "notice_one_recipient"),
    ("notice", {"attempts": -1}, "notice_attempts_range"),
    ("notice", {"state": "leased"}, "notice_leased_has_end"),
    ("notice", {"state": "accepted"}, "notice_accepted_has_time"),
    ("notice", {"state": "delivered"}, "notice_delivered_has_time"),
    ("parked_channel", {"probes": -1}, "parked_channel_probes_range"),
    ("trail", {"seq": -1}, "trail_seq_range"),
    ("trail", {"salt": None}, "trail_erased_whole"),
    ("trail", {"salt": bytes(15)}, "trail_salt_length"),
    ("trail", {"leaf": bytes(31)}, "trail_leaf_length"),
    ("trail_head", {}, "trail_head_only_one"),
    ("trail_head", {"id": 1, "size": -1}, "trail_head_size_range"),
    ("checkpoint", {"root": bytes(31)}, "checkpoint_root_length"),
    ("checkpoint", {"tree_size": -1}, "checkpoint_tree_size_range"),
]
REFUSED = [*WORDS, *POSITIONS, *ROUNDS, *OTHERS]

TWICE: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("unit", {}, {"id": 8, "name": "他名", "path": "/1/8/"}, "unit_code"),
    ("unit", {}, {"id": 8, "code": "U8", "path": "/1/8/"}, "unit_parent_id_name"),
    ("unit", {}, {"code": "U8", "name": "他名"}, "unit_pk"),
    ("official", {}, {"id": 8}, "official_code"),
    ("post", {}, {"id": 8}, "post_unit_id_role"),
    ("problem", {}, {"id": 8}, "problem_number"),
    (
        "problem",
        {"external_number": "7"},
        {"id": 8, "number": "X", "external_number": "7"},
        "problem_external_number",
    ),
    ("co_unit", {}, {"position": 8}, "co_unit_problem_id_unit_id"),
    ("closing", {}, {"position": 8}, "closing_open"),
    ("closing", VERIFIED, {"position": 8}, "closing_open"),
    ("firing", {}, {}, "firing_once"),
    ("firing", {"notice_id": None}, {"quiet": True, "crossed_on": LATER}, "firing_once"),
    ("run", {}, {}, "run_night"),
    ("fault", {}, {"found_on": LATER}, "fault_open"),
    ("notice", {}, {}, "notice_dedupe_key"),
    ("parked_channel", {}, {"code": "403"}, "parked_channel_pk"),
    ("checkpoint", {}, {}, "checkpoint_tree_size"),
    ("workday", {}, {}, "workday_pk"),
    ("measure", {}, {}, "measure_pk"),
]
SIDE_BY_SIDE: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("unit", {}, {"id": 8, "code": "U8", "parent_id": 2, "path": "/1/2/8/"}),
    ("problem", {"external_number": None}, {"id": 8, "number": "X", "external_number": None}),
    (
        "problem",
        {"external_number": "7"},
        {"id": 8, "number": "X", "external_number": "7", "register_unit_id": 2},
    ),
    ("problem", {"external_number": "7"} | CANCELLED, {"id": 8, "number": "X", "external_number": "7"}),
    ("closing", RETURNED, {"position": 8}),
    ("closing", CLOSED, {"position": 8, "round": 2}),
    ("firing", {"withdrawn_on": DAY}, {}),
    ("firing", {}, {"round": 2}),
    ("firing", {}, {"repeat": 1}),
    ("run", {}, {"scope": "/1/2/"}),
    ("run", {"flow": "recheck"}, {"flow": "recheck"}),
    ("fault", {"cleared_on": LATER}, {}),
]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def small_district(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[sa.Engine]:
    """One migrated ledger for this file, with the rows of `put_world`; tests leave nothing in it."""
    if request.param == "sqlite":
        file = tmp_path_factory.mktemp("promises") / "ledger.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        engine = open_engine(f"sqlite:///{file}")
    else:
        engine = open_engine(request.getfixturevalue("make_postgres")("promises"))
    with writing_connection(engine) as conn:
        put_world(conn)
    yield engine
    engine.dispose()


@pytest.fixture
def conn(small_district: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that is rolled back."""
    with small_district.connect() as conn:
        yield conn
        conn.rollback()


def count(conn: sa.Connection, table: str) -> int:
    """How many rows the table has."""
    rows = sa.select(sa.func.count()).select_from(TABLES[table])
    return int(conn.execute(rows).scalar_one())


@pytest.mark.parametrize("table", [name for name in VALID if name != "trail_head"])
def test_a_valid_row_is_let_in(conn: sa.Connection, table: str) -> None:
    before = count(conn, table)
    put(conn, table)
    assert count(conn, table) == before + 1


@pytest.mark.parametrize(
    ("table", "changed"),
    [
        ("problem", CANCELLED),
        ("problem", LONG_TERM | {"due_on": None, "review_on": LATER, "light": "yellow"}),
        ("problem", {"status": "closed", "light": None, "next_event_on": None, "due_on": None}),
        ("problem", {"status": "suspended", "light": None, "level": 2}),
        (
            "problem",
            {"status": "verified", "applied_on": DAY, "verified_on": DAY, "light": "red", "level": 3},
        ),
        ("closing", VERIFIED),
        ("closing", CLOSED),
        ("closing", HISTORIC),
        ("closing", RETURNED),
        ("extension", {"decision": "granted", "decided_on": DAY, "until_granted": LATER}),
        ("extension", {"decision": "refused", "decided_on": DAY}),
        ("trail", {"detail": None, "salt": None}),
    ],
)
def test_so_is_each_honest_state(conn: sa.Connection, table: str, changed: dict[str, Any]) -> None:
    before = count(conn, table)
    put(conn, table, **changed)
    assert count(conn, table) == before + 1


@pytest.mark.parametrize(("table", "changed", "promise"), REFUSED)
def test_a_broken_promise_is_refused_by_its_name(
    conn: sa.Connection, table: str, changed: dict[str, Any], promise: str
) -> None:
    with pytest.raises(sa.exc.IntegrityError) as refusal:
        put(conn, table, **changed)
    assert violated(refusal.value) == promise


@pytest.mark.parametrize(("table", "first", "second", "promise"), TWICE)
def test_what_is_unique_is_refused_the_second_time(
    conn: sa.Connection, table: str, first: dict[str, Any], second: dict[str, Any], promise: str
) -> None:
    put(conn, table, **first)
    with pytest.raises(sa.exc.IntegrityError) as refusal:
        put(conn, table, **second)
    assert violated(refusal.value) == promise


@pytest.mark.parametrize(("table", "first", "second"), SIDE_BY_SIDE)
def test_and_no_more_than_that_is_unique(
    conn: sa.Connection, table: str, first: dict[str, Any], second: dict[str, Any]
) -> None:
    before = count(conn, table)
    put(conn, table, **first)
    put(conn, table, **second)
    assert count(conn, table) == before + 2


def test_two_roots_of_one_name_are_refused(conn: sa.Connection) -> None:
    with pytest.raises(sa.exc.IntegrityError) as refusal:
        put(conn, "unit", name="海陵区", parent_id=None, path="/9/")
    assert violated(refusal.value) == "unit_root_name"


def test_an_entry_of_the_trail_is_never_numbered_twice(conn: sa.Connection) -> None:
    """On SQLite the trigger against INSERT OR REPLACE speaks first; on PostgreSQL the keys do."""
    put(conn, "trail")
    for changed in ({"subject": "problem:8"}, {"seq": 8}):
        with pytest.raises(sa.exc.IntegrityError) as refusal, conn.begin_nested():
            put(conn, "trail", **changed)
        assert violated(refusal.value) in {"trail_never_replaced", "trail_pk", "trail_subject_version"}


def test_a_crossed_step_is_inserted_once_and_passed_over_after(conn: sa.Connection) -> None:
    put(conn, "firing")
    again = (
        "INSERT INTO firing (problem_id, round, clock_on, step, rank, level, repeat, crossed_on, quiet)"
        " SELECT problem_id, round, clock_on, step, rank, level, repeat, crossed_on, quiet FROM firing WHERE TRUE"
        f" ON CONFLICT (problem_id, round, clock_on, step, level, repeat) WHERE {STANDING} DO NOTHING"
    )
    assert conn.exec_driver_sql(again).rowcount == 0


@pytest.mark.parametrize(
    ("table", "column"),
    sorted((table.name, key.parent.name) for table in TABLES.values() for key in table.foreign_keys),
)
def test_a_reference_to_nothing_is_refused(conn: sa.Connection, table: str, column: str) -> None:
    """SQLite does not say which reference it was."""
    with pytest.raises(sa.exc.IntegrityError) as refusal:
        put(conn, table, **({column: 999} | BESIDE.get(f"{table}.{column}", {})))
    assert violated(refusal.value) == ("" if conn.dialect.name == "sqlite" else f"{table}_{column}_fk")


def test_every_promise_of_the_schema_has_a_case_here() -> None:
    tried = {promise for _, _, promise in REFUSED} | {promise for *_, promise in TWICE}
    tried |= {"unit_root_name", "trail_subject_version"}
    tried |= {"unit_path"}  # cannot be broken alone: a path ends in the unit's own id
    promised = {
        str(each.name)
        for table in TABLES.values()
        for each in (*table.constraints, *(index for index in table.indexes if index.unique))
        if isinstance(each, (sa.CheckConstraint, sa.UniqueConstraint, sa.Index))
    }
    assert promised - tried == set()
