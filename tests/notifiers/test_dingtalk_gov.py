"""专有钉钉 against a stand-in that checks form, signature and duplicates as the vendor describes them."""

import json
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from channel_sending import CUT_OFF, KEY, WAYS, no_code
from digest_builders import digest_of, near, overdue
from dingtalk_standin import GOV, Dingtalk, dingtalk
from vendor_standin import Planned

from notifiers import digest, fit, signing
from notifiers.client import Answer
from notifiers.dingtalk_gov import read_answer
from notifiers.message import Accepted, Again, Misconfigured, Receipt, Refused
from xiaohao.vocabulary import Channel

WAY = WAYS[Channel.DINGTALK_GOV]
settings = WAY.settings
MESSAGE = digest.message(digest_of(overdue(title="小区东门“🚧”道路破损 & 100%"), near()))
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
A_MINUTE = timedelta(minutes=1)


def send(standin: Dingtalk, **but: Any) -> list[Receipt]:
    return WAY.send(settings(standin.base), MESSAGE, **but)


def judged(said: Mapping[str, Any], status: int = 200) -> Receipt:
    return read_answer(Answer(status, httpx.Headers(), said), now=NOW)


def test_the_signed_form_is_accepted_and_shows_the_message() -> None:
    with dingtalk() as standin:
        assert send(standin) == [Accepted(reference="gov-1")]
    (delivered,) = standin.delivered
    assert delivered.to == "1001"
    assert delivered.lines == ["### 🔴 督办通知：逾期 1 件、临期 1 件", *MESSAGE.markdown.splitlines()]
    (call,) = standin.calls
    assert call.headers["x-hmac-auth-ip"] == "127.0.0.1"
    assert call.headers["x-hmac-auth-mac"] == "00:00:00:00:00:00"
    assert call.headers["x-hmac-auth-timestamp"].endswith("+08:00")


def test_the_body_holds_neither_time_nor_signature_and_at_most_2048_bytes_of_message() -> None:
    of = settings("https://openplatform.dg-work.cn")
    said = dict(parse_qsl(WAY.body(of, MESSAGE)))
    assert list(said) == ["bizMsgId", "msg", "receiverIds", "tenantId"]
    assert said["bizMsgId"] == signing.id_of(KEY)
    assert json.loads(said["msg"])["msgtype"] == "markdown"
    items = (overdue(f"HL-2026-{n:04}", title="“路”" * 30, unit="很长的单位" * 20) for n in range(9))
    msg = dict(parse_qsl(WAY.body(of, digest.message(digest_of(*items)))))["msg"]
    assert 1_200 < fit.size(msg) <= 2_048
    assert "件未列出" in msg


def test_a_second_use_of_the_id_counts_as_sent_and_each_try_is_signed_anew() -> None:
    with dingtalk() as standin:
        standin.plan(GOV, Planned(hang_up=True))
        assert send(standin, times=2) == [CUT_OFF, Accepted()]
    assert len(standin.delivered) == 1
    first, second = standin.calls
    assert first.body == second.body
    assert first.headers["x-hmac-auth-signature"] != second.headers["x-hmac-auth-signature"]


def test_sends_of_one_instant_do_not_share_a_nonce() -> None:
    """The stand-in takes none twice."""
    with dingtalk() as standin:
        instant = time.time()
        receipts = send(standin, key=str, times=10, now=lambda: instant)
    assert [type(each) for each in receipts] == [Accepted] * 10
    assert len(standin.delivered) == 10


def test_a_clock_that_is_off_is_the_operators() -> None:
    with dingtalk() as standin:
        assert send(standin, now=lambda: 1_700_000_000.0) == [
            Misconfigured("TIME", "签名的时间不被认可，请校准本机时钟")
        ]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"success": True, "content": "M1"}, Accepted(reference="M1")),
        ({"success": True, "content": 17}, Accepted(reference="17")),
        ({"success": True, "content": {"success": True, "data": "M1"}}, Accepted(reference="M1")),
        ({"success": True}, Accepted()),
        (
            {"success": True, "content": {"success": False, "responseMessage": "接收人不存在"}},
            Refused("refused", "没有这个 accountId 的人"),
        ),
        ({"success": False, "errorMsg": "bizMsgId重复"}, Accepted()),
        ({"success": False, "errorCode": "DUPLICATE_MSG"}, Accepted()),
        ({"success": False, "errorMsg": "nonce重复"}, Again("请求序号被认为用过", code="refused")),
        ({"success": False, "errorMsg": "请求过于频繁，请稍后再试"}, Again("发送过快或对方繁忙", A_MINUTE, "refused")),
        ({"success": False, "errorMsg": "IP 不在白名单"}, Misconfigured("refused", "本机的地址不在对方的白名单里")),
        ({"success": False, "errorMsg": "没有权限"}, Misconfigured("refused", "应用没有发送工作通知的权限")),
        ({"success": False, "errorMsg": "消息体不合法"}, Refused("refused", "专有钉钉没有接受：消息体不合法")),
        ({"Code": "SignatureDoesNotMatch", "Message": "x"}, Misconfigured("SignatureDoesNotMatch", "签名或应用标识不被认可，请核对 AppKey 和 AppSecret")),
        ({"success": "true"}, Refused("refused", "专有钉钉没有接受")),
        ({}, no_code()),
        ({"content": "M1"}, no_code()),
    ],
)  # fmt: skip
def test_each_answer_is_judged_by_its_success_and_its_words(said: dict[str, Any], expected: Receipt) -> None:
    assert judged(said) == expected


@pytest.mark.parametrize("status", [401, 403])
def test_a_gateway_that_does_not_know_us_is_the_operators(status: int) -> None:
    assert isinstance(judged({}, status), Misconfigured)


def test_no_secret_that_the_vendors_words_repeat_is_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with dingtalk() as standin:
        echo = {"success": False, "errorMsg": f"bad APP-SECRET-0123456789 {standin.base}{GOV}"}
        standin.plan(GOV, Planned(said=echo))
        of = settings(standin.base)
        receipts = send(standin) + WAY.send(settings(standin.base, app_secret="APP-SECRET-2"))
        signed = [call.headers["x-hmac-auth-signature"] for call in standin.calls]
    told = f"{receipts} {of!r} {caplog.text}"
    assert [type(each) for each in receipts] == [Refused, Misconfigured]
    for secret in ("APP-SECRET", "workNotification", *signed):
        assert secret not in told
