"""Columns as offices name them: unusual headings, whose telephone it is, ticks, spans, units of a limit, struck text."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from workbook_builder import Cells, a_workbook

from xiaohao.vocabulary import RectificationClass
from xiaohao.workbooks.lines import ProblemLine, Reading
from xiaohao.workbooks.reader import read

IMMEDIATE, LIMITED, LONG = RectificationClass
HEAD = ("序号", "问题", "责任单位", "整改时限")


def reading(tmp_path: Path, rows: Cells, *merged: str) -> Reading:
    return read(a_workbook(tmp_path / "台账.xlsx", rows, merged=merged))


def problems(tmp_path: Path, rows: Cells, *merged: str) -> tuple[ProblemLine, ...]:
    result = reading(tmp_path, rows, *merged)
    assert [fault for fault in result.faults if fault.severity == "error"] == []
    return result.problems


# headings


@pytest.mark.parametrize("head", [
    "短板弱项 责任站所 完成时间节点", "督查发现问题 承办科室 办结时间要求", "群众反映的突出问题 属地单位 整改完成时间",
    "不足之处 整改牵头部门 时间节点", "隐患情况 整改责任部门 整改到位时间", "查摆出的突出问题 整改落实单位 拟整改到位时间",
    "问题/诉求 承接单位 限办时间", "检查中发现的问题 被检查单位 整改期限", "民情诉求 责任网格 解决时限", "问题清单 责任清单 时限清单",
    "存在的问题及原因 包抓单位 要求完成日期", "反映事项 责任股室 结束时间", "领导交办事项 责任单位 办结时限", "督办问题 责任单位 办结时限",
])  # fmt: skip
def test_an_unusual_heading_is_understood(tmp_path: Path, head: str) -> None:
    row = [1, "路灯不亮", "绿城社区", "2026-06-30"]
    [line] = problems(tmp_path, [["序号", *head.split()], row])
    assert (line.title, line.unit_name, line.limit_text) == ("路灯不亮", "绿城社区", "2026-06-30")


def test_a_guess_is_told_and_gives_way_to_what_is_certain(tmp_path: Path) -> None:
    result = reading(
        tmp_path, [["序号", "拆迁遗留问题", "责任单位", "整改时限"], [1, "甲", "绿城社区", "5月底"]]
    )
    assert [(fault.severity, fault.column) for fault in result.faults] == [("warning", "拆迁遗留问题")]
    head = ["序号", "问题", "2025年同类问题", "施工单位", "责任单位", "整改时限"]
    [line] = problems(tmp_path, [head, [1, "甲", "有", "某公司", "绿城社区", "5月底"]])
    assert (line.title, line.unit_name, line.description) == ("甲", "绿城社区", "")
    assert line.extra == (("2025年同类问题", "有"), ("施工单位", "某公司"))


@pytest.mark.parametrize(
    "ends", [("开始", "完成"), ("起", "止"), ("起始时间", "完成时间"), ("开始日期", "截止日期")]
)
@pytest.mark.parametrize("group", ["整改时限", "整改时间", "时限"])
def test_of_a_span_of_time_only_the_end_is_the_limit(
    tmp_path: Path, group: str, ends: tuple[str, str]
) -> None:
    rows = [
        ["序号", "问题", group, None, "责任单位"],
        [None, None, *ends, None],
        [1, "甲", "2026-03-01", "2026-06-30", "绿城社区"],
    ]
    [line] = problems(tmp_path, rows, "A1:A2", "B1:B2", "C1:D1", "E1:E2")
    assert (line.title, line.limit_text) == ("甲", "2026-06-30")


def test_a_row_that_headings_are_merged_down_over_belongs_to_the_head(tmp_path: Path) -> None:
    """Also where its own words mean nothing to us."""
    rows = [["序号", "问题", "责任单位", "整改时限", "涉及", None], [None, None, None, None, "户", "人"],
            [1, "甲", "绿城社区", "5月底", 3, 8]]  # fmt: skip
    [line] = problems(tmp_path, rows, "A1:A2", "B1:B2", "C1:C2", "D1:D2", "E1:F1")
    assert (line.title, line.extra) == ("甲", (("涉及/户", "3"), ("涉及/人", "8")))


def test_the_people_of_leading_and_helping_units_are_kept_apart(tmp_path: Path) -> None:
    rows = [
        ["序号", "问题", "牵头单位", None, None, "配合单位", None, None, "整改时限"],
        [None, None, "单位", "责任人", "电话", "单位", "责任人", "电话", None],
        [1, "甲", "区住建局", "李四", "19900001111", "绿城社区", "王五", "19900002222", "5月底"],
    ]
    [line] = problems(tmp_path, rows, "A1:A2", "B1:B2", "C1:E1", "F1:H1", "I1:I2")
    assert (line.unit_name, line.co_unit_names) == ("区住建局", ("绿城社区",))
    assert (line.owner, line.owner_phone) == ("李四", "19900001111")


@pytest.mark.parametrize("down", [("A1:A2", "G1:G2"), ()], ids=["merged down", "blank below"])
def test_a_head_of_two_rows_may_have_groups_of_one_column(tmp_path: Path, down: Sequence[str]) -> None:
    """Also where nothing is merged downwards. 日期 below 问题情况 is the day of finding."""
    rows = [
        ["序号", "问题情况", None, "整改时限", None, "落实情况", "备注"],
        [None, "日期", "问题描述", "起", "止", "进展情况", None],
        [None, None, None, None, None, None, None],
        ["1", "2026-03-05", "路灯不亮", "2026-03-06", "2026-06-30", "已采购", "无"],
    ]
    [line] = read(
        a_workbook(tmp_path / "绿城社区.xlsx", {"绿城社区": rows}, merged=("B1:C1", "D1:E1", *down))
    ).problems
    assert (line.title, line.found_on, line.limit_text) == ("路灯不亮", date(2026, 3, 5), "2026-06-30")
    assert (line.progress, line.extra) == ("已采购", (("整改时限/起", "2026-03-06"), ("备注", "无")))


def test_who_sees_to_a_measure_comes_after_who_answers_for_the_problem(tmp_path: Path) -> None:
    rows = [["序号", "问题", "整改措施", None, "责任", None, "整改时限"], [None, None, "内容", "责任人", "单位", "责任人", None],
            [1, "甲", "换灯", "赵六", "绿城社区", "李四", "5月底"]]  # fmt: skip
    [line] = problems(tmp_path, rows, "A1:A2", "B1:B2", "C1:D1", "E1:F1", "G1:G2")
    assert (line.owner, line.unit_name) == ("李四", "绿城社区")


@pytest.mark.parametrize("heading", ["责任单位主要负责人", "责任单位意见", "责任单位个数", "配合单位负责人"])
def test_a_heading_that_only_speaks_of_units_names_none(tmp_path: Path, heading: str) -> None:
    head = ["序号", "问题", heading, "责任单位", "责任人", "整改时限"]
    [line] = problems(tmp_path, [head, [1, "甲", "王五", "绿城社区", "李四", "5月底"]])
    assert (line.unit_name, line.co_unit_names, line.owner) == ("绿城社区", (), "李四")


@pytest.mark.parametrize(("heading", "cell", "limit"), [
    ("整改时限（天）", 15, "15天"), ("整改期限（工作日）", 15, "15个工作日"), ("办理时限（个工作日）", "5", "5个工作日"), ("整改期限（月）", 3, "3个月"),
    ("整改时限（天）", "立行立改", "立行立改"), ("整改时限（天）", "2026-6-30", "2026-6-30"), ("整改时限（年月日）", 15, "15"),
])  # fmt: skip
def test_a_heading_may_give_the_unit_of_its_numbers(
    tmp_path: Path, heading: str, cell: object, limit: str
) -> None:
    [line] = problems(tmp_path, [["序号", "问题", "责任单位", heading], [1, "甲", "绿城社区", cell]])
    assert line.limit_text == limit


# ticks


def test_a_class_may_be_ticked_in_a_column_of_its_own(tmp_path: Path) -> None:
    rows = [
        ["序号", "问题", "整改类型", None, None, "责任单位", "整改时限"],
        [None, None, "立行立改", "限期整改", "长期整改", None, None],
        [1, "甲", "√", None, None, "绿城社区", "3月底"],
        [2, "乙", "×", "√", None, "绿城社区", "6月底"],
        [3, "丙", None, None, "是", "绿城社区", None],
        [4, "丁", "√", "√", None, "绿城社区", "6月底"],
    ]
    result = reading(tmp_path, rows, "A1:A2", "B1:B2", "C1:E1", "F1:F2", "G1:G2")
    assert [line.rectification_class for line in result.problems] == [IMMEDIATE, LIMITED, LONG]
    assert [line.extra for line in result.problems] == [()] * 3
    assert [(fault.severity, fault.row) for fault in result.faults] == [("error", 6)]


def test_the_limit_may_stand_in_place_of_the_tick(tmp_path: Path) -> None:
    rows = [
        ["序号", "问题", "整改时限", None, None, "责任单位"],
        [None, None, "立行立改", "限期整改", "长期坚持", None],
        [1, "甲", "√", None, None, "绿城社区"],
        [2, "乙", None, "2026年6月底", None, "绿城社区"],
    ]
    lines = problems(tmp_path, rows, "A1:A2", "B1:B2", "C1:E1", "F1:F2")
    assert [(line.rectification_class, line.limit_text) for line in lines] == [
        (IMMEDIATE, ""),
        (LIMITED, "2026年6月底"),
    ]


# whose name and telephone


@pytest.mark.parametrize("head", [
    ("居民", "电话"), ("求助群众", "联系电话"), ("困难群众姓名", "手机"), ("业主", "联系方式"), ("来访人", "来访人电话"),
    ("投诉人", "投诉电话"), ("租户姓名", "租户手机号码"),
])  # fmt: skip
def test_a_resident_s_number_is_never_an_official_s(tmp_path: Path, head: tuple[str, str]) -> None:
    rows = [["序号", *head, "问题", "责任单位", "责任人", "整改时限"],
            [1, "张大妈", "19900008888", "甲", "绿城社区", "李四", "5月底"]]  # fmt: skip
    [line] = problems(tmp_path, rows)
    assert (line.resident_name, line.resident_phone) == ("张大妈", "19900008888")
    assert (line.owner, line.owner_phone, line.extra) == ("李四", "", ())


@pytest.mark.parametrize(
    "heading", ["反映人及联系方式", "诉求人/联系电话", "来访人姓名、电话", "居民（联系方式）"]
)
def test_a_resident_s_name_and_number_may_share_a_cell(tmp_path: Path, heading: str) -> None:
    head = ["序号", heading, "问题", "责任单位", "责任人/电话", "整改时限"]
    row = [1, "张大妈\n19900008888", "甲", "绿城社区", "李四/19900001111", "5月底"]
    [line] = problems(tmp_path, [head, row])
    assert (line.resident_name, line.resident_phone) == ("张大妈", "19900008888")
    assert (line.owner, line.owner_phone, line.extra) == ("李四", "19900001111", ())


def test_names_and_numbers_below_a_group_are_whose_the_group_says(tmp_path: Path) -> None:
    rows = [
        ["序号", "诉求人信息", None, "问题", "责任单位", "责任人信息", None, "包联干部", None, "整改时限"],
        [None, "姓名", "电话", None, None, "姓名", "电话", "姓名", "电话", None],
        [1, "张大妈", "19900003333", "甲", "绿城社区", "李四", "19900001111", "王五", "19900002222", "5月底"],
    ]
    merged = ("A1:A2", "B1:C1", "D1:D2", "E1:E2", "F1:G1", "H1:I1", "J1:J2")
    [line] = problems(tmp_path, rows, *merged)
    assert (line.resident_name, line.resident_phone) == ("张大妈", "19900003333")
    assert (line.owner, line.owner_phone) == ("李四", "19900001111")
    assert line.extra == (("包联干部/姓名", "王五"), ("包联干部/电话", "19900002222"))


@pytest.mark.parametrize(("head", "row"), [
    (("群众姓名", "联系方式", "包联干部", "联系方式"), ("张大妈", "19900003333", "王五", "19900002222")),
    (("户主", "户主手机", "包户干部", "包户干部手机"), ("张大妈", "19900003333", "王五", "19900002222")),
])  # fmt: skip
def test_another_person_s_number_is_not_the_resident_s(
    tmp_path: Path, head: Sequence[str], row: Sequence[str]
) -> None:
    rows = [["序号", *head, "问题", "责任单位", "整改时限"], [1, *row, "甲", "绿城社区", "5月底"]]
    [line] = problems(tmp_path, rows)
    assert (line.resident_phone, line.owner_phone) == ("19900003333", "")
    assert "19900002222" in dict(line.extra).values()


def test_a_number_that_nobody_claims_is_kept_as_it_stands(tmp_path: Path) -> None:
    """Left of the problem, with a person in charge elsewhere, it may be anybody's."""
    head = ["序号", "联系电话", "问题", "责任单位", "责任人", "整改时限"]
    [line] = problems(tmp_path, [head, [1, "19900008888", "甲", "绿城社区", "李四", "5月底"]])
    assert (line.owner_phone, line.extra) == ("", (("联系电话", "19900008888"),))
    head = ["序号", "问题", "责任单位", "联系电话", "整改时限"]
    [line] = problems(tmp_path, [head, [1, "甲", "绿城社区", "199 0000 8888", "5月底"]])
    assert line.owner_phone == "19900008888"


