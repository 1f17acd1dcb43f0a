"""专有钉钉 against a stand-in that checks form, signature and duplicates as the vendor describes them."""

import asyncio
import json
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from digest_builders import digest_of, near, overdue
from dingtalk_standin import GOV, HTML, Dingtalk, Planned, dingtalk

from notifiers import digest, fit, signing
from notifiers.client import Answer
from notifiers.dingtalk_gov import DingtalkGov, DingtalkGovSettings, read_answer
from notifiers.message import Accepted, Again, Letter, Misconfigured, Receipt, Refused, Uncertain, letter

NO_CODE = Uncertain("应答中没有结果码（HTTP 200），不知是否已发出", 200)
KEY = "compose-42:official-7:dingtalk_gov"
MESSAGE = digest.message(digest_of(overdue(title="小区东门“🚧”道路破损 & 100%"), near()))
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
QUICK: dict[str, Any] = {"answer": timedelta(seconds=0.3), "within": timedelta(seconds=2)}
A_MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def settings(base: str = "https://openplatform.dg-work.cn", **but: Any) -> DingtalkGovSettings:
    given = {"app_key": "KEY1", "app_secret": "APP-SECRET", "tenant_id": "196729", "base": base}
    return DingtalkGovSettings(**{**given, **but})


def written(of: DingtalkGovSettings, address: str = "1001", key: str = KEY) -> Letter:
    return _written(of.tenant_id, address, key)


@cache
def _written(tenant_id: str, address: str, key: str) -> Letter:
    """Made once: nothing else of the settings is in a body."""
    channel = DingtalkGov(settings(tenant_id=tenant_id))
    try:
        return letter(channel, MESSAGE, address=address, key=key)
    finally:
        asyncio.run(channel.aclose())


def posted(of: DingtalkGovSettings, *letters: Letter, **but: Any) -> list[Receipt]:
    """Send the letters one after the other over one channel."""

    async def sends() -> list[Receipt]:
        channel = DingtalkGov(of, **but)
        try:
            return [await channel.send(each) for each in letters]
        finally:
            await channel.aclose()

    return asyncio.run(sends())


def one(
    standin: Dingtalk, *, address: str = "1001", wrong: Mapping[str, str] | None = None, **but: Any
) -> Receipt:
    of = settings(standin.base, **dict(wrong or {}))
    return posted(of, written(of, address), **but)[0]


def judged(said: Mapping[str, Any], status: int = 200) -> Receipt:
    return read_answer(Answer(status, httpx.Headers(), said), now=NOW)


def test_the_signed_form_is_accepted_and_shows_the_message() -> None:
    with dingtalk() as standin:
        assert one(standin) == Accepted(reference="gov-1")
    (delivered,) = standin.delivered
    assert delivered.to == "1001"
    assert delivered.lines == ["### 🔴 督办通知：逾期 1 件、临期 1 件", *MESSAGE.markdown.splitlines()]
    (request,) = standin.requests
    assert request.headers["X-Hmac-Auth-IP"] == "127.0.0.1"
    assert request.headers["X-Hmac-Auth-MAC"] == "00:00:00:00:00:00"
    assert request.headers["X-Hmac-Auth-Timestamp"].endswith("+08:00")


def test_the_body_holds_neither_time_nor_signature_and_at_most_2048_bytes_of_message() -> None:
    said = dict(parse_qsl(written(settings()).body))
    assert list(said) == ["bizMsgId", "msg", "receiverIds", "tenantId"]
    assert said["bizMsgId"] == signing.id_of(KEY)
    assert json.loads(said["msg"])["msgtype"] == "markdown"
    items = (overdue(f"HL-2026-{n:04}", title="“路”" * 30, unit="很长的单位" * 20) for n in range(9))
    channel = DingtalkGov(settings())
    form = channel.body(digest.message(digest_of(*items)), address="1001", key=KEY)
    asyncio.run(channel.aclose())
    msg = dict(parse_qsl(form))["msg"]
    assert 1_200 < fit.size(msg) <= 2_048
    assert "件未列出" in msg


