"""The class and deadline of a row: what is told, and what keeps it out."""

from datetime import date

import pytest

from xiaohao import calendar_file, policy_file
from xiaohao.actions.import_limits import JudgedLimit, judge_limit
from xiaohao.rules.clock import Rules
from xiaohao.rules.time_limits import TimeLimit, read_time_limit
from xiaohao.rules.workdays import Workdays
from xiaohao.vocabulary import RectificationClass
from xiaohao.workbooks.lines import ProblemLine

FOUND = date(2026, 3, 2)
CLASSES = {word.label: word for word in RectificationClass}


@pytest.fixture(scope="module")
def rules() -> Rules:
    days = list(calendar_file.shipped_days())
    workdays = Workdays({day.on: day.working for day in days}, {day.on: day.name for day in days})
    return Rules(policy_file.parse(policy_file.shipped()), workdays)


class Said:
    """Collects what is told."""

    def __init__(self) -> None:
        self.severities: list[str] = []
        self.text = ""

    def error(self, column: str, value: str, message: str) -> None:
        self.severities.append("error")
        self.text += message
        assert column == "整改时限"
        assert value is not None

    def warn(self, _column: str, _value: str, message: str) -> None:
        self.severities.append("warning")
        self.text += message


def line(kind: str, limit: str, *, closed: bool = False) -> ProblemLine:
    return ProblemLine(
        "台账", 2, None, "1", "路灯不亮", "", "", None, "", "", "前孟村", (), None, FOUND, None,
        CLASSES.get(kind), limit, None, (), "", closed, None, "", "", "", "", None, (),
    )  # fmt: skip


def judge(rules: Rules, kind: str, limit: str, *, closed: bool = False) -> tuple[JudgedLimit | None, Said]:
    said = Said()

    def read(text: str, found_on: date) -> TimeLimit:
        return read_time_limit(text, found_on, rules.workdays)

    return judge_limit(line(kind, limit, closed=closed), FOUND, rules, read, said), said


@pytest.mark.parametrize(
    ("kind", "limit", "expected", "last_day", "severities"),
    [
        ("立行立改", "", "立行立改", "2026-03-05", []),  # the policy's three working days
        ("立行立改", "立行立改", "立行立改", "2026-03-05", []),
        ("立行立改", "立行立改，长期坚持", "立行立改", "2026-03-05", []),  # what lasts is no second class
        ("立行立改", "2026年3月6日", "立行立改", "2026-03-06", []),
        ("立行立改", "2026年底", "立行立改", "2026-12-31", ["warning"]),  # is that at once?
        ("立行立改", "尽快", "立行立改", "2026-03-05", ["warning"]),
        ("立行立改", "长期坚持", "立行立改", "2026-03-05", ["warning"]),
        ("限期整改", "15个工作日", "限期整改", "2026-03-23", []),
        ("限期整改", "2026年3月31日前", "限期整改", "2026-03-31", []),
        ("限期整改", "2026年3月29日前", "限期整改", "2026-03-29", ["warning"]),  # a Sunday stands
        ("限期整改", "2026年2月2日", "限期整改", "2026-02-02", ["warning"]),  # before it was found
        ("限期整改", "", None, None, ["error"]),
        ("限期整改", "尽快", None, None, ["error"]),
        ("限期整改", "长期坚持", None, None, ["error"]),
        ("限期整改", "2月30日", None, None, ["error"]),
        ("长期整改", "", "长期整改", None, []),
        ("长期整改", "长期坚持", "长期整改", None, []),
        ("长期整改", "2026年底前，并长期坚持", "长期整改", None, []),
        ("长期整改", "2026年3月24日", "长期整改", None, ["warning"]),
        ("长期整改", "立行立改", "长期整改", None, ["warning"]),
        ("", "2026年3月31日前", "限期整改", "2026-03-31", []),
        ("", "立行立改", "立行立改", "2026-03-05", []),
        ("", "持续推进", "长期整改", None, []),
        ("", "", None, None, ["error"]),
        ("", "尽快", None, None, ["error"]),
    ],
)
def test_class_and_limit(
    rules: Rules, kind: str, limit: str, expected: str | None, last_day: str | None, severities: list[str]
) -> None:
    judged, said = judge(rules, kind, limit)
    assert said.severities == severities, said.text
    assert (judged is None) == (expected is None)
    if judged is not None:
        assert judged.rectification_class.label == expected
        assert judged.last_day == (None if last_day is None else date.fromisoformat(last_day))


def test_a_term_is_given_as_a_term_and_a_date_as_a_date(rules: Rules) -> None:
    term, _ = judge(rules, "限期整改", "15个工作日")
    day, _ = judge(rules, "限期整改", "3月底前")
    assert term is not None
    assert (str(term.term), term.due_given) == ("15 workday", None)
    assert day is not None
    assert (day.term, day.due_given) == (None, date(2026, 3, 31))


def test_a_row_that_was_closed_needs_no_limit(rules: Rules) -> None:
    judged, said = judge(rules, "限期整改", "", closed=True)
    assert judged is not None
    assert (judged.last_day, said.severities) == (None, ["warning"])


def test_an_error_says_what_to_write(rules: Rules) -> None:
    _, said = judge(rules, "限期整改", "")
    assert "15个工作日" in said.text
