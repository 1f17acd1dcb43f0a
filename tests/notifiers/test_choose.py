"""Which channels there are, and the way to one official."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from notifiers import message
from notifiers.choose import (
    Addressee,
    ChannelSettings,
    Route,
    address_of,
    channels,
    names_of,
    route,
    routes,
)
from notifiers.dingtalk_gov import DingtalkGovSettings
from notifiers.dingtalk_robot import DingtalkRobotKey, DingtalkRobotSettings
from notifiers.dingtalk_work import DingtalkWorkSettings
from notifiers.feishu_app import FeishuAppSettings
from notifiers.feishu_robot import FeishuRobotKey, FeishuRobotSettings
from notifiers.mail import MailSettings
from notifiers.others import OtherSettings
from notifiers.sms_aliyun import SmsAliyunSettings
from notifiers.sms_tencent import SmsTencentSettings
from notifiers.wecom_app import WecomAppSettings
from notifiers.wecom_robot import WecomRobotSettings
from xiaohao.errors import WrongUsage
from xiaohao.vocabulary import Channel

ROBOTS = ("默认", "孟轲乡")
SETTINGS = ChannelSettings(
    order=(Channel.WEBHOOK, Channel.FILE, Channel.CONSOLE),
    notices_folder=Path("notices"),
    webhook_url="https://hook.example/?key=KEY-IN-URL",
    webhook_secret="this is secret",
    wecom_robot=WecomRobotSettings(keys=dict.fromkeys(ROBOTS, "KEY-IN-URL")),
    wecom_app=WecomAppSettings(corpid="ww1", secret="this is secret", agent_id=1),
    dingtalk_robot=DingtalkRobotSettings(
        robots=dict.fromkeys(ROBOTS, DingtalkRobotKey(token="KEY-IN-URL", secret="this is secret"))
    ),
    dingtalk_work=DingtalkWorkSettings(app_key="k", app_secret="this is secret", agent_id=1),
    dingtalk_gov=DingtalkGovSettings(app_key="k", app_secret="this is secret", tenant_id="1"),
    feishu_robot=FeishuRobotSettings(
        robots=dict.fromkeys(ROBOTS, FeishuRobotKey(token="KEY-IN-URL", secret="this is secret"))
    ),
    feishu_app=FeishuAppSettings(app_id="cli_x", secret="this is secret"),
    mail=MailSettings(host="mail.example", sender="a@b.example", password="this is secret"),
    sms_aliyun=SmsAliyunSettings(
        access_key_id="k", access_key_secret="this is secret", sign_name="s", template_code="SMS_1"
    ),
    sms_tencent=SmsTencentSettings(
        secret_id="k", secret_key="this is secret", app_id="1", sign_name="s", template_id="1"
    ),
    other=OtherSettings(urls={"默认": "json://KEY-IN-URL", "区里": "json://KEY-IN-URL"}),
)
WANG = Addressee(code="G0007", name="王建国", mobile="19900000007")


@pytest.mark.parametrize("word", list(Channel))
def test_every_channel_of_the_vocabulary_can_be_made_and_bears_its_word(word: Channel) -> None:
    async def made() -> message.Channel:
        channel = channels(replace(SETTINGS, order=(word,)))[word]
        await channel.aclose()
        return channel

    assert asyncio.run(made()).name is word


def test_channels_come_in_the_order_of_the_settings() -> None:
    async def words() -> list[Channel]:
        made = channels(SETTINGS)
        for channel in made.values():
            await channel.aclose()
        return list(made)

    assert asyncio.run(words()) == [Channel.WEBHOOK, Channel.FILE, Channel.CONSOLE]


@pytest.mark.parametrize(
    ("settings", "addressee", "expected"),
    [
        (SETTINGS, WANG, Route(Channel.WEBHOOK, "https://hook.example/?key=KEY-IN-URL")),
        (replace(SETTINGS, webhook_url=None), WANG, Route(Channel.FILE, "G0007")),
        (
            replace(SETTINGS, webhook_url=None),  # nothing for all, but an address of his own
            replace(WANG, contacts={Channel.WEBHOOK: "https://own.example/"}),
            Route(Channel.WEBHOOK, "https://own.example/"),
        ),
        (SETTINGS, replace(WANG, contacts={Channel.WEBHOOK: ""}), Route(Channel.WEBHOOK, SETTINGS.webhook_url or "")),
        (replace(SETTINGS, order=(Channel.CONSOLE,)), WANG, Route(Channel.CONSOLE, "G0007")),
        (replace(SETTINGS, order=(Channel.WEBHOOK,), webhook_url=None), WANG, None),
    ],
)  # fmt: skip
def test_the_first_channel_that_reaches_an_official_is_taken(
    settings: ChannelSettings, addressee: Addressee, expected: Route | None
) -> None:
    assert route(addressee, settings) == expected


GROUPS = (Channel.WECOM_ROBOT, Channel.DINGTALK_ROBOT, Channel.FEISHU_ROBOT)
IDS = {
    Channel.WECOM_APP: "wang",
    Channel.DINGTALK_WORK: "dd7",
    Channel.FEISHU_APP: "ou_7",
    Channel.DINGTALK_GOV: "1001",
}


@pytest.mark.parametrize(
    ("channel", "addressee", "expected"),
    [
        (Channel.MAIL, WANG, None),
        (Channel.MAIL, replace(WANG, email="wang@office.example"), "wang@office.example"),
        (
            Channel.MAIL,
            replace(WANG, email="wang@office.example", contacts={Channel.MAIL: "own@x"}),
            "own@x",
        ),
        (Channel.SMS_ALIYUN, WANG, "19900000007"),
        (Channel.SMS_TENCENT, replace(WANG, contacts={Channel.SMS_TENCENT: "19900000008"}), "19900000008"),
        (Channel.SMS_TENCENT, replace(WANG, mobile=None), None),
        (Channel.WECOM_APP, WANG, None),
        (Channel.WECOM_APP, replace(WANG, contacts=IDS), "wang"),
        (Channel.DINGTALK_WORK, replace(WANG, contacts=IDS), "dd7"),
        (Channel.DINGTALK_GOV, replace(WANG, contacts=IDS), "1001"),
        (Channel.FEISHU_APP, replace(WANG, contacts=IDS), "ou_7"),
        (Channel.OTHER, WANG, "默认"),
        (Channel.OTHER, replace(WANG, contacts={Channel.OTHER: "区里"}), "区里"),
    ],
)
def test_each_channel_finds_its_own_way(channel: Channel, addressee: Addressee, expected: str | None) -> None:
    assert address_of(channel, addressee, SETTINGS) == expected


@pytest.mark.parametrize(
    ("addressee", "expected"),
    [
        (replace(WANG, mobile=None), ("默认", "默认", "默认")),
        (WANG, ("默认", "默认@19900000007", "默认")),
        (replace(WANG, contacts=IDS), ("默认@wang", "默认@19900000007", "默认@ou_7")),
        (replace(WANG, mobile=None, contacts=IDS), ("默认@wang", "默认@dd7", "默认@ou_7")),
        (
            replace(WANG, contacts=IDS, group_contacts=dict.fromkeys(GROUPS, "孟轲乡")),
            ("孟轲乡@wang", "孟轲乡@19900000007", "孟轲乡@ou_7"),
        ),
        (
            replace(
                WANG,
                contacts=dict.fromkeys(GROUPS, "书记群@own"),
                group_contacts=dict.fromkeys(GROUPS, "孟轲乡"),
            ),
            ("书记群@own", "书记群@own", "书记群@own"),
        ),
    ],
)
def test_a_robot_is_that_of_the_nearest_unit_and_mentions_the_official(
    addressee: Addressee, expected: tuple[str, ...]
) -> None:
    assert tuple(address_of(channel, addressee, SETTINGS) for channel in GROUPS) == expected


def test_without_a_robot_of_the_unit_and_without_a_default_one_there_is_no_way() -> None:
    only = replace(SETTINGS, wecom_robot=WecomRobotSettings(keys={"孟轲乡": "k"}), other=None)
    assert address_of(Channel.WECOM_ROBOT, WANG, only) is None
    assert address_of(Channel.OTHER, WANG, only) is None
    assert names_of(Channel.WECOM_ROBOT, only) == ("孟轲乡",)


@pytest.mark.parametrize("word", [w for w in Channel if w not in ("console", "file", "webhook")])
def test_a_channel_without_settings_is_said(word: Channel) -> None:
    with pytest.raises(WrongUsage, match=word.label):
        channels(replace(SETTINGS, order=(word,), **{word.value: None}))


def test_the_other_ways_are_known_for_when_the_first_fails() -> None:
    assert [way.channel for way in routes(WANG, SETTINGS)] == [Channel.WEBHOOK, Channel.FILE, Channel.CONSOLE]
    assert address_of(Channel.CONSOLE, WANG, SETTINGS) == "G0007"


def test_addresses_and_secrets_do_not_show() -> None:
    shown = repr(SETTINGS) + repr(WANG) + repr(routes(WANG, SETTINGS))
    for secret in ("KEY-IN-URL", "this is secret", "19900000007"):
        assert secret not in shown
