"""通知: the outbox."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import SQLModel

from models import columns
from models.columns import check, partial_index
from xiaohao.vocabulary import Channel, NoticeState

WAITING = "state IN ('queued', 'again', 'leased', 'uncertain')"
"""SQL: may still have to be sent; a query uses the index where it repeats these words."""

UNFINISHED = "state NOT IN ('accepted', 'delivered')"
"""SQL: waits, is held, or ended undelivered; a query uses the index where it repeats these words."""


UNANSWERED = "accepted_at IS NOT NULL AND acknowledged_at IS NULL AND passed_up_on IS NULL"
"""SQL: reached its recipient, who has not said so; a query uses the index where it repeats these words."""

NOT_PASSED_ON = "state = 'dead' AND next_attempt_at IS NOT NULL"
"""SQL: ended undelivered, and nobody has looked yet to whom its facts go instead."""

ASKED = "next_ask_at IS NOT NULL"
"""SQL: the channel took it and is asked later what became of it."""


class Notice(SQLModel, table=True):
    """One digest for one recipient on one channel.

    `facts` (JSON) are stored when it is composed, the body of the last try is kept in `sent_body`. `sent_to`
    stands for the address that it went to (`ledger.sendings.address_hash`), with “@” before it where an
    earlier try may have reached another one: then the key of the send is the address's own.
    `instead_of` is the notice that ended undelivered and whose facts this one carries. `next_attempt_at` of a
    dead one: since then its facts are to be passed on. `unsure_at`: since
    then a try may have reached the recipient unanswered; `marked_at`: since then the body bears 重发.
    `passed_up_on`: the business date on which its silence was told to the next role up.
    `next_ask_at`: when the channel is asked what became of it.
    """

    __tablename__ = "notice"
    __table_args__ = (
        check("(official_id IS NULL) <> (unit_id IS NULL)", "one_recipient"),
        check("attempts >= 0", "attempts_range"),
        check("state <> 'leased' OR lease_until IS NOT NULL", "leased_has_end"),
        check("state <> 'accepted' OR accepted_at IS NOT NULL", "accepted_has_time"),
        check("state <> 'delivered' OR delivered_at IS NOT NULL", "delivered_has_time"),
        partial_index("notice_waiting", "next_attempt_at", where=WAITING),
        sa.Index("notice_business_date", "business_date"),
        partial_index("notice_unfinished", "state", "created_at", where=UNFINISHED),
        partial_index("notice_channel_waiting", "channel", "id", where=WAITING),
        partial_index("notice_asked", "channel", "next_ask_at", where=ASKED),
        partial_index("notice_accepted_by", "official_id", "accepted_at", where="accepted_at IS NOT NULL"),
        partial_index("notice_unanswered", "accepted_at", where=UNANSWERED),
        partial_index("notice_instead_of", "instead_of", where="instead_of IS NOT NULL"),
    )

    id: int | None = columns.own_number()
    dedupe_key: str = columns.text(unique=True)
    run_id: int | None = columns.to("run.id", null=True)
    business_date: date = columns.day()
    official_id: int | None = columns.to("official.id", null=True)
    unit_id: int | None = columns.to("unit.id", null=True)
    recipient: str = columns.text()
    channel: Channel = columns.word(Channel, "channel")
    kind: str = columns.text()
    facts: str = columns.text()
    sent_body: str | None = columns.text(null=True)
    foot_checkpoint: int | None = columns.to("checkpoint.id", null=True)
    state: NoticeState = columns.word(NoticeState, "state", default=NoticeState.QUEUED)
    attempts: int = columns.number(default=0)
    created_at: datetime = columns.instant()
    next_attempt_at: datetime | None = columns.instant(null=True)
    lease_until: datetime | None = columns.instant(null=True)
    accepted_at: datetime | None = columns.instant(null=True)
    delivered_at: datetime | None = columns.instant(null=True)
    read_at: datetime | None = columns.instant(null=True)
    acknowledged_at: datetime | None = columns.instant(null=True)
    receipt: str | None = columns.text(null=True)
    instead_of: int | None = columns.to("notice.id", null=True)
    unsure_at: datetime | None = columns.instant(null=True)
    marked_at: datetime | None = columns.instant(null=True)
    next_ask_at: datetime | None = columns.instant(null=True)
    sent_to: str | None = columns.text(null=True)
    passed_up_on: date | None = columns.day(null=True)
