"""From the marks of a time-limit text to its deadlines: years found, lengths counted, what is no deadline left out."""

import re
from dataclasses import dataclass, field
from datetime import date

from xiaohao.rules import time_limit_contexts as contexts
from xiaohao.rules.counting import Counter, Term
from xiaohao.rules.time_limit_marks import BAD, DATE, LENGTH, NOISE, REVIEW, Impossible, Mark, within
from xiaohao.rules.workdays import Workdays

PAST_DAYS = 92
"""How far back a day without its year is still an honest reading: beside 2024-08-31, 2023-08-31."""

_CLAUSE_ENDS = ",;。"


@dataclass(frozen=True)
class Option:
    """One day that a deadline may mean; `term` where it was counted from the day of finding."""

    on: date
    term: Term | None = None


@dataclass(frozen=True)
class Deadline:
    """One deadline of a text: its options, the chosen one first.

    `firm`: a date with 前, 底 and the like; `aside`: only a report is due then, or it is an exception.
    """

    options: tuple[Option, ...]
    firm: bool
    aside: bool


@dataclass
class Reading:
    """What the marks of a text come to.

    `whys` say why a deadline has several options, `notes` what is worth telling anyway, `dropped`
    why a day or length is no deadline. All are Chinese.
    """

    deadlines: list[Deadline] = field(default_factory=list)
    whys: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)


def unreadable(skeleton: str, marks: dict[int, Mark]) -> str:
    """Why a text cannot be read at all; "" where it can."""
    bad = next((mark.why for mark in marks.values() if mark.sign == BAD), "")
    return bad or next((c.reason for c in contexts.UNREADABLE if c.pattern.search(skeleton)), "")


def read(skeleton: str, marks: dict[int, Mark], found_on: date, workdays: Workdays) -> Reading:
    """Go through the marks in order. Raises Impossible, or ValueError outside the calendar."""
    reader = _Reader(skeleton, marks, found_on, Counter(workdays))
    for place, mark in marks.items():
        if mark.sign == DATE:
            reader.day(place, mark)
        elif mark.sign == LENGTH:
            reader.length(place, mark)
    return reader.reading


