"""导入 of time limits: a row's class and deadline, judged by the grammar and the rules. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Protocol

from xiaohao.rules import deadlines
from xiaohao.rules.clock import Rules
from xiaohao.rules.counting import Term
from xiaohao.rules.time_limit_words import named_classes, normalise
from xiaohao.rules.time_limits import TimeLimit
from xiaohao.vocabulary import RectificationClass
from xiaohao.workbooks.lines import ProblemLine

FIRST_DAY = date(1991, 1, 1)
LAST_DAY = date(2078, 12, 31)
"""Days of finding and last days lie between these; the calendar needs room before and after."""
_FAR = timedelta(days=30)
"""An immediate problem whose date lies further from the day of finding is told."""
_WRITE = "请写明日期（如 2026年3月31日）或期限（如 15个工作日内）。"


class Say(Protocol):
    """Tells a fault of the row that is judged."""

    def error(self, column: str, value: str, message: str) -> None:
        """A fault that keeps the row out."""

    def warn(self, column: str, value: str, message: str) -> None:
        """A fault that a person should look at."""


@dataclass(frozen=True, slots=True)
class JudgedLimit:
    """The class and what was given of a deadline.

    `last_day` is what these amount to, inclusive; None for a long-term problem, and for one that
    was closed without a limit.
    """

    rectification_class: RectificationClass
    due_given: date | None = None
    term: Term | None = None
    review_every: Term | None = None
    last_day: date | None = None


def judge_limit(
    line: ProblemLine, found_on: date, rules: Rules, read: Callable[[str, date], TimeLimit], say: Say
) -> JudgedLimit | None:
    """The class and limit of a row that was found on `found_on`; None where an error keeps it out."""
    return _LimitJudge(line, found_on, rules, read, say).judge()


@lru_cache(maxsize=10_000)
def _classes(text: str) -> tuple[RectificationClass, ...]:
    return tuple(named_classes(normalise(text)))


class _LimitJudge:
    def __init__(
        self,
        line: ProblemLine,
        found_on: date,
        rules: Rules,
        read: Callable[[str, date], TimeLimit],
        say: Say,
    ) -> None:
        self._line, self._found_on, self._rules, self._say = line, found_on, rules, say
        self._text = line.limit_text.strip()
        worded = line.due_given is None and self._text
        self._reading = read(self._text, found_on) if worded else TimeLimit(self._text)
        self._classes = _classes(self._text) if worded else ()

    def judge(self) -> JudgedLimit | None:
        line, reading = self._line, self._reading
        if reading.fault:
            self._error(reading.message)
            return None
        kind = line.rectification_class or reading.rectification_class
        if kind is None and line.due_given is not None:
            kind = RectificationClass.TIME_LIMITED
        if kind is None:
            self._error(f"没有写整改类型，从整改时限也看不出来。{self._why_not()}")
            return None
        return self._long_term() if kind is RectificationClass.LONG_TERM else self._dated(kind)

    def _long_term(self) -> JudgedLimit:
        """A long-term problem has reviews and no last day."""
        given = self._line.due_given or self._reading.due_on
        lasting = RectificationClass.LONG_TERM in self._classes
        if given is not None and not lasting:
            self._warn(
                f"整改类型是长期整改，却写了时限“{self._text}”。长期整改定期复查，这个日期没有作为整改时限；"
                "要按期完成，请把类型改为限期整改。"
            )
        elif self._classes and not lasting:
            self._warn(f"整改类型是长期整改，整改时限却写“{self._text}”，按长期整改处理，请核对。")
        kind = RectificationClass.LONG_TERM
        return JudgedLimit(kind, review_every=self._reading.review_every)

    def _dated(self, kind: RectificationClass) -> JudgedLimit | None:
        reading, policy = self._reading, self._rules.policy
        term = None if self._line.due_given else reading.term
        due = self._line.due_given or (None if term else reading.due_on)
        if due is None and term is None and policy.of(kind).term is None:
            return self._without_limit(kind)
        last_day = due or self._counted(kind, term)
        if last_day is None or not FIRST_DAY <= last_day <= LAST_DAY:
            self._error(f"整改时限超出日历范围（{FIRST_DAY.year}年至{LAST_DAY.year}年）。请改成正确的日期。")
            return None
        self._tell_reading(kind, due or term)
        self._tell_day(kind, due, last_day)
        return JudgedLimit(kind, due, term, last_day=last_day)

    def _without_limit(self, kind: RectificationClass) -> JudgedLimit | None:
        """No date and no term where the class needs one: let through only if it is closed already."""
        if self._line.closed:
            self._warn(f"{kind.label}没有写明整改时限，因已销号仍按历史记录登记。")
            return JudgedLimit(kind)
        self._error(f"{kind.label}要写明整改时限。{self._why_not()}")
        return None

    def _why_not(self) -> str:
        return self._reading.message if self._text and self._reading.message else _WRITE

    def _counted(self, kind: RectificationClass, term: Term | None) -> date | None:
        limit = deadlines.Limit(kind, self._found_on, self._found_on, term=term)
        try:
            return deadlines.original_last_day(limit, self._rules.policy, self._rules.workdays)
        except ValueError:
            return None

    def _tell_reading(self, kind: RectificationClass, given: date | Term | None) -> None:
        reading, by_policy = self._reading, self._rules.policy.of(kind).term
        if given is not None:
            if reading.message:
                self._warn(reading.message)
            return
        assert by_policy is not None
        told = f"现按{kind.label}的期限{by_policy.label}计算。"
        if self._classes and kind not in self._classes:
            self._warn(f"整改类型是{kind.label}，整改时限却写“{self._text}”。{told}")
        elif reading.message and (len(self._classes) < 2 or self._line.rectification_class is None):
            self._warn(f"{reading.message}{told}" if self._text else told)

    def _tell_day(self, kind: RectificationClass, due: date | None, last_day: date) -> None:
        workdays = self._rules.workdays
        if due is not None and due < self._found_on:
            self._warn(f"整改时限 {due} 早于发现日期 {self._found_on}，仍按所写登记，请核对。")
        elif due is not None and not workdays.is_working(due) and not self._line.closed:
            self._warn(f"整改时限 {due} 不是工作日（{workdays.why(due)}），仍按所写登记，请核对。")
        if kind is RectificationClass.IMMEDIATE and last_day - self._found_on > _FAR:
            self._warn(f"整改类型是立行立改，时限却到 {last_day}。按所写登记，请核对类型和时限。")

    def _error(self, message: str) -> None:
        self._say.error(self._line.limit_column, self._text, message)

    def _warn(self, message: str) -> None:
        self._say.warn(self._line.limit_column, self._text, message)
