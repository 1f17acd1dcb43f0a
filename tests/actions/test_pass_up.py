"""转报: what reached its recipient on no channel goes to the post above: once, gathered, and while it stands."""

import contextlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from answering_district import PAGE, ROUTE, arrives, change, last_notice, morning, runs_night
from builders import COMMUNITY, TOWNSHIP, VILLAGE, a_post, a_problem, the_usual_people
from district import FIRST_DAY, District
from wecom_standin import wecom

from models.facts import DigestFacts, facts_from_json, to_json
from notifiers import digest
from notifiers.choose import ChannelSettings
from notifiers.wecom_app import WecomAppSettings
from xiaohao.actions import cancel, extension, night, pass_on, reassign
from xiaohao.actions.deliver import deliver
from xiaohao.ledger import bulk, faults, units
from xiaohao.ledger.outbox import INFORMATION
from xiaohao.ledger.tables import CONTACT, NOTICE, OFFICIAL
from xiaohao.vocabulary import Action, Channel, NoticeState, RectificationClass, Role, UnitKind

NIGHT, NEXT = "2026-11-21", date(2026, 11, 23)
"""The night after the last day of `has_overdue`, and the Monday on which its notices die."""


def has_overdue(district: District, number: str = "HL-1", **but: str) -> None:
    """A problem whose last day was 20 November."""
    district.has(a_problem(number, title=f"路口{number}", due_on="2026-11-20", **but))


def die(district: District, *ids: int) -> int:
    """These notices have ended undelivered, and are passed on together; how many stand in for them."""
    change(district, NOTICE.c.id.in_(ids), state=NoticeState.DEAD, receipt="查无此人", next_attempt_at=None)
    with district.ledger.writing(Action.TELL, by="deliver", on=NEXT) as w:
        return pass_on.pass_on(w, ROUTE, ids, now=morning("2026-11-23"))


def notices(district: District, recipient: str = "%", kind: str = INFORMATION) -> Sequence[sa.Row]:
    """Notices of a kind to a recipient, oldest first."""
    query = sa.select(NOTICE).where(NOTICE.c.recipient.like(recipient), NOTICE.c.kind == kind)
    with district.ledger.reading() as r:
        return r.conn.execute(query.order_by(NOTICE.c.id)).all()


def told(district: District, recipient: str) -> DigestFacts:
    """The one notice for information that this official has."""
    (notice,) = notices(district, recipient)
    return facts_from_json(notice.facts)


def messages(district: District) -> list[str]:
    with district.ledger.reading() as r:
        return [row.message for row in faults.open_faults(r)]


def test_who_is_above_many_that_cannot_be_reached_gets_one_notice_that_names_them(
    district: District, tmp_path: Path
) -> None:
    """Fourteen secretaries without an address: one message, neither fourteen nor the cap of the day."""
    district.has(*the_usual_people())
    with district.ledger.writing(Action.UNIT, by="import", on=FIRST_DAY) as w:
        above = units.by_word(w, TOWNSHIP).id
        rows = [
            {"code": f"V{n}", "name": f"{n}号村", "kind": UnitKind.VILLAGE, "parent_id": above}
            for n in range(14)
        ]
        units.add(w, rows)
    for n in range(14):
        district.has(a_post(Role.SECRETARY, f"{n}号村", held_by=f"书记{n}"))
        has_overdue(district, f"HL-{n}", unit=f"{n}号村")
    with district.ledger.writing(Action.POST, by="import", on=FIRST_DAY) as w:
        leader = w.conn.execute(sa.select(OFFICIAL.c.id).where(OFFICIAL.c.name == "李明")).scalar_one()
        contact = {"official_id": leader, "channel": Channel.WECOM_APP, "address": "LiMing"}
        bulk.insert_rows(w.conn, CONTACT, [contact])
    with wecom() as standin:
        app = WecomAppSettings(
            corpid=standin.corpid, secret=standin.secret, agent_id=standin.agent_id, base=standin.url
        )
        settings = ChannelSettings(
            order=(Channel.WECOM_APP,), notices_folder=tmp_path, page_key=b"k" * 32, wecom_app=app
        )
        night.fire(district.ledger, date.fromisoformat(NIGHT))
        night.compose(district.ledger, date.fromisoformat(NIGHT), settings, page_url=PAGE)
        for n in range(3):
            at = morning("2026-11-23") + n * timedelta(minutes=5)
            deliver(district.ledger, NEXT, settings, now=lambda at=at: at)
    (message,) = standin.delivered
    assert (
        "（发给书记0、书记1、书记2等 14 位同志的通知未能送达，现报您知悉，请转告并督促办理。）"
        in message.content
    )
    assert "请提醒书记0同志并督促办理" in message.content
    assert "其余 11 件" in message.content
    page = digest.page(told(district, "李明")).text
    assert all(f"请提醒书记{n}同志并督促办理" in page for n in range(14))
    assert len([each for each in messages(district) if "已报孟轲乡分管领导李明知悉" in each]) == 14


