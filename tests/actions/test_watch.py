"""巡查: each thing that can go wrong with a night is found, said once, and keeps the heartbeat back."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from loopback_receiver import Answer, receiving
from small_district import ROUTES, SmallDistrict, imported

from notifiers.heartbeat import HeartbeatSettings
from xiaohao.actions import night, seal, suspension
from xiaohao.actions.recheck import recheck
from xiaohao.actions.watch import CHECKS, Watched, WatchSettings, watch
from xiaohao.errors import WrongDate
from xiaohao.ledger import guards, rounds
from xiaohao.ledger import watch as queries
from xiaohao.ledger.tables import FAULT, FIRING, HOLDING, NOTICE, PROBLEM, RUN, TRAIL
from xiaohao.vocabulary import FaultKind, NoticeState

NIGHT = date(2023, 10, 16)
SHANGHAI = ZoneInfo("Asia/Shanghai")
SECRET = "watch-secret"
Damage = Callable[[SmallDistrict], None]


@pytest.fixture
def district(sqlite_engine: sa.Engine) -> SmallDistrict:
    """One problem overdue and one in time, before the night of 16 October."""
    return district_on(sqlite_engine)


def district_on(engine: sa.Engine) -> SmallDistrict:
    d = SmallDistrict(engine)
    d.imports(date(2023, 10, 9), [imported("道路破损", 3, date(2023, 10, 8)), imported("路灯不亮", 4, NIGHT)])
    return d


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "heartbeat.json"


def whole_night(d: SmallDistrict, on: date = NIGHT) -> None:
    d.night(on)
    seal.seal(d.ledger)


def look(d: SmallDistrict, file: Path, *, now: datetime | None = None, on: date | None = NIGHT) -> Watched:
    """A round of the watch; `on` None takes the date that is owed at `now`."""
    settings = WatchSettings(free_bytes=1, heartbeat=HeartbeatSettings(file=file))
    return watch(d.ledger, settings, now=now or datetime.now(UTC), on=on)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of October 2023 in Shanghai."""
    return datetime(2023, 10, day, hour, minute, tzinfo=SHANGHAI)


def open_faults(d: SmallDistrict) -> list[tuple[str, str]]:
    query = sa.select(FAULT.c.subject, FAULT.c.message).where(
        FAULT.c.kind == FaultKind.WATCH, FAULT.c.cleared_on.is_(None)
    )
    with d.ledger.reading() as r:
        return [(row.subject, row.message) for row in r.conn.execute(query.order_by(FAULT.c.id))]


def change(d: SmallDistrict, statement: sa.Update | sa.Delete | str) -> None:
    with d.ledger.quiet_writing() as conn:
        conn.execute(sa.text(statement) if isinstance(statement, str) else statement)


def test_where_all_is_well_a_heartbeat_goes_out(district: SmallDistrict, file: Path) -> None:
    whole_night(district)
    done = look(district, file)
    assert (done.well, done.last_night, done.heartbeats) == (True, NIGHT, ("文件",))
    assert [each.check for each in done.checks] == [*CHECKS, "heartbeat"]
    beat = json.loads(file.read_text())
    assert beat["business_date"] == "2023-10-16"
    assert abs(datetime.fromisoformat(beat["at"]) - datetime.now(UTC)) < timedelta(minutes=1)
    assert open_faults(district) == []


def test_a_round_is_one_row_a_date(district: SmallDistrict, file: Path) -> None:
    whole_night(district)
    look(district, file)
    look(district, file)
    with district.ledger.reading() as r:
        flows = r.conn.execute(sa.select(RUN.c.flow).order_by(RUN.c.flow)).scalars().all()
        last = rounds.last(r, rounds.WATCH)
    assert flows == ["compose", "heartbeat", "nightly", "watch"]
    assert last is not None
    assert (last.on, last.findings) == (NIGHT, 0)


def without_compose(d: SmallDistrict) -> None:
    night.fire(d.ledger, NIGHT)
    seal.seal(d.ledger)


def without_seal(d: SmallDistrict) -> None:
    d.night(NIGHT)


def an_entry_lost(d: SmallDistrict) -> None:
    whole_night(d)
    with d.ledger.quiet_writing() as conn:
        guards.remove(conn)
        conn.execute(
            TRAIL.delete().where(TRAIL.c.seq == sa.select(sa.func.max(TRAIL.c.seq)).scalar_subquery())
        )
        guards.install(conn)


