"""Rows round a table's entries that are none, and entries that only look like them."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import pytest
from workbook_builder import a_workbook

from xiaohao.vocabulary import RectificationClass
from xiaohao.workbooks.lines import ProblemLine
from xiaohao.workbooks.reader import read

IMMEDIATE, LIMITED, LONG = RectificationClass
HEAD = ("序号", "问题", "责任单位", "整改时限")
ROWS = ([1, "路灯不亮", "绿城社区", "2026年6月底"], [2, "井盖缺失", "绿城社区", "2026年7月底"])


def problems(tmp_path: Path, rows: Sequence[Sequence[object]], *merged: str) -> tuple[ProblemLine, ...]:
    result = read(a_workbook(tmp_path / "台账.xlsx", rows, merged=merged))
    assert [fault for fault in result.faults if fault.severity == "error"] == []
    return result.problems


@pytest.mark.parametrize("below", [
    [[None, None, None, "2026年9月10日"]],  # under the limits, and none of them
    [[None, None, None, datetime(2026, 9, 10)]],
    [[], [None, None, None, "2026年9月10日"]],
    [[None, None, "绿城社区党支部", "2026年9月10日"]],
    [[None, None, "绿城社区（盖章）"], [None, None, "2026年9月10日"]],
    [[None, None, None, "年   月   日"]],
    [[None, None, None, "单位（盖章）"], [None, None, None, "2026年9月10日"]],
    [[None, None, "填报单位负责人：张三", "填报时间：2026年9月10日"]],
    [[None, "填表人：张三", None, "填报日期：2026年9月10日"]],
    [["制表人 张三", None, "审核人 李四"]],
    [[None, None, None, "第1页 共2页"]],
    [["以下空白"]], [[None, "以下空白"]], [[None, "以上共2个问题"]], [[None, "共2个问题，其中立行立改1个，限期整改1个"]],
    [["合  计", None, 2]], [[None, "小计", "2个", None]], [[None, None, "合计", 2]], [["绿城社区小计", None, 2, None]],
    [["合计（个）", None, None, "=COUNTA(B2:B3)"], ["其中：立行立改", None, None, 0]],
    [["本页小计", None, "2个"], ["全街道合计", None, "2个"]],
    [["※ 请于每月底前更新"]], [["…"], ["……", "……", "……", "……"]],
])  # fmt: skip
def test_what_stands_below_the_entries_is_no_problem_and_changes_none(
    tmp_path: Path, below: Sequence[Sequence[object]]
) -> None:
    lines = problems(tmp_path, [HEAD, *ROWS, *below])
    assert [(line.title, line.limit_text) for line in lines] == [
        ("路灯不亮", "2026年6月底"),
        ("井盖缺失", "2026年7月底"),
    ]


@pytest.mark.parametrize("title", [
    "合计金额核算有误", "小计数与总账不符", "负责人：张三未履职", "注：缺公示", "共3个点位无灯", "2026年3月5日值班缺岗", "（1）签到缺失；（2）台账不全", "其中3户未走访",
])  # fmt: skip
def test_a_problem_may_begin_as_such_a_row_does(tmp_path: Path, title: str) -> None:
    lines = problems(tmp_path, [HEAD, *ROWS, [3, title, "绿城社区", "2026-06-30"]])
    assert [line.title for line in lines[2:]] == [title]
    lines = problems(tmp_path, [HEAD[1:], ROWS[0][1:], [title, "绿城社区", "2026-06-30"]])
    assert [line.title for line in lines[1:]] == [title]


@pytest.mark.parametrize("below", [
    ["1", "2", "3", "4"], ["①", "②", "③", "④"], ["A", "B", "C", "D"], ["(1)", "(2)", "(3)", "(4)"],
    [None, None, "（单位）", "（年/月/日）"], ["必填", "必填，不超过200字", "必填，填全称", "格式2026-06-30"],
])  # fmt: skip
def test_a_row_that_explains_the_head_is_no_problem(tmp_path: Path, below: Sequence[object]) -> None:
    assert len(problems(tmp_path, [HEAD, below, *ROWS])) == 2


def test_a_date_between_the_rows_of_a_merged_problem_is_a_limit_of_it(tmp_path: Path) -> None:
    rows = [
        ["序号", "问题", "责任单位", "阶段目标", "整改时限"],
        [1, "路灯不亮", "绿城社区", "勘查", "2026-04-30"],
        [None, None, None, None, "2026-08-30"],
    ]
    [line] = problems(tmp_path, rows, "A2:A3", "B2:B3", "C2:C3")
    assert line.limit_text == "2026-08-30"


@pytest.mark.parametrize(("sections", "merged"), [
    ((["一", "立行立改（共1个）"], ["二", "限期整改（共1个）"]), ()),
    ((["（一）", "立行立改类"], ["（二）", "限期整改类"]), ("B2:D2", "B4:D4")),
    (([None, "一、立行立改类"], [None, "二、限期整改类"]), ()),
    ((["立行立改类", "共1个"], ["限期整改类", "共1个"]), ()),
    ((["一、立行立改类", None, None, "共1个"], ["二、限期整改类", None, None, 1]), ()),
    ((["★立行立改"], ["★限期整改"]), ()),
])  # fmt: skip
def test_a_section_may_keep_its_number_in_a_cell_of_its_own(
    tmp_path: Path, sections: Sequence[Sequence[object]], merged: Sequence[str]
) -> None:
    lines = problems(tmp_path, [HEAD, sections[0], ROWS[0], sections[1], ROWS[1]], *merged)
    assert [line.rectification_class for line in lines] == [IMMEDIATE, LIMITED]


def test_a_lone_numbered_line_among_the_titles_is_a_section(tmp_path: Path) -> None:
    rows = [HEAD, [None, "一、党建方面"], ROWS[0], [None, "二、民生方面"], ROWS[1]]
    assert [line.category for line in problems(tmp_path, rows)] == ["党建方面", "民生方面"]


@pytest.mark.parametrize(("title", "expected"), [
    ("绿城社区立行立改问题清单", IMMEDIATE), ("长期整改类事项台账", LONG), ("限期整改清单（2026年）", LIMITED),
    ("绿城社区问题限期整改台账", None), ("立行立改和长期整改问题清单", None), ("问题整改台账", None),
])  # fmt: skip
def test_a_table_s_title_may_give_the_class(
    tmp_path: Path, title: str, expected: RectificationClass | None
) -> None:
    """问题限期整改台账 is only what such a table is called."""
    [line] = problems(tmp_path, [[title], HEAD, ROWS[0]], "A1:D1")
    assert line.rectification_class is expected


def test_a_table_of_counts_is_told_and_left_out(tmp_path: Path) -> None:
    counts = [["单位", "发现问题", "完成整改"], ["绿城社区", 3, 2], ["静和苑社区", 2, 2], ["合计", 5, 4]]
    result = read(a_workbook(tmp_path / "台账.xlsx", {"台账": [HEAD, *ROWS], "统计": counts}))
    assert len(result.problems) == 2
    assert [(fault.severity, fault.sheet) for fault in result.faults] == [("warning", "统计")]


@pytest.mark.parametrize("line", [
    ["填报单位：", "人民路街道", "填报时间：", "2026年3月10日"],
    ["填报单位", "人民路街道", "填报时间", datetime(2026, 3, 10)],
])  # fmt: skip
def test_a_line_above_the_head_may_keep_label_and_value_apart(tmp_path: Path, line: list[object]) -> None:
    [problem] = problems(tmp_path, [["问题整改台账"], line, HEAD, ROWS[0]], "A1:D1")
    assert (problem.register_unit_name, problem.filled_on) == ("人民路街道", date(2026, 3, 10))


@pytest.mark.parametrize("unit", ["第一网格党支部", "第三村民小组党支部", "绿城社区第二党支部"])
def test_a_unit_with_an_ordinal_heads_its_section_and_its_sheet(tmp_path: Path, unit: str) -> None:
    head = ["序号", "问题", "整改时限"]
    [line] = problems(tmp_path, [head, [f"一、{unit}（1个）"], [1, "甲", "2026年6月底"]], "A2:C2")
    assert line.unit_name == unit
    [line] = read(a_workbook(tmp_path / "台账.xlsx", {unit: [head, [1, "甲", "2026年6月底"]]})).problems
    assert line.unit_name == unit


@pytest.mark.parametrize(
    "line", ["静和苑社区：", "【静和苑社区】", "责任单位：静和苑社区", "（二）静和苑社区（1个）"]
)
def test_whose_a_section_is(tmp_path: Path, line: str) -> None:
    head = ["序号", "问题", "整改时限"]
    rows = [head, ["绿城社区"], [1, "甲", "2026年6月底"], [line], [1, "乙", "2026年6月底"]]
    assert [one.unit_name for one in problems(tmp_path, rows, "A2:C2", "A4:C4")] == ["绿城社区", "静和苑社区"]


def test_mend_now_and_make_it_last_head_sections(tmp_path: Path) -> None:
    rows = [HEAD, ["当下改（1个）"], ROWS[0], ["长久立（1个）"], ROWS[1]]
    lines = problems(tmp_path, rows, "A2:D2", "A4:D4")
    assert [line.rectification_class for line in lines] == [IMMEDIATE, LONG]


def test_a_section_or_a_sheet_may_be_of_closed_problems_and_it_is_told(tmp_path: Path) -> None:
    rows = [HEAD, ["一、已销号问题（1个）"], ROWS[0], ["二、未销号问题（1个）"], ROWS[1]]
    result = read(a_workbook(tmp_path / "台账.xlsx", rows, merged=["A2:D2", "A4:D4"]))
    assert [line.closed for line in result.problems] == [True, False]
    assert ["已销号" in fault.message for fault in result.faults] == [True]
    result = read(a_workbook(tmp_path / "台账.xlsx", {"未销号": [HEAD, ROWS[0]], "已销号": [HEAD, ROWS[1]]}))
    assert [line.closed for line in result.problems] == [False, True]
    assert [(fault.severity, fault.sheet) for fault in result.faults] == [("warning", "已销号")]


def test_a_day_of_closing_without_the_word_closed_is_asked_about(tmp_path: Path) -> None:
    rows = [[*HEAD, "是否销号", "销号时间"], [*ROWS[0], None, "2026-03-01"]]
    result = read(a_workbook(tmp_path / "台账.xlsx", rows))
    assert (result.problems[0].closed, result.problems[0].closed_on) == (False, None)
    assert [(fault.severity, fault.column) for fault in result.faults] == [("warning", "是否销号")]


def test_a_filling_date_may_be_spelled_out(tmp_path: Path) -> None:
    [line] = problems(tmp_path, [["问题整改台账"], ["二〇二六年三月十日"], HEAD, ROWS[0]], "A1:D1")
    assert line.filled_on == date(2026, 3, 10)


def test_a_day_without_its_year_takes_that_of_the_title_and_it_is_told(tmp_path: Path) -> None:
    head, row = [*HEAD, "发现时间"], [*ROWS[0], "3月5日"]
    result = read(a_workbook(tmp_path / "台账.xlsx", [["2026年上半年问题台账"], head, row], merged=["A1:E1"]))
    assert result.problems[0].found_on == date(2026, 3, 5)
    assert [(fault.severity, fault.column) for fault in result.faults] == [("warning", "发现时间")]
    [line] = problems(
        tmp_path, [["2025年度问题台账"], ["填报时间：2026年4月1日"], head, row], "A1:E1"
    )  # the filling date goes before
    assert line.found_on == date(2026, 3, 5)
    result = read(a_workbook(tmp_path / "台账.xlsx", [["2025年和2026年问题台账"], head, row]))
    assert result.problems[0].found_on is None
