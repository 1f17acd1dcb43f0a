"""发送: what may not go out now gets its time: rates of robots, the cap a person, the delivery window."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from digest_builders import near, overdue
from feishu_standin import feishu
from sending_office import MINUTE, SendingOffice
from wecom_standin import WecomStandin, wecom

from notifiers.feishu_robot import FeishuRobotKey, FeishuRobotSettings
from notifiers.wecom_robot import WecomRobotSettings
from xiaohao.actions.deliver import deliver
from xiaohao.rules.business_date import ZONE
from xiaohao.rules.delivery import DeliveryRules
from xiaohao.vocabulary import Channel, NoticeState

FILE, ROBOT = Channel.FILE, Channel.WECOM_ROBOT


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
