"""中止."""

from datetime import date

from builders import a_problem
from district import District

from xiaohao.actions import suspension
from xiaohao.errors import Incomplete, MoveNotAllowed, WrongDate
from xiaohao.vocabulary import Action, Status

FIRST, LAST = date(2026, 11, 9), date(2026, 11, 13)
PROBLEM = a_problem("HL-1", due_on="2026-11-20")


def suspends(
    district: District, by: str = "李明", reason: str = "管线迁改", first: date = FIRST, last: date = LAST
) -> None:
    suspension.grant(district.ledger, "HL-1", first, last, reason, by=district.who(by), on=date(2026, 11, 9))


def test_suspended_days_are_no_days(staffed: District) -> None:
    """Decisions 28 to 30."""
    staffed.has(PROBLEM)
    with staffed.leaves_one_entry(Action.GRANT_SUSPENSION):
        suspends(staffed)
    seen = staffed.shows()
    assert (seen.status, seen.light, seen.due_on) == (Status.SUSPENDED, None, date(2026, 11, 25))
    staffed.runs_nights("2026-11-10", "2026-11-14")
    assert staffed.shows().status is Status.RECTIFYING


def test_an_application_ends_it_with_the_day_before(staffed: District) -> None:
    """Decision 33."""
    staffed.has(PROBLEM)
    suspends(staffed)
    staffed.has_applied(on="2026-11-11")
    assert staffed.shows().suspension[0]["cut_on"] == date(2026, 11, 11)
    assert staffed.shows().due_on == date(2026, 11, 23)  # two days used, 22 November is a Sunday
    with staffed.refuses(MoveNotAllowed, "申请销号"):
        suspends(staffed)


def test_a_unit_above_grants_it_with_a_reason(staffed: District) -> None:
    staffed.has(PROBLEM)
    with staffed.refuses(MoveNotAllowed, "“中止”须由责任单位的上级单位办理"):
        suspends(staffed, by="王强")
    with staffed.refuses(Incomplete, "中止的理由"):
        suspends(staffed, reason=" ")


def test_its_days_are_in_order(staffed: District) -> None:
    staffed.has(PROBLEM)
    with staffed.refuses(WrongDate, "早于第一天"):
        suspends(staffed, first=LAST, last=FIRST)
    with staffed.refuses(WrongDate, "发现之日（2026-11-02）"):
        suspends(staffed, first=date(2026, 11, 1))
