"""Problems that read like a total, a signature, a title or a section, and names that only mention what is closed."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest
from workbook_builder import a_workbook

from xiaohao.vocabulary import RectificationClass
from xiaohao.workbooks.lines import Reading
from xiaohao.workbooks.own_columns import COLUMNS
from xiaohao.workbooks.reader import read

IMMEDIATE, LIMITED, LONG = RectificationClass
HEAD = ("问题", "责任单位", "整改时限")
ROW = ("路灯不亮", "绿城社区", "2026年6月底")
Cells = Sequence[Sequence[object]]


def reading(tmp_path: Path, rows: Cells | Mapping[str, Cells], *merged: str) -> Reading:
    return read(a_workbook(tmp_path / "台账.xlsx", rows, merged=merged))


def titles(result: Reading) -> list[str]:
    assert [fault for fault in result.faults if fault.severity == "error"] == []
    return [line.title for line in result.problems]


def warned(result: Reading) -> list[str]:
    return [fault.message for fault in result.faults if fault.severity == "warning"]


# totals, signatures, titles


@pytest.mark.parametrize("title", [
    "拖欠物业费累计12万元", "欠缴费用合计3万元", "拖欠工资合计35万元", "其中3户未走访", "总数：台账12户，实际15户",
    "未建立问题台账", "未制定应急方案", "伪造走访记录表", "注：公示栏未更新", "负责人 不在岗", "（一）限期整改不到位", "红旗村卫生站",
])  # fmt: skip
@pytest.mark.parametrize("has_serial", [False, True])
def test_a_problem_to_which_merged_cells_give_unit_and_limit_is_one(
    tmp_path: Path, title: str, has_serial: bool
) -> None:
    rows: list[Sequence[object]] = [HEAD, ROW, [title], ["井盖缺失"]]
    merged = ["B2:B4", "C2:C4"]
    if has_serial:  # merged too, so that the row has none of its own
        rows = [["序号", *HEAD], [1, *ROW], [None, title], [None, "井盖缺失"]]
        merged = ["A2:A4", "C2:C4", "D2:D4"]
    result = reading(tmp_path, rows, *merged)
    assert titles(result) == ["路灯不亮", title, "井盖缺失"]
    assert {(line.unit_name, line.limit_text) for line in result.problems} == {("绿城社区", "2026年6月底")}
    assert warned(result) == []


@pytest.mark.parametrize("title", [
    "总数：台账12户，实际15户", "合计：应收30万元实收28万元", "负责人 不在岗", "负责人：未到岗", "红旗村卫生站", "拖欠物业费累计12万元",
    "监督电话：打不通", "未建立问题台账",
])  # fmt: skip
@pytest.mark.parametrize("after", [[], [("井盖缺失", "绿城社区", "2026年7月底")]])
def test_a_problem_with_unit_and_deadline_is_one_and_its_deadline_no_filling_date(
    tmp_path: Path, title: str, after: list[tuple[str, ...]]
) -> None:
    result = reading(tmp_path, [HEAD, ROW, [title, "绿城社区", "2026-06-30"], *after])
    assert titles(result)[1] == title
    assert result.problems[1].limit_text == "2026-06-30"
    assert {line.filled_on for line in result.problems} == {None}
    assert warned(result) == []


@pytest.mark.parametrize("below", [
    ["填表人：张三", "绿城社区", "2026年9月10日"], ["绿城社区（盖章）", None, "2026年9月10日"], ["填报人 张三", None, "2026年9月10日"],
    ["负责人：张三", "审核人：李四", "2026年9月10日"], ["合计", "2个单位", None], ["绿城社区小计", 2, None], ["以上共2个问题"],
    ["合计：立行立改1个，限期整改0个"], ["本页小计", "1个"], ["以下空白"], ["联系人 李四"], ["绿城社区", "审核人：李四"], ["续表"], ["※ 请于每月底前更新", "绿城社区"], ["示例", "绿城社区", "2026-06-30"],
])  # fmt: skip
def test_what_is_plainly_no_problem_is_left_out_in_silence(tmp_path: Path, below: list[object]) -> None:
    result = reading(tmp_path, [HEAD, ROW, below])
    assert (titles(result), warned(result)) == (["路灯不亮"], [])


def test_a_subtotal_that_merged_cells_run_through_stays_one(tmp_path: Path) -> None:
    rows: list[Sequence[object]] = [
        ["责任单位", "问题", "整改时限"],
        ["绿城社区", "路灯不亮", "6月底"],
        [None, "小计"],
        [None, "其中：立行立改"],
    ]
    result = reading(tmp_path, rows, "A2:A4", "C2:C4")
    assert (titles(result), warned(result)) == (["路灯不亮"], [])


@pytest.mark.parametrize(
    "beside", [("制表人：", "张三", "审核人：", "李四"), ("填报人：", "张三", None, "2026年3月10日")]
)
def test_a_signature_may_keep_its_names_in_cells_of_their_own(
    tmp_path: Path, beside: tuple[object, ...]
) -> None:
    result = reading(tmp_path, [["序号", *HEAD], [1, *ROW], beside])
    assert (titles(result), warned(result)) == (["路灯不亮"], [])


def test_rows_left_out_for_their_words_are_told_once_a_sheet(tmp_path: Path) -> None:
    rows: list[Sequence[object]] = [["绿城社区问题清单"], ["问题", "整改时限"], ["路灯不亮", "6月底"], ["物业费欠缴累计12万元"], ["其中3户未走访"],
            ["未建立工作台账"], ["井盖缺失", "7月底"]]  # fmt: skip
    result = reading(tmp_path, rows)
    assert titles(result) == ["路灯不亮", "未建立工作台账", "井盖缺失"]
    assert [text for text in warned(result) if "没有导入" in text] == [
        "第4、5行看来是合计、落款或表名，没有导入，请核对。若是问题，请填写序号和责任单位。"
    ]


@pytest.mark.parametrize("serial", ["二", "（二）", "②", "DJ-002", "2.1"])
def test_a_number_in_any_notation_makes_an_entry(tmp_path: Path, serial: str) -> None:
    rows: list[Sequence[object]] = [
        ["序号", "问题", "整改时限"],
        ["一", "路灯不亮", "6月底"],
        [serial, "欠费累计12万元"],
    ]
    lines = reading(tmp_path, {"绿城社区": rows}).problems
    assert [line.title for line in lines] == ["路灯不亮", "欠费累计12万元"]


def test_a_measure_that_counts_is_a_measure(tmp_path: Path) -> None:
    rows: list[Sequence[object]] = [
        ["序号", *HEAD, "整改措施"],
        [1, *ROW, "换灯"],
        [None, None, None, None, "化解矛盾累计12件"],
    ]
    [line] = reading(tmp_path, rows).problems
    assert [measure.text for measure in line.measures] == ["换灯", "化解矛盾累计12件"]


@pytest.mark.parametrize("title", ["①", "2026", "小计数有误"])
def test_a_table_that_we_wrote_is_never_one_of_counts(tmp_path: Path, title: str) -> None:
    values = {"编号": "HL-2026-0001", "问题": title, "责任单位": "绿城社区", "整改类型": "立行立改"}
    head = [column.heading for column in COLUMNS]
    result = reading(tmp_path, [head, [values.get(heading) for heading in head]])
    assert titles(result) == [title]


# sections


def test_a_problem_that_begins_with_a_class_and_has_a_count_is_no_section(tmp_path: Path) -> None:
    head = ["问题", "责任单位", "涉及户数"]
    rows: list[Sequence[object]] = [
        head,
        ["路灯不亮", "绿城社区", 3],
        ["限期整改不到位", None, 3],
        ["井盖缺失", "绿城社区", 1],
    ]
    result = reading(tmp_path, rows)
    assert [line.rectification_class for line in result.problems] == [None, None]
    assert [(fault.severity, fault.row) for fault in result.faults] == [("error", 3)]
    rows[2:3] = [["限期整改类", None, "共1个"]]
    assert [line.rectification_class for line in reading(tmp_path, rows).problems] == [None, LIMITED]


def test_a_section_that_a_merged_unit_runs_through_stays_one(tmp_path: Path) -> None:
    rows: list[Sequence[object]] = [["责任单位", "问题", "整改时限"], ["绿城社区", "一、立行立改（1个）"], [None, "路灯不亮"], [None, "二、限期整改（1个）"],
            [None, "井盖缺失", "6月底"]]  # fmt: skip
    lines = reading(tmp_path, rows, "A2:A5").problems
    assert [(line.title, line.rectification_class) for line in lines][-1] == ("井盖缺失", LIMITED)


# closed


@pytest.mark.parametrize(("name", "closed"), [
    ("已销号", True), ("已销号问题", True), ("已办结清单", True), ("已销号问题台账（12个）", True), ("已完成销号12个", True),
    ("2026年已销号问题", True), ("1.已销号", True),
    ("问题台账（含已销号）", False), ("已销号回头看", False), ("已销号问题回头看发现的反弹问题", False), ("已销号及未销号", False),
    ("已销号和整改中", False), ("已销号新发现", False), ("未销号", False),
])  # fmt: skip
def test_a_sheet_or_section_closes_only_where_it_is_nothing_but_closed(
    tmp_path: Path, name: str, closed: bool
) -> None:
    head, row = ["序号", *HEAD], [1, *ROW]
    result = reading(tmp_path, {name: [head, row]})
    assert [line.closed for line in result.problems] == [closed]
    if not name.endswith(("清单", "）")):  # such a line is a table's title
        result = reading(tmp_path, [head, [f"一、{name}"], row], "A2:D2")
        assert [line.closed for line in result.problems] == [closed]


@pytest.mark.parametrize("heading", ["是否销号", "办理状态"])
def test_an_empty_cell_of_the_state_stays_open_and_is_told(tmp_path: Path, heading: str) -> None:
    rows: list[Sequence[object]] = [
        ["序号", *HEAD, heading],
        [1, *ROW, "已销号"],
        [2, "井盖缺失", "绿城社区", "2026年7月底"],
    ]
    result = reading(tmp_path, {"已销号": rows})
    assert [line.closed for line in result.problems] == [True, False]
    assert warned(result) == [f"“已销号”里有“{heading}”没有写已销号的行，按未销号登记，请核对。"]


# ticks

TICKS = ("序号", "问题", "责任单位", "立行立改", "限期整改", "长期整改")


@pytest.mark.parametrize(
    "nothing", ["--", "——", "—", "//", "\\", "□", "☐", "不涉及", "未定", "否", "无", "×", "…"]
)
def test_a_dash_or_an_empty_box_is_no_tick(tmp_path: Path, nothing: str) -> None:
    rows: list[Sequence[object]] = [TICKS, [1, "路灯不亮", "绿城社区", nothing, "☑", nothing], [2, "井盖缺失", "绿城社区", None, None, nothing],
            [3, "墙皮脱落", "绿城社区", nothing, "2026年6月底", nothing]]  # fmt: skip
    result = reading(tmp_path, rows)
    assert [(line.rectification_class, line.limit_text) for line in result.problems] == [
        (LIMITED, ""), (None, ""), (LIMITED, "2026年6月底"),
    ]  # fmt: skip
    assert result.faults == ()


@pytest.mark.parametrize(
    "meant", ["√", "✓", "是", "√（6月底前）", "6月底", "15个工作日", "2026.6.30", date(2026, 6, 30)]
)
def test_a_tick_or_a_limit_is_meant(tmp_path: Path, meant: object) -> None:
    result = reading(tmp_path, [TICKS, [1, "路灯不亮", "绿城社区", "□", meant, "□"]])
    assert [line.rectification_class for line in result.problems] == [LIMITED]
    assert result.faults == ()


@pytest.mark.parametrize("words", ["待定", "见附件", "视情况"])
def test_words_that_are_neither_tick_nor_limit_are_told(tmp_path: Path, words: str) -> None:
    result = reading(tmp_path, [TICKS, [1, "路灯不亮", "绿城社区", None, words, None]])
    assert [(line.rectification_class, line.limit_text) for line in result.problems] == [(None, "")]
    assert [(fault.severity, fault.row, fault.column) for fault in result.faults] == [
        ("warning", 2, "限期整改")
    ]


def test_a_day_that_does_not_exist_in_place_of_a_tick_keeps_the_row_out(tmp_path: Path) -> None:
    result = reading(tmp_path, [TICKS, [1, "路灯不亮", "绿城社区", None, "2026年2月30日", None]])
    assert [(fault.severity, fault.row) for fault in result.faults] == [("error", 2)]
