"""Digest items and facts with good defaults: a test names only what it is about.

The business date is Tuesday 24 November 2026.
"""

from dataclasses import replace
from datetime import date
from typing import Any

from models.facts import DigestFacts, DigestItem
from xiaohao.vocabulary import Light, RectificationClass, Role, StepKind

TONIGHT = date(2026, 11, 24)
ROAD = DigestItem(
    number="HL-2026-0007",
    title="小区东门道路破损",
    unit="四季花城社区",
    kind=StepKind.ESCALATION,
    rectification_class=RectificationClass.IMMEDIATE,
    light=Light.RED,
    level=1,
    repeat=0,
    due_on=date(2026, 11, 20),
    days_overdue=4,
    crossed_on=date(2026, 11, 24),
    next_on=date(2026, 11, 25),
    next_role=Role.LEADER,
    next_unit="孟轲乡",
)
PIPES = DigestItem(
    number="HL-2026-0031",
    title="供水管道老化",
    unit="四季花城社区",
    kind=StepKind.WARNING,
    rectification_class=RectificationClass.TIME_LIMITED,
    light=Light.YELLOW,
    level=0,
    repeat=0,
    due_on=date(2026, 11, 27),
    days_overdue=0,
    crossed_on=date(2026, 11, 24),
    next_on=date(2026, 11, 28),
    next_role=Role.SECRETARY,
    next_unit="四季花城社区",
)


def overdue(number: str = ROAD.number, **but: Any) -> DigestItem:
    """An overdue immediate problem at level 1."""
    return replace(ROAD, number=number, **but)


def near(number: str = PIPES.number, **but: Any) -> DigestItem:
    """A time-limited problem under warning, due in three days."""
    return replace(PIPES, number=number, **but)


def digest_of(*items: DigestItem, **but: Any) -> DigestFacts:
    """A digest for the secretary of 四季花城社区."""
    given: dict[str, Any] = {
        "business_date": TONIGHT,
        "recipient": "王建国",
        "recipient_code": "G0007",
        "roles": (Role.SECRETARY,),
        "unit": "四季花城社区",
        "items": items,
    }
    return DigestFacts(**{**given, **but})
