"""Write the example ledger hualong-2023.xlsx from the facts in the folder hualong/.

Run it without arguments to write the file beside this script, or with a path. Running it
again gives an equal file: no day of today and no chance enters it.
"""

import io
import math
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from pathlib import Path

from hualong_facts import (
    District,
    Fact,
    Layout,
    Value,
    cell_value,
    read_district,
    read_facts,
    read_layout,
    read_plan,
)
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

EXAMPLE = Path(__file__).with_name("hualong-2023.xlsx")
SAVED_AT = datetime(2023, 9, 28, 17, 30)

CLASSES = ("立行立改", "限期整改", "长期整改")
NUMERALS = "一二三"
CIRCLED = "①②③④⑤⑥⑦⑧⑨"
PER_MEASURE = frozenset(("措施", "进展", "完成", "完成时间"))

THIN = Side(style="thin", color="808080")
BORDER = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
PLAIN = PatternFill()
HEAD_FILL = PatternFill("solid", fgColor="E7E6E6")
SECTION_FILL = PatternFill("solid", fgColor="F2F2F2")
CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
LEFT = Alignment(horizontal="left", vertical="center", wrap_text=True)
PROSE = frozenset(("问题", "措施", "进展", "备注"))


def main() -> None:
    """Write the file named on the command line, else the committed one."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLE
    target.write_bytes(example())


def example() -> bytes:
    """The whole workbook as the bytes of an xlsx file."""
    plan = read_plan()
    district = read_district(plan["people"])
    book = Workbook()
    for number, form in enumerate(plan["sheet"]):
        sheet = book.active if number == 0 else book.create_sheet()
        assert isinstance(sheet, Worksheet)
        write_ledger(sheet, read_layout(form), district)
    write_list(
        book.create_sheet("单位"),
        ["单位名称", "单位类型", "上级单位"],
        [[name, kind, district.parents[name]] for name, kind in district.kinds.items()],
        [24, 12, 20],
    )
    write_list(
        book.create_sheet("人员"),
        ["姓名", "单位", "职务", "手机号", "任职时间", "工号"],
        [[p.name, p.unit, p.role, p.mobile, cell_value(p.since), p.code] for p in district.people.values()],
        [28, 20, 14, 16, 16, 10],
    )
    return packed(book)


# --- one ledger sheet ---


def write_ledger(sheet: Worksheet, layout: Layout, district: District) -> None:
    """Title, unit line, head, rows (with sections or not), totals and signature, ready to print."""
    sheet.title = layout.name
    facts = read_facts(layout.facts)
    counts = figures(facts)
    last = len(layout.columns)
    write_top(sheet, layout, counts)
    row = 3 + layout.head_rows
    for section, block in in_sections(layout, facts):
        if section:
            for number in range(1, last + 1):
                frame(sheet, row, number, LEFT, fill=SECTION_FILL)
            write_line(sheet, row, section, last, LEFT, bold=True)
            row += 1
        row = write_block(sheet, row, layout, block, district)
    if layout.total:
        write_total(sheet, row, layout, counts)
        row += 1
    if layout.signature:
        clerk, leader = (district.people[layout.name + role] for role in ("经办人", "分管领导"))
        line = layout.signature.format(clerk=clerk.name, leader=leader.name, phone=clerk.mobile)
        write_line(sheet, row + 1, line, last, LEFT)
    set_up_page(sheet, [column.width for column in layout.columns], head_rows=2 + layout.head_rows)


def figures(facts: Sequence[Fact]) -> dict[str, int]:
    """The counts that title and totals name."""
    return {
        "problems": sum(bool(fact["问题"]) for fact in facts),
        "measures": sum(len(fact["措施"].split("；")) for fact in facts),
        "done": sum(fact.get("完成") == "是" for fact in facts),
        "closed": sum(fact["销号"] in ("是", "已销号") for fact in facts),
    }


def in_sections(layout: Layout, facts: Sequence[Fact]) -> Iterator[tuple[str, list[Fact]]]:
    """The rows under the section rows that give their class, or all of them under none."""
    if not layout.sections:
        yield "", list(facts)
        return
    for numeral, name in zip(NUMERALS, CLASSES, strict=True):
        block = [fact for fact in facts if fact["整改类型"] == name]
        yield f"{numeral}、{name}问题（{len(block)}个）", block


def write_top(sheet: Worksheet, layout: Layout, counts: Mapping[str, int]) -> None:
    """The title row, the line of unit and filing day, and the head of one or two rows."""
    last = len(layout.columns)
    write_line(sheet, 1, layout.title.format(**counts), last, CENTRE, size=18, bold=True)
    middle = last - 3
    sheet.cell(2, 1, layout.filed_by).alignment = LEFT
    sheet.cell(2, middle + 1, layout.filed_on).alignment = LEFT
    merge(sheet, 2, 2, 1, middle)
    merge(sheet, 2, 2, middle + 1, last)
    sheet.row_dimensions[2].height = 22
    bottom = 2 + layout.head_rows
    for number, column in enumerate(layout.columns, 1):
        for row in range(3, bottom + 1):
            frame(sheet, row, number, CENTRE, bold=True, fill=HEAD_FILL)
        sheet.cell(bottom if column.group else 3, number, column.heading)
        if layout.head_rows == 2 and not column.group:
            merge(sheet, 3, 4, number, number)
    for group, same in groupby(enumerate(layout.columns, 1), key=lambda pair: pair[1].group):
        places = [number for number, _ in same]
        if group:
            sheet.cell(3, places[0], group)
            merge(sheet, 3, 3, places[0], places[-1])
    for row in range(3, bottom + 1):
        sheet.row_dimensions[row].height = 32 if bottom == 3 else 22


def write_block(sheet: Worksheet, row: int, layout: Layout, facts: Sequence[Fact], district: District) -> int:
    """Write problems from `row` on, numbered from 1; returns the row after them."""
    starts = []
    serial = 0
    for offset, fact in enumerate(facts):
        if fact["问题"]:
            serial += 1
            starts.append(row + offset)
        write_row(sheet, row + offset, layout, fact, serial, district)
    after = row + len(facts)
    for start, end in zip(starts, [*starts[1:], after], strict=True):
        merge_problem(sheet, layout, start, end - 1)
    for name in layout.merged:
        merge_equal(sheet, layout.place(name), row, after - 1)
    return after


def write_row(
    sheet: Worksheet, row: int, layout: Layout, fact: Fact, serial: int, district: District
) -> None:
    """One row of the sheet; of a problem with several measure rows the first holds the problem."""
    shown = dict(fact)
    lines = [1]
    if fact["问题"]:
        owner = district.owner(fact["责任单位"])
        shown |= {"序号": str(serial), "责任人": owner.name, "联系电话": owner.mobile}
        shown["措施"] = numbered(fact["措施"], layout.numbering)
    for number, column in enumerate(layout.columns, 1):
        cell = frame(sheet, row, number, LEFT if column.fact in PROSE else CENTRE)
        value = cell_value(shown.get(column.fact, ""))
        if column.fact == "序号" or (column.fact == "联系电话" and layout.phone_as_number):
            value = int(str(value)) if value else None
        cell.value = value
        if isinstance(value, date):
            cell.number_format = layout.date_format
        lines.append(lines_in(value, column.width))
    sheet.row_dimensions[row].height = 15 * max(lines) + 8


def numbered(measures: str, numbering: str) -> str:
    """Measures (separated by ；) as a cell shows them: circled ①…；②…。, in lines 1.…, or none."""
    texts = measures.split("；")
    match numbering:
        case "circled":
            return "；".join(mark + text for mark, text in zip(CIRCLED, texts, strict=False)) + "。"
        case "lines":
            return "\n".join(f"{number}.{text}" for number, text in enumerate(texts, 1))
    return measures


def merge_problem(sheet: Worksheet, layout: Layout, first: int, last: int) -> None:
    """Merge over a problem's measure rows what belongs to the problem; 整改时限 only where it stands once."""
    if first == last:
        return
    for number, column in enumerate(layout.columns, 1):
        below = [sheet.cell(row, number).value for row in range(first + 1, last + 1)]
        if column.fact not in PER_MEASURE and not any(below):
            merge(sheet, first, last, number, number)


