"""转送: what a channel refuses goes to the next one, then to the post above; a faulty channel is parked."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from loopback_receiver import Answer, Receiver, receiving
from sending_office import MINUTE, SendingOffice
from small_district import SmallDistrict

from models.facts import facts_from_json
from notifiers import digest
from notifiers.choose import ChannelSettings
from xiaohao.actions import deliver, night, outbox
from xiaohao.errors import Incomplete, NotFound
from xiaohao.ledger import parked
from xiaohao.rules.delivery import DeliveryRules
from xiaohao.vocabulary import Channel, NoticeState, Role

WEBHOOK, FILE = Channel.WEBHOOK, Channel.FILE
TUESDAY = date(2026, 11, 24)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(Answer(204)) as receiver:
        yield receiver


@pytest.fixture
def office(engine: sa.Engine, tmp_path: Path, receiver: Receiver) -> SendingOffice:
    """Posts to the receiver, then writes files."""
    office = SendingOffice(engine, tmp_path)
    office.uses(WEBHOOK, FILE, webhook_url=receiver.url, webhook_secret="s")
    return office


def test_a_refused_notice_goes_to_the_next_channel_once(office: SendingOffice, receiver: Receiver) -> None:
    receiver.answers = [Answer(404)]
    office.has(2)
    office.delivers()
    office.delivers()
    refused, _, other, _ = office.notices()
    assert (refused.state, refused.receipt) == (NoticeState.DEAD, "404：对方拒收（404）")
    assert (other.channel, other.instead_of, other.state) == (FILE, refused.id, NoticeState.DELIVERED)
    assert (other.facts, other.official_id) == (refused.facts, refused.official_id)
    assert other.business_date == refused.business_date
    assert len(receiver.requests) == 2
    assert office.states() == {NoticeState.DEAD: 2, NoticeState.DELIVERED: 2}


def test_after_the_last_try_the_next_channel_has_its_turn(office: SendingOffice, receiver: Receiver) -> None:
    receiver.answers = [Answer(503)]
    office.rules = DeliveryRules(tries=3)
    office.has(1)
    for _ in range(3):
        office.delivers()
        office.passes(timedelta(minutes=20))
    dead, other = office.notices()
    assert (dead.state, dead.attempts, len(receiver.requests)) == (NoticeState.DEAD, 3, 3)
    assert "试了 3 次" in dead.receipt
    assert (other.instead_of, other.channel) == (dead.id, FILE)


def test_a_channel_that_is_gone_from_the_settings_keeps_no_notice(office: SendingOffice) -> None:
    office.has(3)
    office.uses(FILE)
    office.delivers()
    assert office.states() == {NoticeState.DEAD: 3, NoticeState.DELIVERED: 3}
    assert {each.receipt for each in office.notices(1, 2, 3)} == {"off：设置里已不用这个渠道"}


def test_a_pass_over_some_channels_moves_nothing_off_the_others(office: SendingOffice) -> None:
    office.has(1)
    office.has(1, channel=FILE)
    office.delivers(only=(FILE,))
    assert [each.state for each in office.notices()] == [NoticeState.QUEUED, NoticeState.DELIVERED]


def test_faulty_settings_park_the_channel_once_and_lose_no_notice_and_no_try(
    office: SendingOffice, receiver: Receiver
) -> None:
    receiver.answers = [Answer(401)]
    office.has(70)
    office.has(2, channel=FILE)
    sent = office.delivers()
    assert sent.parked == [WEBHOOK]
    assert office.states() == {NoticeState.QUEUED: 70, NoticeState.DELIVERED: 2}
    assert {each.attempts for each in office.notices() if each.channel is WEBHOOK} == {0}
    assert office.faults() == {"channel_parked": 1}
    asked = len(receiver.requests)
    assert asked < 70
    office.passes(MINUTE)
    office.delivers()
    assert len(receiver.requests) == asked, "it is left alone"
    office.passes(9 * MINUTE)
    office.delivers()
    assert len(receiver.requests) == asked + 1, "one notice tries"
    office.passes(29 * MINUTE)
    office.delivers()
    assert len(receiver.requests) == asked + 1, "and the next one later"
    assert office.faults() == {"channel_parked": 1}
    receiver.answers = [Answer(204)]
    office.passes(MINUTE)
    office.rules = DeliveryRules(most_a_day=0)
    assert office.delivers().counts == {NoticeState.DELIVERED: 70}
    assert office.faults() == {}


def test_a_parked_channel_is_released_by_hand(office: SendingOffice, receiver: Receiver) -> None:
    receiver.answers = [Answer(403)]
    office.has(2)
    office.delivers()
    [listed, _] = outbox.listed(office.ledger, channel=WEBHOOK)
    assert listed.why == "渠道已停用（403：对方不认可签名或没有权限（403））"
    receiver.answers = [Answer(204)]
    done = outbox.resend(office.ledger, channel=WEBHOOK, on=TUESDAY)
    assert (done.released_channels, done.resent) == ((WEBHOOK,), 2)
    assert office.faults() == {}
    assert office.delivers().counts == {NoticeState.DELIVERED: 2}


def test_one_good_receipt_of_before_the_parking_releases_nothing(
    office: SendingOffice, receiver: Receiver
) -> None:
    """Sends that were under way when the fault came prove nothing."""
    receiver.answers = [Answer(401), Answer(204, slow=0.4)]
    office.has(5)
    office.delivers()
    with office.ledger.reading() as r:
        assert list(parked.parked(r)) == [WEBHOOK]


def test_dead_notices_are_sent_again_under_their_own_keys(office: SendingOffice, receiver: Receiver) -> None:
    receiver.answers = [Answer(404)]
    office.uses(WEBHOOK)
    office.has(3)
    office.delivers()
    assert office.states() == {NoticeState.DEAD: 3}
    assert office.faults() == {"unreached": 3}
    receiver.answers = [Answer(204)]
    assert outbox.resend(office.ledger, numbers=[1], on=TUESDAY).resent == 1
    assert outbox.resend(office.ledger, dead=True, channel=FILE, on=TUESDAY).resent == 0
    assert outbox.resend(office.ledger, dead=True, on=TUESDAY).resent == 2
    office.delivers()
    assert office.states() == {NoticeState.DELIVERED: 3}
    assert office.faults() == {}, "they can be reached after all"
    keys = [request.headers["Idempotency-Key"] for request in receiver.requests]
    assert sorted(keys) == sorted(2 * [f"digest:{n}" for n in range(3)])


def test_what_is_sent_again_counts_from_the_new_send(office: SendingOffice) -> None:
    """Taken by the channel, then reported as not arrived; DingTalk's SendDate is the day of the new one."""
    office.has(1)
    long_ago = office.at - timedelta(days=3)
    office.changes(
        state=NoticeState.DEAD,
        accepted_at=long_ago,
        delivered_at=long_ago,
        read_at=long_ago,
        next_ask_at=office.at,
    )
    outbox.resend(office.ledger, numbers=[1], on=TUESDAY)
    [queued] = office.notices()
    assert (queued.accepted_at, queued.delivered_at, queued.read_at, queued.next_ask_at) == (None,) * 4
    office.delivers()
    [notice] = office.notices()
    assert (notice.accepted_at, notice.delivered_at, notice.read_at) == (office.at, office.at, None)


