"""Lists of units and of people, and what a unit's name in a ledger means."""

from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from importing_office import DISTRICT, ON, UNIT_HEADS, Office, counts, messages, told

from xiaohao.actions import rebuild_trail, set_up
from xiaohao.ledger import schema
from xiaohao.ledger.tables import DEPUTY, HOLDING, OFFICIAL, POST, PROBLEM, TRAIL, UNIT
from xiaohao.ledger.writing import Ledger

PEOPLE = ("姓名", "单位", "职务", "手机号", "任职时间", "工号")


@pytest.fixture
def office(engine: sa.Engine, tmp_path: Path) -> Office:
    set_up.set_up(Ledger(engine))
    return Office(Ledger(engine), tmp_path)


@pytest.fixture
def settled(office: Office) -> Office:
    office.has_units()
    return office


def people(office: Office, *rows: tuple[str, ...], name: str = "人员.csv") -> Path:
    return office.file(name, [PEOPLE, *rows])


def problem_of(office: Office, unit: str, filed_by: str = "孟轲乡") -> Path:
    heads = ("问题", "责任单位", "填报单位", "发现时间", "整改类型")
    return office.file("台账.csv", [heads, ("路灯不亮", unit, filed_by, "2026-03-02", "立行立改")])


def holders(office: Office) -> list[tuple[str, date, date | None]]:
    names = {row.id: row.name for row in office.rows(OFFICIAL)}
    return [(names[row.official_id], row.from_on, row.until_on) for row in office.rows(HOLDING)]


def test_a_list_of_units_makes_the_tree_whatever_its_order(office: Office) -> None:
    office.has_units(DISTRICT[::-1])
    units = {row.name: row for row in office.rows(UNIT)}
    assert len(units) == len(DISTRICT)
    for name, kind, parent in DISTRICT:
        assert units[name].kind.label == kind
        assert units[name].parent_id == (units[parent].id if parent else None)
    assert units["杨干城村"].path.startswith(units["孟轲乡"].path)
    assert units["华龙区"].code == "HL"
    assert units["人民路街道城管办"].code == "RML-CGB"


def test_a_known_unit_is_not_written_again(settled: Office) -> None:
    before = settled.head()
    more = settled.file("更多.csv", [UNIT_HEADS, *DISTRICT, ("后孟村", "村", "孟轲乡")])
    assert counts(settled.bring(more)) == (1, 0, len(DISTRICT), 0)
    assert settled.head().size == before.size + 1


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        (("后孟村", "村", "无此乡"), "error"),
        (("后孟村", "村", ""), "warning"),  # below the district
        (("高新区", "区", ""), "error"),  # one district a ledger
        (("前孟村", "社区", "孟轲乡"), "warning"),  # another kind is not taken
    ],
)
def test_an_odd_line_of_units_is_told(settled: Office, line: tuple[str, str, str], severity: str) -> None:
    answer = settled.bring(settled.file("更多.csv", [UNIT_HEADS, line]))
    assert [(each, row) for each, row, _ in told(answer)] == [(severity, 2)]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("杨干城村", "杨干城村"),
        (" 杨干 城村", "杨干城村"),
        ("孟轲乡杨干城村", "杨干城村"),
        ("华龙区孟轲乡杨干城村", "杨干城村"),
        ("孟轲乡人民政府", "孟轲乡"),
        ("杨干城村委会", "杨干城村"),
        ("YGC", "杨干城村"),
    ],
)
def test_a_unit_is_known_by_its_name_with_or_without_the_one_above(
    settled: Office, written: str, meant: str
) -> None:
    answer = settled.bring(problem_of(settled, written))
    assert answer.written, messages(answer)
    assert [each.unit for each in settled.problems()] == [meant]


def test_a_short_name_is_seen_from_who_filed_the_table(settled: Office) -> None:
    settled.bring(problem_of(settled, "城管办", "人民路街道"))
    assert [each.unit for each in settled.problems()] == ["人民路街道城管办"]