# units


@pytest.mark.parametrize(("cell", "lead", "others", "owner"), [
    ("由区城管局牵头，绿城社区配合", "区城管局", ("绿城社区",), ""), ("区城管局、区住建局等", "区城管局", ("区住建局",), ""),
    ("区城管局、区住建局等相关单位", "区城管局", ("区住建局",), ""), ("绿城\n社区", "绿城社区", (), ""),
    ("人民路街道\n办事处", "人民路街道办事处", (), ""), ("绿城社区：李四", "绿城社区", (), "李四"),
    ("区城管局\n绿城社区", "区城管局", ("绿城社区",), ""),
])  # fmt: skip
def test_the_units_of_a_cell(
    tmp_path: Path, cell: str, lead: str, others: tuple[str, ...], owner: str
) -> None:
    [line] = problems(tmp_path, [HEAD, [1, "甲", cell, "5月底"]])
    assert (line.unit_name, line.co_unit_names, line.owner) == (lead, others, owner)


# words and days


@pytest.mark.parametrize(("word", "closed"), [
    ("已整改完毕", True), ("完成整改", True), ("已完成并长期坚持", True), ("已整改，持续巩固", True), ("是（3月1日）", True),
    ("已销号（2026.3.1）", True), ("3月1日已销号", True), ("全部整改到位", True), ("已解决", True),
    ("无需销号", False), ("取消销号", False), ("已完成整改，待销号", False), ("不予销号", False), ("基本完成，持续推进", False),
    ("已整改，持续推进", False), ("推进中", False), ("整改", False), ("完成" * 40, False),
])  # fmt: skip
def test_what_says_closed(tmp_path: Path, word: str, closed: bool) -> None:
    [line] = problems(tmp_path, [[*HEAD, "是否销号"], [1, "甲", "绿城社区", "5月底", word]])
    assert line.closed is closed


