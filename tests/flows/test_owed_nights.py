"""Nights without a date, through Prefect: the newest owed is run, a late one ends at once, a wrong clock is refused."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from prefect.client.schemas.objects import State
from small_district import SmallDistrict

from flows.nightly import Handed, nightly
from flows.recheck import RecheckForm, recheck
from xiaohao import bootstrap
from xiaohao.actions import night, owed
from xiaohao.errors import WrongDate
from xiaohao.ledger import runs
from xiaohao.ledger.tables import FIRING

pytestmark = pytest.mark.xdist_group("prefect")
Logs = Callable[[State[Any]], list[str]]


def newest(district: SmallDistrict) -> date:
    return owed.owed(district.ledger, bootstrap.now())


def test_a_machine_that_was_off_makes_up_the_newest_night_and_writes_the_others_down(
    office_engine: sa.Engine, run_logs: Logs
) -> None:
    """The late runs that follow end at once, each saying so."""
    district = SmallDistrict(office_engine)
    on = newest(district)
    night.fire(district.ledger, on - timedelta(days=3))
    district.register(on - timedelta(days=20))
    first = nightly(return_state=True)
    done = first.result()
    assert isinstance(done, Handed)
    assert (done.night.business_date, done.night.red) == (on, 1)
    assert done.night.missed == (on - timedelta(days=2), on - timedelta(days=1))
    late = nightly(return_state=True)
    assert late.is_completed()
    assert late.message == f"{on} 的夜间运行已经完成，没有再运行。"
    assert late.message in run_logs(late)
    with district.ledger.reading() as r:
        assert runs.missed(r) == [on - timedelta(days=2), on - timedelta(days=1)]
        assert runs.last_night(r) == on


def test_a_clock_that_was_set_back_ends_the_night_at_once(office_engine: sa.Engine) -> None:
    district = SmallDistrict(office_engine)
    district.register(date(2023, 10, 9))
    before = fired(office_engine)
    night.fire(district.ledger, newest(district) + timedelta(days=5))  # written while the clock was right
    steps = fired(office_engine)
    state = nightly(return_state=True)
    assert state.is_completed()
    assert "时钟被调慢了" in str(state.message)
    assert fired(office_engine) == steps != before


def test_a_clock_that_is_a_year_ahead_turns_nothing_red(office_engine: sa.Engine) -> None:
    """Neither a night without a date nor a recheck without one; with a date a person answers for it."""
    district = SmallDistrict(office_engine)
    night.fire(district.ledger, newest(district) - timedelta(days=365))
    district.register(newest(district) - timedelta(days=360))
    for state in (nightly(return_state=True), recheck(return_state=True)):
        assert isinstance(state.result(raise_on_failure=False), WrongDate)
        assert "核对这台机器的时钟" in str(state.message)
    assert fired(office_engine) == 0
    assert recheck(RecheckForm(business_date=newest(district)), return_state=True).is_completed()
    assert fired(office_engine) > 0


def fired(engine: sa.Engine) -> int:
    with engine.connect() as conn:
        return int(conn.execute(sa.select(sa.func.count()).select_from(FIRING)).scalar_one())
