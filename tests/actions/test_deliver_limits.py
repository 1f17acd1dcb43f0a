"""发送: what may not go out now gets its time: rates of robots, the cap a person, the delivery window."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from digest_builders import near, overdue
from feishu_standin import feishu
from loopback_receiver import Answer, receiving
from sending_office import MINUTE, SendingOffice
from vendor_standin import Planned, Trouble
from wecom_standin import WecomStandin, wecom

from notifiers.feishu_robot import FeishuRobotKey, FeishuRobotSettings
from notifiers.wecom_robot import WecomRobotSettings
from xiaohao.actions.deliver import deliver
from xiaohao.actions.deliver_term import LASTS
from xiaohao.rules.business_date import ZONE
from xiaohao.rules.delivery import MOST_UNSURE, DeliveryRules
from xiaohao.vocabulary import Channel, NoticeState

FILE, ROBOT = Channel.FILE, Channel.WECOM_ROBOT
DEAD = {NoticeState.DEAD: 1}


@pytest.fixture
def standin() -> Iterator[WecomStandin]:
    with wecom() as standin:
        yield standin


@pytest.fixture
def office(engine: sa.Engine, tmp_path: Path, standin: WecomStandin) -> SendingOffice:
    """Has one group robot, which takes 20 a minute and tells at once when it is more."""
    office = SendingOffice(engine, tmp_path)
    keys = {"默认": "KEY-OF-ROBOT", "孟轲乡": "KEY-OF-TOWN"}
    office.uses(ROBOT, FILE, wecom_robot=WecomRobotSettings(keys=keys, base=standin.url))
    office.rules = DeliveryRules(most_a_day=0)
    standin.clock = lambda: office.at.timestamp()
    return office


def test_what_a_robot_does_not_take_in_this_minute_waits_for_the_next(
    office: SendingOffice, standin: WecomStandin
) -> None:
    office.has(45)
    assert office.delivers().waiting == 25
    assert office.states() == {NoticeState.ACCEPTED: 20, NoticeState.QUEUED: 25}
    waits = {each.next_attempt_at for each in office.notices() if each.state is NoticeState.QUEUED}
    assert min(waits) == office.at + timedelta(seconds=63)
    assert {each.receipt for each in office.notices() if each.next_attempt_at} == {"达到渠道的频率限制，排队"}
    office.passes(timedelta(seconds=30))
    assert office.delivers().tried == 0, "another process counts what the first one sent"
    for _ in range(2):
        office.passes(timedelta(seconds=64))
        office.delivers()
    assert office.states() == {NoticeState.ACCEPTED: 45}
    assert {each.attempts for each in office.notices()} == {1}, "the robot never had to refuse"
    assert len(standin.delivered) == 45


def test_each_robot_has_its_own_limit_whomever_it_mentions(
    office: SendingOffice, standin: WecomStandin
) -> None:
    office.has(15, to=1)
    office.has(15, to=2)
    office.has(15, to=3)
    with office.ledger.engine.begin() as conn:
        add = "INSERT INTO contact (official_id, channel, address) VALUES"
        conn.exec_driver_sql(f"{add} (3, 'wecom_robot', '孟轲乡'), (1, 'wecom_app', 'WangJianguo')")
    office.delivers()
    assert standin.robots["KEY-OF-ROBOT"].sent_at == [office.at.timestamp()] * 20
    assert len(standin.robots["KEY-OF-TOWN"].sent_at) == 15


def test_a_person_gets_so_many_notices_a_day_and_the_operator_sees_it(
    office: SendingOffice, standin: WecomStandin
) -> None:
    office.rules = DeliveryRules(most_a_day=2)
    office.has(4, to=1)
    office.has(1, to=2)
    office.has(2, to=1, channel=FILE)  # a file disturbs nobody
    sent = office.delivers()
    assert (sent.waiting, len(standin.delivered)) == (2, 3)
    assert office.states() == {
        NoticeState.ACCEPTED: 3,
        NoticeState.QUEUED: 2,
        NoticeState.DELIVERED: 2,
    }
    tomorrow = datetime(2026, 11, 25, 8, tzinfo=ZONE)
    assert {each.next_attempt_at for each in office.notices(3, 4)} == {tomorrow.astimezone(UTC)}
    assert office.faults() == {"day_cap": 1}
    assert "今天已收到 2 份通知" in office.messages()[0]
    office.has(1, overdue(level=3), to=1)
    office.has(1, overdue(level=2, next_role=None), to=1)  # a long-term problem climbs no higher
    assert office.delivers().counts == {NoticeState.ACCEPTED: 2}, "the top level does not ask"
    office.at = tomorrow.astimezone(UTC)
    office.delivers()
    assert NoticeState.QUEUED not in office.states()
    assert office.faults() == {}


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-11-24T02:30", "2026-11-24T08:00"),  # the night itself
        ("2026-11-27T21:00", "2026-11-30T08:00"),  # Friday evening
    ],
)
def test_outside_the_window_a_notice_waits_for_its_beginning(
    office: SendingOffice, at: str, opens: str
) -> None:
    office.at = datetime.fromisoformat(at).replace(tzinfo=ZONE).astimezone(UTC)
    office.has(1, near())
    office.has(1, near(), channel=FILE)
    office.has(1, overdue(level=1))  # an immediate problem that is overdue
    sent = office.delivers()
    assert (sent.waiting, sent.counts[NoticeState.DELIVERED]) == (1, 1), "a file has no window"
    waiting, _, urgent = office.notices()
    assert waiting.next_attempt_at == datetime.fromisoformat(opens).replace(tzinfo=ZONE)
    assert (waiting.attempts, waiting.receipt) == (0, "不在发送时段，顺延")
    assert urgent.state is NoticeState.ACCEPTED
    office.at = waiting.next_attempt_at
    assert office.delivers().counts == {NoticeState.ACCEPTED: 1}


def test_a_limit_of_a_second_is_waited_for_within_the_pass(engine: sa.Engine, tmp_path: Path) -> None:
    """飞书 takes 5 a second from a robot; of a long queue the next five are due when they fit."""
    office = SendingOffice(engine, tmp_path)
    with feishu() as standin:
        robots = {"默认": FeishuRobotKey(token="TOKEN-OF-TOWN")}
        office.uses(Channel.FEISHU_ROBOT, feishu_robot=FeishuRobotSettings(robots=robots, base=standin.base))
        office.has(8)
        began = datetime.now(UTC)
        sent = deliver(
            office.ledger,
            began.date(),
            office.settings,
            DeliveryRules(most_a_day=0),
            now=lambda: office.at + (datetime.now(UTC) - began),
        )
    assert (sent.counts, sent.waiting) == ({NoticeState.ACCEPTED: 8}, 0)
    assert timedelta(seconds=1.2) < datetime.now(UTC) - began < MINUTE


def test_a_long_queue_is_spread_over_the_minutes_in_which_it_fits(office: SendingOffice) -> None:
    office.has(100)
    office.delivers()
    waits = Counter(each.next_attempt_at - office.at for each in office.notices() if each.next_attempt_at)
    assert waits == {n * timedelta(seconds=63): 20 for n in range(1, 5)}


def test_a_pass_waits_for_the_next_minutes_of_a_robot_within_its_own_time(
    office: SendingOffice, standin: WecomStandin
) -> None:
    office.has(100)
    began = office.at
    sent = office.delivers(lasts=LASTS, pause=office.lets_time_go_by)
    assert (sent.counts, sent.waiting) == ({NoticeState.ACCEPTED: 80}, 20)
    assert LASTS - MINUTE < office.at - began < LASTS
    assert {each.attempts for each in office.notices()} == {0, 1}, "the robot never had to refuse"
    assert len(standin.delivered) == 80


def test_what_tells_of_the_top_of_a_ladder_goes_before_what_is_older(office: SendingOffice) -> None:
    office.has(60)
    office.has(1, overdue(level=2))
    top = [*office.has(1, overdue(level=3)), *office.has(1, overdue(level=2, next_role=None))]
    assert office.delivers().counts == {NoticeState.ACCEPTED: 20}
    went = [each.id for each in office.notices() if each.state is NoticeState.ACCEPTED]
    assert went == [*range(1, 19), *top]


def test_of_a_channel_with_limits_no_more_is_claimed_than_leaves_at_once(
    office: SendingOffice, standin: WecomStandin
) -> None:
    """A send counts from its claim: what waits for a free sender would leave when it counts no more."""
    standin.plan("/cgi-bin/webhook/send", *[Planned(slow=1.0)] * 20)
    office.has(20, to=1)
    office.has(20, to=3)
    with office.ledger.engine.begin() as conn:
        conn.exec_driver_sql(
            "INSERT INTO contact (official_id, channel, address) VALUES (3, 'wecom_robot', '孟轲乡')"
        )
    sender = threading.Thread(target=office.delivers)
    sender.start()
    until = time.monotonic() + 10
    while len(standin.calls) < 20 and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.3)
    under_way = office.states()
    sender.join()
    assert under_way == {NoticeState.LEASED: 20, NoticeState.QUEUED: 20}
    assert office.states() == {NoticeState.ACCEPTED: 40}


def test_what_may_have_reached_a_person_fills_his_day_too(
    office: SendingOffice, standin: WecomStandin
) -> None:
    """The robot takes every notice, and each answer is lost; a try more is one message more."""
    office.rules = DeliveryRules(most_a_day=2)
    standin.troubles.extend([Trouble.HTML] * 99)
    office.has(3, to=1)
    while office.at.astimezone(ZONE).hour < 19:
        office.delivers()
        office.passes(30 * MINUTE)
    assert len(standin.delivered) == 2 * MOST_UNSURE
    assert office.notices(3)[0].attempts == 0, "the third notice waits for tomorrow"
    assert office.faults()["day_cap"] == 1


def test_a_vendor_that_knows_repetitions_gets_all_tries(engine: sa.Engine, tmp_path: Path) -> None:
    office = SendingOffice(engine, tmp_path)
    with receiving(Answer(hang_up=True)) as receiver:
        office.uses(Channel.WEBHOOK, webhook_url=receiver.url, webhook_secret="s")
        office.has(1)
        while (at := office.notices()[0].next_attempt_at or office.at) and office.states() != DEAD:
            office.at = at
            office.delivers()
        assert len(receiver.requests) == office.rules.tries
