"""I11: the ledger is the fold of its trail; replaying the trail into an empty database gives the same rows."""

from collections.abc import Callable, Iterator
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from small_district import SmallDistrict, imported

from xiaohao import policy_file
from xiaohao.actions import (
    apply_calendar,
    apply_policy,
    call_back,
    cancel,
    change_class,
    closing,
    correct,
    extension,
    measure,
    reassign,
    rebuild_trail,
    recheck,
    reopen,
    report_progress,
    set_up,
    suspension,
    take_up,
)
from xiaohao.actions.correct import Correction
from xiaohao.actions.import_workbook import import_files
from xiaohao.calendar_file import CalendarDay
from xiaohao.errors import Refused
from xiaohao.ledger import fold, schema, trail
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.new_problems import NewMeasure, NewReport
from xiaohao.ledger.tables import (
    FIRING,
    HOLDING,
    MEASURE,
    PARTS,
    POST,
    PROBLEM,
    TRAIL,
    TRAIL_HEAD,
    UNIT,
)
from xiaohao.ledger.writing import Ledger
from xiaohao.rules.counting import Term
from xiaohao.vocabulary import Action, CallBackOutcome, RectificationClass, Source, Status, TermUnit

NUMBERS = count(1)
EXAMPLE = Path(__file__).parents[2] / "examples" / "hualong-2023.xlsx"


@pytest.fixture
def empty(engine: sa.Engine, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Ledger]:
    """A second migrated ledger of the same kind, with nothing in it."""
    if engine.name == "sqlite":
        other = open_engine(f"sqlite:///{tmp_path / 'rebuilt.db'}")
        schema.upgrade(other)
    else:
        make: Callable[[str], str] = request.getfixturevalue("make_postgres")
        other = open_engine(make(f"rebuilt_{next(NUMBERS)}"))
    yield Ledger(other)
    other.dispose()


def eventful(engine: sa.Engine) -> SmallDistrict:
    """A district in which every kind of act happened, with nights between, some of them missed."""
    d = SmallDistrict(engine)
    ledger = d.ledger
    road, pipe, wish, economy, old, closed_before, wire = d.imports(
        date(2023, 9, 25),
        [
            imported(
                "东门外道路破损", 3, date(2023, 9, 20), measures=(NewMeasure("修补路面"),), co_unit_ids=(6,)
            ),
            imported(
                "水管老化",
                3,
                date(2023, 9, 18),
                rectification_class=RectificationClass.TIME_LIMITED,
                term=Term(10, TermUnit.WORKDAY),
                limit_text="10个工作日",
                reports=(NewReport("已联系水务公司"),),
                amount_fen=25_000_000,
                extra={"网格员": "张某"},
            ),
            imported("院内缺少晾衣架", 3, date(2023, 9, 22), source=Source.SUGGESTION, external_number="7"),
            imported(
                "村集体经济薄弱", 3, date(2023, 7, 10), rectification_class=RectificationClass.LONG_TERM
            ),
            imported("路灯不亮", 5, date(2023, 6, 1), found_by_unit_id=4),
            imported("垃圾未清", 5, date(2023, 5, 4), closed_on=date(2023, 5, 8)),
            imported(
                "飞线充电",
                3,
                date(2023, 9, 21),
                rectification_class=RectificationClass.TIME_LIMITED,
                due_given=date(2023, 10, 20),
            ),
        ],
    )
    assert closed_before != old
    untaken = d.register(date(2023, 9, 25), title="楼道杂物", place="3号楼")
    d.nights(date(2023, 9, 26), date(2023, 9, 28))
    d.night(date(2023, 10, 9))  # ten nights were missed
    on = date(2023, 10, 10)
    extension.ask(ledger, pipe, date(2023, 11, 30), "管材未到", by=d.secretary(on), on=on)
    suspension.grant(
        ledger, wire, date(2023, 10, 12), date(2023, 10, 16), "等待供电部门", by=d.leader(on), on=on
    )
    take_up.take_up(ledger, untaken, by=d.secretary(on), on=on)
    d.nights(date(2023, 10, 11), date(2023, 10, 13))
    on = date(2023, 10, 13)
    extension.grant(ledger, pipe, by=d.leader(on), on=on)
    report_progress.report_progress(ledger, economy, "已签约种植合作社", by=d.secretary(on), on=on)
    d.applies(wish, on)
    d.night(on)
    on = date(2023, 10, 16)
    closing.send_back(ledger, wish, "照片不清", by=d.leader(on), on=on)
    d.nights(on, date(2023, 10, 18))
    d.applies(wish, date(2023, 10, 19))
    d.verifies(wish, date(2023, 10, 20))
    d.nights(date(2023, 10, 20), date(2023, 10, 23))
    on = date(2023, 10, 24)
    change_class.change_class(
        ledger,
        untaken,
        RectificationClass.TIME_LIMITED,
        "须统一清理",
        by=d.leader(on),
        on=on,
        due_on=date(2023, 11, 10),
    )
    extension.ask(ledger, untaken, date(2023, 12, 1), "人手不足", by=d.secretary(on), on=on)
    extension.refuse(ledger, untaken, "时间够用", by=d.leader(on), on=on)
    reopen.reopen(ledger, wish, "又坏了", by=d.secretary(on), on=on)
    d.night(on)
    body = policy_file.shipped().replace(
        'levels = ["1 day", "3 workdays", "7 workdays"]', 'levels = ["2 days"]'
    )
    on = date(2023, 10, 26)
    apply_policy.apply_policy(ledger, body, by=d.supervisor(on), on=on)
    d.stands_in(1, 7, date(2023, 10, 26), date(2023, 11, 5))
    _acts_on_the_rest(d, road, old)
    days = [CalendarDay(date(2027, 2, 9), False, "春节"), CalendarDay(date(2027, 2, 20), True, "春节")]
    apply_calendar.apply_calendar(ledger, days, announced_until=2027, by=d.supervisor(on), on=on)
    d.applies(wire, on)
    d.nights(on, date(2023, 11, 3))
    recheck.recheck(ledger, on=date(2023, 11, 7), everything=True)
    d.nights(date(2023, 11, 7), date(2023, 11, 8))
    return d


