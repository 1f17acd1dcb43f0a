"""Working days of the People's Republic of China, swaps (调休) included.

The State Council's yearly notice says which weekdays are off and which weekends are
worked; for a year without a notice only the statutory days are off. What counts as off
or worked comes in as `exceptions` from Monday to Friday (see `xiaohao.calendar_file`).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

FIRST_ORDINAL = date(1990, 1, 1).toordinal()
LAST_ORDINAL = date(2079, 12, 31).toordinal()


@dataclass(frozen=True)
class Workdays:
    """One version of the calendar.

    `exceptions` maps a day to True (a weekend that is worked) or False (a weekday off);
    `names` says what such a day is called; `announced_until` is the last year whose
    notice is known (inclusive). Days outside 1990 to 2079 raise ValueError when counted.
    """

    exceptions: Mapping[date, bool]
    names: Mapping[date, str] = field(default_factory=dict)
    announced_until: int = 2026
    version: int = 1

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    @cached_property
    def _working(self) -> list[int]:
        odd = {day.toordinal(): working for day, working in self.exceptions.items()}
        return [day for day in range(FIRST_ORDINAL, LAST_ORDINAL + 1) if odd.get(day, (day + 6) % 7 < 5)]

    def is_working(self, day: date) -> bool:
        """Whether `day` is a working day."""
        return self.exceptions.get(day, day.weekday() < 5)

    def after(self, day: date, count: int) -> date:
        """The `count`-th working day after `day` (count 1 or more; `day` itself is not counted)."""
        return self._at(bisect_right(self._working, day.toordinal()) + count - 1, day)

    def between(self, day: date, until: date) -> int:
        """How many working days lie after `day` and up to `until`, inclusive; 0 where none does."""
        last = bisect_right(self._working, until.toordinal())
        return max(0, last - bisect_right(self._working, day.toordinal()))

    def before(self, day: date, count: int) -> date:
        """The `count`-th working day before `day` (count 1 or more; `day` itself is not counted)."""
        return self._at(bisect_left(self._working, day.toordinal()) - count, day)

    def on_or_after(self, day: date) -> date:
        """`day` if it is a working day, else the next one (Civil Code art. 203)."""
        return self._at(bisect_left(self._working, day.toordinal()), day)

    def why(self, day: date) -> str:
        """What an official would call this day: 工作日, 周六, 国庆节, 调休上班."""
        if day in self.exceptions:
            name = self.names.get(day, "")
            if self.exceptions[day]:
                return f"{name}调休上班" if name else "调休上班"
            return name or "放假"
        return "工作日" if day.weekday() < 5 else "周六" if day.weekday() == 5 else "周日"

    def announced(self, day: date) -> bool:
        """Whether the yearly notice that covers `day` is known."""
        return day.year <= self.announced_until

    def _at(self, index: int, day: date) -> date:
        if not (FIRST_ORDINAL <= day.toordinal() <= LAST_ORDINAL and 0 <= index < len(self._working)):
            raise ValueError(f"{day} lies outside the calendar (1990 to 2079)")
        return date.fromordinal(self._working[index])


ONE_DAY = timedelta(days=1)
