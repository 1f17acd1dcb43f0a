"""销号: applied for, passed or returned by a second person, written by the night; I6."""

from datetime import date

import pytest
import sqlalchemy as sa
from builders import BUREAU, DISTRICT, TOWNSHIP, VILLAGE, a_deputy, a_post, a_problem
from district import District

from xiaohao.actions import closing, measure
from xiaohao.errors import Incomplete, MoveNotAllowed, WrongDate
from xiaohao.ledger import dialect
from xiaohao.vocabulary import Action, ClosingKind, ClosingOutcome, Light, Role, Source, Status

DAY = date(2026, 11, 4)
PROBLEM = a_problem("HL-1", due_on="2026-11-20")


def verifies(district: District, by: str, on: date = DAY) -> None:
    closing.verify(district.ledger, "HL-1", by=district.who(by), on=on)


def test_applied_verified_and_closed_by_the_night(staffed: District) -> None:
    staffed.has(PROBLEM)
    staffed.has_evidence("HL-1", by="陈静", on="2026-11-03")
    with staffed.leaves_one_entry(Action.APPLY):
        closing.apply(staffed.ledger, "HL-1", by=staffed.who("陈静"), on=date(2026, 11, 3))
    with staffed.leaves_one_entry(Action.VERIFY):
        verifies(staffed, "王强")
    assert staffed.shows().status is Status.VERIFIED
    staffed.runs_night("2026-11-06")
    seen = staffed.shows()
    assert (seen.status, seen.light, seen.next_event_on) == (Status.CLOSED, None, None)
    (row,) = seen.closing
    assert (row["outcome"], row["closed_on"], row["days_used"], row["on_time"]) == (
        ClosingOutcome.CLOSED,
        DAY,
        1,
        True,
    )


def test_an_application_says_everything_that_is_missing(staffed: District) -> None:
    staffed.has(a_problem("HL-1", source=Source.HOTLINE, measures=["修补路面", "加装路灯"]))
    measure.done(staffed.ledger, "HL-1", 1, by=staffed.who("陈静"), on=DAY)
    with staffed.refuses(Incomplete) as caught:
        closing.apply(staffed.ledger, "HL-1", by=staffed.who("王强"), on=DAY)
    assert list(caught.value.missing) == [
        "整改措施“加装路灯”未完成",
        "没有佐证材料（至少一份）",
        "来源为“热线”的问题要先回访",
    ]


def test_what_was_added_after_the_application_must_be_done_too(staffed: District) -> None:
    staffed.has(PROBLEM)
    staffed.has_applied(on="2026-11-03")
    measure.add(staffed.ledger, "HL-1", "清扫路面", by=staffed.who("陈静"), on=DAY)
    with staffed.refuses(Incomplete, "复核通过还缺：整改措施“清扫路面”未完成"):
        verifies(staffed, "李明")


def test_returned_it_stands_where_it_would_have_stood(staffed: District) -> None:
    """Decision 19."""
    staffed.has(PROBLEM)
    staffed.has_applied(on="2026-11-03")
    with staffed.refuses(Incomplete, "退回的理由"):
        closing.send_back(staffed.ledger, "HL-1", " ", by=staffed.who("李明"), on=DAY)
    with staffed.leaves_one_entry(Action.RETURN):
        closing.send_back(staffed.ledger, "HL-1", "照片不清", by=staffed.who("李明"), on=date(2026, 11, 23))
    seen = staffed.shows()
    assert (seen.status, seen.light, seen.level) == (Status.RECTIFYING, Light.RED, 1)
    assert (seen.closing[0]["outcome"], seen.closing[0]["reason"]) == (ClosingOutcome.RETURNED, "照片不清")
    with staffed.refuses(WrongDate, "2026-11-23"):  # not before its return
        closing.apply(staffed.ledger, "HL-1", by=staffed.who("王强"), on=date(2026, 11, 20))
    closing.apply(staffed.ledger, "HL-1", by=staffed.who("王强"), on=date(2026, 11, 24))
    assert [row["outcome"] for row in staffed.shows().closing] == [
        ClosingOutcome.RETURNED,
        ClosingOutcome.APPLIED,
    ]


def test_days_are_in_order(staffed: District) -> None:
    staffed.has(PROBLEM)
    staffed.has_evidence("HL-1", by="陈静", on="2026-11-04")
    with staffed.refuses(WrongDate, "2026-11-04"):  # the evidence came later
        closing.apply(staffed.ledger, "HL-1", by=staffed.who("王强"), on=date(2026, 11, 3))
    closing.apply(staffed.ledger, "HL-1", by=staffed.who("王强"), on=DAY)
    with staffed.refuses(WrongDate, "2026-11-04", "所给为 2026-11-03"):
        verifies(staffed, "李明", date(2026, 11, 3))


# I6: nobody verifies his own closing


def test_nobody_verifies_or_returns_his_own_application(staffed: District) -> None:
    staffed.has(PROBLEM)
    staffed.has_applied(by="李明", on="2026-11-03")
    with staffed.refuses(MoveNotAllowed, "申请人不能", "复核通过"):
        verifies(staffed, "李明")
    with staffed.refuses(MoveNotAllowed, "申请人不能", "退回"):
        closing.send_back(staffed.ledger, "HL-1", "照片不清", by=staffed.who("李明"), on=DAY)


