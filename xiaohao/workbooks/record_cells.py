"""The cells of one record, read by field; what is wrong with one is told at once."""

from collections.abc import Sequence
from datetime import date

from xiaohao.workbooks.cells import NoDate, is_broken, one_line, phone, plain, read_date
from xiaohao.workbooks.columns import Column, Field
from xiaohao.workbooks.faults import Faults, about_broken
from xiaohao.workbooks.grid import Value
from xiaohao.workbooks.table import Record


class RecordCells:
    """Reads a record's cells. `is_bad` is set by the first error; the others are found all the same."""

    def __init__(self, record: Record, faults: Faults, filled_on: date | None) -> None:
        self.record, self.layout, self.sheet = record, record.context.layout, record.context.sheet
        self.is_bad = False
        self._faults = faults
        self._year = filled_on.year if filled_on else record.context.preamble.title_year
        self.year_of_title = None if filled_on else self._year

    def error(self, column: Column | None, value: Value, message: str, *, otherwise: str = "") -> None:
        """Tell an error: the record stays out. `otherwise`: the heading where the table has no such column."""
        self.is_bad = True
        heading = column.heading if column else otherwise
        self._faults.error(self.sheet.name, self.record.number, heading, value, message)

    def warn(self, column: Column | None, value: Value, message: str) -> None:
        """Tell something that a person should look at."""
        heading = column.heading if column else ""
        self._faults.warning(self.sheet.name, self.record.number, heading, value, message)

    def warn_of_sheet(self, message: str) -> None:
        """Tell once what holds for the whole sheet."""
        self._faults.warning(self.sheet.name, None, "", None, message)

    def column(self, wanted: Field) -> Column | None:
        """The column that says this."""
        return self.layout.get(wanted)

    def first(self, wanted: Field) -> Value:
        """The first value of the record in that column that is not empty."""
        return self.record.first(self.layout.get(wanted))

    def each(self, column: Column | None) -> Sequence[Value]:
        """The column's values, one a row, those of merges included."""
        return self.record.cells(column)

    def text(self, wanted: Field) -> str:
        """The text of the field as one line; a broken cell is told and counts as empty."""
        value = self.first(wanted)
        if is_broken(value):
            self.warn(self.column(wanted), value, f"{about_broken(value)}这一格按空白处理。")
            return ""
        return one_line(value)

    def silent_text(self, wanted: Field) -> str:
        """The text of a field that is not worth a word where it is broken."""
        value = self.first(wanted)
        return "" if is_broken(value) else one_line(value)

    def long_text(self, wanted: Field) -> str:
        """All different texts of the field's rows, below one another."""
        texts = (plain(value) for value in self.each(self.column(wanted)) if not is_broken(value))
        return "\n".join(text for text in dict.fromkeys(texts) if text)

    def phone(self, wanted: Field) -> str:
        """The telephone numbers of the field."""
        value = self.first(wanted)
        return "" if value is None or is_broken(value) else phone(value)

    def day(self, value: Value) -> date | NoDate | None:
        """The day that a date cell names; 3月5日 is of the filling date's year."""
        return read_date(value, from_1904=self.sheet.from_1904, year=self._year)

    def day_or_warn(self, column: Column | None, value: Value) -> date | None:
        """The day of a cell that may also hold words; what cannot be a day is told and counts as empty."""
        day = self.day(value)
        if not isinstance(day, NoDate):
            return day
        if is_broken(value) or day.impossible:
            self.warn(column, value, f"{why_no_date(value, day)}这一格按空白处理。")
        return None

    def has(self, wanted: Field) -> bool:
        """Whether the field holds something that can be read."""
        value = self.first(wanted)
        return value is not None and not is_broken(value)


def why_no_date(value: Value, day: NoDate) -> str:
    """Why a cell of a date column is no day, and what to do."""
    if is_broken(value):
        return about_broken(value)
    text = plain(value)
    return (
        f"没有“{text}”这一天，请改正。"
        if day.impossible
        else f"看不出“{text}”是哪一天，请填成 2026-3-2 这样的日期。"
    )
