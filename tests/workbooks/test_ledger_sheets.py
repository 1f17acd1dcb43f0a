"""How ledgers are laid out: heads, sections, merges, sheets, rows that are no problems. Each by its kind."""

from datetime import date, datetime, time
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from workbook_builder import HEAD, Cells, a_row, a_workbook

from xiaohao.vocabulary import RectificationClass, Source
from xiaohao.workbooks.lines import ProblemLine, Reading
from xiaohao.workbooks.reader import read

IMMEDIATE, LIMITED, LONG = RectificationClass
SHORT = ("序号", "问题", "责任单位", "整改时限")


def reading(tmp_path: Path, rows: Cells, *merged: str, name: str = "台账") -> Reading:
    return read(a_workbook(tmp_path / "台账.xlsx", {name: rows}, merged={name: merged}))


def problems(tmp_path: Path, rows: Cells, *merged: str, name: str = "台账") -> tuple[ProblemLine, ...]:
    result = reading(tmp_path, rows, *merged, name=name)
    assert [fault for fault in result.faults if fault.severity == "error"] == []
    return result.problems


def told(result: Reading) -> list[tuple[str, int | None, str]]:
    return [(fault.severity, fault.row, fault.column) for fault in result.faults]


# heads


def test_a_head_of_three_rows_is_understood_by_its_branches(tmp_path: Path) -> None:
    """完成时限 below 整改措施 is a measure's, 完成时间 below 落实情况 the day of completion."""
    rows = [
        ["问题清单"],
        ["序号", "基本情况", None, None, "整改落实情况", None, None, None],
        [None, "问题", "责任", None, "措施", None, "整改时限", "完成时间"],
        [None, None, "单位", "责任人", "内容", "完成时限", None, None],
        [1, "路灯不亮", "站前社区", "主任", "①换灯头；②巡查", "2024-5-1", "2024-5-31", "2024-5-3"],
    ]
    merged = ["A1:H1", "A2:A4", "B2:D2", "B3:B4", "C3:D3", "E2:H2", "E3:F3", "G3:G4", "H3:H4"]
    [line] = problems(tmp_path, rows, *merged)
    assert (line.row, line.unit_name, line.owner, line.limit_text) == (5, "站前社区", "主任", "2024-5-31")
    assert [(m.text, m.due_on, m.done_on) for m in line.measures] == [
        ("换灯头", date(2024, 5, 1), date(2024, 5, 3)),
        ("巡查", date(2024, 5, 1), date(2024, 5, 3)),
    ]


def test_a_head_of_two_rows_without_merges_is_understood(tmp_path: Path) -> None:
    """As a CSV keeps it; a problem's further measures stand in rows without a title."""
    path = tmp_path / "台账.csv"
    path.write_text(
        "站前社区问题台账,,,,,,,\n序号,问题,责任单位,整改时限,整改措施,整改情况,,\n,,,,,进展,是否完成,完成时间\n"
        "1,路灯不亮,站前社区,2024-5-31,1.换灯头,已换,是,2024-5-3\n,,,,2.巡查,,否,\n2,井盖缺失,站前社区,6月底前,补装,,,\n"
    )
    first, second = read(path).problems
    assert [(m.text, m.done_on) for m in first.measures] == [("换灯头", date(2024, 5, 3)), ("巡查", None)]
    assert (first.progress, first.closed, second.row, second.limit_text) == ("已换", False, 6, "6月底前")


def test_repeated_heads_and_column_numbers_are_no_problems(tmp_path: Path) -> None:
    rows = [HEAD, range(1, 8), a_row(1, "甲"), ["续表"], HEAD, a_row(2, "乙")]
    assert [line.title for line in problems(tmp_path, rows)] == ["甲", "乙"]


def test_two_tables_on_one_sheet_keep_their_own_columns_and_units(tmp_path: Path) -> None:
    rows = [
        ["站前社区问题台账"], ["填报时间：2024年5月1日"], ["序号", "问题", "整改时限"], [1, "甲", "5月底"], [],
        ["建设路社区问题台账"], ["序号", "整改时限", "问题"], [1, "6月底", "乙"],
    ]  # fmt: skip
    first, second = problems(tmp_path, rows)
    assert (first.title, first.limit_text, first.unit_name) == ("甲", "5月底", "站前社区")
    assert (second.title, second.limit_text, second.unit_name) == ("乙", "6月底", "建设路社区")
    assert second.filled_on == date(2024, 5, 1)