def test_an_unknown_unit_is_an_error_that_names_the_near_ones(settled: Office) -> None:
    answer = settled.bring(problem_of(settled, "杨干成村"))
    assert told(answer) == [("error", 2, "责任单位")]
    assert "杨干城村" in messages(answer)
    assert "--create-units" in messages(answer)


@pytest.mark.parametrize(
    ("unit", "kind", "above"),
    [
        ("后孟村", "村", "孟轲乡"),
        ("孟轲乡农业办", "部门", "孟轲乡"),
        ("绿苑社区", "社区", "孟轲乡"),
        ("胜利路街道", "街道", "华龙区"),
        ("区财政局", "部门", "华龙区"),
        ("前孟村党支部", "党支部", "前孟村"),
    ],
)
def test_units_are_made_only_when_asked_for(settled: Office, unit: str, kind: str, above: str) -> None:
    file = problem_of(settled, unit)
    if kind != "党支部":  # where it is not known the village stands for it
        assert settled.bring(file).has_errors
        assert settled.bring(file, create_units=True).written
        made = settled.rows(UNIT)[-1]
        parents = {row.id: row.name for row in settled.rows(UNIT)}
        assert (made.name, made.kind.label, parents[made.parent_id]) == (unit, kind, above)
    else:
        assert settled.bring(file).written
        assert [each.unit for each in settled.problems()] == [above]


def test_an_empty_ledger_can_be_begun_with_a_ledger_alone(office: Office) -> None:
    file = problem_of(office, "杨干城村", "孟轲乡党委")
    assert office.bring(file).has_errors
    assert office.bring(file, create_units=True).written
    assert [row.name for row in office.rows(UNIT)] == ["本区", "孟轲乡", "杨干城村"]
    assert [row.unit for row in office.problems()] == ["杨干城村"]


def test_people_hold_posts_and_are_not_written_again(settled: Office) -> None:
    file = people(
        settled,
        ("张芳", "孟轲乡", "分管领导", "19900001001", "2022-5-1", "MK01"),
        ("李明", "杨干城村", "党支部书记", "19900001002", "2021-1-4", ""),
        ("李明", "杨干城村", "经办人", "19900001002", "2021-1-4", ""),
    )
    assert counts(settled.bring(file)) == (3, 0, 0, 0)
    assert [(row.code, row.name, row.mobile) for row in settled.rows(OFFICIAL)] == [
        ("MK01", "张芳", "19900001001"),
        ("YGC-S1", "李明", "19900001002"),
    ]
    before = settled.head()
    again = settled.bring(file, on=date(2026, 5, 1))
    assert (again.written, counts(again), settled.head()) == (False, (0, 0, 3, 0), before)
    assert "19900001" not in "".join(entry.detail for entry in settled.rows(TRAIL))


def test_a_new_number_is_taken_and_an_empty_one_is_not(settled: Office) -> None:
    settled.bring(people(settled, ("张芳", "孟轲乡", "分管领导", "19900001001", "2022-5-1", "MK01")))
    answer = settled.bring(people(settled, ("张芳", "孟轲乡", "分管领导", "19900001999", "2022-5-1", "MK01")))
    assert counts(answer) == (0, 1, 0, 0)
    settled.bring(people(settled, ("张芳", "孟轲乡", "分管领导", "", "2022-5-1", "MK01")))
    assert [row.mobile for row in settled.rows(OFFICIAL)] == ["19900001999"]


def test_a_new_holder_ends_the_former_one_on_the_day_before(settled: Office) -> None:
    settled.bring(people(settled, ("张芳", "孟轲乡", "分管领导", "", "2022-5-1", "MK01")))
    settled.bring(people(settled, ("王强", "孟轲乡", "分管领导", "", "2026-3-9", "MK02")))
    assert holders(settled) == [
        ("张芳", date(2022, 5, 1), date(2026, 3, 8)),
        ("王强", date(2026, 3, 9), None),
    ]
    entry = settled.rows(TRAIL)[-2]
    assert (entry.subject.split(":")[0], entry.version) == ("holding", 2)