def test_a_second_use_of_the_id_counts_as_sent_and_each_try_is_signed_anew() -> None:
    with dingtalk() as standin:
        of = settings(standin.base)
        said = written(of)
        standin.plan(GOV, Planned(hang_up=True))
        assert posted(of, said, said) == [Uncertain("已发出，连接中断，未收到应答"), Accepted()]
    assert len(standin.delivered) == 1
    first, second = standin.requests
    assert first.body == second.body
    assert first.headers["X-Hmac-Auth-Signature"] != second.headers["X-Hmac-Auth-Signature"]


def test_sends_of_one_instant_do_not_share_a_nonce() -> None:
    """The stand-in takes none twice."""
    with dingtalk() as standin:
        of, instant = settings(standin.base), time.time()
        receipts = posted(of, *(written(of, key=f"k{n}") for n in range(10)), now=lambda: instant)
    assert [type(each) for each in receipts] == [Accepted] * 10
    assert len(standin.delivered) == 10


@pytest.mark.parametrize(
    ("wrong", "but", "why"),
    [
        ({"app_secret": "WRONG"}, {}, "请核对 AppKey 和 AppSecret"),
        ({"app_key": "WRONG"}, {}, "请核对 AppKey 和 AppSecret"),
        ({"tenant_id": "1"}, {}, "请核对 tenantId"),
        ({}, {"now": lambda: 1_700_000_000.0}, "请校准本机时钟"),
    ],
)
def test_a_fault_of_the_settings_is_the_operators(
    wrong: dict[str, str], but: dict[str, Any], why: str
) -> None:
    with dingtalk() as standin:
        receipt = one(standin, wrong=wrong, **but)
    assert isinstance(receipt, Misconfigured)
    assert why in receipt.why


def test_a_wrong_account_is_one_persons_fault() -> None:
    with dingtalk() as standin:
        assert one(standin, address="9999") == Refused("RECEIVER", "没有这个 accountId 的人")
        assert one(standin, address="1001,1002") == Refused("account", "地址不是一个人的 accountId")
        assert len(standin.requests) == 1


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
        ({}, NO_CODE),
        ({"content": "M1"}, NO_CODE),
    ],
)  # fmt: skip
def test_each_answer_is_judged_by_its_success_and_its_words(said: dict[str, Any], expected: Receipt) -> None:
    assert judged(said) == expected


@pytest.mark.parametrize("status", [401, 403])
def test_a_gateway_that_does_not_know_us_is_the_operators(status: int) -> None:
    assert isinstance(judged({}, status), Misconfigured)


@pytest.mark.parametrize(
    ("planned", "expected"),
    [
        (Planned(said=HTML), NO_CODE),
        (Planned(said=HTML, status=503), Again("对方暂时不能接收（503）", code=503)),
        (Planned(slow=5), Uncertain("已发出，未等到应答")),
    ],
)
def test_what_is_no_answer_is_no_acceptance(planned: Planned, expected: Receipt) -> None:
    with dingtalk() as standin:
        standin.plan(GOV, planned)
        assert one(standin, **QUICK) == expected


def test_no_secret_is_said_by_receipts_log_or_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with dingtalk() as standin:
        echo = {"success": False, "errorMsg": f"bad APP-SECRET-0123456789 {standin.base}{GOV}"}
        standin.plan(GOV, Planned(said=echo))
        receipts = [one(standin), one(standin, wrong={"app_secret": "APP-SECRET-2"})]
        of = settings(standin.base)
        signed = [request.headers["X-Hmac-Auth-Signature"] for request in standin.requests]
    told = f"{receipts} {of!r} {caplog.text}"
    assert [type(each) for each in receipts] == [Refused, Misconfigured]
    for secret in ("APP-SECRET", "workNotification", *signed):
        assert secret not in told
