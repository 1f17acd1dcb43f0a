"""The ledger as an .xlsx that can be hung up, filtered, filled in further and imported again.

The sheet 问题台账 holds one row a problem, so that filter and sorting work; its measures stand numbered
in one cell, its reports each with the day in front, and the reader gives both back one by one. What the
program works out (状态, 亮灯, 督办级别, …) is shown and not read back. Rows are written as they come:
memory does not grow with the ledger.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.format import Format

from models.facts import ExportLine
from xiaohao.vocabulary import Status
from xiaohao.workbooks.cell_text import looks_like_formula, written
from xiaohao.workbooks.columns import Field
from xiaohao.workbooks.guide_sheet import GUIDE, units_source, write_guide
from xiaohao.workbooks.ledger_rows import Cell, cells, without_home
from xiaohao.workbooks.looks import LIGHTS, Looks
from xiaohao.workbooks.new_file import replacing
from xiaohao.workbooks.own_columns import COLUMNS, PRINTED
from xiaohao.workbooks.sheet_form import (
    CLASSES,
    HEAD_ROW,
    SOURCES,
    YES_NO,
    Choice,
    Form,
    Say,
    close_sheet,
    open_sheet,
    row_height,
)
from xiaohao.workbooks.text_sheet import TextSheet

SHEET = "问题台账"
MOST_PROBLEMS = 1_000_000
"""Excel ends at row 1,048,576."""
_TELL_EVERY = 10_000
_DAY_ZERO = date(1899, 12, 30).toordinal()
_EXTRA_WIDTH = 14
_KINDS = {
    Field.SERIAL: "short", Field.OUR_NUMBER: "typed", Field.NUMBER: "typed", Field.SOURCE: "short",
    Field.CLASS: "short", Field.FOUND_ON: "day", Field.LIMIT: "day", Field.DERIVED: "short",
    Field.CLOSED: "short", Field.CLOSED_ON: "day", Field.AMOUNT: "money", Field.OWNER: "short",
}  # fmt: skip
_HINTS = {
    "编号": "由程序给出。新增的行请留空。",
    "责任单位": "填单位全称。",
    "发现时间": "填日期，如 2026-3-5。",
    "整改时限": "填日期，或期限，如 15个工作日内。长期整改写“长期坚持”。",
    "整改措施": "有几条的，每条一行，写 1. 2. 3.；做完的在末尾写（2026-03-05完成）。",
    "整改进展": "新的进展写在下面，另起一行。",
    "是否销号": "由程序填写。要销号请办理申请销号。",
}
_LIGHT = next(index for index, column in enumerate(COLUMNS) if column.heading == "亮灯")
_TITLE = next(index for index, column in enumerate(COLUMNS) if column.field is Field.TITLE)


@dataclass(frozen=True)
class LedgerPage:
    """What stands round the rows. `unit` files it, `made_at` is an aware instant in the office's zone.

    `summary` is one line; `extra_headings` are those of the columns without a home; `unit_words` are
    offered in the cells of 责任单位.
    """

    title: str
    unit: str
    summary: str
    made_at: datetime
    extra_headings: Sequence[str]
    unit_words: Sequence[str]


def write_ledger(path: Path, page: LedgerPage, lines: Iterable[ExportLine], *, say: Say) -> int:
    """Write the ledger to `path`, whole or not at all; how many problems it holds.

    Raises Refused where the file cannot be written.
    """
    with replacing(path) as fresh, new_book(fresh, page.title, page.unit, page.made_at) as book:
        looks, form = Looks(book), ledger_form(page)
        sheet = book.add_worksheet(SHEET)
        head = (f"填报单位：{page.unit}", page.summary, f"填报日期：{page.made_at:%Y-%m-%d}")
        open_sheet(sheet, form, looks, title=page.title, line=head)
        last_row = _write_rows(sheet, form, looks, page, lines, say)
        close_sheet(sheet, form, looks, last_row=last_row)
        write_guide(book.add_worksheet(GUIDE), looks, page.unit_words)
    return last_row - HEAD_ROW


def new_book(path: Path, title: str, unit: str, made_at: datetime) -> Workbook:
    """An empty workbook that takes texts as texts, and rows in their order."""
    book = Workbook(
        str(path),
        {
            "constant_memory": True,
            "strings_to_urls": False,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
        },
    )
    book.worksheet_class = TextSheet
    created = made_at.astimezone(UTC).replace(tzinfo=None)
    book.set_properties({"title": title, "author": unit, "comments": "由销号导出", "created": created})
    return book


def ledger_form(page: LedgerPage) -> Form:
    """The columns of the exported sheet."""
    extra = without_home(page.extra_headings)
    units = Choice(source=units_source(page.unit_words), strict=False)
    choices = {"来源": SOURCES, "整改类型": CLASSES, "是否销号": YES_NO}
    return Form(
        [*(column.heading for column in COLUMNS), *map(written, extra)],
        [*(column.width for column in COLUMNS), *[_EXTRA_WIDTH] * len(extra)],
        [*(_KINDS.get(column.field, "text") for column in COLUMNS), *["text"] * len(extra)],
        PRINTED,
        choices | ({"责任单位": units} if page.unit_words else {}),
        _HINTS,
        _TITLE,
    )


def write_row(sheet: TextSheet, row: int, values: Sequence[Cell], look: "RowLook", *, height: float) -> None:
    """Write one row; every text is written as a text, never as a formula or a link."""
    looks = look.usual
    shown: list[str | int | float | None] = []
    for index, value in enumerate(values):
        if isinstance(value, str):
            shown.append(written(value))
            if looks_like_formula(value):
                looks = look.quoted(looks, index)
        elif isinstance(value, date):
            shown.append(value.toordinal() - _DAY_ZERO)
            looks = look.dated(looks, index)
        else:
            shown.append(value)
    sheet.put_row(row, shown, looks, height)


class RowLook:
    """How the cells of a row look, by column; a cancelled problem's are struck through."""

    def __init__(self, looks: Looks, kinds: Sequence[str], *, light: str = "", struck: bool = False) -> None:
        self._looks, self._kinds, self._struck = looks, kinds, struck
        self.usual: Sequence[Format] = [looks.cell(kind, struck=struck) for kind in kinds]
        if light:
            self.usual = self._with(self.usual, _LIGHT, looks.cell(kinds[_LIGHT], light=light))

    def quoted(self, usual: Sequence[Format], index: int) -> Sequence[Format]:
        """The same where a text begins like a formula: it stays a text when somebody edits it."""
        return self._with(
            usual, index, self._looks.cell(self._kinds[index], struck=self._struck, quoted=True)
        )

    def dated(self, usual: Sequence[Format], index: int) -> Sequence[Format]:
        """The same where the cell holds a day."""
        if self._kinds[index] == "day":
            return usual
        return self._with(usual, index, self._looks.cell("day", struck=self._struck))

    @staticmethod
    def _with(usual: Sequence[Format], index: int, look: Format) -> Sequence[Format]:
        return [*usual[:index], look, *usual[index + 1 :]]


def _write_rows(
    sheet: TextSheet, form: Form, looks: Looks, page: LedgerPage, lines: Iterable[ExportLine], say: Say
) -> int:
    """Write all rows; the number of the last, from 0."""
    extra = without_home(page.extra_headings)
    by_light = {word: RowLook(looks, form.kinds, light=word) for word in ("", *LIGHTS)}
    struck = RowLook(looks, form.kinds, struck=True)
    row = HEAD_ROW
    for serial, line in enumerate(lines, start=1):
        row = HEAD_ROW + serial
        values = cells(line, serial, extra)
        look = struck if line.status is Status.CANCELLED else by_light[line.light.label if line.light else ""]
        write_row(sheet, row, values, look, height=row_height(values, form))
        if serial % _TELL_EVERY == 0:
            say(f"已写 {serial} 件……")
    return row
