"""发送: notices that may go out now are leased, put into words, sent and settled. DESIGN section 7 and I8.

One event loop a pass, one client a channel, one thread that speaks to the ledger. The network is touched
between short transactions, never inside one. Each channel has its own line: one that is slow or broken
holds up no other.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from notifiers import choose
from notifiers.choose import ChannelSettings
from notifiers.message import Again, Uncertain
from xiaohao.actions import deliver_ask, deliver_claim, pass_on
from xiaohao.actions.deliver_channel import Line, Tally
from xiaohao.actions.deliver_claim import Means
from xiaohao.ledger import outbox, parked, runs, sendings
from xiaohao.ledger.outbox import Changed
from xiaohao.ledger.writing import Ledger, Writing
from xiaohao.rules import rates
from xiaohao.rules.delivery import STANDARD, DeliveryRules, day
from xiaohao.vocabulary import ARRIVED, Action, Channel, FaultKind, NoticeState

T = TypeVar("T")
DELIVER = "deliver"
OFF_THE_LIST = 500
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
) -> Sent:
    """Send every notice that may go out now, each once, and ask for those that were accepted before.

    `only` keeps to these channels of the settings. `on` is the business date that posts and groups are read for; `now` tells the instant, with its zone,
    again and again while the pass lasts. `progress` is told now and then, and at the end, how many were tried so far.
    What a channel does is a receipt, never an exception. Raises LedgerBusy and LedgerUnreachable once
    every line has ended.
    """
    sent = Sent()
    with ThreadPoolExecutor(1, thread_name_prefix="outbox") as thread:
        failed = asyncio.run(_Pass(ledger, on, settings, rules, thread, now, progress).run(sent, only))
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
        progress: Callable[[int], None] | None,
    ) -> None:
        self._ledger, self._on, self._settings, self._rules = ledger, on, settings, rules
        self._thread, self._now, self._progress = thread, now, progress
        self._tried = 0
        self._told_at = time.monotonic()

    async def run(self, sent: Sent, only: Collection[Channel]) -> list[BaseException]:
        """Run every channel's line at once; what went wrong with the ledger, when all have ended."""
        there = choose.channels(self._settings)
        means = Means(self._settings, self._rules, there)
        try:
            ended = await self._database(lambda w: self._begin(w))
            _add_ended(sent, [each.receipt for each in ended])
            chosen = {word: there[word] for word in there if not only or word in only}
            ways = [
                Line(means, each, self._database, now=self._now, progress=self._counted)
                for each in chosen.values()
            ]
            asking = [deliver_ask.ask(means, each, self._database, now=self._now) for each in chosen.values()]
            done = await asyncio.gather(*(line.run() for line in ways), *asking, return_exceptions=True)
        finally:
            for channel in there.values():
                await channel.aclose()
        if self._progress is not None and self._tried:
            self._progress(self._tried)
        for line, word in zip(ways, chosen, strict=True):
            _add(sent, word, line.tally)
        sent.asked = sum(each for each in done if isinstance(each, int))
        return [each for each in done if isinstance(each, BaseException)]

    def _database(self, work: Callable[[Writing], T]) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self._thread, self._in_one, work)

    def _in_one(self, work: Callable[[Writing], T]) -> T:
        with self._ledger.writing(Action.TELL, by=DELIVER, on=self._on) as w:
            return work(w)

    def _begin(self, w: Writing) -> Sequence[Changed]:
        """Forget what no limit looks back to, and move what lies on channels that are gone from the settings."""
        now = self._now()
        sendings.sweep(w, now=now, longest=rates.LONGEST)
        parked.clear_other_days(w, FaultKind.DAY_CAP, day(now))
        ended: list[Changed] = []
        while left := outbox.off_the_list(w, self._settings.order, now=now, limit=OFF_THE_LIST):
            gone = [
                deliver_claim.changed(each, now, NoticeState.DEAD, "off：设置里已不用这个渠道")
                for each in left
            ]
            outbox.change(w, gone)
            pass_on.pass_on(w, self._settings, [each.id for each in gone], now=now)
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
    if tally.gave_up:
        sent.gave_up.append(f"渠道“{word.label}”{tally.gave_up}，这次先停下，下次再发")


def _add_ended(sent: Sent, receipts: Sequence[str]) -> None:
    if receipts:
        sent.counts[NoticeState.DEAD] += len(receipts)
        sent.failures += receipts
