"""Silence and 已阅 where posts are vacant, channels fail, and several steps come together."""

from datetime import date

import pytest
import sqlalchemy as sa
from answering_district import ROUTE, TERMS, arrives, change, last_notice, morning, press, runs_night
from builders import COMMUNITY, VILLAGE, a_deputy, a_post, a_problem
from district import District

from notifiers import digest
from xiaohao.actions import closing, pass_on, status
from xiaohao.ledger.tables import NOTICE
from xiaohao.vocabulary import Action, Channel, Entered, NoticeState, RectificationClass, Role

FIRST, PASSED = "2026-10-10", "2026-10-14"
"""The night that tells level 1 of a limit of 9 October, and the one that passes silence on it up."""


def has_overdue(district: District) -> None:
    """A time-limited problem whose limit was 9 October; level 2 comes on the fifteenth."""
    district.has(
        a_problem(
            rectification_class=RectificationClass.TIME_LIMITED, due_on="2026-10-09", found_on="2026-09-20"
        )
    )


def test_silence_above_a_vacant_post_goes_past_the_silent_person(district: District) -> None:
    district.has(a_post(Role.LEADER, held_by="李明"), a_post(Role.SUPERVISOR, held_by="周正"))
    has_overdue(district)
    runs_night(district, FIRST)
    assert district.told("李明") == ["HL-1"]
    arrives(district, FIRST)
    runs_night(district, PASSED)
    assert (district.told("李明"), district.told("周正")) == ([], ["HL-1"])


def test_silence_of_a_deputy_goes_past_him_where_he_is_the_leader(staffed: District) -> None:
    staffed.has(a_deputy("李明", Role.SECRETARY, VILLAGE, from_on="2026-10-01", until_on="2026-10-30"))
    has_overdue(staffed)
    runs_night(staffed, FIRST)
    arrives(staffed, FIRST)
    runs_night(staffed, PASSED)
    assert (staffed.told("李明"), staffed.told("周正")) == ([], ["HL-1"])


@pytest.mark.parametrize("channel", [Channel.SMS_ALIYUN, Channel.SMS_TENCENT, Channel.CONSOLE])
def test_who_had_no_link_is_not_called_silent(staffed: District, channel: Channel) -> None:
    has_overdue(staffed)
    runs_night(staffed, FIRST)
    arrives(staffed, FIRST, channel=channel)
    runs_night(staffed, PASSED)
    assert staffed.told("李明") == []
    assert status.status(staffed.ledger, date.fromisoformat(PASSED), TERMS).unanswered == ()


def test_what_was_accepted_and_then_lost_is_unreached_and_not_unanswered(staffed: District) -> None:
    has_overdue(staffed)
    runs_night(staffed, FIRST)
    arrives(staffed, FIRST, state=NoticeState.DEAD, delivered_at=None)
    view = status.status(staffed.ledger, date.fromisoformat(PASSED), TERMS)
    assert (view.unanswered, view.notices.dead > 0) == ((), True)
    runs_night(staffed, PASSED)
    assert staffed.told("李明") == []


def test_the_link_of_a_try_that_ended_dead_answers_for_its_follower(staffed: District) -> None:
    has_overdue(staffed)
    runs_night(staffed, FIRST)
    first = last_notice(staffed, "王强")
    change(staffed, NOTICE.c.id == first, channel=Channel.WEBHOOK, state=NoticeState.DEAD, receipt="x")
    with staffed.ledger.writing(Action.TELL, by="deliver", on=date.fromisoformat(FIRST)) as w:
        assert pass_on.pass_on(w, ROUTE, [first], now=morning(FIRST)) == 1
    arrives(staffed, FIRST)
    press(staffed, first, "2026-10-12")
    runs_night(staffed, PASSED)
    assert staffed.told("李明") == []


