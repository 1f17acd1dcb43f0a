"""How long one pass over the outbox takes up new work."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

LASTS = timedelta(minutes=4)
"""The next pass is five minutes later and there is one at a time: what comes meanwhile waits no longer."""
Pause = Callable[[float], Awaitable[None]]


class Term:
    """The time in which a pass claims and asks; what is under way then is brought to its end.

    It is measured by the pass's clock and by one that nobody sets, for the first may be set back.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        lasts: timedelta = LASTS,
        pause: Pause = asyncio.sleep,
    ) -> None:
        """`now` tells the instant (aware); `pause` lets so many seconds go by."""
        self._now, self._lasts, self._pause = now, lasts, pause
        self._began, self._moment = now(), time.monotonic()

    @property
    def left(self) -> timedelta:
        """How much of it is left; nothing or less when it is over."""
        by_clock = self._now() - self._began
        return self._lasts - max(by_clock, timedelta(seconds=time.monotonic() - self._moment))

    @property
    def is_over(self) -> bool:
        """Whether nothing new may begin."""
        return self.left <= timedelta()

    async def wait_until(self, at: datetime) -> bool:
        """Let the time go by until `at` (aware); False, at once, where the pass ends before."""
        wait = at - self._now()
        if wait > self.left:
            return False
        await self._pause(max(0.0, wait.total_seconds()))
        return True
