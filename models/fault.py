"""What the operator must mend."""

from datetime import date

from sqlmodel import SQLModel

from models import columns
from models.columns import partial_index
from xiaohao.vocabulary import FaultKind

OPEN = "cleared_on IS NULL"
"""SQL: still to be mended; the target of ON CONFLICT repeats it."""


class Fault(SQLModel, table=True):
    """A fault, once while it is open, however many nights find it."""

    __tablename__ = "fault"
    __table_args__ = (partial_index("fault_open", "kind", "subject", where=OPEN, unique=True),)

    id: int | None = columns.own_number()
    kind: FaultKind = columns.word(FaultKind, "kind")
    subject: str = columns.text()
    run_id: int | None = columns.to("run.id", null=True)
    message: str = columns.text()
    found_on: date = columns.day()
    cleared_on: date | None = columns.day(null=True)
