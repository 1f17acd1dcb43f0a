"""停用的渠道: a channel whose settings are at fault."""

from datetime import datetime

from sqlmodel import SQLModel

from models import columns
from models.columns import check
from xiaohao.vocabulary import Channel


class ParkedChannel(SQLModel, table=True):
    """A channel on which nothing is sent until it is mended; its notices stay queued.

    Now and then one notice tries whether it works again (`next_probe_at`); the row goes when it does.
    """

    __tablename__ = "parked_channel"
    __table_args__ = (check("probes >= 0", "probes_range"),)

    channel: Channel = columns.word(Channel, "channel", key=True)
    code: str = columns.text()
    why: str = columns.text()
    since: datetime = columns.instant()
    next_probe_at: datetime = columns.instant()
    probes: int = columns.number(default=0)
