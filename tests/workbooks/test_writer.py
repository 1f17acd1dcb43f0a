"""The exported workbook as officials and their programs see it: read by openpyxl, never by our own reader."""

import os
import stat
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from models.facts import ExportLine, MeasureLine, ReportLine
from xiaohao.errors import Refused
from xiaohao.vocabulary import Light, RectificationClass, Role, Source, Status, UnitKind
from xiaohao.workbooks.own_columns import COLUMNS, PRINTED
from xiaohao.workbooks.reader import read
from xiaohao.workbooks.template import UnitRow, write_template
from xiaohao.workbooks.writer import LedgerPage, write_ledger

AT = datetime(2023, 10, 16, 23, 30, tzinfo=timezone(timedelta(hours=8)))
UNITS = ("华龙区", "孟轲乡", "杨干城村")


def a_line(**other: Any) -> ExportLine:
    """A problem that reads well; name only what the test is about."""
    given = {
        "number": "HL-2023-0001",
        "external_number": "0012",
        "title": "东门外道路破损",
        "description": None,
        "category": None,
        "source": Source.HOME_VISIT,
        "place": None,
        "unit": "杨干城村",
        "co_units": ("孟轲乡",),
        "register_unit": "华龙区",
        "found_on": date(2023, 9, 25),
        "rectification_class": RectificationClass.TIME_LIMITED,
        "limit_text": "10月底前",
        "due_on": date(2023, 10, 31),
        "original_due_on": date(2023, 10, 31),
        "review_every": None,
        "review_on": None,
        "status": Status.RECTIFYING,
        "light": Light.GREEN,
        "level": 0,
        "closed_on": None,
        "amount_fen": None,
        "extra": {},
        "measures": (
            MeasureLine(text="勘查", due_on=None, done_on=None, owner=None),
            MeasureLine(text="铺路", due_on=None, done_on=date(2023, 10, 7), owner=None),
        ),
        "progress": (ReportLine(on=date(2023, 10, 8), text="已铺一半"),),
    }
    return ExportLine(**(given | other))


def a_ledger(path: Path, *lines: ExportLine, extra: tuple[str, ...] = ()) -> Path:
    page = LedgerPage("华龙区问题整改台账", "华龙区", "共 1 件：红 0、黄 0、绿 1，已销号 0", AT, extra, UNITS)
    assert write_ledger(path, page, lines, say=lambda _text: None) == len(lines)
    return path


@pytest.fixture
def book(tmp_path: Path) -> Any:
    lines = [
        a_line(),
        a_line(light=Light.RED, level=2, title='=HYPERLINK("http://x","y")', source=None),
        a_line(light=Light.YELLOW),
        a_line(light=None, status=Status.CLOSED, closed_on=date(2023, 10, 9), amount_fen=123456),
        a_line(light=None, status=Status.CANCELLED),
    ]
    return openpyxl.load_workbook(a_ledger(tmp_path / "台账.xlsx", *lines))


def column(sheet: Any, heading: str) -> list[Any]:
    """The cells below a heading."""
    place = next(cell.column for cell in sheet[3] if cell.value == heading)
    return [sheet.cell(row, place) for row in range(4, sheet.max_row + 1)]


def test_title_line_and_head(book: Any) -> None:
    sheet = book["问题台账"]
    assert sheet["A1"].value == "华龙区问题整改台账"
    line = [cell.value for cell in sheet[2] if cell.value]
    assert line == ["填报单位：华龙区", "共 1 件：红 0、黄 0、绿 1，已销号 0", "填报日期：2023-10-16"]
    assert [cell.value for cell in sheet[3]] == [each.heading for each in COLUMNS]
    assert sheet.freeze_panes == "D4"
    assert sheet.auto_filter.ref == "A3:Z8"


def test_days_are_days_and_numbers_stay_text(book: Any) -> None:
    sheet = book["问题台账"]
    found, due = column(sheet, "发现时间")[0], column(sheet, "整改时限")[0]
    assert (found.value, due.value) == (datetime(2023, 9, 25), datetime(2023, 10, 31))
    assert found.is_date
    assert due.is_date
    assert column(sheet, "原编号")[0].value == "0012"
    assert column(sheet, "原编号")[0].number_format == "@"
    assert column(sheet, "时限原文")[0].value == "10月底前"
    assert column(sheet, "金额（元）")[3].value == 1234.56
    assert column(sheet, "整改措施")[0].value == "1. 勘查\n2. 铺路（2023-10-07完成）"
    assert column(sheet, "整改进展")[0].value == "2023-10-08：已铺一半"
    assert column(sheet, "整改措施")[0].alignment.wrap_text


