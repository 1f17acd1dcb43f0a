"""回访: what those who raised the problem say of the result."""

from datetime import date

from sqlmodel import SQLModel

from models import columns
from models.columns import check
from xiaohao.vocabulary import CallBackOutcome


class CallBack(SQLModel, table=True):
    """One call-back; `explained` and `not_feasible` count once a higher unit has decided."""

    __tablename__ = "call_back"
    __table_args__ = (
        check("position >= 1", "position_range"),
        check("round >= 1", "round_range"),
        check("decided_by IS NULL OR decided_on IS NOT NULL", "decided_has_day"),
    )

    problem_id: int = columns.part_of("problem.id")
    position: int = columns.position()
    round: int = columns.number()
    on: date = columns.day()
    by: int | None = columns.to("official.id", null=True)
    outcome: CallBackOutcome = columns.word(CallBackOutcome, "outcome")
    note: str | None = columns.text(null=True)
    decided_by: int | None = columns.to("official.id", null=True)
    decided_on: date | None = columns.day(null=True)
