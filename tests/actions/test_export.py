"""The export as an act: whom it shows, what comes back, and that it changes nothing."""

from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from importing_office import HEADS, ON, Office, counts, told

from xiaohao.actions import set_up
from xiaohao.actions.export_workbook import export, export_template
from xiaohao.errors import NotFound, Refused, WrongUsage
from xiaohao.ledger import exports
from xiaohao.ledger.tables import MEASURE, PROBLEM, PROGRESS
from xiaohao.ledger.writing import Ledger
from xiaohao.rules.authority import Person, Standing
from xiaohao.vocabulary import RectificationClass, Role, Status
from xiaohao.workbooks import writer

AT = datetime(2026, 3, 10, 9, tzinfo=timezone(timedelta(hours=8)))
ALL_HEADS = (
    *HEADS,
    "整改措施",
    "整改进展",
    "协办单位",
    "是否销号",
    "销号时间",
    "反映人",
    "反映人电话",
    "备注",
)
ROWS = (
    ("A-1", "东门外道路破损", "杨干城村", "2026-03-02", "限期整改", "2026-04-30", "1.勘查；2.铺路", "已勘查", "区住建局", "", "", "王大妈", "13800000001", "急"),
    ("", "路灯不亮", "前孟村", "2026-03-03", "立行立改", "", "换灯", "", "", "", "", "", "", ""),
    ("", "集体经济薄弱", "孟轲乡", "2026-03-04", "长期整改", "长期坚持，每季度复查", "", "", "", "", "", "", "", ""),
    ("A-4", "井盖缺失", "绿城社区", "2026-01-04", "立行立改", "2026-01-09", "", "", "", "是", "2026-01-08", "", "", ""),
)  # fmt: skip


@pytest.fixture
def office(engine: sa.Engine, tmp_path: Path) -> Office:
    set_up.set_up(Ledger(engine))
    office = Office(Ledger(engine), tmp_path)
    office.has_units()
    assert counts(office.bring(office.ledger_file(*ROWS, heads=ALL_HEADS))) == (4, 0, 0, 0)
    return office


def exported(office: Office, path: Path, **options: Any) -> list[dict[str, Any]]:
    """The rows of an export, by heading."""
    done = export(office.ledger, path, at=AT, **options)
    sheet = openpyxl.load_workbook(done.file)["问题台账"]
    head, *below = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
    assert done.problems == len(below)
    return [dict(zip(head, row, strict=True)) for row in below]