def test_a_light_is_a_word_on_its_colour(book: Any) -> None:
    lights = column(book["问题台账"], "亮灯")
    assert [cell.value for cell in lights] == ["绿", "红", "黄", None, None]
    fills = [cell.fill.fgColor.rgb for cell in lights[:3]]
    assert len(set(fills)) == 3
    assert column(book["问题台账"], "督办级别")[1].value == "2级"


def test_a_cancelled_problem_is_struck_through(book: Any) -> None:
    titles = column(book["问题台账"], "问题")
    assert [bool(cell.font.strike) for cell in titles] == [False, False, False, False, True]


@pytest.mark.parametrize(
    "text", ["=1+1", "+86", "-5℃", "@SUM(A1)", "＝1", "http://example.org", "mailto:a@b", "<r>甲</r>"]
)
def test_no_text_becomes_a_formula_or_a_link(tmp_path: Path, text: str) -> None:
    line = a_line(title=text, place=text, extra={"备注": text}, external_number=text)
    file = a_ledger(tmp_path / "台账.xlsx", line, extra=("备注",))
    sheet = openpyxl.load_workbook(file)["问题台账"]
    for heading in ("问题", "地点", "备注", "原编号"):
        (cell,) = column(sheet, heading)
        assert (cell.value.rstrip("\u200b"), cell.data_type) == (text, "s")
        assert cell.hyperlink is None
        assert cell.quotePrefix == (text[0] in "=+-@＝")
    with zipfile.ZipFile(file) as package:
        parts = b"".join(package.read(name) for name in package.namelist())
    assert b"<f>" not in parts
    assert b'TargetMode="External"' not in parts


def test_drop_downs_reach_below_the_last_row(book: Any) -> None:
    sheet = book["问题台账"]
    lists = {
        v.promptTitle or v.errorTitle: v for v in sheet.data_validations.dataValidation if v.type == "list"
    }
    assert lists["整改类型"].formula1 == '"立行立改,限期整改,长期整改"'
    assert lists["来源"].formula1 == f'"{",".join(word.label for word in Source)}"'
    assert lists["是否销号"].formula1 == '"是,否"'
    named = lists["责任单位"].formula1
    assert named == "说明!$H$4:$H$6"
    assert [cell.value for (cell,) in book["说明"]["H4:H6"]] == list(UNITS)
    assert all(
        int(str(v.sqref).rpartition(":")[2].strip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) > 400 for v in lists.values()
    )


def test_it_prints_on_a4_with_its_head_on_every_page(book: Any) -> None:
    sheet = book["问题台账"]
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
    assert (int(sheet.page_setup.fitToWidth or 1), int(sheet.page_setup.fitToHeight or 0)) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows.replace("$", "") == "3:3"
    assert sheet.oddFooter.center.text == "第 &P 页，共 &N 页"
    last = openpyxl.utils.get_column_letter(PRINTED)
    assert str(sheet.print_area).replace("$", "").endswith(f"A1:{last}8")


def test_columns_without_a_home_stand_behind_ours(tmp_path: Path) -> None:
    line = a_line(extra={"备注": "已沟通", "状态": "办理中", "责任人": "张三 13800000001"})
    file = a_ledger(tmp_path / "台账.xlsx", line, extra=("备注", "状态", "责任人"))
    sheet = openpyxl.load_workbook(file)["问题台账"]
    assert [cell.value for cell in sheet[3]][len(COLUMNS) :] == ["备注", "状态"]
    assert [cell.value for cell in sheet[4]][len(COLUMNS) :] == ["已沟通", "办理中"]
    assert column(sheet, "责任人")[0].value == "张三"  # his telephone does not hang on the wall


def test_a_long_cell_makes_its_row_high(tmp_path: Path) -> None:
    file = a_ledger(tmp_path / "台账.xlsx", a_line(title="短"), a_line(title="长" * 200))
    sheet = openpyxl.load_workbook(file)["问题台账"]
    assert sheet.row_dimensions[5].height > 4 * sheet.row_dimensions[4].height


