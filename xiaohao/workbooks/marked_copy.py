"""Marks in a new workbook, for sources that are none of Excel's present format: the same cells, a plain look."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, time
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.exceptions import OverlappingRange
from xlsxwriter.worksheet import Worksheet

from xiaohao.workbooks.cells import plain
from xiaohao.workbooks.grid import Sheet, Value
from xiaohao.workbooks.marks import AUTHOR, FILLS, Mark
from xiaohao.workbooks.opening import open_book

NAMELESS = "台账"
_LONGEST_TEXT = 32_767  # of a cell in Excel
_MOST_ROWS, _MOST_COLUMNS = 1_048_576, 16_384
_MOST_MERGED_ROWS = 20_000
"""Merged cells need the whole sheet in memory: beyond so many rows they are left apart."""
_MOST_MERGED_CELLS = 200_000
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]|^'|'$")
_NARROWEST, _WIDEST = 6, 36
_SAMPLE = 200  # rows by which columns get their width


def mark_copy(source: Path, marks: Mapping[str, Sequence[Mark]], target: Path) -> None:
    """Write the cells of `source` with the marks to a new .xlsx `target`; marks by the sheet's name.

    Raises Unreadable where the source is refused.
    """
    sheets = open_book(source).sheets
    small = sum(len(sheet.rows) for sheet in sheets) <= _MOST_MERGED_ROWS
    options = {"constant_memory": not small, "strings_to_urls": False}
    with Workbook(str(target), options) as book:
        looks = _Looks(book)
        taken: set[str] = set()
        for sheet in sheets:
            worksheet = book.add_worksheet(_name(sheet.name, taken))
            if sheet.hidden:
                worksheet.hide()
            if small:
                _merge(worksheet, sheet)
            _write(worksheet, sheet, marks.get(sheet.name, ()), looks)


def _name(name: str, taken: set[str]) -> str:
    """A name that Excel takes for a sheet, different from those before."""
    bare = _NOT_IN_NAMES.sub(" ", name).strip()[:31] or NAMELESS
    number, unique = 1, bare
    while unique.lower() in taken:
        number += 1
        unique = f"{bare[:27]} {number}"
    taken.add(unique.lower())
    return unique


class _Looks:
    """Formats by colour and kind of value."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[tuple[str, str], Any] = {}

    def of(self, colour: str, number: str = "") -> Any:
        """The format of that fill (RGB in hex, "" for none) and number format."""
        if (colour, number) not in self._made:
            wanted: dict[str, Any] = {"text_wrap": True, "valign": "top"}
            if colour:
                wanted |= {"bg_color": f"#{colour}", "border": 1}
            if number:
                wanted["num_format"] = number
            self._made[colour, number] = self._book.add_format(wanted)
        return self._made[colour, number]


def _write(worksheet: Worksheet, sheet: Sheet, marks: Sequence[Mark], looks: _Looks) -> None:
    _set_page(worksheet, sheet)
    by_row = {row.number: row.values for row in sheet.rows}
    marked: dict[int, dict[int, Mark]] = {}
    for mark in marks:
        marked.setdefault(mark.row, {})[mark.column] = mark
    for number in sorted(by_row.keys() | marked.keys()):
        if number > _MOST_ROWS:
            return
        values, own = by_row.get(number, []), marked.get(number, {})
        for column in range(min(max(len(values), max(own, default=-1) + 1), _MOST_COLUMNS)):
            value = values[column] if column < len(values) else None
            _write_cell(worksheet, number - 1, column, value, own.get(column), looks)


def _set_page(worksheet: Worksheet, sheet: Sheet) -> None:
    """A4 landscape, all columns on one page, each about as wide as its texts."""
    worksheet.set_landscape()
    worksheet.set_paper(9)
    worksheet.fit_to_pages(1, 0)
    widths: dict[int, int] = {}
    for row in sheet.rows[:_SAMPLE]:
        cells = list(row.filled())
        for column, value in cells if len(cells) > 1 else ():
            widths[column] = max(widths.get(column, 0), 2 * len(plain(value)) + 1)
    for column, width in widths.items():
        worksheet.set_column(column, column, max(_NARROWEST, min(width, _WIDEST)))


def _write_cell(
    worksheet: Worksheet, row: int, column: int, value: Value, mark: Mark | None, looks: _Looks
) -> None:
    if value is None and mark is None:
        return
    _write_value(worksheet, row, column, value, FILLS[mark.severity] if mark else "", looks)
    if mark is not None and mark.text:
        lines = sum(1 + len(line) // 20 for line in mark.text.splitlines())
        options = {"author": AUTHOR, "width": 300, "height": 20 + 18 * lines}
        worksheet.write_comment(row, column, mark.text, options)


def _write_value(
    worksheet: Worksheet, row: int, column: int, value: Value, colour: str, looks: _Looks
) -> None:
    match value:
        case None:
            worksheet.write_blank(row, column, None, looks.of(colour))
        case bool():
            worksheet.write_boolean(row, column, value, looks.of(colour))
        case int() | float() if abs(value) < 1e15 and value == value:
            worksheet.write_number(row, column, value, looks.of(colour))
        case datetime() if value.year >= 1900:
            whole = value.time() == time()
            shown = "yyyy-mm-dd" if whole else "yyyy-mm-dd hh:mm"
            worksheet.write_datetime(row, column, value, looks.of(colour, shown))
        case _:
            worksheet.write_string(row, column, plain(value)[:_LONGEST_TEXT], looks.of(colour))


def _merge(worksheet: Worksheet, sheet: Sheet) -> None:
    """Merge as the source does; the cells are written afterwards."""
    room = _MOST_MERGED_CELLS
    for merge in sheet.merges:
        height, width = merge.last_row - merge.first_row + 1, merge.last_column - merge.first_column + 1
        room -= height * width
        if room < 0:
            return
        if height > 0 and width > 0 and height * width > 1:
            corners = (merge.first_row - 1, merge.first_column, merge.last_row - 1, merge.last_column)
            with suppress(OverlappingRange):
                worksheet.merge_range(*corners, "")