def test_two_who_are_listed_together_hold_a_post_together(settled: Office) -> None:
    both = people(
        settled,
        ("张芳", "孟轲乡", "分管领导", "", "2022-5-1", "MK01"),
        ("王强", "孟轲乡", "分管领导", "", "2023-5-1", "MK02"),
    )
    settled.bring(both)
    assert [until for _, _, until in holders(settled)] == [None, None]
    assert not settled.bring(both).written


def test_a_new_holder_who_came_no_later_is_an_error(settled: Office) -> None:
    settled.bring(people(settled, ("张芳", "孟轲乡", "分管领导", "", "2022-5-1", "MK01")))
    answer = settled.bring(people(settled, ("王强", "孟轲乡", "分管领导", "", "2022-5-1", "MK02")))
    assert told(answer) == [("error", 2, "任职时间")]
    assert "张芳" in messages(answer)


def test_namesakes_in_two_units_are_two_persons(settled: Office) -> None:
    file = people(
        settled,
        ("李明", "杨干城村", "党支部书记", "19900001002", "2021-1-4", ""),
        ("李明", "前孟村", "党支部书记", "19900001003", "2021-1-4", ""),
        ("李明", "孟轲乡", "经办人", "19900001003", "2021-1-4", ""),
    )
    settled.bring(file)
    assert [row.code for row in settled.rows(OFFICIAL)] == ["YGC-S1", "QM-S1"]
    assert len(settled.rows(HOLDING)) == 3


def test_a_code_of_another_person_is_an_error(settled: Office) -> None:
    settled.bring(people(settled, ("张芳", "孟轲乡", "分管领导", "", "2022-5-1", "MK01")))
    answer = settled.bring(people(settled, ("王强", "前孟村", "党支部书记", "", "2022-5-1", "MK01")))
    assert told(answer) == [("error", 2, "工号")]


def test_a_deputy_stands_in_for_the_person_whom_the_list_names(settled: Office) -> None:
    heads = ("姓名", "单位", "职务", "手机号", "任职时间", "任职截止", "代理")
    rows = [
        ("王强", "孟轲乡", "分管领导", "", "2026-3-1", "2026-4-30", "张芳"),
        ("张芳", "孟轲乡", "分管领导", "", "2022-5-1", "", ""),
    ]
    file = settled.file("人员.csv", [heads, *rows])
    answer = settled.bring(file)
    assert answer.written, messages(answer)
    [deputy] = settled.rows(DEPUTY)
    assert (deputy.from_on, deputy.until_on) == (date(2026, 3, 1), date(2026, 4, 30))
    assert not settled.bring(file).written


def test_the_owner_of_a_problem_gets_his_number_where_he_is_known_and_has_none(settled: Office) -> None:
    settled.bring(people(settled, ("李明", "杨干城村", "党支部书记", "", "2021-1-4", "")))
    heads = ("问题", "责任单位", "责任人", "联系电话", "发现时间", "整改类型")
    rows = [
        ("路灯不亮", "杨干城村", "李明", "19900001002", "2026-03-02", "立行立改"),
        ("积水", "前孟村", "赵刚", "19900001003", "2026-03-02", "立行立改"),
    ]
    settled.bring(settled.file("台账.csv", [heads, *rows]))
    assert [(row.name, row.mobile) for row in settled.rows(OFFICIAL)] == [("李明", "19900001002")]


def test_what_was_imported_can_be_rebuilt_from_its_trail(
    settled: Office, empty_engine: sa.Engine, tmp_path: Path
) -> None:
    """I11: units, posts, holdings that ended, problems."""
    settled.bring(people(settled, ("张芳", "孟轲乡", "分管领导", "", "2022-5-1", "MK01")))
    settled.bring(people(settled, ("王强", "孟轲乡", "分管领导", "", "2026-3-9", "MK02")))
    settled.bring(problem_of(settled, "杨干城村"), on=ON)
    schema.upgrade(empty_engine)
    rebuild_trail.rebuild(settled.ledger, Ledger(empty_engine))
    copy = Office(Ledger(empty_engine), tmp_path)
    for table in (UNIT, OFFICIAL, POST, HOLDING, PROBLEM):
        assert copy.rows(table) == settled.rows(table)
