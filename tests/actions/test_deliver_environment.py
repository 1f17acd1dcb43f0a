"""What is wrong with the settings or the environment of one channel: it is parked, loses nothing, and holds up no other."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from dingtalk_standin import Dingtalk, dingtalk
from feishu_standin import feishu
from sending_office import MINUTE, SendingOffice
from sms_standin import APP, KEY_ID, SECRET, SIGN, TEMPLATE, vendors
from wecom_standin import wecom

from notifiers.dingtalk_gov import DingtalkGovSettings
from notifiers.feishu_robot import FeishuRobotKey, FeishuRobotSettings
from notifiers.mail import MailSettings
from notifiers.sms_aliyun import SmsAliyunSettings
from notifiers.sms_tencent import SmsTencentSettings
from notifiers.wecom_robot import WecomRobotSettings
from xiaohao.vocabulary import Channel, NoticeState

ROBOT, FEISHU, GOV = Channel.WECOM_ROBOT, Channel.FEISHU_ROBOT, Channel.DINGTALK_GOV
PASSWORD = "Geheim"
PROXIES = (
    ("HTTPS_PROXY", "socks5://10.0.0.1:1080"),
    ("HTTPS_PROXY", "10.0.0.1:3128x"),
    ("HTTPS_PROXY", f"http://office:{PASSWORD}#2026@10.0.0.1:3128"),
    ("NO_PROXY", "10.0.0.0/8,[fe80::1]"),
)
CERTIFICATES = (("SSL_CERT_FILE", "/no/such/root.pem"), ("SSL_CERT_FILE", __file__))


@pytest.fixture
def office(sqlite_engine: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SendingOffice:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    return SendingOffice(sqlite_engine, tmp_path)


@pytest.fixture
def server() -> Iterator[Dingtalk]:
    with dingtalk() as running:
        yield running


def is_parked(office: SendingOffice, channel: Channel, count: int) -> None:
    """A pass parks the channel, says so once, and keeps its notices, none of them in doubt."""
    sent = office.delivers()
    assert sent.parked == [channel]
    assert office.faults() == {"channel_parked": 1}
    kept = [each for each in office.notices() if each.channel is channel]
    assert len(kept) == count
    assert all(each.state in (NoticeState.QUEUED, NoticeState.AGAIN) for each in kept)
    assert all(each.unsure_at is None for each in kept)


@pytest.mark.parametrize(("name", "value"), [*PROXIES, *CERTIFICATES])
def test_an_environment_that_cannot_be_read_stops_only_what_needs_it(
    office: SendingOffice,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    name: str,
    value: str,
) -> None:
    with wecom() as standin:
        of = WecomRobotSettings(keys={"默认": "KEY-OF-ROBOT", "孟轲乡": "KEY-OF-TOWN"}, base=standin.url)
        office.uses(Channel.FILE, ROBOT, wecom_robot=of)
        office.has(2)
        office.has(3, channel=ROBOT)
        with monkeypatch.context() as wrong:
            wrong.setenv(name, value)
            is_parked(office, ROBOT, 3)
        assert office.states()[NoticeState.DELIVERED] == 2, "the file needs neither"
        (said,) = office.messages()
        assert name in said
        assert PASSWORD not in said + caplog.text
        office.passes(11 * MINUTE)
        assert office.delivers().counts == {NoticeState.ACCEPTED: 3}
        assert len(standin.delivered) == 3


def test_mail_says_that_the_root_certificate_cannot_be_read(
    office: SendingOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/root.pem")
    office.uses(Channel.MAIL, mail=MailSettings(host="127.0.0.1", sender="a@b.example", security="tls"))
    office.reaches(Channel.MAIL, "li@office.example")
    office.has(2)
    is_parked(office, Channel.MAIL, 2)
    assert "SSL_CERT_FILE" in office.messages()[0]


def test_the_wrong_key_of_the_only_robot_loses_no_notice(office: SendingOffice) -> None:
    with wecom() as standin:
        for key in ("KEY-MISTYPED", "KEY-OF-ROBOT"):
            office.uses(ROBOT, wecom_robot=WecomRobotSettings(keys={"默认": key}, base=standin.url))
            if key == "KEY-MISTYPED":
                office.has(5)
                is_parked(office, ROBOT, 5)
                assert "key 不正确" in office.messages()[0]
                office.passes(11 * MINUTE)
        assert office.delivers().counts == {NoticeState.ACCEPTED: 5}
        assert len(standin.delivered) == 5


def test_the_keyword_of_the_only_robot_loses_no_notice(office: SendingOffice) -> None:
    with feishu() as standin:
        of = FeishuRobotSettings(
            robots={"默认": FeishuRobotKey("TOKEN-OF-TOWN")}, base=f"{standin.url}/open-apis"
        )
        office.uses(FEISHU, feishu_robot=of)
        office.has(3)
        standin.refuse(*[19024] * 3)
        is_parked(office, FEISHU, 3)
        standin.codes.clear()
        office.passes(11 * MINUTE)
        assert office.delivers().counts == {NoticeState.ACCEPTED: 3}


@pytest.mark.parametrize("wrong", ["\n", "密", " "])
def test_a_key_that_was_copied_wrongly_parks_the_government_edition(
    office: SendingOffice, server: Dingtalk, wrong: str
) -> None:
    def uses(app_key: str) -> None:
        of = DingtalkGovSettings(
            app_key=app_key, app_secret=server.app_secret, tenant_id=server.tenant, base=server.base
        )
        office.uses(GOV, dingtalk_gov=of)

    uses(server.app_key + wrong)
    office.reaches(GOV, "1001")
    office.has(2)
    is_parked(office, GOV, 2)
    assert "app_key" in office.messages()[0]
    uses(server.app_key)
    office.passes(11 * MINUTE)
    assert office.delivers().counts == {NoticeState.ACCEPTED: 2}


@pytest.mark.parametrize("wrong", ["\n", "密"])
@pytest.mark.parametrize("word", [Channel.SMS_ALIYUN, Channel.SMS_TENCENT])
def test_a_key_that_was_copied_wrongly_parks_the_short_messages(
    office: SendingOffice, word: Channel, wrong: str
) -> None:
    with vendors() as standin:
        key, shared = KEY_ID + wrong, {"sign_name": SIGN, "base": standin.url}
        of: dict[Channel, Any] = {
            Channel.SMS_ALIYUN: SmsAliyunSettings(
                access_key_id=key, access_key_secret=SECRET, template_code=TEMPLATE, **shared
            ),
            Channel.SMS_TENCENT: SmsTencentSettings(
                secret_id=key, secret_key=SECRET, app_id=APP, template_id=TEMPLATE, **shared
            ),
        }
        office.uses(word, **{word.value: of[word]})
        office.reaches(word, "19900000007")
        office.has(2)
        is_parked(office, word, 2)
        assert not standin.state.sent
