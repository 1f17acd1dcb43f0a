"""问题: one row of the ledger, with its clock and its state; and the units that help with it."""

from datetime import date

import sqlalchemy as sa
from sqlmodel import SQLModel

from models import columns
from models.columns import check, partial_index
from xiaohao.vocabulary import Entered, Light, RectificationClass, Source, Status, TermUnit

OPEN = "status NOT IN ('closed', 'cancelled')"
"""SQL: the problem still runs; a query uses the index where it repeats these words."""


class Problem(SQLModel, table=True):
    """A problem. `next_event_on` is its timer: the next day on which the calendar alone does something."""

    __tablename__ = "problem"
    __table_args__ = (
        check("title_key <> ''", "title_named"),
        check("term_count BETWEEN 1 AND 9999", "term_counts"),
        check("(term_count IS NULL) = (term_unit IS NULL)", "term_whole"),
        check("amount_fen >= 0", "amount_not_negative"),
        check("merged_into_id <> id", "merged_into_other"),
        check("level BETWEEN 0 AND 3", "level_range"),
        check("repeat >= 0", "repeat_range"),
        check("round >= 1", "round_range"),
        check("version >= 0", "version_range"),
        check("(light IS NULL) = (status IN ('closed', 'suspended', 'cancelled'))", "light_while_running"),
        check("rectification_class <> 'long_term' OR light <> 'red'", "long_term_never_red"),
        check("rectification_class = 'long_term' OR review_on IS NULL", "review_of_long_term"),
        check(
            "rectification_class = 'long_term' OR due_on IS NOT NULL OR status IN ('closed', 'cancelled')",
            "due_while_open",
        ),
        check("status NOT IN ('closed', 'cancelled') OR next_event_on IS NULL", "no_event_at_end"),
        check("status <> 'closed' OR level = 0", "no_level_when_closed"),
        check("status NOT IN ('applied', 'verified') OR applied_on IS NOT NULL", "applied_has_day"),
        check("status <> 'verified' OR verified_on IS NOT NULL", "verified_has_day"),
        check(
            "status <> 'cancelled' OR (cancelled_on IS NOT NULL AND cancel_reason IS NOT NULL)",
            "cancelled_has_reason",
        ),
        partial_index(
            "problem_external_number",
            "external_number",
            "register_unit_id",
            where="external_number IS NOT NULL AND status <> 'cancelled'",
            unique=True,
        ),
        sa.Index("problem_identity", "register_unit_id", "unit_id", "title_key"),
        sa.Index("problem_unit", "unit_id"),
        partial_index("problem_next_event", "next_event_on", where="next_event_on IS NOT NULL"),
        partial_index("problem_lights", "unit_id", "status", "light", where=OPEN),
    )

    id: int = columns.key()
    number: str = columns.text(unique=True)
    external_number: str | None = columns.text(null=True)
    register_unit_id: int = columns.to("unit.id")
    entered: Entered = columns.word(Entered, "entered")
    title: str = columns.text()
    title_key: str = columns.text()
    description: str | None = columns.text(null=True)
    category: str | None = columns.text(null=True)
    source: Source | None = columns.word(Source, "source", null=True)
    place: str | None = columns.text(null=True)
    unit_id: int = columns.to("unit.id")
    found_by_unit_id: int | None = columns.to("unit.id", null=True)
    found_on: date = columns.day()
    rectification_class: RectificationClass = columns.word(RectificationClass, "rectification_class")

    limit_text: str | None = columns.text(null=True)
    term_count: int | None = columns.number(null=True)
    term_unit: TermUnit | None = columns.word(TermUnit, "term_unit", null=True)
    due_given: date | None = columns.day(null=True)

    registered_on: date = columns.day()
    started_on: date = columns.day()
    due_on: date | None = columns.day(null=True)
    original_due_on: date | None = columns.day(null=True)
    review_every: str | None = columns.text(null=True)
    reviews_from: date | None = columns.day(null=True)
    review_on: date | None = columns.day(null=True)
    take_up_by: date | None = columns.day(null=True)
    taken_up_on: date | None = columns.day(null=True)
    applied_on: date | None = columns.day(null=True)
    verified_on: date | None = columns.day(null=True)
    verify_by: date | None = columns.day(null=True)
    suspended_until: date | None = columns.day(null=True)
    suspensions: str = columns.text(default="")
    policy_id: int = columns.to("policy.id")
    calendar_version: int = columns.to("calendar.version")
    next_event_on: date | None = columns.day(null=True)

    status: Status = columns.word(Status, "status")
    light: Light | None = columns.word(Light, "light", null=True)
    level: int = columns.number(default=0)
    repeat: int = columns.number(default=0)
    round: int = columns.number(default=1)
    version: int = columns.number(default=0)
    cancelled_on: date | None = columns.day(null=True)
    cancel_reason: str | None = columns.text(null=True)
    amount_fen: int | None = columns.long_number(null=True)
    merged_into_id: int | None = columns.to("problem.id", null=True)
    extra: str | None = columns.text(null=True)


class CoUnit(SQLModel, table=True):
    """协办单位: a unit that helps with a problem."""

    __tablename__ = "co_unit"
    __table_args__ = (
        check("position >= 1", "position_range"),
        sa.UniqueConstraint("problem_id", "unit_id"),
        sa.Index("co_unit_unit", "unit_id"),
    )

    problem_id: int = columns.part_of("problem.id")
    position: int = columns.position()
    unit_id: int = columns.to("unit.id")
