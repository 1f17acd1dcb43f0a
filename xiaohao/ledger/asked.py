"""Accepted notices whose channel is asked later what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from models.notice import ASKED
from xiaohao.ledger import bulk, dialect
from xiaohao.ledger.outbox import FARTHEST, SKEW
from xiaohao.ledger.tables import NOTICE
from xiaohao.ledger.writing import Writing
from xiaohao.vocabulary import Channel, NoticeState


@dataclass(frozen=True, slots=True)
class Asked:
    """An accepted notice that is asked for now; `next_ask_at` says by whom, and `receipt` is its reference."""

    id: int
    official_id: int | None
    state: NoticeState
    receipt: str | None
    accepted_at: datetime
    delivered_at: datetime | None
    read_at: datetime | None
    sent_to: str | None
    next_ask_at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """What the answer says; it counts where nobody else asked since (`asked_until`)."""

    id: int
    asked_until: datetime
    state: NoticeState
    receipt: str | None
    delivered_at: datetime | None
    read_at: datetime | None
    next_ask_at: datetime | None
    next_attempt_at: datetime | None = None
    """Set where it is dead now: its facts are to be passed on."""


def due(w: Writing, channel: Channel, *, now: datetime, limit: int, again_at: datetime) -> list[Asked]:
    """Up to `limit` notices of the channel to ask for as of `now`, each put off until `again_at` for others.

    What a clock that was ahead has put off or accepted counts as accepted now.
    """
    at = NOTICE.c.next_ask_at
    names = tuple(name for name in Asked.__dataclass_fields__ if name != "next_ask_at")
    query = (
        sa.select(*(NOTICE.c[name] for name in names))
        .where(sa.text(ASKED), NOTICE.c.channel == channel, (at <= now) | (at > now + FARTHEST))
        .order_by(NOTICE.c.next_ask_at, NOTICE.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = [dict(row) for row in w.conn.execute(query).mappings()]
    for row in rows:
        if row["accepted_at"] > now + SKEW:
            row["accepted_at"] = now
    kept = [{name: row[name] for name in ("id", "accepted_at")} | {"next_ask_at": again_at} for row in rows]
    bulk.update_rows(w.conn, NOTICE, ("id",), kept)
    return [Asked(**row, next_ask_at=again_at) for row in rows]


def answer(w: Writing, answers: Sequence[Answered]) -> set[int]:
    """Write the answers; the ids of those that counted. One statement for all."""
    if not answers:
        return set()
    names = (
        "id",
        "lease_until",
        "state",
        "receipt",
        "delivered_at",
        "read_at",
        "next_ask_at",
        "next_attempt_at",
    )
    bulk.temp_like(w.conn, "answered", NOTICE, names)
    rows = [tuple(getattr(each, name) for name in Answered.__dataclass_fields__) for each in answers]
    dialect.fill(w.conn, "answered", names, rows)
    return set(w.conn.exec_driver_sql(ANSWER).scalars())


ANSWER = """
UPDATE notice SET receipt = answered.receipt, next_ask_at = answered.next_ask_at,
  state = CASE WHEN notice.state = 'delivered' THEN notice.state ELSE answered.state END,
  next_attempt_at = answered.next_attempt_at,
  delivered_at = coalesce(notice.delivered_at, answered.delivered_at),
  read_at = coalesce(notice.read_at, answered.read_at)
FROM answered
WHERE notice.id = answered.id AND notice.next_ask_at = answered.lease_until
  AND (notice.state = 'accepted' OR (notice.state = 'delivered' AND answered.state <> 'dead'))
RETURNING notice.id
"""
