"""`db copy`: from any database into any empty one, row for row; the next night of both is the same."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from command_runner import CommandLine
from example_district import district_with_the_example
from small_district import SmallDistrict
from up_driver import command, environment, until

from flows import alone, up_file
from flows.up_file import Up
from notifiers.choose import ChannelSettings
from xiaohao.actions import seal, whole_night
from xiaohao.actions.copy_ledger import copy_ledger
from xiaohao.actions.whole_night import Night
from xiaohao.errors import Refused
from xiaohao.ledger import copying, schema
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.tables import FAULT, PROBLEM, RUN, TRAIL, UNIT
from xiaohao.ledger.writing import Ledger
from xiaohao.vocabulary import Channel, FaultKind

NIGHT = date(2023, 10, 16)


@pytest.fixture(params=["sqlite", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """A migrated ledger that holds nothing, on each database."""
    url = f"sqlite:///{tmp_path / 'target.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("empty_postgres_url")
    engine = open_engine(url)
    schema.upgrade(engine)
    yield Ledger(engine)
    engine.dispose()


def test_every_row_is_copied_and_the_next_night_is_the_same(
    engine: sa.Engine, target: Ledger, tmp_path: Path
) -> None:
    source = district_with_the_example(engine)
    first = runs_night(source, NIGHT, tmp_path / "first")
    done = copy_ledger(source, target)
    assert everything(target.engine) == everything(engine)
    assert (done.trail_size, done.root) == (first.trail_size, first.root)
    assert done.checkpoints >= 1
    assert done.tables["problem"] > 20 < done.tables["firing"]
    assert done.rows == sum(done.tables.values())
    assert schema.check(target.engine) == []
    later = NIGHT + timedelta(3)
    of_source = runs_night(source, later, tmp_path / "source")
    of_target = runs_night(target, later, tmp_path / "target")
    assert comparable(of_target) == comparable(of_source)
    assert of_target.fired > 0
    assert of_target.trail_size > first.trail_size
    assert states(target.engine) == states(engine)


def test_rows_that_the_database_numbers_go_on_after_the_last(
    sqlite_engine: sa.Engine, target: Ledger
) -> None:
    source = district_with_the_example(sqlite_engine)
    with sqlite_engine.begin() as conn:
        conn.execute(FAULT.insert(), [fault(n) for n in range(5)])
    copy_ledger(source, target)
    with target.engine.begin() as conn:
        conn.execute(FAULT.insert(), [fault(5)])
        assert list(conn.execute(sa.select(FAULT.c.id).order_by(FAULT.c.id)).scalars()) == [1, 2, 3, 4, 5, 6]


def test_what_stood_append_only_stands_so_in_the_copy(sqlite_engine: sa.Engine, target: Ledger) -> None:
    copy_ledger(district_with_the_example(sqlite_engine), target)
    for statement in (
        "DELETE FROM trail WHERE seq = 0",
        "UPDATE trail SET action = 'x' WHERE seq = 0",
        "DELETE FROM problem",
    ):
        with pytest.raises(sa.exc.IntegrityError), target.engine.begin() as conn:
            conn.exec_driver_sql(statement)


def test_a_target_that_holds_anything_is_refused(sqlite_engine: sa.Engine, target: Ledger) -> None:
    source = SmallDistrict(sqlite_engine).ledger
    with target.engine.begin() as conn:
        values = {"flow": "watch", "business_date": NIGHT, "scope": "", "state": "done", "counts": "{}"}
        conn.execute(RUN.insert().values(values))
    before = everything(target.engine)
    with pytest.raises(Refused, match="已有内容"):
        copy_ledger(source, target)
    assert everything(target.engine) == before


@pytest.mark.parametrize("done", ["leaf", "head", "cut"])
def test_a_trail_that_was_changed_is_not_copied(sqlite_engine: sa.Engine, target: Ledger, done: str) -> None:
    """Whoever owns the file can drop its triggers: the copy then says so, and nothing is written."""
    source = district_with_the_example(sqlite_engine)
    with sqlite_engine.begin() as conn:
        for name in (
            conn.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
        ):
            conn.exec_driver_sql(f"DROP TRIGGER {name}")
        conn.exec_driver_sql(
            {
                "leaf": "UPDATE trail SET detail = replace(detail, '2023', '2022') WHERE seq = 40",
                "head": "UPDATE trail_head SET frontier = zeroblob(length(frontier))",
                "cut": "DELETE FROM trail WHERE seq = (SELECT max(seq) FROM trail)",
            }[done]
        )
    with pytest.raises(Refused, match="目标数据库没有写入任何内容"):
        copy_ledger(source, target)
    with target.engine.connect() as conn:
        assert copying.is_empty(conn)


def test_a_unit_may_point_at_one_that_came_later(sqlite_engine: sa.Engine, target: Ledger) -> None:
    """A problem merged into a later one, a unit moved below a newer one: references within one table."""
    source = district_with_the_example(sqlite_engine)
    with sqlite_engine.begin() as conn:
        conn.execute(PROBLEM.update().where(PROBLEM.c.id == 1).values(merged_into_id=2))
        last = conn.execute(sa.select(sa.func.max(UNIT.c.id))).scalar_one()
        conn.execute(UNIT.update().where(UNIT.c.id == 2).values(parent_id=last))
    copy_ledger(source, target)
    with target.engine.connect() as conn:
        assert conn.execute(sa.select(UNIT.c.parent_id).where(UNIT.c.id == 2)).scalar_one() == last
        assert conn.execute(sa.select(PROBLEM.c.merged_into_id).where(PROBLEM.c.id == 1)).scalar_one() == 2


def test_the_command_copies_and_says_what(tmp_path: Path, empty_postgres_url: str) -> None:
    url = f"sqlite:///{tmp_path / 'source.db'}"
    engine = open_engine(url)
    schema.upgrade(engine)
    sealed = seal.seal(district_with_the_example(engine))
    engine.dispose()
    xiaohao = CommandLine(tmp_path / "home", XIAOHAO_DATABASE_URL=url)
    done = xiaohao("db", "copy", empty_postgres_url, "--json")
    assert done.code == 0, done.err
    assert (done.document["trail_size"], done.document["root"]) == (sealed.size, sealed.root)
    assert done.document["tables"]["trail"] == sealed.size
    assert f"已复制 trail：{sealed.size} / {sealed.size} 行" in done.err
    again = xiaohao("db", "copy", empty_postgres_url)
    assert again.code == 1
    assert "已有内容" in again.err


def test_nothing_is_copied_or_upgraded_while_up_runs(
    engine: sa.Engine, database_url: str, tmp_path: Path
) -> None:
    """A copy made while nights run is stale at once, and the office would go on writing to the old ledger."""
    district_with_the_example(engine)
    home, target = tmp_path / "home", tmp_path / "target.db"
    home.mkdir(mode=0o700)
    xiaohao = CommandLine(home, XIAOHAO_DATABASE_URL=database_url)
    with up_file.held(home):
        starting = xiaohao("db", "copy", target)
        up_file.write(home, Up(1, "http://127.0.0.1:4200/api", None, ""))
        running = xiaohao("db", "copy", target)
        upgrade = xiaohao("db", "upgrade")
    assert (starting.code, running.code, upgrade.code) == (1, 1, 1)
    assert "正在启动或停止" in starting.err
    assert "已经在运行（http://127.0.0.1:4200/api），请先停下服务。没有复制任何内容。" in running.err
    assert "请先停下服务。没有升级。" in upgrade.err
    assert not target.exists()
    up_file.write(home, Up(1, "http://127.0.0.1:4200/api", None, ""))  # left behind by a power cut
    assert xiaohao("db", "copy", target).code == 0
    assert not (home / up_file.NAME).exists()


def test_up_does_not_start_until_the_copy_is_committed(sqlite_engine: sa.Engine, tmp_path: Path) -> None:
    district_with_the_example(sqlite_engine)
    home, target = tmp_path / "home", open_engine(f"sqlite:///{tmp_path / 'target.db'}")
    schema.upgrade(target)
    source = sqlite_engine.url.render_as_string()
    copying_it = command("db", "copy", str(target.url.database))
    with target.begin():  # the copy waits for it
        copies = subprocess.Popen(
            copying_it, env=environment(home, XIAOHAO_DATABASE_URL=source), stderr=subprocess.DEVNULL
        )
        until(lambda: alone.is_held(home / up_file.LOCK), "the copy has begun")
        with pytest.raises(Refused, match="正在升级、复制、恢复"), up_file.held(home):
            pass
    assert copies.wait(60) == 0
    with up_file.held(home):
        assert everything(target) == everything(sqlite_engine)
    target.dispose()


def runs_night(ledger: Ledger, on: date, notices: Path) -> Night:
    channels = ChannelSettings(order=(Channel.FILE,), notices_folder=notices)
    return whole_night.whole_night(ledger, on, channels, today=on)


def comparable(done: Night) -> Night:
    """Without the root, since every leaf is salted, and without the ids of new steps."""
    digests = tuple(
        replace(digest, items=tuple(replace(item, firings=()) for item in digest.items))
        for digest in done.digests
    )
    return replace(done, root="", digests=digests)


def fault(n: int) -> dict[str, Any]:
    return {"kind": FaultKind.VACANT_POST, "subject": f"post:{n}", "message": "岗位空缺", "found_on": NIGHT}


def everything(engine: sa.Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, typed."""
    with engine.connect() as conn:
        return {
            t.name: sorted(([*map(plain, row)] for row in conn.execute(sa.select(t))), key=repr)
            for t in copying.tables()
        }


def plain(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def states(engine: sa.Engine) -> list[tuple[Any, ...]]:
    columns = ("number", "status", "light", "level", "repeat", "next_event_on", "version")
    with engine.connect() as conn:
        entries = conn.execute(sa.select(sa.func.count()).select_from(TRAIL)).scalar_one()
        chosen = [PROBLEM.c[name] for name in columns]
        return [(entries,), *(tuple(row) for row in conn.execute(sa.select(*chosen).order_by(PROBLEM.c.id)))]
