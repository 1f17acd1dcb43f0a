"""Small workbooks for the tests: rows as they stand on the sheet."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

Cells = Sequence[Sequence[object]]
HEAD = ("序号", "问题", "整改类型", "整改措施", "责任单位", "发现时间", "整改时限")


def a_row(serial: object = 1, title: object = "路灯不亮", **other: object) -> list[object]:
    """A row below HEAD that reads well; name only what the test is about."""
    values = {
        "整改类型": "限期整改",
        "整改措施": "更换灯头",
        "责任单位": "站前社区",
        "发现时间": "2024-3-1",
        "整改时限": "2024-5-31",
        **other,
    }
    return [serial, title, *(values[name] for name in HEAD[2:])]


def a_workbook(
    path: Path,
    sheets: Mapping[str, Cells] | Cells,
    *,
    merged: Mapping[str, Iterable[str]] | Iterable[str] = (),
) -> Path:
    """Write an .xlsx; `merged` are ranges of the only sheet, or by sheet."""
    book = Workbook()
    book.remove(book.worksheets[0])
    by_name = sheets if isinstance(sheets, Mapping) else {"台账": sheets}
    ranges = merged if isinstance(merged, Mapping) else {next(iter(by_name)): merged}
    for name, rows in by_name.items():
        sheet: Worksheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        for cells in ranges.get(name, ()):
            sheet.merge_cells(cells)
    book.save(path)
    return path
