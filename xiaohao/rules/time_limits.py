"""Time limits as offices write them, “3月底前”, “15个工作日内”, read as a careful colleague would.

DESIGN 4.9. The tables are in `time_limit_grammar` and `time_limit_contexts`; here what was read becomes one reading with its
honest alternatives. What is doubtful is told, what is impossible is a fault, nothing is mended.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from xiaohao.rules import time_limit_grammar as grammar
from xiaohao.rules.counting import Term
from xiaohao.rules.time_limit_marks import NOISE, REVIEW, Impossible
from xiaohao.rules.time_limit_reading import Deadline, Reading, chinese, read, unreadable
from xiaohao.rules.time_limit_words import AT_ONCE_ACTS, VAGUE, named_classes, normalise
from xiaohao.rules.workdays import Workdays
from xiaohao.vocabulary import RectificationClass

LONGEST_TEXT = 500

WRITE = "请写明具体日期，如“2023年12月31日前”，或期限，如“15个工作日内”。"


@dataclass(frozen=True)
class TimeLimit:
    """What a time-limit text says by itself, without the policy's defaults.

    `rectification_class` is None where the text does not tell it; `due_on` is the last day,
    inclusive, None where the text gives none; `term` is set where `due_on` was counted from the day
    of finding; `readings` are all honest readings, the chosen one first; `message` is Chinese, ""
    where there is nothing to say. `fault`: an impossible date, or something that looks like a limit
    and cannot be read; then `due_on` is None. `review_every`: how often, for long-term texts.
    """

    text: str
    rectification_class: RectificationClass | None = None
    due_on: date | None = None
    term: Term | None = None
    readings: tuple[date, ...] = ()
    message: str = ""
    fault: bool = False
    review_every: Term | None = None


def read_time_limit(text: str, found_on: date, workdays: Workdays) -> TimeLimit:
    """Read a time-limit text; `found_on` is the day of finding, from which lengths of time count.

    The day of finding is not counted and a counted last day moves off days off (Civil Code art. 201,
    203); a date given stands, also one that is past or a day off. Never raises on any text.
    """
    clean = normalise(text[: LONGEST_TEXT + 1])
    if max(len(text), len(clean)) > LONGEST_TEXT:
        return TimeLimit(text, message=f"整改时限超过{LONGEST_TEXT}字，没有读取。{WRITE}", fault=True)
    classes = named_classes(clean)
    every: Term | None = None
    try:
        skeleton, marks = grammar.scan(clean, found_on)
        every = next((mark.terms[0] for mark in marks.values() if mark.sign == REVIEW), None)
        if reason := unreadable(skeleton, marks):
            raise Impossible(reason)
        reading = read(skeleton, marks, found_on, workdays)
        if not reading.deadlines and (
            reason := next((mark.why for mark in marks.values() if mark.why and mark.sign == NOISE), "")
        ):
            raise Impossible(reason)
    except (ValueError, OverflowError) as problem:
        reason = str(problem) if isinstance(problem, Impossible) else "期限超出日历（1990年至2079年）"
        message = f"整改时限“{_shown(text)}”有误：{reason}。{WRITE}"
        named = classes[0] if classes and classes[0] is not RectificationClass.LONG_TERM else None
        return TimeLimit(text, named, message=message, fault=True, review_every=every)
    if reading.deadlines:
        return _with_date(text, clean, reading, classes, every)
    return _without_date(text, clean, reading, classes, every)


def _with_date(
    text: str, clean: str, reading: Reading, classes: Sequence[RectificationClass], every: Term | None
) -> TimeLimit:
    """A date makes a limit, unless the text says 立行立改: then it is the last day of that."""
    chosen = _chosen(reading.deadlines)
    rest = [] if _is_the_whole(clean, reading.deadlines, chosen) else reading.deadlines
    readings = tuple(dict.fromkeys(option.on for each in [chosen, *rest] for option in each.options))
    at_once = RectificationClass.IMMEDIATE in classes[:1] and not re.search(AT_ONCE_ACTS, clean)
    return TimeLimit(
        text,
        RectificationClass.IMMEDIATE if at_once else RectificationClass.TIME_LIMITED,
        readings[0],
        chosen.options[0].term,
        readings,
        _told(_shown(text), reading, readings),
        review_every=every,
    )


def _chosen(deadlines: Sequence[Deadline]) -> Deadline:
    """The last of several; a date given goes before a length of time beside it."""
    deadlines = [each for each in deadlines if not each.aside] or deadlines
    firm = [each for each in deadlines if each.firm]
    if firm and any(each.options[0].term for each in deadlines):
        deadlines = firm
    return max(reversed(deadlines), key=lambda each: each.options[0].on)


def _is_the_whole(clean: str, deadlines: Sequence[Deadline], chosen: Deadline) -> bool:
    """Whether the last of several steps is said to be all of it: …，12月底前全部完成."""
    return chosen is deadlines[-1] and bool(
        re.search(r"(?:全部|全面|最终|彻底)[^,;。]{0,6}(?:完|整改|到位|解决|销)[^,;。]{0,4}[。;]?$", clean)
    )


def _told(shown: str, reading: Reading, readings: Sequence[date]) -> str:
    notes = "；".join(dict.fromkeys(reading.notes))
    if len(readings) == 1:
        return f"整改时限“{shown}”：{notes}。现按{chinese(readings[0])}，请核对。" if notes else ""
    reasons = "；".join(dict.fromkeys([*reading.whys, *reading.notes])) or "写了几个期限"
    others = "、".join(map(chinese, readings[1:]))
    return f"整改时限“{shown}”有不同读法：{reasons}。现按{chinese(readings[0])}，也可能是{others}，请核对并写明日期。"


def _without_date(
    text: str, clean: str, reading: Reading, classes: Sequence[RectificationClass], every: Term | None
) -> TimeLimit:
    """Only words: 立行立改, 长期坚持, 限期整改 without a date, or nothing that says when."""
    named = classes[0] if classes else RectificationClass.LONG_TERM if every else None
    return TimeLimit(
        text, named, message=_why_no_date(_shown(text), clean, named, reading, classes), review_every=every
    )


def _why_no_date(
    shown: str,
    clean: str,
    named: RectificationClass | None,
    reading: Reading,
    classes: Sequence[RectificationClass],
) -> str:
    """What to say of a text without a deadline; "" where none is missing."""
    dropped = "；".join(dict.fromkeys(reading.dropped))
    if named in {RectificationClass.IMMEDIATE, RectificationClass.LONG_TERM}:
        if len(classes) > 1:
            labels = "、".join(each.label for each in classes)
            return f"整改时限“{shown}”写了几种整改类型（{labels}），现按{classes[0].label}。"
        return f"整改时限“{shown}”中的日期没有用作期限：{dropped}。" if dropped else ""
    if dropped:
        return f"整改时限“{shown}”没有读出期限：{dropped}。{WRITE}"
    if named is not None:
        return f"“{shown}”没有写明期限。{WRITE}"
    if re.search(VAGUE, clean):
        return f"“{shown}”没有写明是哪一天。{WRITE}"
    if re.search(r"前(?:$|[完整,;。)必全])", clean):
        return f"“{shown}”以别的事情为期限，不知是哪一天。{WRITE}"
    if not re.search(r"[^\W_]", clean):
        return f"没有填写整改时限。{WRITE}"
    return f"“{shown}”中没有整改时限。{WRITE}"


def _shown(text: str) -> str:
    """The text as a message quotes it: on one line, not longer than 40 characters."""
    flat = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    flat = flat.translate(str.maketrans("“”", "‘’"))
    return flat if len(flat) <= 40 else f"{flat[:39]}…"
