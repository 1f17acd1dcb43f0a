"""The outbox: notices as rows, claimed under a lease, settled by what the channel said.

At least once (I8): a notice whose sender died is claimed again when its lease has run out.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from xiaohao.ledger import bulk
from xiaohao.ledger.tables import NOTICE, OFFICIAL
from xiaohao.ledger.writing import Reading, Writing
from xiaohao.vocabulary import Channel, NoticeState

LEASE = timedelta(minutes=5)
BACK_OFF = (60, 300, 900, 3_600, 10_800, 21_600)
"""Seconds to wait after the first, second … try that failed; the last one repeats."""
MOST_ATTEMPTS = 12
OPEN = (NoticeState.QUEUED, NoticeState.AGAIN, NoticeState.UNCERTAIN)


@dataclass(frozen=True)
class NewNotice:
    """A notice to be written: who is told on which channel, and the facts."""

    dedupe_key: str
    official_id: int
    recipient: str
    channel: Channel
    kind: str
    facts: str


@dataclass(frozen=True)
class Claimed:
    """A notice that this process may send until its lease ends."""

    id: int
    dedupe_key: str
    official_id: int | None
    channel: Channel
    facts: str
    sent_body: str | None
    attempts: int
    was: NoticeState


@dataclass(frozen=True)
class Settled:
    """What became of a claimed notice."""

    id: int
    state: NoticeState
    receipt: str
    sent_body: str
    next_attempt_at: datetime | None = None
    delivered_at: datetime | None = None
    accepted_at: datetime | None = None


def add(w: Writing, notices: Sequence[NewNotice], *, now: datetime, held: bool) -> list[int]:
    """Write notices; their ids in the same order."""
    if not notices:
        return []
    state = NoticeState.HELD if held else NoticeState.QUEUED
    rows = [
        {
            "dedupe_key": n.dedupe_key,
            "official_id": n.official_id,
            "recipient": n.recipient,
            "channel": n.channel,
            "kind": n.kind,
            "facts": n.facts,
            "run_id": w.run_id,
            "business_date": w.on,
            "state": state,
            "attempts": 0,
            "created_at": now,
        }
        for n in notices
    ]
    bulk.insert_rows(w.conn, NOTICE, rows)
    keys = [n.dedupe_key for n in notices]
    by_key: dict[str, int] = {}
    for start in range(0, len(keys), 500):
        query = sa.select(NOTICE.c.dedupe_key, NOTICE.c.id).where(
            NOTICE.c.dedupe_key.in_(keys[start : start + 500])
        )
        by_key |= {row[0]: row[1] for row in w.conn.execute(query)}
    return [by_key[key] for key in keys]


def claim(w: Writing, *, now: datetime, limit: int, channels: Sequence[Channel]) -> list[Claimed]:
    """Up to `limit` notices that may go out now, oldest first, leased to this process.

    A lease that ran out means that its sender died: such a notice is uncertain (存疑) and is
    sent again under the same key.
    """
    waiting = NOTICE.c.state.in_(OPEN) & (
        NOTICE.c.next_attempt_at.is_(None) | (NOTICE.c.next_attempt_at <= now)
    )
    orphaned = (NOTICE.c.state == NoticeState.LEASED) & (NOTICE.c.lease_until < now)
    query = (
        sa.select(NOTICE)
        .where(waiting | orphaned, NOTICE.c.channel.in_(channels))
        .order_by(NOTICE.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = w.conn.execute(query).all()
    if rows:
        w.conn.execute(
            NOTICE.update()
            .where(NOTICE.c.id.in_([row.id for row in rows]))
            .values(state=NoticeState.LEASED, lease_until=now + LEASE, attempts=NOTICE.c.attempts + 1)
        )
    return [
        Claimed(
            row.id,
            row.dedupe_key,
            row.official_id,
            row.channel,
            row.facts,
            row.sent_body,
            row.attempts + 1,
            NoticeState.UNCERTAIN if row.state is NoticeState.LEASED else row.state,
        )
        for row in rows
    ]


def settle(w: Writing, results: Sequence[Settled]) -> None:
    """Write what became of claimed notices."""
    if not results:
        return
    statement = (
        NOTICE.update()
        .where(NOTICE.c.id == sa.bindparam("notice"), NOTICE.c.state == NoticeState.LEASED)
        .values(
            state=sa.bindparam("new_state"),
            receipt=sa.bindparam("new_receipt"),
            sent_body=sa.bindparam("body"),
            next_attempt_at=sa.bindparam("next_at"),
            accepted_at=sa.func.coalesce(
                NOTICE.c.accepted_at, sa.bindparam("accepted", type_=NOTICE.c.accepted_at.type)
            ),
            delivered_at=sa.func.coalesce(
                NOTICE.c.delivered_at, sa.bindparam("delivered", type_=NOTICE.c.delivered_at.type)
            ),
            lease_until=None,
        )
    )
    w.conn.execute(
        statement,
        [
            {
                "notice": each.id,
                "new_state": each.state,
                "new_receipt": each.receipt,
                "body": each.sent_body,
                "next_at": each.next_attempt_at,
                "accepted": each.accepted_at,
                "delivered": each.delivered_at,
            }
            for each in results
        ],
    )


def back_off(attempts: int, now: datetime, at_least: timedelta | None = None) -> datetime:
    """When a failed notice may be tried again: exponential, with jitter, not before `at_least`."""
    seconds = BACK_OFF[min(attempts, len(BACK_OFF)) - 1] * random.uniform(0.8, 1.2)
    return now + max(timedelta(seconds=seconds), at_least or timedelta())


def release(w: Writing) -> int:
    """Let every held notice go out (暂缓 → 待发); how many."""
    done = w.conn.execute(
        NOTICE.update().where(NOTICE.c.state == NoticeState.HELD).values(state=NoticeState.QUEUED)
    )
    return done.rowcount


def listed(r: Reading, *, states: Sequence[NoticeState] = (), on: date | None = None) -> list[sa.RowMapping]:
    """Notices for a reader, newest last: id, key, recipient, channel, kind, state, attempts, times."""
    query = sa.select(NOTICE, OFFICIAL.c.code.label("official_code")).join(
        OFFICIAL, OFFICIAL.c.id == NOTICE.c.official_id, isouter=True
    )
    if states:
        query = query.where(NOTICE.c.state.in_(states))
    if on is not None:
        query = query.where(NOTICE.c.business_date == on)
    return [row._mapping for row in r.conn.execute(query.order_by(NOTICE.c.id))]


def counts(r: Reading) -> Mapping[NoticeState, int]:
    """How many notices stand in each state."""
    query = sa.select(NOTICE.c.state, sa.func.count()).group_by(NOTICE.c.state)
    return {row[0]: row[1] for row in r.conn.execute(query)}
