"""企业微信应用消息 against a stand-in on loopback: tokens, lists of those left out, and each answer."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from channel_sending import WAYS
from digest_builders import digest_of, near, overdue
from vendor_standin import Reply
from wecom_standin import WecomStandin, wecom

from models.facts import UnitCount
from notifiers import digest, fit
from notifiers.message import Accepted, Message, Misconfigured, Receipt, Refused, letter
from notifiers.wecom_app import LIMIT, as_text
from xiaohao.actions import notify_test
from xiaohao.vocabulary import Channel

WAY = WAYS[Channel.WECOM_APP]
settings = WAY.settings
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


@pytest.fixture
def standin() -> Iterator[WecomStandin]:
    with wecom() as running:
        yield running


send = partial(WAY.send, message=MESSAGE)


def body_of(message: Message = MESSAGE, base: str = "https://wecom.example", **but: Any) -> str:
    return WAY.body(settings(base, **but), message)


CALLS_BACK = {"callback_token": "TOKEN-OF-CALLBACK", "callback_aes_key": "K" * 43}
INVITES = "也可以在这里直接回复“已阅”。"


@pytest.mark.parametrize("message", [MESSAGE, LONG])
def test_where_answers_reach_us_the_last_line_says_so(standin: WecomStandin, message: Message) -> None:
    for but in ({}, {"plain_text": True}):
        body = body_of(message, **CALLS_BACK, **but)
        (content,) = (each["content"] for each in json.loads(body).values() if isinstance(each, dict))
        assert content.endswith(f"\n{INVITES}")
        assert "https://ledger.example/n/1" in content
        assert fit.size(content) <= LIMIT
        assert not any(secret in body for secret in CALLS_BACK.values())
    assert INVITES in (as_text(body_of(message, **CALLS_BACK)) or "")
    assert send(settings(standin.url, **CALLS_BACK), message=message) == [Accepted("M2")]


def test_else_and_where_there_is_nothing_to_acknowledge_it_does_not() -> None:
    for only in CALLS_BACK:
        assert body_of(**{only: CALLS_BACK[only]}) == body_of()
    assert INVITES not in body_of()
    tries = notify_test.test_message(datetime(2026, 11, 24, 12, tzinfo=UTC))
    assert body_of(tries, **CALLS_BACK) == body_of(tries)


def test_a_notice_is_accepted_with_the_vendors_number(standin: WecomStandin) -> None:
    assert send(settings(standin.url)) == [Accepted("M2")]
    token, sent = standin.calls
    assert token.query == {"corpid": "ww0000000000000001", "corpsecret": "SECRET-OF-APP"}
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


def test_a_second_send_within_four_hours_is_known_again_and_not_dropped(standin: WecomStandin) -> None:
    first, second = send(settings(standin.url), times=2)
    assert (first, second) == (Accepted("M2"), Accepted("M3"))
    assert (len(standin.delivered), standin.repeated, standin.dropped) == (1, 1, 0)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("Nobody", Refused(81013, "此人不在企业微信通讯录，或不在应用可见范围内")),
        ("Zhao", Refused("unlicenseduser", "此人的企业微信账号没有接口许可")),
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


def test_an_address_that_is_not_trusted_says_which_one_to_enter(standin: WecomStandin) -> None:
    standin.trusts_us = False
    assert send(settings(standin.url)) == [
        Misconfigured(60020, "本机出口地址不在应用的“企业可信IP”中：203.0.113.7")
    ]


@pytest.mark.parametrize("code", [40008, 40058, 45002])
def test_where_markdown_is_not_taken_the_same_words_go_as_text(standin: WecomStandin, code: int) -> None:
    standin.codes.append(code)
    receipts = send(settings(standin.url), times=1)
    assert isinstance(receipts[0], Accepted)
    (delivered,) = standin.delivered
    assert (delivered.to, delivered.kind) == ("WangJianguo", "text")
    assert delivered.content.splitlines()[0] == "🔴 督办通知：逾期 1 件、临期 1 件"
    assert as_text(body_of(base=standin.url)) == standin.messages[-1].body.decode()


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


def test_a_title_slips_no_link_into_the_text() -> None:
    """A text of an application may hold “<a href=…>”, and clients make a bare address one to be touched."""
    title = '<a href="https://evil.cn/p">点此反馈</a> www.evil.cn'
    said = digest.message(digest_of(overdue(title=title, unit=title), page_url="https://ledger.example/n/1"))
    content = json.loads(body_of(said, plain_text=True))["text"]["content"]
    assert "点此反馈" in content
    assert not any(mark in content for mark in ("<", ">", "https://evil", "www."))
    assert content.endswith("：https://ledger.example/n/1")
    assert fit.size(content) <= LIMIT


def test_a_token_with_a_strange_life_is_still_used(standin: WecomStandin) -> None:
    standin.answer = lambda _: Reply(  # type: ignore[method-assign]
        {"errcode": 0, "access_token": "T", "expires_in": 10**30, "msgid": ["no text"]}
    )
    assert send(settings(standin.url)) == [Accepted("")]


def test_what_is_over_a_persons_rate_is_dropped_without_an_error(standin: WecomStandin) -> None:
    """Why the outbox must keep the rate itself: the vendor answers 0 to the thirty-first of a minute."""

    async def sends(channel: Any) -> list[Receipt]:
        said = [digest.message(digest_of(overdue(f"HL-{n}"))) for n in range(31)]
        letters = [letter(channel, each, address="LiMing", key=f"{n}") for n, each in enumerate(said)]
        return [await channel.send(each) for each in letters]

    assert {type(receipt) for receipt in WAY.over(settings(standin.url), sends)} == {Accepted}
    assert (len(standin.delivered), standin.dropped) == (30, 1)
