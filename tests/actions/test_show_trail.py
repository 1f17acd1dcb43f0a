"""`trail show`: a problem's life in Chinese, from its entries alone."""

import json
from collections.abc import Sequence
from datetime import date

import pytest
import sqlalchemy as sa
from small_district import SmallDistrict, imported

from models.facts import to_json
from xiaohao.actions import (
    call_back,
    cancel,
    closing,
    correct,
    extension,
    measure,
    reassign,
    reopen,
    report_progress,
    suspension,
    take_up,
)
from xiaohao.actions.correct import Correction
from xiaohao.actions.show_trail import show_trail
from xiaohao.errors import NotFound
from xiaohao.ledger.new_problems import NewMeasure
from xiaohao.ledger.tables import TRAIL
from xiaohao.rules.counting import Term
from xiaohao.vocabulary import CallBackOutcome, RectificationClass, Source, TermUnit

FOUND = date(2023, 9, 25)


def told(d: SmallDistrict, number: str) -> Sequence[str]:
    return show_trail(d.ledger, number).lines()[1:]


def test_a_life_from_registration_to_closing(engine: sa.Engine) -> None:
    """Who did what on which day, an entry a line, in the order in which it was written."""
    d = SmallDistrict(engine)
    number = d.register(
        FOUND, title="楼道杂物", source=Source.INSPECTION, co_units=("JT",), measures=("清运",)
    )
    take_up.take_up(d.ledger, number, by=d.secretary(FOUND), on=FOUND)
    d.night(date(2023, 9, 27))
    on = date(2023, 9, 28)
    measure.done(d.ledger, number, 1, by=d.secretary(on), on=on)
    d.applies(number, on)
    closing.send_back(d.ledger, number, "照片不清", by=d.leader(on), on=on)
    on = date(2023, 10, 7)
    d.applies(number, on)
    d.verifies(number, on)
    d.night(on)
    assert told(d, number) == [
        "2023-09-25　赵强（103）：登记，“楼道杂物”，责任单位杨干城村，协办单位区交通局，来源检视，发现日期2023年9月25日，"
        "整改措施1条，立行立改，整改时限2023年9月28日，签收期限2023年9月26日。",
        "2023-09-25　李明（101）：签收，转为整改中。",
        "2023-09-27　系统（夜间运行）：预警，亮黄灯。",
        "2023-09-27　系统（夜间运行）：通知杨干城村经办人陈静（104）：预警。",
        "2023-09-28　李明（101）：整改措施，第1条“清运”，2023年9月28日完成。",
        "2023-09-28　李明（101）：佐证材料，整改后“修补后.jpg”。",
        "2023-09-28　李明（101）：申请销号。",
        "2023-09-28　王芳（102）：退回，理由：照片不清，转为整改中。",
        "2023-10-07　李明（101）：佐证材料，整改后“修补后.jpg”。",
        "2023-10-07　李明（101）：申请销号，补记一级督办（党支部书记）（2023年9月29日到期），亮红灯。",
        "2023-10-07　王芳（102）：复核通过。",
        "2023-10-07　系统（夜间运行）：销号，销号日期2023年10月7日，用时12天，超期9天。",
    ]


def test_acts_that_move_the_deadline_say_so(engine: sa.Engine) -> None:
    """Extension asked and granted after a breach, suspension, another unit, a relapse."""
    d = SmallDistrict(engine)
    (number,) = d.imports(
        FOUND,
        [
            imported(
                "水管老化",
                3,
                date(2023, 9, 18),
                rectification_class=RectificationClass.TIME_LIMITED,
                term=Term(3, TermUnit.WORKDAY),
                measures=(NewMeasure("更换", done_on=FOUND),),
            )
        ],
    )
    d.night(date(2023, 9, 26))
    on = date(2023, 9, 27)
    extension.ask(d.ledger, number, date(2023, 10, 27), "管材未到", by=d.secretary(on), on=on)
    extension.grant(d.ledger, number, by=d.leader(on), on=on)
    suspension.grant(d.ledger, number, on, date(2023, 10, 8), "长假", by=d.leader(on), on=on)
    reassign.reassign(d.ledger, number, "孟轲乡", "属乡里管", by=d.supervisor(on), on=on)
    on = date(2023, 10, 10)
    report_progress.report_progress(d.ledger, number, "已开挖", by=d.leader(on), on=on)
    lines = told(d, number)
    assert "导入，“水管老化”" in lines[0]
    assert "期限3个工作日，整改时限2023年9月21日" in lines[0]
    assert lines[1] == (
        "2023-09-26　系统（夜间运行）：预警（2023年9月14日到期），一级督办（党支部书记）（2023年9月22日到期）。"
    )
    assert "李明（101）：申请延期，延至2023年10月27日，理由：管材未到。" in lines[3]
    assert "王芳（102）：同意延期，延至2023年10月27日，撤回一级督办（党支部书记）" in lines[4]
    assert lines[4].endswith("整改时限2023年10月27日，亮绿灯。")
    assert "中止，自2023年9月27日至2023年10月8日，理由：长假" in lines[5]
    assert "转为中止" in lines[5]
    assert "赵强（103）：转办，责任单位改为孟轲乡，理由：属乡里管" in lines[6]
    assert "王芳（102）：报告进展，“已开挖”" in lines[7]


