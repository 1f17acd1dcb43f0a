"""Contacts: where officials, and groups of units, are told. Never in the trail."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from xiaohao.ledger import bulk, dialect
from xiaohao.ledger.tables import CONTACT, OFFICIAL
from xiaohao.ledger.writing import Reading, Writing
from xiaohao.vocabulary import Channel

Way = tuple[int, Channel]
"""An official, or a unit, by its id, and a channel. A mail address is kept with the official himself."""


@dataclass
class Contacts:
    """Addresses by their owners; in those that are to be written "" takes one away.

    A negative id is that of a unit or official that is still to be written.
    """

    officials: dict[Way, str] = field(default_factory=dict)
    units: dict[Way, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.officials or self.units)


def all_contacts(r: Reading) -> Contacts:
    """Every address, in two statements."""
    found = Contacts()
    for row in r.conn.execute(sa.select(CONTACT).order_by(CONTACT.c.id)):
        owners = found.units if row.official_id is None else found.officials
        owners[row.official_id or row.unit_id, Channel(row.channel)] = row.address
    mail = sa.select(OFFICIAL.c.id, OFFICIAL.c.email).where(OFFICIAL.c.email.is_not(None))
    found.officials |= {(row.id, Channel.MAIL): row.email for row in r.conn.execute(mail)}
    return found


def write(w: Writing, new: Contacts, *, unit_ids: Mapping[int, int], official_ids: Mapping[int, int]) -> None:
    """Write what changed. The two maps give the ids of those that were still to be written.

    An address that was there is replaced. Nothing of it is told to the trail.
    """
    officials = _placed(new.officials, official_ids)
    emails = [
        {"id": owner, "email": address or None}
        for (owner, channel), address in officials.items()
        if channel is Channel.MAIL
    ]
    bulk.update_rows(w.conn, OFFICIAL, ("id",), emails)
    rest = {way: address for way, address in officials.items() if way[1] is not Channel.MAIL}
    _replace(w, "official_id", rest)
    _replace(w, "unit_id", _placed(new.units, unit_ids))


def _placed(ways: Mapping[Way, str], ids: Mapping[int, int]) -> dict[Way, str]:
    return {(ids.get(owner, owner), channel): address for (owner, channel), address in ways.items()}


def _replace(w: Writing, owner: str, ways: Mapping[Way, str]) -> None:
    if not ways:
        return
    dialect.create_temp_table(w.conn, "changed_ways", "owner BIGINT, channel TEXT")
    dialect.fill(w.conn, "changed_ways", ("owner", "channel"), _keys(ways))
    w.conn.exec_driver_sql(
        f"DELETE FROM contact WHERE EXISTS (SELECT 1 FROM changed_ways"
        f" WHERE changed_ways.owner = contact.{owner} AND changed_ways.channel = contact.channel)"
    )
    other = "unit_id" if owner == "official_id" else "official_id"
    rows: list[dict[str, Any]] = [
        {owner: id_, other: None, "channel": channel, "address": address}
        for (id_, channel), address in ways.items()
        if address
    ]
    bulk.insert_rows(w.conn, CONTACT, rows)


def _keys(ways: Iterable[Way]) -> list[tuple[int, str]]:
    return [(owner, channel.value) for owner, channel in ways]