def after(statement: sa.Update | str) -> Damage:
    """A whole night, and then a change behind the engine's back."""

    def damage(d: SmallDistrict) -> None:
        whole_night(d)
        change(d, statement)

    return damage


RED = PROBLEM.c.title == "道路破损"
LONG_AGO = datetime.now(UTC) - timedelta(days=5)
FOUND: list[tuple[str, str, Damage]] = [
    (
        "timers",
        "早该在 2023-10-16 的夜间运行里办",
        after(PROBLEM.update().where(RED).values(next_event_on=NIGHT)),
    ),
    (
        "timers",
        "有 2 件，有下一个时间点的却是 1 件",
        after(PROBLEM.update().where(RED).values(next_event_on=None)),
    ),
    ("told", "没有通知任何人，也没有列出原因", without_compose),
    ("told", "记为已通知，2023-10-16 的通知里却没有写", after(NOTICE.update().values(facts='{"items": []}'))),
    ("told", "没有通知任何人", after(FIRING.update().values(notice_id=None))),
    ("notices", "过了该发的时间一天以上", after(NOTICE.update().values(created_at=LONG_AGO))),
    (
        "notices",
        "发到一半中断",
        after(NOTICE.update().values(state=NoticeState.LEASED, lease_until=LONG_AGO)),
    ),
    (
        "notices",
        "暂缓了三天以上",
        after(NOTICE.update().values(state=NoticeState.HELD, created_at=LONG_AGO)),
    ),
    (
        "notices",
        "过了该发的时间",
        after(NOTICE.update().values(next_attempt_at=datetime.now(UTC) + timedelta(days=300))),
    ),
    (
        "counts",
        "号运行记下到点 7 而实有 1",
        after("""UPDATE run SET counts = '{"fired": 7}' WHERE flow = 'nightly'"""),
    ),
    (
        "counts",
        "讲到的问题 9 而实有 1",
        after("""UPDATE run SET counts = '{"told": 9}' WHERE flow = 'compose'"""),
    ),
    (
        "counts",
        "通知 2 而实有 1",
        after("""UPDATE run SET counts = '{"notices": 2}' WHERE flow = 'compose'"""),
    ),
    ("checkpoint", "还没有封存", without_seal),
    ("checkpoint", "可能有留痕被删除或添加", an_entry_lost),
    (
        "verified",
        "留痕核对发现问题：第 3 条不符。",
        after(
            "INSERT INTO fault (kind, subject, message, found_on) "
            "VALUES ('trail', 'trail:3', '第 3 条不符。', '2023-10-16')"
        ),
    ),
    (
        "verified",
        "没有再核对过",
        after(
            "INSERT INTO run (flow, business_date, scope, state, counts, finished_at) "
            "VALUES ('verify_trail', '2023-10-10', '', 'done', '{}', '2023-10-10 00:00:00.000000')"
        ),
    ),
]


@pytest.mark.parametrize(("check", "said", "damage"), FOUND)
def test_what_is_wrong_is_found_and_said_once_and_no_heartbeat_goes_out(
    district: SmallDistrict, file: Path, check: str, said: str, damage: Damage
) -> None:
    damage(district)
    done = look(district, file)
    assert [each.check for each in done.findings if said in each.message] == [check]
    assert "请" in next(each.message for each in done.findings if each.check == check)
    assert (done.well, done.heartbeats, file.exists()) == (False, (), False)
    before = open_faults(district)
    assert (check, next(each.message for each in done.findings if each.check == check)) in before
    assert "心跳已发出" not in {each.name for each in done.checks}
    look(district, file)
    assert open_faults(district) == before


@pytest.mark.parametrize("damage", [without_compose, without_seal, an_entry_lost])
def test_on_postgresql_the_same_is_found(postgres_engine: sa.Engine, file: Path, damage: Damage) -> None:
    """One query a check: each is asked of both databases, and all are well again after a whole night."""
    d = district_on(postgres_engine)
    damage(d)
    found = {each.check for each in look(d, file).findings}
    assert found == {without_compose: {"told"}, without_seal: {"checkpoint"}}.get(
        damage, {"checkpoint", "counts"}
    )
    assert {subject for subject, _ in open_faults(d)} == found
    if damage is an_entry_lost:
        return
    whole_night(d)
    assert look(d, file).well
    assert open_faults(d) == []