def test_a_relapse_begins_anew(engine: sa.Engine) -> None:
    """反弹 with its reason and the new deadline; a row that came in closed says so."""
    d = SmallDistrict(engine)
    (number,) = d.imports(
        FOUND, [imported("院内缺少晾衣架", 3, date(2023, 5, 4), closed_on=date(2023, 5, 8))]
    )
    reopen.reopen(d.ledger, number, "又坏了", by=d.secretary(FOUND), on=FOUND)
    lines = told(d, number)
    assert "导入前已于2023年5月8日销号" in lines[0]
    assert lines[1] == (
        "2023-09-25　李明（101）：反弹，理由：又坏了，整改时限2023年9月28日，转为整改中，亮绿灯。"
    )


def test_an_entry_in_json_is_as_it_was_sealed(engine: sa.Engine) -> None:
    """seq, at, actor, action, version and the whole detail."""
    d = SmallDistrict(engine)
    number = d.register(FOUND)
    d.night(date(2023, 9, 27))
    with d.ledger.reading() as r:
        query = sa.select(TRAIL).where(TRAIL.c.subject == "problem:1").order_by(TRAIL.c.version)
        rows = r.conn.execute(query).all()
    entries = json.loads(to_json(show_trail(d.ledger, number)))["entries"]
    assert [(e["seq"], e["at"], e["actor"], e["action"], e["version"], e["detail"]) for e in entries] == [
        (row.seq, row.at, row.actor, row.action, row.version, json.loads(row.detail)) for row in rows
    ]
    assert [e["on"] for e in entries] == ["2023-09-25", "2023-09-27", "2023-09-27"]


def test_an_erased_entry_still_stands_in_its_place(engine: sa.Engine) -> None:
    """What was done and by whom remains, what was said is gone (DESIGN section 6)."""
    d = SmallDistrict(engine)
    number = d.register(FOUND, title="王女士家门前积水")
    with d.ledger.quiet_writing() as conn:
        conn.execute(TRAIL.update().where(TRAIL.c.subject == "problem:1").values(detail=None, salt=None))
    (line,) = told(d, number)
    assert line.endswith("　赵强（103）：登记（内容已依法删除）。")
    with pytest.raises(NotFound):
        show_trail(d.ledger, "HL-1999-0001")


def test_what_was_put_right_is_told_word_by_word(engine: sa.Engine) -> None:
    """更正, 回访 and 作废 with their contents."""
    d = SmallDistrict(engine)
    number = d.register(FOUND, title="东门外道路破损", place="东门", co_units=("JT",))
    secretary, leader = d.secretary(FOUND), d.leader(FOUND)
    fresh = Correction(title="东门外道路破损约三十米", place="", source=Source.HOTLINE, co_units=("JT", "PD"))
    correct.correct(d.ledger, number, fresh, "实地测量", by=secretary, on=FOUND)
    call_back.record(d.ledger, number, CallBackOutcome.EXPLAINED, "等雨停", by=secretary, on=FOUND)
    call_back.decide(d.ledger, number, by=leader, on=FOUND)
    cancel.cancel(d.ledger, number, "与另一件重复", by=leader, on=FOUND)
    assert [line.split("　", 1)[1] for line in told(d, number)[1:]] == [
        "李明（101）：更正，标题改为“东门外道路破损约三十米”，地点清空，来源改为热线，协办单位变更：濮东街道，理由：实地测量。",
        "李明（101）：回访，已解释说明（等雨停）。",
        "王芳（102）：认定回访结果，已解释说明（等雨停）。",
        "王芳（102）：作废，理由：与另一件重复。",
    ]
