"""导入 of known rows: what a file changes of a problem that the ledger has, and what only an act may (DESIGN 4.8)."""

import json
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

from xiaohao.actions.import_limits import JudgedLimit
from xiaohao.actions.import_lines import CO_UNIT_COLUMN, FOUND_COLUMN, Placed
from xiaohao.ledger import problems
from xiaohao.ledger.new_problems import extra_json, title_key
from xiaohao.ledger.problems import Case, Change
from xiaohao.ledger.tables import CO_UNIT, MEASURE, PROGRESS
from xiaohao.rules import clock as clocks
from xiaohao.rules.clock import Acted, Rules
from xiaohao.vocabulary import RectificationClass, Status
from xiaohao.workbooks.cell_text import line_text
from xiaohao.workbooks.ledger_rows import extra_text
from xiaohao.workbooks.lines import MeasureLine
from xiaohao.workbooks.measures import read_measures, written_measures
from xiaohao.workbooks.reports import Report, read_reports, written_reports

Row = dict[str, Any]
_TEXTS = ("title", "description", "category", "place")
_WAITING_OR_CLOSED = (Status.APPLIED, Status.VERIFIED, Status.CLOSED)


def change_of(case: Case, placed: Placed, rules: Rules, *, on: date) -> Change | None:
    """What the line changes of the problem: text, measures and progress; None where nothing.

    An empty cell changes nothing, and nothing is deleted. New progress takes the problem up (22).
    """
    columns = _texts(case, placed)
    parts = {MEASURE.name: _measures(case, placed.line.measures), PROGRESS.name: _progress(case, placed, on)}
    parts = {name: rows for name, rows in parts.items() if rows}
    if not columns and not parts:
        return None
    acted: Acted | None = None
    if PROGRESS.name in parts and case.clock.status is Status.REGISTERED and on >= case.clock.registered_on:
        acted = case.acted(partial(clocks.take_up, on=on), rules, on=on)
        columns |= problems.columns_of(acted.clock)
    why = {"sheet": placed.line.sheet, "row": placed.line.row}
    return Change(case, case.row | columns, acted, parts, why)


def tell_acts(case: Case, placed: Placed, limit: JudgedLimit) -> None:
    """Warn of everything that differs and that only an act may change, naming the act."""
    line, say, number, clock = placed.line, placed.say, case.number, case.clock
    if clock.status is Status.CLOSED:
        return
    if placed.unit.id != case.row["unit_id"]:
        told = (
            f"与台账（{number}，{case.unit_name}）的责任单位不同，没有改动。要换单位请办理转办（reassign）。"
        )
        say.warn(line.unit_column, placed.unit.name, told)
    helping = {row["unit_id"] for row in case.of(CO_UNIT)}
    missing = [
        unit.name for unit in placed.co_units if unit.id not in helping and unit.id != case.row["unit_id"]
    ]
    if missing:
        told = (
            f"台账（{number}）的协办单位里没有{'、'.join(missing)}，没有改动。要补上请办理更正（correct）。"
        )
        say.warn(CO_UNIT_COLUMN, "、".join(missing), told)
    if line.found_on is not None and line.found_on != case.row["found_on"] and clock.round == 1:
        told = f"台账（{number}）的发现日期是 {case.row['found_on']}，没有改动。确实有误请作废（cancel）后重新登记。"
        say.warn(FOUND_COLUMN, str(line.found_on), told)
    if limit.rectification_class is not clock.rectification_class:
        told = (
            f"台账（{number}）的整改类型是{clock.rectification_class.label}，没有改为"
            f"{limit.rectification_class.label}。确需改变请办理变更整改类型。"
        )
        say.warn(line.class_column, limit.rectification_class.label, told)
    elif not _same_limit(case, placed, limit):
        told = f"台账（{number}）的整改时限是 {clock.due_on}，没有改动。确需改变请办理延期（extension）。"
        say.warn(line.limit_column, line.limit_text, told)
    if line.closed and clock.status not in _WAITING_OR_CLOSED:
        told = f"台账（{number}）还没有销号，没有改动。请办理申请销号（close apply），经复核后销号。"
        say.warn("是否销号", "是", told)


