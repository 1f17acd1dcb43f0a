"""通知: what waits, was sent or failed, for a reader; held ones are released, dead and parked ones sent again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from xiaohao.errors import Incomplete, NotFound
from xiaohao.ledger import outbox, parked, resending
from xiaohao.ledger.parked import Parked
from xiaohao.ledger.writing import Ledger
from xiaohao.vocabulary import ARRIVED, Action, Channel, NoticeState

OUTBOX = "outbox"
WAITS = (NoticeState.QUEUED, NoticeState.AGAIN, NoticeState.UNCERTAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedNotice:
    """One notice; `official` is the code of its recipient. Instants are UTC.

    `why` says what it waits for or why it did not arrive, None where nothing is wrong; `receipt` is the
    channel's word as it is kept. `instead_of` is the notice that did not arrive and whose facts it carries.
    """

    id: int
    business_date: date
    recipient: str
    official: str | None
    channel: Channel
    kind: str
    state: NoticeState
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None
    accepted_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    acknowledged_at: datetime | None
    receipt: str | None
    instead_of: int | None
    why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resent:
    """How many notices are queued again, and which channels are released."""

    resent: int
    released_channels: tuple[Channel, ...]


def listed(
    ledger: Ledger,
    *,
    states: Sequence[NoticeState] = (),
    channel: Channel | None = None,
    on: date | None = None,
) -> list[ListedNotice]:
    """The notices in these states (of all, where none is given), of this channel and business date, oldest first."""
    names = [name for name in ListedNotice.__dataclass_fields__ if name not in ("official", "why")]
    with ledger.reading() as r:
        stopped = parked.parked(r)
        rows = outbox.listed(r, states=states, channel=channel, on=on)
    return [
        ListedNotice(
            official=row["official_code"],
            why=_why(row["state"], row["receipt"], stopped.get(row["channel"])),
            **{name: row[name] for name in names},
        )
        for row in rows
    ]


def release(ledger: Ledger, *, on: date) -> int:
    """Let every held notice go out with the next delivery (暂缓 → 待发); how many."""
    with ledger.writing(Action.TELL, by=OUTBOX, on=on) as w:
        return outbox.release(w)


def resend(
    ledger: Ledger,
    *,
    numbers: Sequence[int] = (),
    dead: bool = False,
    channel: Channel | None = None,
    on: date,
    now: datetime | None = None,
) -> Resent:
    """Queue notices again under their own keys, with all tries before them, and release a parked channel.

    `numbers` are notices by their number; `dead` the last one to each person whom nothing reached of what it
    tells, of the `channel` where one is given. A `channel` alone is released if it is parked, and what
    waits on it may go out at once, with bodies made anew by the mended settings. `now` is the instant (aware)
    by which a lease is over, the present where none is given. Raises NotFound for a number that is none, and Incomplete where one has
    arrived, is being sent or is held: nothing is changed then.
    """
    with ledger.writing(Action.TELL, by=OUTBOX, on=on) as w:
        released = [channel] if channel is not None and channel in parked.parked(w) else []
        if released:
            parked.unpark(w, released, on)
            outbox.forget_bodies(w, released[0])
        at = now or datetime.now(UTC)
        if numbers:
            _refuse(numbers, resending.states(w, numbers, now=at))
            count = resending.requeue(w, numbers, now=at)
        elif dead:
            count = resending.requeue(w, resending.dead_ends(w, channel), now=at)
        else:
            count = 0 if channel is None else resending.at_once(w, channel)
        return Resent(resent=count, released_channels=tuple(released))


def _refuse(numbers: Sequence[int], states: dict[int, NoticeState]) -> None:
    unknown = [number for number in numbers if number not in states]
    if unknown:
        raise NotFound(f"没有 {unknown[0]} 号通知，请用 xiaohao outbox list 查看。没有改动。")
    wrong = []
    for number in numbers:
        state = states[number]
        if state in ARRIVED:
            wrong.append(f"{number} 号{state.label}，不必重发")
        elif state is NoticeState.LEASED:
            wrong.append(f"{number} 号正在发送")
        elif state is NoticeState.HELD:
            wrong.append(f"{number} 号暂缓，请用 xiaohao outbox release 放行")
    if wrong:
        raise Incomplete("以下通知不能重发，全部没有改动。", missing=wrong)


def _why(state: NoticeState, receipt: str | None, stopped: Parked | None) -> str | None:
    if state in ARRIVED:
        return None
    if stopped is not None and state in WAITS:
        return f"渠道已停用（{stopped.code}：{stopped.why}）"
    if state is NoticeState.HELD:
        return "等待放行"
    return receipt