def test_a_heading_s_blanks_brackets_and_line_breaks_do_not_matter(tmp_path: Path) -> None:
    rows = [
        ["序 号", "问　题（微心愿）", "责任单位\n（盖章）", "整改\n时限", "*责任人"],
        [1, "甲", "站前社区", "5月底", "乙"],
    ]
    [line] = problems(tmp_path, rows)
    assert (line.title, line.unit_name, line.limit_text, line.owner) == ("甲", "站前社区", "5月底", "乙")


# sections


def test_a_section_gives_the_class_until_the_next(tmp_path: Path) -> None:
    rows = [
        SHORT, ["一、立行立改问题（1个）"], [1, "甲", "站前社区", "立行立改"], ["二、限期整改（1个）", None, None, "1个"],
        [1, "乙", "站前社区", "5月底"], ["（三）长期整改事项"], [1, "丙", "站前社区", "长期坚持"],
    ]  # fmt: skip
    lines = problems(tmp_path, rows, "A2:D2", "A6:D6")
    assert [line.rectification_class for line in lines] == [IMMEDIATE, LIMITED, LONG]


def test_sections_without_numbers_may_stand_over_numbered_ones(tmp_path: Path) -> None:
    rows = [
        SHORT, ["立行立改"], ["一、党建方面"], [1, "甲", "站前社区", ""], ["二、民生方面"], [2, "乙", "站前社区", ""],
        ["限期整改"], ["一、党建方面"], [1, "丙", "站前社区", "5月底"],
    ]  # fmt: skip
    lines = problems(tmp_path, rows, "A2:D2", "A3:D3", "A5:D5", "A7:D7", "A8:D8")
    assert [(line.rectification_class, line.category) for line in lines] == [
        (IMMEDIATE, "党建方面"), (IMMEDIATE, "民生方面"), (LIMITED, "党建方面"),
    ]  # fmt: skip


def test_the_class_column_goes_before_the_section_and_the_difference_is_told(tmp_path: Path) -> None:
    rows = [HEAD, ["一、立行立改问题"], a_row(整改类型="限期整改")]
    result = reading(tmp_path, rows, "A2:G2")
    assert result.problems[0].rectification_class is LIMITED
    assert told(result) == [("warning", 3, "整改类型")]


def test_a_section_may_name_a_unit_or_a_topic(tmp_path: Path) -> None:
    rows = [
        ["序号", "问题", "整改时限"], ["一、杨干城村（1个）"], [1, "甲", "5月底"], ["（一）党建方面"], [2, "乙", "5月底"],
    ]  # fmt: skip
    lines = problems(tmp_path, rows, "A2:C2", "A4:C4")
    assert [(line.unit_name, line.category) for line in lines] == [("杨干城村", ""), ("杨干城村", "党建方面")]


def test_a_sheet_a_class(tmp_path: Path) -> None:
    row = [SHORT, [1, "甲", "站前社区", "5月底"]]
    path = a_workbook(tmp_path / "台账.xlsx", {"立行立改": row, "限期整改（街道）": row, "汇总": row})
    classes = [line.rectification_class for line in read(path).problems]
    assert classes == [IMMEDIATE, LIMITED, None]


def test_the_class_may_stand_in_a_merged_first_column(tmp_path: Path) -> None:
    rows = [
        ["类别", *SHORT],
        ["立行立改", 1, "甲", "站前社区", ""],
        [None, 2, "乙", "站前社区", ""],
        ["长改", 3, "丙", "站前社区", ""],
    ]
    lines = problems(tmp_path, rows, "A2:A3")
    assert [line.rectification_class for line in lines] == [IMMEDIATE, IMMEDIATE, LONG]