@pytest.mark.parametrize("cell", [
    "2026。3。5", "2026,3,5", "2026、3、5", "2026\\3\\5", "2026--3--5", "2026年03月05日上午", "2026年3月5日（周四）", "二〇二六年三月五日",
    "2026/3/5 星期四",
])  # fmt: skip
def test_a_day_in_an_odd_notation(tmp_path: Path, cell: str) -> None:
    [line] = problems(tmp_path, [[*HEAD, "发现时间"], [1, "甲", "绿城社区", "2026年5月底", cell]])
    assert line.found_on == date(2026, 3, 5)


@pytest.mark.parametrize("cell", ["3.5", "5/3/2026", "2026.3", "2026,13,5", "二〇二六年二月三十日"])
def test_a_day_that_may_be_another_is_asked_for(tmp_path: Path, cell: str) -> None:
    result = reading(tmp_path, [[*HEAD, "发现时间"], [1, "甲", "绿城社区", "2026年5月底", cell]])
    assert result.problems[0].found_on is None
    assert [(fault.severity, fault.column) for fault in result.faults] == [("warning", "发现时间")]


# struck through


def _struck(tmp_path: Path, rows: Cells, change: Callable[[Workbook], None], *merged: str) -> Reading:
    path = a_workbook(tmp_path / "台账.xlsx", rows, merged=merged)
    book = load_workbook(path, rich_text=True)
    change(book)
    book.save(path)
    return read(path)


