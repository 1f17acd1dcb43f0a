"""`people`: posts, holders, deputies and vacancies of a day."""

import json
from datetime import date

import sqlalchemy as sa
from small_district import SmallDistrict

from models.facts import to_json
from xiaohao.actions.people import masked, people
from xiaohao.vocabulary import Role


def test_units_with_their_posts_in_the_order_of_the_ladder(engine: sa.Engine) -> None:
    """Codes and full names, so that one can type them; of a mobile only the last four digits."""
    view = people(SmallDistrict(engine).ledger, date(2023, 10, 1))
    assert [(u.code, u.unit, u.parent) for u in view.units][:3] == [
        ("HL", "华龙区", None),
        ("MK", "孟轲乡", "华龙区"),
        ("YGC", "杨干城村", "孟轲乡"),
    ]
    clerk, secretary = view.units[2].posts
    assert (clerk.role, clerk.code, clerk.name) == (Role.CLERK, "104", "陈静")
    assert (secretary.role, secretary.mobile, secretary.until_on) == (Role.SECRETARY, "*******1001", None)
    assert "1990000" not in to_json(view)
    assert json.loads(to_json(view))["units"][2]["posts"][1]["role"] == "secretary"


def test_a_deputy_is_shown_on_his_days_only(engine: sa.Engine) -> None:
    """Both days inclusive."""
    d = SmallDistrict(engine)
    d.stands_in(1, 7, date(2023, 10, 10), date(2023, 10, 12))
    names = {
        day: [each.name for each in people(d.ledger, date(2023, 10, day)).units[2].posts[1].deputies]
        for day in (9, 10, 12, 13)
    }
    assert names == {9: [], 10: ["周涛"], 12: ["周涛"], 13: []}


def test_a_post_that_ended_is_vacant_and_says_since_when(engine: sa.Engine) -> None:
    """On its last day it is held and foretold, on the day after it is vacant."""
    ledger = SmallDistrict(engine).ledger
    last, after = people(ledger, date(2023, 10, 31)), people(ledger, date(2023, 11, 1))
    assert [(line.code, line.last_day) for line in last.foretold] == [("JH", date(2023, 10, 31))]
    assert ("JH", Role.SECRETARY, date(2023, 10, 31)) not in {
        (v.code, v.role, v.last_held_on) for v in last.vacancies
    }
    assert ("JH", Role.SECRETARY, date(2023, 10, 31)) in {
        (v.code, v.role, v.last_held_on) for v in after.vacancies
    }
    assert after.foretold == ()
    (post,) = next(unit for unit in after.units if unit.code == "JH").posts
    assert (post.name, post.mobile, post.active) == (None, None, False)


def test_a_short_or_missing_number_is_masked_too() -> None:
    """Never more than the last four."""
    assert [masked(number) for number in (None, "", "1004", "19900001004")] == [
        None,
        None,
        "1004",
        "*******1004",
    ]
