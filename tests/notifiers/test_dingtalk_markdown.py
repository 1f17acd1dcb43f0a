"""What a DingTalk telephone shows of a message, within any number of bytes."""

import json
from datetime import date

import pytest
from dingtalk_standin import Delivered
from hypothesis import given
from hypothesis import strategies as st

from notifiers import dingtalk_markdown, fit, vendors
from notifiers.message import Message, Part


def message_of(
    items: int = 2, *, subject: str = "🔴 督办通知：逾期 2 件", item: str = "小区东门“🚧”道路破损"
) -> Message:
    """A message with that many items of two lines each."""
    parts = tuple(
        Part(f"{n}. HL-{n:04} {item}\n   已逾期 4 天", f"**{n}. HL-{n:04} {item}**\n已逾期 4 天")
        for n in range(1, items + 1)
    )
    return Message(
        subject=subject,
        head=Part("王建国同志：", "王建国同志："),
        items=parts,
        foot=Part("留痕检查点 1842·9f3c", "留痕检查点 1842·9f3c"),
        recipient="王建国",
        business_date=date(2026, 11, 24),
    )


def test_every_line_of_the_message_is_a_line_on_the_telephone() -> None:
    shown = dingtalk_markdown.markdown_of(message_of(), 2_000, below="@13800000000")
    assert shown["title"] == "🔴 督办通知：逾期 2 件"
    assert Delivered("u1", **shown).lines == [
        "### 🔴 督办通知：逾期 2 件",
        "王建国同志：",
        "**1. HL-0001 小区东门“🚧”道路破损**",
        "已逾期 4 天",
        "**2. HL-0002 小区东门“🚧”道路破损**",
        "已逾期 4 天",
        "留痕检查点 1842·9f3c",
        "@13800000000",
    ]


def test_a_subject_is_one_line_and_no_markup() -> None:
    shown = dingtalk_markdown.markdown_of(
        message_of(subject="督办\n# [点我](http://x.example) " + "督" * 90), 2_000
    )
    assert shown["text"].startswith("### 督办 # ［点我］(http：//x.example) 督")
    assert len(shown["title"]) == 64
    assert "\n" not in shown["title"]


def test_what_has_no_room_is_counted_on_a_line_of_its_own() -> None:
    shown = dingtalk_markdown.markdown_of(message_of(100), 400)
    lines = Delivered("u1", **shown).lines
    shown_items = lines.count("已逾期 4 天")
    assert 1 < shown_items < 10
    assert lines[-2:] == [f"……另有 {100 - shown_items} 件未列出", "留痕检查点 1842·9f3c"]


@given(st.integers(600, 5_000), st.integers(0, 60), st.text(max_size=40), st.text(max_size=20))
def test_whatever_is_said_stays_within_the_bytes(limit: int, items: int, item: str, below: str) -> None:
    message = message_of(items, item=item)

    def built(room: int) -> str:
        shown = dingtalk_markdown.markdown_of(message, room, below=below)
        return vendors.compact({"msgtype": "markdown", "markdown": shown})

    said = dingtalk_markdown.within(limit, built)
    assert fit.size(said) <= limit
    assert below.strip() in json.loads(said)["markdown"]["text"]


@pytest.mark.parametrize("items", [1, 20])
def test_as_many_items_as_have_room_are_shown(items: int) -> None:
    """Only whole items go, and none goes that would fit."""

    def built(room: int) -> str:
        return vendors.compact(dingtalk_markdown.markdown_of(message_of(30), room))

    limit = fit.size(vendors.compact(dingtalk_markdown.markdown_of(message_of(items), 9_999))) + 60
    said = json.loads(dingtalk_markdown.within(limit, built))["text"]
    assert said.count("已逾期") in (items, items - 1)
    assert f"另有 {30 - said.count('已逾期')} 件未列出" in said