@pytest.mark.parametrize("database", ["sqlite_engine", "postgres_engine"])
def test_two_rounds_at_once_leave_what_one_leaves(
    request: pytest.FixtureRequest, file: Path, database: str
) -> None:
    d = district_on(request.getfixturevalue(database))
    without_compose(d)
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(lambda _: look(d, file), range(8)))
    assert {each.run for each in done} == {done[0].run}
    assert [subject for subject, _ in open_faults(d)] == ["told"]


def test_a_fault_is_cleared_when_all_is_well_again(district: SmallDistrict, file: Path) -> None:
    without_compose(district)
    look(district, file)
    assert [subject for subject, _ in open_faults(district)] == ["told"]
    whole_night(district)
    assert look(district, file).well
    assert open_faults(district) == []
    assert file.exists()
    with district.ledger.reading() as r:
        query = sa.select(FAULT.c.cleared_on).where(FAULT.c.kind == FaultKind.WATCH)
        assert r.conn.execute(query).scalars().all() == [NIGHT]


def test_what_was_entered_after_the_night_waits_for_the_next(district: SmallDistrict, file: Path) -> None:
    """A row imported with a past deadline, and an act's step, are no neglect of the night before."""
    whole_night(district)
    with district.ledger.quiet_writing() as conn:  # the night was yesterday, as far as these rows can tell
        conn.execute(RUN.update().values(started_at=datetime.now(UTC) - timedelta(minutes=6)))
        guards.remove(conn)
        earlier = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="milliseconds")
        conn.execute(TRAIL.update().values(at=earlier.replace("+00:00", "Z")))
        guards.install(conn)
    district.imports(NIGHT, [imported("院内积水", 3, date(2023, 9, 1))])
    seal.seal(district.ledger)
    with district.ledger.reading() as r:
        due = PROBLEM.c.next_event_on <= NIGHT
        assert r.conn.execute(sa.select(sa.func.count()).where(due)).scalar_one() == 1
    assert look(district, file).findings == ()