@pytest.mark.parametrize(
    ("applicant", "verifier", "passes"),
    [
        ("陈静", "王强", True),  # both of the village
        ("王强", "陈静", True),  # not of lower rank than the applicant's unit
        ("王强", "李明", True),
        ("李明", "王强", False),  # the applicant spoke for the township
        ("李明", "赵敏", True),
        ("李明", "周正", True),
        ("周正", "李明", False),
        ("王强", "刘芳", False),  # another line
    ],
)
def test_the_second_person_is_of_no_lower_rank(
    staffed: District, applicant: str, verifier: str, passes: bool
) -> None:
    staffed.has(PROBLEM)
    staffed.has_applied(by=applicant, on="2026-11-03")
    if passes:
        verifies(staffed, verifier)
        assert staffed.shows().closing[0]["verified_by"] == staffed.who(verifier).id
        return
    with staffed.refuses(MoveNotAllowed, verifier):
        verifies(staffed, verifier)


def test_the_rank_is_that_of_the_day_of_application(staffed: District) -> None:
    """何平 led the township on that day and is only of the village since; what he did stays as high."""
    staffed.has(
        a_post(Role.LEADER, TOWNSHIP, held_by="何平", from_on="2026-01-01", until_on="2026-11-03"),
        a_post(Role.CLERK, VILLAGE, held_by="何平", from_on="2026-11-04"),
        PROBLEM,
    )
    staffed.has_applied(by="何平", on="2026-11-03")
    with staffed.refuses(MoveNotAllowed, "层级不够"):
        verifies(staffed, "王强")
    verifies(staffed, "李明")


def test_a_post_elsewhere_gives_no_rank(staffed: District) -> None:
    """A post in a bureau, beside the problem's line, makes the applicant no higher."""
    staffed.has(a_post(Role.LEADER, BUREAU, held_by="王强"), PROBLEM)
    staffed.has_applied(by="王强", on="2026-11-03")
    verifies(staffed, "陈静")


def test_a_deputy_verifies_while_he_stands_in(staffed: District) -> None:
    """Decision 52: the deputy of a deputy too."""
    staffed.has(
        a_deputy("李明", Role.SUPERVISOR, DISTRICT, from_on="2026-11-01", until_on="2026-11-30"),
        a_deputy("赵敏", Role.LEADER, TOWNSHIP, from_on="2026-11-01", until_on="2026-11-30"),
        a_deputy("钱进", Role.SECRETARY, TOWNSHIP, from_on="2026-11-01", until_on="2026-11-04"),
        PROBLEM,
    )
    staffed.has_applied(on="2026-11-03")
    with staffed.refuses(MoveNotAllowed, "钱进", "没有任职"):
        day = "2026-11-05"
        closing.verify(staffed.ledger, "HL-1", by=staffed.who("钱进", day), on=date(2026, 11, 5))
    roles = {held.role for held in staffed.who("钱进").standings}
    assert roles == {Role.SECRETARY, Role.LEADER, Role.SUPERVISOR}
    verifies(staffed, "钱进")


def test_the_database_itself_refuses_a_closing_verified_by_its_applicant(staffed: District) -> None:
    staffed.has(PROBLEM)
    staffed.has_applied(on="2026-11-03")
    statement = (
        "UPDATE closing SET outcome = 'verified', verified_on = '2026-11-04', verified_by = applied_by"
    )
    with pytest.raises(sa.exc.IntegrityError) as caught, staffed.ledger.quiet_writing() as conn:
        conn.exec_driver_sql(statement)
    assert dialect.violated(caught.value) == "closing_verifier_other"


def test_the_database_itself_refuses_a_closing_that_nobody_verified(staffed: District) -> None:
    staffed.has(PROBLEM)
    staffed.has_applied(on="2026-11-03")
    statement = (
        "UPDATE closing SET outcome = 'closed', closed_on = '2026-11-04', days_used = 1, suspended_days = 0,"
        " highest_level = 0"
    )
    with pytest.raises(sa.exc.IntegrityError) as caught, staffed.ledger.quiet_writing() as conn:
        conn.exec_driver_sql(statement)
    assert dialect.violated(caught.value) == "closing_verified_whole"


def test_only_rows_that_were_closed_when_first_imported_are_closed_unverified(staffed: District) -> None:
    staffed.has(
        PROBLEM,
        a_problem("HL-2", title="路灯不亮", closed_on="2026-11-01"),
        a_problem("HL-3", title="垃圾未清"),
    )
    staffed.has_applied("HL-1", on="2026-11-03")
    staffed.has_applied("HL-3", on="2026-11-03")
    verifies(staffed, "李明")
    staffed.runs_night("2026-11-30")
    closed = {
        number: staffed.shows(number).closing[-1]
        for number in ("HL-1", "HL-2", "HL-3")
        if staffed.shows(number).status is Status.CLOSED
    }
    assert closed["HL-1"]["verified_by"] not in (None, closed["HL-1"]["applied_by"])
    assert closed["HL-2"]["kind"] is ClosingKind.HISTORIC
    assert set(closed) == {"HL-1", "HL-2"}