def _acts_on_the_rest(d: SmallDistrict, road: str, lamp: str) -> None:
    """Measures, call-backs, a correction, another unit, and a problem that is cancelled."""
    ledger, on = d.ledger, date(2023, 10, 26)
    secretary, leader, supervisor = d.secretary(on), d.leader(on), d.supervisor(on)
    measure.add(ledger, road, "加装警示牌", by=secretary, on=on, owner="陈静")
    measure.done(ledger, road, 1, by=secretary, on=on)
    call_back.record(ledger, road, CallBackOutcome.EXPLAINED, "已说明", by=secretary, on=on)
    call_back.decide(ledger, road, by=leader, on=on)
    fresh = Correction(title="东门外道路破损约三十米", place="", co_units=("PD", "JT"))
    correct.correct(ledger, road, fresh, "实地测量", by=secretary, on=on)
    reassign.reassign(ledger, lamp, "PD", "属街道管", by=supervisor, on=on)
    gone = d.register(on, title="重复登记的问题")
    cancel.cancel(ledger, gone, "重复登记", by=supervisor, on=on)


def rows_of(ledger: Ledger, table: sa.Table) -> list[tuple[Any, ...]]:
    """The columns of the fold, in an order that the rows themselves give."""
    columns = [table.c[name] for name in fold.folded_columns(table)]
    with ledger.reading() as r:
        return sorted((tuple(row) for row in r.conn.execute(sa.select(*columns))), key=repr)


def test_the_rebuilt_ledger_equals_the_ledger(engine: sa.Engine, empty: Ledger) -> None:
    """Every table of the fold, row by row and column by column, and the trail with its tree."""
    ledger = eventful(engine).ledger
    rebuilt = rebuild_trail.rebuild(ledger, empty)
    for table in (*fold.ORDER, TRAIL, TRAIL_HEAD):
        assert rows_of(empty, table) == rows_of(ledger, table), table.name
    assert rebuilt.entries == len(rows_of(ledger, TRAIL))
    with empty.reading() as r:
        assert trail.head(r.conn).root == rebuilt.root


def test_the_eventful_district_leaves_no_part_empty(engine: sa.Engine) -> None:
    """Else the test above would compare nothing with nothing."""
    ledger = eventful(engine).ledger
    for table in (*PARTS, FIRING):
        assert rows_of(ledger, table), table.name
    firings = rows_of(ledger, FIRING)
    columns = fold.folded_columns(FIRING)
    for name in ("withdrawn_on", "quiet", "unit_id", "role"):
        values = {bool(row[columns.index(name)]) for row in firings}
        assert values == {True, False}, name
    statuses = {row[fold.folded_columns(PROBLEM).index("status")] for row in rows_of(ledger, PROBLEM)}
    assert {Status.CLOSED, Status.RECTIFYING, Status.APPLIED, Status.CANCELLED} <= statuses


