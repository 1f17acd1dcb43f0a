"""Every timeline on the rules alone: no database, no flow (DESIGN section 4)."""

from datetime import date
from typing import Any

import pytest
from replay import Life
from timeline_cases import base_workdays, nights, of_kind, policy

from xiaohao.rules.clock import Rules

TIMELINES = of_kind("timeline")


@pytest.mark.parametrize("case", TIMELINES, ids=[case["id"] for case in TIMELINES])
def test_timeline_on_the_rules_alone(case: dict[str, Any]) -> None:
    """Each chosen night shows what the reference saw; a night not listed does nothing."""
    life = Life.begun(case["problem"], Rules(policy("shipped"), base_workdays()))
    expected = {entry["night"]: entry for entry in case["expect"]}
    acts = list(case["acts"])
    for night in nights(case):
        while acts and date.fromisoformat(acts[0]["on"]) <= night:
            life.act(acts.pop(0))
        seen = life.night(night)
        wanted = expected.get(seen["night"])
        if wanted is None:
            assert (seen["recorded"], seen["told"], seen["closed"]) == ([], None, False), seen["night"]
            continue
        assert seen == {key: value for key, value in wanted.items() if key != "missed"}
