"""Ledgers as offices keep them, each held against what a careful human would register from it.

Deadlines, known units and identities are judged where the ledger is at hand (the import's own tests).
"""

import json
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cases_folder import cases

from xiaohao.errors import Unreadable
from xiaohao.workbooks.lines import ProblemLine, Reading
from xiaohao.workbooks.reader import read

FOLDER = cases("ledgers")
EXPECTATIONS = {path: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.expect.json"))}
READABLE = {path: one for path, one in EXPECTATIONS.items() if one["expect"] != "refuse"}


@cache
def reading_of(path: Path) -> Reading:
    return read(FOLDER / EXPECTATIONS[path]["file"])


def bare(text: object) -> str:
    return "".join(str(text or "").split())


def number_of(line: ProblemLine) -> str:
    """编号, else 序号 as a number: `1.` and `３` are 1 and 3."""
    return line.external_number or unicodedata.normalize("NFKC", line.serial).rstrip(".、")


def values_of(line: ProblemLine) -> dict[str, object]:
    """The line in the words of the expectations."""
    return {
        "title": bare(line.title),
        "number": number_of(line),
        "class": line.rectification_class,
        "unit": bare(line.unit_name),
        "co_units": [bare(name) for name in line.co_unit_names],
        "found_on": line.found_on and line.found_on.isoformat(),
        "measures_count": len(line.measures),
        "closed": line.closed,
        "phone": line.owner_phone or None,
        "source": line.source.label if line.source else line.source_text,
    }


def problem_of(path: Path, wanted: dict[str, Any]) -> ProblemLine | None:
    """The line at the row of an expected problem."""
    lines = [line for line in reading_of(path).problems if line.row == wanted["row"]]
    return next((line for line in lines if "sheet" not in wanted or line.sheet == wanted["sheet"]), None)


def named(path: Path) -> str:
    return path.name.removesuffix(".expect.json")


def each(key: str) -> list[Any]:
    return [
        pytest.param(path, item, id=f"{named(path)}-{item.get('row', item.get('field', ''))}-{n}")
        for path, one in READABLE.items()
        for n, item in enumerate(one[key])
    ]


@pytest.mark.parametrize("path", [pytest.param(path, id=named(path)) for path in READABLE])
def test_exactly_the_problems_of_the_ledger_are_found(path: Path) -> None:
    """What is not expected is a row to be reported; no other row may appear."""
    expected = {(one.get("sheet"), one["row"]) for one in EXPECTATIONS[path]["all"]}
    reported = {one["row"] for one in EXPECTATIONS[path]["bad_rows"]}
    with_sheet = any(sheet for sheet, _ in expected)
    found = {
        (line.sheet if with_sheet else None, line.row)
        for line in reading_of(path).problems
        if (line.sheet if with_sheet else None, line.row) in expected or line.row not in reported
    }
    assert found == expected


@pytest.mark.parametrize(("path", "wanted"), each("all"))
def test_a_problem_reads_as_a_careful_human_reads_it(path: Path, wanted: dict[str, Any]) -> None:
    """A class that only the limit gives is left to the limit's grammar (None)."""
    line = problem_of(path, wanted)
    assert line is not None
    found = values_of(line)
    for field, value in wanted.items():
        allowed = wanted.get(f"{field}_any_of", [value])
        if field == "class" and line.rectification_class is None:
            continue
        if field == "due_on":
            if line.due_given is not None:
                assert line.due_given.isoformat() in allowed
        elif field in found:
            assert found[field] in [bare(v) if field in ("title", "unit") else v for v in allowed], field


@pytest.mark.parametrize(("path", "check"), each("checks"))
def test_a_hand_judged_fact_holds(path: Path, check: dict[str, Any]) -> None:
    wanted = bare(check["title_contains"])
    [line] = [line for line in reading_of(path).problems if wanted in bare(line.title)]
    field, allowed = check["field"], check.get("any_of", [check["value"]])
    found = values_of(line)
    if field == "due_on" or (field == "class" and line.rectification_class is None):
        assert line.due_given is None or line.due_given.isoformat() in allowed
    elif field == "title_equals":
        assert bare(line.title) in [bare(text) for text in allowed]
    elif field == "title_starts_with":
        assert any(bare(line.title).startswith(bare(text)) for text in allowed)
    elif field == "title_contains":
        assert any(bare(text) in bare(line.title) for text in allowed)
    elif field in ("phone", "number") and allowed == [None]:
        assert found[field] is None
    else:
        assert found[field] in allowed


@pytest.mark.parametrize(("path", "bad"), each("bad_rows"))
def test_a_bad_row_is_told_or_left_to_the_import(path: Path, bad: dict[str, Any]) -> None:
    """What the sheet alone shows is told with its column; the rest still stands for the import to judge."""
    reading = reading_of(path)
    told = [fault for fault in reading.faults if fault.row == bad["row"]]
    stands = [line for line in reading.problems if line.row == bad["row"]]
    if told:
        assert bad["column"] in {fault.column for fault in told}
        if bad["severity"] == "error":
            assert not stands
    else:
        assert stands


@pytest.mark.parametrize(("path", "struck"), [
    pytest.param(path, one, id=f"{named(path)}-{one['row']}")
    for path, expected in READABLE.items()
    for one in expected.get("cancelled_rows", [])
])  # fmt: skip
def test_a_struck_row_is_left_out_and_told(path: Path, struck: dict[str, Any]) -> None:
    reading = reading_of(path)
    assert struck["row"] not in {line.row for line in reading.problems}
    assert ("warning", struck["row"]) in {(fault.severity, fault.row) for fault in reading.faults}


@pytest.mark.parametrize("path", [
    pytest.param(path, id=named(path))
    for path, one in READABLE.items() if one["expect"] == "accept"
])  # fmt: skip
def test_a_clean_ledger_has_no_error(path: Path) -> None:
    assert [fault for fault in reading_of(path).faults if fault.severity == "error"] == []


@pytest.mark.parametrize("path", [
    pytest.param(path, id=named(path)) for path, one in READABLE.items() if "measures_total" in one
])  # fmt: skip
def test_all_measures_are_counted(path: Path) -> None:
    total = sum(len(line.measures) for line in reading_of(path).problems)
    assert total == EXPECTATIONS[path]["measures_total"]


@pytest.mark.parametrize("path", [
    pytest.param(path, id=named(path)) for path, one in READABLE.items() if "people_sheet" in one
])  # fmt: skip
def test_the_people_of_a_ledger_are_read(path: Path) -> None:
    people = EXPECTATIONS[path]["people_sheet"]
    lines = [line for line in reading_of(path).people if line.sheet == people["sheet"]]
    phones = {line.name: line.mobile for line in lines}
    assert len(lines) == people["posts"]
    for key, value in people.items():
        if key.startswith("phone_of_"):
            assert phones[key.removeprefix("phone_of_")] == value


@pytest.mark.parametrize("path", [
    pytest.param(path, id=named(path)) for path, one in EXPECTATIONS.items() if path not in READABLE
])  # fmt: skip
def test_what_cannot_be_read_is_refused_in_one_sentence(path: Path) -> None:
    with pytest.raises(Unreadable) as refusal:
        read(FOLDER / EXPECTATIONS[path]["file"])
    assert refusal.value.message.endswith("。")
    assert "Error" not in refusal.value.message


def test_the_units_that_the_ledgers_name_are_read() -> None:
    file = FOLDER / "_units.csv"
    if not file.exists():
        pytest.skip("the folder has no list of units")
    reading = read(file)
    assert reading.faults == ()
    assert len(reading.units) == len(file.read_text("utf-8-sig").strip().splitlines()) - 1
    names = {unit.name for unit in reading.units}
    assert {unit.parent_name for unit in reading.units} <= {*names, None}
