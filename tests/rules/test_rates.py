"""When one more send fits under a channel's limits."""

from datetime import UTC, datetime, timedelta

from xiaohao.rules.rates import DAY, LIMITS, LONGEST, MINUTE, SECOND, Rate, earliest
from xiaohao.vocabulary import Channel

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


def before(*seconds: float) -> list[datetime]:
    """Instants so many seconds before now, the oldest first."""
    return [NOW - timedelta(seconds=each) for each in sorted(seconds, reverse=True)]


def test_up_to_the_count_everything_fits() -> None:
    assert earliest((Rate(3, MINUTE),), before(2, 1), [], NOW) == NOW


def test_one_more_fits_when_the_oldest_of_the_count_is_out_of_sight() -> None:
    at = earliest((Rate(3, MINUTE),), before(50, 30, 1), [], NOW)
    assert at == NOW + timedelta(seconds=10) + timedelta(seconds=3), "with the margin"
    assert earliest((Rate(3, MINUTE),), before(64, 63, 63), [], NOW) == NOW


def test_the_strictest_of_several_limits_decides() -> None:
    rates = (Rate(5, SECOND), Rate(6, MINUTE))
    assert earliest(rates, before(40, 0, 0, 0, 0, 0), [], NOW) == NOW + timedelta(seconds=23)


def test_a_shared_limit_counts_everybody() -> None:
    rates = (Rate(5, MINUTE), Rate(2, SECOND, shared=True))
    assert earliest(rates, [], before(0.5, 0.2), NOW) == NOW + timedelta(seconds=0.7)


def test_planned_sends_count_too_so_a_queue_is_spread() -> None:
    sent: list[datetime] = []
    for _ in range(7):
        sent.append(earliest((Rate(3, MINUTE),), sent, sent, NOW))
    waits = [(each - NOW).total_seconds() for each in sent]
    assert waits == [0, 0, 0, 63, 63, 63, 126]


def test_every_robot_and_application_has_its_limits_and_files_have_none() -> None:
    assert LIMITS[Channel.WECOM_ROBOT] == (Rate(20, MINUTE),)
    assert {Channel.FILE, Channel.CONSOLE, Channel.WEBHOOK}.isdisjoint(LIMITS)
    assert LONGEST > DAY
