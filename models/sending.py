"""发送: what rate limits count, across processes."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import SQLModel

from models import columns
from xiaohao.vocabulary import Channel


class Sending(SQLModel, table=True):
    """One send to one address; swept away when no limit looks back so far.

    The address may hold a key, so only its digest stands here.
    """

    __tablename__ = "sending"
    __table_args__ = (
        sa.Index("sending_to", "channel", "address_hash", "at"),
        sa.Index("sending_at", "at"),
    )

    id: int | None = columns.own_number()
    channel: Channel = columns.word(Channel, "channel")
    address_hash: str = columns.text()
    at: datetime = columns.instant()
