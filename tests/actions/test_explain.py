"""`explain`: how the deadline and the next steps come about, each day skipped and why."""

import json
from datetime import date

import pytest
import sqlalchemy as sa
from small_district import SmallDistrict, imported

from models.facts import to_json
from xiaohao.actions import extension, report_progress, suspension
from xiaohao.actions.explain import explain
from xiaohao.errors import NotFound, Refused
from xiaohao.ledger.tables import PROBLEM
from xiaohao.rules.counting import Term
from xiaohao.rules.explanation import Basis, Turn
from xiaohao.vocabulary import RectificationClass, Role, StepKind, TermUnit

FOUND = date(2023, 9, 25)


def time_limited(title: str, unit: int = 3, found_on: date = FOUND, **more: object) -> object:
    return imported(title, unit, found_on, rectification_class=RectificationClass.TIME_LIMITED, **more)


def text(d: SmallDistrict, number: str, on: date) -> str:
    return "\n".join(explain(d.ledger, number, on=on).lines())


def test_each_day_is_counted_or_skipped_with_its_reason(engine: sa.Engine) -> None:
    """10 working days over National Day of 2023: festival, weekends, two swapped weekends."""
    d = SmallDistrict(engine)
    (number,) = d.imports(FOUND, [time_limited("水管老化", term=Term(10, TermUnit.WORKDAY))])
    told = explain(d.ledger, number, on=FOUND)
    count = told.deadline.count
    assert count is not None
    assert (told.deadline.basis, told.deadline.given, count.last) == (
        Basis.GIVEN_TERM,
        "10个工作日",
        date(2023, 10, 13),
    )
    why = {day.on: (day.counted, day.number, day.why) for day in count.days}
    assert why[date(2023, 9, 26)] == (True, 1, "工作日")
    assert why[date(2023, 9, 29)] == (False, None, "中秋节")
    assert why[date(2023, 10, 1)] == (False, None, "周日")
    assert why[date(2023, 10, 3)] == (False, None, "国庆节")
    assert why[date(2023, 10, 7)] == (True, 4, "国庆节调休上班")
    assert why[date(2023, 10, 13)] == (True, 10, "工作日")
    assert len(why) == 18
    words = text(d, number, FOUND)
    for line in (
        "时限为给定的期限：10个工作日",
        "2023年9月29日：中秋节，不计",
        "2023年10月2日至10月6日：国庆节，不计",
        "2023年10月7日至10月8日（国庆节调休上班）：第4至5个工作日",
        "整改时限：2023年10月13日",
    ):
        assert line in words


def test_a_last_day_moves_off_days_off(engine: sa.Engine) -> None:
    """Seven calendar days end on 2 October: on to Saturday 7 October, which is worked (art. 203)."""
    d = SmallDistrict(engine)
    (number,) = d.imports(FOUND, [time_limited("路面积水", term=Term(7, TermUnit.DAY))])
    told = explain(d.ledger, number, on=FOUND)
    count = told.deadline.count
    assert count is not None
    assert (count.end, count.last) == (date(2023, 10, 2), date(2023, 10, 7))
    assert [day.why for day in count.moved] == ["国庆节"] * 5
    assert "2023年10月2日至10月6日：国庆节，顺延" in text(d, number, FOUND)


def test_a_given_date_stands_also_on_a_day_off(engine: sa.Engine) -> None:
    """4: said so, not moved; the office's own words are shown."""
    d = SmallDistrict(engine)
    (number,) = d.imports(
        FOUND, [time_limited("飞线充电", due_given=date(2023, 10, 15), limit_text="10月15日前")]
    )
    words = text(d, number, FOUND)
    assert "台账原文：“10月15日前”" in words
    assert "时限为给定的日期：2023年10月15日" in words
    assert "整改时限：2023年10月15日（周日，给定的日期照原样执行，不顺延）" in words


def test_the_policys_term_is_named_where_none_was_given(engine: sa.Engine) -> None:
    """And taking up, from the day of registration."""
    d = SmallDistrict(engine)
    number = d.register(FOUND)
    told = explain(d.ledger, number, on=FOUND)
    assert (told.deadline.basis, told.deadline.due_on) == (Basis.POLICY_TERM, date(2023, 9, 28))
    assert told.take_up is not None
    assert (told.take_up.take_up_by, told.take_up.taken_up_on) == (date(2023, 9, 26), None)
    words = text(d, number, FOUND)
    assert "没有写明时限，按规则为3个工作日" in words
    assert "签收期限：2023年9月26日（从登记之日2023年9月25日起1个工作日），尚未签收" in words


