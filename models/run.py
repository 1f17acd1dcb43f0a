"""A run of a flow, written by the transaction whose work it records."""

from datetime import date, datetime

from sqlmodel import SQLModel

from models import columns
from models.columns import partial_index
from xiaohao.vocabulary import RunState

NIGHTLY = "flow = 'nightly'"
"""SQL: the run is a night; the target of ON CONFLICT repeats it."""


class Run(SQLModel, table=True):
    """A run; a night that was missed (漏跑) is a row too. `counts` is JSON.

    `prefect_run` is the id of the Prefect flow run whose work the row records; of several, which added
    to it one after the other, all, with a blank between them.
    """

    __tablename__ = "run"
    __table_args__ = (partial_index("run_night", "business_date", "scope", where=NIGHTLY, unique=True),)

    id: int | None = columns.own_number()
    flow: str = columns.text()
    business_date: date = columns.day()
    scope: str = columns.text(default="")
    started_at: datetime | None = columns.instant(null=True)
    finished_at: datetime | None = columns.instant(null=True)
    state: RunState = columns.word(RunState, "state")
    counts: str = columns.text(default="{}")
    prefect_run: str | None = columns.text(null=True)
