"""Cells of our own tables: what is written there is read back, whatever the texts hold."""

from datetime import date

import pytest

from xiaohao.workbooks.cell_text import MOST_UNITS, line_text, long_text, units, written
from xiaohao.workbooks.lines import MeasureLine
from xiaohao.workbooks.measures import read_measures, split_measures, written_measures
from xiaohao.workbooks.own_columns import COLUMNS, own_head
from xiaohao.workbooks.reports import Report, read_reports, written_reports

DUE, DONE = date(2023, 10, 31), date(2023, 10, 7)


@pytest.mark.parametrize(
    ("measures", "cell"),
    [
        ([], ""),
        ([MeasureLine("更换灯头")], "更换灯头"),
        (
            [MeasureLine("清理杂物；安装路灯")],
            "（共1项）清理杂物；安装路灯",
        ),  # one measure, though it looks like two
        ([MeasureLine("勘查"), MeasureLine("铺路；划线")], "1. 勘查\n2. 铺路；划线"),
        ([MeasureLine("铺路", DUE, DONE, "张三")], "铺路（限2023-10-31，责任人：张三，2023-10-07完成）"),
        ([MeasureLine("铺路", None, DONE), MeasureLine("划线")], "1. 铺路（2023-10-07完成）\n2. 划线"),
        ([MeasureLine("照会议纪要（2023-10-07完成）")], "照会议纪要（2023-10-07完成）（未完成）"),
        ([MeasureLine("①"), MeasureLine("1. 甲"), MeasureLine("②乙")], "1. ①\n2. 1. 甲\n3. ②乙"),
    ],
)
def test_measures_come_back(measures: list[MeasureLine], cell: str) -> None:
    assert written_measures(measures) == cell
    assert list(read_measures(cell)) == measures


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        ("1.加强巡查；2.建立台账", ("加强巡查", "建立台账")),  # a clerk's own numbers in one line
        ("1. 加强巡查；2. 建立台账", ("加强巡查", "建立台账")),
        ("1. 加强巡查。\n2. 建立台账。", ("加强巡查", "建立台账")),
        ("加强巡查；建立台账", ("加强巡查", "建立台账")),
    ],
)
def test_a_clerk_s_cell_is_split_as_before(cell: str, parts: tuple[str, ...]) -> None:
    assert split_measures(cell) == parts


def test_reports_come_back_with_their_days() -> None:
    reports = [Report(DONE, "已更换三盏\n余两盏待货"), Report(DUE, "全部完成")]
    cell = written_reports(reports)
    assert cell == "2023-10-07：已更换三盏\n余两盏待货\n2023-10-31：全部完成"
    assert list(read_reports(cell)) == reports
    assert read_reports("已更换三盏") == (Report(None, "已更换三盏"),)
    assert read_reports("2023-13-45：没有这一天") == (Report(None, "2023-13-45：没有这一天"),)


def test_of_too_many_reports_the_oldest_go() -> None:
    reports = [Report(date(2020, 1, 1 + n), "甲" * 9_000) for n in range(5)]
    cell = written_reports(reports)
    assert units(cell) <= MOST_UNITS
    assert list(read_reports(cell)) == reports[2:]
    assert written_reports(read_reports(cell)) == cell


@pytest.mark.parametrize("sign", ["甲", "🔥", "a"])
def test_a_text_that_no_cell_holds_is_cut_and_says_so(sign: str) -> None:
    cut = long_text(sign * 40_000)
    assert units(cut) <= MOST_UNITS
    assert cut.endswith("（过长，后文略）")
    assert long_text(cut) == line_text(cut) == cut


@pytest.mark.parametrize("text", ["同上", "无", "#N/A", "<r>甲</r>", '"'])
def test_what_would_be_taken_for_something_else_is_shielded(text: str) -> None:
    assert written(text) != text
    assert line_text(written(text)) == text
    assert written("路灯不亮") == "路灯不亮"


def test_our_own_head_is_known_when_columns_were_moved_or_added() -> None:
    headings = [column.heading for column in COLUMNS]
    moved = [*reversed(headings), "照片", "状态"]
    columns = own_head(moved)
    assert columns is not None
    fields = {column.heading: column.field for column in COLUMNS}
    assert [c.field for c in columns[:-2]] == [fields[heading] for heading in reversed(headings)]
    assert [(c.heading, c.field.value) for c in columns[-2:]] == [("照片", "extra"), ("状态", "extra")]
    assert own_head(["序号", "编号", "问题", "责任单位", "亮灯"]) is None  # an office's own light
