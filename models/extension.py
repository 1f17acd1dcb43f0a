"""延期: asked, granted or refused."""

from datetime import date

from sqlmodel import SQLModel

from models import columns
from models.columns import check
from xiaohao.vocabulary import Decision


class Extension(SQLModel, table=True):
    """One request. `lapsed_on`: no longer counts since a change of class (43)."""

    __tablename__ = "extension"
    __table_args__ = (
        check("position >= 1", "position_range"),
        check("round >= 1", "round_range"),
        check("(decision = 'asked') = (decided_on IS NULL)", "decided_has_day"),
        check("(decision = 'granted') = (until_granted IS NOT NULL)", "granted_has_day"),
    )

    problem_id: int = columns.part_of("problem.id")
    position: int = columns.position()
    round: int = columns.number()
    asked_on: date = columns.day()
    asked_by: int | None = columns.to("official.id", null=True)
    reason: str = columns.text()
    until_asked: date = columns.day()
    decision: Decision = columns.word(Decision, "decision", default=Decision.ASKED)
    decided_on: date | None = columns.day(null=True)
    decided_by: int | None = columns.to("official.id", null=True)
    until_granted: date | None = columns.day(null=True)
    lapsed_on: date | None = columns.day(null=True)
