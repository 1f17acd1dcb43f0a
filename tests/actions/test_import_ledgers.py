"""Ledgers as offices keep them, through the whole import: each expectation beside a file is held against it."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cases_folder import cases

from xiaohao.actions import set_up
from xiaohao.actions.import_workbook import FileAnswer, ImportAnswer, import_files
from xiaohao.ledger import trail
from xiaohao.ledger.tables import CO_UNIT, MEASURE, PROBLEM, UNIT
from xiaohao.ledger.writing import Ledger

EXAMPLE = Path(__file__).parents[2] / "examples" / "hualong-2023.xlsx"
UNITS = "_units.csv"
OWN_LEDGERS = Path(__file__).parents[1] / "data" / "ledgers"
ON = date(2026, 11, 24)


def expectations() -> list[Path]:
    folder = cases("ledgers")
    if not (folder / UNITS).exists():
        return []
    return sorted(
        path for path in folder.glob("*.expect.json") if path.with_suffix("").with_suffix("").exists()
    )


@pytest.fixture
def ledger(engine: sa.Engine) -> Ledger:
    set_up.set_up(Ledger(engine))
    return Ledger(engine)


def bring(ledger: Ledger, *paths: Path, on: date = ON, accept_good: bool = False) -> ImportAnswer:
    return import_files(ledger, paths, on=on, accept_good=accept_good)


def head(ledger: Ledger) -> trail.Head:
    with ledger.reading() as r:
        return trail.head(r.conn)


def registered(ledger: Ledger) -> list[dict[str, Any]]:
    """Every problem, in the words of an expectation."""
    with ledger.reading() as r:
        names = {row.id: row.name for row in r.conn.execute(sa.select(UNIT.c.id, UNIT.c.name))}
        helping = r.conn.execute(sa.select(CO_UNIT.c.problem_id, CO_UNIT.c.unit_id)).all()
        measures = Counter(r.conn.execute(sa.select(MEASURE.c.problem_id)).scalars())
        return [
            {
                "title": row.title,
                "number": row.external_number,
                "class": row.rectification_class.value,
                "unit": names[row.unit_id],
                "co_units": sorted(names[unit] for problem, unit in helping if problem == row.id),
                "found_on": row.found_on.isoformat(),
                "due_on": None if row.due_on is None else row.due_on.isoformat(),
                "measures_count": measures[row.id],
                "source": None if row.source is None else row.source.label,
                "closed": row.status.value == "closed",
            }
            for row in r.conn.execute(sa.select(PROBLEM).order_by(PROBLEM.c.id))
        ]


def packed(text: str) -> str:
    return "".join(text.split())


def judged(wanted: dict[str, Any], rows: Sequence[dict[str, Any]]) -> list[str]:
    """What is wrong with the problem that an expectation describes; the least wrong of those of its title."""
    same = [row for row in rows if packed(row["title"]) == packed(wanted["title"])]
    if not same:
        return [f"{wanted['title']}: not registered"]
    return min((differences(wanted, row) for row in same), key=len)


def differences(wanted: dict[str, Any], row: dict[str, Any]) -> list[str]:
    wrong = []
    for field in ("class", "unit", "co_units", "found_on", "due_on", "measures_count", "source", "closed"):
        right = wanted.get(f"{field}_any_of") or ([wanted[field]] if field in wanted else [])
        if field == "co_units":
            right = [sorted(names) for names in right]
        if right and row[field] not in right:
            wrong.append(f"{wanted['title']}: {field} is {row[field]}, not {right}")
    return wrong


def missing_reports(expected: dict[str, Any], answer: FileAnswer) -> list[str]:
    """The rows that had to be reported and were not."""
    told = {(fault.row, fault.severity) for fault in answer.faults}
    return [
        f"row {bad['row']} ({bad['why']})"
        for bad in expected["bad_rows"]
        if (bad["row"], "error") not in told
        and (bad["severity"] == "error" or (bad["row"], "warning") not in told)
    ]


@pytest.mark.parametrize("path", expectations(), ids=lambda path: path.name.split(".")[0])
def test_a_ledger_goes_in_as_a_careful_colleague_would_register_it(ledger: Ledger, path: Path) -> None:
    expected = json.loads(path.read_text("utf-8"))
    file = path.parent / expected["file"]
    bring(ledger, path.parent / UNITS)
    before = head(ledger)
    answer = bring(ledger, file)
    faults = answer.files[0].faults
    if answer.has_errors:
        assert not answer.written
        assert head(ledger) == before
        assert registered(ledger) == []
    whole_refused = any(fault.severity == "error" and fault.row is None for fault in faults)
    if expected["expect"] == "refuse" or (expected.get("also_defensible") == "refuse" and whole_refused):
        assert answer.has_errors
        return
    assert expected["expect"] == "accept_with_errors" or answer.written, faults
    if not answer.written:
        answer = bring(ledger, file, accept_good=True)
    rows = registered(ledger)
    left_out = [
        w
        for w in expected["all"]
        if w.get("may_be_kept_out") and "not registered" in "".join(judged(w, rows))
    ]
    assert [
        wrong for wanted in expected["all"] if wanted not in left_out for wrong in judged(wanted, rows)
    ] == []
    assert missing_reports(expected, answer.files[0]) == []
    assert len(rows) == expected["problems"] - len(left_out)
    if not left_out:
        assert Counter(row["class"] for row in rows) == expected["by_class"]
        several = [w["title"] for w in expected["all"] if "unit_any_of" in w]
        counted = Counter(row["unit"] for row in rows if row["title"] not in several)
        assert counted == expected["by_unit"]


def test_the_example_ledger_goes_into_an_empty_database_in_one_command(ledger: Ledger) -> None:
    """Ledger sheets, units and people stand in one file, the units last."""
    answer = bring(ledger, EXAMPLE, on=date(2023, 9, 28))
    assert (answer.written, answer.has_errors, answer.files[0].new) == (True, False, 154)
    before = head(ledger)
    again = bring(ledger, EXAMPLE, on=date(2023, 10, 9))
    assert (again.written, again.files[0].new, again.files[0].updated) == (False, 0, 0)
    assert again.files[0].unchanged == 154
    assert head(ledger) == before


def test_units_and_problems_may_come_in_any_order_of_files(ledger: Ledger) -> None:
    folder = OWN_LEDGERS
    answer = bring(ledger, folder / "01-mengke-sections.xlsx", folder / UNITS)
    assert [file.new for file in answer.files] == [30, 62]
    by_class = Counter(row["class"] for row in registered(ledger))
    assert by_class == {"immediate": 12, "time_limited": 10, "long_term": 8}
