"""时钟回拨: the machine's clock, held against one that only goes forward."""

import time
from collections.abc import Callable

LEAST = 60.0
"""Seconds: what a time server puts right in passing makes nobody wait long."""


class Clock:
    """Notices that the clock of the machine was set back.

    Prefect's services wait until a date of that clock, so that after it was a year ahead they would stand
    still for a year (docket plans by the wall clock). They are started anew then, and with them the runner: a
    run that is just beginning waits for its time by what the server says.
    """

    def __init__(
        self, reads: Callable[[], float] = time.time, goes: Callable[[], float] = time.monotonic
    ) -> None:
        self._reads = reads
        self._goes = goes
        self._ahead = reads() - goes()

    def was_set_back(self) -> bool:
        """Whether it went back by more than a minute since it was asked last."""
        before, self._ahead = self._ahead, self._reads() - self._goes()
        return before - self._ahead > LEAST
