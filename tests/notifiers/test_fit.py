"""Cutting to bytes: vectors V10 to V12, and what holds for every text."""

import hashlib
import json

import pytest
from digest_builders import digest_of, near, overdue
from hypothesis import example, given
from hypothesis import strategies as st

from notifiers import digest, fit

LIMITS = st.integers(0, 400)
TEXTS = st.text(max_size=60)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def others(n: int) -> str:
    return f"……另有 {n} 件"


@pytest.mark.parametrize(
    ("tail", "code_points", "size", "digest"),
    [("", 614, 2047, "60f6c64d5f940cd2"), ("\n…(未完)", 616, 2046, "a25b6c9cfa4acc68")],
)
def test_a_cut_by_bytes_agrees_with_v10(tail: str, code_points: int, size: int, digest: str) -> None:
    cut = fit.characters("🔴督办" * 300, 2048, tail=tail)
    assert (len(cut), fit.size(cut), sha(cut)) == (code_points, size, digest)


@pytest.mark.parametrize(
    ("limit", "kept", "size", "last", "digest"),
    [
        (2048, 67, 2021, "……另有 133 件", "d2a639317ed5f64a"),
        (4096, 135, 4096, "……另有 65 件", "f15ebf9cb74a8221"),
    ],
)
def test_a_cut_at_whole_lines_agrees_with_v11(
    limit: int, kept: int, size: int, last: str, digest: str
) -> None:
    all_lines = [f"{i}. HL-2023-{i:04d} 逾期 4 天" for i in range(1, 201)]
    cut = fit.lines(all_lines, limit, left_out=others)
    assert cut.splitlines() == [*all_lines[:kept], last]
    assert (fit.size(cut), sha(cut)) == (size, digest)


def test_raw_text_is_half_as_long_as_escaped_text_as_v12_says() -> None:
    body = {"msg_type": "text", "content": {"text": "督" * 5000}}
    assert fit.size(json.dumps(body, ensure_ascii=False, separators=(",", ":"))) == 15_041
    assert fit.size(json.dumps(body, separators=(",", ":"))) == 30_041


@given(TEXTS, LIMITS, TEXTS)
def test_as_many_characters_are_kept_as_fit_and_none_is_cut(text: str, limit: int, tail: str) -> None:
    ends = tail if fit.size(tail) <= limit else ""
    cuts = [text[:n] + ends for n in range(len(text) + 1)]
    longest = max((cut for cut in cuts if fit.size(cut) <= limit), key=len)
    assert fit.characters(text, limit, tail=tail) == (text if fit.size(text) <= limit else longest)


@given(TEXTS, st.lists(st.text(min_size=1, max_size=30), max_size=12), TEXTS, LIMITS)
def test_as_many_items_are_kept_as_fit_and_the_others_are_counted(
    head: str, items: list[str], foot: str, limit: int
) -> None:
    def said(kept: int) -> str:
        left = [others(len(items) - kept)] if kept < len(items) else []
        return "\n".join(part for part in (head, *items[:kept], *left, foot) if part)

    cut = fit.between(head, items, foot, limit, left_out=others)
    fitting = [said(kept) for kept in range(len(items), -1, -1) if fit.size(said(kept)) <= limit]
    assert fit.size(cut) <= limit
    if fitting:
        assert cut == fitting[0]


@pytest.mark.parametrize(
    ("head", "limit", "expected"),
    [
        ("第一行\n第二行很长很长", 35, "第一行\n……另有 1 件\n尾"),  # at a line
        ("第一行\n第二行很长很长", 15, "第一行\n尾"),  # then the line that counts goes
        ("第一行\n第二行很长很长", 10, "第一\n尾"),  # then inside a line
        ("一行\n二行", 4, "尾"),
        ("一行\n二行", 2, ""),
        ("一行\n二行", -1, ""),
    ],
)
def test_a_head_too_long_is_cut_before_the_foot(head: str, limit: int, expected: str) -> None:
    assert fit.between(head, ["很长的一件事情"], "尾", limit, left_out=others) == expected


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (54, "其余 2 件。\n查看：https://l.example/1\n检查点"),
        (53, "其余 2 件。\n查看：https://l.example/1"),
        (38, "查看：https://l.example/1\n检查点"),
        (28, "查看：https://l.example/1"),
        (27, "其余 2 件。\n检查点"),  # half a link opens nothing
    ],
)
def test_of_a_foot_too_long_the_link_stays_whole(limit: int, expected: str) -> None:
    foot, link = "其余 2 件。\n查看：https://l.example/1\n检查点", "https://l.example/1"
    cut = fit.between("人人都有的很长很长的开头", ["甲" * 30], foot, limit, left_out=others, link=link)
    assert cut == expected


@given(TEXTS, st.lists(st.text(min_size=1, max_size=30), max_size=5), TEXTS, st.integers(30, 400))
@example("", [], "\n", 30)  # lines that are alike count one by one
def test_the_link_is_there_whatever_else_is_too_long(
    head: str, items: list[str], more: str, limit: int
) -> None:
    link = "https://l.example/1"
    cut = fit.between(head * 9, items, f"{more * 9}\n{link}\n尾", limit, left_out=others, link=link)
    assert link in cut.split("\n")
    assert fit.size(cut) <= limit


def test_a_message_within_a_limit_keeps_head_and_foot_and_says_how_many_had_no_room() -> None:
    message = digest.message(
        digest_of(overdue("HL-1"), overdue("HL-2"), near("HL-3"), page_url="https://ledger.example/n/1")
    )
    whole = fit.size(message.text)
    assert message.text_within(whole) == message.text
    cut = message.text_within(whole - 1)
    assert "HL-2" in cut
    assert "HL-3" not in cut
    assert cut.endswith("……另有 1 件未列出\n查看并点“已阅”：https://ledger.example/n/1")
    assert fit.size(message.markdown_within(500)) <= 500
    assert message.markdown_within(500).endswith("件未列出\n[查看并点“已阅”](https://ledger.example/n/1)")
