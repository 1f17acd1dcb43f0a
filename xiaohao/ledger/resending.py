"""Notices that are queued again by the operator."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.notice import NOT_PASSED_ON, WAITING
from xiaohao.ledger import bulk, outbox
from xiaohao.ledger.outbox import AT_ONCE
from xiaohao.ledger.tables import NOTICE
from xiaohao.ledger.writing import Reading, Writing
from xiaohao.vocabulary import Channel, NoticeState

ENDED_OR_WAITING = (NoticeState.DEAD, NoticeState.QUEUED, NoticeState.AGAIN, NoticeState.UNCERTAIN)

FORGOTTEN = ("next_attempt_at", "lease_until", "accepted_at", "delivered_at", "read_at", "next_ask_at")


def states(w: Writing, ids: Collection[int], *, now: datetime) -> dict[int, NoticeState]:
    """The states of the notices of these ids that there are, locked; one whose sender died is uncertain."""
    unsure = sa.literal(NoticeState.UNCERTAIN, NOTICE.c.state.type)
    state = sa.case((outbox.orphaned(now), unsure), else_=NOTICE.c.state).label("state")
    query = sa.select(NOTICE.c.id, state).where(NOTICE.c.id.in_(ids)).order_by(NOTICE.c.id)
    return {row.id: row.state for row in w.conn.execute(query.with_for_update())}


def dead_ends(r: Reading, channel: Channel | None) -> list[int]:
    """For each person whom some facts did not reach the last notice that carried them; of one channel where given.

    Not where one to him arrived or still waits: each of his in the chain of stand-ins has to be dead.
    """
    other = NOTICE.alias("other")
    last = ~sa.exists().where(other.c.instead_of == NOTICE.c.id, other.c.official_id == NOTICE.c.official_id)
    mine = last if channel is None else NOTICE.c.channel == channel
    columns = (NOTICE.c.id, NOTICE.c.official_id, NOTICE.c.instead_of, NOTICE.c.state)
    start = sa.select(NOTICE.c.id.label("last"), *columns).where(NOTICE.c.state == NoticeState.DEAD, mine)
    link = start.cte("link", recursive=True)
    next_to = (NOTICE.c.id == link.c.instead_of) | (NOTICE.c.instead_of == link.c.id)
    link = link.union(
        sa.select(link.c.last, *columns).join_from(
            link, NOTICE, next_to & (NOTICE.c.official_id == link.c.official_id)
        )
    )
    alive = sa.func.max(sa.case((link.c.state != NoticeState.DEAD, 1), else_=0))
    query = sa.select(link.c.last).group_by(link.c.last).having(alive == 0).order_by(link.c.last)
    return list(r.conn.execute(query).scalars())


def requeue(w: Writing, ids: Sequence[int], *, now: datetime) -> int:
    """Queue these notices again, due now and with all tries before them; how many.

    One that may have reached its recipient stays uncertain, so that it is marked 重发. What became of an
    earlier send (accepted, delivered, read) is forgotten: it counts from the new one.
    """
    changed = 0
    for start in range(0, len(ids), AT_ONCE):
        mine = NOTICE.c.id.in_(ids[start : start + AT_ONCE])
        _date_orphans(w, mine, now)
        free = NOTICE.c.state.in_(ENDED_OR_WAITING) | outbox.orphaned(now)
        changed += w.conn.execute(NOTICE.update().where(mine, free).values(**_anew())).rowcount
    return changed


def at_once(w: Writing, channel: Channel) -> int:
    """Let what waits on a channel go out at the next delivery; how many."""
    mine = sa.text(WAITING) & (NOTICE.c.channel == channel) & (NOTICE.c.state != NoticeState.LEASED)
    return w.conn.execute(NOTICE.update().where(mine).values(next_attempt_at=None)).rowcount


def _date_orphans(w: Writing, mine: sa.ColumnElement[bool], now: datetime) -> None:
    """What a sender that died had claimed may have arrived since it claimed it."""
    query = sa.select(NOTICE.c.id, NOTICE.c.lease_until).where(
        mine, outbox.orphaned(now), NOTICE.c.unsure_at.is_(None)
    )
    found = w.conn.execute(query.order_by(NOTICE.c.id).with_for_update())
    rows = [{"id": row.id, "unsure_at": outbox.began(row.lease_until, now)} for row in found]
    bulk.update_rows(w.conn, NOTICE, ("id",), rows)


def _anew() -> dict[str, Any]:
    unsure = NOTICE.c.unsure_at.is_not(None)
    return {
        "state": sa.case((unsure, NoticeState.UNCERTAIN.value), else_=NoticeState.QUEUED.value),
        "attempts": 0,
        **dict.fromkeys(FORGOTTEN),
    }


def hold(w: Writing) -> int:
    """Every notice that waits, is under way or is to be passed on is held (暂缓) until somebody lets it go; how many.

    A lease ends with it; that a try may have arrived is remembered. What ended undelivered and was not passed on
    yet has its turn once more then, and is passed on after it.
    """
    unsure = NOTICE.c.state.in_((NoticeState.LEASED, NoticeState.UNCERTAIN))
    since = sa.case(
        (unsure, sa.func.coalesce(NOTICE.c.unsure_at, NOTICE.c.created_at)), else_=NOTICE.c.unsure_at
    )
    values = {"state": NoticeState.HELD, "unsure_at": since, "lease_until": None, "next_attempt_at": None}
    mine = sa.or_(sa.text(WAITING), sa.text(NOT_PASSED_ON))
    return w.conn.execute(NOTICE.update().where(mine).values(values)).rowcount
