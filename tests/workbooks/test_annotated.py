"""The annotated copy: every fault on its cell, and nothing else of the office's file changed."""

import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from cases_folder import cases
from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook import Workbook as Book
from workbook_builder import HEAD, a_row, a_workbook

from xiaohao.workbooks.annotated import write_copy
from xiaohao.workbooks.lines import Fault, Severity
from xiaohao.workbooks.reader import read

RED, YELLOW = "FFFF9999", "FFFFFF99"
COLOURS = {RED: "red", YELLOW: "yellow"}


def a_fault(row: int | None, column: str = "整改时限", severity: Severity = "error", **other: str) -> Fault:
    told = {"sheet": "台账", "value": "", "message": "看不懂。", **other}
    return Fault(severity, told["sheet"], row, column, told["value"], told["message"])


def marked(path: Path) -> Mapping[tuple[str, str], tuple[str, str]]:
    """Colour and comment of each marked cell, by sheet and place."""
    return {
        (sheet.title, cell.coordinate): (
            COLOURS.get(cell.fill.fgColor.rgb, ""),
            cell.comment.text if cell.comment else "",
        )
        for sheet in load_workbook(path)
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment or cell.fill.fgColor.rgb in COLOURS
    }


def copied(source: Path, *faults: Fault) -> Path:
    target = source.with_name(f"copy-{source.stem}.xlsx")
    assert write_copy(source, faults, read(source).heads, target) == ".xlsx"
    return target


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return a_workbook(tmp_path / "台账.xlsx", [HEAD, a_row(1, "甲"), a_row(2, "乙"), a_row(3, "丙")])


def test_an_error_is_red_and_a_warning_yellow_with_the_reason_beside_it(ledger: Path) -> None:
    copy = copied(ledger, a_fault(2), a_fault(3, "问题", "warning", message="与第2行相近。"))
    assert marked(copy) == {
        ("台账", "G2"): ("red", "【错误】整改时限：看不懂。"),
        ("台账", "B3"): ("yellow", "【提醒】问题：与第2行相近。"),
    }


def test_several_faults_of_a_cell_share_a_comment_and_an_error_colours_it(ledger: Path) -> None:
    copy = copied(ledger, a_fault(2, severity="warning", message="甲。"), a_fault(2, message="乙。"))
    assert marked(copy) == {("台账", "G2"): ("red", "【提醒】整改时限：甲。\n【错误】整改时限：乙。")}


def test_a_fault_is_found_by_what_its_column_says_else_on_the_title(ledger: Path) -> None:
    """The import names columns by their usual heading: 发现日期 is told as 发现时间."""
    copy = copied(ledger, a_fault(2, "发现日期"), a_fault(3, ""), a_fault(4, "没有的列"))
    assert set(marked(copy)) == {("台账", "F2"), ("台账", "B3"), ("台账", "B4")}


def test_what_speaks_of_a_whole_column_or_sheet_stands_on_the_head(ledger: Path) -> None:
    copy = copied(ledger, a_fault(None, "整改类型"), a_fault(None, ""), a_fault(None, "", sheet=""))
    assert set(marked(copy)) == {("台账", "C1"), ("台账", "A1")}


def test_an_empty_cell_and_a_missing_row_are_marked_too(tmp_path: Path) -> None:
    source = a_workbook(tmp_path / "空格.xlsx", [[], [], HEAD, a_row(1, None), a_row(2, "乙", 整改时限=None)])
    copy = copied(source, a_fault(4, "问题"), a_fault(5), a_fault(None, ""))
    assert {place: colour for place, (colour, _) in marked(copy).items()} == {
        ("台账", "A1"): "red",
        ("台账", "B4"): "red",
        ("台账", "G5"): "red",
    }
    assert [cell.value for cell in load_workbook(copy)["台账"][5]][1] == "乙"


