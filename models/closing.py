"""销号: applications to close, and what became of them."""

from datetime import date

import sqlalchemy as sa
from sqlmodel import SQLModel

from models import columns
from models.columns import check, partial_index
from xiaohao.vocabulary import ClosingKind, ClosingOutcome

OPEN = "outcome IN ('applied', 'verified')"
"""SQL: the application still waits, for its second person or for the night."""


class Closing(SQLModel, table=True):
    """One application. Nobody verifies his own, and only a historic row is closed unverified (I6).

    `days_used` to `on_time_original` are frozen at closing (23).
    """

    __tablename__ = "closing"
    __table_args__ = (
        check("position >= 1", "position_range"),
        check("round >= 1", "round_range"),
        check("verified_by <> applied_by", "verifier_other"),
        check("kind = 'historic' OR (applied_on IS NOT NULL AND applied_by IS NOT NULL)", "applied_whole"),
        check("outcome <> 'returned' OR returned_on IS NOT NULL", "returned_has_day"),
        check("outcome <> 'applied' OR (verified_on IS NULL AND returned_on IS NULL)", "applied_waits"),
        check(
            "kind = 'historic' OR outcome NOT IN ('verified', 'closed')"
            " OR (verified_on IS NOT NULL AND verified_by IS NOT NULL)",
            "verified_whole",
        ),
        check("(outcome = 'closed') = (closed_on IS NOT NULL)", "closed_has_day"),
        check("kind = 'historic' OR closed_on = verified_on", "closed_when_verified"),
        check(
            "kind = 'historic' OR outcome <> 'closed' OR"
            " (days_used IS NOT NULL AND suspended_days IS NOT NULL AND highest_level IS NOT NULL)",
            "closed_has_facts",
        ),
        check(
            "kind <> 'historic' OR"
            " (outcome = 'closed' AND applied_by IS NULL AND verified_by IS NULL AND verified_on IS NULL)",
            "historic_unverified",
        ),
        check("highest_level BETWEEN 0 AND 3", "highest_level_range"),
        check("suspended_days >= 0 AND days_over >= 0", "days_not_negative"),
        partial_index("closing_open", "problem_id", where=OPEN, unique=True),
        sa.Index("closing_closed_on", "closed_on"),
    )

    problem_id: int = columns.part_of("problem.id")
    position: int = columns.position()
    round: int = columns.number()
    kind: ClosingKind = columns.word(ClosingKind, "kind")
    applied_on: date | None = columns.day(null=True)
    applied_by: int | None = columns.to("official.id", null=True)
    verified_on: date | None = columns.day(null=True)
    verified_by: int | None = columns.to("official.id", null=True)
    returned_on: date | None = columns.day(null=True)
    returned_by: int | None = columns.to("official.id", null=True)
    reason: str | None = columns.text(null=True)
    outcome: ClosingOutcome = columns.word(ClosingOutcome, "outcome")
    closed_on: date | None = columns.day(null=True)
    days_used: int | None = columns.number(null=True)
    suspended_days: int | None = columns.number(null=True)
    days_over: int | None = columns.number(null=True)
    highest_level: int | None = columns.number(null=True)
    on_time: bool | None = columns.flag(null=True)
    on_time_original: bool | None = columns.flag(null=True)
