"""更正."""

from datetime import date

import pytest
from builders import BUREAU, COMMUNITY, SUBDISTRICT, TOWNSHIP, VILLAGE, a_problem
from district import District

from xiaohao.actions.correct import Correction, correct
from xiaohao.errors import Incomplete, MoveNotAllowed, NotFound, Refused
from xiaohao.vocabulary import Action, RectificationClass, Source

DAY = date(2026, 11, 3)


def corrects(district: District, correction: Correction, reason: str = "笔误", by: str = "陈静") -> None:
    correct(district.ledger, "HL-1", correction, reason, by=district.who(by), on=DAY)


def test_texts_are_put_right_and_the_clock_is_left_alone(staffed: District) -> None:
    staffed.has(a_problem("HL-1"))
    before = staffed.shows()
    with staffed.leaves_one_entry(Action.CORRECT):
        corrects(
            staffed,
            Correction(
                title=" 西门外 道路破损 ",
                place="西门",
                source=Source.HOTLINE,
                found_by_unit=TOWNSHIP,
                category="道路",
            ),
        )
    after = staffed.shows()
    assert (after.title, after.title_key, after.place) == ("西门外 道路破损", "西门外道路破损", "西门")
    changed = {name for name in vars(before) if getattr(before, name) != getattr(after, name)}
    assert changed == {"title", "title_key", "place", "source", "found_by_unit_id", "category", "version"}
    corrects(staffed, Correction(place=""))
    assert staffed.shows().place is None


@pytest.mark.parametrize(
    ("correction", "act"),
    [
        (Correction(due_on=date(2026, 12, 1)), "extension ask"),
        (Correction(unit=COMMUNITY), "reassign"),
        (Correction(found_on=date(2026, 11, 1)), "cancel"),
        (Correction(rectification_class=RectificationClass.LONG_TERM), "变更整改类型"),
    ],
)
def test_what_has_an_act_of_its_own_is_never_corrected(
    staffed: District, correction: Correction, act: str
) -> None:
    staffed.has(a_problem("HL-1"))
    with staffed.refuses(MoveNotAllowed, "不能直接更正", act):
        corrects(staffed, correction)


def test_everything_that_is_missing_is_said_at_once(staffed: District) -> None:
    staffed.has(a_problem("HL-1"))
    with staffed.refuses(Incomplete, "要更正的内容、更正理由"):
        corrects(staffed, Correction(), reason=" ")
    with staffed.refuses(Incomplete, "问题描述（不能为空）、更正理由"):
        corrects(staffed, Correction(title=" "), reason="")


def test_what_is_so_already_is_no_correction(staffed: District) -> None:
    staffed.has(a_problem("HL-1", title="东门外道路破损", co_units=[BUREAU]))
    with staffed.refuses(Refused, "现有的相同"):
        corrects(staffed, Correction(title="东门外道路破损", co_units=[BUREAU]))


def test_an_external_number_stays_unique(staffed: District) -> None:
    staffed.has(a_problem("HL-1"), a_problem("HL-2", title="路灯不亮"))
    with staffed.refuses(Refused, "编号“HL-2”已是同一填报单位另一个问题的编号"):
        corrects(staffed, Correction(external_number="HL-2"))


def test_co_organising_units_are_exchanged_and_added(staffed: District) -> None:
    staffed.has(a_problem("HL-1", co_units=[BUREAU, SUBDISTRICT]))
    corrects(staffed, Correction(co_units=[SUBDISTRICT, COMMUNITY, TOWNSHIP]))
    with staffed.ledger.reading() as r:
        names = dict(r.conn.exec_driver_sql("SELECT id, name FROM unit").all())
    seen = [(row["position"], names[row["unit_id"]]) for row in staffed.shows().co_unit]
    assert seen == [(1, COMMUNITY), (2, SUBDISTRICT), (3, TOWNSHIP)]
    with staffed.refuses(Refused, "不能减少"):
        corrects(staffed, Correction(co_units=[SUBDISTRICT]))
    with staffed.refuses(Refused, f"{VILLAGE}是问题", "不能又是协办单位"):
        corrects(staffed, Correction(co_units=[SUBDISTRICT, COMMUNITY, TOWNSHIP, VILLAGE]))


def test_units_are_known_and_the_corrector_has_a_post(staffed: District) -> None:
    staffed.has(a_problem("HL-1"))
    with staffed.refuses(NotFound, "没有“无此单位”这个单位"):
        corrects(staffed, Correction(found_by_unit="无此单位"))
    with staffed.refuses(MoveNotAllowed, "刘芳"):
        corrects(staffed, Correction(place="西门"), by="刘芳")
