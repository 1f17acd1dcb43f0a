"""已阅 on a notice whose end is unknown, or which was given up: it has arrived, and nothing more is sent of it."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from digest_builders import TONIGHT
from dingtalk_standin import dingtalk
from loopback_receiver import Answer, Receiver, receiving
from sending_office import MINUTE, SendingOffice

from notifiers.dingtalk_work import DingtalkWorkSettings
from xiaohao.actions import acknowledge, outbox
from xiaohao.rules.delivery import DeliveryRules
from xiaohao.vocabulary import Channel, NoticeState

WEBHOOK, FILE, WORK = Channel.WEBHOOK, Channel.FILE, Channel.DINGTALK_WORK
LOST = Answer(hang_up=True)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Takes every notice, but its answers are lost."""
    with receiving(LOST) as receiver:
        yield receiver


@pytest.fixture
def office(engine: sa.Engine, tmp_path: Path, receiver: Receiver) -> SendingOffice:
    office = SendingOffice(engine, tmp_path)
    office.uses(WEBHOOK, webhook_url=receiver.url, webhook_secret="s")
    return office


def pressed(office: SendingOffice, number: int) -> bool:
    return acknowledge.acknowledge(office.ledger, number, at=office.at, on=TONIGHT)


def test_an_uncertain_notice_is_sent_no_more_and_is_never_dead(
    office: SendingOffice, receiver: Receiver
) -> None:
    [number] = office.has(1)
    office.delivers()
    assert office.states() == {NoticeState.UNCERTAIN: 1}
    assert pressed(office, number)
    read_at = office.at
    for _ in range(10):
        office.passes(40 * MINUTE)
        office.delivers()
    [notice] = office.notices()
    assert (notice.state, notice.delivered_at, notice.accepted_at) == (
        NoticeState.DELIVERED,
        read_at,
        read_at,
    )
    assert len(receiver.requests) == 1
    assert office.faults() == {}


def test_what_was_given_up_has_arrived_after_all_and_the_fault_is_mended(office: SendingOffice) -> None:
    office.rules = DeliveryRules(tries=1)
    [number] = office.has(1)
    office.delivers()
    assert office.faults() == {"unreached": 1}
    assert pressed(office, number)
    assert office.states() == {NoticeState.DELIVERED: 1}
    assert office.faults() == {}
    assert outbox.resend(office.ledger, dead=True, on=TONIGHT).resent == 0


def test_what_stands_in_for_it_on_the_next_channel_is_not_sent(office: SendingOffice, tmp_path: Path) -> None:
    office.uses(WEBHOOK, FILE)
    office.rules = DeliveryRules(tries=1)
    [number] = office.has(1)
    office.delivers(only=(WEBHOOK,))
    first, instead = office.notices()
    assert (first.state, instead.state) == (NoticeState.DEAD, NoticeState.QUEUED)
    pressed(office, number)
    office.passes(MINUTE)
    assert office.delivers().tried == 0
    assert not list(tmp_path.glob("notices/*"))
    _, instead = office.notices()
    assert (instead.state, instead.accepted_at) == (NoticeState.DELIVERED, None), "no channel took it"


def test_pressed_while_it_is_under_way_it_is_not_given_up(office: SendingOffice, receiver: Receiver) -> None:
    receiver.answers = [Answer(404, slow=0.5)]
    [number] = office.has(1)
    sender = threading.Thread(target=office.delivers)
    sender.start()
    until = time.monotonic() + 10
    while not receiver.requests and time.monotonic() < until:
        time.sleep(0.01)
    pressed(office, number)
    sender.join()
    assert office.states() == {NoticeState.DELIVERED: 1}
    assert office.faults() == {}


def test_a_vendor_that_says_that_it_never_arrived_is_not_believed(engine: sa.Engine, tmp_path: Path) -> None:
    office = SendingOffice(engine, tmp_path)
    with dingtalk() as server:
        settings = DingtalkWorkSettings(
            app_key="KEY1", app_secret="APP-SECRET", agent_id=42, base=server.base
        )
        office.uses(WORK, FILE, dingtalk_work=settings)
        office.reaches(WORK, "u1")
        [number] = office.has(1)
        office.delivers()
        for task in server.tasks.values():
            task.state = "failed"
        pressed(office, number)
        office.passes(6 * MINUTE)
        assert office.delivers().asked == 1
    assert office.states() == {NoticeState.DELIVERED: 1}
