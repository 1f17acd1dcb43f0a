"""已阅: which notices were acknowledged, what that spares, and which were not answered in time."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa

from models.facts import DigestFacts, facts_from_json
from models.firing import UNTOLD
from models.notice import UNANSWERED
from xiaohao.ledger import dialect, outbox, sendings, told_steps
from xiaohao.ledger.firings import Untold
from xiaohao.ledger.tables import CONTACT, FIRING, NOTICE, PROBLEM, PROGRESS
from xiaohao.ledger.writing import Reading, Writing
from xiaohao.rules.post_above import ToldStep
from xiaohao.vocabulary import ARRIVED, SMS, Channel, Status

T = TypeVar("T")
LOOKS_BACK = timedelta(days=31)
WITHOUT_LINK = (*SMS, Channel.CONSOLE)
"""Channels on which nobody can press 已阅."""
_CODE = sa.text("(SELECT o.code FROM official o WHERE o.id = notice.official_id) AS code")
_REPEATING = sa.text(f"SELECT problem_id FROM firing WHERE {UNTOLD} AND repeat > 0")


class Read(NamedTuple):
    """That an official acknowledged a step of a problem: the instant (aware) and the last progress since."""

    at: datetime
    progress_on: date | None


class Marked(NamedTuple):
    """A notice that is acknowledged now, and its recipient's code."""

    id: int
    dedupe_key: str
    official_code: str | None


@dataclass(frozen=True)
class Opened:
    """A notice as its page shows it."""

    id: int
    dedupe_key: str
    official_code: str | None
    recipient: str
    facts: DigestFacts
    acknowledged_at: datetime | None


@dataclass(frozen=True)
class Silent:
    """A notice that reached its recipient and was not acknowledged, with the problems that still stand as told.

    `steps` are those of all such notices, by the firing's id.
    """

    id: int
    official_id: int
    recipient: str
    business_date: date
    facts: DigestFacts
    steps: Mapping[int, ToldStep]


def find(r: Reading, notice_id: int) -> Opened | None:
    """A notice by its number."""
    columns = (NOTICE.c.id, NOTICE.c.dedupe_key, NOTICE.c.recipient, NOTICE.c.facts, NOTICE.c.acknowledged_at)
    row = r.conn.execute(sa.select(*columns, _CODE).where(NOTICE.c.id == notice_id)).one_or_none()
    if row is None:
        return None
    facts = facts_from_json(row.facts)
    return Opened(row.id, row.dedupe_key, row.code, row.recipient, facts, row.acknowledged_at)


def standing(r: Reading, numbers: Sequence[str]) -> Mapping[str, Status]:
    """Where these problems stand now, by number."""
    found: dict[str, Status] = {}
    for part in _parts(numbers):
        query = sa.select(PROBLEM.c.number, PROBLEM.c.status).where(PROBLEM.c.number.in_(part))
        found |= {row[0]: Status(row[1]) for row in r.conn.execute(query)}
    return found


def waiting_at(r: Reading, channel: Channel, address: str) -> Mapping[int, datetime]:
    """The notices that reached an official at this address, unacknowledged, each with when it did (aware).

    The address must be his still, and the one that they went to; how it is spelled in capitals does not count.
    """
    mine = sa.select(CONTACT.c.official_id, CONTACT.c.address).where(
        CONTACT.c.channel == channel,
        sa.func.lower(CONTACT.c.address) == address.lower(),
        CONTACT.c.official_id.is_not(None),
    )
    found = r.conn.execute(mine).all()
    query = sa.select(NOTICE.c.id, NOTICE.c.accepted_at).where(
        NOTICE.c.official_id.in_({row.official_id for row in found}),
        NOTICE.c.accepted_at.is_not(None),
        NOTICE.c.channel == channel,
        NOTICE.c.state.in_(ARRIVED),
        NOTICE.c.acknowledged_at.is_(None),
        NOTICE.c.sent_to.in_(_sent_to(channel, {address, *(row.address for row in found)})),
    )
    return {row.id: row.accepted_at for row in r.conn.execute(query.order_by(NOTICE.c.id))}


