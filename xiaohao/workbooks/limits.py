"""The limit of a record and its measures: one limit for all, or one a measure; a real date, or words.

Words are only carried: the grammar of time limits reads them when the deadline is worked out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from xiaohao.rules.time_limits import read_time_limit
from xiaohao.rules.workdays import Workdays
from xiaohao.workbooks.cells import NoDate, is_broken, narrow, plain, read_date, real_date
from xiaohao.workbooks.columns import Column, Field
from xiaohao.workbooks.faults import about_broken
from xiaohao.workbooks.grid import Value
from xiaohao.workbooks.lines import MeasureLine
from xiaohao.workbooks.measures import read_measure, split_measures
from xiaohao.workbooks.record_cells import RecordCells
from xiaohao.workbooks.words import has_tick, is_mark, is_not_ticked

_COUNTED = {"日": "天", "自然日": "天", "工作日": "个工作日", "月": "个月"}
_EVERY_WEEKDAY = Workdays({})  # a day that is named outright needs no calendar


@dataclass(frozen=True, slots=True)
class GivenLimit:
    """A limit as given: its text, and the date where the cell is one."""

    text: str
    due_given: date | None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a record says of its limit and measures."""

    limit: GivenLimit | None
    measures: tuple[MeasureLine, ...]


class TermsReader:
    """Reads limit and measures of one record. `year` completes a date without one."""

    def __init__(self, cells: RecordCells, year: int | None) -> None:
        self._cells, self._year = cells, year

    def read(self) -> Terms:
        """The record's limit (of several the last) and its measures."""
        column, own = self._cells.column(Field.LIMIT), self._cells.column(Field.MEASURE_DUE)
        limits = [self._limit(column, value) for value in self._cells.each(column)]
        dues = [self._limit(own, value) for value in self._cells.each(own)]
        distinct = [limit for limit in dict.fromkeys(limits) if limit is not None] or self._beside_ticks()
        if len(distinct) > 1:  # a limit a measure
            dues = [due or limit for due, limit in zip(dues, limits, strict=True)]
        measures = self._measures(dues)
        if column is None and not distinct:
            distinct = [due for due in dict.fromkeys(dues) if due is not None]
        return Terms(self._last(column or own, distinct), measures)

    def _beside_ticks(self) -> list[GivenLimit]:
        """The limit that stands in place of a tick below the name of a class."""
        cells = [(c, value) for c, _ in self._cells.layout.ticks for value in self._cells.each(c)]
        worded = [(c, v) for c, v in cells if v is not None and is_ticked(v, c) and not is_mark(plain(v))]
        limits = [self._limit(column, value) for column, value in worded]
        return [limit for limit in dict.fromkeys(limits) if limit is not None]

    def _limit(self, column: Column | None, value: Value) -> GivenLimit | None:
        if value is None:
            return None
        if is_broken(value):
            self._cells.error(column, value, about_broken(value))
            return None
        if (day := real_date(value, from_1904=self._cells.sheet.from_1904)) is not None:
            return GivenLimit(day.isoformat(), day)
        text = plain(value)
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            self._cells.error(column, value, f"“{text}”不像是整改时限。请改成正确的日期。")
            return None
        if column is not None and (counted := _with_unit(text, column)):
            return GivenLimit(counted, None)
        if is_impossible(text):
            self._cells.error(column, value, f"没有“{narrow(text)}”这一天。请改成正确的日期。")
            return None
        return GivenLimit(text, None)

    def _last(self, column: Column | None, limits: Sequence[GivenLimit]) -> GivenLimit | None:
        """Of several limits the last; where they cannot all be compared it is told."""
        if len(limits) <= 1:
            return limits[0] if limits else None
        year = self._year or max((day.year for limit in limits if (day := day_in(limit, None))), default=2000)
        dated = [(day, limit) for limit in limits if (day := day_in(limit, year)) is not None]
        words = "、".join(limit.text for limit in limits)
        if not dated:
            self._cells.error(column, words, "同一问题写了几个整改时限，比不出先后。请只填一个，或都填日期。")
            return None
        if len(dated) < len(limits):
            self._cells.warn(
                column, words, "同一问题写了几个整改时限，不全是日期，按其中最晚的日期处理，请核对。"
            )
        return max(dated, key=lambda pair: pair[0])[1]

    def _measures(self, dues: Sequence[GivenLimit | None]) -> tuple[MeasureLine, ...]:
        column, done = self._cells.column(Field.MEASURES), self._cells.column(Field.DONE_ON)
        found: list[MeasureLine] = []
        for value, due, day in zip(self._cells.record.own(column), dues, self._cells.each(done), strict=True):
            if value is None:
                continue
            if is_broken(value):
                self._cells.warn(column, value, f"{about_broken(value)}这一格按空白处理。")
                continue
            due_on = day_in(due, self._year) if due else None
            done_on = self._cells.day_or_warn(done, day)
            found += [read_measure(text, due_on, done_on) for text in split_measures(plain(value))]
        return tuple(found)


def is_ticked(value: Value, column: Column) -> bool:
    """Whether a cell below the name of a class says that the class is meant: √, or the limit in its place.

    A number, a date and what is only meant as a limit (2026年2月30日) count; words that name no limit do not.
    """
    text = plain(value)
    if is_not_ticked(text):
        return False
    if not isinstance(value, str) or is_mark(text) or has_tick(text) or _with_unit(text, column):
        return True
    read = read_time_limit(text, date(2000, 1, 1), _EVERY_WEEKDAY)
    return read.rectification_class is not None or read.fault or is_impossible(text)


_UNIT = re.compile(
    r"[(（](?:单位[:：]?)?(?P<unit>个?工作日|个?自然日|天|日|个?月|周|小时)(?:内|数)?[)）]|(?P<days>天数|工作日数)$"
)


def _with_unit(text: str, column: Column) -> str:
    """A bare number below a heading that names its unit: 15 below 整改时限（工作日）; "" for any other."""
    found = _UNIT.search(column.heading) or _UNIT.search(column.group)
    if found is None or not re.fullmatch(r"\d{1,3}", narrow(text)):
        return ""
    unit = (found["unit"] or found["days"].removesuffix("数")).removeprefix("个")
    return f"{narrow(text)}{_COUNTED.get(unit, unit)}"


def is_impossible(text: str) -> bool:
    """Whether the text is a date that does not exist: 2026年2月30日."""
    day = read_date(text, from_1904=False)
    return isinstance(day, NoDate) and day.impossible


def day_in(limit: GivenLimit, year: int | None) -> date | None:
    """The last day that a limit names outright; None for words, and for lengths counted from a day.

    `year` completes a limit without one; without it such a limit names no day.
    """
    if limit.due_given is not None:
        return limit.due_given
    if year is not None:
        return _outright(limit.text, date(year, 1, 1))
    first, second = (_outright(limit.text, date(y, 1, 1)) for y in (2000, 2001))
    return first if first == second else None


@lru_cache(maxsize=4096)
def _outright(text: str, base: date) -> date | None:
    read = read_time_limit(text, base, _EVERY_WEEKDAY)
    return read.due_on if read.term is None and not read.fault else None
