"""发送: what a channel's receipt makes of a notice, and what follows for the channel and for the facts."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifiers.message import Accepted, Again, Channel, Misconfigured, Receipt, Refused, Tracking, Uncertain
from xiaohao.actions.deliver_claim import Outgoing
from xiaohao.ledger import outbox, parked
from xiaohao.ledger.faults import Found
from xiaohao.ledger.outbox import Settled
from xiaohao.ledger.writing import Writing
from xiaohao.rules.delivery import MOST_UNSURE, back_off, day, next_probe, seldom
from xiaohao.vocabulary import ARRIVED, FaultKind, NoticeState


@dataclass(frozen=True)
class Result:
    """A notice that was sent, or given back unsent (`receipt` is then None)."""

    outgoing: Outgoing
    receipt: Receipt | None
    settled: Settled


def judged(notice: Outgoing, receipt: Receipt, channel: Channel, *, tries: int, now: datetime) -> Settled:
    """What a receipt makes of a notice: delivered, accepted, waiting for its next try, or dead after the last.

    A fault of the settings costs no try. `tries` is how many there are; of those that the recipient may get each
    time anew there are few, long after one another.
    """
    match receipt:
        case Accepted(reference=reference, delivered=delivered):
            state = NoticeState.DELIVERED if delivered else NoticeState.ACCEPTED
            at = now if delivered else None
            ask = None if delivered or not reference else next_ask(channel, now, after=now)
            return _settled(notice, state, reference, accepted_at=now, delivered_at=at, next_ask_at=ask)
        case Refused(code=code, why=why):
            return _dead(notice, f"{code}：{why}", now)
        case Misconfigured(code=code, why=why):
            return given_back(notice, f"{code}：{why}")
        case Again(why=why, after=after):
            if notice.attempts >= tries:
                return _dead(notice, _tried(notice, why), now)
            wait = back_off(notice.attempts, dice=random.random(), at_least=after)
            return _later(notice, NoticeState.AGAIN, why, now, wait)
        case Uncertain(why=why):
            most = tries if channel.deduplicates or notice.was is not NoticeState.UNCERTAIN else MOST_UNSURE
            if notice.attempts >= min(most, tries):
                return _dead(notice, _tried(notice, why), now, unsure_at=now)
            waits = back_off if channel.deduplicates else seldom
            wait = waits(notice.attempts, dice=random.random())
            return _later(notice, NoticeState.UNCERTAIN, why, now, wait, unsure_at=now)


def given_back(notice: Outgoing, why: str) -> Settled:
    """The notice as it stood before it was claimed: nothing went out, and no try is lost."""
    return _settled(notice, notice.was, why, attempts=notice.attempts - 1)


def next_ask(channel: Channel, accepted_at: datetime, *, after: datetime) -> datetime | None:
    """When the channel is asked next what became of a notice; None where it tells nothing, or nothing more."""
    if not isinstance(channel, Tracking):
        return None
    times = (accepted_at + wait for wait in channel.asked_after)
    return next((at for at in times if at > after), None)


def settle(w: Writing, channel: Channel, results: Sequence[Result], *, now: datetime) -> set[int]:
    """Write what became of sent notices, and what that tells of the channel; the ids that counted.

    A fault of the settings parks the channel and says so once, and no body that may hold them is kept; a probe
    that is taken, or refused by itself, shows that it works again. What is dead is passed on in a transaction of
    its own, so that nothing that goes wrong there undoes a receipt.
    """
    counted = outbox.settle(w, [each.settled for each in results])
    arrived = [
        each.outgoing.official_id
        for each in results
        if each.outgoing.id in counted and each.settled.state in ARRIVED
    ]
    if arrived and parked.has_open(w, FaultKind.UNREACHED):
        parked.clear(w, FaultKind.UNREACHED, [f"official:{each}" for each in arrived], day(now))
    faulty = [each for each in results if isinstance(each.receipt, Misconfigured)]
    probed = [each.receipt for each in results if each.outgoing.is_probe]
    if faulty:
        outbox.forget_bodies(w, channel.name)
        _park(w, channel, faulty[0], now)
    elif any(isinstance(each, Accepted | Refused) for each in probed):
        parked.unpark(w, [channel.name], day(now))
    return counted


def _park(w: Writing, channel: Channel, result: Result, now: datetime) -> None:
    """Park the channel, and tell the operator once what is wrong with its settings.

    Of a channel that is parked already only a probe says anything new: the next one waits longer.
    """
    assert isinstance(result.receipt, Misconfigured)
    code, why = str(result.receipt.code), result.receipt.why
    before = parked.parked(w).get(channel.name)
    if before is not None and not result.outgoing.is_probe:
        return
    probe_at = now + next_probe(0 if before is None else before.probes + 1)
    parked.park(w, channel.name, code=code, why=why, now=now, probe_at=probe_at)
    said = (
        f"渠道“{channel.name.label}”的设置有问题（{code}：{why}），已停用；通知都留着，没有丢失。"
        f"改好设置后运行 xiaohao outbox resend --channel {channel.name.value}；系统也会定时用一份通知试发。"
    )
    parked.found(w, [Found(FaultKind.CHANNEL_PARKED, parked.subject_of(channel.name), said)], day(now))


def _settled(
    notice: Outgoing,
    state: NoticeState,
    receipt: str,
    *,
    attempts: int | None = None,
    next_attempt_at: datetime | None = None,
    accepted_at: datetime | None = None,
    delivered_at: datetime | None = None,
    next_ask_at: datetime | None = None,
    unsure_at: datetime | None = None,
) -> Settled:
    return Settled(
        notice.id,
        notice.lease_until,
        state,
        receipt,
        notice.attempts if attempts is None else attempts,
        next_attempt_at,
        accepted_at,
        delivered_at,
        next_ask_at,
        unsure_at,
    )


def _later(
    notice: Outgoing,
    state: NoticeState,
    why: str,
    now: datetime,
    wait: timedelta,
    *,
    unsure_at: datetime | None = None,
) -> Settled:
    at = now + min(wait, outbox.FARTHEST)
    return _settled(notice, state, why, next_attempt_at=at, unsure_at=unsure_at)


def _dead(notice: Outgoing, why: str, now: datetime, *, unsure_at: datetime | None = None) -> Settled:
    """It ended undelivered, and from now on it is to be passed on."""
    return _settled(notice, NoticeState.DEAD, why, next_attempt_at=now, unsure_at=unsure_at)


def _tried(notice: Outgoing, why: str) -> str:
    return f"试了 {notice.attempts} 次：{why}"
