"""Lights by unit, and what `status` says."""

import json
from datetime import date

import pytest
import sqlalchemy as sa
from small_district import SmallDistrict, imported

from models.facts import to_json
from xiaohao.actions import seal, suspension
from xiaohao.actions.status import status
from xiaohao.ledger import figures
from xiaohao.ledger.figures import UnitLights
from xiaohao.ledger.tables import HOLDING, NOTICE
from xiaohao.vocabulary import FaultKind, NoticeState, Role, UnitKind

REGISTERED = date(2023, 9, 25)


@pytest.fixture
def district(engine: sa.Engine) -> SmallDistrict:
    """Two red and one yellow in the township's village, one green in the community, one of the district."""
    d = SmallDistrict(engine)
    d.imports(
        REGISTERED,
        [
            imported("道路破损", 3, date(2023, 9, 1)),
            imported("路灯不亮", 2, date(2023, 9, 4)),
            imported("院内积水", 3, date(2023, 9, 21)),
            imported("电梯故障", 5, date(2023, 9, 25)),
            imported("热线答复慢", 1, date(2023, 9, 25)),
            imported("垃圾未清", 5, date(2023, 5, 4), closed_on=date(2023, 5, 8)),
        ],
    )
    return d


def lights(d: SmallDistrict) -> dict[str, UnitLights]:
    with d.ledger.reading() as r:
        return {line.unit: line for line in figures.lights_by_unit(r)}


def test_a_line_counts_the_subtree_most_red_first(district: SmallDistrict) -> None:
    """One line a subdistrict, township or department, and one for what is the district's own."""
    found = lights(district)
    assert list(found) == ["孟轲乡", "华龙区", "濮东街道"]
    assert found["孟轲乡"] == UnitLights(
        code="MK", unit="孟轲乡", kind=UnitKind.TOWNSHIP, red=2, yellow=1, open=3
    )
    assert (found["濮东街道"].green, found["濮东街道"].open, found["濮东街道"].closed) == (1, 1, 0)


def test_suspended_and_applied_are_counted_and_open_is_their_sum(district: SmallDistrict) -> None:
    """An application keeps its light; a suspended problem has none."""
    on = date(2023, 9, 26)
    suspension.grant(
        district.ledger, "HL-2023-0003", on, date(2023, 9, 28), "雨天", by=district.leader(on), on=on
    )
    district.applies("HL-2023-0001", on)
    line = lights(district)["孟轲乡"]
    assert (line.green, line.yellow, line.red, line.suspended, line.applied) == (0, 0, 2, 1, 1)
    assert line.open == line.green + line.yellow + line.red + line.suspended


def test_closed_counts_what_the_last_night_closed(district: SmallDistrict) -> None:
    """Neither what a night before closed nor what came in closed; checkpoints or none."""
    d = district
    for number, on in (("HL-2023-0001", date(2023, 9, 26)), ("HL-2023-0003", date(2023, 9, 27))):
        d.applies(number, on)
        d.verifies(number, on)
        d.night(on)
        assert lights(d)["孟轲乡"].closed == 1
        seal.seal(d.ledger)
        assert lights(d)["孟轲乡"].closed == 1
    d.night(date(2023, 9, 28))
    assert lights(d)["孟轲乡"].closed == 0


def test_status_before_the_first_night(engine: sa.Engine) -> None:
    """Nothing ran, nothing is owed."""
    view = status(SmallDistrict(engine).ledger, REGISTERED)
    assert (view.last_night, view.missed, view.untold, view.lights) == (None, (), 0, ())
    assert (view.notices.waiting, view.notices.dead, view.faults) == (0, 0, ())


def test_status_tells_missed_nights_written_down_or_not(district: SmallDistrict) -> None:
    """26 and 27 September were missed and written down by the next night; the 29th is owed."""
    district.night(REGISTERED)
    district.night(date(2023, 9, 28))
    view = status(district.ledger, date(2023, 9, 30))
    assert view.last_night == date(2023, 9, 28)
    assert view.missed == (date(2023, 9, 26), date(2023, 9, 27), date(2023, 9, 29))
    assert status(district.ledger, date(2023, 11, 15)).missed[0] == date(2023, 9, 29)


def test_status_tells_what_nobody_could_be_told(district: SmallDistrict) -> None:
    """With nobody up to the supervisor the step stays untold and visible, with its fault (49)."""
    with district.ledger.quiet_writing() as conn:
        conn.execute(HOLDING.update().values(until_on=date(2023, 9, 20)))
    district.night(date(2023, 9, 26))
    view = status(district.ledger, date(2023, 9, 26))
    assert [line.number for line in view.untold_problems] == ["HL-2023-0001", "HL-2023-0002", "HL-2023-0003"]
    assert (view.untold_problems[0].level, view.untold_problems[0].unit) == (3, "杨干城村")
    assert view.untold > len(view.untold_problems)
    assert FaultKind.NOBODY_TO_TELL in {fault.kind for fault in view.faults}
    assert ("HL", Role.SUPERVISOR, date(2023, 9, 20)) in {
        (v.code, v.role, v.last_held_on) for v in view.vacancies
    }


def test_status_counts_notices_by_what_they_wait_for(district: SmallDistrict) -> None:
    """Dead, uncertain, held; queued, leased and again wait."""
    district.night(date(2023, 9, 26))
    district.nights(date(2023, 9, 27), date(2023, 9, 28))
    with district.ledger.quiet_writing() as conn:
        ids = list(conn.execute(sa.select(NOTICE.c.id).order_by(NOTICE.c.id)).scalars())
        for notice, state in zip(ids, (NoticeState.DEAD, NoticeState.UNCERTAIN), strict=False):
            conn.execute(NOTICE.update().where(NOTICE.c.id == notice).values(state=state))
    counts = status(district.ledger, date(2023, 9, 28)).notices
    assert (counts.dead, counts.uncertain, counts.held, counts.waiting) == (1, 1, 0, len(ids) - 2)


def test_status_foretells_vacancies_and_is_json(district: SmallDistrict) -> None:
    """The community's secretary ends on 31 October, 30 days after 1 October."""
    assert status(district.ledger, date(2023, 9, 30)).foretold == ()
    view = status(district.ledger, date(2023, 10, 1))
    (line,) = view.foretold
    assert (line.unit, line.role, line.official, line.last_day) == (
        "静和苑社区",
        Role.SECRETARY,
        "刘洋",
        date(2023, 10, 31),
    )
    body = json.loads(to_json(view))
    assert body["foretold"][0]["last_day"] == "2023-10-31"
    assert body["lights"][0]["red"] == 2


def test_the_policys_posts_are_vacant_without_any_row(district: SmallDistrict) -> None:
    """The department has neither secretary nor leader; a village without a clerk lacks nothing."""
    vacancies = {(v.unit, v.role) for v in status(district.ledger, REGISTERED).vacancies}
    assert {("区交通局", Role.SECRETARY), ("区交通局", Role.LEADER)} <= vacancies
    assert ("静和苑社区", Role.CLERK) not in vacancies
