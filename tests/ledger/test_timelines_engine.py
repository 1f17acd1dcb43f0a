"""Every timeline on the whole engine: acts and nights on a database (DESIGN sections 4 and 7)."""

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from engine_life import EngineLife
from timeline_cases import nights, of_kind

TIMELINES = of_kind("timeline")
ON_POSTGRES = [
    pytest.param(case, id=case["id"], marks=[pytest.mark.long] if place % 2 else [])
    for place, case in enumerate(TIMELINES)
]
"""Every second one is long: they take a minute and a half there."""


@pytest.mark.parametrize("case", TIMELINES, ids=[case["id"] for case in TIMELINES])
def test_timeline_on_the_whole_engine(case: dict[str, Any], sqlite_engine: sa.Engine) -> None:
    lives(case, sqlite_engine)


@pytest.mark.parametrize("case", ON_POSTGRES)
def test_timeline_on_the_whole_engine_over_postgres(case: dict[str, Any], postgres_engine: sa.Engine) -> None:
    lives(case, postgres_engine)


def lives(case: dict[str, Any], engine: sa.Engine) -> None:
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
