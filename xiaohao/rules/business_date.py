"""The business date: the day that a night speaks for. DESIGN section 7."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")
BEGINS_AT = 2
"""The hour in Shanghai at which the night of a day is owed."""


def owed(at: datetime, last_night: date | None = None) -> date:
    """The newest business date whose night is owed at the instant `at` (aware).

    That of the day itself once it is 02:00 in Shanghai, else that of the day before; never one
    before `last_night`, the business date of the last night that ran: a run that comes after it
    finds its date done and ends at once. Raises ValueError for an instant without a zone.
    """
    if at.tzinfo is None:
        raise ValueError("naive datetime")
    there = at.astimezone(ZONE)
    on = there.date() if there.hour >= BEGINS_AT else there.date() - timedelta(days=1)
    return on if last_night is None else max(on, last_night)
