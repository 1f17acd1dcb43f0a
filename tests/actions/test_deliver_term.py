"""A pass ends in time, whatever becomes of the clock."""

import asyncio
import time
from datetime import timedelta

from sending_office import MINUTE, NOON

from xiaohao.actions.deliver_term import Term


def test_a_clock_that_is_set_back_makes_no_pass_longer() -> None:
    clock = [NOON]
    term = Term(lambda: clock[0], lasts=timedelta(seconds=0.5))
    clock[0] -= timedelta(days=400)
    assert not term.is_over
    time.sleep(0.55)
    assert term.is_over


def test_it_is_over_by_the_clock_and_waits_for_nothing_after_its_end() -> None:
    clock, waited = [NOON], list[float]()

    async def pause(seconds: float) -> None:
        waited.append(seconds)
        clock[0] += timedelta(seconds=seconds)

    term = Term(lambda: clock[0], lasts=4 * MINUTE, pause=pause)
    assert asyncio.run(term.wait_until(NOON + 3 * MINUTE))
    assert not asyncio.run(term.wait_until(NOON + 5 * MINUTE))
    assert asyncio.run(term.wait_until(NOON)), "what has passed is there"
    assert waited == [180, 0]
    assert not term.is_over
    clock[0] += MINUTE
    assert term.is_over
