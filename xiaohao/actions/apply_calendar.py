"""启用工作日历: a year's notice becomes known; every open clock is counted anew (44, 45)."""

from collections.abc import Sequence
from datetime import date

from xiaohao.actions.change_rules import set_anew
from xiaohao.calendar_file import CalendarDay
from xiaohao.errors import Refused
from xiaohao.ledger import policy_rows, trail
from xiaohao.ledger.writing import BULK, Ledger
from xiaohao.rules.authority import Person
from xiaohao.vocabulary import Action


def apply_calendar(
    ledger: Ledger, days: Sequence[CalendarDay], *, announced_until: int, by: Person | str, on: date
) -> int:
    """Put a notice's days in force from the day `on`; how many problems changed.

    `days` are the days that the notice names, worked or off; those that are so already are
    left out. Raises Refused where nothing is new.
    """
    with ledger.writing(Action.APPLY_CALENDAR, by=by, on=on, bulk=BULK) as w:
        version = policy_rows.newest_calendar(w.conn)
        now = w.workdays(version)
        fresh = [day for day in days if now.is_working(day.on) != day.working]
        if not fresh and announced_until <= now.announced_until:
            raise Refused("这份日历与正在使用的没有不同。台账没有变化。")
        until = max(announced_until, now.announced_until)
        head = policy_rows.add_calendar(w.conn, version + 1, fresh, announced_until=until, valid_from=on)
        w.note(f"calendar:{version + 1}", 1, trail.detail_of({"on": on, "calendar": head}))
        return set_anew(w, lambda clock: w.rules(clock.policy_id, version + 1))
