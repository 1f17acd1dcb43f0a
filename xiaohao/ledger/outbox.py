"""The outbox: notices as rows, leased to one sender at a time, settled by what the channel said.

At least once (I8): a notice whose sender died is due again when its lease has run out, and is uncertain.
A result counts only under the lease that it was sent under.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from models.notice import NOT_PASSED_ON, UNFINISHED, WAITING
from xiaohao.ledger import bulk, dialect
from xiaohao.ledger.tables import NOTICE, OFFICIAL
from xiaohao.ledger.writing import Reading, Writing
from xiaohao.rules.policy import TOP_LEVEL
from xiaohao.vocabulary import Channel, NoticeState

LEASE = timedelta(minutes=5)
"""Longer than a sender keeps what it has claimed: it sends nothing that it could not settle in time."""
SKEW = timedelta(minutes=5)
"""So much the clocks of two processes may differ; an instant further ahead than it can be was written by a
clock that went wrong, and keeps nobody waiting."""
FARTHEST = timedelta(days=15)
"""No rule lets a notice wait longer: back-off, a receiver's wish, a rate, a window over the longest holidays."""
AT_ONCE = 500
"""Keys in one IN list."""

DIGEST = "digest"
"""The kind of a notice of the night."""
INFORMATION = "information"
"""The kind of a notice to the post above, since its recipient cannot be reached."""


@dataclass(frozen=True)
class NewNotice:
    """A notice to be written: who is told on which channel, and the facts.

    `instead_of` is the notice that did not arrive and whose facts these are, `foot_checkpoint` the row of
    the checkpoint that they name.
    """

    dedupe_key: str
    official_id: int
    recipient: str
    channel: Channel
    kind: str
    facts: str
    instead_of: int | None = None
    business_date: date | None = None
    foot_checkpoint: int | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A notice that may go out now, locked in this transaction. Instants are UTC."""

    id: int
    dedupe_key: str
    business_date: date
    official_id: int | None
    unit_id: int | None
    recipient: str
    channel: Channel
    facts: str
    sent_body: str | None
    state: NoticeState
    attempts: int
    unsure_at: datetime | None
    marked_at: datetime | None
    sent_to: str | None = None
    lease_until: datetime | None = None

    @property
    def is_unsure(self) -> bool:
        """Whether an earlier try may have reached the recipient: no answer came, or its sender died."""
        return self.unsure_at is not None or self.state in (NoticeState.LEASED, NoticeState.UNCERTAIN)

    def unsure_since(self, now: datetime) -> datetime | None:
        """Since when an earlier try may have arrived: a sender that died had claimed it a lease before its end."""
        if self.unsure_at is not None or not self.is_unsure:
            return self.unsure_at
        return now if self.lease_until is None else began(self.lease_until, now)

    @property
    def resting_state(self) -> NoticeState:
        """The state that it waits in where it is not sent now."""
        return NoticeState.UNCERTAIN if self.state is NoticeState.LEASED else self.state


@dataclass(frozen=True, slots=True)
class Lease:
    """A notice that is about to be sent: its body, and what stands for its address, are kept before."""

    id: int
    state: NoticeState
    lease_until: datetime
    attempts: int
    sent_body: str
    unsure_at: datetime | None
    marked_at: datetime | None
    sent_to: str | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """What becomes of a locked notice that is not sent: it waits, or ends."""

    id: int
    state: NoticeState
    attempts: int
    receipt: str
    next_attempt_at: datetime | None
    unsure_at: datetime | None
    lease_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a notice that was sent under the lease that ends at `lease_until`."""

    id: int
    lease_until: datetime
    state: NoticeState
    receipt: str
    attempts: int
    next_attempt_at: datetime | None = None
    accepted_at: datetime | None = None
    delivered_at: datetime | None = None
    next_ask_at: datetime | None = None
    unsure_at: datetime | None = None


def add(w: Writing, notices: Sequence[NewNotice], *, now: datetime, held: bool) -> list[int]:
    """Write notices; their ids in the same order. One whose key is there already is left as it stands."""
    if not notices:
        return []
    state = NoticeState.HELD if held else NoticeState.QUEUED
    rows = [
        asdict(each)
        | {
            "business_date": each.business_date or w.on,
            "run_id": w.run_id,
            "state": state,
            "attempts": 0,
            "created_at": now,
        }
        for each in notices
    ]
    names = tuple(rows[0])
    values = [tuple(row[name] for name in names) for row in rows]
    dialect.bulk_insert(w.conn, NOTICE.name, names, values, conflict="(dedupe_key) DO NOTHING")
    keys = [n.dedupe_key for n in notices]
    by_key: dict[str, int] = {}
    for start in range(0, len(keys), AT_ONCE):
        query = sa.select(NOTICE.c.dedupe_key, NOTICE.c.id).where(
            NOTICE.c.dedupe_key.in_(keys[start : start + AT_ONCE])
        )
        by_key |= {row[0]: row[1] for row in w.conn.execute(query)}
    return [by_key[key] for key in keys]


