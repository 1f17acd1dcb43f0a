"""联系方式: where an official, or a unit's group, is told."""

from sqlmodel import SQLModel

from models import columns
from models.columns import check
from xiaohao.vocabulary import Channel


class Contact(SQLModel, table=True):
    """An address on a channel; a group's robot belongs to a unit, not to a person."""

    __tablename__ = "contact"
    __table_args__ = (check("(official_id IS NULL) <> (unit_id IS NULL)", "one_owner"),)

    id: int | None = columns.own_number()
    official_id: int | None = columns.to("official.id", null=True)
    unit_id: int | None = columns.to("unit.id", null=True)
    channel: Channel = columns.word(Channel, "channel")
    address: str = columns.text()
