"""签收."""

from datetime import date

from builders import a_problem
from district import District

from xiaohao.actions.suspension import grant
from xiaohao.actions.take_up import take_up
from xiaohao.errors import MoveNotAllowed, WrongDate
from xiaohao.vocabulary import Action, Entered, Status

BY_HAND = a_problem("HL-1", entered=Entered.HAND, found_on="2026-11-02")


def test_the_unit_says_that_it_has_the_problem(staffed: District) -> None:
    staffed.has(BY_HAND)
    with staffed.leaves_one_entry(Action.TAKE_UP):
        take_up(staffed.ledger, "HL-1", by=staffed.who("王强"), on=date(2026, 11, 3))
    seen = staffed.shows()
    assert (seen.status, seen.taken_up_on) == (Status.RECTIFYING, date(2026, 11, 3))


def test_it_is_taken_up_once(staffed: District) -> None:
    staffed.has(BY_HAND)
    take_up(staffed.ledger, "HL-1", by=staffed.who("王强"), on=date(2026, 11, 3))
    with staffed.refuses(MoveNotAllowed, "整改中"):
        take_up(staffed.ledger, "HL-1", by=staffed.who("王强"), on=date(2026, 11, 4))


def test_another_unit_cannot_take_it_up(staffed: District) -> None:
    staffed.has(BY_HAND)
    with staffed.refuses(MoveNotAllowed, "刘芳", "没有任职", "签收"):
        take_up(staffed.ledger, "HL-1", by=staffed.who("刘芳"), on=date(2026, 11, 3))


def test_not_before_it_was_registered(staffed: District) -> None:
    staffed.has(BY_HAND)
    with staffed.refuses(WrongDate, "2026-11-02", "签收"):
        take_up(staffed.ledger, "HL-1", by=staffed.who("王强"), on=date(2026, 11, 1))


def test_whether_it_can_be_taken_up_does_not_hang_on_the_nights(staffed: District) -> None:
    """I4: no night has run since the suspension ended, so the row still says suspended."""
    staffed.has(BY_HAND)
    first, last, day = date(2026, 11, 3), date(2026, 11, 5), date(2026, 11, 3)
    grant(staffed.ledger, "HL-1", first, last, "停电", by=staffed.who("李明"), on=day)
    assert staffed.shows().status is Status.SUSPENDED
    take_up(staffed.ledger, "HL-1", by=staffed.who("王强"), on=date(2026, 11, 6))
    assert staffed.shows().status is Status.RECTIFYING


def test_a_suspended_problem_that_was_taken_up_is_not_taken_up_again(staffed: District) -> None:
    staffed.has(a_problem("HL-1"))
    first, last = date(2026, 11, 3), date(2026, 11, 5)
    grant(staffed.ledger, "HL-1", first, last, "停电", by=staffed.who("李明"), on=first)
    with staffed.refuses(MoveNotAllowed, "已于 2026-11-02 签收"):
        take_up(staffed.ledger, "HL-1", by=staffed.who("王强"), on=date(2026, 11, 6))
