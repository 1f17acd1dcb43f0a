"""发送: at least once, the same bytes on every try, and nobody waits for somebody else's channel."""

import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from digest_builders import digest_of, near
from loopback_receiver import Answer, Receiver, receiving
from sending_office import MINUTE, SendingOffice
from vendor_standin import Trouble
from wecom_standin import wecom

from models.facts import to_json
from notifiers.wecom_robot import WecomRobotSettings
from xiaohao.actions.deliver import deliver
from xiaohao.actions.deliver_channel import AT_ONCE, MOST_IN_A_ROW
from xiaohao.ledger.outbox import LEASE
from xiaohao.rules.delivery import DeliveryRules
from xiaohao.vocabulary import Channel, NoticeState

WEBHOOK, FILE, ROBOT = Channel.WEBHOOK, Channel.FILE, Channel.WECOM_ROBOT


@pytest.fixture
def office(engine: sa.Engine, tmp_path: Path) -> SendingOffice:
    return SendingOffice(engine, tmp_path)


def hooked(office: SendingOffice, receiver: Receiver, *others: Channel) -> SendingOffice:
    """The office posts to the receiver, then uses the other channels."""
    office.uses(WEBHOOK, *others, webhook_url=receiver.url, webhook_secret="s")
    return office


def test_after_a_try_that_may_have_arrived_the_next_is_byte_for_byte_the_first_whatever_changed_meanwhile(
    office: SendingOffice,
) -> None:
    with receiving(Answer(hang_up=True), Answer(204)) as receiver:
        hooked(office, receiver).has(1)
        office.delivers()
        [notice] = office.notices()
        assert (notice.state, notice.attempts) == (NoticeState.UNCERTAIN, 1)
        office.changes(facts=to_json(digest_of(near(title="改了的标题"))))
        office.passes(2 * MINUTE)
        assert office.delivers().counts == {NoticeState.DELIVERED: 1}
        first, second = (request.body for request in receiver.requests)
        [notice] = office.notices()
        assert first == second == notice.sent_body.encode()


def test_a_body_made_anew_is_byte_for_byte_the_first_while_the_settings_are_the_same(
    office: SendingOffice,
) -> None:
    with receiving(Answer(503), Answer(204)) as receiver:
        hooked(office, receiver).has(1)
        for state in (NoticeState.AGAIN, NoticeState.DELIVERED):
            office.delivers()
            assert office.states() == {state: 1}
            office.passes(2 * MINUTE)
        first, second = (request.body for request in receiver.requests)
        [notice] = office.notices()
        assert first == second == notice.sent_body.encode()


def test_a_notice_whose_sender_died_is_sent_again_under_its_key_when_the_lease_is_over(
    office: SendingOffice,
) -> None:
    with receiving(Answer(204)) as receiver:
        hooked(office, receiver).has(1)
        leased = {"state": NoticeState.LEASED, "lease_until": office.at + LEASE, "attempts": 1}
        office.changes(**leased, sent_body="{}")
        assert office.delivers().tried == 0, "its sender may be alive"
        office.passes(LEASE + MINUTE)
        office.delivers()
        [notice] = office.notices()
        assert (notice.state, notice.attempts) == (NoticeState.DELIVERED, 2)
        assert notice.unsure_at is not None
        [request] = receiver.requests
        assert request.body == b"{}", "the receiver knows repetitions, so nothing is marked"
        assert request.headers["Idempotency-Key"] == "digest:0"


def test_where_nobody_knows_repetitions_the_second_body_says_so_and_the_third_is_the_second(
    office: SendingOffice,
) -> None:
    with wecom() as standin:
        keys = WecomRobotSettings(keys={"默认": "KEY-OF-ROBOT"}, base=standin.url)
        office.uses(ROBOT, wecom_robot=keys)
        office.has(1)
        standin.troubles.extend((Trouble.HANG_UP, Trouble.HANG_UP))
        for state in (NoticeState.UNCERTAIN, NoticeState.UNCERTAIN, NoticeState.ACCEPTED):
            office.delivers()
            assert office.states() == {state: 1}
            office.at = office.notices()[0].next_attempt_at or office.at
        first, second, third = (call.body.decode() for call in standin.messages)
    assert "重发" not in first
    assert "重发" in second
    assert second == third == office.notices()[0].sent_body


