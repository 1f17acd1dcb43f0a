"""发送: notices that may go out now are leased, put into words, sent and settled. DESIGN section 7 and I8.

One event loop a pass, one client a channel, one thread that speaks to the ledger. The network is touched
between short transactions, never inside one. Each channel has its own line: one that is slow or broken
holds up no other.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from notifiers import choose, message
from notifiers.choose import ChannelSettings
from notifiers.message import Again, Uncertain
from xiaohao.actions import deliver_ask, deliver_claim, pass_on
from xiaohao.actions.deliver_ask import Replies
from xiaohao.actions.deliver_channel import Line, Tally
from xiaohao.actions.deliver_claim import Means
from xiaohao.actions.deliver_term import LASTS, Pause, Term
from xiaohao.ledger import outbox, parked, runs, sendings
from xiaohao.ledger.outbox import Changed
from xiaohao.ledger.writing import Ledger, Writing
from xiaohao.rules import rates
from xiaohao.rules.delivery import STANDARD, DeliveryRules, day
from xiaohao.vocabulary import ARRIVED, Action, Channel, FaultKind, NoticeState

T = TypeVar("T")
DELIVER = "deliver"
AT_ONCE = 500
"""Notices that end, or are passed on, in one statement."""
TOLD_EVERY = 2.0
"""Seconds between two words on how far a pass has come."""


def _present() -> datetime:
    return datetime.now(UTC)


@dataclass
class Sent:
    """What became of the notices of one pass, and why those failed that did.

    `waiting` were due and got a later time (window, cap, rate). `asked` are accepted ones whose channel
    told something. `unreached` were tried while the channel did not answer or put them off.
    `parked` are channels whose settings are at fault, `gave_up` a sentence for each that was left alone until
    the next pass.
    """

    counts: Counter[NoticeState] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    waiting: int = 0
    asked: int = 0
    parked: list[Channel] = field(default_factory=list)
    gave_up: list[str] = field(default_factory=list)
    unreached: int = 0

    @property
    def tried(self) -> int:
        """How many notices were tried."""
        return self.counts.total()

    @property
    def is_cut_off(self) -> bool:
        """Whether a channel is parked, or nothing got through and the outside did not answer."""
        return bool(self.parked) or (self.unreached > 0 and not any(self.counts[each] for each in ARRIVED))


def told_of(sent: Sent) -> dict[str, Any]:
    """A pass as plain values, which another process can read back with `sent_from`."""
    return {
        "counts": {state.value: count for state, count in sent.counts.items()},
        "failures": list(dict.fromkeys(sent.failures)),
        "waiting": sent.waiting,
        "asked": sent.asked,
        "parked": [word.value for word in sent.parked],
        "gave_up": list(sent.gave_up),
        "unreached": sent.unreached,
    }


def sent_from(said: Mapping[str, Any]) -> Sent:
    """The pass that `told_of` told; what it does not name is none."""
    return Sent(
        counts=Counter({NoticeState(state): count for state, count in said["counts"].items()}),
        failures=list(said["failures"]),
        waiting=said.get("waiting", 0),
        asked=said.get("asked", 0),
        parked=[Channel(word) for word in said.get("parked", ())],
        gave_up=list(said.get("gave_up", ())),
        unreached=said.get("unreached", 0),
    )


def deliver(
    ledger: Ledger,
    on: date,
    settings: ChannelSettings,
    rules: DeliveryRules = STANDARD,
    *,
    only: Collection[Channel] = (),
    progress: Callable[[int], None] | None = None,
    now: Callable[[], datetime] = _present,
    lasts: timedelta = LASTS,
    pause: Pause = asyncio.sleep,
) -> Sent:
    """Send every notice that may go out now, each once, and ask for those that were accepted before.

    `only` keeps to these channels of the settings. `on` is the business date that posts and groups are read for;
    `now` tells the instant, with its zone, again and again while the pass lasts. It takes up new work for as long
    as it `lasts`, and lets time go by with `pause` where a channel's rate has room within it. `progress` is told
    now and then, and at the end, how many were tried so far. What a channel does is a receipt, never an exception.
    Raises LedgerBusy and LedgerUnreachable once every line has ended.
    """
    sent = Sent()
    term = Term(now, lasts=lasts, pause=pause)
    with ThreadPoolExecutor(1, thread_name_prefix="outbox") as thread:
        failed = asyncio.run(_Pass(ledger, on, settings, rules, thread, now, term, progress).run(sent, only))
    if sent.tried or sent.asked:
        with ledger.writing(Action.TELL, by=DELIVER, on=on) as w:
            runs.begin(w, DELIVER)
            runs.finish(w, {state.value: count for state, count in sent.counts.items()})
    if failed:
        raise failed[0]
    return sent


class _Pass:
    """One pass over the outbox, in one event loop."""

    def __init__(
        self,
        ledger: Ledger,
        on: date,
        settings: ChannelSettings,
        rules: DeliveryRules,
        thread: ThreadPoolExecutor,
        now: Callable[[], datetime],
        term: Term,
        progress: Callable[[int], None] | None,
    ) -> None:
        self._ledger, self._on, self._settings, self._rules = ledger, on, settings, rules
        self._thread, self._now, self._term, self._progress = thread, now, term, progress
        self._tried = 0
        self._told_at = time.monotonic()

    async def run(self, sent: Sent, only: Collection[Channel]) -> list[BaseException]:
        """Run every channel's line at once; what went wrong with the ledger, when all have ended."""
        there = choose.channels(self._settings)
        means = Means(self._settings, self._rules, there)
        try:
            ended = await self._database(self._begin)
            _add_ended(sent, [each.receipt for each in ended])
            before = await asyncio.gather(self._pass_on(), return_exceptions=True)
            chosen = {word: there[word] for word in there if not only or word in only}
            ways = [self._line(means, each) for each in chosen.values()]
            lines = (self._then_pass_on(line.run()) for line in ways)
            asking = (self._then_pass_on(self._ask(means, each)) for each in chosen.values())
            done = await asyncio.gather(*lines, *asking, return_exceptions=True)
        finally:
            for channel in there.values():
                await channel.aclose()
        if self._progress is not None and self._tried:
            self._progress(self._tried)
        for line, word in zip(ways, chosen, strict=True):
            _add(sent, word, line.tally)
        for word, replies in zip(chosen, done[len(ways) :], strict=True):
            _add_replies(sent, word, replies)
        return [each for each in (*before, *done) if isinstance(each, BaseException)]

    def _line(self, means: Means, channel: message.Channel) -> Line:
        return Line(means, channel, self._database, now=self._now, term=self._term, progress=self._counted)

    def _ask(self, means: Means, channel: message.Channel) -> Coroutine[None, None, Replies]:
        return deliver_ask.ask(means, channel, self._database, now=self._now, term=self._term)

    async def _then_pass_on(self, work: Coroutine[None, None, T]) -> T:
        done = await work
        await self._pass_on()
        return done

    async def _pass_on(self) -> None:
        """Pass on what has ended, in transactions of their own, also what a process left that died."""
        while await self._database(self._passed_on) == AT_ONCE:
            pass

    def _passed_on(self, w: Writing) -> int:
        ids = outbox.not_passed_on(w, limit=AT_ONCE)
        pass_on.pass_on(w, self._settings, ids, now=self._now())
        outbox.passed_on(w, ids)
        return len(ids)

    def _database(self, work: Callable[[Writing], T]) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self._thread, self._in_one, work)

    def _in_one(self, work: Callable[[Writing], T]) -> T:
        with self._ledger.writing(Action.TELL, by=DELIVER, on=self._on) as w:
            return work(w)

    def _begin(self, w: Writing) -> Sequence[Changed]:
        """Forget what no limit looks back to, and end what lies on channels that are gone from the settings."""
        now = self._now()
        sendings.sweep(w, now=now, longest=rates.LONGEST)
        parked.clear_other_days(w, FaultKind.DAY_CAP, day(now))
        ended: list[Changed] = []
        while left := outbox.off_the_list(w, self._settings.order, now=now, limit=AT_ONCE):
            gone = [
                deliver_claim.changed(each, now, NoticeState.DEAD, "off：设置里已不用这个渠道")
                for each in left
            ]
            outbox.change(w, gone)
            ended += gone
        return ended

    def _counted(self, tried: int) -> None:
        self._tried += tried
        moment = time.monotonic()
        if self._progress is not None and moment - self._told_at >= TOLD_EVERY:
            self._told_at = moment
            self._progress(self._tried)


def _add(sent: Sent, word: Channel, tally: Tally) -> None:
    for result in tally.results:
        if result.receipt is None:
            continue
        sent.counts[result.settled.state] += 1
        sent.unreached += isinstance(result.receipt, Again | Uncertain)
        if result.settled.state not in ARRIVED:
            sent.failures.append(result.settled.receipt)
    _add_ended(sent, tally.ended)
    sent.waiting += tally.waiting
    if tally.is_parked:
        sent.parked.append(word)
    _add_gave_up(sent, word, tally.gave_up, "下次再发")


def _add_replies(sent: Sent, word: Channel, replies: Replies | BaseException | None) -> None:
    if isinstance(replies, Replies):
        sent.asked += replies.told
        _add_gave_up(sent, word, replies.gave_up, "下次再问")


def _add_gave_up(sent: Sent, word: Channel, why: str, later: str) -> None:
    if why:
        sent.gave_up.append(f"渠道“{word.label}”{why}，这次先停下，{later}")


def _add_ended(sent: Sent, receipts: Sequence[str]) -> None:
    if receipts:
        sent.counts[NoticeState.DEAD] += len(receipts)
        sent.failures += receipts
