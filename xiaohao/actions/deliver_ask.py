"""问送达: accepted is not delivered, so a channel that can tell is asked later what became of a notice."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from notifiers import choose
from notifiers.choose import Addressee
from notifiers.message import Again, Channel, Fate, Misconfigured, Refused, Tracking
from xiaohao.actions import deliver_settle, recipients
from xiaohao.actions.deliver_channel import MOST_IN_A_ROW, SEND_WITHIN, Database
from xiaohao.actions.deliver_claim import Means, is_there, place
from xiaohao.actions.deliver_term import Term
from xiaohao.ledger import asked, outbox, parked
from xiaohao.ledger.asked import Answered, Asked
from xiaohao.ledger.faults import Found
from xiaohao.ledger.writing import Writing
from xiaohao.rules.delivery import day
from xiaohao.vocabulary import FaultKind, NoticeState

BATCH = 50
AT_ONCE = 10
LATER = timedelta(minutes=10)
AFTER_A_FAULT = timedelta(hours=1)
GIVES_UP_AFTER = timedelta(days=1)
"""So long after the last time to ask, a channel that could never answer is asked no more."""


@dataclass(frozen=True)
class Question:
    """An accepted notice, and where it was sent."""

    asked: Asked
    address: str | None


@dataclass
class Replies:
    """What asking on one channel came to: how many answers told something new, and why it was broken off."""

    told: int = 0
    gave_up: str = ""


async def ask(
    means: Means, channel: Channel, database: Database, *, now: Callable[[], datetime], term: Term
) -> Replies:
    """Ask for every accepted notice whose time has come, each once a pass, while the pass lasts.

    Nothing is done for a channel that tells nothing. Raises LedgerBusy and LedgerUnreachable.
    """
    asker = _Asker(channel, now)
    if not isinstance(channel, Tracking):
        return asker.replies
    began = now()  # what is put off meanwhile is due later than this
    while not term.is_over and not asker.replies.gave_up:
        questions = await database(lambda w: _questions(w, means, channel, due_at=began, now=now()))
        if not questions:
            break
        answers = await asyncio.gather(*(asker.answer(each, channel) for each in questions))
        known = [each for each in answers if each is not None]
        asker.replies.told += await database(partial(_settle, channel=channel, answers=known, now=now()))
    return asker.replies


def _questions(
    w: Writing, means: Means, channel: Channel, *, due_at: datetime, now: datetime
) -> list[Question]:
    """The notices to ask for; each is put off for the time of a lease, so that two processes ask once.

    Of one that went to another address than today's nobody can be asked.
    """
    due = asked.due(w, channel.name, now=due_at, limit=BATCH, again_at=now + outbox.LEASE)
    people = recipients.addressees(w, [each.official_id for each in due], w.on)
    nobody = Addressee(code="", name="")
    there = (people.get(each.official_id or 0, nobody) for each in due)
    addresses = (choose.address_of(channel.name, person, means.settings) for person in there)
    return [
        Question(each, address if _went_there(each, channel, address) else None)
        for each, address in zip(due, addresses, strict=True)
    ]


def _went_there(notice: Asked, channel: Channel, address: str | None) -> bool:
    if address is None or notice.sent_to is None:
        return True
    return is_there(notice.sent_to, place(channel.name, address))


class _Asker:
    """Asks on one channel, some questions at once, until too many in a row stay unanswered."""

    def __init__(self, channel: Channel, now: Callable[[], datetime]) -> None:
        self.replies = Replies()
        self._channel, self._now = channel, now
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._in_a_row = 0

    async def answer(
        self, question: Question, tracking: Tracking
    ) -> tuple[Answered, Misconfigured | None] | None:
        """What a question came to; None where it is not asked any more, and so is due again after its lease."""
        notice = question.asked
        if question.address is None:
            return answered(notice, Fate(is_final=True), self._channel, self._now()), None
        async with self._gate:
            if self.replies.gave_up:
                return None
            said = await self._said(notice, question.address, tracking)
        self._watch(said)
        fault = said if isinstance(said, Misconfigured) else None
        return answered(notice, said, self._channel, self._now()), fault

    async def _said(self, notice: Asked, address: str, tracking: Tracking) -> Fate | Again | Misconfigured:
        try:
            async with asyncio.timeout(SEND_WITHIN.total_seconds()):
                return await tracking.fate(
                    notice.receipt or "", address=address, accepted_at=notice.accepted_at, at=self._now()
                )
        except Exception as error:  # a channel's own mistake stops no other question
            return Again(f"查询时程序出错（{type(error).__name__}）")

    def _watch(self, said: Fate | Again | Misconfigured) -> None:
        self._in_a_row = 0 if isinstance(said, Fate) else self._in_a_row + 1
        if self._in_a_row >= MOST_IN_A_ROW and not self.replies.gave_up:
            why = "" if isinstance(said, Fate) else said.why
            self.replies.gave_up = f"连续 {self._in_a_row} 次查不到送达结果：{why}"


def answered(notice: Asked, said: Fate | Again | Misconfigured, channel: Channel, now: datetime) -> Answered:
    """What an answer makes of an accepted notice: delivered, read, dead, or asked again.

    What is still uncertain after the last time to ask stays accepted.
    """
    state, receipt = notice.state, notice.receipt
    delivered_at, read_at = notice.delivered_at, notice.read_at
    match said:
        case Fate(failed=Refused(code=code, why=why)) if delivered_at is None:
            why = f"{code}：{why}"
            return Answered(notice.id, notice.next_ask_at, NoticeState.DEAD, why, None, read_at, None, now)
        case Fate():
            if said.delivered or said.read:
                state, delivered_at = NoticeState.DELIVERED, delivered_at or now
            if said.read:
                read_at = read_at or said.read_at or now
            over = said.is_final or said.read
            ask_at = None if over else deliver_settle.next_ask(channel, notice.accepted_at, after=now)
        case Again(after=after):
            ask_at = _once_more(notice, channel, now, after or LATER)
        case Misconfigured():
            ask_at = _once_more(notice, channel, now, AFTER_A_FAULT)
    return Answered(notice.id, notice.next_ask_at, state, receipt, delivered_at, read_at, ask_at)


def _once_more(notice: Asked, channel: Channel, now: datetime, wait: timedelta) -> datetime | None:
    """An answer that could not be had is asked for again, but not for ever."""
    assert isinstance(channel, Tracking)
    last = notice.accepted_at + max(channel.asked_after, default=timedelta()) + GIVES_UP_AFTER
    return now + wait if now + wait <= last else None


def _settle(
    w: Writing,
    *,
    channel: Channel,
    answers: Sequence[tuple[Answered, Misconfigured | None]],
    now: datetime,
) -> int:
    counted = asked.answer(w, [each for each, _ in answers])
    faulty = next((fault for _, fault in answers if fault is not None), None)
    if faulty is not None:
        said = (
            f"渠道“{channel.name.label}”查不到送达结果（{faulty.code}：{faulty.why}），发送不受影响；"
            "请检查这个应用查询结果的权限。"
        )
        parked.found(w, [Found(FaultKind.CHANNEL_PARKED, f"asks:{channel.name.value}", said)], day(now))
    elif counted:
        parked.clear(w, FaultKind.CHANNEL_PARKED, [f"asks:{channel.name.value}"], day(now))
    return sum(1 for each, _ in answers if each.id in counted)