def test_the_example_ledger_rebuilt_equals_itself(sqlite_engine: sa.Engine, tmp_path: Path) -> None:
    """Units, people and problems of an import, and three weeks of nights with their tellings."""
    ledger = Ledger(sqlite_engine)
    set_up.set_up(ledger)
    assert import_files(ledger, [EXAMPLE], on=date(2023, 10, 8)).written
    d = SmallDistrict.__new__(SmallDistrict)
    d.ledger = ledger
    d.nights(date(2023, 10, 8), date(2023, 10, 28))
    other = open_engine(f"sqlite:///{tmp_path / 'rebuilt.db'}")
    schema.upgrade(other)
    rebuilt = Ledger(other)
    rebuild_trail.rebuild(ledger, rebuilt)
    for table in (*fold.ORDER, TRAIL, TRAIL_HEAD):
        assert rows_of(rebuilt, table) == rows_of(ledger, table), table.name
    for table in (UNIT, POST, HOLDING, PROBLEM, MEASURE, FIRING):
        assert rows_of(ledger, table), table.name
    other.dispose()


def test_life_goes_on_in_the_rebuilt_ledger(engine: sa.Engine, empty: Ledger) -> None:
    """The next night and a new problem do the same in both."""
    d = eventful(engine)
    rebuild_trail.rebuild(d.ledger, empty)
    twin = SmallDistrict.__new__(SmallDistrict)
    twin.ledger = empty
    for each in (d, twin):
        each.register(date(2023, 11, 9), title="井盖松动")
        each.nights(date(2023, 11, 9), date(2023, 11, 20))
    for table in (PROBLEM, *PARTS):
        assert rows_of(empty, table) == rows_of(d.ledger, table), table.name


def test_a_ledger_that_holds_anything_is_no_target(engine: sa.Engine) -> None:
    """Rebuilding never mixes two ledgers."""
    ledger = SmallDistrict(engine).ledger
    before = rows_of(ledger, TRAIL)
    with pytest.raises(Refused, match="已有内容"):
        rebuild_trail.rebuild(ledger, Ledger(engine))
    assert rows_of(ledger, TRAIL) == before


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "UPDATE trail SET detail = replace(detail, 'rectifying', 'registered') WHERE seq = 27",
            "第 27 条的内容",
        ),
        ("UPDATE trail SET actor = 'official:102' WHERE seq = 27", "第 27 条的内容"),
        ("DELETE FROM trail WHERE seq = 27", "缺少第 27 条"),
        ("DELETE FROM trail WHERE seq = (SELECT max(seq) FROM trail)", "不符"),
        ("UPDATE trail SET version = 9 WHERE seq = 27", "第 9 步"),
        ("UPDATE trail SET detail = NULL, salt = NULL, leaf = zeros WHERE seq = 27", "不符"),
    ],
)
def test_a_trail_that_was_touched_is_not_rebuilt(
    statement: str, said: str, engine: sa.Engine, empty: Ledger
) -> None:
    """Whoever gets round the triggers is found out; the target stays empty."""
    d = SmallDistrict(engine)
    d.imports(date(2023, 9, 25), [imported(f"路面破损{n}", 3, date(2023, 9, 20)) for n in range(4)])
    zeros = f"x'{'00' * 32}'" if engine.name == "sqlite" else f"'\\x{'00' * 32}'::bytea"
    with engine.begin() as conn:
        if engine.name == "sqlite":
            triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'trail'"
            for name in conn.exec_driver_sql(triggers).scalars().all():
                conn.exec_driver_sql(f'DROP TRIGGER "{name}"')
        else:
            conn.exec_driver_sql("ALTER TABLE trail DISABLE TRIGGER USER")
        changed = conn.exec_driver_sql(statement.replace("zeros", zeros)).rowcount
        assert changed == 1
    with pytest.raises(Refused, match=said):
        rebuild_trail.rebuild(d.ledger, empty)
    assert rows_of(empty, TRAIL) == []


def test_an_erased_entry_is_passed_over_and_its_redacted_row_stands(engine: sa.Engine, empty: Ledger) -> None:
    """The leaf of an erased entry stays in the tree; the entry that erased it carries the row (DESIGN 6)."""
    d = SmallDistrict(engine)
    (number,) = d.imports(date(2023, 9, 25), [imported("王女士家门前积水", 3, date(2023, 9, 20))])
    redacted = "（已删除）门前积水"
    with d.ledger.writing(Action.ERASED, by="erase", on=date(2023, 9, 26)) as w:
        row = dict(w.conn.execute(sa.select(PROBLEM)).one()._mapping)
        changed = {"title": redacted, "title_key": redacted, "version": 2}
        w.conn.execute(PROBLEM.update().values(changed))
        told = {name: value for name, value in (row | changed).items() if name != "version"}
        w.note(f"problem:{row['id']}", 2, trail.detail_of({"on": w.on, "problem": told}))
        erased = TRAIL.update().where(TRAIL.c.subject == f"problem:{row['id']}", TRAIL.c.version == 1)
        w.conn.execute(erased.values(detail=None, salt=None))
    rebuild_trail.rebuild(d.ledger, empty)
    assert rows_of(empty, PROBLEM) == rows_of(d.ledger, PROBLEM)
    assert number in str(rows_of(empty, PROBLEM))
