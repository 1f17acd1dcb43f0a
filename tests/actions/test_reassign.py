"""转办."""

from datetime import date

import pytest
from builders import BUREAU, COMMUNITY, TOWNSHIP, VILLAGE, a_problem
from district import District

from xiaohao.actions.reassign import reassign
from xiaohao.errors import Incomplete, MoveNotAllowed, NotFound, Refused
from xiaohao.vocabulary import Action

DAY = date(2026, 11, 3)


def test_the_clock_is_kept_and_the_new_unit_is_told(staffed: District) -> None:
    staffed.has(a_problem("HL-1", due_on="2026-11-20"))
    before = staffed.shows()
    with staffed.leaves_one_entry(Action.REASSIGN):
        reassign(staffed.ledger, "HL-1", COMMUNITY, "属该社区", by=staffed.who("周正"), on=DAY)
    after = staffed.shows()
    changed = {name for name in vars(before) if getattr(before, name) != getattr(after, name)}
    assert changed == {"unit", "unit_id", "version"}
    staffed.runs_night("2026-11-21")
    assert (staffed.told("刘芳"), staffed.told("王强")) == (["HL-1"], [])


def test_a_co_organising_unit_that_becomes_responsible_keeps_its_row(staffed: District) -> None:
    staffed.has(a_problem("HL-1", co_units=[BUREAU]))
    reassign(staffed.ledger, "HL-1", "JTJ", "由局里承办", by=staffed.who("周正"), on=DAY)
    assert (staffed.shows().unit, len(staffed.shows().co_unit)) == (BUREAU, 1)


@pytest.mark.parametrize(
    ("name", "unit", "why"),
    [
        ("王强", TOWNSHIP, "“转办”须由责任单位的上级单位办理"),  # his own unit only
        ("李明", COMMUNITY, "共同的上级单位"),  # above the village, not above the community
        ("李明", TOWNSHIP, "共同的上级单位"),  # not above his own township
        ("孙伟", COMMUNITY, "没有任职"),  # above the new unit only
    ],
)
def test_only_a_unit_above_both_gives_it_to_another(
    staffed: District, name: str, unit: str, why: str
) -> None:
    staffed.has(a_problem("HL-1"))
    with staffed.refuses(MoveNotAllowed, name, why):
        reassign(staffed.ledger, "HL-1", unit, "不属本村", by=staffed.who(name), on=DAY)


def test_everything_that_is_missing_is_said_at_once(staffed: District) -> None:
    staffed.has(a_problem("HL-1"))
    with staffed.refuses(Incomplete, "新的责任单位、转办理由"):
        reassign(staffed.ledger, "HL-1", "", "", by=staffed.who("周正"), on=DAY)


def test_it_goes_to_another_unit_that_is_known(staffed: District) -> None:
    staffed.has(a_problem("HL-1"))
    with staffed.refuses(Refused, f"责任单位已经是{VILLAGE}"):
        reassign(staffed.ledger, "HL-1", VILLAGE, "属该村", by=staffed.who("周正"), on=DAY)
    with staffed.refuses(NotFound, "没有“南街社区”这个单位"):
        reassign(staffed.ledger, "HL-1", "南街社区", "属该社区", by=staffed.who("周正"), on=DAY)


def test_not_while_an_application_waits(staffed: District) -> None:
    staffed.has(a_problem("HL-1"))
    staffed.has_applied(on="2026-11-03")
    with staffed.refuses(MoveNotAllowed, "申请销号"):
        reassign(staffed.ledger, "HL-1", COMMUNITY, "属该社区", by=staffed.who("周正"), on=DAY)