def test_silence_on_a_take_up_is_passed_up_too(staffed: District) -> None:
    staffed.has(
        a_problem(
            rectification_class=RectificationClass.TIME_LIMITED,
            due_on="2026-12-30",
            registered_on="2026-11-02",
            entered=Entered.HAND,
        )
    )
    for day in ("2026-11-05", "2026-11-09", "2026-11-11"):
        runs_night(staffed, day)
        arrives(staffed, day)
        assert staffed.told("周正") == []
    runs_night(staffed, "2026-11-12")
    (facts,) = staffed.digests("周正")
    assert [(item.level, item.unanswered_by) for item in facts.items] == [(2, "李明（11月9日通知）")]
    said = digest.message(facts).text
    assert "11月2日登记，尚未签收" in said
    assert "李明（11月9日通知）至今未阅" in said


def test_who_has_applied_is_not_called_silent(staffed: District) -> None:
    has_overdue(staffed)
    runs_night(staffed, FIRST)
    arrives(staffed, FIRST)
    staffed.has_evidence("HL-1", by="王强", on="2026-10-12")
    closing.apply(staffed.ledger, "HL-1", by=staffed.who("王强", "2026-10-12"), on=date(2026, 10, 12))
    runs_night(staffed, PASSED)
    assert staffed.told("李明") == []


def test_a_repeat_is_not_spared_where_another_step_comes_with_it(staffed: District) -> None:
    """Else the take-up step would be told to nobody."""
    staffed.has(a_problem(due_on="2026-11-06", registered_on="2026-11-18", entered=Entered.HAND))
    runs_night(staffed, "2026-11-19")
    assert staffed.told("周正") == ["HL-1"]
    arrives(staffed, "2026-11-19")
    notice = last_notice(staffed, "周正")
    press(staffed, notice, "2026-11-19")
    for day in ("2026-11-20", "2026-11-24"):
        runs_night(staffed, day)
    assert {step.step for step in staffed.steps() if str(step.crossed_on) == "2026-11-24"} == {
        "escalation",
        "take_up",
    }
    assert len(staffed.told("周正")) == 1
    assert all(step.notice_id is not None and not step.quiet for step in staffed.steps())


def test_one_notice_that_cannot_be_read_stops_no_night(staffed: District) -> None:
    has_overdue(staffed)
    runs_night(staffed, FIRST)
    notice = last_notice(staffed, "王强")
    with staffed.ledger.reading() as r:
        facts = r.conn.execute(sa.select(NOTICE.c.facts).where(NOTICE.c.id == notice)).scalar_one()
    arrives(staffed, FIRST, facts=facts[:-1] + ',"of_a_later_version":1}')
    staffed.has(
        a_problem("HL-2", title="路灯不亮", unit=COMMUNITY, due_on="2026-10-13", found_on="2026-09-20")
    )
    runs_night(staffed, PASSED)
    assert staffed.told("刘芳") == ["HL-2"]


def test_items_told_for_information_say_no_stale_number_and_are_not_counted_twice(staffed: District) -> None:
    has_overdue(staffed)
    runs_night(staffed, FIRST)
    arrives(staffed, FIRST)
    runs_night(staffed, PASSED)
    (facts,) = staffed.digests("李明")
    said = digest.message(facts).text
    assert "时限 10月9日，尚未办结" in said
    assert "已逾期" not in said
    assert facts.other_overdue == 0


def test_an_acknowledgement_lasts_until_the_next_repeat_however_far_that_is(staffed: District) -> None:
    """A time-limited problem repeats after ten working days, and five of them would spare nothing, ever."""
    has_overdue(staffed)
    runs_night(staffed, "2026-10-22")
    assert staffed.told("周正") == ["HL-1"]
    arrives(staffed, "2026-10-22")
    press(staffed, last_notice(staffed, "周正"), "2026-10-22")
    runs_night(staffed, "2026-11-05")
    assert staffed.told("周正") == []
    runs_night(staffed, "2026-11-19")
    assert staffed.told("周正") == ["HL-1"], "and it wears off"
    repeats = [(str(each.crossed_on), bool(each.quiet)) for each in staffed.steps() if each.repeat]
    assert repeats[-2:] == [("2026-11-05", True), ("2026-11-19", False)]
