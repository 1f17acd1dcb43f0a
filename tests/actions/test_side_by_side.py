"""Scopes side by side in threads on PostgreSQL: the counts add up to the whole, and nothing is handled twice."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from example_district import district_with_the_example
from small_district import SmallDistrict, imported

from notifiers.choose import ChannelSettings
from xiaohao.actions import night, rebuild_trail, whole_night
from xiaohao.actions.whole_night import Night
from xiaohao.errors import NotFound, WrongUsage
from xiaohao.ledger import runs, trail
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.tables import FIRING, PROBLEM, RUN
from xiaohao.ledger.writing import Ledger
from xiaohao.vocabulary import Channel, RunState

NIGHT = date(2023, 10, 16)
Opens = Callable[[str], sa.Engine]


@pytest.fixture
def opens(make_postgres: Callable[[str], str]) -> Iterator[Opens]:
    """Fresh ledgers on PostgreSQL."""
    opened: list[sa.Engine] = []

    def open_(name: str) -> sa.Engine:
        opened.append(open_engine(make_postgres(name)))
        return opened[-1]

    yield open_
    for engine in opened:
        engine.dispose()


@pytest.mark.parametrize("many", [1, pytest.param(trail.MANY, marks=pytest.mark.long)])
def test_four_scopes_do_what_the_whole_does(
    opens: Opens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    """With `many` 1 every entry goes the way of a large scope: made ready before the head is locked."""
    monkeypatch.setattr(trail, "MANY", many)
    whole = district_with_the_example(opens(f"side_whole_{many}"))
    parts = district_with_the_example(opens(f"side_parts_{many}"))
    for on in (NIGHT - timedelta(3), NIGHT):
        expected = runs_night(whole, on, "whole", tmp_path / "whole")
        done = runs_night(parts, on, "4", tmp_path / "parts")
        assert comparable(done) == comparable(expected)
        assert done.trail_size == expected.trail_size
    assert min(done.fired, done.notices) > 5
    assert done.missed == (NIGHT - timedelta(2), NIGHT - timedelta(1))
    assert problems(parts) == problems(whole)
    assert steps(parts) == steps(whole)
    with parts.reading() as r:
        names = set(r.conn.execute(sa.select(RUN.c.scope).where(RUN.c.business_date == NIGHT)).scalars())
        assert runs.missed(r) == list(done.missed)
        assert trail.head(r.conn).root == done.root
    assert names == {"", "1/4", "2/4", "3/4", "4/4"}
    rebuilt = rebuild_trail.rebuild(parts, Ledger(opens(f"side_rebuilt_{many}")))
    assert (rebuilt.entries, rebuilt.root) == (done.trail_size, done.root)


def test_two_nights_at_once_with_other_parts_fire_each_problem_once(opens: Opens) -> None:
    """Which scope a problem lies in may differ from run to run: the row decides, under its lock."""
    ledger = district_with_the_example(opens("side_at_once"))
    with ledger.reading() as r:
        expected = len(r.conn.execute(DUE).scalars().all())
    fired = []
    kinds = ["4", "subtrees", "whole", "2"]
    ready = threading.Barrier(len(kinds))

    def run(asked: str) -> None:
        mine = night.scopes(ledger, asked, NIGHT)
        ready.wait()
        fired.append(whole_night.fire_all(ledger, NIGHT, mine))

    threads = [threading.Thread(target=run, args=(asked,)) for asked in kinds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [failed for _, failed in fired] == [[]] * len(kinds)
    assert sum(counts.fired for counts, _ in fired) == expected > 20
    with ledger.reading() as r:
        assert r.conn.execute(DUE).first() is None


def test_a_night_written_down_as_missed_may_run_after_all(engine: sa.Engine) -> None:
    """Where several scopes fire, missed nights are written down before: the night itself may still crash."""
    district = SmallDistrict(engine)
    district.register(date(2023, 10, 9))
    night.fire(district.ledger, NIGHT - timedelta(3))
    assert night.note_missed(district.ledger, NIGHT) == [NIGHT - timedelta(2), NIGHT - timedelta(1)]
    night.fire(district.ledger, NIGHT - timedelta(1))
    assert night.note_missed(district.ledger, NIGHT) == []
    with engine.connect() as conn:
        states = dict(conn.execute(sa.select(RUN.c.business_date, RUN.c.state)).all())
    assert states[NIGHT - timedelta(2)] is RunState.MISSED
    assert states[NIGHT - timedelta(1)] is RunState.DONE
    with district.ledger.reading() as r:
        assert runs.missed(r) == [NIGHT - timedelta(2)]


def test_a_scope_is_named_by_paths_or_by_a_unit(engine: sa.Engine) -> None:
    ledger = SmallDistrict(engine).ledger
    assert night.scope_of(ledger, "").path == ""
    assert night.scope_of(ledger, "孟轲乡").path == "/1/2/"
    parts = night.scopes(ledger, "2", NIGHT)
    read = [night.scope_of(ledger, part.text, part.name) for part in parts]
    assert [(part.name, part.text, part.parameters) for part in read] == [
        (part.name, part.text, part.parameters) for part in parts
    ]
    with pytest.raises(NotFound):
        night.scope_of(ledger, "没有的乡")
    with pytest.raises(WrongUsage):
        night.scope_of(ledger, "/1/; DROP TABLE unit")


def test_parts_hold_about_as_many_due_timers(engine: sa.Engine) -> None:
    """Units 2, 4 and 6 lie right under the district; two thirds of what is due lies in the first."""
    district = SmallDistrict(engine)
    due = date(2023, 10, 8)
    new = [imported(f"问题{n}", unit, due) for unit, many in ((3, 8), (5, 3), (6, 2)) for n in range(many)]
    district.imports(date(2023, 10, 9), new)
    parts = night.scopes(district.ledger, "2", NIGHT)
    fired = [night.fire(district.ledger, NIGHT, part).fired for part in parts]
    assert sorted(fired) == [5, 8]


def runs_night(ledger: Ledger, on: date, scopes: str, notices: Path) -> Night:
    channels = ChannelSettings(order=(Channel.FILE,), notices_folder=notices)
    parts = night.scopes(ledger, scopes, on)
    return whole_night.whole_night(ledger, on, channels, today=on, scopes=parts)


def comparable(done: Night) -> Night:
    """Without what differs from run to run: the roots, since every leaf is salted, and ids of rows."""
    digests = tuple(
        replace(digest, checkpoint=None, items=tuple(replace(item, firings=()) for item in digest.items))
        for digest in done.digests
    )
    return replace(done, root="", digests=digests)


DUE = sa.select(PROBLEM.c.id).where(PROBLEM.c.next_event_on <= NIGHT)


def problems(ledger: Ledger) -> list[tuple[object, ...]]:
    with ledger.reading() as r:
        return [tuple(row) for row in r.conn.execute(sa.select(PROBLEM).order_by(PROBLEM.c.id))]


def steps(ledger: Ledger) -> list[tuple[object, ...]]:
    columns = ("problem_id", "round", "clock_on", "step", "level", "repeat", "crossed_on", "quiet", "unit_id")
    chosen = [FIRING.c[name] for name in columns]
    with ledger.reading() as r:
        return [tuple(row) for row in r.conn.execute(sa.select(*chosen).order_by(*chosen[:6]))]