def test_weeks_of_work_and_nights_give_no_false_alarm(
    district: SmallDistrict, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Registered, imported late, applied, verified, suspended, rechecked; looked at before and after the day's acts."""
    monkeypatch.setattr(queries, "A_MOMENT", timedelta())
    numbers: list[str] = []
    for n in range(15):
        on = NIGHT + timedelta(days=n)
        whole_night(district, on)
        assert look(district, file, on=on).findings == (), on
        numbers.append(district.register(on))
        if n % 3 == 0:
            district.imports(on, [imported(f"旧账{n}", 3, date(2023, 9, 1) + timedelta(days=n))])
            recheck(district.ledger, on=on, everything=True)
        if n % 4 == 3:
            district.applies(numbers[-3], on)
            district.verifies(numbers[-3], on)
        if n % 5 == 4:
            by = district.leader(on)
            until = on + timedelta(days=4)
            suspension.grant(
                district.ledger, numbers[-1], on + timedelta(days=1), until, "雨天", by=by, on=on
            )
        assert look(district, file, on=on).findings == (), on


def test_what_nobody_can_be_told_is_listed_and_no_finding(district: SmallDistrict, file: Path) -> None:
    """It stands in the untold list with its fault; only what is in neither is lost (49)."""
    change(district, HOLDING.update().values(until_on=date(2023, 9, 20)))
    whole_night(district)
    assert look(district, file).well


@pytest.mark.parametrize(
    ("now", "well"),
    [
        (at(16, 12), True),
        (at(17, 1, 59), True),  # that of the 17th is not owed yet
        (at(17, 2, 44), True),  # a night takes its time
        (at(17, 2, 45), False),
        (at(18, 2, 10), False),  # the grace is the 18th's; the 17th never ran
    ],
)
def test_a_night_that_did_not_happen_is_found_after_its_grace(
    district: SmallDistrict, file: Path, now: datetime, well: bool
) -> None:
    whole_night(district)
    done = look(district, file, now=now, on=None)
    assert done.well is well
    if not well:
        [finding] = done.findings
        assert finding.check == "night"
        assert "2023-10-17 的夜间运行没有做（最近一次是 2023-10-16，没有运行）" in finding.message
        assert not file.exists()


def test_a_machine_that_was_off_for_days_says_for_how_many(district: SmallDistrict, file: Path) -> None:
    whole_night(district)
    look(district, file, now=at(18, 8), on=None)
    [finding] = look(district, file, now=at(20, 8), on=None).findings
    assert "已连续 4 天没有运行" in finding.message
    assert "xiaohao nightly" in finding.message
    assert open_faults(district) == [("night", finding.message)]


def test_a_last_night_that_has_not_come_yet_is_a_clock_that_was_ahead(
    district: SmallDistrict, file: Path
) -> None:
    """Else every night until then would end at once, and all would look well."""
    whole_night(district, date(2023, 10, 25))
    [finding] = look(district, file, now=at(18, 8), on=None).findings
    assert "最近一次夜间运行是 2023-10-25，那一天还没有到，时钟可能快过" in finding.message
    assert not file.exists()


def test_a_ledger_that_holds_nothing_sends_no_heartbeat(sqlite_engine: sa.Engine, file: Path) -> None:
    """It may be another one than the office's own: a disk that is not mounted, a lost setting."""
    empty = SmallDistrict(sqlite_engine)
    done = look(empty, file)
    assert (done.findings, done.heartbeats) == ((), ())
    assert "一个问题也没有，没有发出心跳" in done.headline
    assert not file.exists()


def test_a_ledger_whose_first_night_never_came_is_found_and_an_empty_one_is_well(
    district: SmallDistrict, file: Path
) -> None:
    [finding] = look(district, file).findings
    assert finding.message.startswith("夜间运行从来没有做过，2023-10-16 的应当已经做完。")
    change(district, PROBLEM.update().values(status="closed", light=None, level=0, next_event_on=None))
    assert look(district, file).well


def test_too_little_room_on_the_disk_is_found(district: SmallDistrict, file: Path) -> None:
    whole_night(district)
    settings = WatchSettings(folders=(file.parent,), free_bytes=2**60, heartbeat=HeartbeatSettings(file=file))
    [finding] = watch(district.ledger, settings, now=datetime.now(UTC), on=NIGHT).findings
    assert finding.check == "disk"
    assert f"文件夹 {file.parent} 所在的磁盘只剩" in finding.message
    assert not file.exists()


def test_a_date_that_has_not_come_is_refused(district: SmallDistrict, file: Path) -> None:
    with pytest.raises(WrongDate, match="还没有到"):
        look(district, file, on=date(2999, 1, 1))
    assert not file.exists()


def heart(url: str, file: Path | None = None, **more: str) -> WatchSettings:
    """A heartbeat to a webhook of this machine, and to a file beside it."""
    settings = HeartbeatSettings(webhook_url=url, webhook_secret=SECRET, file=file, **more)
    return WatchSettings(heartbeat=settings)


def test_a_heartbeat_that_does_not_arrive_is_a_finding_and_leaves_the_file(
    district: SmallDistrict, file: Path
) -> None:
    """The address bears a key: it is said nowhere. The next round tries again."""
    whole_night(district)
    with receiving(Answer(500), Answer(200)) as receiver:
        settings = heart(receiver.url, file)
        [finding] = watch(district.ledger, settings, now=datetime.now(UTC), on=NIGHT).findings
        assert finding.check == "heartbeat"
        assert "心跳没有送到网络钩子：对方暂时不能接收（500）" in finding.message
        assert "KEY-IN-URL" not in finding.message
        assert not file.exists()
        assert [subject for subject, _ in open_faults(district)] == ["heartbeat"]
        assert watch(district.ledger, settings, now=datetime.now(UTC), on=NIGHT).well
    assert open_faults(district) == []


def test_a_folder_that_takes_no_file_is_a_finding(district: SmallDistrict, tmp_path: Path) -> None:
    whole_night(district)
    [finding] = look(district, tmp_path / "gone" / "heartbeat.json").findings
    assert (finding.check, "写不进心跳文件" in finding.message) == ("heartbeat", True)
    settings = WatchSettings(folders=(tmp_path / "gone",))
    [finding] = watch(district.ledger, settings, now=datetime.now(UTC), on=NIGHT).findings
    assert (finding.check, "看不到文件夹" in finding.message) == ("disk", True)


def test_held_for_a_day_is_the_operators_choice(district: SmallDistrict, file: Path) -> None:
    night.fire(district.ledger, NIGHT)
    night.compose(district.ledger, NIGHT, ROUTES, held=True)
    seal.seal(district.ledger)
    assert look(district, file, now=datetime.now(UTC) + timedelta(days=1)).well
    assert not look(district, file, now=datetime.now(UTC) + timedelta(days=4)).well
