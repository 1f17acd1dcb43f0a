"""Parked channels, and the faults of sending that the operator must mend."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from models.fault import OPEN
from xiaohao.ledger import dialect
from xiaohao.ledger.faults import Found
from xiaohao.ledger.tables import FAULT, PARKED_CHANNEL
from xiaohao.ledger.writing import Reading, Writing
from xiaohao.vocabulary import Channel, FaultKind

ONCE = f"(kind, subject) WHERE {OPEN} DO NOTHING"


@dataclass(frozen=True, slots=True)
class Parked:
    """A channel whose settings are at fault; one notice tries it at `next_probe_at`. Instants are UTC."""

    channel: Channel
    code: str
    why: str
    since: datetime
    next_probe_at: datetime
    probes: int


def parked(r: Reading) -> dict[Channel, Parked]:
    """Every channel that is parked."""
    columns = [PARKED_CHANNEL.c[name] for name in Parked.__dataclass_fields__]
    return {row.channel: Parked(*row) for row in r.conn.execute(sa.select(*columns))}


def park(w: Writing, channel: Channel, *, code: str, why: str, now: datetime, probe_at: datetime) -> None:
    """Park a channel; one that is parked keeps its beginning and waits until the next probe."""
    found = PARKED_CHANNEL.c
    values = {"channel": channel, "code": code, "why": why, "since": now, "next_probe_at": probe_at}
    names = tuple(values)
    conflict = (
        "(channel) DO UPDATE SET code = excluded.code, why = excluded.why,"
        f" next_probe_at = excluded.next_probe_at, {found.probes.name} = parked_channel.probes + 1"
    )
    dialect.bulk_insert(w.conn, PARKED_CHANNEL.name, names, [tuple(values.values())], conflict=conflict)


def probing(w: Writing, channel: Channel, *, now: datetime, until: datetime, longest: timedelta) -> bool:
    """Take the next probe of a parked channel for this process until an instant, if its time has come.

    A probe later than `longest` from now is due too: a clock that was ahead has set it.
    """
    at = PARKED_CHANNEL.c.next_probe_at
    mine = (PARKED_CHANNEL.c.channel == channel) & ((at <= now) | (at > now + longest))
    return w.conn.execute(PARKED_CHANNEL.update().where(mine).values(next_probe_at=until)).rowcount > 0


def unpark(w: Writing, channels: Collection[Channel], on: date) -> int:
    """The channels work again: their rows go and their faults are cleared; how many were parked."""
    there = PARKED_CHANNEL.c.channel.in_(channels)
    released = w.conn.execute(PARKED_CHANNEL.delete().where(there)).rowcount
    clear(w, FaultKind.CHANNEL_PARKED, [subject_of(channel) for channel in channels], on)
    return released


def subject_of(channel: Channel) -> str:
    """The subject of a fault that concerns a channel."""
    return f"channel:{channel.value}"


def found(w: Writing, faults: Sequence[Found], on: date) -> None:
    """Write the faults that are not open already, also where another process writes the same at once."""
    columns = ("kind", "subject", "message", "found_on")
    rows = [(each.kind, each.subject, each.message, on) for each in faults]
    dialect.bulk_insert(w.conn, FAULT.name, columns, rows, conflict=ONCE)


def clear(w: Writing, kind: FaultKind, subjects: Collection[str], on: date) -> None:
    """Clear the open faults of these subjects."""
    open_ = FAULT.c.cleared_on.is_(None) & (FAULT.c.kind == kind)
    w.conn.execute(FAULT.update().where(open_, FAULT.c.subject.in_(subjects)).values(cleared_on=on))


def clear_other_days(w: Writing, kind: FaultKind, on: date) -> None:
    """Clear the open faults of a kind that were found on another day than this one."""
    open_ = FAULT.c.cleared_on.is_(None) & (FAULT.c.kind == kind)
    w.conn.execute(FAULT.update().where(open_, FAULT.c.found_on != on).values(cleared_on=on))


def has_open(r: Reading, kind: FaultKind) -> bool:
    """Whether a fault of this kind is open."""
    open_ = FAULT.c.cleared_on.is_(None) & (FAULT.c.kind == kind)
    return r.conn.execute(sa.select(FAULT.c.id).where(open_).limit(1)).scalar() is not None
