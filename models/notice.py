"""通知: the outbox."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import SQLModel

from models import columns
from models.columns import check, partial_index
from xiaohao.vocabulary import Channel, NoticeState

WAITING = "state IN ('queued', 'again', 'leased', 'uncertain')"
"""SQL: may still have to be sent; a query uses the index where it repeats these words."""


class Notice(SQLModel, table=True):
    """One digest for one recipient on one channel.

    `facts` (JSON) are stored when it is composed, the text is rendered at sending and kept in `sent_body`.
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
