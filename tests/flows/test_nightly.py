"""The nightly flow: the acts in their order, on a real Prefect server and on both databases."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from example_district import district_with_the_example
from prefect.client.schemas.objects import State
from small_district import SmallDistrict, imported

from flows.nightly import Handed, NightForm, NightIncomplete, nightly
from notifiers.choose import ChannelSettings
from xiaohao import bootstrap
from xiaohao.actions import whole_night
from xiaohao.actions.whole_night import Night
from xiaohao.errors import WrongDate
from xiaohao.ledger import figures, outbox, runs
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.tables import RUN
from xiaohao.ledger.writing import Ledger
from xiaohao.vocabulary import Channel, NoticeState

pytestmark = pytest.mark.xdist_group("prefect")
NIGHT = date(2023, 10, 16)
Logs = Callable[[State[Any]], list[str]]


def test_the_flow_does_what_the_acts_do(
    office_engine: sa.Engine, office_home: Path, sqlite_template: Path, tmp_path: Path
) -> None:
    """The same ledger twice: one night through Prefect, one by the acts alone."""
    district_with_the_example(office_engine)
    done = night_of(nightly(NightForm(business_date=NIGHT), return_state=True))
    (tmp_path / "beside.db").write_bytes(sqlite_template.read_bytes())
    beside = open_engine(f"sqlite:///{tmp_path / 'beside.db'}")
    channels = ChannelSettings(order=(Channel.FILE,), notices_folder=tmp_path / "notices")
    ledger = district_with_the_example(beside)
    expected = whole_night.whole_night(ledger, NIGHT, channels, today=bootstrap.today())
    beside.dispose()
    assert comparable(done) == comparable(expected)
    assert min(done.fired, done.red, done.notices) > 20
    assert sent_files(office_home / "notices") == sent_files(tmp_path / "notices")
    assert f"到点 {done.fired} 件" in (office_home / "reports" / "2023-10-16.md").read_text("utf-8")


def test_a_second_run_of_the_same_night_writes_nothing(office_engine: sa.Engine) -> None:
    """I3, through Prefect: not a row of any table."""
    SmallDistrict(office_engine).register(date(2023, 10, 9))
    first = night_of(nightly(NightForm(business_date=NIGHT), return_state=True))
    before = everything(office_engine)
    again = night_of(nightly(NightForm(business_date=NIGHT), return_state=True))
    assert everything(office_engine) == before
    assert first.did_something
    assert not again.did_something
    assert (again.trail_size, again.root) == (first.trail_size, first.root)


def test_a_scope_that_fails_stops_no_other(
    office_engine: sa.Engine, monkeypatch: pytest.MonkeyPatch, run_logs: Logs
) -> None:
    """What it left is fired, and told, by the next run of the same date."""
    district = two_subtrees(office_engine)
    monkeypatch.setenv("XIAOHAO_SCOPES", "subtrees")
    refuse(office_engine, unit_id=3)
    state = nightly(NightForm(business_date=NIGHT), return_state=True)
    assert state.is_failed()
    assert state.message == "范围“MK”没有完成：" + str(state.message).partition("：")[2]
    incomplete = state.result(raise_on_failure=False)
    assert isinstance(incomplete, NightIncomplete)
    assert (incomplete.night.fired, incomplete.night.notices) == (1, 1)
    assert lights(district.ledger) == {"孟轲乡": 0, "濮东街道": 1}
    assert any("范围“PD”：到点 1 件" in line for line in run_logs(state))

    allow(office_engine)
    rest = night_of(nightly(NightForm(business_date=NIGHT), return_state=True))
    assert (rest.fired, rest.notices) == (1, 1)
    assert lights(district.ledger) == {"孟轲乡": 1, "濮东街道": 1}
    with district.ledger.reading() as r:
        assert len(outbox.listed(r)) == 2


def test_parts_of_a_district_add_up_to_the_whole(
    office_engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = district_with_the_example(office_engine)
    channels = ChannelSettings(order=(Channel.FILE,), notices_folder=Path("notices"))
    expected = whole_night.rehearsed(ledger, NIGHT, channels, today=bootstrap.today())
    monkeypatch.setenv("XIAOHAO_SCOPES", "subtrees")
    done = night_of(nightly(NightForm(business_date=NIGHT), return_state=True))
    assert comparable(done) == comparable(replace(expected, sent=done.sent, trail_size=done.trail_size))
    with ledger.reading() as r:
        scopes = r.conn.execute(sa.select(RUN.c.scope).where(RUN.c.flow == runs.NIGHTLY)).scalars().all()
    assert len(scopes) > 10
    assert len(set(scopes)) == len(scopes)


def test_steps_recorded_by_an_earlier_run_are_told(office_engine: sa.Engine) -> None:
    """A crash between fire and compose loses nothing: the next run tells what is untold."""
    from xiaohao.actions import night

    district = SmallDistrict(office_engine)
    district.register(date(2023, 10, 9))
    night.fire(district.ledger, NIGHT)
    done = night_of(nightly(NightForm(business_date=NIGHT), return_state=True))
    assert (done.fired, done.notices) == (0, 1)


def test_held_notices_are_not_sent(office_engine: sa.Engine, office_home: Path) -> None:
    district = SmallDistrict(office_engine)
    district.register(date(2023, 10, 9))
    done = night_of(nightly(NightForm(business_date=NIGHT, held=True), return_state=True))
    assert done.notices == 1
    assert done.sent == {}
    with district.ledger.reading() as r:
        assert dict(outbox.counts(r)) == {NoticeState.HELD: 1}
    assert not (office_home / "notices").exists()


def test_a_run_without_a_date_is_that_of_the_newest_night_owed(office_engine: sa.Engine) -> None:
    district = SmallDistrict(office_engine)
    earliest = (datetime.now(UTC) + timedelta(hours=6)).date()
    district.register(date(2023, 10, 9))
    done = night_of(nightly(return_state=True))
    latest = (datetime.now(UTC) + timedelta(hours=6)).date()  # 02:00 in Shanghai is 18:00 UTC
    assert earliest <= done.business_date <= latest
    with district.ledger.reading() as r:
        assert runs.last_night(r) == done.business_date


@pytest.mark.parametrize("on", [date(2999, 1, 1), NIGHT - timedelta(days=1)])
def test_a_date_that_cannot_be_run_is_refused(office_engine: sa.Engine, on: date) -> None:
    """Later than today, or before the last night."""
    SmallDistrict(office_engine)
    night_of(nightly(NightForm(business_date=NIGHT), return_state=True))
    before = everything(office_engine)
    state = nightly(NightForm(business_date=on), return_state=True)
    assert isinstance(state.result(raise_on_failure=False), WrongDate)
    assert "台账没有变化" in str(state.message)
    assert everything(office_engine) == before


def test_what_a_run_leaves_on_its_page(
    office_engine: sa.Engine, run_logs: Logs, run_artifacts: Callable[[State[Any]], dict[str, str]]
) -> None:
    SmallDistrict(office_engine).register(date(2023, 10, 9))
    state = nightly(NightForm(business_date=NIGHT), return_state=True)
    assert state.message == (
        "2023-10-16：到点 1 件，亮黄灯 0，亮红灯 1，督办 1级 1，销号 0，通知 1 份，无人可报 0 件"
    )
    left = run_artifacts(state)
    assert set(left) == {
        "night", "night-lights", "night-told", "night-sent", "night-runs", "night-progress"
    }  # fmt: skip
    assert float(left["night-progress"]) == 100
    assert left["night"].startswith("# 夜间运行报告　2023-10-16")
    assert (
        json.loads(left["night-lights"])[0] | {"单位": "孟轲乡", "红": "1"}
        == json.loads(left["night-lights"])[0]
    )
    assert [row["收件人"] for row in json.loads(left["night-told"])] == ["李明"]
    assert json.loads(left["night-sent"]) == [{"状态": "已送达", "份数": "1"}]
    said = run_logs(state)
    assert "业务日期 2023-10-16" in said
    assert "范围“all”：到点 1 件，亮黄灯 0，亮红灯 1，销号 0" in said
    assert "发送通知 1 份" in said


def test_the_form_is_labelled_in_chinese() -> None:
    """Prefect shows the titles and descriptions of a model's fields; every one has a default."""
    schema = nightly.parameters.definitions["NightForm"]
    assert {name: field["title"] for name, field in schema["properties"].items()} == {
        "business_date": "业务日期",
        "held": "通知暂缓发出",
    }
    assert all(field["description"] for field in schema["properties"].values())
    assert "required" not in schema