def merge(sheet: Worksheet, top: int, bottom: int, left: int, right: int) -> None:
    """One cell of several; all four are inclusive."""
    sheet.merge_cells(start_row=top, end_row=bottom, start_column=left, end_column=right)


def merge_equal(sheet: Worksheet, column: int, first: int, last: int) -> None:
    """Merge the cells of a column that follow each other and say the same."""
    for _, same in groupby(range(first, last + 1), key=lambda row: sheet.cell(row, column).value):
        rows = list(same)
        if len(rows) > 1:
            merge(sheet, rows[0], rows[-1], column, column)


def write_total(sheet: Worksheet, row: int, layout: Layout, counts: Mapping[str, int]) -> None:
    """The 合计 row."""
    for number, column in enumerate(layout.columns, 1):
        text = "合计" if number == 1 else layout.total.get(column.heading, "").format(**counts)
        frame(sheet, row, number, CENTRE, bold=True).value = text or None
    sheet.row_dimensions[row].height = 24


# --- what every sheet shares ---


def write_list(
    sheet: Worksheet, heads: Sequence[str], rows: Sequence[Sequence[Value]], widths: Sequence[int]
) -> None:
    """A plain table with its head in the first row."""
    for number, head in enumerate(heads, 1):
        frame(sheet, 1, number, CENTRE, bold=True, fill=HEAD_FILL).value = head
    for row, values in enumerate(rows, 2):
        for number, value in enumerate(values, 1):
            cell = frame(sheet, row, number, CENTRE)
            cell.value = value or None
            if isinstance(value, date):
                cell.number_format = "yyyy-mm-dd"
    set_up_page(sheet, widths, head_rows=1)


