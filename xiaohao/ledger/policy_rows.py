"""Versions of the policy and of the calendar, as rows. Both are written once and never changed."""

from collections.abc import Iterable
from datetime import date

import sqlalchemy as sa

from xiaohao import policy_file
from xiaohao.calendar_file import CalendarDay
from xiaohao.errors import Refused
from xiaohao.ledger.tables import CALENDAR, POLICY, WORKDAY
from xiaohao.rules.policy import Policy
from xiaohao.rules.workdays import Workdays


def newest_policy(conn: sa.Connection) -> int:
    """The id of the policy that a clock beginning now goes by. Raises Refused in a ledger without one."""
    found = conn.execute(sa.select(sa.func.max(POLICY.c.id))).scalar()
    if found is None:
        raise Refused("台账里还没有督办规则，请先用 xiaohao db upgrade 建好台账。")
    return int(found)


def newest_calendar(conn: sa.Connection) -> int:
    """The version of the calendar that a clock beginning now goes by."""
    return int(conn.execute(sa.select(sa.func.max(CALENDAR.c.version))).scalar_one())


def policy(conn: sa.Connection, policy_id: int) -> Policy:
    """One version of the policy."""
    body = conn.execute(sa.select(POLICY.c.body).where(POLICY.c.id == policy_id)).scalar_one()
    return policy_file.parse(body, policy_id=policy_id)


def workdays(conn: sa.Connection, version: int) -> Workdays:
    """One version of the calendar: its own rows over those of the versions before."""
    columns = (WORKDAY.c.on, WORKDAY.c.working, WORKDAY.c.name)
    rows = conn.execute(
        sa.select(*columns).where(WORKDAY.c.version <= version).order_by(WORKDAY.c.version)
    ).all()
    until = conn.execute(
        sa.select(CALENDAR.c.announced_until).where(CALENDAR.c.version == version)
    ).scalar_one()
    return Workdays(
        {row.on: row.working for row in rows},
        {row.on: row.name for row in rows},
        announced_until=until.year,
        version=version,
    )


def add_policy(conn: sa.Connection, policy_id: int, body: str, valid_from: date) -> dict[str, object]:
    """Write a version of the policy; its columns, as the trail carries them."""
    row: dict[str, object] = {
        "id": policy_id,
        "valid_from": valid_from,
        "body": body,
        "sha256": policy_file.digest(body),
    }
    conn.execute(POLICY.insert().values(row))
    return row


def add_calendar(
    conn: sa.Connection, version: int, days: Iterable[CalendarDay], *, announced_until: int, valid_from: date
) -> dict[str, object]:
    """Write a version of the calendar: the days that differ from the version before."""
    head = {"version": version, "valid_from": valid_from, "announced_until": date(announced_until, 12, 31)}
    conn.execute(CALENDAR.insert().values(head))
    rows = [{"version": version, "on": d.on, "working": d.working, "name": d.name} for d in days]
    if rows:
        conn.execute(WORKDAY.insert(), rows)
    return head | {"days": [{"on": r["on"], "working": r["working"], "name": r["name"]} for r in rows]}


def body(conn: sa.Connection, policy_id: int) -> str:
    """The text of one version of the policy."""
    return str(conn.execute(sa.select(POLICY.c.body).where(POLICY.c.id == policy_id)).scalar_one())
