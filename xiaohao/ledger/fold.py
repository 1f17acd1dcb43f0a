"""The fold of the trail: what the rows of the ledger are, by its entries alone (I11). Pure; no database.

Covered: problem with its parts, firing (but for its own number, run, official and notice), unit, official
(but for the ways to reach him), post, holding, deputy, policy, calendar and workday. DESIGN section 6.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from xiaohao.ledger.tables import (
    CALENDAR,
    DEPUTY,
    FIRING,
    HOLDING,
    OFFICIAL,
    PARTS,
    POLICY,
    POST,
    PROBLEM,
    UNIT,
    WORKDAY,
)

Row = dict[str, Any]
PLAIN = (UNIT, OFFICIAL, POST, HOLDING, DEPUTY, POLICY)
"""Tables whose row an entry carries under the table's own name, known by its id."""
NOT_FOLDED: Mapping[str, frozenset[str]] = {
    FIRING.name: frozenset({"id", "run_id", "official_id", "notice_id"}),
    OFFICIAL.name: frozenset({"mobile", "email"}),
}
"""Columns that the trail does not carry, by table."""
UNSAID: Mapping[str, Row] = {OFFICIAL.name: {"active": True}}
"""What a column is that no entry set, where the schema does not say."""
ORDER = (POLICY, CALENDAR, WORKDAY, UNIT, OFFICIAL, POST, HOLDING, DEPUTY, PROBLEM, *PARTS, FIRING)
"""The tables of the fold, each after those that its rows refer to."""
STEP_KEY = ("clock_on", "step", "level", "repeat")


@dataclass(frozen=True, order=True)
class Telling:
    """On which business date a problem was told, and to whom (code): stands for the notice."""

    on: str
    official: str


@dataclass
class Step:
    """A recorded step. `telling` is what spoke for it, `highest` whether it was the one told."""

    row: Row
    telling: Telling | None = None
    highest: bool = False

    @property
    def standing(self) -> bool:
        return self.row["withdrawn_on"] is None

    @property
    def untold(self) -> bool:
        return self.standing and self.telling is None and not self.row["quiet"]

    def is_(self, round_: int, key: Sequence[Any]) -> bool:
        return self.row["round"] == round_ and [self.row[name] for name in STEP_KEY] == list(key)


@dataclass
class Fold:
    """The rows that the entries given so far make. Values are as a detail holds them: dates are ISO text."""

    _rows: dict[str, dict[tuple[Any, ...], Row]] = field(default_factory=lambda: defaultdict(dict))
    _steps: dict[int, list[Step]] = field(default_factory=lambda: defaultdict(list))

    def add(self, subject: str, version: int, detail: Mapping[str, Any]) -> None:
        """Fold in one entry; entries come in the order of `seq`.

        Raises KeyError or ValueError where it is no entry of this form.
        """
        kind, _, key = subject.partition(":")
        if kind == "problem":
            self._problem(int(key), version, detail)
        for table in PLAIN:
            if table.name in detail:
                row = detail[table.name]
                self._set(table, (row["id"],), row)
        if "calendar" in detail:
            self._calendar(detail["calendar"])

    def rows(self, table: sa.Table) -> Iterator[Row]:
        """The rows of a table, whole: a column that no entry set has its default."""
        columns = folded_columns(table)
        defaults = {name: _default(table.c[name]) for name in columns} | UNSAID.get(table.name, {})
        if table is FIRING:
            yield from (defaults | step.row for step in self.steps())
            return
        found = self._rows[table.name]
        for key in sorted(found):
            yield defaults | {name: value for name, value in found[key].items() if name in columns}

    def steps(self) -> Iterator[Step]:
        """The recorded steps, problem by problem, in the order in which they were recorded."""
        for problem_id in sorted(self._steps):
            yield from self._steps[problem_id]

    def _set(self, table: sa.Table, key: tuple[Any, ...], row: Mapping[str, Any]) -> None:
        self._rows[table.name].setdefault(key, {}).update(row)

    def _calendar(self, head: Mapping[str, Any]) -> None:
        version = head["version"]
        self._set(CALENDAR, (version,), {name: value for name, value in head.items() if name != "days"})
        for day in head.get("days", ()):
            self._set(WORKDAY, (version, day["on"]), day | {"version": version})

    def _problem(self, problem_id: int, version: int, detail: Mapping[str, Any]) -> None:
        before = self._rows[PROBLEM.name].get((problem_id,), {})
        round_before = before.get("round", 1)
        columns = {"id": problem_id, "version": version} | detail.get("problem", {})
        self._set(PROBLEM, (problem_id,), columns)
        for part in PARTS:
            for row in detail.get(part.name, ()):
                self._set(part, (problem_id, row["position"]), row | {"problem_id": problem_id})
        steps = self._steps[problem_id]
        for row in detail.get("firing", ()):
            key = [row[name] for name in STEP_KEY]
            if not any(step.standing and step.is_(row["round"], key) for step in steps):
                whole = {"problem_id": problem_id, "withdrawn_on": None, "unit_id": None, "role": None}
                steps.append(Step(whole | row))
        for key in detail.get("withdrawn", ()):
            for step in steps:
                if step.standing and step.is_(round_before, key):
                    step.row["withdrawn_on"] = detail["on"]
        for key in detail.get("quiet", ()):
            for step in steps:
                if step.untold and step.is_(round_before, key):
                    step.row["quiet"] = True
        if "told" in detail:
            _tell(steps, detail["told"], detail["on"])


def _tell(steps: Sequence[Step], told: Mapping[str, Any], on: str) -> None:
    """One step is told, to a post; with it every step still untold is spoken for (13, 59)."""
    telling = Telling(on, told["official"])
    key = [told[name] for name in STEP_KEY]
    for step in steps:
        if step.untold:
            step.telling = telling
            step.highest = step.is_(told["round"], key)
            if step.highest:
                step.row |= {"unit_id": told["unit_id"], "role": told["role"]}


def _default(column: sa.Column[Any]) -> Any:
    """What the schema gives a column that is not named: the text or number of its server default."""
    if not isinstance(column.server_default, sa.DefaultClause):
        return None
    given = str(column.server_default.arg)
    return given[1:-1] if given.startswith("'") else int(given)


def folded_columns(table: sa.Table) -> list[str]:
    """The columns of a table that the trail carries."""
    left_out = NOT_FOLDED.get(table.name, frozenset())
    return [column.name for column in table.columns if column.name not in left_out]