def test_a_failed_try_waits_longer_each_time_and_as_long_as_it_is_told(office: SendingOffice) -> None:
    with receiving(Answer(429, {"Retry-After": "1800"}), Answer(503)) as receiver:
        hooked(office, receiver).has(1)
        office.delivers()
        assert office.notices()[0].next_attempt_at == office.at + timedelta(minutes=30)
        office.passes(29 * MINUTE)
        assert office.delivers().tried == 0
        waits = []
        for _ in range(3):
            office.at = office.notices()[0].next_attempt_at
            office.delivers()
            waits.append(office.notices()[0].next_attempt_at - office.at)
    for wait, about in zip(waits, (3, 9, 27), strict=True):
        assert 0.8 * about * MINUTE <= wait <= 1.2 * about * MINUTE


def test_a_slow_channel_holds_up_no_other(office: SendingOffice) -> None:
    with receiving(Answer(204, slow=1.5)) as receiver:
        hooked(office, receiver, FILE).has(3)
        office.has(40, channel=FILE)
        began = datetime.now(UTC)
        deliver(
            office.ledger, began.date(), office.settings, now=lambda: office.at + (datetime.now(UTC) - began)
        )
    by_channel = {FILE: [], WEBHOOK: []}
    for notice in office.notices():
        by_channel[notice.channel].append((notice.delivered_at - office.at).total_seconds())
    assert max(by_channel[FILE]) < min(by_channel[WEBHOOK])
    assert min(by_channel[WEBHOOK]) >= 1.5


def test_a_channel_on_which_nothing_goes_through_is_left_alone_and_no_try_is_lost(
    office: SendingOffice,
) -> None:
    with receiving() as receiver:
        hooked(office, receiver, FILE)  # and then the receiver goes away
    office.has(60)
    office.has(5, channel=FILE)
    sent = office.delivers()
    tries = [notice.attempts for notice in office.notices() if notice.channel is WEBHOOK]
    assert sent.counts[NoticeState.DELIVERED] == 5
    assert MOST_IN_A_ROW <= sum(tries) <= MOST_IN_A_ROW + AT_ONCE
    assert set(tries) == {0, 1}
    assert "连续 20 份没有发成" in sent.gave_up[0]


def test_two_deliverers_at_once_double_nothing(office: SendingOffice) -> None:
    with receiving(Answer(204, slow=0.005)) as receiver:
        hooked(office, receiver).has(120)
        office.rules = DeliveryRules(most_a_day=0)
        threads = [threading.Thread(target=office.delivers) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        keys = Counter(request.headers["Idempotency-Key"] for request in receiver.requests)
    assert office.states() == {NoticeState.DELIVERED: 120}
    assert (len(keys), keys.total()) == (120, 120)


def test_a_result_under_a_lease_that_is_over_counts_nothing(office: SendingOffice) -> None:
    """Somebody else has taken the notice over: what the late sender learnt is not written."""
    with receiving(Answer(204, slow=0.5)) as receiver:
        hooked(office, receiver).has(1)
        sender = threading.Thread(target=office.delivers)
        sender.start()
        until = time.monotonic() + 10
        while not receiver.requests and time.monotonic() < until:
            time.sleep(0.01)
        office.changes(lease_until=office.at + 2 * LEASE)
        sender.join()
    assert office.states() == {NoticeState.LEASED: 1}


def test_a_notice_that_cannot_be_put_into_words_holds_up_no_other(office: SendingOffice) -> None:
    with receiving(Answer(204)) as receiver:
        hooked(office, receiver).has(1)
        office.changes(facts="{}")
        office.has(1)
        assert office.delivers().counts == {NoticeState.DELIVERED: 1}
    bad, _ = office.notices()
    assert (bad.state, bad.attempts) == (NoticeState.AGAIN, 1)
    assert "写不出来" in bad.receipt