def _same_limit(case: Case, placed: Placed, limit: JudgedLimit) -> bool:
    """Whether the file gives no other limit than the ledger has or first had."""
    clock = case.clock
    long_term = limit.rectification_class is RectificationClass.LONG_TERM
    if long_term or clock.round > 1 or not placed.line.limit_text.strip():
        return True
    if limit.due_given is None and limit.term == clock.term and clock.due_given is None:
        return True
    return limit.last_day in (clock.original_due_on, clock.due_on)


def _texts(case: Case, placed: Placed) -> Row:
    line, row = placed.line, case.row
    given = {name: getattr(line, name) for name in _TEXTS}
    given |= {"source": line.source, "amount_fen": line.amount_fen}
    columns = {
        name: value
        for name, value in given.items()
        if value not in (None, "", row[name]) and not _says_the_same(value, row[name])
    }
    if "title" in columns:
        columns["title_key"] = title_key(line.title)
    before: dict[str, str] = json.loads(row["extra"]) if row["extra"] else {}
    new = {key: text for key, text in placed.extra.items() if text != extra_text(key, before.get(key, ""))}
    extra = extra_json(before | new)
    if extra != row["extra"]:
        columns["extra"] = extra
    return columns


def _measures(case: Case, lines: Sequence[MeasureLine]) -> list[Row]:
    """New and changed measures. A line is the measure of its text, else the one at its place, else new.

    A cell as the export writes it changes nothing, whatever the measures' texts hold.
    """
    written = written_measures(
        [MeasureLine(m["text"], m["due_on"], m["done_on"], m["owner"] or "") for m in case.of(MEASURE)]
    )
    if read_measures(written) == tuple(lines):
        return []
    free = {row["position"]: dict(row) for row in case.of(MEASURE)}
    texts = [title_key(line.text) for line in lines]
    own = [_taken(free, text) for text in texts]
    for place, found in enumerate(own, start=1):
        if found is None:
            own[place - 1] = free.pop(place, None)
    position = case.next_position(MEASURE)
    changed: list[Row] = []
    for line, before in zip(lines, own, strict=True):
        given: Row = {"text": line.text, "due_on": line.due_on, "done_on": line.done_on, "owner": line.owner}
        if before is None:
            whole = given | {"problem_id": case.id, "position": position, "owner": line.owner or None}
            changed.append(whole)
            position += 1
            continue
        new = before | {name: value for name, value in given.items() if value not in (None, "")}
        if new != before:
            changed.append(new)
    return changed


def _taken(free: dict[int, Row], text: str) -> Row | None:
    """The measure of that text, no longer free."""
    position = next((place for place, row in free.items() if title_key(row["text"]) == text), None)
    return None if position is None else free.pop(position)


def _progress(case: Case, placed: Placed, on: date) -> list[Row]:
    """The progress reports that the ledger does not have yet. They hold no review: nobody reported here."""
    if case.clock.status is Status.CLOSED:
        return []
    known = _known_reports(case)
    new = [each for each in read_reports(placed.line.progress) if title_key(each.text) not in known]
    return [
        {
            "problem_id": case.id,
            "position": position,
            "round": case.clock.round,
            "on": min(each.on or on, on),
            "by": None,
            "text": each.text,
            "lapsed_on": None,
        }
        for position, each in enumerate(new, start=case.next_position(PROGRESS))
    ]


def _known_reports(case: Case) -> set[str]:
    """The reports that the ledger has, as written and as a cell of our own table gives them back."""
    rows = case.of(PROGRESS)
    texts = [row["text"] for row in rows]
    cell = written_reports([Report(row["on"], row["text"]) for row in rows])
    read = [each.text for text in (*texts, cell) for each in read_reports(text)]
    return {title_key(text) for text in (*texts, *read)}


def _says_the_same(given: object, before: object) -> bool:
    """Whether a cell says what the ledger has: line breaks and what no cell can hold do not count."""
    return isinstance(given, str) and isinstance(before, str) and given == line_text(before)