@pytest.mark.parametrize(("word", "expected"), [
    ("立改", IMMEDIATE), ("限改", LIMITED), ("长改", LONG), ("分阶段整改", LIMITED), ("持续整改", LONG), ("即知即改", IMMEDIATE),
    ("立行立改，长期坚持", IMMEDIATE), ("限期整改并长期坚持", LIMITED), ("长期坚持", LONG), (" 立 行 立 改 ", IMMEDIATE),
])  # fmt: skip
def test_the_words_of_a_class(tmp_path: Path, word: str, expected: RectificationClass) -> None:
    [line] = problems(tmp_path, [HEAD, a_row(整改类型=word)])
    assert line.rectification_class is expected


def test_two_classes_in_a_cell_are_an_error_and_another_word_a_warning(tmp_path: Path) -> None:
    result = reading(tmp_path, [HEAD, a_row(整改类型="立行立改/长期整改"), a_row(2, "乙", 整改类型="待研究")])
    assert told(result) == [("error", 2, "整改类型"), ("warning", 3, "整改类型")]
    assert [(line.row, line.rectification_class) for line in result.problems] == [(3, None)]


def test_a_column_of_kinds_is_the_class_only_where_its_cells_are_classes(tmp_path: Path) -> None:
    rows = [
        ["序号", "问题", "问题类别", "责任单位"],
        [1, "甲", "立行立改", "站前社区"],
        [2, "乙", "长期整改", "站前社区"],
    ]
    assert [line.rectification_class for line in problems(tmp_path, rows)] == [IMMEDIATE, LONG]
    rows = [
        ["序号", "问题", "问题类别", "责任单位"],
        [1, "甲", "道路", "站前社区"],
        [2, "乙", "排水", "站前社区"],
    ]
    assert [(line.rectification_class, line.category) for line in problems(tmp_path, rows)] == [
        (None, "道路"),
        (None, "排水"),
    ]


# units


@pytest.mark.parametrize(("cell", "lead", "others"), [
    ("区城管局牵头，站前社区、建设路社区配合", "区城管局", ["站前社区", "建设路社区"]),
    ("区城管局（牵头）站前社区、建设路社区（配合）", "区城管局", ["站前社区", "建设路社区"]),
    ("主办：区城管局；协办：站前社区", "区城管局", ["站前社区"]),
    ("牵头单位：区城管局\n责任单位：站前社区", "区城管局", ["站前社区"]),
    ("区城管局\n（配合单位：站前社区）", "区城管局", ["站前社区"]),
    ("区交通运输局、区城管局牵头", "区交通运输局", ["区城管局"]),
    ("静和苑 社区", "静和苑社区", []),
    ("中原路街道 城管办", "中原路街道城管办", []),
    ("人民路街道和平社区", "人民路街道和平社区", []),
    ("牵头:区城管局 配合:站前社区 建设路社区", "区城管局", ["站前社区", "建设路社区"]),
])  # fmt: skip
def test_who_leads_and_who_helps(tmp_path: Path, cell: str, lead: str, others: list[str]) -> None:
    result = reading(tmp_path, [SHORT, [1, "甲", cell, "5月底"]])
    [line] = result.problems
    assert (line.unit_name, list(line.co_unit_names), result.faults) == (lead, others, ())


def test_several_units_without_a_leader_are_told(tmp_path: Path) -> None:
    result = reading(tmp_path, [SHORT, [1, "甲", "区城管局、站前社区", "5月底"]])
    assert (result.problems[0].unit_name, told(result)) == ("区城管局", [("warning", 2, "责任单位")])


@pytest.mark.parametrize("cell", ["站前社区\n张三", "站前社区/张三", "站前社区（张三）", "站前社区 张三"])
def test_a_unit_and_its_person_may_share_a_cell(tmp_path: Path, cell: str) -> None:
    [line] = problems(tmp_path, [["序号", "问题", "责任单位\n责任人", "整改时限"], [1, "甲", cell, "5月底"]])
    assert (line.unit_name, line.co_unit_names, line.owner) == ("站前社区", (), "张三")


