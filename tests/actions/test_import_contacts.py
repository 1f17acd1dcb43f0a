"""Accounts of people and robots of units come in with their lists, and never go into the trail."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from importing_office import DISTRICT, ON, UNIT_HEADS, Office, counts, messages

from xiaohao.actions import set_up
from xiaohao.ledger import posts
from xiaohao.ledger.tables import CONTACT, OFFICIAL, TRAIL, UNIT
from xiaohao.ledger.writing import Ledger
from xiaohao.vocabulary import Channel

PEOPLE = (
    "姓名",
    "单位",
    "职务",
    "任职时间",
    "电子邮箱",
    "企业微信账号",
    "钉钉账号",
    "飞书账号",
    "浙政钉账号",
)
LI = (
    "李明",
    "绿城社区",
    "党支部书记",
    "2025-1-1",
    "li.ming@office.example",
    "liming",
    "0123",
    "ou_7",
    "1001",
)
ROBOTS = (*UNIT_HEADS, "群机器人")


@pytest.fixture
def office(engine: sa.Engine, tmp_path: Path) -> Office:
    set_up.set_up(Ledger(engine))
    office = Office(Ledger(engine), tmp_path)
    office.has_units()
    return office


def brings(office: Office, *rows: tuple[str, ...], heads: tuple[str, ...] = PEOPLE) -> Any:
    return office.bring(office.file("人员.csv", [heads, *rows]))


def ways(office: Office) -> dict[str, str]:
    return {row.channel.value: row.address for row in office.rows(CONTACT) if row.official_id}


def in_the_trail(office: Office) -> str:
    return "\n".join(row.detail for row in office.rows(TRAIL))


def test_a_list_of_people_says_where_each_is_reached(office: Office) -> None:
    answer = brings(office, LI)
    assert counts(answer) == (1, 0, 0, 0)
    assert messages(answer) == ""
    assert [row.email for row in office.rows(OFFICIAL)] == ["li.ming@office.example"]
    assert ways(office) == {
        "wecom_app": "liming",
        "dingtalk_work": "0123",
        "feishu_app": "ou_7",
        "dingtalk_gov": "1001",
    }
    (official,) = office.rows(OFFICIAL)
    with office.ledger.reading() as r:
        found = posts.contacts(r, [official.id])
    assert found[official.id][Channel.WECOM_APP] == "liming"


def test_nothing_of_it_is_told_to_the_trail(office: Office) -> None:
    brings(office, LI)
    told = in_the_trail(office)
    for address in LI[4:8]:
        assert address not in told
    assert "李明" in told


def test_the_same_list_again_changes_nothing(office: Office) -> None:
    brings(office, LI)
    before = office.rows(CONTACT)
    answer = brings(office, LI)
    assert not answer.written
    assert counts(answer) == (0, 0, 1, 0)
    assert office.rows(CONTACT) == before


def test_a_new_account_replaces_the_old_one_an_empty_cell_keeps_it_and_none_takes_it_away(
    office: Office,
) -> None:
    brings(office, LI)
    answer = brings(office, (*LI[:4], "无", "liming2", "", "无", "1001"))
    assert counts(answer) == (0, 1, 0, 0)
    assert ways(office) == {"wecom_app": "liming2", "dingtalk_work": "0123", "dingtalk_gov": "1001"}
    assert [row.email for row in office.rows(OFFICIAL)] == [None]


def test_what_is_no_mail_address_is_told_and_left_out(office: Office) -> None:
    answer = brings(office, (*LI[:4], "没有邮箱", "liming"))
    assert "看不出是电子邮箱地址" in messages(answer)
    assert [row.email for row in office.rows(OFFICIAL)] == [None]
    assert ways(office) == {"wecom_app": "liming"}


def test_a_dry_run_writes_no_contact(office: Office) -> None:
    office.bring(office.file("人员.csv", [PEOPLE, LI]), dry_run=True)
    assert office.rows(CONTACT) == []


def test_a_refused_file_writes_no_contact(office: Office) -> None:
    answer = brings(office, LI, ("王芳", "无此单位", "经办人", "2025-1-1", "", "wangfang"))
    assert answer.has_errors
    assert office.rows(CONTACT) == []


def groups(office: Office) -> dict[str, dict[str, str]]:
    names = {row.id: row.name for row in office.rows(UNIT)}
    found: dict[str, dict[str, str]] = {}
    for row in office.rows(CONTACT):
        if row.unit_id:
            found.setdefault(names[row.unit_id], {})[row.channel.value] = row.address
    return found


def test_a_list_of_units_says_the_robot_of_each_group(office: Office) -> None:
    heads = (*ROBOTS, "钉钉群机器人")
    lines = [("孟轲乡", "乡镇", "华龙区", "孟轲乡群", "乡里"), ("后孟村", "村", "孟轲乡", "", "后孟")]
    answer = office.bring(office.file("单位.csv", [heads, *lines]))
    assert counts(answer) == (1, 1, 0, 0)
    assert groups(office) == {
        "孟轲乡": {"wecom_robot": "孟轲乡群", "dingtalk_robot": "乡里", "feishu_robot": "孟轲乡群"},
        "后孟村": {"dingtalk_robot": "后孟"},
    }
    assert not office.bring(office.file("单位.csv", [heads, *lines])).written
    assert "孟轲乡群" not in in_the_trail(office)


def test_an_official_is_met_in_the_group_of_the_nearest_unit(office: Office) -> None:
    written = {"华龙区": "区群", "孟轲乡": "乡群", "绿城社区": "绿城群"}
    office.bring(office.file("单位.csv", [ROBOTS, *[(*row, written.get(row[0], "")) for row in DISTRICT]]))
    nearest = {
        "绿城社区": "绿城群",
        "人民路街道": "区群",
        "杨干城村": "乡群",
        "孟轲乡": "乡群",
        "区住建局": "区群",
    }
    brings(office, *((f"{unit}的人", unit, "经办人", "2025-1-1") for unit in nearest), heads=PEOPLE[:4])
    ids = {row.id: row.name.removesuffix("的人") for row in office.rows(OFFICIAL)}
    with office.ledger.reading() as r:
        found = posts.group_contacts(r, list(ids), ON)
        assert {ids[id_]: ways[Channel.WECOM_ROBOT] for id_, ways in found.items()} == nearest
        assert posts.group_contacts(r, list(ids), date(2024, 12, 31)) == {}
        assert posts.group_contacts(r, [], ON) == {}


def test_of_several_posts_the_first_goes_first(office: Office) -> None:
    office.bring(
        office.file(
            "单位.csv",
            [ROBOTS, ("孟轲乡", "乡镇", "华龙区", "乡群"), ("绿城社区", "社区", "人民路街道", "绿城群")],
        )
    )
    lines = [("李明", "绿城社区", "经办人", "2025-1-1"), ("李明", "孟轲乡", "经办人", "2025-2-1")]
    brings(office, *((*line, "G1") for line in lines), heads=(*PEOPLE[:4], "工号"))
    (official,) = office.rows(OFFICIAL)
    with office.ledger.reading() as r:
        assert posts.group_contacts(r, [official.id], ON)[official.id][Channel.FEISHU_ROBOT] == "绿城群"