def night_of(state: State[Any]) -> Night:
    done = state.result()
    assert isinstance(done, Handed)
    return done.night


def comparable(done: Night) -> Night:
    """Without what differs from run to run: the root, since every leaf is salted, and ids of rows."""
    digests = tuple(
        replace(digest, items=tuple(replace(item, firings=()) for item in digest.items))
        for digest in done.digests
    )
    return replace(done, root="", digests=digests)


def everything(engine: sa.Engine) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    meta = sa.MetaData()
    meta.reflect(engine)
    with engine.connect() as conn:
        return {t.name: sorted(map(repr, conn.execute(sa.select(t)).all())) for t in meta.sorted_tables}


def sent_files(folder: Path) -> dict[str, str]:
    """What the channel `file` wrote, by place."""
    return {str(p.relative_to(folder)): p.read_text("utf-8") for p in folder.rglob("*") if p.is_file()}


def two_subtrees(engine: sa.Engine) -> SmallDistrict:
    """One problem overdue in 杨干城村, one in 濮东街道."""
    district = SmallDistrict(engine)
    new = [imported("村内道路破损", 3, date(2023, 10, 8)), imported("路灯不亮", 4, date(2023, 10, 8))]
    district.imports(date(2023, 10, 9), new)
    return district


def lights(ledger: Ledger) -> dict[str, int]:
    """How many problems are red under each unit."""
    with ledger.reading() as r:
        return {line.unit: line.red for line in figures.lights_by_unit(r)}


def refuse(engine: sa.Engine, unit_id: int) -> None:
    """The database refuses every change of a problem of this unit, as a damaged row would."""
    with engine.begin() as conn:
        if engine.name == "sqlite":
            conn.exec_driver_sql(
                f"CREATE TRIGGER refuses BEFORE UPDATE ON problem WHEN old.unit_id = {unit_id} "
                "BEGIN SELECT RAISE(ABORT, 'refused by the test'); END"
            )
        else:
            conn.exec_driver_sql(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'refused by the test'; END $$"
            )
            conn.exec_driver_sql(
                f"CREATE TRIGGER refuses BEFORE UPDATE ON problem FOR EACH ROW WHEN (old.unit_id = {unit_id}) "
                "EXECUTE FUNCTION refuse()"
            )


def allow(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        conn.exec_driver_sql("DROP TRIGGER refuses" + ("" if engine.name == "sqlite" else " ON problem"))
