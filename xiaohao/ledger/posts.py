"""Posts, holdings and deputies: who holds what on a day, and who acts."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from xiaohao.errors import NotFound, WrongUsage
from xiaohao.ledger.tables import CONTACT, DEPUTY, HOLDING, OFFICIAL, POST, UNIT
from xiaohao.ledger.writing import Reading
from xiaohao.rules.authority import Person, Standing
from xiaohao.rules.ladder import Org, Seat, Stand
from xiaohao.vocabulary import Channel


@dataclass(frozen=True)
class Official:
    """An official as a notice needs him: names, ways to reach him."""

    id: int
    code: str
    name: str
    mobile: str | None
    email: str | None
    active: bool


def org(r: Reading) -> Org:
    """All units and holdings with their deputies, of all days."""
    units = r.conn.execute(sa.select(UNIT.c.id, UNIT.c.kind, UNIT.c.parent_id)).all()
    stands: dict[int, list[Stand]] = defaultdict(list)
    for row in r.conn.execute(sa.select(DEPUTY).order_by(DEPUTY.c.id)):
        stands[row.holding_id].append(Stand(row.official_id, row.from_on, row.until_on))
    columns = (HOLDING.c.id, POST.c.unit_id, POST.c.role, HOLDING.c.official_id, HOLDING.c.from_on)
    query = sa.select(*columns, HOLDING.c.until_on).join(POST, POST.c.id == HOLDING.c.post_id)
    seats = tuple(
        Seat(row.unit_id, row.role, row.official_id, row.from_on, row.until_on, tuple(stands[row.id]))
        for row in r.conn.execute(query.order_by(HOLDING.c.id))
    )
    active = r.conn.execute(sa.select(OFFICIAL.c.id).where(OFFICIAL.c.active)).scalars()
    return Org(
        {row.id: row.kind for row in units},
        {row.id: row.parent_id for row in units},
        seats,
        frozenset(active),
    )


def officials(r: Reading, ids: Collection[int] | None = None) -> Mapping[int, Official]:
    """Every official by id, or those of these ids."""
    columns = [OFFICIAL.c[name] for name in ("id", "code", "name", "mobile", "email", "active")]
    query = sa.select(*columns) if ids is None else sa.select(*columns).where(OFFICIAL.c.id.in_(ids))
    return {row.id: Official(*row) for row in r.conn.execute(query)}


def contacts(r: Reading, official_ids: Collection[int]) -> Mapping[int, Mapping[Channel, str]]:
    """The officials' own contact rows: channel → address."""
    found: dict[int, dict[Channel, str]] = defaultdict(dict)
    query = sa.select(CONTACT.c.official_id, CONTACT.c.channel, CONTACT.c.address).where(
        CONTACT.c.official_id.in_(official_ids)
    )
    for row in r.conn.execute(query.order_by(CONTACT.c.id)):
        found[row.official_id][Channel(row.channel)] = row.address
    return found


def group_contacts(
    r: Reading, official_ids: Collection[int], on: date
) -> Mapping[int, Mapping[Channel, str]]:
    """The groups where the officials are met: channel → address of the nearest unit that has one.

    Nearest to the units where each holds a post on the day, from the unit itself upwards; of several
    posts the first goes first. Two statements.
    """
    own = sa.select(CONTACT.c.unit_id, CONTACT.c.channel, CONTACT.c.address)
    groups: dict[str, dict[Channel, str]] = defaultdict(dict)
    for row in r.conn.execute(own.where(CONTACT.c.unit_id.is_not(None)).order_by(CONTACT.c.id)):
        groups[str(row.unit_id)][Channel(row.channel)] = row.address
    found: dict[int, dict[Channel, str]] = defaultdict(dict)
    if not groups:
        return found
    there = (HOLDING.c.from_on <= on) & (HOLDING.c.until_on.is_(None) | (HOLDING.c.until_on >= on))
    held: Any = HOLDING.join(POST, POST.c.id == HOLDING.c.post_id).join(UNIT, UNIT.c.id == POST.c.unit_id)
    query = sa.select(HOLDING.c.official_id, UNIT.c.path).select_from(held)
    query = query.where(there, HOLDING.c.official_id.in_(official_ids)).order_by(HOLDING.c.id)
    for holds in r.conn.execute(query):
        for unit_id in reversed(holds.path.strip("/").split("/")):
            found[holds.official_id] = groups.get(unit_id, {}) | found[holds.official_id]
    return found


def person(r: Reading, code: str, on: date) -> Person:
    """Who acts: the official with all posts that he holds or stands in for on the day.

    Raises WrongUsage where no code is given, NotFound where nobody active has it.
    """
    if not code:
        raise WrongUsage("请用 --by 工号 写明由谁操作，或设置环境变量 XIAOHAO_BY。")
    row = r.conn.execute(sa.select(OFFICIAL).where(OFFICIAL.c.code == code)).one_or_none()
    if row is None or not row.active:
        state = "没有" if row is None else "已停用"
        raise NotFound(f"{state}工号为“{code}”的人员，请用 xiaohao people 查看。")
    return Person(row.id, row.code, row.name, standings(r, row.id, on))


def standings(r: Reading, official_id: int, on: date) -> tuple[Standing, ...]:
    """The posts that an official holds on the day, and those in which he stands in for others.

    A deputy whose own post has a deputy is stood in for by him, and so on (52). One statement,
    which reads the official's own holdings and those with a deputy on the day.
    """
    there = (HOLDING.c.from_on <= on) & (HOLDING.c.until_on.is_(None) | (HOLDING.c.until_on >= on))
    deputy_there = (
        (DEPUTY.c.holding_id == HOLDING.c.id) & (DEPUTY.c.from_on <= on) & (DEPUTY.c.until_on >= on)
    )
    posts: Any = HOLDING.join(POST, POST.c.id == HOLDING.c.post_id).join(UNIT, UNIT.c.id == POST.c.unit_id)
    deputy = DEPUTY.c.official_id.label("deputy_id")
    query = (
        sa.select(HOLDING.c.official_id, deputy, UNIT.c.path, POST.c.role)
        .select_from(posts.outerjoin(DEPUTY, deputy_there))
        .where(there, (HOLDING.c.official_id == official_id) | DEPUTY.c.id.is_not(None))
        .order_by(HOLDING.c.id)
    )
    rows = r.conn.execute(query).all()
    speaks_for = {official_id}
    while more := {row.official_id for row in rows if row.deputy_id in speaks_for} - speaks_for:
        speaks_for |= more
    return tuple(
        dict.fromkeys(
            Standing(row.path, row.role)
            for row in rows
            if row.official_id == official_id or row.deputy_id in speaks_for
        )
    )