def test_the_struck_part_of_a_text_does_not_count(tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        sheet, struck = book.worksheets[0], InlineFont(strike=True)
        sheet["B2"].value = CellRichText(TextBlock(struck, "旧表述"), "新表述")
        sheet["D2"].value = CellRichText(TextBlock(struck, "9月底前"), "6月底前")

    result = _struck(tmp_path, [HEAD, [1, "", "绿城社区", ""]], change)
    [line] = result.problems
    assert (line.title, line.limit_text) == ("新表述", "6月底前")
    assert [(fault.severity, fault.column) for fault in result.faults] == [
        ("warning", "问题"),
        ("warning", "整改时限"),
    ]


def test_a_struck_cell_of_a_valid_row_is_told(tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        book.worksheets[0]["D2"].font = Font(strike=True)

    result = _struck(tmp_path, [HEAD, [1, "甲", "绿城社区", "2026-06-30"]], change)
    assert result.problems[0].limit_text == "2026-06-30"
    assert [(fault.severity, fault.column) for fault in result.faults] == [("warning", "整改时限")]


def test_a_struck_row_of_a_problem_is_left_out_and_told(tmp_path: Path) -> None:
    def change(book: Workbook) -> None:
        for cell in ("D3", "E3"):
            book.worksheets[0][cell].font = Font(strike=True)

    rows = [["序号", "问题", "责任单位", "整改措施", "整改时限"], [1, "甲", "绿城社区", "换灯", "2026-06-30"],
            [None, None, None, "巡查", "2026-07-30"]]  # fmt: skip
    result = _struck(tmp_path, rows, change, "A2:A3", "B2:B3", "C2:C3")
    [line] = result.problems
    assert ([measure.text for measure in line.measures], line.limit_text) == (["换灯"], "2026-06-30")
    assert [fault.severity for fault in result.faults] == ["warning"]
    assert "第3行" in result.faults[0].message


def test_a_text_may_be_parted_by_bars(tmp_path: Path) -> None:
    path = tmp_path / "台账.csv"
    path.write_text("序号|问题|责任单位|整改时限\n1|路灯不亮，两处|绿城社区|2026年6月底\n")
    [line] = read(path).problems
    assert (line.title, line.limit_text) == ("路灯不亮，两处", "2026年6月底")
