"""整改进展."""

from datetime import date

from builders import a_problem
from district import District

from xiaohao.actions.report_progress import report_progress
from xiaohao.errors import Incomplete, MoveNotAllowed, WrongDate
from xiaohao.vocabulary import Action, Entered, RectificationClass, Status

DAY = date(2026, 11, 3)


def test_a_report_takes_the_problem_up(staffed: District) -> None:
    """Decision 22."""
    staffed.has(a_problem("HL-1", entered=Entered.HAND))
    with staffed.leaves_one_entry(Action.PROGRESS):
        report_progress(staffed.ledger, "HL-1", " 已进场施工 ", by=staffed.who("陈静"), on=DAY)
    seen = staffed.shows()
    assert (seen.status, seen.taken_up_on) == (Status.RECTIFYING, DAY)
    assert [(row["text"], row["on"]) for row in seen.progress] == [("已进场施工", DAY)]


def test_a_report_holds_the_review_of_a_long_term_problem(staffed: District) -> None:
    """Decision 36: none is due, so it holds the next one."""
    staffed.has(a_problem("HL-1", rectification_class=RectificationClass.LONG_TERM))
    assert staffed.shows().review_on == date(2027, 2, 2)
    report_progress(staffed.ledger, "HL-1", "已推进", by=staffed.who("陈静"), on=DAY)
    assert staffed.shows().review_on == date(2027, 5, 3)  # 2 May 2027 is a Sunday


def test_a_report_says_something(staffed: District) -> None:
    staffed.has(a_problem("HL-1"))
    with staffed.refuses(Incomplete, "整改进展"):
        report_progress(staffed.ledger, "HL-1", "  ", by=staffed.who("陈静"), on=DAY)


def test_reports_come_in_the_order_of_their_days(staffed: District) -> None:
    staffed.has(a_problem("HL-1"))
    report_progress(staffed.ledger, "HL-1", "已进场", by=staffed.who("陈静"), on=DAY)
    with staffed.refuses(WrongDate, "2026-11-03", "所给为 2026-11-02"):
        report_progress(staffed.ledger, "HL-1", "准备", by=staffed.who("陈静"), on=date(2026, 11, 2))


def test_nothing_is_reported_while_an_application_waits(staffed: District) -> None:
    staffed.has(a_problem("HL-1"))
    staffed.has_applied(on="2026-11-03")
    with staffed.refuses(MoveNotAllowed, "申请销号", "不能办理“报告进展”"):
        report_progress(staffed.ledger, "HL-1", "已推进", by=staffed.who("陈静"), on=DAY)