def test_an_empty_unit_is_an_error_but_on_a_unit_s_own_sheet(tmp_path: Path) -> None:
    """填报单位 does not fill an empty unit cell."""
    rows = [["填报单位：胜利路街道"], HEAD, a_row(责任单位=None)]
    assert told(reading(tmp_path, rows)) == [("error", 3, "责任单位")]
    [line] = problems(tmp_path, rows, name="静和苑社区")
    assert line.unit_name == "静和苑社区"


def test_a_sheet_named_in_short_belongs_to_the_unit_of_its_line(tmp_path: Path) -> None:
    rows = [["填报单位：静和苑社区（盖章）"], ["序号", "问题", "整改时限"], [1, "甲", "5月底"]]
    result = reading(tmp_path, rows, name="静和苑")
    assert ([line.unit_name for line in result.problems], result.faults) == (["静和苑社区"], ())


def test_a_table_without_a_column_of_units_belongs_to_who_filed_it_and_says_so(tmp_path: Path) -> None:
    rows = [["填报单位：静和苑社区"], ["序号", "问题", "整改时限"], [1, "甲", "5月底"], [2, "乙", "5月底"]]
    result = reading(tmp_path, rows)
    assert [line.unit_name for line in result.problems] == ["静和苑社区"] * 2
    assert told(result) == [("warning", None, "")]


def test_the_register_unit_is_the_filer_else_the_title_s(tmp_path: Path) -> None:
    table = [SHORT, [1, "甲", "站前社区", "5月底"]]
    [line] = problems(tmp_path, [["孟轲乡主题教育检视问题整改台账"], *table], "A1:D1")
    assert line.register_unit_name == "孟轲乡"
    [line] = problems(tmp_path, [["问题台账"], ["填报单位：人民路街道  填报时间：2024.5.1"], *table], "A1:D1")
    assert (line.register_unit_name, line.filled_on) == ("人民路街道", date(2024, 5, 1))
    [line] = problems(tmp_path, table)
    assert line.register_unit_name is None


# dates and limits


def test_dates_of_the_1904_system(tmp_path: Path) -> None:
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.worksheets[0]
    sheet.append(list(HEAD))
    sheet.append(a_row(发现时间=datetime(2024, 3, 1), 整改时限=datetime(2024, 5, 31)))
    sheet.append(a_row(2, "乙", 整改时限=43981))  # formatted General
    book.save(tmp_path / "台账.xlsx")
    lines = read(tmp_path / "台账.xlsx").problems
    assert [(str(line.found_on), str(line.due_given)) for line in lines] == [("2024-03-01", "2024-05-31")] * 2


@pytest.mark.parametrize("cell", [
    datetime(2026, 3, 2), datetime(2026, 3, 2, 17, 30), 46083, 20260302, "20260302", "2026-3-2", "2026.3.2", "2026/03/02",
    "2026年3月2日", "２０２６年３月２日", " 2026 年 3 月 2 日 ", "2026-03-02 09:15:00", "26.3.2", "46083", "3月2日",
])  # fmt: skip
def test_a_day_of_finding_in_every_notation(tmp_path: Path, cell: object) -> None:
    [line] = problems(tmp_path, [["填报时间：2026年5月1日"], HEAD, a_row(发现时间=cell)])
    assert line.found_on == date(2026, 3, 2)


@pytest.mark.parametrize(("cell", "given"), [
    (datetime(2026, 8, 15), "2026-08-15"), (46249, "2026-08-15"), (20260815, "2026-08-15"),
    ("2026.8.15", None), ("20260815", None), ("15个工作日", None), (24, None),
])  # fmt: skip
def test_a_limit_is_a_date_only_where_its_cell_is_one(
    tmp_path: Path, cell: object, given: str | None
) -> None:
    """Words are carried as they are written; the grammar of time limits reads them later."""
    [line] = problems(tmp_path, [HEAD, a_row(整改时限=cell)])
    assert line.due_given == (date.fromisoformat(given) if given else None)
    assert line.limit_text == (given or str(cell))