def went_to(r: Reading, notice_id: int, channel: Channel, address: str) -> bool | None:
    """Whether a notice was sent to this address over this channel; None where there is no such notice."""
    query = sa.select(NOTICE.c.channel, NOTICE.c.sent_to).where(NOTICE.c.id == notice_id)
    row = r.conn.execute(query).one_or_none()
    return None if row is None else row.channel == channel and row.sent_to in _sent_to(channel, {address})


def mark(w: Writing, notice_ids: Sequence[int], at: datetime) -> list[Marked]:
    """Write that notices are acknowledged, with those to the same person that stand for them or they for them.

    Those that were not before, by their numbers, locked in that order.
    """
    chain = sa.text(
        "WITH RECURSIVE chain(id) AS (SELECT id FROM notice WHERE id IN :ids UNION SELECT o.id FROM notice n "
        "JOIN chain c ON n.id = c.id JOIN notice o ON (o.id = n.instead_of OR o.instead_of = n.id) "
        "AND o.official_id = n.official_id) SELECT id FROM chain"
    ).bindparams(sa.bindparam("ids", type_=sa.BigInteger(), expanding=True))
    ids = list(w.conn.execute(chain, {"ids": notice_ids}).scalars())
    new = sa.select(NOTICE.c.id, NOTICE.c.dedupe_key, _CODE).where(
        NOTICE.c.id.in_(ids), NOTICE.c.acknowledged_at.is_(None)
    )
    marked = [Marked(*row) for row in w.conn.execute(new.order_by(NOTICE.c.id).with_for_update())]
    update = NOTICE.update().where(NOTICE.c.id.in_([each.id for each in marked]))
    w.conn.execute(update.values(acknowledged_at=at))
    return marked


def read_steps(r: Reading) -> Mapping[tuple[Any, ...], Read]:
    """What was acknowledged of the problems with an untold repeat.

    Keys are (problem's id, official's id, round, clock_on, step, level); the latest counts.
    """
    of = (
        FIRING.c.problem_id,
        NOTICE.c.official_id,
        FIRING.c.round,
        FIRING.c.clock_on,
        FIRING.c.step,
        FIRING.c.level,
    )
    query = (
        sa.select(*of, sa.func.max(NOTICE.c.acknowledged_at))
        .join_from(FIRING, NOTICE, NOTICE.c.id == FIRING.c.notice_id)
        .where(FIRING.c.problem_id.in_(_REPEATING), NOTICE.c.acknowledged_at.is_not(None))
        .group_by(*of)
    )  # fmt: skip
    found = r.conn.execute(query).all()
    if not found:
        return {}
    progress = (
        sa.select(PROGRESS.c.problem_id, sa.func.max(PROGRESS.c.on))
        .where(PROGRESS.c.problem_id.in_(_REPEATING), PROGRESS.c.lapsed_on.is_(None))
        .group_by(PROGRESS.c.problem_id)
    )
    last = {row[0]: row[1] for row in r.conn.execute(progress)}
    return {tuple(row[:6]): Read(row[6], last.get(row.problem_id)) for row in found}


def mark_spared(w: Writing, spared: Sequence[Untold]) -> Mapping[int, Sequence[tuple[Any, ...]]]:
    """The untold steps of these problems stay recorded and are told to nobody.

    Returns their keys by problem: (clock_on, step, level, repeat). Each problem's version is one higher.
    """
    dialect.create_temp_table(w.conn, "spared", "problem_id BIGINT PRIMARY KEY")
    dialect.fill(w.conn, "spared", ("problem_id",), [(each.problem_id,) for each in spared])
    here = f"problem_id IN (SELECT problem_id FROM spared) AND {UNTOLD}"
    key = (FIRING.c.clock_on, FIRING.c.step, FIRING.c.level, FIRING.c.repeat)
    keys: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in w.conn.execute(
        sa.select(FIRING.c.problem_id, *key).where(sa.text(here)).order_by(FIRING.c.id)
    ):
        keys[row[0]].append(tuple(row[1:]))
    w.conn.exec_driver_sql(f"UPDATE firing SET quiet = true WHERE {here}")
    w.conn.exec_driver_sql(
        "UPDATE problem SET version = version + 1 WHERE id IN (SELECT problem_id FROM spared)"
    )
    return keys


