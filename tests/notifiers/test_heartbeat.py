"""心跳: what arrives at a real receiver and in the file, and the reason where it does not."""

import json
import os
import stat
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from loopback_receiver import Answer, receiving

from notifiers import signing
from notifiers.heartbeat import Beat, HeartbeatSettings, send

BEAT = Beat(datetime(2026, 11, 24, 19, 0, 5, 999, tzinfo=UTC), date(2026, 11, 25))
SAID = {"kind": "heartbeat", "at": "2026-11-24T19:00:05Z", "business_date": "2026-11-25"}
SECRET = "heartbeat-secret"
APPRISES_OWN = pytest.mark.filterwarnings("ignore::DeprecationWarning")
"""What Apprise imports warns of itself."""


def test_the_file_appears_whole_and_for_the_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "heartbeat.json"
    for _ in range(2):
        assert send(HeartbeatSettings(file=file), BEAT) == (("文件",), {})
    assert json.loads(file.read_text()) == SAID
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == [file.name]


def test_a_webhook_gets_it_signed_and_once_a_beat(tmp_path: Path) -> None:
    with receiving() as receiver:
        settings = HeartbeatSettings(
            webhook_url=receiver.url, webhook_secret=SECRET, file=tmp_path / "heartbeat.json"
        )
        assert send(settings, BEAT) == (("网络钩子", "文件"), {})
        later = Beat(BEAT.at.replace(minute=5), BEAT.business_date)
        assert send(settings, later) == (("网络钩子", "文件"), {})
    first, second = receiver.requests
    assert json.loads(first.body) == SAID
    assert first.headers["Idempotency-Key"] != second.headers["Idempotency-Key"]
    signature = first.headers["X-Xiaohao-Signature"]
    at = int(signature.split(",")[0].removeprefix("t="))
    assert signature == signing.webhook(SECRET, at, first.body)


@pytest.mark.parametrize(
    ("answer", "why"),
    [(Answer(500), "对方暂时不能接收（500）"), (Answer(401), "对方不认可签名或没有权限（401）")],
)
def test_what_a_webhook_refuses_leaves_the_file_as_it_was(tmp_path: Path, answer: Answer, why: str) -> None:
    """The file stands for all: whoever watches it sees the silence too."""
    with receiving(answer) as receiver:
        settings = HeartbeatSettings(
            webhook_url=receiver.url, webhook_secret=SECRET, file=tmp_path / "heartbeat.json"
        )
        assert send(settings, BEAT) == ((), {"网络钩子": why})
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (HeartbeatSettings(webhook_url="https://x.cn/KEY"), "没有设置签名密钥"),
        (HeartbeatSettings(webhook_url="http://x.cn/KEY", webhook_secret=SECRET), "须用 https"),
        (HeartbeatSettings(webhook_url="http://127.0.0.1:1/KEY", webhook_secret=SECRET), "连接不上"),
        (HeartbeatSettings(file=Path("/nowhere/at/all/heartbeat.json")), "写不进心跳文件"),
    ],
)
def test_what_cannot_be_sent_says_why_without_the_address(settings: HeartbeatSettings, why: str) -> None:
    sent, failed = send(settings, BEAT)
    [said] = failed.values()
    assert (sent, why in said, "KEY" in said, "x.cn" in said) == ((), True, False, False)
    assert "KEY" not in repr(settings)


@APPRISES_OWN
@pytest.mark.parametrize(("answer", "arrives"), [(Answer(200), True), (Answer(500), False)])
def test_apprise_carries_it_in_words(answer: Answer, arrives: bool) -> None:
    with receiving(answer) as receiver:
        url = receiver.url.replace("http://", "json://")
        sent, failed = send(HeartbeatSettings(apprise_url=url), BEAT)
    assert sent == (("Apprise",) if arrives else ())
    assert ("KEY" in str(failed), "127.0.0.1" in str(failed)) == (False, False)
    said = json.loads(receiver.requests[0].body)
    assert said["title"] == "销号：2026-11-25 巡查正常"
    assert "2026-11-25 03:00" in said["message"]


@APPRISES_OWN
@pytest.mark.parametrize("url", ["no address", "nothing://x/KEY"])
def test_an_address_that_apprise_does_not_know_is_said_without_it(url: str) -> None:
    sent, failed = send(HeartbeatSettings(apprise_url=url), BEAT)
    assert (sent, list(failed)) == ((), ["Apprise"])
    assert url not in failed["Apprise"]
    assert "看不懂" in failed["Apprise"]
