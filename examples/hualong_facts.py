"""What the folder hualong/ says: units, people, and for each ledger sheet its look and its rows."""

import csv
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

FACTS = Path(__file__).with_name("hualong")

TOWN_POSTS = ("党支部书记", "分管领导", "经办人")
POSTS = {"区": ("督查员",), "街道": TOWN_POSTS, "乡镇": TOWN_POSTS, "部门": TOWN_POSTS[:2]}
OTHER_POSTS = ("党支部书记",)

Value = str | int | date | None
Fact = dict[str, str]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the label above its heading (or ""), the heading, the fact it shows, its width in characters."""

    group: str
    heading: str
    fact: str
    width: int


@dataclass(frozen=True, slots=True)
class Person:
    """One holder of a post. There are no real names: a person is called by unit and post."""

    unit: str
    role: str
    mobile: str
    since: str
    code: str

    @property
    def name(self) -> str:
        return self.unit + self.role


@dataclass(frozen=True, slots=True)
class District:
    """The units in the order of the file (name → kind), their parents, and the people by name."""

    kinds: Mapping[str, str]
    parents: Mapping[str, str]
    people: Mapping[str, Person]

    def owner(self, unit: str) -> Person:
        """Who answers for a unit's rows: its secretary, of a department its leader; its clerk where that is vacant."""
        first = "分管领导" if self.kinds[unit] == "部门" else "党支部书记"
        return self.people.get(unit + first) or self.people[unit + "经办人"]


@dataclass(frozen=True, slots=True)
class Layout:
    """How one ledger sheet looks: a [[sheet]] of hualong/sheets.toml."""

    name: str
    facts: str
    title: str
    filed_by: str
    filed_on: str
    columns: tuple[Column, ...]
    sections: bool = False
    merged: tuple[str, ...] = ()
    numbering: str = "circled"
    date_format: str = "yyyy-mm-dd"
    phone_as_number: bool = False
    total: Mapping[str, str] = field(default_factory=dict)
    signature: str = ""

    @property
    def head_rows(self) -> int:
        return 2 if any(column.group for column in self.columns) else 1

    def place(self, fact: str) -> int:
        """The number of the column (from 1) that shows a fact."""
        return next(number for number, column in enumerate(self.columns, 1) if column.fact == fact)


def read_plan() -> dict[str, Any]:
    """The whole of sheets.toml."""
    return tomllib.loads((FACTS / "sheets.toml").read_text(encoding="utf-8"))


def read_facts(name: str) -> list[Fact]:
    """The rows of one CSV file of the folder."""
    with (FACTS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def read_layout(form: dict[str, Any]) -> Layout:
    """One [[sheet]] of sheets.toml; a heading such as 整改情况/进展 has a label above it."""
    columns = []
    for heading, fact, width in form["columns"]:
        group, _, label = heading.rpartition("/")
        columns.append(Column(group, label, fact, width))
    return Layout(**(form | {"columns": tuple(columns)}))


def read_district(plan: dict[str, Any]) -> District:
    """The units of units.csv, and for each the posts of its kind but those that are vacant on purpose."""
    rows = read_facts("units.csv")
    kinds = {row["单位名称"]: row["单位类型"] for row in rows}
    since = plan["since"]
    people: dict[str, Person] = {}
    for unit, kind in kinds.items():
        for role in (*POSTS.get(kind, OTHER_POSTS), *(["经办人"] if unit in plan["clerks"] else [])):
            count = len(people)
            if unit + role not in plan["vacant"]:
                mobile, code = str(plan["first_mobile"] + count), f"HL{count + 1:04d}"
                people[unit + role] = Person(unit, role, mobile, since[count % len(since)], code)
    return District(kinds, {row["单位名称"]: row["上级单位"] for row in rows}, people)


def cell_value(text: str) -> Value:
    """What goes into a cell: nothing for "", a real date for 2023-09-28, else the text as it stands."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return date.fromisoformat(text)
    return text or None
