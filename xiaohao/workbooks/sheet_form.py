"""What every sheet of rows has in our workbooks: head, widths, filter, drop-downs, lines and print set-up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from xiaohao.vocabulary import RectificationClass, Source
from xiaohao.workbooks.looks import Looks

A4 = 9
HEAD_ROW = 2
"""Rows count from 0: title, line, head."""
_TALLEST, _LINE_HEIGHT = 409.0, 15.8
SPARE_ROWS = 500
"""Rows below the last one in which drop-downs and lines still work."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What may be chosen in the cells of a column: words, or the cells of a range. `strict` takes nothing else."""

    words: Sequence[str] = ()
    source: str = ""
    strict: bool = True


CLASSES = Choice([word.label for word in RectificationClass])
SOURCES = Choice([word.label for word in Source], strict=False)
YES_NO = Choice(["是", "否"])


@dataclass(frozen=True, slots=True)
class Form:
    """The columns of a sheet, and how many of them go on paper. `kinds` are those of `Looks.cell`."""

    headings: Sequence[str]
    widths: Sequence[float]
    kinds: Sequence[str]
    printed: int
    choices: Mapping[str, Choice] = field(default_factory=dict)
    hints: Mapping[str, str] = field(default_factory=dict)
    lined_where: int = 0
    """The column that is filled in every row which holds something."""


def open_sheet(sheet: Worksheet, form: Form, looks: Looks, *, title: str, line: Sequence[str]) -> None:
    """Write title, line (left, middle, right) and head, and set what does not depend on the rows."""
    for index, (width, kind) in enumerate(zip(form.widths, form.kinds, strict=True)):
        sheet.set_column(index, index, width, looks.cell(kind))
    last = form.printed - 1
    sheet.set_row(0, 32)
    sheet.merge_range(0, 0, 0, last, "", looks.title())
    sheet.write_string(0, 0, title, looks.title())
    sheet.set_row(1, 18)
    _write_line(sheet, looks, line, last)
    sheet.set_row(HEAD_ROW, 30)
    for index, heading in enumerate(form.headings):
        sheet.write_string(HEAD_ROW, index, heading, looks.head(printed=index < form.printed))
    sheet.freeze_panes(HEAD_ROW + 1, min(3, form.printed))
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEAD_ROW)
    sheet.center_horizontally()
    sheet.set_footer("&C第 &P 页，共 &N 页")


def row_height(values: Sequence[object], form: Form) -> float:
    """The height in points at which the wrapped texts of the printed columns can be read whole.

    Programs differ in whether they work it out themselves when they open a file, so it is given.
    """
    most = 1
    for value, width in zip(values[: form.printed], form.widths, strict=False):
        if isinstance(value, str) and len(value) * 2 > width:
            most = max(most, _lines(value, int(width * 0.93) - 1))
    return min(_TALLEST, most * _LINE_HEIGHT + 4)


def _lines(text: str, room: int) -> int:
    """How many lines a text takes in a column for `room` narrow signs; a Chinese one is as wide as two."""
    return sum(max(1, -(-len(line.encode("gbk", "replace")) // room)) for line in text.split("\n"))


def close_sheet(sheet: Worksheet, form: Form, looks: Looks, *, last_row: int, lined: bool = False) -> None:
    """Set what reaches down to the last row; `lined` draws the lines of empty rows too."""
    columns = len(form.headings) - 1
    last = max(last_row, HEAD_ROW + 1)
    sheet.autofilter(HEAD_ROW, 0, last, columns)
    sheet.print_area(0, 0, last, form.printed - 1)
    below = last + SPARE_ROWS
    marked = f'=${xl_col_to_name(form.lined_where)}{HEAD_ROW + 2}<>""'
    rule = {"type": "formula", "criteria": marked, "format": looks.bordered()}
    sheet.conditional_format(HEAD_ROW + 1, 0, below, columns, rule)
    if lined:
        every = {"type": "formula", "criteria": "=TRUE", "format": looks.bordered()}
        sheet.conditional_format(HEAD_ROW + 1, 0, last, columns, every)
    for index, heading in enumerate(form.headings):
        if (options := _validation(form, heading)) is not None:
            sheet.data_validation(HEAD_ROW + 1, index, below, index, options)


def _write_line(sheet: Worksheet, looks: Looks, line: Sequence[str], last: int) -> None:
    thirds = (0, last // 3, 2 * last // 3 + 1, last + 1)
    for place, (text, align) in enumerate(zip(line, ("left", "center", "right"), strict=True)):
        first, end = thirds[place], thirds[place + 1] - 1
        if end > first:
            sheet.merge_range(1, first, 1, end, "", looks.line(align))
        sheet.write_string(1, first, text, looks.line(align))


def _validation(form: Form, heading: str) -> dict[str, object] | None:
    choice, hint = form.choices.get(heading), form.hints.get(heading)
    if choice is None and hint is None:
        return None
    options: dict[str, object] = {"validate": "any"}
    if choice is not None:
        words = ",".join(choice.words)
        options = {
            "validate": "list",
            "source": list(choice.words) if words else choice.source,
            "error_type": "stop" if choice.strict else "information",
            "error_title": heading,
            "error_message": f"请从下拉列表中选择{heading}。",
        }
    if hint is not None:
        options |= {"input_title": heading, "input_message": hint}
    return options


Say = Callable[[str], None]
