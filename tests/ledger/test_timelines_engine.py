"""Every timeline on the whole engine: acts and nights on a database (DESIGN sections 4 and 7)."""

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from engine_life import EngineLife
from timeline_cases import nights, of_kind

TIMELINES = of_kind("timeline")


@pytest.mark.parametrize("case", TIMELINES, ids=[case["id"] for case in TIMELINES])
def test_timeline_on_the_whole_engine(case: dict[str, Any], engine: sa.Engine) -> None:
    """Each chosen night shows what the reference saw; a night not listed does nothing."""
    life = EngineLife(engine, case["problem"])
    expected = {entry["night"]: entry for entry in case["expect"]}
    acts = list(case["acts"])
    last: date | None = None
    for night in nights(case):
        while acts and date.fromisoformat(acts[0]["on"]) <= night:
            life.act(acts.pop(0))
        seen = life.night(night)
        wanted = expected.get(seen["night"])
        missed = [] if last is None else [last + timedelta(n) for n in range(1, (night - last).days)]
        assert seen.pop("missed") == [on.isoformat() for on in missed]
        last = night
        if wanted is None:
            assert (seen["recorded"], seen["told"], seen["closed"]) == ([], None, False), seen["night"]
            continue
        assert seen == {key: value for key, value in wanted.items() if key != "missed"}
