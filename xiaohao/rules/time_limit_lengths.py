"""What the productions of `time_limit_grammar` mean as lengths of time: 15个工作日, 半个月, 每季度."""

import re
from dataclasses import replace
from datetime import date, timedelta

from xiaohao.rules.counting import Term
from xiaohao.rules.time_limit_marks import LENGTH, REVIEW, Mark, Match, bad, by_base, group, noise, within
from xiaohao.rules.time_limit_words import number
from xiaohao.vocabulary import TermUnit

LONGEST_DAYS = 3_660
"""A limit longer than ten years is taken for a slip."""

_UNITS = {
    "年": (TermUnit.MONTH, 12),
    "季度": (TermUnit.MONTH, 3),
    "月": (TermUnit.MONTH, 1),
    "周": (TermUnit.WEEK, 1),
    "星期": (TermUnit.WEEK, 1),
    "礼拜": (TermUnit.WEEK, 1),
}
_LONG = {TermUnit.DAY: 1, TermUnit.WORKDAY: 1.4, TermUnit.WEEK: 7, TermUnit.MONTH: 30.5}


def a_length(m: Match, found: date) -> Mark | None:
    """15个工作日, 三个月内, 3至5天, 三五天: the longer one where two are written."""
    unit = group(m, "kind") or group(m, "unit").removeprefix("个")
    if unit == "年" and m["n"].isascii() and int(m["n"]) > 10:
        return None
    counts = [number(m["n"]), number(group(m, "n2"))]
    if re.fullmatch(r"[一二两三四五六七八九]{2}", m["n"]):
        counts = [number(char) for char in m["n"]]
    twice = number(group(m, "same"))
    known = sorted({count for count in counts if count is not None}, reverse=True)
    if not known or known[-1] < 1 or (twice is not None and twice != known[0]):
        return bad(m, found)
    kind, factor = (TermUnit.WORKDAY, 1) if "工作" in unit else _UNITS.get(unit, (TermUnit.DAY, 1))
    if known[0] * factor * _LONG[kind] > LONGEST_DAYS:
        return bad(m, found) if group(m, "inner") else noise(m, found)
    why = f"“{m[0]}”写了长短两个期限" if len(known) > 1 else ""
    terms = tuple(Term(count * factor, kind) for count in known)
    return Mark(LENGTH, terms=terms, inner=bool(group(m, "inner")), why=why)


def a_half(m: Match, found: date) -> Mark:
    """半个月, 半年, 一个半月, 一年半, 1.5个月: half a month is 15 days."""
    whole = number(group(m, "n")) or 0
    term = Term(12 * whole + 6, TermUnit.MONTH) if m["kind"] == "年" else Term(30 * whole + 15, TermUnit.DAY)
    if term.count * _LONG[term.unit] > LONGEST_DAYS:
        return bad(m, found)
    return Mark(LENGTH, terms=(term,), inner=bool(group(m, "inner")))


def in_hours(m: Match, found: date) -> Mark:
    """24小时 is a day; less than that ends on the day of finding."""
    count = 0 if "分" in m["unit"] or group(m, "half") else number(group(m, "n")) or 0
    days = -(-count // 24) if count >= 24 else 0
    if days > 366:
        return bad(m, found)
    return Mark(
        LENGTH,
        by_base(lambda _: (within(found + timedelta(days=days)),)),
        terms=(Term(days, TermUnit.DAY),) if days else (),
        inner=bool(group(m, "inner")),
        why=f"“{m[0]}”按小时计，到期日遇休息日" if days else "",
    )


def next_workday(_m: Match, _found: date) -> Mark:
    """下一个工作日."""
    return Mark(LENGTH, terms=(Term(1, TermUnit.WORKDAY),), inner=True)


_PERIODS = {
    "年": Term(12, TermUnit.MONTH),
    "半年": Term(6, TermUnit.MONTH),
    "季": Term(3, TermUnit.MONTH),
    "季度": Term(3, TermUnit.MONTH),
    "月": Term(1, TermUnit.MONTH),
    "半月": Term(15, TermUnit.DAY),
    "旬": Term(10, TermUnit.DAY),
    "周": Term(1, TermUnit.WEEK),
    "星期": Term(1, TermUnit.WEEK),
    "礼拜": Term(1, TermUnit.WEEK),
    "日": Term(1, TermUnit.DAY),
    "天": Term(1, TermUnit.DAY),
    "工作日": Term(1, TermUnit.WORKDAY),
}


def review(m: Match, found: date) -> Mark:
    """每季度, 每2个月, 一月一调度: how often, no deadline."""
    period, times = _PERIODS[m["period"].replace("个", "")], number(group(m, "n")) or 1
    if times > 99:
        return bad(m, found)
    return Mark(REVIEW, terms=(replace(period, count=period.count * times),))