class _Reader:
    """`base` is the day from which a day without year or month is seen: that of finding, or the one before it."""

    def __init__(self, skeleton: str, marks: dict[int, Mark], found_on: date, counter: Counter) -> None:
        self._skeleton, self._found_on, self._counter = skeleton, found_on, counter
        self._reasons = _reasons(skeleton, marks)
        self._base = found_on
        self._range_from: date | None = None
        self.reading = Reading()

    def day(self, place: int, mark: Mark) -> None:
        before, after = self._skeleton[:place], self._skeleton[place + 1 :]
        reason = self._reasons.get(place, "")
        if not reason and not _fits(mark, before, after):
            if mark.weak and mark.year.given is not None:
                self._base = date(mark.year.given, 1, 1)
            return self._drop("不像整改时限")
        options, why = self._days(mark)
        if reason == contexts.RANGE:
            self._base = self._range_from = options[0]
            return None
        ends_range, self._range_from = self._range_from is not None, None
        if reason:
            if reason == contexts.BEGINS:
                self._base = options[0]
            return self._drop(reason)
        if mark.whole_year and mark.weak and options[0] < self._found_on and (before or after):
            return self._drop("早于发现日期，不像整改时限")
        self._base = options[0].replace(month=1, day=1) if mark.whole_year else options[0]
        found = [Option(day) for day in options]
        if ends_range:
            found, why = found[:1], ""
        elif mark.terms and not self.reading.deadlines:
            counted = self._counted(mark, self._found_on)
            found = counted + found if mark.inner or "限" in before[-8:] else found + counted
        elif mark.terms:
            why = ""
        firm = mark.ends or after[:1] in {"前", "之", "以", "止", ")"}
        self._add(tuple(found), why, before, after, firm=firm)
        self._note(mark, options[0], before, after)
        return None

    def length(self, place: int, mark: Mark) -> None:
        before, after = self._skeleton[:place], self._skeleton[place + 1 :]
        anchor = contexts.ANCHOR.search(before)
        reason = self._reasons.get(place, "")
        if not reason and not anchor and not _fits_length(mark, before, after):
            reason = "不像整改的期限"
        start, note = self._found_on, ""
        if anchor and not reason:
            start, note, reason = self._start(anchor["what"])
        if reason:
            return self._drop(reason)
        options = self._counted(mark, start)
        if start != self._found_on:
            options = [Option(option.on) for option in options]
        if mark.days is not None:
            options += [Option(day) for day in self._days(mark)[0]]
        self._add(tuple(options), mark.why, before, after, firm=False)
        self.reading.notes.extend([note] if note else [])
        self._note(mark, options[0].on, before, after)
        return None

    def _start(self, what: str) -> tuple[date, str, str]:
        """The day that a length counts from, a note on it, and why it is not known."""
        if DATE in what:
            return self._base, "", ""
        if not what or contexts.FROM_FOUND.search(what):
            return self._found_on, "", ""
        plain = "".join(char for char in what if char not in f"{LENGTH}{NOISE}{REVIEW}")
        told = re.match("[收接]", what) or not contexts.FROM_ELSEWHERE.search(what)
        if told and contexts.FROM_NOTICE.search(what):
            return self._found_on, f"文中从“{plain}”起算，这里从发现日期起算", ""
        return self._found_on, "", f"从“{plain}”起算，不知是哪一天"

    def _days(self, mark: Mark) -> tuple[tuple[date, ...], str]:
        """The days of a mark, its year found, and why there are several."""
        if mark.days is None:
            return (), ""
        if mark.year.given is not None:
            return mark.days(mark.year.given, self._base), mark.why
        year = self._base.year + mark.year.shift
        if not mark.year.rolls:
            return mark.days(year, self._base), mark.why
        floor = self._range_from or min(self._base, self._found_on)
        try:
            options = mark.days(year, self._base)
        except Impossible:
            options = mark.days(year + 1, self._base)
            if (options[0].month, options[0].day) != (2, 29) or options[0].replace(
                day=28, year=year
            ) >= floor:
                raise
            return options, mark.why
        if options[0] >= floor:
            return options, mark.why
        later = mark.days(year + 1, self._base)
        if self._range_from or (self._found_on - options[0]).days > PAST_DAYS:
            return later, mark.why
        past = f"没有写年份，而{chinese(options[0])}早于发现日期"
        return (*later, options[0]), mark.why or past

    def _counted(self, mark: Mark, start: date) -> list[Option]:
        return [Option(within(self._counter.last_day(start, term)), term) for term in mark.terms]

    def _add(self, options: tuple[Option, ...], why: str, before: str, after: str, *, firm: bool) -> None:
        aside = contexts.REPORTS.match(after) or contexts.EXCEPTION.search(before)
        self.reading.deadlines.append(Deadline(options, firm, bool(aside)))
        if why and len({option.on for option in options}) > 1:
            self.reading.whys.append(why)

    def _drop(self, reason: str) -> None:
        if reason not in {contexts.RANGE, contexts.EACH_TIME}:
            self.reading.dropped.append(reason)

    def _note(self, mark: Mark, day: date, before: str, after: str) -> None:
        if mark.weekday and "一二三四五六日".index(mark.weekday.replace("天", "日")) != day.weekday():
            self.reading.notes.append(f"{chinese(day)}不是星期{mark.weekday}")
        if contexts.ABOUT[0].search(before) or contexts.ABOUT[1].match(after):
            self.reading.notes.append("写的是大约的日子")
        if mark.short and not after and not before and day.day <= 12:
            self.reading.notes.append("只写了两个数，按月和日读")


def _reasons(skeleton: str, marks: dict[int, Mark]) -> dict[int, str]:
    """For each mark that is no deadline why not, by its place."""
    reasons: dict[int, str] = {}
    for context in contexts.CONTEXTS:
        for match in context.pattern.finditer(skeleton):
            for place in range(*match.span("x")):
                if place in marks:
                    reasons.setdefault(place, context.reason)
    for place, mark in marks.items():
        clause = re.split(f"[{_CLAUSE_ENDS}]", skeleton[:place])[-1]
        if mark.sign == DATE and mark.bare_day and REVIEW in clause and "并" not in clause:
            reasons.setdefault(place, contexts.EACH_TIME)
    return reasons


def _fits(mark: Mark, before: str, after: str) -> bool:
    """Whether a bare year, month or day, or 9.30, stands where a limit would."""
    if mark.short:
        return bool(contexts.FITS_SHORT[0].search(before) and contexts.FITS_SHORT[1].match(after))
    return not mark.weak or bool(contexts.FITS_BARE.match(after))


def _fits_length(mark: Mark, before: str, after: str) -> bool:
    """Whether a length of time is one within which something is to be done."""
    if mark.inner or contexts.FITS_LENGTH[0].search(before):
        return True
    if not contexts.FITS_LENGTH[1].match(after):
        return False
    stands_alone = not before or before[-1] in _CLAUSE_ENDS
    return stands_alone or after[:1] not in {"", ")", *_CLAUSE_ENDS}


def chinese(day: date) -> str:
    """A day as officials write it: 2023年9月30日."""
    return f"{day.year}年{day.month}月{day.day}日"
