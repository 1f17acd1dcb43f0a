"""反弹."""

from datetime import date

import pytest
from builders import a_problem
from district import District

from xiaohao.actions import closing
from xiaohao.actions.reopen import reopen
from xiaohao.errors import Incomplete, MoveNotAllowed, WrongDate
from xiaohao.vocabulary import Action, RectificationClass, Status

DAY = date(2026, 11, 16)


@pytest.fixture
def closed(staffed: District) -> District:
    """A district whose one problem was closed on 4 November."""
    staffed.has(a_problem("HL-1", rectification_class=RectificationClass.TIME_LIMITED, due_on="2026-11-30"))
    staffed.has_applied(on="2026-11-03")
    closing.verify(staffed.ledger, "HL-1", by=staffed.who("李明"), on=date(2026, 11, 4))
    staffed.runs_night("2026-11-05")
    return staffed


def test_a_new_round_with_a_new_clock(closed: District) -> None:
    """Decision 42: level 0, no take-up, the evidence of the first round does not count."""
    with closed.leaves_one_entry(Action.REOPEN):
        reopen(closed.ledger, "HL-1", "又积水了", by=closed.who("王强"), on=DAY, due_on=date(2026, 12, 11))
    seen = closed.shows()
    assert (seen.status, seen.round, seen.started_on, seen.level) == (Status.RECTIFYING, 2, DAY, 0)
    assert (seen.due_on, seen.original_due_on) == (date(2026, 12, 11), date(2026, 12, 11))
    with closed.refuses(Incomplete, "没有佐证材料"):
        closing.apply(closed.ledger, "HL-1", by=closed.who("王强"), on=DAY)


def test_everything_that_is_missing_is_said_at_once(closed: District) -> None:
    with closed.refuses(Incomplete, "反弹情况、新的整改时限"):
        reopen(closed.ledger, "HL-1", "", by=closed.who("王强"), on=DAY)


def test_not_before_it_was_closed(closed: District) -> None:
    with closed.refuses(WrongDate, "2026-11-04"):
        reopen(closed.ledger, "HL-1", "又积水了", by=closed.who("王强"), on=date(2026, 11, 3), due_on=DAY)


def test_only_a_closed_problem(staffed: District) -> None:
    staffed.has(a_problem("HL-1"))
    with staffed.refuses(MoveNotAllowed, "只有已销号的问题可以"):
        reopen(staffed.ledger, "HL-1", "又积水了", by=staffed.who("王强"), on=DAY)
