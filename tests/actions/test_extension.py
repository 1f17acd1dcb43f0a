"""延期: asked below, decided above."""

from datetime import date

import pytest
from builders import a_problem
from district import District

from xiaohao.actions import extension
from xiaohao.errors import Incomplete, MoveNotAllowed, WrongDate
from xiaohao.vocabulary import Action, Decision, Light, RectificationClass

DAY = date(2026, 11, 18)
LATER = date(2026, 12, 4)
PROBLEM = a_problem("HL-1", due_on="2026-11-20")


def asks(district: District, on: date = DAY, until: date = LATER) -> None:
    extension.ask(district.ledger, "HL-1", until, "雨季", by=district.who("王强"), on=on)


def test_asked_and_granted(staffed: District) -> None:
    """Decision 24: asking stops nothing, the granted day holds."""
    staffed.has(PROBLEM)
    with staffed.leaves_one_entry(Action.ASK_EXTENSION):
        asks(staffed)
    assert staffed.shows().due_on == date(2026, 11, 20)
    with staffed.leaves_one_entry(Action.GRANT_EXTENSION):
        extension.grant(staffed.ledger, "HL-1", by=staffed.who("李明"), on=DAY)
    seen = staffed.shows()
    assert (seen.due_on, seen.original_due_on) == (LATER, date(2026, 11, 20))
    (row,) = seen.extension
    assert (row["decision"], row["until_granted"], row["decided_on"]) == (Decision.GRANTED, LATER, DAY)


def test_granted_after_a_breach_the_light_is_green_again(staffed: District) -> None:
    """Decision 25: the step that no longer holds is withdrawn."""
    staffed.has(PROBLEM)
    staffed.runs_night("2026-11-21")
    assert (staffed.shows().light, staffed.shows().level) == (Light.RED, 1)
    asks(staffed, on=date(2026, 11, 23))
    extension.grant(staffed.ledger, "HL-1", by=staffed.who("李明"), on=date(2026, 11, 23))
    assert (staffed.shows().light, staffed.shows().level) == (Light.GREEN, 0)
    assert all(step.withdrawn_on is not None for step in staffed.steps())


def test_refused_with_a_reason(staffed: District) -> None:
    staffed.has(PROBLEM)
    asks(staffed)
    with staffed.refuses(Incomplete, "不同意延期的理由"):
        extension.refuse(staffed.ledger, "HL-1", "", by=staffed.who("李明"), on=DAY)
    with staffed.leaves_one_entry(Action.REFUSE_EXTENSION):
        extension.refuse(staffed.ledger, "HL-1", "可以完成", by=staffed.who("李明"), on=DAY)
    assert staffed.shows().due_on == date(2026, 11, 20)
    with staffed.refuses(MoveNotAllowed, "没有待批的延期申请"):
        extension.refuse(staffed.ledger, "HL-1", "可以完成", by=staffed.who("李明"), on=DAY)


@pytest.mark.parametrize("name", ["陈静", "王强"])
def test_the_responsible_unit_does_not_decide_for_itself(staffed: District, name: str) -> None:
    staffed.has(PROBLEM)
    asks(staffed)
    with staffed.refuses(MoveNotAllowed, "上级单位", name):
        extension.grant(staffed.ledger, "HL-1", by=staffed.who(name), on=DAY)
    with staffed.refuses(MoveNotAllowed, "上级单位", name):
        extension.refuse(staffed.ledger, "HL-1", "可以完成", by=staffed.who(name), on=DAY)


def test_everything_that_is_missing_is_said_at_once(staffed: District) -> None:
    staffed.has(PROBLEM)
    with staffed.refuses(Incomplete, "新的整改时限和延期理由"):
        extension.ask(staffed.ledger, "HL-1", None, " ", by=staffed.who("王强"), on=DAY)
    with staffed.refuses(Incomplete, "没有待批的延期申请", "新的整改时限和延期理由"):
        extension.grant(staffed.ledger, "HL-1", by=staffed.who("李明"), on=DAY)


def test_one_request_at_a_time(staffed: District) -> None:
    staffed.has(PROBLEM)
    asks(staffed)
    with staffed.refuses(MoveNotAllowed, "已有一项延期申请待批"):
        asks(staffed)


def test_days_are_in_order(staffed: District) -> None:
    staffed.has(PROBLEM)
    with staffed.refuses(WrongDate, "必须晚于现在的整改时限 2026-11-20"):
        asks(staffed, until=date(2026, 11, 20))
    asks(staffed)
    with staffed.refuses(WrongDate, "2026-11-18", "所给为 2026-11-17"):
        extension.grant(staffed.ledger, "HL-1", by=staffed.who("李明"), on=date(2026, 11, 17))


def test_a_long_term_problem_has_no_last_day(staffed: District) -> None:
    staffed.has(a_problem("HL-1", rectification_class=RectificationClass.LONG_TERM))
    with staffed.refuses(MoveNotAllowed, "没有整改时限"):
        asks(staffed)
