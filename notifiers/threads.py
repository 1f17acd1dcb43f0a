"""A few threads for libraries that block, and what is known of a notice when the waiting for one ends.

A notice that still waits for a thread, or for a connection, has not gone out; only its sender knows when
that changes, and says so before the first byte (`Departure`). The spans of a channel are together shorter
than the time after which a pass gives a send up as uncertain.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Lock

from notifiers.message import Again, Receipt, Uncertain

WAIT = timedelta(seconds=25)
"""So long a notice waits for one of the threads."""
WITHIN = timedelta(seconds=30)
"""So long a send may last from when it has a thread."""
GRACE = timedelta(seconds=2)
"""So long a send that is broken off has to end."""
_BUSY = "前面的通知还没有发完，这一份没有轮到，尚未发出"
_NOT_YET = "在限定的时间内没有连上，尚未发出"
_GONE = "已发出，未等到应答"


class Departure:
    """Whether a notice has gone out: settled once between its thread and the loop that waits for it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._gone = self._stopped = False

    def leave(self) -> bool:
        """Say that it goes out now. False: nobody waits for it any more, and it may not."""
        with self._lock:
            self._gone = self._gone or not self._stopped
            return not self._stopped

    def stop(self, break_off: Callable[[], None] | None = None) -> bool:
        """From now on it may not go out, where it has not already. Whether `break_off` was called to wake it."""
        with self._lock:
            self._stopped = True
        if break_off is not None:
            break_off()
        return break_off is not None

    @property
    def gone(self) -> bool:
        """Whether it went out, or began to."""
        return self._gone


class Threads:
    """`at_once` threads of a channel. Belongs to one event loop."""

    def __init__(self, at_once: int, name: str, *, wait: timedelta, within: timedelta) -> None:
        """`wait` bounds the time until a thread is free, `within` a send from then on."""
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix=name)
        self._places = asyncio.Semaphore(at_once)
        self._wait, self._within = wait, within

    async def receipt(
        self,
        send: Callable[[Departure], Receipt],
        *,
        break_off: Callable[[], None] | None = None,
    ) -> Receipt:
        """What `send` makes of a notice in a thread, or what is known of it when the time is over.

        A thread that is stuck keeps its place until it ends. `break_off` wakes it, where it can be woken.
        """
        try:
            async with asyncio.timeout(self._wait.total_seconds()):
                await self._places.acquire()
        except TimeoutError:
            return Again(_BUSY)
        departure = Departure()
        done = asyncio.get_running_loop().run_in_executor(self._pool, send, departure)
        done.add_done_callback(lambda _: self._places.release())
        try:
            await asyncio.wait([done], timeout=self._within.total_seconds())
            if not done.done() and departure.stop(break_off):
                await asyncio.wait([done], timeout=GRACE.total_seconds())
        except asyncio.CancelledError:
            departure.stop(break_off)
            raise
        if done.done():
            return done.result()
        return Uncertain(_GONE) if departure.gone else Again(_NOT_YET)

    def close(self, *, wait: bool) -> None:
        """Begin nothing more; with `wait`, return when the last thread has ended."""
        self._pool.shutdown(wait=wait, cancel_futures=not wait)
