"""Notices that are queued again by the operator."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.notice import WAITING
from xiaohao.ledger import outbox
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
    """The dead notices that nothing was sent instead of, of one channel where it is given."""
    other = NOTICE.alias("other")
    instead = sa.exists().where(other.c.instead_of == NOTICE.c.id)
    query = sa.select(NOTICE.c.id).where(NOTICE.c.state == NoticeState.DEAD, ~instead)
    if channel is not None:
        query = query.where(NOTICE.c.channel == channel)
    return list(r.conn.execute(query.order_by(NOTICE.c.id)).scalars())


def requeue(w: Writing, ids: Sequence[int], *, now: datetime) -> int:
    """Queue these notices again, due now and with all tries before them; how many.

    One that may have reached its recipient stays uncertain, so that it is marked 重发. What became of an
    earlier send (accepted, delivered, read) is forgotten: it counts from the new one.
    """
    changed = 0
    for start in range(0, len(ids), AT_ONCE):
        free = NOTICE.c.state.in_(ENDED_OR_WAITING) | outbox.orphaned(now)
        mine = NOTICE.c.id.in_(ids[start : start + AT_ONCE]) & free
        changed += w.conn.execute(NOTICE.update().where(mine).values(**_anew(now))).rowcount
    return changed


def at_once(w: Writing, channel: Channel) -> int:
    """Let what waits on a channel go out at the next delivery; how many."""
    mine = sa.text(WAITING) & (NOTICE.c.channel == channel) & (NOTICE.c.state != NoticeState.LEASED)
    return w.conn.execute(NOTICE.update().where(mine).values(next_attempt_at=None)).rowcount


def _anew(now: datetime) -> dict[str, Any]:
    orphaned = outbox.orphaned(now)
    unsure = NOTICE.c.unsure_at.is_not(None) | orphaned
    return {
        "state": sa.case((unsure, NoticeState.UNCERTAIN.value), else_=NoticeState.QUEUED.value),
        "unsure_at": sa.func.coalesce(
            NOTICE.c.unsure_at, sa.case((orphaned, sa.literal(now, NOTICE.c.unsure_at.type)))
        ),
        "attempts": 0,
        **dict.fromkeys(FORGOTTEN),
    }


def hold(w: Writing) -> int:
    """Every notice that waits or is under way is held (暂缓) until somebody lets it go; how many.

    A lease ends with it; that a try may have arrived is remembered.
    """
    unsure = NOTICE.c.state.in_((NoticeState.LEASED, NoticeState.UNCERTAIN))
    since = sa.case(
        (unsure, sa.func.coalesce(NOTICE.c.unsure_at, NOTICE.c.created_at)), else_=NOTICE.c.unsure_at
    )
    values = {"state": NoticeState.HELD, "unsure_at": since, "lease_until": None, "next_attempt_at": None}
    return w.conn.execute(NOTICE.update().where(sa.text(WAITING)).values(values)).rowcount
