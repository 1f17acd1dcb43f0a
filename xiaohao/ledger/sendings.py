"""Sends that rate limits count, kept across processes."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from xiaohao.ledger import bulk
from xiaohao.ledger.dialect import take_bulk_lock
from xiaohao.ledger.tables import SENDING
from xiaohao.ledger.writing import Reading, Writing
from xiaohao.vocabulary import Channel

CLAIMS = "claims"


def one_at_a_time(w: Writing) -> None:
    """Let one process claim at a time, so that what two count is counted once. Taken before any row is locked."""
    take_bulk_lock(w.conn, CLAIMS)


def address_hash(channel: Channel, address: str) -> str:
    """What stands for an address: it may hold a key."""
    return hashlib.sha256(f"{channel.value}:{address}".encode()).hexdigest()[:32]


def sent_to(place: str) -> tuple[str, str]:
    """What a notice says that went to this place (an `address_hash`): to no other before, or to another one."""
    return place, f"@{place}"


def to_addresses(
    r: Reading, channel: Channel, hashes: Collection[str], *, since: datetime, until: datetime
) -> Mapping[str, list[datetime]]:
    """The sends to each of these addresses after `since` and up to `until`, in ascending order."""
    found: dict[str, list[datetime]] = defaultdict(list)
    query = sa.select(SENDING.c.address_hash, SENDING.c.at).where(
        SENDING.c.channel == channel,
        SENDING.c.address_hash.in_(hashes),
        SENDING.c.at > since,
        SENDING.c.at <= until,
    )
    for row in r.conn.execute(query.order_by(SENDING.c.at)):
        found[row.address_hash].append(row.at)
    return found


def of_channel(r: Reading, channel: Channel, *, since: datetime, until: datetime) -> list[datetime]:
    """All sends of the channel after `since` and up to `until`, in ascending order."""
    query = sa.select(SENDING.c.at).where(
        SENDING.c.channel == channel, SENDING.c.at > since, SENDING.c.at <= until
    )
    return list(r.conn.execute(query.order_by(SENDING.c.at)).scalars())


def add(w: Writing, channel: Channel, hashes: Sequence[str], *, at: datetime) -> None:
    """Count one send to each of these addresses."""
    rows = [{"channel": channel, "address_hash": each, "at": at} for each in hashes]
    bulk.insert_rows(w.conn, SENDING, rows)


def sweep(w: Writing, *, now: datetime, longest: timedelta) -> None:
    """Forget sends that no limit looks back to."""
    w.conn.execute(SENDING.delete().where(SENDING.c.at < now - longest))