def due(w: Writing, channel: Channel, *, now: datetime, limit: int, first: Sequence[int] = ()) -> list[Due]:
    """Up to `limit` notices of the channel that may go out now, locked: those of `first`, then the oldest.

    Those that another sender has locked are passed over. A lease that ran out means that its sender died;
    one that ends later than any lease, and a wait longer than any rule gives, come of a clock that was ahead.
    """
    query = _due_columns().where(_is_due(channel, now))
    if not first:
        return _locked(w, query, limit)
    found = _locked(w, query.where(NOTICE.c.id.in_(first)), limit)
    if len(found) < limit:
        found += _locked(w, query.where(NOTICE.c.id.not_in(first)), limit - len(found))
    return found


def top_level(r: Reading, channel: Channel, *, now: datetime) -> list[int]:
    """Notices of the channel that may go out now and tell of the top of a ladder, oldest first; AT_ONCE at most.

    What tells of an escalation and of a matter that climbs no higher is taken for one.
    """
    facts = NOTICE.c.facts
    climbs = facts.like('%"kind":"escalation"%')
    is_top = facts.like(f'%"level":{TOP_LEVEL}%') | facts.like('%"next_role":null%')
    query = sa.select(NOTICE.c.id).where(_is_due(channel, now), climbs, is_top)
    return list(r.conn.execute(query.order_by(NOTICE.c.id).limit(AT_ONCE)).scalars())


def _is_due(channel: Channel, now: datetime) -> sa.ColumnElement[bool]:
    at = NOTICE.c.next_attempt_at
    waits = (NOTICE.c.state != NoticeState.LEASED) & (at.is_(None) | (at <= now) | (at > now + FARTHEST))
    return sa.and_(sa.text(WAITING), NOTICE.c.channel == channel, waits | orphaned(now))


def off_the_list(w: Writing, order: Sequence[Channel], *, now: datetime, limit: int) -> list[Due]:
    """Up to `limit` unfinished notices on channels that the settings no longer name, locked."""
    free = (NOTICE.c.state != NoticeState.LEASED) | orphaned(now)
    query = _due_columns().where(sa.text(WAITING), NOTICE.c.channel.not_in(order), free)
    return _locked(w, query, limit)


def orphaned(now: datetime) -> sa.ColumnElement[bool]:
    """SQL: leased to a sender that is no more."""
    until = NOTICE.c.lease_until
    return (NOTICE.c.state == NoticeState.LEASED) & ((until < now) | (until > now + LEASE + SKEW))


def began(lease_until: datetime, now: datetime) -> datetime:
    """When a lease was given; `now` where a clock that was ahead has given it."""
    return min(lease_until - LEASE, now)


def lease(w: Writing, leases: Sequence[Lease]) -> None:
    """Give locked notices to this sender, with the bodies that it is about to send."""
    bulk.update_rows(w.conn, NOTICE, ("id",), [_plain(each) for each in leases])


def change(w: Writing, changed: Sequence[Changed]) -> None:
    """Let locked notices wait or end."""
    bulk.update_rows(w.conn, NOTICE, ("id",), [_plain(each) for each in changed])


def settle(w: Writing, results: Sequence[Settled]) -> set[int]:
    """Write what became of leased notices; the ids of those whose lease still stood.

    A notice that somebody else took over meanwhile is his to settle. One statement for all.
    """
    if not results:
        return set()
    names = tuple(Settled.__dataclass_fields__)
    bulk.temp_like(w.conn, "settled", NOTICE, names)
    dialect.fill(w.conn, "settled", names, [tuple(getattr(each, name) for name in names) for each in results])
    return set(w.conn.exec_driver_sql(SETTLE).scalars())


SETTLE = """
UPDATE notice SET state = settled.state, receipt = settled.receipt, attempts = settled.attempts,
  next_attempt_at = settled.next_attempt_at, next_ask_at = settled.next_ask_at, lease_until = NULL,
  unsure_at = coalesce(notice.unsure_at, settled.unsure_at),
  accepted_at = coalesce(notice.accepted_at, settled.accepted_at),
  delivered_at = coalesce(notice.delivered_at, settled.delivered_at)
FROM settled
WHERE notice.id = settled.id AND notice.state = 'leased' AND notice.lease_until = settled.lease_until
RETURNING notice.id
"""


