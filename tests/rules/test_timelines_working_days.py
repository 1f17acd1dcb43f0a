"""The working days of the timelines by the shipped calendar (decision 45)."""

from datetime import date
from typing import Any

import pytest
from timeline_cases import of_kind

from xiaohao.calendar_file import shipped_days, workdays_of

WORKING_DAYS = of_kind("working_days")


@pytest.mark.parametrize("case", WORKING_DAYS, ids=[case["id"] for case in WORKING_DAYS])
def test_working_days_by_the_shipped_calendar(case: dict[str, Any]) -> None:
    """Each listed day is worked or off as the reference says."""
    calendar = workdays_of(shipped_days())
    seen = [
        {"on": day["on"], "working": calendar.is_working(date.fromisoformat(day["on"]))}
        for day in case["days"]
    ]
    assert seen == case["days"]
