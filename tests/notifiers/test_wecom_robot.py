"""企业微信群机器人 against a stand-in on loopback: what goes out, and how each answer is judged."""

import dataclasses
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from channel_sending import WAYS
from digest_builders import digest_of, near, overdue
from wecom_standin import WecomStandin, wecom

from models.facts import UnitCount
from notifiers import digest, fit
from notifiers.message import Accepted, Again, Message, Part, Receipt, Refused
from notifiers.wecom_robot import LIMIT, as_text
from xiaohao.vocabulary import Channel, Light

WAY = WAYS[Channel.WECOM_ROBOT]
FACTS = digest_of(
    overdue(title="小区东门<@all>道路**破损**"),
    near(),
    page_url="https://ledger.example/n/1",
    checkpoint="1842·9f3c",
)
MESSAGE = digest.message(FACTS)
LONG = digest.message(
    digest_of(
        *(overdue(f"HL-2026-{n:04d}", unit="很长的单位名称" * 55) for n in range(3)),
        counts_by_unit=tuple(UnitCount(unit=f"第{n}社区居民委员会", count=n) for n in range(1, 90)),
        page_url="https://ledger.example/n/1",
    )
)


@pytest.fixture
def standin() -> Iterator[WecomStandin]:
    with wecom() as running:
        yield running


def body_of(message: Message = MESSAGE, address: str = "默认") -> str:
    return WAY.body(WAY.settings("https://wecom.example"), message, address=address)


def content_of(message: Message = MESSAGE, address: str = "默认") -> str:
    content = json.loads(body_of(message, address))["markdown"]["content"]
    assert isinstance(content, str)
    return content


def send(
    standin: WecomStandin, message: Message = MESSAGE, *, address: str = "默认", **but: Any
) -> list[Receipt]:
    return WAY.send(WAY.settings(standin.url), message, address=address, **but)


def test_the_notice_comes_as_markdown_of_the_robots_own_kind(standin: WecomStandin) -> None:
    assert send(standin) == [Accepted()]
    (call,) = standin.calls
    assert (call.path, call.query) == ("/cgi-bin/webhook/send", {"key": "KEY-OF-ROBOT"})
    (delivered,) = standin.delivered
    assert delivered.content == content_of()
    assert delivered.content.splitlines() == [
        '### <font color="warning">🔴 督办通知：逾期 1 件、临期 1 件</font>',
        "四季花城社区党支部书记 王建国同志：",
        "截至2026年11月24日，您负责的问题有 2 件需要办理。",
        "",
        "**1. 🔴红灯 HL-2026-0007 小区东门＜@all＞道路＊＊破损＊＊**",
        "四季花城社区 · 立行立改 · 一级督办",
        "已逾期 4 天（时限 11月20日）",
        "请今日反馈进展，抓紧办结；11月25日仍未办结的，将报孟轲乡分管领导。",
        "",
        "**2. 🟡黄灯 HL-2026-0031 供水管道老化**",
        "四季花城社区 · 限期整改 · 预警",
        "还有 3 天到期（时限 11月27日）",
        "请抓紧整改、按期办结，确需延期的请提前申请；11月28日仍未办结的，将列为一级督办。",
        "",
        "[查看并点“已阅”（王建国本人点）](https://ledger.example/n/1)",
        "留痕检查点 1842·9f3c",
    ]


@pytest.mark.parametrize(
    ("light", "heading"),
    [
        (Light.RED, '### <font color="warning">提醒</font>'),
        (Light.GREEN, '### <font color="info">提醒</font>'),
        (Light.YELLOW, "### 提醒"),  # the vendor has no yellow
        (None, "### 提醒"),
    ],
)
def test_the_heading_has_one_of_the_three_colours_or_none(light: Light | None, heading: str) -> None:
    message = dataclasses.replace(MESSAGE, subject="提醒", light=light)
    assert content_of(message).splitlines()[0] == heading


def test_the_person_is_mentioned_by_userid_at_the_end(standin: WecomStandin) -> None:
    assert send(standin, address="孟轲乡@WangJianguo") == [Accepted()]
    (delivered,) = standin.delivered
    assert delivered.content.endswith("\n<@WangJianguo>")
    assert delivered.mentions == ("WangJianguo",)
    assert standin.calls[0].query == {"key": "KEY-OF-TOWN"}


@pytest.mark.parametrize("mention", ["all>x", "王建国", "a|b", "@all", "a b"])
def test_what_is_no_userid_mentions_nobody(mention: str) -> None:
    assert content_of(address=f"默认@{mention}") == content_of()


