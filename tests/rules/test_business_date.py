"""DESIGN section 7: which night is owed at an instant."""

from datetime import date, datetime

import pytest

from xiaohao.rules import business_date


@pytest.mark.parametrize(
    ("at", "last_night", "expected"),
    [
        ("2023-10-16T02:00:00+08:00", None, "2023-10-16"),  # at 02:00 the day itself
        ("2023-10-16T01:59:59+08:00", None, "2023-10-15"),  # before it the day before
        ("2023-10-16T23:59:59+08:00", "2023-10-15", "2023-10-16"),
        ("2023-10-15T18:00:00+00:00", None, "2023-10-16"),  # the machine's own zone does not matter
        ("2023-10-15T17:59:00+00:00", None, "2023-10-15"),
        ("2023-10-16T00:30:00-07:00", None, "2023-10-16"),
        ("2023-10-20T09:00:00+08:00", "2023-10-16", "2023-10-20"),  # missed nights are not run one by one
        ("2023-10-16T01:00:00+08:00", "2023-10-16", "2023-10-16"),  # it ran early by hand: done already
        ("2024-01-01T01:00:00+08:00", "2023-12-30", "2023-12-31"),
    ],
)
def test_the_newest_night_owed(at: str, last_night: str | None, expected: str) -> None:
    last = None if last_night is None else date.fromisoformat(last_night)
    assert business_date.owed(datetime.fromisoformat(at), last) == date.fromisoformat(expected)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        business_date.owed(datetime(2023, 10, 16, 3))
