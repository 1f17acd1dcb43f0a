"""企业微信应用消息 against a stand-in on loopback: tokens, lists of those left out, and each answer."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from digest_builders import digest_of, near, overdue
from vendor_standin import Reply, Trouble, without_proxies
from wecom_standin import WecomStandin, wecom

from models.facts import UnitCount
from notifiers import digest, fit
from notifiers.message import (
    Accepted,
    Again,
    Channel,
    Message,
    Misconfigured,
    Receipt,
    Refused,
    Tracking,
    Uncertain,
    letter,
)
from notifiers.wecom_app import LIMIT, TABLE, WecomApp, WecomAppSettings, as_text

MESSAGE = digest.message(
    digest_of(overdue(title="小区东门道路破损"), near(), page_url="https://ledger.example/n/1")
)
LONG = digest.message(
    digest_of(
        *(overdue(f"HL-2026-{n:04d}", unit="很长的单位名称" * 20) for n in range(3)),
        counts_by_unit=tuple(UnitCount(unit=f"第{n}社区居民委员会", count=n) for n in range(1, 20)),
        page_url="https://ledger.example/n/1",
    )
)
KEY = "compose-42:official-7:wecom_app"
SECRET = "SECRET-OF-APP"
QUICK: Mapping[str, Any] = {"answer": timedelta(seconds=0.3), "within": timedelta(seconds=2)}
Between = Callable[[int], None]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    without_proxies(monkeypatch)


@pytest.fixture
def standin() -> Any:
    with wecom() as running:
        yield running


def settings(base: str = "https://wecom.example", **but: Any) -> WecomAppSettings:
    given = {"corpid": "ww0000000000000001", "secret": SECRET, "agent_id": 1000002, "base": base}
    return WecomAppSettings(**{**given, **but})


def body_of(message: Message = MESSAGE, **but: Any) -> str:
    return WecomApp(settings(**but)).body(message, address="WangJianguo", key=KEY)


def send(
    of: WecomAppSettings,
    *,
    message: Message = MESSAGE,
    address: str = "WangJianguo",
    times: int = 1,
    between: Between = lambda _: None,
    **but: Any,
) -> list[Receipt]:
    """Send the message `times` times over one channel; `between` runs before each."""

    async def sends() -> list[Receipt]:
        channel = WecomApp(of, **but)
        receipts = []
        try:
            said = letter(channel, message, address=address, key=KEY)
            for n in range(times):
                between(n)
                receipts.append(await channel.send(said))
            return receipts
        finally:
            await channel.aclose()

    return asyncio.run(sends())


def paths(standin: WecomStandin) -> list[str]:
    return [call.path.removeprefix("/cgi-bin/") for call in standin.calls]


def test_a_notice_is_accepted_with_the_vendors_number(standin: WecomStandin) -> None:
    assert send(settings(standin.url)) == [Accepted("M2")]
    token, sent = standin.calls
    assert token.query == {"corpid": "ww0000000000000001", "corpsecret": SECRET}
    assert sent.query == {"access_token": "TOKEN-1+/="}
    assert list(sent.values) == [
        "touser",
        "agentid",
        "msgtype",
        "markdown",
        "enable_duplicate_check",
        "duplicate_check_interval",
    ]
    assert (sent.values["touser"], sent.values["agentid"]) == ("WangJianguo", 1000002)
    assert (sent.values["enable_duplicate_check"], sent.values["duplicate_check_interval"]) == (1, 14_400)
    (delivered,) = standin.delivered
    assert delivered.content.startswith('### <font color="warning">🔴 督办通知')
    assert "**1. 🔴红灯 HL-2026-0007 小区东门道路破损**" in delivered.content


def test_it_is_a_channel_that_deduplicates_and_tells_nothing_later() -> None:
    channel: Channel = WecomApp(settings())
    assert (channel.deduplicates, channel.always_open) == (True, False)
    assert not isinstance(channel, Tracking)


def test_one_token_serves_all_sends_and_those_at_once(standin: WecomStandin) -> None:
    async def sends() -> list[Receipt]:
        channel = WecomApp(settings(standin.url))
        try:
            letters = [
                letter(channel, digest.message(digest_of(overdue(f"HL-{n}"))), address="LiMing", key=f"{n}")
                for n in range(20)
            ]
            return await asyncio.gather(*map(channel.send, letters))
        finally:
            await channel.aclose()

    assert {type(receipt) for receipt in asyncio.run(sends())} == {Accepted}
    assert paths(standin).count("gettoken") == 1
    assert len(standin.delivered) == 20


def test_a_second_send_within_four_hours_reaches_nobody_twice(standin: WecomStandin) -> None:
    standin.troubles.append(Trouble.HANG_UP)
    receipts = send(settings(standin.url), times=2)
    assert receipts[0] == Uncertain("已发出，连接中断，未收到应答")
    assert isinstance(receipts[1], Accepted)
    assert (len(standin.delivered), standin.repeated) == (1, 1)
    first, second = standin.messages
    assert first.body == second.body == body_of(base=standin.url).encode()


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("Nobody", Refused(81013, "此人不在企业微信通讯录，或不在应用可见范围内")),
        ("Zhao", Refused("unlicenseduser", "此人的企业微信账号没有接口许可")),
        ("@all", Refused("address", "企业微信 userid 格式不正确")),
        ("WangJianguo|LiMing", Refused("address", "企业微信 userid 格式不正确")),
        ("王建国", Refused("address", "企业微信 userid 格式不正确")),
        ("", Refused("address", "企业微信 userid 格式不正确")),
    ],
)
def test_code_zero_is_no_success_for_a_person_who_is_left_out(
    standin: WecomStandin, address: str, expected: Receipt
) -> None:
    assert send(settings(standin.url), address=address) == [expected]
    assert standin.delivered == []


def test_the_lists_come_in_lower_case_and_may_name_others(standin: WecomStandin) -> None:
    """The vendor answers 0 and names the person “wangjianguo” though he was asked as “WangJianguo”."""
    standin.people = {"LiMing": True}

    def answer_zero(call: Any) -> Any:
        if call.path.endswith("gettoken"):
            return Reply({"errcode": 0, "access_token": "T", "expires_in": 7200})
        return Reply({"errcode": 0, "errmsg": "ok", "invaliduser": "other|wangjianguo", "msgid": "M"})

    standin.answer = answer_zero  # type: ignore[method-assign]
    (receipt,) = send(settings(standin.url))
    assert receipt == Refused("invaliduser", "此人不在企业微信通讯录，或不在应用可见范围内")
    assert send(settings(standin.url), address="LiMing") == [Accepted("M")]


def test_a_token_that_expires_in_mid_flight_is_renewed_once(standin: WecomStandin) -> None:
    def expire(n: int) -> None:
        if n == 1:
            standin.expire_tokens()

    receipts = send(settings(standin.url), times=2, between=expire)
    assert [type(receipt) for receipt in receipts] == [Accepted, Accepted]
    assert paths(standin) == ["gettoken", "message/send", "message/send", "gettoken", "message/send"]


@pytest.mark.parametrize("code", [40014, 41001, 42001])
def test_a_token_refused_twice_is_the_operators(standin: WecomStandin, code: int) -> None:
    standin.codes.extend([code, code])
    (receipt,) = send(settings(standin.url))
    assert isinstance(receipt, Misconfigured)
    assert receipt.code == code
    assert paths(standin).count("message/send") == 2


@pytest.mark.parametrize(
    ("but", "expected"),
    [
        ({"secret": "wrong"}, Misconfigured(40001, "应用的 secret 不正确")),
        ({"corpid": "ww1"}, Misconfigured(40013, "企业 ID（corpid）不正确")),
        ({"agent_id": 7}, Misconfigured(40056, "应用编号（agentid）不正确")),
        ({"secret": ""}, Misconfigured("settings", "未设置 secret")),
        ({"corpid": ""}, Misconfigured("settings", "未设置 corpid")),
        ({"base": "http://wecom.example"}, Misconfigured("address", "接口地址须以 https:// 开头")),
    ],
)
def test_wrong_settings_are_the_operators(
    standin: WecomStandin, but: Mapping[str, Any], expected: Receipt
) -> None:
    assert send(settings(**{"base": standin.url, **but})) == [expected]
    assert standin.delivered == []


def test_an_address_that_is_not_trusted_says_which_one_to_enter(standin: WecomStandin) -> None:
    standin.trusts_us = False
    assert send(settings(standin.url)) == [
        Misconfigured(60020, "本机出口地址不在应用的“企业可信IP”中：203.0.113.7")
    ]


JUDGED: list[tuple[int, Receipt]] = [
    (-1, Again("企业微信系统繁忙", code=-1)),
    (6000, Again("企业微信数据版本冲突，稍后再试", code=6000)),
    (45009, Again("调用过快，超出企业微信的频率限制", timedelta(seconds=60), 45009)),
    (45033, Again("同时调用过多", code=45033)),
    (40003, Refused(40003, "userid 不正确")),
    (40031, Refused(40031, "userid 不正确")),
    (44004, Refused(44004, "消息内容为空")),
    (81013, Refused(81013, "此人不在企业微信通讯录，或不在应用可见范围内")),
    (40001, Misconfigured(40001, "应用的 secret 不正确")),
    (40013, Misconfigured(40013, "企业 ID（corpid）不正确")),
    (40056, Misconfigured(40056, "应用编号（agentid）不正确")),
    (48002, Misconfigured(48002, "应用没有调用此接口的权限")),
    (50003, Misconfigured(50003, "应用已被停用")),
    (60011, Misconfigured(60011, "应用没有给这些成员发消息的权限")),
    (301002, Misconfigured(301002, "应用编号（agentid）与 secret 不是同一个应用")),
    (99999, Again("对方返回未收录的错误码 99999", code=99999)),
]


def test_each_code_is_judged(standin: WecomStandin) -> None:
    standin.codes.extend(code for code, _ in JUDGED)
    assert send(settings(standin.url), times=len(JUDGED)) == [expected for _, expected in JUDGED]
    assert standin.delivered == []


def test_every_code_of_the_table_has_a_test() -> None:
    assert set(TABLE) == {code for code, _ in JUDGED} - {99999} | {
        60020,
        40014,
        41001,
        42001,
        40008,
        40058,
        45002,
    }


@pytest.mark.parametrize("code", [40008, 40058, 45002])
def test_where_markdown_is_not_taken_the_same_words_go_as_text(standin: WecomStandin, code: int) -> None:
    standin.codes.append(code)
    receipts = send(settings(standin.url), times=1)
    assert isinstance(receipts[0], Accepted)
    (delivered,) = standin.delivered
    assert (delivered.to, delivered.kind) == ("WangJianguo", "text")
    assert delivered.content.splitlines()[0] == "🔴 督办通知：逾期 1 件、临期 1 件"
    assert as_text(body_of(base=standin.url)) == standin.messages[-1].body.decode()
    standin.codes.extend([code, code])
    assert isinstance(send(settings(standin.url))[0], Refused)


def test_the_content_fits_and_keeps_the_link() -> None:
    values = json.loads(body_of(LONG))
    content = values["markdown"]["content"]
    assert fit.size(content) <= LIMIT
    assert "件未列出" in content
    assert "(https://ledger.example/n/1)" in content


@pytest.mark.parametrize("plain_text", [False, True])
def test_a_recipient_above_seventy_units_reads_counts_items_and_the_link(plain_text: bool) -> None:
    units = tuple(UnitCount(unit=f"第{n}社区居民委员会", count=n % 7 + 1) for n in range(70))
    many = digest.message(
        digest_of(
            *(
                overdue(f"HL-{n}", title="问" * 60, co_units=tuple(each.unit for each in units))
                for n in range(9)
            ),
            counts_by_unit=units,
            passed_up_from=tuple(f"{each.unit}党支部书记" for each in units),
            page_url="https://ledger.example/n/1",
        )
    )
    for said in (body_of(many, plain_text=plain_text), as_text(body_of(many)) or ""):
        values = json.loads(said)
        content = values[values["msgtype"]]["content"]
        assert fit.size(content) <= LIMIT
        assert "您负责的问题有 9 件需要办理" in content
        assert "7 件等 70 个单位。" in content
        assert "1. 🔴红灯 HL-0 问" in content
        assert "https://ledger.example/n/1" in content


@pytest.mark.parametrize("message", [MESSAGE, LONG])
def test_an_office_that_reads_in_wechat_gets_text(standin: WecomStandin, message: Message) -> None:
    assert isinstance(send(settings(standin.url, plain_text=True), message=message)[0], Accepted)
    (delivered,) = standin.delivered
    assert delivered.kind == "text"
    assert delivered.content == json.loads(body_of(message, plain_text=True))["text"]["content"]
    assert fit.size(delivered.content) <= 2048
    assert delivered.content.endswith("https://ledger.example/n/1")
    assert "**" not in delivered.content


TROUBLES: list[tuple[Trouble, Receipt]] = [
    (Trouble.HANG_UP, Uncertain("已发出，连接中断，未收到应答")),
    (Trouble.SLOW, Uncertain("已发出，未等到应答")),
    (Trouble.HTML, Uncertain("应答中没有结果码（HTTP 200），不知是否已发出", code=200)),
    (Trouble.NO_CODE, Uncertain("应答中没有结果码（HTTP 200），不知是否已发出", code=200)),
    (Trouble.BUSY, Again("对方暂时不能接收（503）", code=503)),
]


def test_an_answer_without_a_code_is_uncertain(standin: WecomStandin) -> None:
    standin.troubles.extend(trouble for trouble, _ in TROUBLES)
    receipts = send(settings(standin.url), times=len(TROUBLES), **QUICK)
    assert receipts == [expected for _, expected in TROUBLES]
    assert len(standin.delivered) == 1  # the same request, known again


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (b"<html></html>", Again("没有取得访问凭证：应答中没有结果码（HTTP 200），不知是否已发出", code=200)),
        ({"errcode": 0, "errmsg": "ok"}, Again("没有取得访问凭证：应答中没有访问凭证")),
        (
            {"errcode": 0, "access_token": "令牌", "expires_in": 1},
            Again("没有取得访问凭证：应答中没有访问凭证"),
        ),
        ({"errcode": -1}, Again("企业微信系统繁忙", code=-1)),
        ({"errcode": 40014}, Misconfigured(40014, "访问凭证无效")),
        ({"errcode": 81013}, Misconfigured(81013, "此人不在企业微信通讯录，或不在应用可见范围内")),
    ],
)
def test_without_a_token_nothing_is_sent(standin: WecomStandin, said: Any, expected: Receipt) -> None:
    standin.answer = lambda _: Reply(said)  # type: ignore[method-assign]
    assert send(settings(standin.url)) == [expected]
    assert paths(standin) == ["gettoken"]


def test_a_token_with_a_strange_life_is_still_used(standin: WecomStandin) -> None:
    standin.answer = lambda _: Reply(  # type: ignore[method-assign]
        {"errcode": 0, "access_token": "T", "expires_in": 10**30, "msgid": ["no text"]}
    )
    assert send(settings(standin.url)) == [Accepted("")]


def test_no_body_receipt_repr_or_log_bears_a_secret_or_what_came_back(
    standin: WecomStandin, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    standin.codes.extend([40014, 60020, 40058, 99999, 81013])
    standin.troubles.extend([Trouble.HANG_UP, Trouble.HTML])
    receipts = send(settings(standin.url), times=6)
    receipts += send(settings("http://127.0.0.1:9/")) + send(settings(standin.url, secret=SECRET + "-WRONG"))
    of = settings(standin.url)
    said = " ".join(map(str, receipts)) + caplog.text + body_of() + repr(of) + repr(WecomApp(of))
    for secret in (SECRET, "TOKEN-", "more info", "It works"):
        assert secret not in said


def test_what_is_over_a_persons_rate_is_dropped_without_an_error(standin: WecomStandin) -> None:
    """Why the outbox must keep the rate itself: the vendor answers 0 to the thirty-first of a minute."""

    async def sends() -> list[Receipt]:
        channel = WecomApp(settings(standin.url))
        try:
            said = [digest.message(digest_of(overdue(f"HL-{n}"))) for n in range(31)]
            return [
                await channel.send(letter(channel, each, address="LiMing", key=f"{n}"))
                for n, each in enumerate(said)
            ]
        finally:
            await channel.aclose()

    assert {type(receipt) for receipt in asyncio.run(sends())} == {Accepted}
    assert (len(standin.delivered), standin.dropped) == (30, 1)
