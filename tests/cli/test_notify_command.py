"""`xiaohao notify test`: a real message over every channel, by the settings of an office, and what is wrong."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from channels_office import SECRETS, TO, Office, office_with_every_channel
from command_runner import CommandLine, Ran
from dingtalk_standin import Robot as DingtalkRobot
from loopback_receiver import Answer

from xiaohao.vocabulary import Channel

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what Apprise imports


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    with office_with_every_channel(tmp_path) as office:
        yield office


def tried(office: Office, channel: Channel, tmp_path: Path, *more: str, **but: str) -> Ran:
    """One command line; nothing secret may stand in what it says."""
    line = CommandLine(tmp_path / "home")
    to = ("--to", TO[channel]) if channel in TO and "--to" not in more else ()
    ran = line("notify", "test", channel.value, *to, *more, **office.settings | but)
    for secret in SECRETS:
        assert secret not in ran.out + ran.err
    return ran


@pytest.mark.parametrize("channel", list(Channel))
def test_every_channel_sends_by_the_settings_of_the_environment(
    office: Office, channel: Channel, tmp_path: Path
) -> None:
    ran = tried(office, channel, tmp_path)
    assert ran.code == 0, ran
    assert channel.label in ran.out
    assert "没有发出" not in ran.out
    taken = {
        Channel.WECOM_ROBOT: lambda: office.wecom.delivered,
        Channel.WECOM_APP: lambda: office.wecom.delivered,
        Channel.DINGTALK_ROBOT: lambda: office.dingtalk.delivered,
        Channel.DINGTALK_WORK: lambda: office.dingtalk.delivered,
        Channel.DINGTALK_GOV: lambda: office.dingtalk.delivered,
        Channel.FEISHU_ROBOT: lambda: office.feishu.delivered,
        Channel.FEISHU_APP: lambda: office.feishu.delivered,
        Channel.SMS_ALIYUN: lambda: office.sms.state.sent,
        Channel.SMS_TENCENT: lambda: office.sms.state.sent,
        Channel.MAIL: lambda: office.post.raw,
        Channel.WEBHOOK: lambda: office.webhook.requests,
        Channel.OTHER: lambda: office.other.requests,
        Channel.CONSOLE: lambda: ["on the terminal"],
        Channel.FILE: lambda: list((tmp_path / "home" / "notices").rglob("*.txt")),
    }
    assert len(list(taken[channel]())) == 1  # type: ignore[call-overload]


def wecom_forgets_us(office: Office) -> None:
    office.wecom.trusts_us = False


def wecom_robot_is_gone(office: Office) -> None:
    office.wecom.robots.clear()


def dingtalk_wants_a_keyword(office: Office) -> None:
    office.dingtalk.robots["TOKEN1"] = DingtalkRobot(keyword="整改通报")


def dingtalk_wants_another_signature(office: Office) -> None:
    office.dingtalk.robots["TOKEN1"] = DingtalkRobot(secret="SEC-another")


def dingtalk_lists_addresses(office: Office) -> None:
    office.dingtalk.robots["TOKEN1"] = DingtalkRobot(addresses=("203.0.113.7",))


def dingtalk_loses_it(office: Office) -> None:
    office.dingtalk.becomes = "failed"


def the_clock_is_off(office: Office) -> None:
    office.sms.state.clock = 1_000_000_000.0


def the_carrier_fails(office: Office) -> None:
    office.sms.state.report = "MK:0001"


def feishu_lists_addresses(office: Office) -> None:
    office.feishu.trusts_us = False


def the_webhook_wants_another_secret(office: Office) -> None:
    office.webhook.answers[:] = [Answer(401)]


def the_webhook_is_busy(office: Office) -> None:
    office.webhook.answers[:] = [Answer(503)]


def the_webhook_hangs_up(office: Office) -> None:
    office.webhook.answers[:] = [Answer(hang_up=True)]


def nothing(_office: Office) -> None: ...


@pytest.mark.parametrize(
    ("channel", "happens", "but", "code", "said"),
    [
        (Channel.WECOM_APP, wecom_forgets_us, {}, 1, ("企业可信IP", "60020", "/callback/wecom_app")),
        (Channel.WECOM_APP, nothing, {"XIAOHAO_WECOM_APP__SECRET": "other"}, 1, ("secret",)),
        (Channel.WECOM_ROBOT, wecom_robot_is_gone, {}, 1, ("企业微信群机器人没有发出", "93000")),
        (Channel.DINGTALK_ROBOT, dingtalk_wants_a_keyword, {}, 1, ("关键词", "310000")),
        (Channel.DINGTALK_ROBOT, dingtalk_wants_another_signature, {}, 1, ("签名不匹配",)),
        (Channel.DINGTALK_ROBOT, dingtalk_lists_addresses, {}, 1, ("出口地址", "IP")),
        (Channel.DINGTALK_WORK, dingtalk_loses_it, {}, 1, ("渠道已受理，但没有送到",)),
        (Channel.DINGTALK_GOV, nothing, {"XIAOHAO_DINGTALK_GOV__APP_SECRET": "other"}, 1, ("App",)),
        (Channel.FEISHU_ROBOT, feishu_lists_addresses, {}, 1, ("白名单", "19022")),
        (Channel.FEISHU_APP, nothing, {"XIAOHAO_FEISHU_APP__SECRET": "other"}, 1, ("app_secret",)),
        (Channel.SMS_TENCENT, the_clock_is_off, {}, 1, ("时钟", "本机现在是")),
        (Channel.SMS_ALIYUN, the_clock_is_off, {}, 1, ("时钟", "本机现在是")),
        (Channel.SMS_ALIYUN, the_carrier_fails, {}, 1, ("没有送到",)),
        (Channel.MAIL, nothing, {"XIAOHAO_MAIL__PASSWORD": "other"}, 1, ("授权码", "535")),
        (Channel.MAIL, nothing, {"SSL_CERT_FILE": ""}, 1, ("证书", "SSL_CERT_FILE")),
        (Channel.MAIL, nothing, {"SSL_CERT_FILE": "/no/such/root.pem"}, 1, ("读不出", "SSL_CERT_FILE")),
        (Channel.MAIL, nothing, {"XIAOHAO_MAIL__PASSWORD": "密码"}, 1, ("用户名或密码里有中文",)),
        (Channel.WECOM_ROBOT, nothing, {"SSL_CERT_FILE": "/no/such/root.pem"}, 1, ("读不出", "SSL_CERT_FILE")),
        (Channel.WECOM_ROBOT, nothing, {"HTTPS_PROXY": "socks5://10.0.0.1:1080"}, 1, ("SOCKS", "NO_PROXY")),
        (Channel.WEBHOOK, the_webhook_wants_another_secret, {}, 1, ("不认可签名",)),
        (Channel.WEBHOOK, the_webhook_is_busy, {}, 3, ("503", "稍后再试")),
        (Channel.WEBHOOK, the_webhook_hangs_up, {}, 3, ("未收到应答", "收到没有")),
        (Channel.WECOM_APP, nothing, {"XIAOHAO_WECOM_APP__BASE": "http://127.0.0.1:9"}, 3, ("连接不上", "防火墙")),
        (Channel.FEISHU_APP, nothing, {"XIAOHAO_FEISHU_APP__BASE": "http://far.example"}, 1, ("https://",)),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_plain_words(
    office: Office,
    channel: Channel,
    happens: Callable[[Office], None],
    but: dict[str, str],
    code: int,
    said: tuple[str, ...],
    tmp_path: Path,
) -> None:
    happens(office)
    ran = tried(office, channel, tmp_path, **but)
    assert ran.code == code, ran
    for words in said:
        assert words in ran.out, ran


def test_a_proxy_that_does_not_answer_is_said(office: Office, tmp_path: Path) -> None:
    far = {"XIAOHAO_WECOM_APP__BASE": "https://qyapi.far.example", "HTTPS_PROXY": "http://127.0.0.1:9"}
    ran = tried(office, Channel.WECOM_APP, tmp_path, **far)
    assert ran.code == 3
    assert "连接不上" in ran.out or "代理" in ran.out


def test_the_password_of_a_proxy_that_cannot_be_read_stands_nowhere(office: Office, tmp_path: Path) -> None:
    ran = tried(office, Channel.WECOM_ROBOT, tmp_path, HTTPS_PROXY="http://office:Geheim#2026@10.0.0.1:3128")
    assert (ran.code, "代理" in ran.out) == (1, True), ran
    written = [each.read_bytes() for each in (tmp_path / "home").rglob("*") if each.is_file()]
    assert not any(b"Geheim" in each for each in [*written, ran.out.encode(), ran.err.encode()])


def test_the_same_as_json(office: Office, tmp_path: Path) -> None:
    ran = tried(office, Channel.DINGTALK_ROBOT, tmp_path, "--json")
    assert ran.document["taken"] is True
    dingtalk_wants_another_signature(office)
    ran = tried(office, Channel.DINGTALK_ROBOT, tmp_path, "--json")
    assert ran.code == 1
    assert ran.document["taken"] is False
    assert ran.document["code"] == 310000


@pytest.mark.parametrize("channel", [Channel.WECOM_APP, Channel.MAIL, Channel.SMS_ALIYUN])
def test_an_address_that_is_needed_is_asked_for(office: Office, channel: Channel, tmp_path: Path) -> None:
    line = CommandLine(tmp_path / "home")
    ran = line("notify", "test", channel.label, **office.settings)
    assert ran.code == 2
    assert "--to" in ran.err


def test_a_robot_that_is_not_in_the_settings_is_refused_by_name(office: Office, tmp_path: Path) -> None:
    ran = tried(office, Channel.WECOM_ROBOT, tmp_path, "--to", "没有的群")
    assert ran.code == 1
    assert "没有这个名称" in ran.out


def test_a_channel_without_settings_is_told_which_are_missing(tmp_path: Path) -> None:
    ran = CommandLine(tmp_path / "home")("notify", "test", "wecom_app", "--to", "x")
    assert ran.code == 2
    assert "XIAOHAO_WECOM_APP__CORPID、XIAOHAO_WECOM_APP__SECRET、XIAOHAO_WECOM_APP__AGENT_ID" in ran.err