def lines_that_fail() -> Iterator[ExportLine]:
    yield a_line()
    raise RuntimeError("the database went away")


def test_what_fails_half_way_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    file = a_ledger(tmp_path / "台账.xlsx", a_line())
    before = file.read_bytes()
    page = LedgerPage("甲", "乙", "", AT, (), ())
    with pytest.raises(RuntimeError):
        write_ledger(file, page, lines_that_fail(), say=lambda _text: None)
    assert file.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["台账.xlsx"]


@pytest.mark.parametrize("mark", ["~$台账.xlsx", ".~台账.xlsx", ".~lock.台账.xlsx#"])
def test_a_file_that_is_open_elsewhere_is_not_replaced(tmp_path: Path, mark: str) -> None:
    file = a_ledger(tmp_path / "台账.xlsx", a_line())
    (tmp_path / mark).write_text("")
    with pytest.raises(Refused, match=r"台账\.xlsx 正被其他程序打开，请关闭后再导出"):
        a_ledger(file, a_line())


def test_where_nothing_can_be_written_one_sentence_says_why(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"文件夹 .*没有 不存在，请先建立。没有导出任何内容。"):
        a_ledger(tmp_path / "没有" / "台账.xlsx", a_line())
    with pytest.raises(Refused, match="是文件夹，请写明文件名"):
        a_ledger(tmp_path, a_line())


@pytest.mark.skipif(os.getuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_file_is_said_so(tmp_path: Path) -> None:
    file = a_ledger(tmp_path / "台账.xlsx", a_line())
    file.chmod(0o444)
    with pytest.raises(Refused, match="是只读的"):
        a_ledger(file, a_line())


def test_a_replaced_file_keeps_its_mode(tmp_path: Path) -> None:
    file = a_ledger(tmp_path / "台账.xlsx", a_line())
    file.chmod(0o640)
    a_ledger(file, a_line())
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


@pytest.fixture
def template(tmp_path: Path) -> Path:
    file = tmp_path / "模板.xlsx"
    units = [
        UnitRow("华龙区", UnitKind.DISTRICT, "", "HL"),
        UnitRow("孟轲乡", UnitKind.TOWNSHIP, "华龙区", "MK"),
    ]
    write_template(file, unit="华龙区", units=units, made_at=AT)
    return file


def test_a_template_reads_as_an_empty_ledger_with_the_units(template: Path) -> None:
    reading = read(template)
    assert (reading.problems, reading.people, reading.faults) == ((), (), ())
    assert [(unit.name, unit.kind, unit.parent_name, unit.code) for unit in reading.units] == [
        ("华龙区", UnitKind.DISTRICT, None, "HL"),
        ("孟轲乡", UnitKind.TOWNSHIP, "华龙区", "MK"),
    ]


def test_a_template_offers_units_classes_and_roles(template: Path) -> None:
    book = openpyxl.load_workbook(template)
    assert book.sheetnames == ["问题台账", "单位", "人员"]
    chosen = {
        (sheet.title, v.errorTitle): v.formula1
        for sheet in book
        for v in sheet.data_validations.dataValidation
        if v.type == "list"
    }
    assert chosen["问题台账", "责任单位"] == chosen["人员", "单位"] == "单位!$B$4:$B$2000"
    assert chosen["问题台账", "整改类型"] == '"立行立改,限期整改,长期整改"'
    assert chosen["人员", "职务"] == f'"{",".join(role.label for role in Role)}"'
    assert book["问题台账"]["A4"].value == "示例"
    assert book["单位"]["B4"].value == "华龙区"


def test_a_row_written_below_the_example_is_read(template: Path) -> None:
    book = openpyxl.load_workbook(template)
    sheet = book["问题台账"]
    row = {
        "序号": 1,
        "问题": "路灯不亮",
        "责任单位": "孟轲乡",
        "整改类型": "限期整改",
        "发现时间": datetime(2023, 10, 1),
    }
    for cell in sheet[3]:
        if cell.value in row:
            sheet.cell(5, cell.column).value = row[cell.value]
    book.save(template)
    (line,) = read(template).problems
    assert (line.title, line.unit_name, line.found_on) == ("路灯不亮", "孟轲乡", date(2023, 10, 1))
