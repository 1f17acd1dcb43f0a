"""启用: the first policy and the first calendar, without which no clock can begin."""

from datetime import date
from pathlib import Path

import sqlalchemy as sa

from xiaohao import calendar_file, policy_file
from xiaohao.ledger import policy_rows, trail
from xiaohao.ledger.tables import CALENDAR, POLICY
from xiaohao.ledger.writing import BULK, Ledger
from xiaohao.vocabulary import Action

FIRST_DAY = date(2000, 1, 1)
"""The first policy and calendar hold for every clock, however far back it begins."""


def set_up(ledger: Ledger, *, policy: Path | None = None, calendar: Path | None = None) -> bool:
    """Write the first policy and calendar into a ledger that has none; whether anything was written.

    `policy` and `calendar` are files of the office; the shipped ones where none is given.
    Raises PolicyFault and CalendarFault, before anything is written.
    """
    with ledger.reading() as r:
        if _is_set_up(r.conn):
            return False
    body = policy_file.shipped() if policy is None else policy_file.read(policy)
    policy_file.parse(body)
    days = {day.on: day for day in calendar_file.shipped_days()}
    if calendar is not None:
        days |= {day.on: day for day in calendar_file.read_office_days(calendar)}
    with ledger.writing(Action.SET_UP, by="set_up", on=FIRST_DAY, bulk=BULK) as w:
        if _is_set_up(w.conn):
            return False
        row = policy_rows.add_policy(w.conn, 1, body, FIRST_DAY)
        w.note("policy:1", 1, trail.detail_of({"on": FIRST_DAY, "policy": row}))
        head = policy_rows.add_calendar(
            w.conn,
            1,
            sorted(days.values(), key=lambda day: day.on),
            announced_until=calendar_file.LAST_ANNOUNCED,
            valid_from=FIRST_DAY,
        )
        w.note("calendar:1", 1, trail.detail_of({"on": FIRST_DAY, "calendar": head}))
    return True


def _is_set_up(conn: sa.Connection) -> bool:
    policies = conn.execute(sa.select(sa.func.max(POLICY.c.id))).scalar()
    calendars = conn.execute(sa.select(sa.func.max(CALENDAR.c.version))).scalar()
    return policies is not None and calendars is not None