@pytest.mark.parametrize(
    "cell", ["2024年2月30日", "2024-13-1", "#REF!", "####", datetime(1900, 1, 15), time(0, 0), "=A1"]
)
def test_a_limit_that_is_no_day_keeps_the_row_out(tmp_path: Path, cell: object) -> None:
    result = reading(tmp_path, [HEAD, a_row(), a_row(2, "乙", 整改时限=cell)])
    assert told(result) == [("error", 3, "整改时限")]
    assert [line.row for line in result.problems] == [2]


def test_a_bad_day_of_finding_is_an_error_only_where_the_limit_counts_from_it(tmp_path: Path) -> None:
    rows = [
        HEAD, a_row(1, "甲", 发现时间="三月初"), a_row(2, "乙", 发现时间="2024年2月30日", 整改时限="15个工作日"),
        a_row(3, "丙", 整改类型="长期整改", 发现时间="#N/A", 整改时限="长期坚持"),
    ]  # fmt: skip
    result = reading(tmp_path, rows)
    assert told(result) == [("warning", 2, "发现时间"), ("error", 3, "发现时间"), ("warning", 4, "发现时间")]
    assert [(line.row, line.found_on) for line in result.problems] == [(2, None), (4, None)]


def test_a_day_of_completion_is_never_the_limit(tmp_path: Path) -> None:
    head = ["序号", "问题", "责任单位", "完成时间", "整改时限"]
    [line] = problems(tmp_path, [head, [1, "甲", "站前社区", "2024-5-1", "2024-6-1"]])
    assert line.limit_text == "2024-6-1"


def test_a_lone_completion_time_is_taken_as_the_limit_and_told(tmp_path: Path) -> None:
    result = reading(tmp_path, [["序号", "问题", "责任单位", "完成时间"], [1, "甲", "站前社区", "2024-5-1"]])
    assert result.problems[0].limit_text == "2024-5-1"
    assert told(result) == [("warning", None, "完成时间")]


def test_the_last_of_the_measures_limits_is_the_problem_s(tmp_path: Path) -> None:
    rows = [
        ["填报时间：2024年5月1日"], ["序号", "问题", "责任单位", "整改措施", "整改时限"],
        [1, "甲", "站前社区", "1.换灯", "8月底前"], [None, None, None, "2.巡查", "11月底前"],
    ]  # fmt: skip
    [line] = problems(tmp_path, rows, "A3:A4", "B3:B4", "C3:C4")
    assert (line.limit_text, line.due_given) == ("11月底前", None)
    assert [measure.due_on for measure in line.measures] == [date(2024, 8, 31), date(2024, 11, 30)]


def test_limits_without_a_year_are_compared_in_one_year(tmp_path: Path) -> None:
    rows = [["问题", "牵头单位", "整改措施", "责任单位", "完成时限"], ["甲", "区住建局", "铺沥青", "区交通运输局", "6月底"],
            [None, None, "设标志", "区城管局", "7月15日前"]]  # fmt: skip
    [line] = problems(tmp_path, rows)
    assert (line.limit_text, line.unit_name) == ("7月15日前", "区住建局")
    assert line.co_unit_names == ("区交通运输局", "区城管局")


# rows


def test_rows_round_the_problems_are_no_problems(tmp_path: Path) -> None:
    rows = [
        HEAD, ["示例", "某小区路灯不亮", "立行立改", None, "某社区"], a_row(), [None] * 3, [None, "合计", "1个"],
        ["填表人：张三", None, None, "审核人：李四"], ["注：本表一式两份"],
    ]  # fmt: skip
    assert [line.row for line in problems(tmp_path, rows)] == [3]


def test_a_row_without_a_title_is_an_error(tmp_path: Path) -> None:
    result = reading(tmp_path, [HEAD, a_row(), a_row(2, None)])
    assert told(result) == [("error", 3, "问题")]


def test_the_same_as_above_is_what_stands_above(tmp_path: Path) -> None:
    lines = problems(tmp_path, [HEAD, a_row(), a_row(2, "乙", 责任单位="同上", 整改时限="〃")])
    assert (lines[1].unit_name, lines[1].limit_text) == ("站前社区", "2024-5-31")


