"""An explanation says what the timetable does: held against every timeline, night by night."""

from datetime import date
from typing import Any

import pytest
from replay import Life
from timeline_cases import base_workdays, nights, of_kind, policy

from xiaohao.rules.clock import Rules
from xiaohao.rules.explanation import Basis
from xiaohao.rules.ladder import Org
from xiaohao.rules.reasons import District, Reasons
from xiaohao.rules.timetable import SETTLED
from xiaohao.vocabulary import RectificationClass, Status, UnitKind

TIMELINES = of_kind("timeline")
NOBODY = District(Org({1: UnitKind.DISTRICT}, {1: None}, ()), {1: "华龙区"}, {})


@pytest.mark.parametrize("case", TIMELINES, ids=[case["id"] for case in TIMELINES])
def test_reasons_agree_with_the_timeline(case: dict[str, Any]) -> None:
    """The day-by-day counts end on the ledger's days; the steps are the timetable's; nothing is left out."""
    life = Life.begun(case["problem"], Rules(policy("shipped"), base_workdays()))
    listed = {entry["night"] for entry in case["expect"]}
    acts = list(case["acts"])
    for night in nights(case):
        while acts and date.fromisoformat(acts[0]["on"]) <= night:
            life.act(acts.pop(0))
        life.night(night)
        if night.isoformat() in listed:
            check(life, night)


def check(life: Life, on: date) -> None:
    clock = life.clock
    reasons = Reasons(clock, life.rules, frozenset(life.keys()), on)
    deadline, review, take_up = reasons.deadline("限期"), reasons.review(), reasons.take_up()
    if deadline.count is not None:
        assert deadline.count.last == clock.due_on
        assert deadline.count.days[-1].on == deadline.count.end
    if deadline.moved:
        assert not any(life.rules.workdays.is_working(d.on) for d in deadline.moved if d.why != "中止")
    assert (review is None) is (clock.rectification_class is not RectificationClass.LONG_TERM)
    if review is not None:
        assert review.count.last == clock.review_on
    if take_up is not None and deadline.basis is not Basis.EXTENSION:
        assert take_up.count is not None
        assert take_up.count.last == clock.take_up_by
    steps = reasons.steps()
    for line in steps:
        if line.count is not None:
            assert (line.count.last, line.count.days[-1].on) == (line.on, line.on), line.how
            assert line.count.days[-1].counted
    recorded = [line for line in steps if line.on <= on]
    if clock.status not in SETTLED:
        assert all(line.recorded for line in recorded)
    upcoming = reasons.next(NOBODY, 1)
    days = [line.on for line in upcoming]
    assert days == sorted(days)
    if clock.status in SETTLED:
        assert not upcoming
    elif clock.status is not Status.VERIFIED and clock.next_event_on is not None:
        assert any(day >= clock.next_event_on for day in days)
        steps_next = [line.on for line in steps if line.on > on]
        assert not steps_next or steps_next[0] >= clock.next_event_on
