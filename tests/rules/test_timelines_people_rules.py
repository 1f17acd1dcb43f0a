"""The people's cases on the rules alone: who is told, past vacancies and deputies (47 to 54)."""

from collections import defaultdict
from typing import Any

import pytest
from people_cases import PEOPLE, OrgCase
from timeline_cases import day

from xiaohao.rules.ladder import Org, Seat, Stand
from xiaohao.vocabulary import Role, UnitKind


@pytest.mark.parametrize("case", PEOPLE, ids=[case["id"] for case in PEOPLE])
def test_timeline_people_on_the_rules_alone(case: dict[str, Any]) -> None:
    """Each question has the reference's answer."""
    told = OrgCase(case)
    told.check(org_of(told))


def org_of(case: OrgCase) -> Org:
    units, officials = case.units, case.officials
    stands: dict[int, list[Stand]] = defaultdict(list)
    for row in case.org["deputies"]:
        stands[row["post"]].append(Stand(officials[row["official"]], day(row["from"]), day(row["until"])))
    return Org(
        {units[row["code"]]: UnitKind(row["kind"]) for row in case.org["units"]},
        {units[row["code"]]: row["parent"] and units[row["parent"]] for row in case.org["units"]},
        tuple(
            Seat(
                units[row["unit"]],
                Role(row["role"]),
                officials[row["official"]],
                day(row["from"]),
                day(row["until"]),
                tuple(stands[row["id"]]),
            )
            for row in case.org["posts"]
        ),
        frozenset(officials[row["code"]] for row in case.org["officials"] if row["active"]),
    )
