"""I3 and I7: a night again writes nothing; two at once equal one; nothing is told twice, or not at all."""

import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from example_district import district_with_the_example, runs

from xiaohao.actions import night, seal
from xiaohao.ledger.tables import FIRING, NOTICE
from xiaohao.ledger.writing import Ledger

NIGHT = date(2023, 10, 16)
ROOT = Path(__file__).parents[2]
CHILD = """
import sys
from datetime import date
from pathlib import Path
from notifiers.choose import ChannelSettings
from xiaohao.actions import night
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.writing import Ledger
from xiaohao.vocabulary import Channel
ledger = Ledger(open_engine(sys.argv[1]))
routes = ChannelSettings(order=(Channel.FILE,), notices_folder=Path("notices"))
print("ready", flush=True)
sys.stdin.readline()
night.fire(ledger, date.fromisoformat(sys.argv[2]))
night.compose(ledger, date.fromisoformat(sys.argv[2]), routes)
"""


def everything(engine: sa.Engine) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    meta = sa.MetaData()
    meta.reflect(engine)
    with engine.connect() as conn:
        return {t.name: sorted(map(repr, conn.execute(sa.select(t)).all())) for t in meta.sorted_tables}


def test_a_second_night_of_the_same_date_writes_nothing(engine: sa.Engine) -> None:
    """I3: not a row of any table, though steps may be waiting for somebody to be told."""
    ledger = district_with_the_example(engine)
    runs(ledger, NIGHT)
    seal.seal(ledger)
    before = everything(engine)
    runs(ledger, NIGHT)
    seal.seal(ledger)
    assert everything(engine) == before
    assert len(before["firing"]) > 100


def test_two_nights_at_once_equal_one(engine: sa.Engine, database_url: str) -> None:
    """I3: two processes start the same night at the same instant; the ledger is that of one."""
    ledger = district_with_the_example(engine)
    children = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", CHILD, database_url, NIGHT.isoformat()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for _ in range(2)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    for child in children:
        _, said = child.communicate(timeout=120)
        assert child.returncode == 0, said
    alone = told(ledger)
    assert max(Counter(alone).values()) == 1
    with ledger.reading() as r:
        recipients = r.conn.execute(sa.select(NOTICE.c.official_id)).scalars().all()
        assert len(recipients) == len(set(recipients))
        untold = r.conn.execute(
            sa.select(sa.func.count()).where(
                FIRING.c.notice_id.is_(None), ~FIRING.c.quiet, FIRING.c.withdrawn_on.is_(None)
            )
        ).scalar_one()
    assert untold == 0
    assert night.fire(ledger, NIGHT).fired == 0


def told(ledger: Ledger) -> list[tuple[Any, ...]]:
    """Every step that was told to somebody."""
    key = (
        FIRING.c.problem_id,
        FIRING.c.round,
        FIRING.c.clock_on,
        FIRING.c.step,
        FIRING.c.level,
        FIRING.c.repeat,
    )
    with ledger.reading() as r:
        return [
            tuple(row) for row in r.conn.execute(sa.select(*key).where(FIRING.c.official_id.is_not(None)))
        ]


@pytest.mark.parametrize("crash", ["after firing", "after composing"])
def test_a_crash_between_loses_nothing_and_tells_nothing_twice(engine: sa.Engine, crash: str) -> None:
    """What a night recorded and did not tell is told by the next compose, once (I7)."""
    ledger = district_with_the_example(engine)
    night.fire(ledger, NIGHT)
    if crash == "after composing":
        runs(ledger, NIGHT)
    recorded = everything(engine)["firing"]
    runs(ledger, NIGHT)
    assert len(everything(engine)["firing"]) == len(recorded)
    assert max(Counter(told(ledger)).values()) == 1
    assert not [row for row in everything(engine)["firing"] if "None, None, None, None" in row]