def test_the_offices_look_stays(tmp_path: Path) -> None:
    source = tmp_path / "花.xlsx"
    book = Book()
    sheet = book.worksheets[0]
    sheet.title = "台账"
    for row in (HEAD, a_row(1, "甲"), a_row(2, "乙")):
        sheet.append(list(row))
    sheet["G2"].font = Font(bold=True, name="仿宋")
    sheet["A3"].fill = PatternFill("solid", fgColor="FF00FF00")
    sheet["B2"].comment = Comment("办公室的话", "办公室")
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = "A1:G3"
    sheet.merge_cells("I1:J2")
    book.save(source)
    copy = copied(source, a_fault(2), a_fault(2, "问题"))
    sheet = load_workbook(copy)["台账"]
    assert (sheet["G2"].font.b, sheet["G2"].font.name, sheet["G2"].value) == (True, "仿宋", "2024-5-31")
    assert sheet["A3"].fill.fgColor.rgb == "FF00FF00"
    assert sheet["B2"].comment.text == "办公室的话\n【错误】问题：看不懂。"
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:G3")
    assert [str(ranges) for ranges in sheet.merged_cells.ranges] == ["I1:J2"]


def test_parts_that_are_not_concerned_stay_byte_for_byte_and_macros_keep_their_ending(
    ledger: Path, tmp_path: Path
) -> None:
    source = tmp_path / "宏.xlsm"
    with zipfile.ZipFile(ledger) as old, zipfile.ZipFile(source, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "[Content_Types].xml":
                content = content.replace(
                    b"openxmlformats-officedocument.spreadsheetml.sheet.main",
                    b"ms-excel.sheet.macroEnabled.main",
                )
            new.writestr(name, content)
        new.writestr("xl/vbaProject.bin", b"\x00macros\xff")
    assert len(read(source).problems) == 3
    target = tmp_path / "copy"
    assert write_copy(source, [a_fault(2)], read(source).heads, target) == ".xlsm"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target) as new:
        changed = {name for name in old.namelist() if old.read(name) != new.read(name)}
        assert new.read("xl/vbaProject.bin") == b"\x00macros\xff"
        assert new.testzip() is None
    assert changed == {"xl/worksheets/sheet1.xml", "xl/styles.xml", "[Content_Types].xml"}


def test_a_copy_can_be_imported_and_annotated_again(ledger: Path, tmp_path: Path) -> None:
    """A clerk mends the copy and sends it in: the marks are no text of the ledger."""
    first = copied(ledger, a_fault(2), a_fault(3))
    assert read(first).problems == read(ledger).problems
    second = tmp_path / "again.xlsx"
    write_copy(first, [a_fault(4), a_fault(3)], read(first).heads, second)
    assert set(marked(second)) == {("台账", f"G{row}") for row in (2, 3, 4)}


def test_a_part_in_another_encoding_becomes_a_new_workbook(ledger: Path, tmp_path: Path) -> None:
    source = tmp_path / "u16.xlsx"
    with zipfile.ZipFile(ledger) as old, zipfile.ZipFile(source, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = content.decode().encode("utf-16")
            new.writestr(name, content)
    copy = copied(source, a_fault(2))
    assert marked(copy) == {("台账", "G2"): ("red", "【错误】整改时限：看不懂。")}
    assert [cell.value for cell in load_workbook(copy)["台账"]["B"]] == ["问题", "甲", "乙", "丙"]


def test_a_text_becomes_a_new_workbook_with_the_same_rows(tmp_path: Path) -> None:
    source = tmp_path / "台账.csv"
    rows = [HEAD, a_row(1, "=1+1"), a_row(2, "乙")]
    source.write_text("\n".join(",".join(map(str, row)) for row in rows), encoding="gb18030")
    copy = copied(source, a_fault(3, sheet=""))
    sheet = load_workbook(copy).worksheets[0]
    assert marked(copy) == {("台账", "G3"): ("red", "【错误】整改时限：看不懂。")}
    assert (sheet["B2"].value, sheet["B2"].data_type) == ("=1+1", "s")


def test_an_old_workbook_becomes_a_new_one(tmp_path: Path) -> None:
    source = tmp_path / "旧.xls"
    shutil.copyfile(cases("ledgers") / "07-biff.xls", source)
    copy = copied(source, a_fault(5))
    sheet = load_workbook(copy)["台账"]
    assert marked(copy) == {("台账", "H5"): ("red", "【错误】整改时限：看不懂。")}
    assert "A5:A10" in {str(ranges) for ranges in sheet.merged_cells.ranges}
