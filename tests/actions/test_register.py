"""登记, and what it refuses."""

from dataclasses import replace
from datetime import date

import pytest
from builders import BUREAU, COMMUNITY, VILLAGE
from district import District

from xiaohao.actions.register import Registration, register
from xiaohao.errors import Incomplete, MoveNotAllowed, NotFound, Refused, WrongDate
from xiaohao.vocabulary import Action, Entered, RectificationClass, Source, Status

DAY = date(2026, 11, 2)
ENTRY = Registration("东门外道路破损", VILLAGE, RectificationClass.IMMEDIATE, DAY, external_number="HL-1")


def test_a_problem_entered_by_hand_waits_to_be_taken_up(staffed: District) -> None:
    """Decisions 17 and 40: registered, and the unit has one working day to take it up."""
    entry = replace(
        ENTRY, co_units=(BUREAU, VILLAGE, BUREAU), measures=("修补路面", "  "), source=Source.HOTLINE
    )
    number = register(staffed.ledger, entry, by=staffed.who("陈静"), on=DAY)
    seen = staffed.shows(number)
    assert (number, seen.number) == ("HL-2026-0001", "HL-2026-0001")
    assert (seen.status, seen.entered, seen.take_up_by) == (
        Status.REGISTERED,
        Entered.HAND,
        date(2026, 11, 3),
    )
    assert seen.due_on == date(2026, 11, 5)  # three working days
    assert [row["text"] for row in seen.measure] == ["修补路面"]
    assert len(seen.co_unit) == 1  # once, and not the responsible unit itself


def test_one_trail_entry_with_version_one(staffed: District) -> None:
    size = staffed.trail_size()
    register(staffed.ledger, ENTRY, by=staffed.who("陈静"), on=DAY)
    (entry,) = staffed.entries("HL-1")
    assert (entry.seq, entry.action, entry.version) == (size, Action.REGISTER.value, 1)
    assert (staffed.trail_size(), staffed.shows("HL-1").version) == (size + 1, 1)


def test_a_problem_of_a_reception_day_says_so(staffed: District) -> None:
    entry = replace(ENTRY, source=Source.RECEPTION_DAY)
    number = register(staffed.ledger, entry, by=staffed.who("陈静"), on=DAY)
    assert staffed.shows(number).entered is Entered.RECEPTION


def test_everything_that_is_missing_is_said_at_once(staffed: District) -> None:
    empty = Registration(" ", "", None, DAY)
    with staffed.refuses(Incomplete, "问题描述", "责任单位", "整改类型") as caught:
        register(staffed.ledger, empty, by=staffed.who("陈静"), on=DAY)
    assert len(caught.value.missing) == 3
    undated = replace(ENTRY, title="", rectification_class=RectificationClass.TIME_LIMITED)
    with staffed.refuses(Incomplete, "问题描述", "整改时限") as caught:
        register(staffed.ledger, undated, by=staffed.who("陈静"), on=DAY)
    assert len(caught.value.missing) == 2


def test_it_cannot_be_registered_before_it_was_found(staffed: District) -> None:
    with staffed.refuses(WrongDate, "发现日期 2026-11-02 晚于登记日期 2026-11-01"):
        register(staffed.ledger, ENTRY, by=staffed.who("陈静"), on=date(2026, 11, 1))


@pytest.mark.parametrize("name", ["刘芳", "孙伟"])
def test_nobody_registers_for_a_unit_outside_his_own(staffed: District, name: str) -> None:
    """I10: 刘芳 is in another community, 孙伟 in another subdistrict."""
    with staffed.refuses(MoveNotAllowed, name, "没有任职", VILLAGE):
        register(staffed.ledger, ENTRY, by=staffed.who(name), on=DAY)


def test_an_unknown_unit_is_named(staffed: District) -> None:
    with staffed.refuses(NotFound, "没有“杨干成村”这个单位"):
        register(staffed.ledger, replace(ENTRY, unit="杨干成村"), by=staffed.who("陈静"), on=DAY)


def test_an_external_number_is_taken_once(staffed: District) -> None:
    register(staffed.ledger, ENTRY, by=staffed.who("陈静"), on=DAY)
    with staffed.refuses(Refused, "编号“HL-1”已是另一个问题的编号"):
        register(staffed.ledger, replace(ENTRY, unit=COMMUNITY), by=staffed.who("刘芳"), on=DAY)
