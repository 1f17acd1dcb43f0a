"""Which notice stands in for which: the chain from one that did not arrive back to the first."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from xiaohao.ledger import bulk, outbox
from xiaohao.ledger.tables import NOTICE
from xiaohao.ledger.writing import Reading, Writing
from xiaohao.vocabulary import Channel, NoticeState


@dataclass(frozen=True, slots=True)
class Ended:
    """A notice that ended undelivered."""

    id: int
    official_id: int | None
    recipient: str
    channel: Channel
    kind: str
    facts: str
    business_date: date
    receipt: str | None
    foot_checkpoint: int | None


@dataclass(frozen=True, slots=True)
class Informed:
    """A notice for information; `is_open`: nobody has tried to send it yet, and it is locked in this transaction."""

    id: int
    official_id: int
    business_date: date
    facts: str
    is_open: bool


Tried = Mapping[int, Collection[Channel]]
"""The channels that were tried for the facts of one notice, by the official they were to reach, the first first."""


def ended(r: Reading, ids: Collection[int]) -> list[Ended]:
    """The notices of these ids, in their order."""
    query = sa.select(*(NOTICE.c[name] for name in Ended.__dataclass_fields__))
    return [Ended(*row) for row in r.conn.execute(query.where(NOTICE.c.id.in_(ids)).order_by(NOTICE.c.id))]


def tried(r: Reading, ids: Collection[int]) -> Mapping[int, Tried]:
    """For each of these notices what was tried, back to the first one that carried the facts. One statement."""
    columns = (NOTICE.c.id, NOTICE.c.official_id, NOTICE.c.channel, NOTICE.c.instead_of)
    start = sa.select(NOTICE.c.id.label("last"), *columns).where(NOTICE.c.id.in_(ids))
    link = start.cte("link", recursive=True)
    link = link.union_all(
        sa.select(link.c.last, *columns).join_from(NOTICE, link, NOTICE.c.id == link.c.instead_of)
    )
    found: dict[int, dict[int, set[Channel]]] = {each: defaultdict(set) for each in ids}
    for row in r.conn.execute(
        sa.select(link).order_by(link.c.id)
    ):  # a stand-in is younger than what it stands for
        if row.official_id is not None:
            found[row.last][row.official_id].add(Channel(row.channel))
    return found


def informed(w: Writing, official_ids: Collection[int], days: Collection[date]) -> list[Informed]:
    """The notices for information that these officials have of these business dates, oldest first."""
    columns = (NOTICE.c.id, NOTICE.c.official_id, NOTICE.c.business_date, NOTICE.c.facts)
    query = sa.select(*columns).where(
        NOTICE.c.kind == outbox.INFORMATION,
        NOTICE.c.official_id.in_(official_ids),
        NOTICE.c.business_date.in_(days),
    )
    untried = (NOTICE.c.state == NoticeState.QUEUED) & (NOTICE.c.attempts == 0) & NOTICE.c.sent_body.is_(None)
    locked = w.conn.execute(query.where(untried).order_by(NOTICE.c.id).with_for_update(skip_locked=True))
    found = {row.id: Informed(*row, is_open=True) for row in locked}
    rows = w.conn.execute(query.order_by(NOTICE.c.id))
    return [found.get(row.id) or Informed(*row, is_open=False) for row in rows]


def add_to(w: Writing, facts: Mapping[int, str]) -> None:
    """Let these open notices tell these facts; whether they may go out now is judged anew."""
    rows = [{"id": key, "facts": said, "next_attempt_at": None} for key, said in facts.items()]
    bulk.update_rows(w.conn, NOTICE, ("id",), rows)
