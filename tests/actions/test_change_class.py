"""变更整改类型."""

from datetime import date

from builders import a_problem
from district import District

from xiaohao.actions import extension
from xiaohao.actions.change_class import change_class
from xiaohao.errors import Incomplete, MoveNotAllowed
from xiaohao.rules.counting import Term
from xiaohao.vocabulary import Action, RectificationClass, TermUnit

DAY = date(2026, 11, 3)
LIMITED = RectificationClass.TIME_LIMITED


def test_the_due_day_is_worked_out_anew_from_the_same_day_of_finding(staffed: District) -> None:
    """Decision 43: the original due day stays, extensions granted before no longer count."""
    staffed.has(a_problem("HL-1", due_on="2026-11-20"))
    extension.grant(
        staffed.ledger, "HL-1", by=staffed.who("李明"), on=DAY, until=date(2026, 12, 4), reason="雨季"
    )
    with staffed.leaves_one_entry(Action.CHANGE_CLASS):
        term = Term(30, TermUnit.DAY)
        change_class(staffed.ledger, "HL-1", LIMITED, "工程量大", by=staffed.who("李明"), on=DAY, term=term)
    seen = staffed.shows()
    assert (seen.due_on, seen.original_due_on) == (date(2026, 12, 2), date(2026, 11, 20))
    assert seen.extension[0]["lapsed_on"] == DAY


def test_everything_that_is_missing_is_said_at_once(staffed: District) -> None:
    staffed.has(a_problem("HL-1"))
    with staffed.refuses(Incomplete, "改为限期整改还缺：变更理由、整改时限"):
        change_class(staffed.ledger, "HL-1", LIMITED, "", by=staffed.who("李明"), on=DAY)


def test_a_unit_above_decides(staffed: District) -> None:
    staffed.has(a_problem("HL-1"))
    long_term = RectificationClass.LONG_TERM
    with staffed.refuses(MoveNotAllowed, "“变更整改类型”须由责任单位的上级单位办理"):
        change_class(staffed.ledger, "HL-1", long_term, "长期推进", by=staffed.who("王强"), on=DAY)