def any_unanswered(r: Reading, until: datetime) -> bool:
    """Whether any notice was taken by its channel before `until` (aware, exclusive) and not answered since."""
    query = sa.select(NOTICE.c.id).where(_unanswered(until)).limit(1)
    return r.conn.execute(query).scalar() is not None


def unanswered(w: Writing, until: datetime) -> list[Silent]:
    """Those notices, each with the problems that still stand as they were told.

    One whose facts cannot be read, as another version of the program wrote them, is left alone.
    """
    columns = (NOTICE.c.id, NOTICE.c.official_id, NOTICE.c.recipient, NOTICE.c.business_date, NOTICE.c.facts)
    query = sa.select(*columns).where(_unanswered(until)).order_by(NOTICE.c.id)
    rows = w.conn.execute(query.with_for_update(skip_locked=True)).all()
    facts = {row.id: said for row in rows if (said := _readable(row.facts)) is not None}
    firings = {firing for each in facts.values() for item in each.items for firing in item.firings}
    steps = told_steps.standing(w, firings)
    return [
        Silent(row.id, row.official_id, row.recipient, row.business_date, facts[row.id], steps)
        for row in rows
        if row.id in facts
    ]


def mark_passed_up(w: Writing, silent: Sequence[Silent]) -> None:
    """These notices have been looked at: each is passed up once."""
    for part in _parts([each.id for each in silent]):
        w.conn.execute(NOTICE.update().where(NOTICE.c.id.in_(part)).values(passed_up_on=w.on))


class UnansweredLine(NamedTuple):
    """Who was reached and has not answered, and the business date of the notice."""

    recipient: str
    business_date: date


def unanswered_lines(r: Reading, until: datetime) -> list[UnansweredLine]:
    """Who was reached before `until` (aware, exclusive), in the month before it, and has not answered since."""
    query = sa.select(NOTICE.c.recipient, NOTICE.c.business_date).where(
        _is_linked(until), NOTICE.c.acknowledged_at.is_(None)
    )
    return [UnansweredLine(*row) for row in r.conn.execute(query.order_by(NOTICE.c.id))]


def _unanswered(until: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(sa.text(UNANSWERED), _is_linked(until))


def _is_linked(until: datetime) -> sa.ColumnElement[bool]:
    """A digest with a page to acknowledge it on, that reached its recipient in the month before `until`."""
    return sa.and_(
        NOTICE.c.accepted_at < until,
        NOTICE.c.accepted_at >= until - LOOKS_BACK,
        NOTICE.c.kind == outbox.DIGEST,
        NOTICE.c.state.in_(ARRIVED),
        NOTICE.c.channel.not_in(WITHOUT_LINK),
        NOTICE.c.facts.like('%"page_url":"%'),
    )


def _sent_to(channel: Channel, addresses: Collection[str]) -> set[str]:
    """What `sent_to` says of a notice that went to one of these addresses."""
    return {said for each in addresses for said in sendings.sent_to(sendings.address_hash(channel, each))}


def _readable(facts: str) -> DigestFacts | None:
    try:
        return facts_from_json(facts)
    except ValueError:
        return None


def _parts(keys: Sequence[T]) -> Iterator[Sequence[T]]:
    return (keys[start : start + outbox.AT_ONCE] for start in range(0, len(keys), outbox.AT_ONCE))
