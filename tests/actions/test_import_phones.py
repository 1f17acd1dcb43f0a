"""Telephones: an official's goes to the official, a resident's to the resident, and neither to the trail."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from importing_office import DISTRICT, UNIT_HEADS, Office, messages

from xiaohao.actions import set_up
from xiaohao.ledger.tables import OFFICIAL, RESIDENT, TRAIL
from xiaohao.ledger.writing import Ledger

PEOPLE = ("姓名", "单位", "职务", "手机号", "任职时间")
HEADS = (
    "问题",
    "责任单位",
    "发现时间",
    "整改时限",
    "责任人",
    "责任人电话",
    "反映人",
    "反映人电话",
    "来电号码",
)
ROW = ("路灯不亮", "绿城社区", "2026-03-02", "2026-04-30")


@pytest.fixture
def office(engine: sa.Engine, tmp_path: Path) -> Office:
    set_up.set_up(Ledger(engine))
    office = Office(Ledger(engine), tmp_path)
    office.bring(office.file("单位.csv", [UNIT_HEADS, *DISTRICT]))
    return office


def mobiles(office: Office) -> dict[str, str | None]:
    return {row.name: row.mobile for row in office.rows(OFFICIAL)}


def in_the_trail(office: Office) -> str:
    return "\n".join(row.detail for row in office.rows(TRAIL))


def has_people(office: Office, *rows: tuple[str, ...]) -> None:
    assert office.bring(office.file("人员.csv", [PEOPLE, *rows])).written


def test_an_official_without_a_number_gets_that_of_the_ledger(office: Office) -> None:
    has_people(office, ("李明", "绿城社区", "党支部书记", "", "2025-1-1"))
    answer = office.bring(office.ledger_file((*ROW, "李明", "19900001002"), heads=HEADS))
    assert mobiles(office) == {"李明": "19900001002"}
    assert "电话没有登记" not in messages(answer)
    assert "19900001002" not in in_the_trail(office)


def test_an_official_of_the_same_import_gets_it_too(office: Office) -> None:
    people = office.file("人员.csv", [PEOPLE, ("李明", "绿城社区", "党支部书记", "", "2025-1-1")])
    office.bring(people, office.ledger_file((*ROW, "李明", "19900001002"), heads=HEADS))
    assert mobiles(office) == {"李明": "19900001002"}


def test_several_officials_of_a_cell_get_their_own(office: Office) -> None:
    has_people(
        office,
        ("李明", "绿城社区", "党支部书记", "", "2025-1-1"),
        ("王芳", "绿城社区", "经办人", "", "2025-1-1"),
    )
    heads = ("问题", "责任单位", "发现时间", "整改时限", "责任人及联系电话")
    office.bring(office.ledger_file((*ROW, "李明 19900001002\n王芳 19900001003"), heads=heads))
    assert mobiles(office) == {"李明": "19900001002", "王芳": "19900001003"}
    assert "1990000100" not in in_the_trail(office)


def test_a_known_number_is_never_replaced_by_a_ledger(office: Office) -> None:
    has_people(office, ("李明", "绿城社区", "党支部书记", "19900009999", "2025-1-1"))
    answer = office.bring(office.ledger_file((*ROW, "李明", "19900001002"), heads=HEADS))
    assert mobiles(office) == {"李明": "19900009999"}
    assert "1 行责任人的电话没有登记" in messages(answer)


def test_a_number_of_nobody_known_is_told_once_and_kept_nowhere(office: Office) -> None:
    rows = [(f"路灯{n}不亮", *ROW[1:], "赵六", "19900001004") for n in "甲乙丙"]
    answer = office.bring(office.ledger_file(*rows, heads=HEADS))
    assert messages(answer).count("电话没有登记") == 1
    assert "3 行责任人的电话没有登记" in messages(answer)
    assert mobiles(office) == {}
    assert "19900001004" not in in_the_trail(office)


def test_a_residents_number_goes_to_the_resident_and_nowhere_else(office: Office) -> None:
    """Also where several columns name one, and where an official has the same name."""
    has_people(office, ("张三", "绿城社区", "经办人", "", "2025-1-1"))
    row = (*ROW, "", "", "张三", "19900001005", "19900001006")
    office.bring(office.ledger_file(row, heads=HEADS))
    assert [(row.name, row.phone) for row in office.rows(RESIDENT)] == [("张三", "19900001005、19900001006")]
    assert mobiles(office) == {"张三": None}
    assert "1990000100" not in in_the_trail(office)
    assert [problem.extra for problem in office.problems()] == [None]


def test_a_second_telephone_beside_a_resident_stays_with_the_resident(office: Office) -> None:
    heads = ("问题", "责任单位", "发现时间", "整改时限", "反映人电话", "户主", "联系电话")
    office.bring(office.ledger_file((*ROW, "19900001005", "张三", "19900001006"), heads=heads))
    assert [row.phone for row in office.rows(RESIDENT)] == ["19900001005、19900001006"]
    assert "1990000100" not in in_the_trail(office)