def test_what_dies_later_is_added_to_the_notice_that_waits(staffed: District) -> None:
    has_overdue(staffed)
    has_overdue(staffed, "HL-2")
    has_overdue(staffed, "HL-3", unit=TOWNSHIP)
    runs_night(staffed, NIGHT)
    mine, other = last_notice(staffed, "王强"), last_notice(staffed, "赵敏")
    assert die(staffed, mine) == 1
    change(staffed, NOTICE.c.kind == INFORMATION, next_attempt_at=morning("2026-11-24"))
    assert die(staffed, other) == 0
    (waiting,) = notices(staffed, "李明")
    said = facts_from_json(waiting.facts)
    assert [(item.undelivered_to[0].name, item.title) for item in said.items] == [
        ("王强", "路口HL-1"),
        ("王强", "路口HL-2"),
        ("赵敏", "路口HL-3"),
    ]
    assert (waiting.instead_of, waiting.next_attempt_at, said.undelivered_to) == (mine, None, None)
    assert [(each.unit, each.count) for each in said.counts_by_unit] == [(VILLAGE, 2), (TOWNSHIP, 1)]


def test_two_passes_at_once_write_one_notice(staffed: District) -> None:
    has_overdue(staffed)
    has_overdue(staffed, "HL-3", unit=TOWNSHIP)
    runs_night(staffed, NIGHT)
    both = last_notice(staffed, "王强"), last_notice(staffed, "赵敏")
    change(staffed, NOTICE.c.id.in_(both), state=NoticeState.DEAD, receipt="查无此人", next_attempt_at=None)
    under_way = threading.Barrier(2, timeout=1)

    def passes_on(notice: int) -> None:
        with staffed.ledger.writing(Action.TELL, by="deliver", on=NEXT) as w:
            with contextlib.suppress(threading.BrokenBarrierError):  # SQLite lets one in at a time
                under_way.wait()
            pass_on.pass_on(w, ROUTE, [notice], now=morning("2026-11-23"))

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(passes_on, both))
    assert sorted(item.title for item in told(staffed, "李明").items) == ["路口HL-1", "路口HL-3"]


def test_a_notice_that_has_been_tried_keeps_its_facts(staffed: District) -> None:
    """Else a second try would tell more than the first one."""
    has_overdue(staffed)
    has_overdue(staffed, "HL-3", unit=TOWNSHIP)
    runs_night(staffed, NIGHT)
    die(staffed, last_notice(staffed, "王强"))
    change(staffed, NOTICE.c.kind == INFORMATION, attempts=1, sent_body="x", state=NoticeState.UNCERTAIN)
    before = notices(staffed, "李明")[0].facts
    assert die(staffed, last_notice(staffed, "赵敏")) == 1
    first, second = notices(staffed, "李明")
    assert first.facts == before
    assert [item.title for item in facts_from_json(second.facts).items] == ["路口HL-3"]


def test_one_that_dies_twice_is_passed_up_once(staffed: District) -> None:
    """Sent again by the operator, also when those that died with it have arrived meanwhile."""
    has_overdue(staffed)
    has_overdue(staffed, "HL-3", unit=TOWNSHIP)
    runs_night(staffed, NIGHT)
    mine, other = last_notice(staffed, "王强"), last_notice(staffed, "赵敏")
    assert die(staffed, mine, other) == 1
    arrives(staffed, "2026-11-23")
    assert die(staffed, other) == 0
    assert [item.title for item in told(staffed, "李明").items] == ["路口HL-1", "路口HL-3"]


def test_gathered_matters_go_up_past_everybody_whom_each_did_not_reach(district: District) -> None:
    """Clerk, secretary and leader of one village, and those of another: nobody hears of his own again."""
    district.has(
        a_post(Role.CLERK, VILLAGE, held_by="甲"),
        a_post(Role.SECRETARY, VILLAGE, held_by="乙"),
        a_post(Role.CLERK, TOWNSHIP, held_by="丙"),
        a_post(Role.SECRETARY, TOWNSHIP, held_by="丁"),
        a_post(Role.LEADER, TOWNSHIP, held_by="李明"),
        a_post(Role.SUPERVISOR, held_by="周正"),
    )
    for number, unit in (("HL-1", VILLAGE), ("HL-2", TOWNSHIP)):
        district.has(
            a_problem(
                number,
                unit=unit,
                due_on="2026-11-26",
                found_on="2026-10-20",
                rectification_class=RectificationClass.TIME_LIMITED,
            )
        )
    runs_night(district, NIGHT)
    assert die(district, last_notice(district, "甲"), last_notice(district, "丙")) == 2
    assert die(district, last_notice(district, "乙"), last_notice(district, "丁")) == 1
    assert die(district, last_notice(district, "李明")) == 1
    assert [[each.name for each in item.undelivered_to] for item in told(district, "周正").items] == [
        ["甲", "乙", "李明"],
        ["丙", "丁", "李明"],
    ]
    assert die(district, last_notice(district, "周正")) == 0


