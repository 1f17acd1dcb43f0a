"""What goes out after something was mended: settings and addresses of now, but never two letters by mistake."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from dingtalk_standin import Robot, dingtalk
from feishu_standin import feishu
from sending_office import MINUTE, TONIGHT, SendingOffice
from vendor_standin import Trouble
from wecom_standin import WecomStandin, wecom

from notifiers.dingtalk_robot import DingtalkRobotKey, DingtalkRobotSettings
from notifiers.feishu_app import FeishuAppSettings
from notifiers.wecom_app import WecomAppSettings
from notifiers.wecom_robot import WecomRobotSettings
from xiaohao.actions import outbox
from xiaohao.ledger import bulk
from xiaohao.ledger.tables import CONTACT
from xiaohao.vocabulary import Action, Channel, NoticeState

APP = Channel.WECOM_APP


@pytest.fixture
def standin() -> Iterator[WecomStandin]:
    with wecom() as standin:
        yield standin


@pytest.fixture
def office(engine: sa.Engine, tmp_path: Path, standin: WecomStandin) -> SendingOffice:
    office = SendingOffice(engine, tmp_path)
    through(office, standin, standin.agent_id)
    return office


def through(office: SendingOffice, standin: WecomStandin, agent_id: int) -> None:
    """The application has this number in the settings."""
    settings = WecomAppSettings(
        corpid=standin.corpid, secret=standin.secret, agent_id=agent_id, base=standin.url
    )
    office.uses(APP, wecom_app=settings)


def moved(office: SendingOffice, address: str) -> None:
    """Every address in the list is corrected."""
    with office.ledger.writing(Action.TELL, by="x", on=TONIGHT) as w:
        w.conn.execute(CONTACT.update().values(address=address))


def test_a_channel_works_again_when_its_number_is_mended_and_released(
    office: SendingOffice, standin: WecomStandin
) -> None:
    office.reaches(APP, "LiMing")
    through(office, standin, 999)
    office.has(3)
    assert office.delivers().parked == [APP]
    through(office, standin, standin.agent_id)
    assert outbox.resend(office.ledger, channel=APP, on=TONIGHT).released_channels == (APP,)
    sent = office.delivers()
    assert (sent.counts, sent.parked) == ({NoticeState.ACCEPTED: 3}, [])
    assert [call.values["agentid"] for call in standin.messages[-3:]] == [standin.agent_id] * 3


def test_a_probe_by_the_mended_settings_releases_the_channel(engine: sa.Engine, tmp_path: Path) -> None:
    office = SendingOffice(engine, tmp_path)
    robot = Channel.DINGTALK_ROBOT
    with dingtalk() as server:
        server.robots["T"] = Robot(keyword="某某督查")
        for keyword, count in ((None, 0), ("某某督查", 2)):
            keys = {"默认": DingtalkRobotKey(token="T", keyword=keyword)}
            office.uses(robot, dingtalk_robot=DingtalkRobotSettings(robots=keys, base=server.base))
            if not count:
                office.has(2)
            sent = office.delivers()
            assert (sent.parked, sent.counts[NoticeState.ACCEPTED]) == ([robot][count:], count)
            office.passes(11 * MINUTE)
        assert len(server.delivered) == 2


@pytest.mark.parametrize("by_hand", [True, False])
def test_what_may_have_arrived_goes_by_the_mended_settings_too_and_parks_nothing_for_ever(
    office: SendingOffice, standin: WecomStandin, by_hand: bool
) -> None:
    office.reaches(APP, "LiMing")
    office.has(1)
    standin.troubles.append(Trouble.HANG_UP)
    office.delivers()
    first = standin.messages[0].body
    standin.agent_id = 1000003  # the application was made anew in the vendor's console
    office.passes(2 * MINUTE)
    assert office.delivers().parked == [APP]
    assert standin.messages[1].body == first, "it may have arrived: the same bytes"
    through(office, standin, 1000003)
    if by_hand:
        office.changes(sent_body=first.decode())  # as if it had been under way when the fault was seen
        outbox.resend(office.ledger, channel=APP, on=TONIGHT)
    office.passes(11 * MINUTE)
    assert office.delivers().counts == {NoticeState.ACCEPTED: 1}


def test_what_a_wrong_address_refused_goes_to_the_corrected_one(
    office: SendingOffice, standin: WecomStandin
) -> None:
    office.reaches(APP, "NoSuchPerson")
    [number] = office.has(1, to=1)
    office.delivers()
    assert office.notices(number)[0].state is NoticeState.DEAD
    moved(office, "LiMing")
    outbox.resend(office.ledger, numbers=[number], on=TONIGHT)
    office.delivers()
    assert [each.to for each in standin.delivered] == ["LiMing"]
    assert office.notices(number)[0].state is NoticeState.ACCEPTED


def test_what_may_have_reached_another_address_is_a_new_notice_at_the_corrected_one(
    office: SendingOffice, standin: WecomStandin
) -> None:
    office.reaches(APP, "WangJianguo")
    office.has(1, to=1)
    standin.troubles.extend((Trouble.HANG_UP, Trouble.HANG_UP))
    office.delivers()
    moved(office, "LiMing")
    for _ in range(2):
        office.passes(timedelta(minutes=10))
        office.delivers()
    wrong, right, again = (call.body for call in standin.messages)
    assert [json.loads(body)["touser"] for body in (wrong, right)] == ["WangJianguo", "LiMing"]
    assert "重发" not in right.decode(), "he gets it for the first time"
    assert again == right, "now it may have arrived here"
    [notice] = office.notices()
    assert (notice.state, notice.attempts) == (NoticeState.ACCEPTED, 2)


def test_a_vendor_that_has_seen_the_key_does_not_drop_it_at_the_corrected_address(
    engine: sa.Engine, tmp_path: Path
) -> None:
    office = SendingOffice(engine, tmp_path)
    with feishu() as standin:
        settings = FeishuAppSettings(app_id=standin.app_id, secret=standin.secret, base=standin.base)
        office.uses(Channel.FEISHU_APP, feishu_app=settings)
        office.reaches(Channel.FEISHU_APP, "ou_wang")
        office.has(1)
        standin.troubles.append(Trouble.HANG_UP)
        office.delivers()
        moved(office, "ou_li")
        office.passes(2 * MINUTE)
        assert office.delivers().counts == {NoticeState.ACCEPTED: 1}
        assert [each.to for each in standin.delivered] == ["ou_wang", "ou_li"]


def test_who_is_mentioned_now_changes_nothing_about_what_the_group_has_seen(
    office: SendingOffice, standin: WecomStandin
) -> None:
    """A robot's group is the place: a second message there is marked, whomever it mentions."""
    robots = WecomRobotSettings(keys={"默认": "KEY-OF-ROBOT"}, base=standin.url)
    office.uses(Channel.WECOM_ROBOT, wecom_robot=robots)
    office.has(1, to=1)
    standin.troubles.append(Trouble.HTML)
    office.delivers()
    with office.ledger.writing(Action.TELL, by="x", on=TONIGHT) as w:
        bulk.insert_rows(w.conn, CONTACT, [{"official_id": 1, "channel": APP, "address": "LiMing"}])
    office.passes(timedelta(minutes=20))
    office.delivers()
    first, second = (each.content for each in standin.delivered)
    assert "重发" not in first
    assert "重发" in second
