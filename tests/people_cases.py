"""The people's cases of `cases("timelines")`: units and officials by number, and what is to be answered."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from timeline_cases import day, of_kind

from xiaohao.rules.ladder import Org, Told, foretold, who
from xiaohao.vocabulary import FaultKind, Role

PEOPLE = of_kind("people")


class OrgCase:
    """One case: its codes of units (each after the one above it) and officials, numbered from 1."""

    def __init__(self, case: Mapping[str, Any]) -> None:
        self.org = case["org"]
        self.asks = case["asks"]
        self._parents = {unit["code"]: unit["parent"] for unit in self.org["units"]}
        self.units_in_order = sorted(self.org["units"], key=lambda unit: self._depth(unit["code"]))
        self.units = {unit["code"]: number for number, unit in enumerate(self.units_in_order, start=1)}
        self.officials = {each["code"]: n for n, each in enumerate(self.org["officials"], start=1)}

    def _depth(self, code: str | None) -> int:
        return 0 if code is None else 1 + self._depth(self._parents[code])

    def check(self, org: Org) -> None:
        """Ask everything that the case asks, and compare."""
        for ask in self.asks:
            on = date.fromisoformat(ask["on"])
            if ask["ask"] == "who":
                self._is(who(org, self.units[ask["unit"]], ask["level"], on), ask["answer"], ask)
            else:
                self._foretells(org, on, ask)

    def _is(self, told: Told, answer: Mapping[str, Any], ask: Mapping[str, Any]) -> None:
        units = {number: code for code, number in self.units.items()}
        officials = {number: code for code, number in self.officials.items()}
        seen = {
            "official": None if told.official_id is None else officials[told.official_id],
            "role": told.role,
            "unit": None if told.unit_id is None else units[told.unit_id],
            "passed_up_from": list(told.passed_up_from),
            "in_place_of": [officials[each] for each in told.in_place_of],
        }
        assert seen == {name: answer[name] for name in seen}, ask
        faults = sorted((each.kind, units[each.unit_id], each.role) for each in told.faults)
        wanted = sorted(answer["faults"], key=lambda each: (_kind(each), each["unit"], each["role"]))
        assert len(faults) == len(wanted), ask
        for fault, row in zip(faults, wanted, strict=True):
            assert fault == (_kind(row), row["unit"], Role(row["role"])), ask

    def _foretells(self, org: Org, on: date, ask: Mapping[str, Any]) -> None:
        units = {number: code for code, number in self.units.items()}
        seen = {(units[seat.unit_id], seat.role): seat.until_on for seat in foretold(org, on)}
        answer = ask["answer"]
        rows = answer if isinstance(answer, list) else next(iter(answer.values()))
        assert set(seen) == {(row["unit"], Role(row["role"])) for row in rows}, ask
        for row in rows:
            last = next((row[name] for name in ("last_day", "until", "last") if name in row), None)
            if last is not None:
                assert seen[row["unit"], Role(row["role"])] == day(last), ask


def _kind(fault: Mapping[str, Any]) -> FaultKind:
    return FaultKind.VACANT_POST if fault["fault"] == "vacant" else FaultKind.DEPUTY_CIRCLE
