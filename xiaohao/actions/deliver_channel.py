"""发送 on one channel: claims and commits overlap with sends, and no channel waits for another.

Senders take leased notices from a queue; a turn, one transaction in the pass's database thread, settles what
came back and claims more when the queue runs low.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from notifiers.message import Accepted, Again, Channel, Misconfigured, Receipt, Refused, Uncertain
from xiaohao.actions import deliver_claim, deliver_settle
from xiaohao.actions.deliver_claim import Claimed, Means, Outgoing, Plans
from xiaohao.actions.deliver_settle import Result
from xiaohao.actions.deliver_term import Term
from xiaohao.errors import LedgerBusy, Unreachable
from xiaohao.ledger import sendings
from xiaohao.ledger.writing import Writing
from xiaohao.rules import rates

T = TypeVar("T")
AT_ONCE = 20
CLAIM = 40
"""Notices claimed in one turn: enough to keep the senders busy while it commits, and few to be unsure of."""
SETTLE_AT = 20
LONGEST_UNSETTLED = 0.2
"""Seconds after which even a single result is written."""
SEND_WITHIN = timedelta(seconds=60)
"""No send lasts longer, whatever the channel does; shorter than a lease."""
SETTLE_WITHIN = timedelta(seconds=60)
"""So long before the end of a lease a send must have ended, for another writer may hold the ledger up."""
MOST_IN_A_ROW = 20
"""Failures without a success between them after which the channel is left alone until the next pass."""
ENOUGH_FREE = AT_ONCE // 2
"""Senders that are free before a channel with limits claims for them."""
BUSY_TRIES = 4
BUSY_TRIES_WITH_RESULTS = 12
"""Each waits 15 seconds for another writer: three minutes, for what is not written is sent again."""


class Database(Protocol):
    """The one thread of a pass that speaks to the ledger."""

    def __call__(self, work: Callable[[Writing], T]) -> Awaitable[T]:
        """Run `work` in a write transaction of its own."""


@dataclass
class Tally:
    """What one channel's part of a pass came to."""

    results: list[Result] = field(default_factory=list)
    postponed: set[int] = field(default_factory=set)
    ended: list[str] = field(default_factory=list)
    is_parked: bool = False
    gave_up: str = ""

    @property
    def waiting(self) -> int:
        """How many notices were due and got a later time."""
        return len(self.postponed.difference(each.outgoing.id for each in self.results))


