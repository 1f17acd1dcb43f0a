"""Threads of a channel: what is known of a notice when the waiting for one ends."""

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from notifiers import threads
from notifiers.message import Accepted, Again, Receipt, Uncertain
from notifiers.threads import Departure, Threads
from xiaohao.actions.deliver_channel import SEND_WITHIN

MOMENT = timedelta(seconds=0.1)


def receipts(*sends: Callable[[Departure], Receipt], at_once: int = 1) -> list[Receipt]:
    async def run() -> list[Receipt]:
        of = Threads(at_once, "test", wait=MOMENT, within=MOMENT)
        try:
            return list(await asyncio.gather(*(of.receipt(send) for send in sends)))
        finally:
            of.close(wait=False)

    return asyncio.run(run())


def test_all_spans_together_end_before_the_pass_calls_it_uncertain() -> None:
    assert threads.WAIT + threads.WITHIN + threads.GRACE < SEND_WITHIN


@pytest.mark.parametrize(("leaves", "expected"), [(True, Uncertain), (False, Again)])
def test_a_stuck_send_is_uncertain_only_where_it_went_out(leaves: bool, expected: type) -> None:
    end = threading.Event()
    left: list[bool] = []

    def stuck(departure: Departure) -> Receipt:
        if leaves:
            left.append(departure.leave())
        end.wait(5)
        left.append(departure.leave())
        return Accepted()

    async def run() -> Receipt:
        of = Threads(1, "test", wait=MOMENT, within=MOMENT)
        receipt = await of.receipt(stuck)
        end.set()
        of.close(wait=True)
        return receipt

    assert isinstance(asyncio.run(run()), expected)
    assert left[-1] is False  # nothing leaves after the receipt


def test_a_send_that_ends_while_it_is_broken_off_tells_its_own_end() -> None:
    end = threading.Event()

    def woken(_: Departure) -> Receipt:
        end.wait(5)
        return Accepted("known")

    async def run() -> Receipt:
        of = Threads(1, "test", wait=MOMENT, within=MOMENT)
        try:
            return await of.receipt(woken, break_off=end.set)
        finally:
            of.close(wait=True)

    assert asyncio.run(run()) == Accepted("known")


def test_a_place_is_free_again_when_a_send_ends() -> None:
    def quick(departure: Departure) -> Receipt:
        assert departure.leave()
        return Accepted()

    assert receipts(*[quick] * 20) == [Accepted()] * 20
