"""整改措施: one cell's text → its single measures, and the cell of our own tables that gives them back."""

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from xiaohao.workbooks.cell_text import line_text, long_text
from xiaohao.workbooks.lines import MeasureLine

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


_OWN_LINE = re.compile(r"(\d{1,4})\. (.+)")
_ALONE = "（共1项）"
_STOPS = " \u3000\t；;。.，,、"
_DAY = r"(?:19|20)\d{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
_TERMS = re.compile(
    rf"（(?=[^）])(?:限(?P<due>{_DAY}))?，?(?:责任人：(?P<owner>[^（）；，\n]+))?，?(?:(?P<done>{_DAY})完成|未完成)?）$"
)
_NO_TERMS = "（未完成）"


@lru_cache(maxsize=1024)
def split_measures(text: str) -> tuple[str, ...]:
    """The measures that a cell names: ①…；②…, 1. … 2. …, 一是…；二是…, else its lines, else its clauses at ；.

    Numbers must count up from 1, so that 1.2公里 is none. The numbers and the stops at the ends go.
    """
    whole = text.strip()
    if not whole:
        return ()
    if (own := _own_lines(whole)) is not None:
        return own
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


def read_measure(text: str, due_on: date | None = None, done_on: date | None = None) -> MeasureLine:
    """A single measure, its terms in brackets at the end read: （限2023-10-31，2023-10-07完成）.

    Days that the row gives otherwise stand where the text has none.
    """
    found = _TERMS.search(text) if text.endswith("）") else None
    bare = "" if found is None else _bare(text[: found.start()])
    if found is None or not bare:
        return MeasureLine(text, due_on, done_on)
    due, done = _day(found["due"]), _day(found["done"])
    if (due is None) != (found["due"] is None) or (done is None) != (found["done"] is None):
        return MeasureLine(text, due_on, done_on)
    return MeasureLine(bare, due or due_on, done or done_on, found["owner"] or "")


def read_measures(cell: str) -> tuple[MeasureLine, ...]:
    """The measures of a whole cell."""
    return tuple(map(read_measure, split_measures(cell)))


def written_measures(measures: Sequence[MeasureLine]) -> str:
    """The cell of these measures, numbered where there are several; `read_measures` gives them back.

    Line breaks within a measure and stops at its end go, since each stands on a line of its own.
    """
    parts = [_with_terms(measure) for measure in measures]
    if len(parts) > 1:
        return long_text("\n".join(f"{number}. {part}" for number, part in enumerate(parts, start=1)))
    return long_text(next((p if split_measures(p) == (p,) else _ALONE + p for p in parts), ""))


def _with_terms(measure: MeasureLine) -> str:
    text = _bare(line_text(measure.text)) or "（未写明）"
    owner = re.sub(r"[（）；，\s]+", " ", measure.owner).strip() if measure.owner else ""
    if measure.due_on or measure.done_on or owner:
        terms = (
            f"限{measure.due_on}" if measure.due_on else "",
            f"责任人：{owner}" if owner else "",
            f"{measure.done_on}完成" if measure.done_on else "",
        )
        return f"{text}（{'，'.join(term for term in terms if term)}）"
    return text + _NO_TERMS if text.endswith("）") and read_measure(text) != MeasureLine(text) else text


def _own_lines(whole: str) -> tuple[str, ...] | None:
    """The measures of a cell that we wrote, or one like it: every line begins with its own number."""
    if whole.startswith(_ALONE) and "\n" not in whole:
        return (_bare(whole.removeprefix(_ALONE)),)
    if "\n" not in whole or not whole.startswith("1. "):
        return None
    found = [_OWN_LINE.fullmatch(line) for line in whole.split("\n")]
    if any(line is None or int(line[1]) != place for place, line in enumerate(found, start=1)):
        return None
    return tuple(_bare(line[2]) for line in found if line is not None)


def _bare(text: str) -> str:
    return text.strip(_STOPS)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
