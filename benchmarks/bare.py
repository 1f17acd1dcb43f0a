"""The floor: a night's writes as bare statements, with nothing decided and nobody looked up.

The same rows on the same tables, indexes and triggers, the same leaves; what a night takes
beyond this is what its rules, its people and its care cost.
"""

import os
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from xiaohao.ledger import dialect
from xiaohao.ledger.connect import writing_connection
from xiaohao.ledger.tables import RUN
from xiaohao.ledger.trail import COLUMNS
from xiaohao.ledger.writing import Ledger
from xiaohao.proof import leaf as leaves
from xiaohao.proof.merkle import Frontier

FIRED = (
    b'{"firing":[{"clock_on":"2026-11-23","crossed_on":"2026-11-24","level":1,"quiet":false,"rank":4,"repeat":0,'
    b'"round":1,"step":"escalation"}],"on":"2026-11-24","problem":{"level":1,"light":"red",'
    b'"next_event_on":"2026-11-30","repeat":0,"status":"rectifying","verify_by":null}}'
)
TOLD = (
    b'{"on":"2026-11-24","told":{"clock_on":"2026-11-23","level":1,"official":"P123","repeat":0,"role":"secretary",'
    b'"round":1,"step":"escalation","unit_id":123}}'
)
NOTICE = (
    "dedupe_key", "run_id", "business_date", "official_id", "recipient", "channel", "kind", "facts", "state",
    "attempts", "created_at",
)  # fmt: skip
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def night(ledger: Ledger, on: date, *, facts: Sequence[str]) -> None:
    """Fire, tell and seal everything that is due, in three transactions; `facts` is what the notices hold."""
    with writing_connection(ledger.engine) as conn:
        rows = _fire(conn, on)
    with writing_connection(ledger.engine) as conn:
        _tell(conn, rows, on, facts)
    with writing_connection(ledger.engine) as conn:
        conn.exec_driver_sql(
            "INSERT INTO checkpoint (tree_size, root, at) SELECT size, substr(frontier, 1, 32), '' FROM trail_head"
        )


def _fire(conn: sa.Connection, on: date) -> Sequence[Any]:
    run = _run(conn, on, "nightly")
    dialect.create_temp_table(conn, "due", "problem_id BIGINT PRIMARY KEY")
    conn.execute(
        sa.text(
            "INSERT INTO due SELECT id FROM problem WHERE next_event_on <= :on AND next_event_on IS NOT NULL"
        ),
        {"on": on},
    )
    rows = conn.execute(
        sa.text(
            "SELECT p.id, p.version FROM problem p JOIN due ON due.problem_id = p.id ORDER BY p.id"
            + dialect.for_update(conn).replace("FOR UPDATE", "FOR UPDATE OF p")
        )
    ).all()
    values = {"on": on, "next": on + timedelta(days=6)}
    conn.execute(
        sa.text(
            "UPDATE problem SET status = 'rectifying', light = CASE WHEN rectification_class = 'long_term' "
            "THEN 'yellow' ELSE 'red' END, level = 1, repeat = 0, next_event_on = :next, verify_by = NULL, "
            "version = version + 1 WHERE id IN (SELECT problem_id FROM due)"
        ),
        values,
    )
    conn.execute(
        sa.text(
            "INSERT INTO firing (problem_id, round, clock_on, step, rank, level, repeat, crossed_on, quiet, run_id) "
            f"SELECT id, round, found_on, 'escalation', 4, 1, 0, :on, FALSE, {run} FROM problem "
            "WHERE id IN (SELECT problem_id FROM due) ON CONFLICT "
            "(problem_id, round, clock_on, step, level, repeat) WHERE withdrawn_on IS NULL DO NOTHING"
        ),
        values,
    )
    _leaves(conn, rows, "night", FIRED, 1)
    return rows


def _tell(conn: sa.Connection, rows: Sequence[Any], on: date, facts: Sequence[str]) -> None:
    run = _run(conn, on, "compose")
    notices = [
        (f"k{n}", run, on, n + 1, "人员", "file", "digest", text, "queued", 0, NOW)
        for n, text in enumerate(facts)
    ]
    dialect.fill(conn, "notice", NOTICE, notices)
    dialect.create_temp_table(conn, "due", "problem_id BIGINT PRIMARY KEY, notice_id BIGINT")
    told = [(row.id, n % len(facts) + 1) for n, row in enumerate(rows)]
    dialect.fill(conn, "due", ("problem_id", "notice_id"), told)
    conn.exec_driver_sql(
        "UPDATE firing SET notice_id = due.notice_id, official_id = due.notice_id, unit_id = 1, role = 'secretary' "
        "FROM due WHERE firing.problem_id = due.problem_id AND firing.notice_id IS NULL AND NOT quiet "
        "AND withdrawn_on IS NULL"
    )
    conn.exec_driver_sql("UPDATE problem SET version = version + 1 WHERE id IN (SELECT problem_id FROM due)")
    _leaves(conn, rows, "tell", TOLD, 2)


def _run(conn: sa.Connection, on: date, flow: str) -> int:
    row = {"flow": flow, "business_date": on, "scope": "all", "state": "done", "counts": "{}"}
    return int(conn.execute(RUN.insert().values(row).returning(RUN.c.id)).scalar_one())


def _leaves(conn: sa.Connection, rows: Sequence[Any], action: str, detail: bytes, ahead: int) -> None:
    at = "2026-11-24T02:00:00.000Z"
    size, frontier = conn.execute(sa.text("SELECT size, frontier FROM trail_head WHERE id = 1")).one()
    edge = Frontier.from_bytes(size, bytes(frontier))
    entries, hashes = [], []
    for place, (problem_id, version) in enumerate(rows):
        salt = os.urandom(16)
        subject = f"problem:{problem_id}"
        data = leaves.leaf_data(
            action=action,
            actor="system:nightly",
            at=at,
            detail_hash=leaves.detail_hash(salt, detail),
            run="1",
            subject=subject,
            version=version + ahead,
        )
        leaf = leaves.leaf_hash(data)
        hashes.append(leaf)
        entries.append(
            (
                size + place,
                at,
                "system:nightly",
                action,
                subject,
                version + ahead,
                "1",
                detail.decode(),
                salt,
                leaf,
            )
        )
    dialect.fill(conn, "trail", COLUMNS, entries)
    edge.extend(hashes)
    conn.execute(
        sa.text("UPDATE trail_head SET size = :size, frontier = :frontier WHERE id = 1"),
        {"size": edge.size, "frontier": edge.to_bytes()},
    )
