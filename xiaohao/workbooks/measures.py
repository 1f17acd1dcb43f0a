"""整改措施: one cell's text → its single measures."""

import re
from functools import lru_cache

_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_CHINESE = "一二三四五六七八九十"
_START = r"(?:(?<=^)|(?<=[\n；;。，,：: ]))[ \u3000\t]*"
_MARKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(rf"([{_CIRCLED}])"), "circled"),
    (re.compile(rf"{_START}[（(](\d{{1,2}})[）)]", re.MULTILINE), "digits"),
    (re.compile(rf"{_START}(\d{{1,2}})[、)）]", re.MULTILINE), "digits"),
    (re.compile(rf"{_START}(\d{{1,2}})[.．](?!\d)", re.MULTILINE), "digits"),
    (re.compile(rf"{_START}[（(]([{_CHINESE}]{{1,2}})[）)]", re.MULTILINE), "chinese"),
    (re.compile(rf"{_START}([{_CHINESE}]{{1,2}})是", re.MULTILINE), "chinese"),
    (re.compile(rf"{_START}第?([{_CHINESE}]{{1,2}})[、,，]", re.MULTILINE), "chinese"),
)
_ONE_MARK = re.compile(
    rf"^\s*(?:[{_CIRCLED}]|[（(]\d{{1,2}}[）)]|\d{{1,2}}[、)）]|\d{{1,2}}[.．](?!\d)|[{_CHINESE}]{{1,2}}是)\s*"
)


@lru_cache(maxsize=1024)
def split_measures(text: str) -> tuple[str, ...]:
    """The measures that a cell names: ①…；②…, 1. … 2. …, 一是…；二是…, else its lines, else its clauses at ；.

    Numbers must count up from 1, so that 1.2公里 is none. The numbers and the stops at the ends go.
    """
    whole = text.strip()
    if not whole:
        return ()
    for pattern, kind in _MARKS:
        marks = _in_order(list(pattern.finditer(whole)), kind)
        if len(marks) >= 2:
            ends = [mark.start() for mark in marks[1:]] + [len(whole)]
            parts = [whole[mark.end() : end] for mark, end in zip(marks, ends, strict=True)]
            before = whole[: marks[0].start()].strip()
            if before:
                parts[0] = f"{before}{parts[0]}"
            return _tidy(parts)
    lines = [line for line in whole.split("\n") if line.strip()]
    if len(lines) > 1:
        return _tidy(lines)
    return _tidy(re.split(r"[；;]", whole))


def _in_order(marks: list[re.Match[str]], kind: str) -> list[re.Match[str]]:
    """The marks that count 1, 2, 3, each the first of its number after the one before."""
    kept: list[re.Match[str]] = []
    for mark in marks:
        if _number(mark[1], kind) == len(kept) + 1:
            kept.append(mark)
    return kept


def _number(text: str, kind: str) -> int:
    if kind == "circled":
        return _CIRCLED.index(text) + 1
    if kind == "digits":
        return int(text)
    if text == "十":
        return 10
    return 10 + _CHINESE.index(text[1]) + 1 if text[0] == "十" else _CHINESE.index(text[0]) + 1


def _tidy(parts: list[str]) -> tuple[str, ...]:
    bare = (re.sub(r"\s*\n\s*", "", _ONE_MARK.sub("", part)).strip(" \u3000\t；;。.，,、") for part in parts)
    return tuple(part for part in bare if part)
