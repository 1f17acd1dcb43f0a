"""What the productions of `time_limit_grammar` mean as days: each function turns a match into a Mark.

A Mark knows its days only once the year is known; `time_limit_reading` finds it and asks.
"""

from dataclasses import replace
from datetime import date, timedelta

from xiaohao.rules.counting import Term, add_months
from xiaohao.rules.festivals import festival
from xiaohao.rules.time_limit_marks import (
    DATE,
    LENGTH,
    Impossible,
    Mark,
    Match,
    Year,
    bad,
    by_base,
    by_year,
    checked,
    group,
    is_before,
    month_end,
    unclear,
    within,
)
from xiaohao.rules.time_limit_words import NUMERAL, number, year_number
from xiaohao.vocabulary import TermUnit

_YEARS_AWAY = {"今": 0, "本": 0, "明": 1, "来": 1, "后": 2, "去": -1, "上": -1}


def _year(m: Match, found: date, *, rolls: bool = True) -> Year | None:
    """The year part of a match; None where what is written is no year."""
    word, digits = group(m, "word"), group(m, "y")
    if digits:
        year = year_number(digits)
        return None if year is None else Year(given=year)
    if not word:
        return Year(rolls=rolls)
    if word[0] in _YEARS_AWAY:
        return Year(given=found.year + _YEARS_AWAY[word[0]])
    return Year(shift=1 if word[0] in "次翌" else 0)


_FUZZY_PARTS = {"初", "中", "上中旬", "中下旬"}


def _part_of_month(year: int, month: int, part: str, *, before: bool) -> tuple[date, ...]:
    end = month_end(year, checked(year, month, 1).month)
    days = {
        "上旬": (10,),
        "上中旬": (20, 10),
        "中旬": (20, 10) if before else (20,),
        "下旬": (end.day, 20) if before else (end.day,),
        "中下旬": (end.day, 20),
        "初": (10, 5, 1),
        "中": (15, 20),
    }.get(part)
    if days:
        return tuple(end.replace(day=day) for day in days)
    return (end, within(end.replace(day=1) - timedelta(days=1))) if before and not part else (end,)


def _is_fuzzy(part: str, *, before: bool) -> bool:
    return part in _FUZZY_PARTS or (before and part in {"", "中旬", "下旬"})


def a_month(m: Match, found: date) -> Mark:
    """9月, 2023年12月底, 明年3月中旬: a month or a part of it ends with its last day, 中旬 with the 20th."""
    year, month = _year(m, found), number(group(m, "m"))
    if year is None or month is None:
        return bad(m, found)
    part, before = group(m, "part"), is_before(m)
    mark = Mark(
        DATE,
        by_year(lambda y: _part_of_month(y, month, part, before=before)),
        year,
        weak=not part and not before,
        ends=bool(part),
        why=unclear(m, _is_fuzzy(part, before=before)),
    )
    if part.endswith("内") and year.rolls and 1 <= month <= 6:
        in_words = group(m, "m")[0] in NUMERAL
        why = f"“{m[0]}”可指{month}月份，也可指{month}个月"
        return replace(mark, sign=LENGTH if in_words else DATE, terms=(Term(month, TermUnit.MONTH),), why=why)
    return mark


def month_day(m: Match, found: date) -> Mark:
    """9月30日, 二〇二三年十二月三十一日."""
    year, month, day = _year(m, found), number(group(m, "m")), number(group(m, "d"))
    if year is None or month is None or day is None:
        return bad(m, found)
    return Mark(DATE, by_year(lambda y: (checked(y, month, day),)), year, weekday=group(m, "weekday"))


def numeric(m: Match, found: date) -> Mark | None:
    """2023.9.30, 23-9-30; with the year last only where day and month cannot be confused."""
    one, two, three = group(m, "y"), group(m, "m"), group(m, "d")
    if len(one) == 4 and len(three) > 2:
        return None
    if len(three) == 4 and len(one) <= 2 and (max(int(one), int(two)) > 12 or int(one) == int(two)):
        day, month = (one, two) if int(one) > 12 else (two, one)
        one, two, three = three, month, day
    year = year_number(one)
    if year is None or len(three) > 2 or (len(one) == 2 and abs(year - found.year) > 10):
        return bad(m, found)
    return Mark(
        DATE,
        by_year(lambda y: (checked(y, int(two), int(three)),)),
        Year(given=year),
        weekday=group(m, "weekday"),
    )