def test_a_notice_of_an_earlier_version_goes_up_past_those_of_its_chain(staffed: District) -> None:
    """Its items do not say whom they did not reach, and nothing is added to it."""
    has_overdue(staffed)
    has_overdue(staffed, "HL-3", unit=TOWNSHIP)
    runs_night(staffed, NIGHT)
    die(staffed, last_notice(staffed, "王强"))
    said = told(staffed, "李明")
    old = replace(said, items=tuple(replace(each, undelivered_to=()) for each in said.items))
    change(staffed, NOTICE.c.kind == INFORMATION, facts=to_json(old))
    assert "发给王强同志的本通知未能送达" in digest.message(old).text
    assert "请提醒王强同志并督促办理" in digest.message(old).text
    assert die(staffed, last_notice(staffed, "赵敏")) == 1
    assert len(notices(staffed, "李明")) == 2
    die(staffed, notices(staffed, "李明")[0].id)
    (item,) = told(staffed, "周正").items
    assert [each.name for each in item.undelivered_to] == ["王强", "李明"]


def test_what_is_over_is_passed_up_to_nobody(staffed: District) -> None:
    has_overdue(staffed)
    has_overdue(staffed, "HL-2")
    runs_night(staffed, NIGHT)
    cancel.cancel(staffed.ledger, "HL-1", "重复登记", by=staffed.who("周正", NIGHT), on=date(2026, 11, 21))
    assert die(staffed, last_notice(staffed, "王强")) == 1
    assert [item.title for item in told(staffed, "李明").items] == ["路口HL-2"]
    cancel.cancel(staffed.ledger, "HL-2", "重复登记", by=staffed.who("周正", NIGHT), on=date(2026, 11, 22))
    assert die(staffed, last_notice(staffed, "李明")) == 0
    assert notices(staffed, "周正") == []
    [said] = [each for each in messages(staffed) if each.startswith("李明的通知")]
    assert "所通知的问题已经办结或另有变动，不再上报；请核对其联系方式" in said


def test_what_belongs_to_another_unit_by_now_is_not_passed_up(staffed: District) -> None:
    """转办: the leader of the new unit must not be asked to remind the old unit's secretary."""
    has_overdue(staffed)
    runs_night(staffed, NIGHT)
    by = staffed.who("周正", NIGHT)
    reassign.reassign(staffed.ledger, "HL-1", COMMUNITY, "属静和苑", by=by, on=date(2026, 11, 21))
    assert die(staffed, last_notice(staffed, "王强")) == 0
    assert notices(staffed) == []


def test_more_steps_than_a_statement_takes_parameters_are_passed_up(staffed: District) -> None:
    has_overdue(staffed)
    runs_night(staffed, NIGHT)
    facts = staffed.digests("王强")[0]
    (item,) = facts.items
    many = replace(item, number="HL-2026-9999", firings=tuple(range(100_000, 170_000)))
    change(staffed, NOTICE.c.recipient == "王强", facts=to_json(replace(facts, items=(item, many))))
    assert die(staffed, last_notice(staffed, "王强")) == 1
    assert [each.number for each in told(staffed, "李明").items] == [item.number]


def overdue_since_october(district: District) -> None:
    district.has(
        a_problem(
            rectification_class=RectificationClass.TIME_LIMITED, due_on="2026-10-09", found_on="2026-09-20"
        )
    )
    runs_night(district, "2026-10-10")
    arrives(district, "2026-10-10")


def test_silence_on_more_steps_than_a_statement_takes_parameters_is_passed_up(staffed: District) -> None:
    overdue_since_october(staffed)
    facts = staffed.digests("王强")[0]
    (item,) = facts.items
    many = replace(item, number="HL-2026-9999", firings=tuple(range(100_000, 170_000)))
    change(staffed, NOTICE.c.recipient == "王强", facts=to_json(replace(facts, items=(item, many))))
    runs_night(staffed, "2026-10-14")
    assert staffed.told("李明") == ["HL-1"]


@pytest.mark.parametrize("moved", [True, False])
def test_silence_is_not_passed_up_where_the_problem_was_given_to_another_unit(
    staffed: District, moved: bool
) -> None:
    overdue_since_october(staffed)
    if moved:
        by = staffed.who("周正")
        reassign.reassign(staffed.ledger, "HL-1", COMMUNITY, "属静和苑", by=by, on=date(2026, 10, 12))
    runs_night(staffed, "2026-10-14")
    assert (staffed.told("李明"), staffed.told("孙伟")) == ([] if moved else ["HL-1"], [])


def test_an_extended_problem_is_not_passed_up(staffed: District) -> None:
    has_overdue(staffed)
    runs_night(staffed, NIGHT)
    by = staffed.who("李明", NIGHT)
    until = date(2026, 12, 31)
    extension.grant(staffed.ledger, "HL-1", by=by, on=date(2026, 11, 21), until=until, reason="雨季")
    assert die(staffed, last_notice(staffed, "王强")) == 0