def test_repeated_rows_of_one_problem_add_their_measures(tmp_path: Path) -> None:
    rows = [HEAD, a_row(整改措施="换灯"), a_row(整改措施="巡查"), a_row(2, "乙")]
    first, second = problems(tmp_path, rows)
    assert ([measure.text for measure in first.measures], second.row) == (["换灯", "巡查"], 4)


def test_a_row_struck_through_from_end_to_end_is_left_out(tmp_path: Path) -> None:
    """序号 and 备注 may stay; a row struck in part goes in and is told."""
    path = a_workbook(
        tmp_path / "台账.xlsx", [[*HEAD, "备注"], [*a_row(), "重复"], a_row(2, "乙"), a_row(3, "丙")]
    )
    book = load_workbook(path)
    for cell in book["台账"][2][1:7]:
        cell.font = Font(strike=True)
    book["台账"]["B3"].font = Font(strike=True)
    book.save(path)
    result = read(path)
    assert [line.row for line in result.problems] == [3, 4]
    assert told(result) == [("warning", 3, "问题"), ("warning", 2, "")]


def test_hidden_sheets_are_told_and_guides_and_empty_ones_passed_over(tmp_path: Path) -> None:
    guide = [["1.整改类型填立行立改"], SHORT, ["示例", "某小区路灯不亮", "某社区", "2024-1-1"]]
    table = [SHORT, [1, "甲", "站前社区", "5月底"]]
    path = a_workbook(tmp_path / "台账.xlsx", {"填表说明": guide, "台账": table, "旧": table, "Sheet4": []})
    book = load_workbook(path)
    book["旧"].sheet_state = "hidden"
    book.save(path)
    result = read(path)
    assert [line.sheet for line in result.problems] == ["台账"]
    assert [(fault.severity, fault.sheet) for fault in result.faults] == [("warning", "旧")]


def test_a_number_that_restarts_is_a_serial(tmp_path: Path) -> None:
    head = ["编号", *SHORT[1:]]
    rows = [
        head,
        ["一、立行立改"],
        [1, "甲", "站前社区", ""],
        ["二、限期整改"],
        [1, "乙", "站前社区", "5月底"],
    ]
    lines = problems(tmp_path, rows, "A2:D2", "A4:D4")
    assert [(line.external_number, line.serial) for line in lines] == [(None, "1"), (None, "1")]
    rows = [head, ["JS-1", "甲", "站前社区", ""], [2, "乙", "站前社区", ""]]
    assert [line.external_number for line in problems(tmp_path, rows)] == ["JS-1", "2"]


@pytest.mark.parametrize("cell", [20250618123450007, 2.02506181234e16, "2.02506E+16"])
def test_a_long_number_that_lost_digits_is_told(tmp_path: Path, cell: object) -> None:
    result = reading(tmp_path, [["编号", *SHORT[1:]], [cell, "甲", "站前社区", "5月底"]])
    assert (result.problems[0].external_number, told(result)) == (None, [("warning", 2, "编号")])


# persons, words, the rest


def test_a_resident_s_telephone_is_never_the_official_s(tmp_path: Path) -> None:
    head = ["编号", "反映人", "联系电话", "诉求内容", "责任单位", "责任人", "联系电话", "办理时限"]
    rows = [head, ["a", "张三", 19900001111, "甲", "站前社区", "李四", 19900002222, "5月底"],
            ["b", "王五", "0393-4411111", "乙", "站前社区", "赵六 19900003333", None, "5月底"]]  # fmt: skip
    lines = problems(tmp_path, rows)
    assert [(line.owner, line.owner_phone) for line in lines] == [
        ("李四", "19900002222"),
        ("赵六", "19900003333"),
    ]
    assert [(line.resident_name, line.resident_phone) for line in lines] == [
        ("张三", "19900001111"), ("王五", "0393-4411111"),
    ]  # fmt: skip


def test_a_telephone_beside_a_resident_alone_is_the_resident_s(tmp_path: Path) -> None:
    rows = [["序号", "诉求内容", "诉求人", "电话", "责任单位"], [1, "甲", "张三", 19900001111, "站前社区"]]
    [line] = problems(tmp_path, rows)
    assert (line.owner_phone, line.resident_phone) == ("", "19900001111")


