"""The timelines of `cases("timelines")` as values: policies, calendars, acts and what is to be seen."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

from cases_folder import cases
from chinese_calendar import get_workdays

from xiaohao.rules.counting import Term
from xiaohao.rules.policy import ClassPolicy, Policy
from xiaohao.rules.workdays import Workdays
from xiaohao.vocabulary import RectificationClass, TermUnit

STATUTORY_2027 = [
    "2027-01-01",
    "2027-02-05",
    "2027-02-06",
    "2027-02-07",
    "2027-02-08",
    "2027-04-05",
    "2027-05-01",
    "2027-05-02",
    "2027-06-09",
    "2027-09-15",
    "2027-10-01",
    "2027-10-02",
    "2027-10-03",
]


@cache
def whole() -> dict[str, Any]:
    """The file as it stands."""
    return json.loads((cases("timelines") / "cases.json").read_text(encoding="utf-8"))


def of_kind(kind: str) -> list[dict[str, Any]]:
    """All cases of one kind."""
    return [case for case in whole()["cases"] if case["kind"] == kind]


def day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def term(pair: list[Any] | None) -> Term | None:
    return None if pair is None else Term(pair[0], TermUnit(pair[1]))


@cache
def policy(name: str) -> Policy:
    """A policy of the file."""
    body = whole()["policies"][name]
    classes = {word: _class_policy(body[word.value]) for word in RectificationClass}
    return Policy(
        classes,
        take_up_second=Term(body["take_up_second"], TermUnit.WORKDAY),
        verify_remind=Term(body["verify_wait"], TermUnit.WORKDAY),
    )


def _class_policy(body: dict[str, Any]) -> ClassPolicy:
    take_up = body.get("take_up")
    return ClassPolicy(
        term=term(body.get("term")),
        warn=tuple(Term(n, TermUnit(unit)) for n, unit in body["warn"]),
        levels=tuple(Term(n, TermUnit(unit)) for n, unit in body["levels"]),
        repeat=term(body["repeat"]),
        take_up=None if take_up is None else Term(take_up, TermUnit.WORKDAY),
        review=term(body.get("review")),
    )


@cache
def base_exceptions() -> Mapping[date, bool]:
    """The days of 2004 to 2027 that are not what their weekday says, by chinesecalendar; 2027 unannounced."""
    first, last = date(2004, 1, 1), date(2026, 12, 31)
    worked = set(get_workdays(first, last))
    days = (first + timedelta(n) for n in range((last - first).days + 1))
    odd = {on: on in worked for on in days if (on in worked) != (on.weekday() < 5)}
    statutory = map(date.fromisoformat, STATUTORY_2027)
    return odd | {on: False for on in statutory if on.weekday() < 5}


@cache
def base_workdays() -> Workdays:
    return Workdays(base_exceptions())


def with_notice(workdays: Workdays, days: dict[str, bool]) -> Workdays:
    """The next version of the calendar: `workdays` with an announced year's days."""
    told = {date.fromisoformat(text): working for text, working in days.items()}
    merged = {**workdays.exceptions, **told}
    return Workdays(merged, version=workdays.version + 1)


def nights(case: dict[str, Any]) -> list[date]:
    """The business dates on which a night ran."""
    ran: list[date] = []
    for span in case["nights"]:
        first, last = date.fromisoformat(span["from"]), date.fromisoformat(span["until"])
        missed = set(span["missed"])
        ran += [
            on
            for on in (first + timedelta(n) for n in range((last - first).days + 1))
            if on.isoformat() not in missed
        ]
    return ran
