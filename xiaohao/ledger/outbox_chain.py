"""Which notice stands in for which: the chain from one that did not arrive back to the first."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from xiaohao.ledger.tables import FIRING, NOTICE
from xiaohao.ledger.writing import Reading
from xiaohao.vocabulary import Channel, Role


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
class ToldPost:
    """The post that a step was told to."""

    unit_id: int
    role: Role


Tried = Mapping[int, Collection[Channel]]
"""The channels that were tried for the facts of one notice, by the official they were to reach."""


def ended(r: Reading, ids: Collection[int]) -> list[Ended]:
    """The notices of these ids, in their order."""
    query = sa.select(*(NOTICE.c[name] for name in Ended.__dataclass_fields__))
    return [Ended(*row) for row in r.conn.execute(query.where(NOTICE.c.id.in_(ids)).order_by(NOTICE.c.id))]


def tried(r: Reading, ids: Collection[int]) -> Mapping[int, Tried]:
    """For each of these notices what was tried, back to the first one that carried the facts. One statement."""
    columns = (NOTICE.c.official_id, NOTICE.c.channel, NOTICE.c.instead_of)
    start = sa.select(NOTICE.c.id.label("last"), *columns).where(NOTICE.c.id.in_(ids))
    link = start.cte("link", recursive=True)
    link = link.union_all(
        sa.select(link.c.last, *columns).join_from(NOTICE, link, NOTICE.c.id == link.c.instead_of)
    )
    found: dict[int, dict[int, set[Channel]]] = {each: defaultdict(set) for each in ids}
    for row in r.conn.execute(sa.select(link)):
        if row.official_id is not None:
            found[row.last][row.official_id].add(Channel(row.channel))
    return found


def told_posts(r: Reading, firing_ids: Collection[int]) -> Mapping[int, ToldPost]:
    """The posts that these steps were told to, by the firing's id; one spoken for by a higher one has none."""
    query = sa.select(FIRING.c.id, FIRING.c.unit_id, FIRING.c.role).where(
        FIRING.c.id.in_(firing_ids), FIRING.c.unit_id.is_not(None), FIRING.c.role.is_not(None)
    )
    return {row.id: ToldPost(row.unit_id, row.role) for row in r.conn.execute(query)}
