"""问送达: accepted is not delivered, so a channel that can tell is asked later what became of a notice."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from notifiers import choose
from notifiers.choose import Addressee
from notifiers.message import Again, Channel, Fate, Misconfigured, Refused, Tracking
from xiaohao.actions import deliver_settle, pass_on, recipients
from xiaohao.actions.deliver_channel import SEND_WITHIN, Database
from xiaohao.actions.deliver_claim import Means
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


async def ask(means: Means, channel: Channel, database: Database, *, now: Callable[[], datetime]) -> int:
    """Ask for every accepted notice whose time has come; how many answers told something new.

    Nothing is done for a channel that tells nothing. Raises LedgerBusy and LedgerUnreachable.
    """
    if not isinstance(channel, Tracking):
        return 0
    told = 0
    gate = asyncio.Semaphore(AT_ONCE)
    while questions := await database(lambda w: _questions(w, means, channel, now())):
        answers = await asyncio.gather(*(_answer(each, channel, channel, gate, now) for each in questions))
        told += await database(partial(_settle, means=means, channel=channel, answers=answers, now=now()))
    return told


def _questions(w: Writing, means: Means, channel: Channel, now: datetime) -> list[Question]:
    """The notices to ask for; each is put off for the time of a lease, so that two processes ask once."""
    due = asked.due(w, channel.name, now=now, limit=BATCH, again_at=now + outbox.LEASE)
    people = recipients.addressees(w, [each.official_id for each in due], w.on)
    nobody = Addressee(code="", name="")
    there = (people.get(each.official_id or 0, nobody) for each in due)
    return [
        Question(each, choose.address_of(channel.name, person, means.settings))
        for each, person in zip(due, there, strict=True)
    ]


async def _answer(
    question: Question,
    channel: Channel,
    tracking: Tracking,
    gate: asyncio.Semaphore,
    now: Callable[[], datetime],
) -> tuple[Answered, Misconfigured | None]:
    notice = question.asked
    if question.address is None:
        return answered(notice, Fate(is_final=True), channel, now()), None
    try:
        async with gate, asyncio.timeout(SEND_WITHIN.total_seconds()):
            said = await tracking.fate(
                notice.receipt or "", address=question.address, accepted_at=notice.accepted_at
            )
    except Exception as error:  # a channel's own mistake stops no other question
        said = Again(f"查询时程序出错（{type(error).__name__}）")
    return answered(notice, said, channel, now()), said if isinstance(said, Misconfigured) else None


def answered(notice: Asked, said: Fate | Again | Misconfigured, channel: Channel, now: datetime) -> Answered:
    """What an answer makes of an accepted notice: delivered, read, dead, or asked again.

    What is still uncertain after the last time to ask stays accepted.
    """
    state, receipt = notice.state, notice.receipt
    delivered_at, read_at = notice.delivered_at, notice.read_at
    match said:
        case Fate(failed=Refused(code=code, why=why)) if delivered_at is None:
            return _answered(notice, NoticeState.DEAD, f"{code}：{why}", None, read_at, None)
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
    return _answered(notice, state, receipt, delivered_at, read_at, ask_at)


def _answered(
    notice: Asked,
    state: NoticeState,
    receipt: str | None,
    delivered_at: datetime | None,
    read_at: datetime | None,
    ask_at: datetime | None,
) -> Answered:
    return Answered(notice.id, notice.next_ask_at, state, receipt, delivered_at, read_at, ask_at)


def _once_more(notice: Asked, channel: Channel, now: datetime, wait: timedelta) -> datetime | None:
    """An answer that could not be had is asked for again, but not for ever."""
    assert isinstance(channel, Tracking)
    last = notice.accepted_at + max(channel.asked_after, default=timedelta()) + GIVES_UP_AFTER
    return now + wait if now + wait <= last else None


def _settle(
    w: Writing,
    *,
    means: Means,
    channel: Channel,
    answers: Sequence[tuple[Answered, Misconfigured | None]],
    now: datetime,
) -> int:
    counted = asked.answer(w, [each for each, _ in answers])
    dead = [each.id for each, _ in answers if each.state is NoticeState.DEAD and each.id in counted]
    pass_on.pass_on(w, means.settings, dead, now=now)
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
