"""New problems: their rows, numbers and first clocks, many at once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from xiaohao.ledger import problems
from xiaohao.ledger.problems import Change
from xiaohao.ledger.tables import CLOSING, CO_UNIT, MEASURE, PROGRESS
from xiaohao.ledger.writing import Writing
from xiaohao.rules import clock as clocks
from xiaohao.rules.clock import Clock
from xiaohao.rules.counting import Term
from xiaohao.vocabulary import (
    ClosingKind,
    ClosingOutcome,
    Entered,
    RectificationClass,
    Source,
    Status,
)


@dataclass(frozen=True)
class NewMeasure:
    """A measure of a new problem."""

    text: str
    due_on: date | None = None
    done_on: date | None = None
    owner: str = ""


@dataclass(frozen=True)
class NewReport:
    """A progress report of a new problem; without a day it is of the day of registration."""

    text: str
    on: date | None = None


@dataclass(frozen=True)
class NewProblem:
    """A problem as it comes in; everything else follows from it.

    `closed_on` is set for a row that was closed before it was first imported (historic).
    """

    entered: Entered
    title: str
    unit_id: int
    register_unit_id: int
    rectification_class: RectificationClass
    found_on: date
    external_number: str | None = None
    description: str = ""
    category: str = ""
    source: Source | None = None
    place: str = ""
    found_by_unit_id: int | None = None
    limit_text: str = ""
    due_given: date | None = None
    term: Term | None = None
    review_every: Term | None = None
    co_unit_ids: tuple[int, ...] = ()
    measures: tuple[NewMeasure, ...] = ()
    reports: tuple[NewReport, ...] = ()
    amount_fen: int | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    closed_on: date | None = None


def title_key(title: str) -> str:
    """A title without white space: part of a row's identity (DESIGN 4.8)."""
    return "".join(title.split())


def register_all(w: Writing, new: Sequence[NewProblem]) -> list[Any]:
    """Write new problems as of `w.on`, in the order given; their rows with ids and numbers.

    Their clocks go by the newest policy and calendar. One trail entry each.
    """
    if not new:
        return []
    rules = w.current_rules()
    ids = w.new_ids("problem", len(new))
    numbers = problems.new_numbers(w, [each.found_on.year for each in new])
    rows: list[dict[str, Any]] = []
    changes: list[Change] = []
    begun: dict[Clock, Clock] = {}
    for problem_id, number, each in zip(ids, numbers, new, strict=True):
        start = _start(each, w.on, rules)
        if start not in begun:
            begun[start] = clocks.begin(start, each.entered, rules)
        clock = begun[start] if each.closed_on is None else clocks.close(begun[start])
        row = _row(problem_id, number, each) | problems.columns_of(clock)
        rows.append(row)
        changes.append(Change(None, row, parts=_parts(each, clock, w.on)))
    problems.write(w, changes)
    return rows


def _start(each: NewProblem, on: date, rules: clocks.Rules) -> Clock:
    imported = each.entered is Entered.IMPORT
    return Clock(
        each.rectification_class,
        Status.RECTIFYING if imported else Status.REGISTERED,
        started_on=each.found_on,
        registered_on=on,
        due_given=each.due_given,
        term=each.term,
        review_every=each.review_every,
        policy_id=rules.policy.id,
        calendar_version=rules.workdays.version,
    )


def _row(problem_id: int, number: str, each: NewProblem) -> dict[str, Any]:
    return {
        "id": problem_id,
        "number": number,
        "external_number": each.external_number,
        "register_unit_id": each.register_unit_id,
        "entered": each.entered,
        "title": each.title,
        "title_key": title_key(each.title),
        "description": each.description or None,
        "category": each.category or None,
        "source": each.source,
        "place": each.place or None,
        "unit_id": each.unit_id,
        "found_by_unit_id": each.found_by_unit_id,
        "found_on": each.found_on,
        "limit_text": each.limit_text or None,
        "amount_fen": each.amount_fen,
        "extra": extra_json(each.extra),
        "cancelled_on": None,
        "cancel_reason": None,
        "merged_into_id": None,
        "version": 0,
    }


def extra_json(extra: Mapping[str, str]) -> str | None:
    """Columns without a home, as canonical JSON; None for none."""
    if not extra:
        return None
    return json.dumps(dict(extra), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _parts(each: NewProblem, clock: Clock, on: date) -> Mapping[str, Sequence[dict[str, Any]]]:
    parts: dict[str, Sequence[dict[str, Any]]] = {
        MEASURE.name: [
            {
                "position": place,
                "text": measure.text,
                "due_on": measure.due_on,
                "done_on": measure.done_on,
                "owner": measure.owner or None,
            }
            for place, measure in enumerate(each.measures, start=1)
        ],
        CO_UNIT.name: [
            {"position": place, "unit_id": unit_id} for place, unit_id in enumerate(each.co_unit_ids, start=1)
        ],
    }
    if each.reports:
        parts[PROGRESS.name] = [
            {
                "position": place,
                "round": 1,
                "on": min(report.on or on, on),
                "by": None,
                "text": report.text,
                "lapsed_on": None,
            }
            for place, report in enumerate(each.reports, start=1)
        ]
    if each.closed_on is not None:
        parts[CLOSING.name] = [_historic(each.closed_on, clock)]
    return parts


def _historic(closed_on: date, clock: Clock) -> dict[str, Any]:
    empty = dict.fromkeys(column.name for column in CLOSING.columns if column.name != "problem_id")
    return empty | {
        "position": 1,
        "round": clock.round,
        "kind": ClosingKind.HISTORIC,
        "outcome": ClosingOutcome.CLOSED,
        "closed_on": closed_on,
        "highest_level": 0,
    }