def short_day(m: Match, _found: date) -> Mark:
    """9.30, 12-31: taken only where nothing else can be meant. A number cell drops the 0 of 9.30."""
    month, day, whole = int(group(m, "m")), int(group(m, "d")), m[0] == m.string
    lost_zero = whole and "." in m[0] and day <= 3 and len(group(m, "d")) == 1

    def days(y: int) -> tuple[date, ...]:
        first = checked(y, month, day)
        return (first, checked(y, month, day * 10)) if lost_zero and (month, day) != (2, 3) else (first,)

    why = f"“{m[0]}”也可能是{month}月{day}0日（单元格丢了末尾的0）" if lost_zero else ""
    return Mark(DATE, by_year(days), Year(rolls=True), short=True, why=why)


_YEAR_PARTS = {"上半年": 6, "年中": 6, "中": 6, "初": 1, "年初": 1}


def a_year(m: Match, found: date) -> Mark:
    """2023年底, 明年上半年, 年内: a year ends on 31 December."""
    part = group(m, "part").removesuffix(group(m, "end"))
    last_month = _YEAR_PARTS.get(part, 12)
    year = _year(m, found, rolls=last_month < 12)
    if year is None:
        return bad(m, found)
    before, beginning = is_before(m) and not part, part.endswith("初")

    def days(y: int) -> tuple[date, ...]:
        end = month_end(y, last_month)
        if beginning:
            return end, checked(y, 1, 1), month_end(y, 2), month_end(y, 3)
        return (end, checked(y - 1, 12, 31)) if before else (end,)

    why = unclear(m, before or part.endswith(("初", "中")) or part == "年中")
    return Mark(
        DATE,
        by_year(days),
        year,
        weak=part in {"", "上半年", "下半年"} and not (is_before(m) or group(m, "end")),
        ends=bool(part),
        why=why,
        whole_year=last_month == 12,
    )


def short_year(m: Match, found: date) -> Mark | None:
    """24年内, 25年: a year where it lies near, else a length."""
    year = 2000 + int(group(m, "n"))
    if not found.year - 1 <= year <= found.year + 10:
        return None
    ends = bool(group(m, "inner"))
    return Mark(DATE, by_year(lambda y: (month_end(y, 12),)), Year(given=year), weak=not ends, ends=ends)


def year_alone(m: Match, _found: date) -> Mark:
    """2025 as the whole text."""
    year = int(m["y"])
    return Mark(DATE, by_year(lambda y: (month_end(y, 12),)), Year(given=year), ends=True)


def a_quarter(m: Match, found: date) -> Mark:
    """三季度, 2023年第四季度, Q3, 前三季度: its last day."""
    year, quarter = _year(m, found), number(group(m, "q") or group(m, "nth"))
    if year is None or quarter is None:
        return bad(m, found)
    before = is_before(m) and not group(m, "part")

    def days(y: int) -> tuple[date, ...]:
        if not 1 <= quarter <= 4:
            raise Impossible(f"没有第{quarter}季度")
        end = month_end(y, 3 * quarter)
        return (end, month_end(y, 3 * quarter - 3)) if before else (end,)

    weak = not is_before(m) and not group(m, "part")
    return Mark(DATE, by_year(days), year, weak=weak, ends=True, why=unclear(m, before))


