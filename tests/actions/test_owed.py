"""DESIGN section 7: which night is owed, and what a clock that is wrong must not do."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from district import ROUTES
from small_district import SmallDistrict

from xiaohao.actions import night, owed
from xiaohao.errors import WrongDate

SHANGHAI = ZoneInfo("Asia/Shanghai")
LAST = date(2023, 10, 16)


@pytest.fixture
def district(engine: sa.Engine) -> SmallDistrict:
    """One problem that is overdue since 2023-10-13; the last night was that of 2023-10-16."""
    district = SmallDistrict(engine)
    district.register(date(2023, 10, 9))
    night.fire(district.ledger, LAST)
    night.compose(district.ledger, LAST, ROUTES)
    return district


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("now", "on", "nothing"),
    [
        ("2023-10-17 02:00", "2023-10-17", ""),
        ("2023-10-20 09:00", "2023-10-20", ""),  # nights missed before it are made up by this one
        ("2023-11-16 02:00", "2023-11-16", ""),  # 31 days after the last night: still
        ("2023-10-16 02:00", "2023-10-16", "已经完成"),  # a late run: its date is done
        ("2023-10-16 23:00", "2023-10-16", "已经完成"),
        ("2023-10-17 01:59", "2023-10-16", "已经完成"),
        ("2023-10-12 02:00", "2023-10-12", "早于上一次夜间运行的 2023-10-16"),  # set back by days
        ("2013-10-17 02:00", "2013-10-17", "时钟被调慢了"),  # by ten years
    ],
)
def test_what_a_night_without_a_date_does(district: SmallDistrict, now: str, on: str, nothing: str) -> None:
    owing = owed.owing(district.ledger, at(now), most_days=31)
    assert owing.on == date.fromisoformat(on)
    assert nothing in owing.nothing
    assert bool(owing.nothing) == bool(nothing)


def test_a_night_that_died_after_firing_is_gone_on_with(engine: sa.Engine) -> None:
    district = SmallDistrict(engine)
    district.register(date(2023, 10, 9))
    night.fire(district.ledger, LAST)
    assert owed.owing(district.ledger, at("2023-10-16 03:00"), most_days=31).nothing == ""
    night.compose(district.ledger, LAST, ROUTES)
    assert "已经完成" in owed.owing(district.ledger, at("2023-10-16 03:00"), most_days=31).nothing


@pytest.mark.parametrize("now", ["2023-11-17 02:00", "2024-10-17 02:00"])  # 32 days, a year
def test_a_clock_that_is_far_ahead_turns_nothing_red(district: SmallDistrict, now: str) -> None:
    with pytest.raises(WrongDate) as told:
        owed.owing(district.ledger, at(now), most_days=31)
    assert "核对这台机器的时钟" in told.value.message
    assert f"xiaohao nightly --date {now[:10]}" in told.value.message
    assert "上一次夜间运行是 2023-10-16" in told.value.message


def test_what_is_far_is_a_setting(district: SmallDistrict) -> None:
    assert owed.owing(district.ledger, at("2024-10-17 02:00"), most_days=400).nothing == ""


def test_the_first_night_is_owed_whatever_its_date(engine: sa.Engine) -> None:
    owing = owed.owing(SmallDistrict(engine).ledger, at("2033-01-01 02:00"), most_days=31)
    assert (owing.on, owing.last_night, owing.nothing) == (date(2033, 1, 1), None, "")


def test_a_date_that_is_done_but_for_a_scope_is_run_again(district: SmallDistrict) -> None:
    """What was entered, or failed, after the night of the date is taken by a late run of it."""
    district.register(date(2023, 10, 9))
    assert owed.owing(district.ledger, at("2023-10-16 09:00"), most_days=31).nothing == ""