def test_everything_comes_out_and_back_without_a_word(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "出.xlsx"
    rows = exported(office, file)
    assert [row["问题"] for row in rows] == [row[1] for row in ROWS]
    assert [row["整改时限"] for row in rows] == [
        datetime(2026, 4, 30), datetime(2026, 3, 6), "长期坚持，每季度复查", datetime(2026, 1, 9),
    ]  # fmt: skip
    assert [row["原编号"] for row in rows] == ["A-1", None, None, "A-4"]
    assert rows[0]["整改措施"] == "1. 勘查\n2. 铺路"
    assert rows[0]["备注"] == "急"
    assert [row["是否销号"] for row in rows] == ["否", "否", "否", "是"]
    assert rows[3]["销号时间"] == datetime(2026, 1, 8)
    before = office.head()
    answer = office.bring(file)
    assert not answer.written
    assert counts(answer) == (0, 0, 4, 0)
    assert told(answer) == []
    assert office.head() == before


def test_residents_stay_in_the_ledger(office: Office, tmp_path: Path) -> None:
    rows = exported(office, tmp_path / "出.xlsx")
    assert not any(word in str(rows) for word in ("王大妈", "13800000001"))


def test_what_a_clerk_changes_in_it_is_taken(office: Office, tmp_path: Path) -> None:
    file = export(office.ledger, tmp_path / "出.xlsx", at=AT).file
    book = openpyxl.load_workbook(file)
    sheet = book["问题台账"]
    place = {cell.value: cell.column for cell in sheet[3]}
    sheet.cell(4, place["整改进展"]).value += "\n2026-03-09：路面已铺"
    sheet.cell(5, place["问题"]).value = "村口路灯不亮"  # no 原编号: known by our number
    new = {"问题": "公厕无水", "责任单位": "前孟村", "整改类型": "立行立改", "发现时间": datetime(2026, 3, 9)}
    for heading, value in new.items():
        sheet.cell(8, place[heading]).value = value
    book.save(file)
    assert counts(office.bring(file)) == (1, 2, 2, 0)
    assert [row.title for row in office.problems()] == [
        "东门外道路破损", "村口路灯不亮", "集体经济薄弱", "井盖缺失", "公厕无水",
    ]  # fmt: skip
    assert [(row.on, row.text) for row in office.rows(PROGRESS)] == [
        (ON, "已勘查"), (date(2026, 3, 9), "路面已铺"),
    ]  # fmt: skip
    assert counts(office.bring(export(office.ledger, file, at=AT).file)) == (0, 0, 5, 0)


def test_measures_whose_texts_look_like_several_are_left_alone(office: Office, tmp_path: Path) -> None:
    with office.ledger.engine.begin() as conn:  # as `measure add` would have left it
        changed = MEASURE.update().where(MEASURE.c.text == "换灯").values(text="①换灯；②巡查\n。")
        assert conn.execute(changed).rowcount == 1
    assert counts(office.bring(export(office.ledger, tmp_path / "出.xlsx", at=AT).file)) == (0, 0, 4, 0)


def test_a_text_that_no_cell_holds_whole_is_not_shortened_in_the_ledger(
    office: Office, tmp_path: Path
) -> None:
    long = "甲" * 40_000
    with office.ledger.engine.begin() as conn:
        conn.execute(PROBLEM.update().values(description=long, extra=None))
    file = export(office.ledger, tmp_path / "出.xlsx", at=AT).file
    assert counts(office.bring(file)) == (0, 0, 4, 0)
    assert {row.description for row in office.problems()} == {long}


def test_another_district_s_number_is_not_taken_for_ours(office: Office, tmp_path: Path) -> None:
    file = export(office.ledger, tmp_path / "出.xlsx", at=AT).file
    book = openpyxl.load_workbook(file)
    sheet = book["问题台账"]
    place = {cell.value: cell.column for cell in sheet[3]}
    for heading, value in {"问题": "别处的问题", "责任单位": "绿城社区", "填报单位": "人民路街道"}.items():
        sheet.cell(5, place[heading]).value = value
    book.save(file)
    assert counts(office.bring(file)) == (1, 0, 3, 0)
    assert [row.title for row in office.problems()][1] == "路灯不亮"


@pytest.mark.parametrize(
    ("options", "titles"),
    [
        ({"unit": "孟轲乡"}, ["东门外道路破损", "路灯不亮", "集体经济薄弱"]),
        ({"rectification_class": RectificationClass.IMMEDIATE}, ["路灯不亮", "井盖缺失"]),
        ({"status": Status.CLOSED}, ["井盖缺失"]),
        ({"unit": "孟轲乡", "rectification_class": RectificationClass.LONG_TERM}, ["集体经济薄弱"]),
        ({"status": Status.CANCELLED}, []),
        ({"unit": "人民路街道城管办"}, []),
    ],
)
def test_a_choice_of_problems(
    office: Office, tmp_path: Path, options: dict[str, Any], titles: list[str]
) -> None:
    file = tmp_path / "出.xlsx"
    assert [row["问题"] for row in exported(office, file, **options)] == titles
    assert counts(office.bring(file)) == (0, 0, len(titles), 0)


def test_cancelled_problems_come_only_when_asked_for_and_struck(office: Office, tmp_path: Path) -> None:
    with office.ledger.engine.begin() as conn:
        gone = {
            "status": Status.CANCELLED,
            "light": None,
            "cancelled_on": ON,
            "cancel_reason": "重复",
            "next_event_on": None,
        }
        conn.execute(PROBLEM.update().where(PROBLEM.c.title == "路灯不亮").values(**gone))
    file = tmp_path / "出.xlsx"
    assert len(exported(office, file)) == 3
    assert [row["问题"] for row in exported(office, file, status=Status.CANCELLED)] == ["路灯不亮"]
    answer = office.bring(file)
    assert counts(answer) == (0, 0, 0, 0)
    assert "整行有删除线" in answer.files[0].faults[0].message


def test_a_viewer_sees_the_subtrees_of_his_posts(office: Office, tmp_path: Path) -> None:
    """I10."""
    with office.ledger.reading() as r:
        paths = {row.name: row.path for row in r.conn.execute(sa.text("SELECT name, path FROM unit"))}

    def seen(*units: str) -> list[str]:
        viewer = Person(1, "001", "李明", tuple(Standing(paths[unit], Role.LEADER) for unit in units))
        return [row["问题"] for row in exported(office, tmp_path / "出.xlsx", viewer=viewer)]

    assert seen("孟轲乡") == ["东门外道路破损", "路灯不亮", "集体经济薄弱"]
    assert seen("前孟村", "人民路街道") == ["路灯不亮", "井盖缺失"]
    assert seen() == []


def test_units_of_one_name_are_told_apart(office: Office, tmp_path: Path) -> None:
    office.bring(
        office.file("再.csv", [("单位名称", "单位类型", "上级单位"), ("绿城社区", "社区", "孟轲乡")])
    )
    more = office.ledger_file(
        ("", "楼道堆物", "孟轲乡绿城社区", "2026-03-05", "立行立改", ""), name="再一份.csv"
    )
    assert counts(office.bring(more)) == (1, 0, 0, 0)
    file = tmp_path / "出.xlsx"
    rows = exported(office, file)
    assert [row["责任单位"] for row in rows][3:] == ["人民路街道绿城社区", "孟轲乡绿城社区"]
    assert counts(office.bring(file)) == (0, 0, 5, 0)


def test_the_number_of_statements_does_not_grow(office: Office) -> None:
    def statements() -> int:
        many = 0

        def count(*_args: Any) -> None:
            nonlocal many
            many += 1

        sa.event.listen(office.ledger.engine, "before_cursor_execute", count)
        with office.ledger.reading() as r:
            which = exports.chosen(r)
            words = dict.fromkeys(range(1, 99), "甲")
            assert len(list(exports.lines(r, which, words))) == exports.counts(r, which).total
        sa.event.remove(office.ledger.engine, "before_cursor_execute", count)
        return many

    before = statements()
    rows = [("", f"第{n}号楼漏雨", "前孟村", "2026-03-05", "立行立改", "") for n in range(1_500)]
    assert counts(office.bring(office.ledger_file(*rows, name="多.csv"))) == (1_500, 0, 0, 0)
    assert statements() == before


def test_more_than_a_sheet_holds_is_refused(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xiaohao.actions.export_workbook.MOST_PROBLEMS", 3)
    with pytest.raises(Refused, match="共 4 件，超过一张工作表的上限（3 件）。请用 --unit 分单位导出。"):
        export(office.ledger, tmp_path / "出.xlsx", at=AT)
    assert not (tmp_path / "出.xlsx").exists()
    assert writer.MOST_PROBLEMS < 1_048_576 - 10


def test_the_name_of_the_file(office: Office, tmp_path: Path) -> None:
    assert export(office.ledger, tmp_path / "出", at=AT).file == tmp_path / "出.xlsx"
    with pytest.raises(WrongUsage, match=r"文件名请以 \.xlsx 结尾"):
        export(office.ledger, tmp_path / "出.csv", at=AT)
    with pytest.raises(NotFound):
        export(office.ledger, tmp_path / "出.xlsx", at=AT, unit="没有的单位")


def test_a_template_of_this_ledger_changes_nothing(office: Office, tmp_path: Path) -> None:
    before = office.head()
    file = export_template(office.ledger, tmp_path / "模板.xlsx", at=AT).file
    answer = office.bring(file)
    assert (answer.written, told(answer)) == (False, [])
    assert office.head() == before
    sheet = openpyxl.load_workbook(file)["单位"]
    assert [row[1].value for row in sheet.iter_rows(min_row=4) if row[1].value] == [
        "华龙区", "区住建局", "孟轲乡", "杨干城村", "前孟村", "人民路街道", "绿城社区", "人民路街道城管办",
    ]  # fmt: skip
    part = export_template(office.ledger, tmp_path / "模板.xlsx", at=AT, unit="孟轲乡").file
    sheet = openpyxl.load_workbook(part)["单位"]
    assert [row[1].value for row in sheet.iter_rows(min_row=4) if row[1].value] == [
        "孟轲乡",
        "杨干城村",
        "前孟村",
    ]