def near_quarter(m: Match, found: date) -> Mark:
    """本季度, 下季度末, 季度末."""
    away = {"下": 1, "上": -1}.get(m[0][0], 0)
    return Mark(
        DATE, by_base(lambda _: (month_end(found.year, ((found.month + 2) // 3 + away) * 3),)), ends=True
    )


def near_month(m: Match, found: date) -> Mark:
    """本月25日, 下月底, and a bare 月底 or 中旬, which is of the month of the base."""
    word, part, before = group(m, "near"), group(m, "part").removeprefix("月"), is_before(m)
    away = word.count("下") + word.count("次") - word.count("上")
    day = number(group(m, "d"))

    def days(base: date) -> tuple[date, ...]:
        origin = add_months((found if word else base).replace(day=1), away)
        if day is not None:
            return (checked(origin.year, origin.month, day),)
        options = _part_of_month(origin.year, origin.month, part, before=before)
        if word or options[0] >= base:
            return options
        origin = add_months(origin, 1)
        return _part_of_month(origin.year, origin.month, part, before=before)

    why = unclear(m, day is None and _is_fuzzy(part, before=before))
    return Mark(
        DATE,
        by_base(days),
        weak=not part and not before and day is None,
        ends=bool(part),
        bare_day=not word,
        why=why,
    )


def bare_day(m: Match, found: date) -> Mark:
    """25日前: of the month of the base, else of the next; 25日 alone may be a length as well."""
    day = number(group(m, "d"))
    if day is None:
        return bad(m, found)

    def days(base: date) -> tuple[date, ...]:
        if day >= base.day:
            return (checked(base.year, base.month, day),)
        after = add_months(base.replace(day=1), 1)
        return checked(after.year, after.month, day), checked(base.year, base.month, day)

    may_be_length = group(m, "unit") == "日" and not is_before(m) and day >= 1
    terms = (Term(day, TermUnit.DAY),) if may_be_length else ()
    weak = not is_before(m)
    return Mark(
        DATE,
        by_base(days),
        weak=weak,
        bare_day=True,
        terms=terms,
        inner=group(m, "d")[0] in NUMERAL,
        why=f"“{m[0]}”没有写明月份",
    )


def before_festival(m: Match, found: date) -> Mark:
    """国庆节前: the day before; the day itself is honest too."""
    year, name = _year(m, found), group(m, "name")
    if year is None:
        return bad(m, found)

    def days(y: int) -> tuple[date, ...]:
        day = festival(name, checked(y, 1, 1).year)
        return day - timedelta(days=1), day

    return Mark(DATE, by_year(days), year, ends=True, why=unclear(m, True))


def weekday(m: Match, found: date) -> Mark:
    """本周五, 下周内, 周五前; a week ends on Sunday, its Friday is honest too."""
    near, name = group(m, "near"), group(m, "day")
    fuzzy = name not in set("一二三四五六日天")
    in_week = 6 if fuzzy or name == "天" else "一二三四五六日".index(name)
    chosen = found + timedelta(days=in_week - found.weekday() + 7 * near.count("下"))
    if not near and chosen < found:
        chosen += timedelta(days=7)
    options = (chosen, chosen - timedelta(days=2)) if fuzzy else (chosen,)
    return Mark(DATE, by_base(lambda _: tuple(map(within, options))), ends=True, why=unclear(m, fuzzy))


def near_day(m: Match, found: date) -> Mark:
    """当日, 明天, 后天."""
    away = {"明": 1, "次": 1, "翌": 1, "后": 2}.get(m[0][0], 0)
    return Mark(DATE, by_base(lambda _: (within(found + timedelta(days=away)),)), ends=True)


def end_of_plan(m: Match, _found: date) -> Mark:
    """“十四五”末: the last day of the five-year plan."""
    end = {"十三五": 2020, "十四五": 2025, "十五五": 2030}[m["plan"]]
    return Mark(DATE, by_year(lambda _: (month_end(end, 12),)), Year(given=end), ends=True)


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def english(m: Match, found: date) -> Mark:
    """Dec-23, as Excel shows a month; 31-Dec-23."""
    month, last, first = _MONTHS.index(m["mon"].lower()) + 1, int(m["last"]), group(m, "first")
    year = last if last > 99 else 2000 + last
    if first:
        return Mark(DATE, by_year(lambda y: (checked(y, month, int(first)),)), Year(given=year))
    options = [] if last > 99 or not 1 <= last <= 28 else [(found.year, month, last)]

    def days(y: int) -> tuple[date, ...]:
        return (month_end(y, month), *(checked(*option) for option in options))

    return Mark(DATE, by_year(days), Year(given=year), why=f"“{m[0]}”可指年月，也可指月日" if options else "")


def serial(m: Match, found: date) -> Mark:
    """45230: the number behind an Excel date (1900 system), where it lies near the day of finding."""
    day = date(1899, 12, 30) + timedelta(days=int(m["serial"]))
    if not found.year - 5 <= day.year <= found.year + 10:
        return bad(m, found)
    return Mark(DATE, by_year(lambda _: (day,)), Year(given=day.year), ends=True)


def month_as_number(m: Match, found: date) -> Mark:
    """2023.1 as a number cell: January, or October that lost its 0; the one not past is chosen."""
    year = int(m["y"])

    def days(y: int) -> tuple[date, ...]:
        january, october = month_end(y, 1), month_end(y, 10)
        return (january, october) if january >= found or october < found else (october, january)

    return Mark(
        DATE,
        by_year(days),
        Year(given=year),
        ends=True,
        why=f"“{m[0]}”可能是1月，也可能是10月（单元格丢了末尾的0）",
    )