def disturbed(
    w: Writing, official_ids: Collection[int], *, since: datetime, now: datetime, quiet: Sequence[Channel]
) -> dict[int, int]:
    """How many notices each official got since an instant, may have got, or is getting now.

    One counts once, however often it was tried; `quiet` channels do not count.
    """
    counted: dict[int, int] = {}
    mine = NOTICE.c.official_id.in_(official_ids) & NOTICE.c.channel.not_in(quiet)
    got = NOTICE.c.accepted_at.between(since, now + SKEW)
    unsure = NOTICE.c.accepted_at.is_(None) & NOTICE.c.unsure_at.between(since, now + SKEW)
    getting = (NOTICE.c.state == NoticeState.LEASED) & NOTICE.c.lease_until.between(since, now + LEASE + SKEW)
    dead = (NOTICE.c.state == NoticeState.DEAD) & (NOTICE.c.created_at >= since - FARTHEST)
    for condition in (got, sa.text(WAITING) & (unsure | getting), sa.text(UNFINISHED) & dead & unsure):
        query = sa.select(NOTICE.c.official_id, sa.func.count()).where(mine, condition)
        for official_id, count in w.conn.execute(query.group_by(NOTICE.c.official_id)):
            counted[official_id] = counted.get(official_id, 0) + count
    return counted


def forget_bodies(w: Writing, channel: Channel) -> None:
    """Let the bodies of what waits on a channel be made anew: they may hold settings that are being mended."""
    mine = sa.text(WAITING) & (NOTICE.c.channel == channel) & (NOTICE.c.state != NoticeState.LEASED)
    w.conn.execute(NOTICE.update().where(mine, NOTICE.c.sent_body.is_not(None)).values(sent_body=None))


def not_passed_on(w: Writing, *, limit: int) -> list[int]:
    """Up to `limit` dead notices whose facts are still to be passed on, oldest first, locked."""
    query = sa.select(NOTICE.c.id).where(sa.text(UNFINISHED), sa.text(NOT_PASSED_ON))
    query = query.order_by(NOTICE.c.id).limit(limit).with_for_update(skip_locked=True)
    return list(w.conn.execute(query).scalars())


def passed_on(w: Writing, ids: Collection[int]) -> None:
    """Nothing is left to do about these dead notices."""
    w.conn.execute(NOTICE.update().where(NOTICE.c.id.in_(ids)).values(next_attempt_at=None))


def has_arrived(w: Writing, ids: Collection[int], *, at: datetime) -> set[int]:
    """The recipients of these notices have said at `at` (aware) that they read them; who they are.

    Whatever was known of them, they are delivered: not sent again, nor passed on. One that was never tried was
    taken by no channel.
    """
    tried = sa.case((NOTICE.c.attempts > 0, sa.literal(at, NOTICE.c.accepted_at.type)))
    done = NOTICE.update().where(NOTICE.c.id.in_(ids), NOTICE.c.state != NoticeState.DELIVERED)
    done = done.values(
        state=NoticeState.DELIVERED,
        accepted_at=sa.func.coalesce(NOTICE.c.accepted_at, tried),
        delivered_at=sa.func.coalesce(NOTICE.c.delivered_at, sa.literal(at, NOTICE.c.delivered_at.type)),
        lease_until=None,
        next_attempt_at=None,
    )
    found = w.conn.execute(done.returning(NOTICE.c.official_id)).scalars()
    return {each for each in found if each is not None}


def release(w: Writing) -> int:
    """Let every held notice go out (暂缓 → 待发); how many."""
    done = w.conn.execute(
        NOTICE.update().where(NOTICE.c.state == NoticeState.HELD).values(state=NoticeState.QUEUED)
    )
    return done.rowcount


def listed(
    r: Reading,
    *,
    states: Sequence[NoticeState] = (),
    channel: Channel | None = None,
    on: date | None = None,
) -> list[sa.RowMapping]:
    """Notices for a reader, newest last: every column, and the recipient's code."""
    query = sa.select(NOTICE, OFFICIAL.c.code.label("official_code")).join(
        OFFICIAL, OFFICIAL.c.id == NOTICE.c.official_id, isouter=True
    )
    if states:
        query = query.where(NOTICE.c.state.in_(states))
    if channel is not None:
        query = query.where(NOTICE.c.channel == channel)
    if on is not None:
        query = query.where(NOTICE.c.business_date == on)
    return [row._mapping for row in r.conn.execute(query.order_by(NOTICE.c.id))]


def counts(r: Reading) -> Mapping[NoticeState, int]:
    """How many notices stand in each state."""
    query = sa.select(NOTICE.c.state, sa.func.count()).group_by(NOTICE.c.state)
    return {row[0]: row[1] for row in r.conn.execute(query)}


def _due_columns() -> sa.Select[Any]:
    return sa.select(*(NOTICE.c[name] for name in Due.__dataclass_fields__))


def _locked(w: Writing, query: sa.Select[Any], limit: int) -> list[Due]:
    query = query.order_by(NOTICE.c.id).limit(limit).with_for_update(skip_locked=True)
    return [Due(*row) for row in w.conn.execute(query)]


def _plain(row: Lease | Changed) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__dataclass_fields__}