@pytest.mark.parametrize(("word", "closed"), [
    ("是", True), ("√", True), ("已销号", True), ("销号", True), ("已办结", True), ("否", False), ("×", False), ("未销号", False),
    ("", False), ("基本完成", False), ("持续推进", False), ("拟销号", False), ("正在办理", False),
])  # fmt: skip
def test_the_words_of_closing(tmp_path: Path, word: str, closed: bool) -> None:
    rows = [[*SHORT, "是否销号", "销号时间"], [1, "甲", "站前社区", "5月底", word, "2024-5-3"]]
    [line] = problems(tmp_path, rows)
    assert (line.closed, line.closed_on) == (closed, date(2024, 5, 3) if closed else None)


def test_a_word_that_neither_closes_nor_not_is_told(tmp_path: Path) -> None:
    result = reading(tmp_path, [[*SHORT, "是否销号"], [1, "甲", "站前社区", "5月底", "见附件"]])
    assert (result.problems[0].closed, told(result)) == (False, [("warning", 2, "是否销号")])


def test_done_is_not_closed(tmp_path: Path) -> None:
    [line] = problems(
        tmp_path, [[*SHORT, "是否已完成整改", "工单状态"], [1, "甲", "站前社区", "5月底", "是", "已办结"]]
    )
    assert not line.closed
    assert line.extra == (("工单状态", "已办结"), ("是否已完成整改", "是"))


def test_source_money_and_what_has_no_home_are_kept(tmp_path: Path) -> None:
    head = [*SHORT, "问题来源", "涉及金额（万元）", "包联领导", "回访", None]
    [line] = problems(
        tmp_path, [head, [1, "甲", "站前社区", "5月底", "12345热线", "2.5", "副书记", "满意", "补充"]]
    )
    assert (line.source, line.source_text, line.amount_fen) == (Source.HOTLINE, "12345热线", 2_500_000)
    assert line.extra == (("包联领导", "副书记"), ("回访", "满意"), ("I列", "补充"))


def test_the_district_s_columns_go_before_the_city_s(tmp_path: Path) -> None:
    head = [
        "工单编号",
        "工单标题",
        "诉求内容",
        "市交办主办单位",
        "市交办时间",
        "市交办办结期限",
        "区交办时间",
        "区交办办结期限",
    ]
    row = ["20250616123450005", "甲", "详情", "站前社区", "2025-6-1", "2025-6-30", "2025-6-3", "2025-6-25"]
    [line] = problems(tmp_path, [head, row])
    assert (line.title, line.description, line.found_on) == ("甲", "详情", date(2025, 6, 3))
    assert (line.limit_text, dict(line.extra)["市交办办结期限"]) == ("2025-6-25", "2025-6-30")


def test_lists_of_units_and_people_stand_beside_the_ledger(tmp_path: Path) -> None:
    sheets: dict[str, Cells] = {
        "台账": [SHORT, [1, "甲", "站前社区", "5月底"]],
        "单位": [["单位名称", "单位类型", "上级单位"], ["华龙区", "区", None], ["建设路街道", "街道", "华龙区"], ["某处", "公园", "华龙区"]],
        "人员": [
            ["姓名", "单位", "职务", "手机号", "任职时间", "工号"],
            ["甲", "站前社区", "社区党支部书记", 19900001111, "2022年5月", "G1"], [None, "站前社区", "书记"], ["乙", "站前社区", "保洁员"],
        ],
    }  # fmt: skip
    result = read(a_workbook(tmp_path / "台账.xlsx", sheets))
    assert [(unit.name, unit.kind.label, unit.parent_name) for unit in result.units] == [
        ("华龙区", "区", None), ("建设路街道", "街道", "华龙区"),
    ]  # fmt: skip
    [person] = result.people
    assert (person.role.label, person.mobile, person.from_on, person.code) == (
        "党支部书记", "19900001111", date(2022, 5, 1), "G1",
    )  # fmt: skip
    assert [(fault.sheet, fault.row, fault.column) for fault in result.faults] == [
        ("单位", 4, "单位类型"), ("人员", 3, "姓名"), ("人员", 4, "职务"),
    ]  # fmt: skip
