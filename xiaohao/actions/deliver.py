"""发送: notices that may go out now are leased, rendered, sent and settled. DESIGN section 7 and I8.

The network is touched between two short transactions, never inside one.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from models.facts import facts_from_json
from notifiers import choose, digest, message
from notifiers.choose import Addressee, ChannelSettings
from notifiers.message import Accepted, Again, Misconfigured, Receipt, Refused, Uncertain
from xiaohao.ledger import outbox, posts, runs
from xiaohao.ledger.outbox import Claimed, Settled
from xiaohao.ledger.posts import Official
from xiaohao.ledger.writing import Ledger
from xiaohao.vocabulary import Action, Channel, NoticeState

BATCH = 200
AT_ONCE = 20
DELIVER = "deliver"


@dataclass
class Sent:
    """What became of the notices of one pass, and why those failed that did."""

    counts: Counter[NoticeState] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    @property
    def tried(self) -> int:
        """How many notices were tried."""
        return self.counts.total()


def deliver(
    ledger: Ledger,
    on: date,
    settings: ChannelSettings,
    *,
    progress: Callable[[int], None] | None = None,
) -> Sent:
    """Send every notice that may go out now; each is tried once.

    Raises LedgerBusy and LedgerUnreachable; what a channel does is a receipt, never an
    exception. `progress` is told after each batch how many were tried.
    """
    sent = Sent()
    while True:
        now = datetime.now(UTC)
        with ledger.writing(Action.TELL, by=DELIVER, on=on) as w:
            claimed = outbox.claim(w, now=now, limit=BATCH, channels=settings.order)
            people = posts.officials(w) if claimed else {}
            contacts = posts.contacts(w, [c.official_id for c in claimed if c.official_id is not None])
        if not claimed:
            break
        addressees = {c.id: _addressee(people, contacts, c) for c in claimed}
        settled = asyncio.run(_send_all(claimed, addressees, settings))
        with ledger.writing(Action.TELL, by=DELIVER, on=on) as w:
            outbox.settle(w, settled)
        for each in settled:
            sent.counts[each.state] += 1
            if each.state not in (NoticeState.DELIVERED, NoticeState.ACCEPTED):
                sent.failures.append(each.receipt)
        if progress is not None:
            progress(sent.tried)
    if sent.tried:
        with ledger.writing(Action.TELL, by=DELIVER, on=on) as w:
            runs.begin(w, DELIVER)
            runs.finish(w, {state.value: count for state, count in sent.counts.items()})
    return sent


async def _send_all(
    claimed: Sequence[Claimed], addressees: dict[int, Addressee], settings: ChannelSettings
) -> list[Settled]:
    there = choose.channels(settings)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(notice: Claimed) -> Settled:
        async with gate:
            try:
                return await _send(notice, addressees[notice.id], there, settings)
            except Exception as error:  # one notice that cannot be put into words holds up no other
                why = f"这份通知写不出来（{type(error).__name__}）"
                now = datetime.now(UTC)
                at = outbox.back_off(notice.attempts, now)
                return _later(notice, NoticeState.AGAIN, why, notice.sent_body or "", at)

    try:
        return list(await asyncio.gather(*(one(notice) for notice in claimed)))
    finally:
        for channel in there.values():
            await channel.aclose()


async def _send(
    notice: Claimed,
    addressee: Addressee,
    there: dict[Channel, message.Channel],
    settings: ChannelSettings,
) -> Settled:
    said = digest.message(facts_from_json(notice.facts))
    body = notice.sent_body or f"{said.subject}\n{said.text}"
    address = choose.address_of(notice.channel, addressee, settings)
    receipt: Receipt
    if address is None:
        receipt = Refused("no_address", "没有这个渠道的地址")
    else:
        channel = there[notice.channel]
        sending = message.letter(channel, said, address=address, key=notice.dedupe_key)
        receipt = await channel.send(sending)
    return judged(notice, receipt, body, datetime.now(UTC))


def judged(notice: Claimed, receipt: Receipt, body: str, now: datetime) -> Settled:
    """What a receipt makes of a notice: delivered, again, uncertain, or dead after the last try."""
    match receipt:
        case Accepted(reference=reference, delivered=delivered):
            state = NoticeState.DELIVERED if delivered else NoticeState.ACCEPTED
            at = now if delivered else None
            return Settled(notice.id, state, reference, body, None, at, now)
        case Refused(code=code, why=why):
            return Settled(notice.id, NoticeState.DEAD, f"{code}：{why}", body)
        case Again(why=why, after=after):
            return _later(notice, NoticeState.AGAIN, why, body, outbox.back_off(notice.attempts, now, after))
        case Misconfigured(code=code, why=why):
            waits = outbox.back_off(len(outbox.BACK_OFF), now)
            return Settled(notice.id, NoticeState.AGAIN, f"{code}：{why}", body, waits)
        case Uncertain(why=why):
            return _later(notice, NoticeState.UNCERTAIN, why, body, outbox.back_off(notice.attempts, now))


def _later(notice: Claimed, state: NoticeState, why: str, body: str, at: datetime) -> Settled:
    if notice.attempts >= outbox.MOST_ATTEMPTS:
        return Settled(notice.id, NoticeState.DEAD, f"试了 {notice.attempts} 次：{why}", body)
    return Settled(notice.id, state, why, body, at)


def _addressee(
    people: Mapping[int, Official], contacts: Mapping[int, Mapping[Channel, str]], claimed: Claimed
) -> Addressee:
    official = people.get(claimed.official_id or 0)
    if official is None:
        return Addressee(code="", name="")
    own = contacts.get(official.id, {})
    return Addressee(
        code=official.code, name=official.name, mobile=official.mobile, email=official.email, contacts=own
    )