def write_line(
    sheet: Worksheet,
    row: int,
    text: str,
    last: int,
    alignment: Alignment,
    *,
    size: int = 11,
    bold: bool = False,
) -> None:
    """A row that is merged over the whole width."""
    sheet.cell(row, 1, text).alignment = alignment
    sheet.cell(row, 1).font = Font(name="宋体", size=size, bold=bold)
    merge(sheet, row, row, 1, last)
    sheet.row_dimensions[row].height = 2 * size + 4


def frame(
    sheet: Worksheet,
    row: int,
    column: int,
    align: Alignment,
    *,
    bold: bool = False,
    fill: PatternFill = PLAIN,
) -> Cell:
    """A cell with font, alignment and a light border."""
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)
    cell.font = Font(name="宋体", size=11, bold=bold)
    cell.alignment, cell.border, cell.fill = align, BORDER, fill
    return cell


def lines_in(value: Value, width: int) -> int:
    """How many lines a cell needs; a Chinese character is two wide."""
    text = value if isinstance(value, str) else ""
    wide = (sum(2 if ord(mark) > 255 else 1 for mark in line) for line in text.split("\n"))
    return sum(max(1, math.ceil(needed / (width - 1))) for needed in wide)


def set_up_page(sheet: Worksheet, widths: Sequence[int], *, head_rows: int) -> None:
    """Column widths, a head that stays, and A4 across with the head on every page."""
    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = f"A{head_rows + 1}"
    sheet.print_title_rows = f"1:{head_rows}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top = sheet.page_margins.bottom = 0.6
    sheet.print_options.horizontalCentered = True
    sheet.HeaderFooter.oddFooter.center.text = "第 &P 页，共 &N 页"  # type: ignore[union-attr]


def packed(book: Workbook) -> bytes:
    """The file with one fixed day in its properties and its archive, so that it is equal each time."""
    book.properties.creator = "华龙区"
    book.properties.created = SAVED_AT
    raw, fixed = io.BytesIO(), io.BytesIO()
    book.save(raw)
    stamp = SAVED_AT.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, content)
            entry = zipfile.ZipInfo(name, SAVED_AT.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, content)
    return fixed.getvalue()


if __name__ == "__main__":
    main()
