"""A clock that was ahead for a while keeps no notice, no person, no channel and no lease until that date."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from dingtalk_standin import Dingtalk, dingtalk
from feishu_standin import feishu
from loopback_receiver import Answer, Receiver, receiving
from sending_office import MINUTE, NOON, TONIGHT, SendingOffice

from notifiers.dingtalk_work import DingtalkWorkSettings
from notifiers.feishu_robot import FeishuRobotKey, FeishuRobotSettings
from xiaohao.actions import outbox
from xiaohao.errors import Incomplete
from xiaohao.ledger.outbox import FARTHEST, LEASE
from xiaohao.rules.delivery import DeliveryRules
from xiaohao.vocabulary import Channel, NoticeState

WEBHOOK, WORK = Channel.WEBHOOK, Channel.DINGTALK_WORK
AHEAD = timedelta(days=400)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(Answer(204)) as receiver:
        yield receiver


@pytest.fixture
def office(engine: sa.Engine, tmp_path: Path, receiver: Receiver) -> SendingOffice:
    """Posts to the receiver at any hour; its clock is 400 days ahead."""
    office = SendingOffice(engine, tmp_path)
    office.uses(WEBHOOK, webhook_url=receiver.url, webhook_secret="s")
    office.rules = DeliveryRules(working_days=False)
    office.passes(AHEAD)
    return office


def test_a_wait_longer_than_any_rule_gives_is_over(office: SendingOffice, receiver: Receiver) -> None:
    receiver.answers = [Answer(503), Answer(503), Answer(204)]
    office.has(2)
    assert office.delivers().counts == {NoticeState.AGAIN: 2}
    office.at = NOON
    assert office.delivers().counts == {NoticeState.DELIVERED: 2}


def test_a_wait_that_a_rule_gives_is_not_over(office: SendingOffice) -> None:
    office.at = NOON
    office.has(1)
    office.changes(next_attempt_at=NOON + FARTHEST)
    assert office.delivers().tried == 0


def test_who_got_notices_in_the_future_may_be_told_today(office: SendingOffice) -> None:
    office.rules = replace(office.rules, most_a_day=2)
    office.has(2, to=1)
    assert office.delivers().counts == {NoticeState.DELIVERED: 2}
    office.at = NOON
    office.has(3, to=1)
    sent = office.delivers()
    assert (sent.counts, sent.waiting) == ({NoticeState.DELIVERED: 2}, 1)


def test_a_lease_longer_than_any_is_an_orphan(office: SendingOffice, receiver: Receiver) -> None:
    [number] = office.has(1)
    leased = {"state": NoticeState.LEASED, "lease_until": office.at + LEASE, "attempts": 1, "sent_body": "{}"}
    office.changes(**leased)
    office.at = NOON
    assert office.delivers().counts == {NoticeState.DELIVERED: 1}
    assert receiver.requests[0].body == b"{}"
    assert office.notices(number)[0].unsure_at == NOON


def test_such_a_lease_is_queued_by_hand_and_a_living_one_is_not(office: SendingOffice) -> None:
    [number] = office.has(1)
    office.changes(state=NoticeState.LEASED, lease_until=office.at + LEASE, attempts=1, sent_body="{}")
    living = office.at
    with pytest.raises(Incomplete):
        outbox.resend(office.ledger, numbers=[number], on=TONIGHT, now=living)
    assert outbox.resend(office.ledger, numbers=[number], on=TONIGHT, now=NOON).resent == 1
    [notice] = office.notices()
    assert (notice.state, notice.unsure_at, notice.attempts) == (NoticeState.UNCERTAIN, NOON, 0)
    assert notice.lease_until is None


def test_a_lease_on_a_channel_that_is_gone_is_moved(office: SendingOffice) -> None:
    office.has(1)
    office.changes(state=NoticeState.LEASED, lease_until=office.at + LEASE, attempts=1)
    office.uses(Channel.FILE)
    office.at = NOON
    office.delivers()
    assert office.states() == {NoticeState.DEAD: 1, NoticeState.DELIVERED: 1}


def test_a_parked_channel_is_tried_at_once(office: SendingOffice, receiver: Receiver) -> None:
    receiver.answers = [Answer(401), Answer(204)]
    office.has(1)
    assert office.delivers().parked == [WEBHOOK]
    office.at = NOON
    assert office.delivers().counts == {NoticeState.DELIVERED: 1}


def test_sends_in_the_future_fill_no_limit(engine: sa.Engine, tmp_path: Path) -> None:
    office = SendingOffice(engine, tmp_path)
    office.rules = DeliveryRules(working_days=False, most_a_day=0)
    with feishu() as standin:
        standin.clock = lambda: office.at.timestamp()
        keys = {"默认": FeishuRobotKey(token="TOKEN-OF-TOWN")}
        office.uses(Channel.FEISHU_ROBOT, feishu_robot=FeishuRobotSettings(robots=keys, base=standin.base))
        office.has(5)
        office.passes(AHEAD)
        assert office.delivers().counts == {NoticeState.ACCEPTED: 5}
        standin.robots["TOKEN-OF-TOWN"].sent_at.clear()  # the vendor's own clock was right
        office.at = NOON
        office.has(5)
        sent = office.delivers()
    assert (sent.counts, sent.waiting) == ({NoticeState.ACCEPTED: 5}, 0)


@pytest.fixture
def server() -> Iterator[Dingtalk]:
    with dingtalk() as server:
        yield server


def test_what_was_accepted_in_the_future_is_asked_for_now_and_then_no_more(
    office: SendingOffice, server: Dingtalk
) -> None:
    settings = DingtalkWorkSettings(app_key="KEY1", app_secret="APP-SECRET", agent_id=42, base=server.base)
    office.uses(WORK, dingtalk_work=settings)
    office.reaches(WORK, "u1")
    office.has(1)
    office.delivers()
    office.at = NOON
    assert office.delivers().asked == 1
    [notice] = office.notices()
    assert (notice.state, notice.accepted_at) == (NoticeState.DELIVERED, NOON)
    asked = 0
    while office.notices()[0].next_ask_at is not None:
        office.at = office.notices()[0].next_ask_at + MINUTE
        asked += office.delivers().asked
        assert asked < 10
    assert office.at < NOON + FARTHEST


def test_a_day_cap_found_in_the_future_is_over(office: SendingOffice) -> None:
    office.rules = replace(office.rules, most_a_day=1)
    office.has(2, to=1)
    office.delivers()
    assert office.faults() == {"day_cap": 1}
    office.at = NOON
    office.delivers()
    assert office.faults() == {}
