"""通知: what waits, was sent or failed, for a reader; and the release of notices that are held."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from xiaohao.ledger import outbox
from xiaohao.ledger.writing import Ledger
from xiaohao.vocabulary import Action, Channel, NoticeState

OUTBOX = "outbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedNotice:
    """One notice; `official` is the code of its recipient. Instants are UTC."""

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
    receipt: str | None


def listed(
    ledger: Ledger, *, states: Sequence[NoticeState] = (), on: date | None = None
) -> list[ListedNotice]:
    """The notices in these states (of all, where none is given) and of this business date, oldest first."""
    names = [name for name in ListedNotice.__dataclass_fields__ if name != "official"]
    with ledger.reading() as r:
        return [
            ListedNotice(official=row["official_code"], **{name: row[name] for name in names})
            for row in outbox.listed(r, states=states, on=on)
        ]


def release(ledger: Ledger, *, on: date) -> int:
    """Let every held notice go out with the next delivery (暂缓 → 待发); how many."""
    with ledger.writing(Action.TELL, by=OUTBOX, on=on) as w:
        return outbox.release(w)