def test_suspended_days_are_no_days_and_a_given_date_moves(engine: sa.Engine) -> None:
    """28, 29: five days make 20 October the 25th; of a term each suspended day is skipped by name."""
    d = SmallDistrict(engine)
    given, term = d.imports(
        FOUND,
        [
            time_limited("飞线充电", due_given=date(2023, 10, 20)),
            time_limited("水管老化", term=Term(10, TermUnit.WORKDAY)),
        ],
    )
    on = date(2023, 10, 10)
    for number in (given, term):
        first, last = date(2023, 10, 12), date(2023, 10, 16)
        suspension.grant(d.ledger, number, first, last, "等待供电部门", by=d.leader(on), on=on)
    told = explain(d.ledger, given, on=on)
    assert [(s.from_on, s.until_on, s.days) for s in told.deadline.suspended] == [(first, last, 5)]
    assert told.deadline.due_on == date(2023, 10, 25)
    assert "2023年10月12日至2023年10月16日中止，其中5天不计入期限" in text(d, given, on)
    assert "原定时限：2023年10月20日" in text(d, given, on)
    counted = explain(d.ledger, term, on=on).deadline.count
    assert counted is not None
    assert {day.on.day for day in counted.days if day.why == "中止"} == {12, 13, 14, 15, 16}
    turns = [(line.kind, line.on) for line in told.next if isinstance(line.kind, Turn)]
    assert turns[:3] == [
        (Turn.SUSPENSION_BEGINS, first),
        (Turn.SUSPENSION_ENDS, date(2023, 10, 17)),
        (Turn.RED, date(2023, 10, 26)),
    ]


def test_an_extension_is_named_with_its_day(engine: sa.Engine) -> None:
    """24: the granted date stands; what was first set is said."""
    d = SmallDistrict(engine)
    (number,) = d.imports(FOUND, [time_limited("水管老化", due_given=date(2023, 10, 20))])
    on = date(2023, 10, 10)
    extension.grant(d.ledger, number, by=d.leader(on), on=on, until=date(2023, 11, 30), reason="管材未到")
    told = explain(d.ledger, number, on=on)
    assert told.deadline.extension is not None
    assert (told.deadline.extension.until, told.deadline.extension.granted_on) == (date(2023, 11, 30), on)
    words = text(d, number, on)
    assert "2023年10月10日同意延期到2023年11月30日" in words
    assert "原定时限：2023年10月20日" in words


def test_what_comes_next_when_and_to_whom(engine: sa.Engine) -> None:
    """The holder of that post on that day; where it will be vacant, the next one up (49)."""
    d = SmallDistrict(engine)
    (number,) = d.imports(FOUND, [time_limited("电梯故障", 5, due_given=date(2023, 10, 30))])
    told = explain(d.ledger, number, on=FOUND)
    steps = [line for line in told.next if isinstance(line.kind, StepKind)]
    assert [(s.on, s.kind, s.level, s.repeat) for s in steps] == [
        (date(2023, 10, 23), StepKind.WARNING, 0, 0),
        (date(2023, 10, 27), StepKind.WARNING, 0, 1),
        (date(2023, 10, 31), StepKind.ESCALATION, 1, 0),
        (date(2023, 11, 6), StepKind.ESCALATION, 2, 0),
        (date(2023, 11, 13), StepKind.ESCALATION, 3, 0),
        (date(2023, 11, 27), StepKind.ESCALATION, 3, 1),
    ]
    assert [s.told and s.told.official for s in steps] == ["刘洋", "刘洋", "刘洋", "孙丽", "赵强", "赵强"]
    d.night(date(2023, 10, 31))
    extended = date(2023, 11, 1)
    extension.grant(
        d.ledger, number, by=d.supervisor(extended), on=extended, until=date(2023, 11, 20), reason="缺件"
    )
    later = [line for line in explain(d.ledger, number, on=extended).next if line.level == 1]
    assert later[0].told is not None
    assert (later[0].told.official, later[0].told.role) == ("孙丽", Role.LEADER)
    assert later[0].told.passed_up_from == (Role.SECRETARY,)
    assert "通知濮东街道分管领导孙丽（106），因党支部书记空缺逐级上报" in text(d, number, extended)


