"""作废."""

from datetime import date

from builders import a_problem
from district import District

from xiaohao.actions import cancel, report_progress
from xiaohao.errors import Incomplete, MoveNotAllowed
from xiaohao.vocabulary import Action, ClosingOutcome, Status

DAY = date(2026, 11, 23)


def test_a_cancelled_problem_has_no_light_and_no_timer(staffed: District) -> None:
    staffed.has(a_problem("HL-1", due_on="2026-11-20"))
    staffed.runs_night("2026-11-21")
    with staffed.leaves_one_entry(Action.CANCEL):
        cancel.cancel(staffed.ledger, "HL-1", "重复登记", by=staffed.who("李明"), on=DAY)
    seen = staffed.shows()
    assert (seen.status, seen.light, seen.level, seen.next_event_on) == (Status.CANCELLED, None, 0, None)
    assert (seen.cancelled_on, seen.cancel_reason) == (DAY, "重复登记")
    staffed.runs_night("2026-12-01")
    assert staffed.told("王强") == []


def test_what_was_not_told_never_is_and_missed_nights_change_nothing(staffed: District) -> None:
    """Decision 58: the steps up to the day are recorded first; nobody is told of them."""
    staffed.has(a_problem("HL-1", due_on="2026-11-20"))
    cancel.cancel(staffed.ledger, "HL-1", "重复登记", by=staffed.who("李明"), on=DAY)
    assert [str(step.crossed_on) for step in staffed.steps()] == ["2026-11-19", "2026-11-21"]
    assert all(step.quiet and step.withdrawn_on is None for step in staffed.steps())
    staffed.runs_night("2026-11-24")
    assert staffed.told("王强") == staffed.told("陈静") == []


def test_what_a_night_told_meanwhile_stands(staffed: District) -> None:
    """Entered late: the cancelling counts from its day, and what was told since was told."""
    staffed.has(a_problem("HL-1", due_on="2026-11-20"))
    staffed.runs_night("2026-11-23")
    cancel.cancel(staffed.ledger, "HL-1", "重复登记", by=staffed.who("李明"), on=date(2026, 11, 20))
    assert [step.withdrawn_on is not None for step in staffed.steps()] == [False, False]
    assert staffed.shows().status is Status.CANCELLED


def test_an_application_that_waits_goes_back_with_it(staffed: District) -> None:
    staffed.has(a_problem("HL-1"))
    staffed.has_applied(on="2026-11-03")
    cancel.cancel(staffed.ledger, "HL-1", "不属本村", by=staffed.who("李明"), on=DAY)
    (row,) = staffed.shows().closing
    assert (row["outcome"], row["returned_on"], row["reason"]) == (
        ClosingOutcome.RETURNED,
        DAY,
        "问题作废：不属本村",
    )


def test_only_a_unit_above_cancels_and_says_why(staffed: District) -> None:
    staffed.has(a_problem("HL-1"))
    with staffed.refuses(MoveNotAllowed, "“作废”须由责任单位的上级单位办理", "王强"):
        cancel.cancel(staffed.ledger, "HL-1", "重复登记", by=staffed.who("王强"), on=DAY)
    with staffed.refuses(Incomplete, "作废的理由"):
        cancel.cancel(staffed.ledger, "HL-1", "", by=staffed.who("李明"), on=DAY)


def test_nothing_more_is_done_with_it(staffed: District) -> None:
    staffed.has(a_problem("HL-1"))
    cancel.cancel(staffed.ledger, "HL-1", "重复登记", by=staffed.who("李明"), on=DAY)
    with staffed.refuses(MoveNotAllowed, "当前为“作废”"):
        report_progress.report_progress(staffed.ledger, "HL-1", "已推进", by=staffed.who("王强"), on=DAY)
    with staffed.refuses(MoveNotAllowed, "当前为“作废”"):
        cancel.cancel(staffed.ledger, "HL-1", "重复登记", by=staffed.who("李明"), on=DAY)
