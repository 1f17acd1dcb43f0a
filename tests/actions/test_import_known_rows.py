"""What a newer edition of a ledger changes of problems that are known, and what only an act may (DESIGN 4.8)."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from importing_office import ON, Office, counts, messages, told

from xiaohao.actions import register, set_up
from xiaohao.actions.register import Registration
from xiaohao.ledger import posts
from xiaohao.ledger.tables import CLOSING, CO_UNIT, MEASURE, PROGRESS, TRAIL
from xiaohao.ledger.writing import Ledger
from xiaohao.vocabulary import RectificationClass, Source, Status

LATER = ON + timedelta(days=7)
FULL: dict[str, str] = {
    "编号": "A-1",
    "问题": "东门外道路破损",
    "责任单位": "杨干城村",
    "协办单位": "区住建局",
    "发现时间": "2026-03-02",
    "来源": "走访",
    "整改类型": "限期整改",
    "整改时限": "2026-04-30",
    "整改措施": "1.封闭道路；2.重新摊铺",
    "整改进展": "已封闭",
    "是否销号": "否",
    "销号时间": "",
    "备注": "市级督办",
}


@pytest.fixture
def office(engine: sa.Engine, tmp_path: Path) -> Office:
    set_up.set_up(Ledger(engine))
    office = Office(Ledger(engine), tmp_path)
    office.has_units()
    return office


def edition(office: Office, **changed: str) -> Path:
    """The ledger of one problem with some cells changed."""
    row = FULL | changed
    return office.ledger_file(list(row.values()), heads=list(row))


def texts(office: Office, table: sa.Table) -> list[str]:
    return [row.text for row in office.rows(table)]


@pytest.mark.parametrize(
    ("cells", "column", "value"),
    [
        ({"问题": "东门外道路破损、积水"}, "title", "东门外道路破损、积水"),
        ({"来源": "联合接待日"}, "source", Source.RECEPTION_DAY),
        ({"备注": "区级督办"}, "extra", '{"备注":"区级督办"}'),
        ({"具体地点": "东门外"}, "place", "东门外"),
    ],
)
def test_text_updates(office: Office, cells: dict[str, str], column: str, value: Any) -> None:
    office.bring(edition(office))
    answer = office.bring(edition(office, **cells), on=LATER)
    assert (answer.written, counts(answer), told(answer)) == (True, (0, 1, 0, 0), [])
    [problem] = office.problems()
    assert getattr(problem, column) == value
    entry = office.rows(TRAIL)[-1]
    assert (entry.subject, entry.version, entry.actor) == (f"problem:{problem.id}", 2, "system:import")
    assert json.loads(entry.detail)["problem"].keys() <= {column, "title_key"}


@pytest.mark.parametrize("column", ["备注", "整改措施", "整改进展", "协办单位", "来源"])
def test_an_empty_cell_takes_nothing_away(office: Office, column: str) -> None:
    office.bring(edition(office))
    before = office.head()
    answer = office.bring(edition(office, **{column: ""}), on=LATER)
    assert (answer.written, office.head()) == (False, before)


@pytest.mark.parametrize(
    ("newer", "expected"),
    [
        ("1.封闭道路；2.重新摊铺；3.划线", ["封闭道路", "重新摊铺", "划线"]),  # one more
        ("1.划线；2.封闭道路；3.重新摊铺", ["封闭道路", "重新摊铺", "划线"]),  # known by their text
        ("1.封闭道路；2.重新摊铺沥青", ["封闭道路", "重新摊铺沥青"]),  # known by its place
        ("1.重新摊铺", ["封闭道路", "重新摊铺"]),  # nothing is deleted
    ],
)
def test_measures_update_by_text_or_place(office: Office, newer: str, expected: Sequence[str]) -> None:
    office.bring(edition(office))
    office.bring(edition(office, 整改措施=newer), on=LATER)
    assert texts(office, MEASURE) == expected


def test_new_progress_is_added_once_and_moves_nothing_else(office: Office) -> None:
    office.bring(edition(office, 整改类型="长期整改", 整改时限="长期坚持"))
    [before] = office.problems()
    answer = office.bring(
        edition(office, 整改类型="长期整改", 整改时限="长期坚持", 整改进展="已摊铺一半"), on=LATER
    )
    assert counts(answer) == (0, 1, 0, 0)
    assert [(row.text, row.on) for row in office.rows(PROGRESS)] == [("已封闭", ON), ("已摊铺一半", LATER)]
    [after] = office.problems()
    assert dict(after._mapping) | {"version": 1} == dict(before._mapping)
    again = edition(office, 整改类型="长期整改", 整改时限="长期坚持", 整改进展="已封闭")
    assert not office.bring(again, on=LATER).written


def test_progress_of_a_problem_that_was_entered_by_hand_takes_it_up(office: Office) -> None:
    """Decision 22."""
    people = [("姓名", "单位", "职务", "工号", "任职时间"), ("李明", "华龙区", "督查员", "D1", "2020-1-1")]
    office.bring(office.file("人员.csv", people))
    with office.ledger.reading() as r:
        by = posts.person(r, "D1", ON)
    entry = Registration(
        "东门外道路破损",
        "杨干城村",
        RectificationClass.TIME_LIMITED,
        ON,
        due_on=date(2026, 4, 30),
        external_number="A-1",
    )
    register.register(office.ledger, entry, by=by, on=ON)
    assert office.problems()[0].status is Status.REGISTERED
    office.bring(edition(office, 发现时间="2026-03-10"), on=LATER)
    [problem] = office.problems()
    assert (problem.status, problem.taken_up_on) == (Status.RECTIFYING, LATER)


@pytest.mark.parametrize(
    ("cells", "column", "act"),
    [
        ({"整改时限": "2026-05-29"}, "整改时限", "延期"),
        ({"整改时限": "30个工作日"}, "整改时限", "延期"),
        ({"整改类型": "立行立改", "整改时限": "立行立改"}, "整改类型", "变更整改类型"),
        ({"责任单位": "前孟村"}, "责任单位", "转办"),
        ({"协办单位": "人民路街道"}, "协办单位", "更正"),
        ({"发现时间": "2026-03-03"}, "发现时间", "作废"),
        ({"是否销号": "是", "销号时间": "2026-03-09"}, "是否销号", "申请销号"),
    ],
)
def test_what_is_an_act_is_never_applied_and_the_warning_names_it(
    office: Office, cells: dict[str, str], column: str, act: str
) -> None:
    office.bring(edition(office))
    before = office.head()
    answer = office.bring(edition(office, **cells), on=LATER)
    assert (answer.written, counts(answer), office.head()) == (False, (0, 0, 1, 0), before)
    assert [(severity, where) for severity, _, where in told(answer)] == [("warning", column)]
    assert act in messages(answer)


@pytest.mark.parametrize("limit", ["4月30日前", "2026年4月底前", "2026.4.30"])
def test_the_same_day_in_other_words_is_no_other_limit(office: Office, limit: str) -> None:
    office.bring(edition(office))
    answer = office.bring(edition(office, 整改时限=limit), on=LATER)
    assert (answer.written, told(answer)) == (False, [])


def test_rows_that_are_absent_stay_as_they_are(office: Office) -> None:
    office.bring(edition(office))
    [before] = office.problems()
    office.bring(edition(office, 编号="A-2", 问题="路灯不亮"), on=LATER)
    assert office.problems()[0] == before


@pytest.mark.parametrize(
    ("cells", "filled", "closed_on"),
    [
        ({"销号时间": "2026-03-08"}, "2026-03-09", date(2026, 3, 8)),
        ({}, "2026-03-09", date(2026, 3, 9)),
        ({}, "", ON),
    ],
)
def test_a_row_that_was_closed_when_first_imported_is_historic(
    office: Office, cells: dict[str, str], filled: str, closed_on: date
) -> None:
    row = FULL | {"是否销号": "是"} | cells
    above = [("孟轲乡问题整改台账",), (f"填报日期：{filled}",)] if filled else []
    office.bring(office.file("台账.csv", [*above, list(row), list(row.values())]))
    [problem] = office.problems()
    assert (problem.status, problem.light, problem.next_event_on) == (Status.CLOSED, None, None)
    [closing] = office.rows(CLOSING)
    assert (closing.kind.value, closing.closed_on, closing.verified_by) == ("historic", closed_on, None)


def test_a_term_is_kept_so_that_calendars_count_it_anew(office: Office) -> None:
    office.bring(edition(office, 整改时限="15个工作日内"))
    [problem] = office.problems()
    assert (problem.term_count, problem.term_unit, problem.due_given) == (15, "workday", None)
    assert problem.due_on == date(2026, 3, 23)
    assert problem.limit_text == "15个工作日内"


def test_helping_units_and_the_owner_are_kept(office: Office) -> None:
    row = FULL | {"责任人": "王书记", "联系电话": "19900001234"}
    office.bring(office.ledger_file(list(row.values()), heads=list(row)))
    [problem] = office.problems()
    assert json.loads(problem.extra) == {"备注": "市级督办", "责任人": "王书记"}
    assert len(office.rows(CO_UNIT)) == 1
    assert "19900001234" not in "".join(entry.detail for entry in office.rows(TRAIL))
