"""The delivery window, and how long a failed try waits."""

from datetime import UTC, datetime, time, timedelta

import pytest

from xiaohao.calendar_file import shipped_days, workdays_of
from xiaohao.rules.delivery import (
    MOST_UNSURE,
    STANDARD,
    DeliveryRules,
    back_off,
    day_start,
    next_probe,
    seldom,
)

CALENDAR = workdays_of(shipped_days())
MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    """An instant by Shanghai's clock."""
    return datetime.fromisoformat(f"{text}+08:00")


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-24T02:00", "2026-11-24T08:00"),  # Tuesday's night
        ("2026-11-24T08:00", "2026-11-24T08:00"),
        ("2026-11-24T19:59", "2026-11-24T19:59"),
        ("2026-11-24T20:00", "2026-11-25T08:00"),  # the end is not part of it
        ("2026-11-28T12:00", "2026-11-30T08:00"),  # Saturday
        ("2026-10-01T09:00", "2026-10-08T08:00"),  # the National Day
        ("2026-10-10T09:00", "2026-10-10T09:00"),  # a Saturday that is worked (调休)
    ],
)
def test_the_window_opens_at_eight_on_working_days(now: str, opens: str) -> None:
    assert STANDARD.opens_at(at(now), CALENDAR) == at(opens)
    assert STANDARD.opens_at(at(now).astimezone(UTC), CALENDAR) == at(opens), (
        "whatever the zone it is said in"
    )


def test_an_office_may_send_every_day_and_at_other_hours() -> None:
    rules = DeliveryRules(opens=time(7, 30), closes=time(22), working_days=False)
    assert rules.opens_at(at("2026-11-28T21:00"), CALENDAR) == at("2026-11-28T21:00")
    assert rules.opens_at(at("2026-11-28T22:00"), CALENDAR) == at("2026-11-29T07:30")


def test_what_is_over_the_cap_waits_for_the_next_working_day() -> None:
    assert STANDARD.next_day(at("2026-11-27T09:00"), CALENDAR) == at("2026-11-30T08:00")


def test_a_day_begins_in_shanghai() -> None:
    assert day_start(datetime(2026, 11, 23, 17, tzinfo=UTC)) == at("2026-11-24T00:00")


@pytest.mark.parametrize(
    ("tries", "minutes"), [(1, 1), (2, 3), (3, 9), (4, 27), (5, 81), (6, 243), (7, 360), (8, 360), (99, 360)]
)
def test_each_failure_waits_three_times_as_long_up_to_six_hours(tries: int, minutes: int) -> None:
    assert back_off(tries, dice=0.5) == minutes * MINUTE
    assert back_off(tries, dice=0.0) == 0.8 * minutes * MINUTE
    assert back_off(tries, dice=1.0) == 1.2 * minutes * MINUTE


def test_a_receiver_that_names_a_time_is_not_asked_earlier() -> None:
    assert back_off(1, dice=0.5, at_least=timedelta(hours=2)) == timedelta(hours=2)
    assert back_off(8, dice=0.5, at_least=timedelta(hours=2)) == timedelta(hours=6)


def test_all_tries_together_last_a_working_day_and_no_longer() -> None:
    """Then the next channel has its turn; the wait after the last try is none."""
    total = sum((back_off(n, dice=0.5) for n in range(1, STANDARD.tries)), timedelta())
    assert timedelta(hours=10) < total < timedelta(hours=14)


def test_tries_that_may_each_arrive_are_few_and_far_between() -> None:
    waits = [seldom(n, dice=0.5) for n in range(1, MOST_UNSURE)]
    assert waits == [9 * MINUTE, 243 * MINUTE]
    assert seldom(MOST_UNSURE, dice=0.5) == 360 * MINUTE


def test_a_parked_channel_is_tried_again_less_and_less_often() -> None:
    assert [next_probe(n) for n in (0, 1, 2, 3, 9)] == [
        10 * MINUTE,
        30 * MINUTE,
        60 * MINUTE,
        180 * MINUTE,
        180 * MINUTE,
    ]
