"""Time limits as offices write them, “3月底前”, “15个工作日内”, read as a careful colleague would.

DESIGN 4.9. The tables are in `time_limit_grammar`; here what was read becomes one reading with its
honest alternatives. What is doubtful is told, what is impossible is a fault, nothing is mended.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from xiaohao.rules import time_limit_grammar as grammar
from xiaohao.rules.counting import Counter, Term
from xiaohao.rules.time_limit_days import BAD, DATE, LENGTH, NOISE, REVIEW, Impossible, Mark, within
from xiaohao.rules.time_limit_words import AT_ONCE_ACTS, VAGUE, named_classes, normalise
from xiaohao.rules.workdays import Workdays
from xiaohao.vocabulary import RectificationClass

LONGEST_TEXT = 500
PAST_DAYS = 92
"""How far back a day without its year is still an honest reading: beside 2024-08-31, 2023-08-31."""

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


@dataclass(frozen=True)
class _Option:
    on: date
    term: Term | None = None


@dataclass
class _Reading:
    """What the marks of a text come to."""

    options: list[list[_Option]]
    whys: list[str]
    dropped: list[str]


def read_time_limit(text: str, found_on: date, workdays: Workdays) -> TimeLimit:
    """Read a time-limit text; `found_on` is the day of finding, from which lengths of time count.

    The day of finding is not counted and a counted last day moves off days off (Civil Code art. 201,
    203); a date given stands. Never raises on any text.
    """
    if len(text) > LONGEST_TEXT:
        return TimeLimit(text, message=f"整改时限超过{LONGEST_TEXT}字，没有读取。{WRITE}", fault=True)
    clean = normalise(text)
    skeleton, marks = grammar.scan(clean, found_on)
    classes = named_classes(clean)
    named = classes[0] if classes else None
    every = next((mark.terms[0] for mark in marks.values() if mark.sign == REVIEW), None)
    try:
        if unreadable := _unreadable(skeleton, marks):
            raise Impossible(unreadable)
        reading = _read(skeleton, marks, found_on, workdays)
    except (ValueError, OverflowError) as problem:
        reason = str(problem) if isinstance(problem, Impossible) else "期限超出日历范围（1990年至2079年）"
        message = f"整改时限“{_shown(text)}”有误：{reason}。{WRITE}"
        return TimeLimit(text, named, message=message, fault=True, review_every=every)
    return _decided(text, clean, reading, classes, every)


def _unreadable(skeleton: str, marks: dict[int, Mark]) -> str:
    bad = next((mark.why for mark in marks.values() if mark.sign == BAD), "")
    return bad or next((c.reason for c in grammar.UNREADABLE if c.pattern.search(skeleton)), "")


def _read(skeleton: str, marks: dict[int, Mark], found_on: date, workdays: Workdays) -> _Reading:
    """Go through the marks in order: what is a deadline, what is only a base for what follows."""
    reasons = _reasons(skeleton, marks)
    reading = _Reading([], [], [])
    base, begun = found_on, False
    for place, mark in marks.items():
        reason = reasons.get(place, "")
        if mark.sign == LENGTH or (mark.sign == DATE and mark.bare_day and mark.terms):
            before = skeleton[:place]
            if mark.sign == LENGTH or grammar.FITS_LENGTH[0].search(before):
                _read_length(
                    mark, skeleton, place, reason, base if begun else found_on, found_on, reading, workdays
                )
                continue
        if mark.sign != DATE or mark.days is None:
            continue
        if not reason and not _fits(mark, skeleton, place):
            if mark.year.given is not None and mark.weak:
                base, begun = (
                    max(date(mark.year.given, 1, 1), base)
                    if base.year >= mark.year.given
                    else date(mark.year.given, 1, 1),
                    True,
                )
            reading.dropped.append("不像整改时限")
            continue
        options, why = _days(mark, base, found_on, begun=begun)
        if reason and reason != grammar.RANGE:
            reading.dropped.append(reason)
            if "起始" in reason:
                base, begun = options[0], True
            continue
        base, begun = options[0], True
        if not reason:
            reading.options.append([_Option(day) for day in options] + _counted(mark, found_on, workdays))
            reading.whys.extend(filter(None, [why]))
    return reading


def _reasons(skeleton: str, marks: dict[int, Mark]) -> dict[int, str]:
    """For each mark that is no deadline why not, by its place."""
    reasons: dict[int, str] = {}
    for context in grammar.CONTEXTS:
        for match in context.pattern.finditer(skeleton):
            for place in range(*match.span("x")):
                if place in marks:
                    reasons.setdefault(place, context.reason)
    for place, mark in marks.items():
        clause = re.split(r"[,;。]", skeleton[:place])[-1]
        if mark.sign == DATE and mark.bare_day and REVIEW in clause and "并" not in clause:
            reasons.setdefault(place, "是每期的日子，不是一次的整改时限")
    return reasons


def _fits(mark: Mark, skeleton: str, place: int) -> bool:
    """Whether a bare year or month, or 9.30, stands where a limit would."""
    before, after = skeleton[:place], skeleton[place + 1 :]
    if mark.short:
        return bool(grammar.FITS_SHORT[0].search(before) and grammar.FITS_SHORT[1].match(after))
    return not mark.weak or bool(grammar.FITS_BARE.match(after))


def _days(mark: Mark, base: date, found_on: date, *, begun: bool) -> tuple[tuple[date, ...], str]:
    """The days of a mark, its year found, and why there are several."""
    if mark.days is None:
        return (), ""
    year = mark.year
    if year.given is not None:
        return mark.days(year.given, base), mark.why
    try:
        options = mark.days(base.year + year.shift, base)
    except Impossible:
        if not year.rolls:
            raise
        options = mark.days(base.year + 1, base)
        return options, mark.why
    if not year.rolls or options[0] >= base:
        return options, mark.why
    past = options[0]
    options = mark.days(base.year + 1, base)
    if begun or (found_on - past).days > PAST_DAYS:
        return options, mark.why
    return (*options, past), mark.why or f"没有写年份，而{_day(past)}早于发现日期"


def _counted(mark: Mark, start: date, workdays: Workdays) -> list[_Option]:
    return [_Option(within(Counter(workdays).last_day(start, term)), term) for term in mark.terms]


def _read_length(
    mark: Mark,
    skeleton: str,
    place: int,
    reason: str,
    base: date,
    found_on: date,
    reading: _Reading,
    workdays: Workdays,
) -> None:
    """A length of time: what it counts from, and its last day."""
    before, after = skeleton[:place], skeleton[place + 1 :]
    anchor = grammar.ANCHOR.search(before)
    fits = mark.inner or anchor or grammar.FITS_LENGTH[0].search(before) or (
        grammar.FITS_LENGTH[1].match(after) and after[:1] not in {"", ",", ";", "。", ")"}
    ) or ((not before or before[-1] in ",;。") and grammar.FITS_LENGTH[1].match(after))  # fmt: skip
    if not reason and not fits:
        reason = "不像整改的期限"
    start, why = found_on, ""
    if not reason and anchor:
        what = anchor["what"]
        if DATE in what:
            start = base
        elif grammar.FROM_FOUND.search(what) or not what:
            pass
        elif grammar.FROM_NOTICE.search(what) and (
            re.match("[收接]", what) or not grammar.FROM_ELSEWHERE.search(what)
        ):
            why = f"文中从“{_plain(what)}”起算，现按发现日期起算"
        else:
            reason = f"从“{_plain(what)}”起算，不知是哪一天"
    if reason:
        if reason != grammar.RANGE:
            reading.dropped.append(reason)
        return
    options = _counted(mark, start, workdays)
    if start != found_on:
        options = [_Option(option.on) for option in options]
    if mark.days is not None:
        options += [_Option(day) for day in _days(mark, found_on, found_on, begun=False)[0]]
    reading.options.append(options)
    reading.whys.extend(filter(None, [mark.why if len({o.on for o in options}) > 1 else "", why]))


def _plain(what: str) -> str:
    return "".join(char for char in what if char not in f"{DATE}{LENGTH}{NOISE}")


def _decided(
    text: str, clean: str, reading: _Reading, classes: list[RectificationClass], every: Term | None
) -> TimeLimit:
    """The last of several deadlines counts; a class named by a word goes before the one that a date gives."""
    named = classes[0] if classes else None
    shown = _shown(text)
    if not reading.options:
        named = named or (RectificationClass.LONG_TERM if every else None)
        return TimeLimit(
            text, named, message=_no_date(shown, clean, named, reading, classes), review_every=every
        )
    chosen = max((options for options in reading.options), key=lambda options: options[0].on)
    rest = [option for options in reading.options for option in options]
    readings = tuple(dict.fromkeys(option.on for option in [chosen[0], *chosen, *rest]))
    if _all_at_the_end(clean, reading, chosen):
        readings = tuple(dict.fromkeys(option.on for option in chosen))
    if named is not RectificationClass.IMMEDIATE or re.search(AT_ONCE_ACTS, clean):
        named = RectificationClass.TIME_LIMITED
    message = ""
    if len(readings) > 1:
        reasons = "；".join(dict.fromkeys(reading.whys)) or "写了几个日期"
        others = "、".join(map(_day, readings[1:]))
        message = f"整改时限“{shown}”有不同读法：{reasons}。现按{_day(readings[0])}，也可能是{others}，请核对并写明日期。"
    elif reading.whys and any("起算" in why for why in reading.whys):
        message = (
            f"整改时限“{shown}”：{'；'.join(dict.fromkeys(reading.whys))}，到{_day(readings[0])}，请核对。"
        )
    return TimeLimit(text, named, readings[0], chosen[0].term, readings, message, review_every=every)


def _all_at_the_end(clean: str, reading: _Reading, chosen: list[_Option]) -> bool:
    """Whether the last of several steps is said to be the whole: …，12月底前全部完成."""
    return (
        reading.options[-1] is chosen
        and len(reading.options) > 1
        and bool(
            re.search(
                r"(?:全部|全面|最终|彻底)[^,;。]{0,6}(?:完|整改|到位|解决|销)[^,;。]{0,4}[。;]?$", clean
            )
        )
    )


def _no_date(
    shown: str,
    clean: str,
    named: RectificationClass | None,
    reading: _Reading,
    classes: Iterable[RectificationClass],
) -> str:
    """What to say of a text without a deadline; "" where none is missing."""
    if reading.dropped:
        return f"整改时限“{shown}”没有读出期限：{'；'.join(dict.fromkeys(reading.dropped))}。{WRITE}"
    if len(set(classes)) > 1:
        labels = "、".join(each.label for each in dict.fromkeys(classes))
        return f"整改时限“{shown}”写了几种整改类型（{labels}），现按{next(iter(classes)).label}。"
    if named is RectificationClass.TIME_LIMITED:
        return f"“{shown}”没有写明期限。{WRITE}"
    if named is not None:
        return ""
    if re.search(VAGUE, clean):
        return f"“{shown}”没有写明是哪一天。{WRITE}"
    if re.search(r"前(?:$|[完整,;。)必全])", clean):
        return f"“{shown}”以别的事情为期限，不知是哪一天。{WRITE}"
    if not re.search(r"[^\W_]", clean):
        return "没有填写整改时限。"
    return f"“{shown}”中没有整改时限。{WRITE}"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _shown(text: str) -> str:
    """The text as a message quotes it: on one line, not longer than 40 characters."""
    flat = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return flat if len(flat) <= 40 else f"{flat[:39]}…"
