"""整改措施."""

from datetime import date

from builders import a_problem
from district import District

from xiaohao.actions import measure
from xiaohao.errors import Incomplete, MoveNotAllowed, NotFound, WrongDate
from xiaohao.vocabulary import Action

DAY = date(2026, 11, 3)


def test_measures_are_added_and_done(staffed: District) -> None:
    staffed.has(a_problem("HL-1", measures=["修补路面"]))
    by = staffed.who("陈静")
    with staffed.leaves_one_entry(Action.MEASURE):
        place = measure.add(
            staffed.ledger, "HL-1", " 加装路灯 ", by=by, on=DAY, due_on=date(2026, 11, 10), owner="村委会"
        )
    with staffed.leaves_one_entry(Action.MEASURE):
        measure.done(staffed.ledger, "HL-1", place, by=by, on=date(2026, 11, 5))
    first, second = staffed.shows().measure
    assert (first["text"], first["done_on"]) == ("修补路面", None)
    assert (second["text"], second["due_on"], second["done_on"], second["owner"]) == (
        "加装路灯",
        date(2026, 11, 10),
        date(2026, 11, 5),
        "村委会",
    )


def test_a_measure_is_done_once(staffed: District) -> None:
    staffed.has(a_problem("HL-1", measures=["修补路面"]))
    measure.done(staffed.ledger, "HL-1", 1, by=staffed.who("陈静"), on=DAY)
    with staffed.refuses(MoveNotAllowed, "第 1 条措施“修补路面”已于 2026-11-03 完成"):
        measure.done(staffed.ledger, "HL-1", 1, by=staffed.who("陈静"), on=date(2026, 11, 4))


def test_an_unknown_position_is_told_what_there_is(staffed: District) -> None:
    staffed.has(a_problem("HL-1", measures=["修补路面", "加装路灯"]), a_problem("HL-2", title="路灯不亮"))
    with staffed.refuses(NotFound, "没有第 3 条措施", "1 修补路面；2 加装路灯"):
        measure.done(staffed.ledger, "HL-1", 3, by=staffed.who("陈静"), on=DAY)
    with staffed.refuses(NotFound, "还没有整改措施"):
        measure.done(staffed.ledger, "HL-2", 1, by=staffed.who("陈静"), on=DAY)


def test_a_measure_has_a_text_and_a_day_in_order(staffed: District) -> None:
    staffed.has(a_problem("HL-1"))
    with staffed.refuses(Incomplete, "整改措施"):
        measure.add(staffed.ledger, "HL-1", " ", by=staffed.who("陈静"), on=DAY)
    with staffed.refuses(WrongDate, "2026-11-02"):
        measure.add(staffed.ledger, "HL-1", "修补路面", by=staffed.who("陈静"), on=date(2026, 11, 1))


def test_another_unit_adds_no_measures(staffed: District) -> None:
    staffed.has(a_problem("HL-1"))
    with staffed.refuses(MoveNotAllowed, "刘芳", "不能办理“整改措施”"):
        measure.add(staffed.ledger, "HL-1", "修补路面", by=staffed.who("刘芳"), on=DAY)