def test_what_arrived_or_is_unknown_is_not_sent_again(office: SendingOffice) -> None:
    office.has(1)
    office.delivers()
    with pytest.raises(Incomplete) as refused:
        outbox.resend(office.ledger, numbers=[1], on=TUESDAY)
    assert refused.value.missing == ("1 号已送达，不必重发",)
    with pytest.raises(NotFound, match="没有 99 号通知"):
        outbox.resend(office.ledger, numbers=[99], on=TUESDAY)


def test_who_cannot_be_reached_is_named_to_the_post_above_and_the_level_stays(
    engine: sa.Engine, receiver: Receiver, tmp_path: Path
) -> None:
    """The secretary's notice cannot be delivered: the leader hears of it for information, then the supervisor."""
    district = SmallDistrict(engine)
    district.register(date(2026, 11, 18))
    settings = ChannelSettings(
        order=(WEBHOOK,), notices_folder=tmp_path, webhook_url=receiver.url, webhook_secret="s"
    )
    night.fire(district.ledger, TUESDAY)
    night.compose(district.ledger, TUESDAY, settings)
    before = trail_and_level(engine)
    receiver.answers = [Answer(404), Answer(404), Answer(204)]
    office = SendingOffice.of(district, settings)
    for _ in range(3):
        office.delivers()
    first, second, third = office.notices()
    told = [facts_from_json(each.facts) for each in (first, second, third)]
    assert [each.roles for each in told] == [(Role.SECRETARY,), (Role.LEADER,), (Role.SUPERVISOR,)]
    assert [each.recipient for each in (first, second, third)] == ["李明", "王芳", "赵强"]
    assert [each.instead_of for each in (first, second, third)] == [None, first.id, second.id]
    assert [each.undelivered_to for each in told] == [None, "李明", "李明"]
    assert {tuple(replace(item, undelivered_to=()) for item in each.items) for each in told} == {
        told[0].items
    }
    assert [[each.name for each in said.items[0].undelivered_to] for said in told] == [
        [],
        ["李明"],
        ["李明", "王芳"],
    ], "the same facts, and whom they did not reach"
    for each in told[1:]:
        said = digest.message(each).text
        assert "发给李明同志的本通知未能送达" in said
        assert "请提醒李明同志并督促办理" in said
        assert "抓紧整改" not in said
        assert "今日反馈" not in said, "he is told for information"
    assert office.faults() == {"unreached": 2}
    assert trail_and_level(engine) == before


def test_with_nobody_above_it_stays_dead_and_visible(
    engine: sa.Engine, receiver: Receiver, tmp_path: Path
) -> None:
    receiver.answers = [Answer(404)]
    district = SmallDistrict(engine)
    district.register(date(2026, 11, 18))
    settings = ChannelSettings(
        order=(WEBHOOK,), notices_folder=tmp_path, webhook_url=receiver.url, webhook_secret="s"
    )
    night.fire(district.ledger, TUESDAY)
    night.compose(district.ledger, TUESDAY, settings)
    office = SendingOffice.of(district, settings)
    for _ in range(5):
        office.delivers()
    assert office.states() == {NoticeState.DEAD: 3}
    assert len(receiver.requests) == 3
    [last] = [each for each in office.messages() if each.startswith("赵强的通知")]
    assert "上级也无人可报，请当面转告" in last
    assert deliver.sent_from(deliver.told_of(office.delivers())).tried == 0


def trail_and_level(engine: sa.Engine) -> list[tuple[int, ...]]:
    with engine.connect() as conn:
        size = conn.exec_driver_sql("SELECT size FROM trail_head").scalar_one()
        return [(size,), *map(tuple, conn.exec_driver_sql("SELECT level, version FROM problem"))]