class Line:
    """One channel's part of a pass."""

    def __init__(
        self,
        means: Means,
        channel: Channel,
        database: Database,
        *,
        now: Callable[[], datetime],
        term: Term,
        progress: Callable[[int], None],
    ) -> None:
        self.tally = Tally()
        self._means, self._channel, self._database = means, channel, database
        self._now, self._term, self._progress = now, term, progress
        self._has_limits = channel.name in rates.LIMITS
        self._queue: asyncio.Queue[Outgoing] = asyncio.Queue()
        self._done: list[Result] = []
        self._moved = asyncio.Event()
        self._open = 0
        self._drained = False
        self._stopped = ""
        self._in_a_row = 0
        self._has_heard = False
        self._looked_at, self._seen = 0, -1
        self._plans = Plans()

    async def run(self) -> None:
        """Send what may go out now; each notice is tried once. Raises LedgerBusy and LedgerUnreachable."""
        senders = [asyncio.create_task(self._send_on()) for _ in range(AT_ONCE)]
        try:
            while await self._goes_on():
                await self._turn()
                await self._worth_a_turn()
        finally:
            for sender in senders:
                sender.cancel()
            await asyncio.gather(*senders, return_exceptions=True)
            await self._save()

    async def _save(self) -> None:
        """Write what came back before the pass broke off, so that it is not sent once more."""
        if self._done:
            with contextlib.suppress(Unreachable):
                await self._database(lambda w: self._in_one(w, self._done, 0))

    async def _goes_on(self) -> bool:
        if not self._drained or self._open:
            return True
        if self._stopped or self.tally.is_parked or self._looked_at == self._seen:
            return False
        return await self._has_room_later()

    async def _has_room_later(self) -> bool:
        """Wait for the next send that a rate lets through, where that is within the pass."""
        planned = self._plans.all_after(self._now())
        if not planned or not await self._term.wait_until(planned[0]):
            return False
        self._seen, self._drained = self._looked_at, False
        return True

    async def _turn(self) -> None:
        """One transaction: what came back is settled, and more is claimed where the queue runs low."""
        results, self._done = self._done, []
        wanted = self._wanted(len(results))
        if not results and not wanted:
            self._drained = self._drained or self._takes_no_more
            return
        try:
            tries = BUSY_TRIES_WITH_RESULTS if results else BUSY_TRIES
            claimed = await self._patiently(lambda w: self._in_one(w, results, wanted), tries)
        except BaseException:
            self._done = results + self._done
            raise
        self._open -= len(results)
        self.tally.results += results
        if not self._stopped and any(map(_works, results)):
            self.tally.is_parked = self._drained = False  # the probe went through: the others follow
        if results:
            self._progress(len(results))
        if wanted:
            self._take(claimed)

    def _in_one(self, w: Writing, results: Sequence[Result], wanted: int) -> Claimed:
        if wanted:
            sendings.one_at_a_time(w)
        now = self._now()  # after the wait for others: a send counts from here on
        deliver_settle.settle(w, self._channel, results, now=now)
        if not wanted:
            return Claimed()
        return deliver_claim.claim(w, self._means, self._channel, self._plans, now=now, limit=wanted)

    def _take(self, claimed: Claimed) -> None:
        self.tally.is_parked = self.tally.is_parked or claimed.is_parked
        self.tally.postponed.update(each.id for each in claimed.waiting)
        self._looked_at += claimed.looked_at
        self.tally.ended += [each.receipt for each in claimed.ended]
        self._drained = claimed.looked_at == 0
        self._open += len(claimed.outgoing)
        for each in claimed.outgoing:
            self._queue.put_nowait(each)

    async def _patiently(self, work: Callable[[Writing], T], tries: int) -> T:
        """Another writer may hold the ledger for a while, an import say."""
        for _ in range(tries - 1):
            try:
                return await self._database(work)
            except LedgerBusy:
                continue
        return await self._database(work)

    async def _worth_a_turn(self) -> None:
        """Return when there is something to write or to claim."""
        while True:
            wanted = self._wanted(len(self._done))
            if len(self._done) >= min(SETTLE_AT, self._open) or wanted >= ENOUGH_FREE:
                return
            self._moved.clear()
            try:
                async with asyncio.timeout(LONGEST_UNSETTLED):
                    await self._moved.wait()
            except TimeoutError:
                if self._done or wanted:
                    return

    @property
    def _takes_no_more(self) -> bool:
        return bool(self._stopped) or self._term.is_over

    def _wanted(self, back: int) -> int:
        """How many notices to claim, where `back` of those under way have come back.

        Before the first answer one claim is enough: a channel whose settings are wrong takes up no more.
        A send counts for a rate from its claim on: of a channel with limits no more is claimed than leaves at once.
        """
        if self._drained or self._takes_no_more or (self._open and not self._has_heard):
            return 0
        if self._has_limits:
            return AT_ONCE - (self._open - back)
        return CLAIM if self._queue.qsize() <= AT_ONCE else 0

    async def _send_on(self) -> None:
        while True:
            notice = await self._queue.get()
            late = self._now() > notice.lease_until - SEND_WITHIN - SETTLE_WITHIN
            if self._stopped or late:
                why = self._stopped or "轮到时已过了占用时间，下次再发"
                self._done.append(Result(notice, None, deliver_settle.given_back(notice, why)))
            else:
                await self._send(notice)
            self._moved.set()

    async def _send(self, notice: Outgoing) -> None:
        try:
            async with asyncio.timeout(SEND_WITHIN.total_seconds()):
                receipt = await self._channel.send(notice.letter)
        except TimeoutError:
            receipt = Uncertain("已发出，未等到应答")
        except Exception as error:  # a channel's own mistake; nobody knows how far it came
            receipt = Uncertain(f"发送时程序出错（{type(error).__name__}）")
        self._has_heard = True
        self._watch(receipt)
        settled = deliver_settle.judged(
            notice, receipt, self._channel, tries=self._means.rules.tries, now=self._now()
        )
        self._done.append(Result(notice, receipt, settled))

    def _watch(self, receipt: Receipt) -> None:
        """Stop this channel where its settings are wrong, or nothing has gone through for a long time."""
        match receipt:
            case Misconfigured(code=code, why=why):
                self._stopped = f"{code}：{why}"
                self.tally.is_parked = True
            case Again(why=why) | Uncertain(why=why):
                self._in_a_row += 1
                if self._in_a_row >= MOST_IN_A_ROW and not self._stopped:
                    self._stopped = self.tally.gave_up = f"连续 {self._in_a_row} 份没有发成：{why}"
            case Accepted() | Refused():
                self._in_a_row = 0


def _works(result: Result) -> bool:
    """Whether a parked channel's settings are right again: it took the probe, or judged it."""
    return result.outgoing.is_probe and isinstance(result.receipt, Accepted | Refused)