@pytest.mark.parametrize("address", ["默认", "默认@" + "w" * 64])
def test_items_go_till_it_fits_and_are_counted(address: str) -> None:
    content = content_of(LONG, address)
    assert fit.size(content) <= LIMIT
    assert "[查看并点“已阅”（王建国本人点）](https://ledger.example/n/1)" in content
    assert "件未列出" in content
    assert content.count("**") % 2 == 0


def test_one_byte_more_than_the_limit_is_refused_as_the_vendor_would(standin: WecomStandin) -> None:
    def sent(size: int) -> Receipt:
        body = json.dumps({"msgtype": "markdown", "markdown": {"content": "a" * size}})
        return send(standin, body=body)[0]

    assert sent(LIMIT) == Accepted()
    assert sent(LIMIT + 1) == Accepted()
    assert [each.kind for each in standin.delivered] == ["markdown", "text"]


def test_where_markdown_is_not_taken_the_same_words_go_as_text(standin: WecomStandin) -> None:
    standin.takes_markdown = False
    assert send(standin, address="默认@WangJianguo", times=2) == [Accepted(), Accepted()]
    first, second = standin.delivered
    assert (first.kind, first.mentions, first.content) == ("text", ("WangJianguo",), second.content)
    lines = first.content.splitlines()
    assert lines[0] == "🔴 督办通知：逾期 1 件、临期 1 件"
    assert "1. 🔴红灯 HL-2026-0007 小区东门＜@all＞道路＊＊破损＊＊" in lines
    assert "查看并点“已阅”（王建国本人点）：https://ledger.example/n/1" in lines
    assert not any(mark in first.content for mark in ("<", "**", "###", "]("))


def test_a_text_too_long_loses_whole_items_and_keeps_the_link() -> None:
    said = as_text(body_of(LONG))
    assert said is not None
    content = json.loads(said)["text"]["content"]
    assert fit.size(content) <= 2048
    short = digest.message(
        digest_of(*(overdue(f"HL-{n}", title="问" * 60) for n in range(3)), page_url="https://l.example")
    )
    many = dataclasses.replace(short, items=short.items + short.items)
    cut = as_text(body_of(many))
    assert cut is not None
    text = json.loads(cut)["text"]["content"]
    assert fit.size(text) <= 2048
    link = "查看并点“已阅”（王建国本人点）：https://l.example"
    assert text.splitlines()[-3:] == ["……其余内容略，请打开系统查看", "", link]
    assert as_text(cut) is None


def test_the_twenty_first_message_of_a_minute_waits_sixty_seconds(standin: WecomStandin) -> None:
    now = [1_700_000_000.0]
    standin.clock = lambda: now[0]
    receipts = send(standin, times=21)
    assert receipts[:20] == [Accepted()] * 20
    assert receipts[20] == Again("发送过快：每个机器人每分钟最多 20 条", timedelta(seconds=60), 45009)
    assert send(standin, address="孟轲乡") == [Accepted()]  # another robot has a rate of its own
    now[0] += 60
    assert send(standin) == [Accepted()]


def test_a_plain_message_without_items_is_sent_too(standin: WecomStandin) -> None:
    message = Message(
        subject="试发",
        head=Part("这是一条测试消息。", "这是一条测试消息。"),
        items=(),
        foot=Part("", ""),
        recipient="王建国",
        business_date=MESSAGE.business_date,
    )
    assert send(standin, message=message) == [Accepted()]
    assert standin.delivered[0].content == "### 试发\n这是一条测试消息。"


def test_the_text_agrees_with_what_apprise_sends(standin: WecomStandin) -> None:
    """Apprise 2.0.1 sends text only; path, query and body are the same, but for raw UTF-8."""
    plugin = apprise_robot(standin)
    text = as_text(body_of())
    assert text is not None
    content = json.loads(text)["text"]["content"]
    assert plugin.send(body=content)
    standin.takes_markdown = False
    assert send(standin) == [Accepted()]
    theirs, _, ours = standin.calls
    assert (ours.method, ours.path, ours.query) == (theirs.method, theirs.path, theirs.query)
    assert ours.values == theirs.values
    assert len(ours.body) < len(theirs.body)


def test_apprise_counts_as_sent_what_the_vendor_refuses_and_we_do_not(standin: WecomStandin) -> None:
    """The reason for a file of our own: HTTP 200 with errcode 93000."""
    plugin = apprise_robot(standin)
    standin.codes.extend([93000, 93000])
    assert plugin.send(body="督办通知") is True
    assert isinstance(send(standin)[0], Refused)
    assert standin.delivered == []


def apprise_robot(standin: WecomStandin) -> Any:
    from apprise.plugins.wecombot import NotifyWeComBot

    plugin = NotifyWeComBot(key="KEY-OF-ROBOT")
    plugin.api_url = f"{standin.url}/cgi-bin/webhook/send?key=KEY-OF-ROBOT"
    return plugin
