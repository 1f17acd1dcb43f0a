"""Rows as the schema alone allows them: one valid row a table, to be changed by what a test is about."""

from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

import models  # noqa: F401  (makes the metadata whole)

DAY = date(2026, 11, 20)
LATER = date(2026, 11, 30)
NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)

VALID: dict[str, dict[str, Any]] = {
    "unit": {
        "id": 9,
        "code": "U9",
        "name": "静和苑社区",
        "kind": "community",
        "parent_id": 1,
        "path": "/1/9/",
    },
    "official": {"id": 9, "code": "P9", "name": "李明", "active": True},
    "contact": {"official_id": 1, "unit_id": None, "channel": "webhook", "address": "http://127.0.0.1/"},
    "post": {"id": 9, "unit_id": 2, "role": "leader"},
    "holding": {"id": 9, "post_id": 1, "official_id": 1, "from_on": DAY, "until_on": None},
    "deputy": {"id": 9, "holding_id": 1, "official_id": 2, "from_on": DAY, "until_on": DAY},
    "policy": {"id": 9, "valid_from": DAY, "body": "", "sha256": "0" * 64},
    "calendar": {"version": 9, "valid_from": DAY, "announced_until": LATER},
    "workday": {"version": 1, "on": LATER, "working": True, "name": None},
    "problem": {
        "id": 9,
        "number": "HL-2026-0009",
        "external_number": None,
        "register_unit_id": 1,
        "entered": "import",
        "title": "东门道路 破损",
        "title_key": "东门道路破损",
        "unit_id": 2,
        "found_on": DAY,
        "rectification_class": "immediate",
        "registered_on": DAY,
        "started_on": DAY,
        "due_on": LATER,
        "policy_id": 1,
        "calendar_version": 1,
        "next_event_on": LATER,
        "status": "rectifying",
        "light": "green",
    },
    "co_unit": {"problem_id": 1, "position": 9, "unit_id": 2},
    "measure": {"problem_id": 1, "position": 9, "text": "修补路面"},
    "progress": {"problem_id": 1, "position": 9, "round": 1, "on": DAY, "by": None, "text": "已进场"},
    "evidence": {
        "problem_id": 1,
        "position": 9,
        "round": 1,
        "sha256": "0" * 64,
        "size": 1,
        "media_type": "image/jpeg",
        "name": "东门.jpg",
        "phase": "after",
        "on": DAY,
        "by": 1,
    },
    "extension": {
        "problem_id": 1,
        "position": 9,
        "round": 1,
        "asked_on": DAY,
        "asked_by": 1,
        "reason": "雨天",
        "until_asked": LATER,
    },
    "suspension": {
        "problem_id": 1,
        "position": 9,
        "round": 1,
        "from_on": DAY,
        "until_on": LATER,
        "reason": "冬季停工",
        "granted_on": DAY,
    },
    "call_back": {"problem_id": 1, "position": 9, "round": 1, "on": DAY, "by": 1, "outcome": "satisfied"},
    "resident": {"problem_id": 1, "position": 9, "name": "王女士", "phone": "13800000000"},
    "closing": {
        "problem_id": 1,
        "position": 9,
        "round": 1,
        "kind": "regular",
        "applied_on": DAY,
        "applied_by": 1,
        "outcome": "applied",
    },
    "firing": {
        "problem_id": 1,
        "round": 1,
        "clock_on": DAY,
        "step": "escalation",
        "rank": 1,
        "level": 1,
        "repeat": 0,
        "crossed_on": DAY,
        "quiet": False,
    },
    "run": {"flow": "nightly", "business_date": LATER, "scope": "", "state": "done"},
    "fault": {"kind": "vacant_post", "subject": "post:9", "message": "岗位空缺", "found_on": DAY},
    "notice": {
        "dedupe_key": "new",
        "business_date": DAY,
        "official_id": 1,
        "unit_id": None,
        "recipient": "李明",
        "channel": "console",
        "kind": "digest",
        "facts": "{}",
        "created_at": NOW,
    },
    "parked_channel": {
        "channel": "webhook",
        "code": "401",
        "why": "签名不对",
        "since": NOW,
        "next_probe_at": NOW,
    },
    "sending": {"channel": "wecom_robot", "address_hash": "0" * 32, "at": NOW},
    "trail": {
        "seq": 9,
        "at": "2026-11-20T18:00:00.000Z",
        "actor": "system:nightly",
        "action": "night",
        "subject": "problem:9",
        "version": 1,
        "detail": "{}",
        "salt": bytes(16),
        "leaf": bytes(32),
    },
    "trail_head": {"id": 2, "size": 0, "frontier": b""},
    "checkpoint": {"tree_size": 9, "root": bytes(32), "at": "2026-11-20T18:00:00.000Z", "note": None},
}


def put(conn: sa.Connection, table: str, **changed: Any) -> None:
    """Insert the table's valid row, with these columns changed."""
    conn.execute(sa.insert(SQLModel.metadata.tables[table]).values(VALID[table] | changed))


def put_world(conn: sa.Connection) -> None:
    """A small district for the rows to refer to: two units, two officials, a post and a problem, all numbered 1."""
    put(conn, "unit", id=1, code="U1", name="海陵区", kind="district", parent_id=None, path="/1/")
    put(conn, "unit", id=2, code="U2", name="孟轲乡", kind="township", path="/1/2/")
    put(conn, "official", id=1, code="P1")
    put(conn, "official", id=2, code="P2", name="张华")
    put(conn, "post", id=1, role="secretary")
    put(conn, "holding", id=1)
    put(conn, "policy", id=1)
    put(conn, "calendar", version=1)
    put(conn, "problem", id=1, number="HL-2026-0001", external_number="1-1")