def test_a_step_that_no_night_has_recorded_comes_with_the_next_one(engine: sa.Engine) -> None:
    """Nights were missed: the highest is told, late (13); after the night nothing waits."""
    d = SmallDistrict(engine)
    (number,) = d.imports(FOUND, [imported("道路破损", 3, FOUND)])
    on = date(2023, 10, 10)
    first = explain(d.ledger, number, on=on).next[0]
    assert (first.overdue, first.kind, first.level) == (True, StepKind.ESCALATION, 2)
    assert "下一次夜间运行时　二级督办，通知孟轲乡分管领导王芳（102）" in text(d, number, on)
    d.night(on)
    assert not explain(d.ledger, number, on=on).next[0].overdue


def test_a_long_term_problem_explains_its_review_days(engine: sa.Engine) -> None:
    """35, 36: the grid from the day of finding, and the report that held one."""
    d = SmallDistrict(engine)
    kind = RectificationClass.LONG_TERM
    (number,) = d.imports(FOUND, [imported("村集体经济薄弱", 3, date(2023, 7, 10), rectification_class=kind)])
    told = explain(d.ledger, number, on=FOUND)
    assert told.review is not None
    assert (told.review.number, told.review.review_on) == (1, date(2023, 10, 10))
    on = date(2023, 10, 9)
    report_progress.report_progress(d.ledger, number, "已签约", by=d.secretary(on), on=on)
    told = explain(d.ledger, number, on=on)
    assert told.review is not None
    assert (told.review.number, told.review.review_on, told.review.reports) == (2, date(2024, 1, 10), (on,))
    assert "每3个月报告一次进展" in text(d, number, on)


def test_applied_verified_and_closed(engine: sa.Engine) -> None:
    """Applied: reminders to verify; verified: the next night closes; closed: nothing comes."""
    d = SmallDistrict(engine)
    (number,) = d.imports(FOUND, [imported("道路破损", 3, FOUND)])
    d.applies(number, FOUND)
    applied = explain(d.ledger, number, on=FOUND)
    assert {line.kind for line in applied.next} == {StepKind.VERIFY_WAIT}
    assert applied.next[0].on == date(2023, 10, 8)
    d.verifies(number, date(2023, 9, 26))
    verified = explain(d.ledger, number, on=date(2023, 9, 26))
    assert [(line.kind, line.overdue) for line in verified.next] == [(Turn.CLOSE, True)]
    d.night(date(2023, 9, 26))
    assert explain(d.ledger, number, on=date(2023, 12, 1)).next == ()
    assert "已销号，不再计时。" in text(d, number, date(2023, 12, 1))


def test_a_year_without_a_notice_is_said(engine: sa.Engine) -> None:
    """45: counted by the statutory days alone, and to be counted again."""
    d = SmallDistrict(engine)
    far, near = d.imports(
        FOUND,
        [
            time_limited("桥梁加固", due_given=date(2031, 3, 1)),
            time_limited("水管老化", due_given=date(2023, 10, 20)),
        ],
    )
    assert "2031年放假安排尚未公布" in text(d, far, FOUND)
    assert "尚未公布" not in text(d, near, FOUND)


def test_it_is_json(engine: sa.Engine) -> None:
    """Codes and ISO dates, each day of the count with its reason."""
    d = SmallDistrict(engine)
    number = d.register(FOUND)
    body = json.loads(to_json(explain(d.ledger, number, on=FOUND)))
    assert body["deadline"]["count"]["days"][0] == {
        "on": "2023-09-26",
        "counted": True,
        "number": 1,
        "why": "工作日",
    }
    assert (body["deadline"]["basis"], body["status"], body["next"][0]["kind"]) == (
        "policy_term",
        "registered",
        "take_up",
    )


def test_a_timetable_that_cannot_be_worked_out_is_refused_in_words(engine: sa.Engine) -> None:
    """The fault of a state set aside sends the operator here."""
    d = SmallDistrict(engine)
    number = d.register(FOUND)
    with d.ledger.quiet_writing() as conn:
        conn.execute(PROBLEM.update().values(due_on=date(2079, 12, 31)))
    with pytest.raises(Refused, match=f"问题 {number} 的时间表算不出"):
        explain(d.ledger, number, on=FOUND)
    with pytest.raises(NotFound):
        explain(d.ledger, "HL-1999-0001", on=FOUND)
