"""Frozen values that leave the ledger: problems as they are shown, and what a notice says.

Tables stay in `xiaohao.ledger`; what an act, a flow, a page or a channel needs to know leaves as one
of these, with names of units and without ids. `to_json` writes any of them. A notice's facts are
stored as JSON beside it and rendered when it is sent.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter
from pydantic_core import to_jsonable_python

from xiaohao.rules.counting import Term
from xiaohao.vocabulary import (
    CallBackOutcome,
    Channel,
    ClosingKind,
    ClosingOutcome,
    Decision,
    Entered,
    EvidencePhase,
    Light,
    NoticeState,
    RectificationClass,
    Role,
    Source,
    Status,
    StepKind,
)

_EXACT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonName:
    """An official by code (工号) and name."""

    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestItem:
    """One problem in a digest, with the one step of it that is told.

    `due_on` is the last day that the step belongs to, inclusive (for a long-term problem the review
    day); for `take_up` the day of registration and for `verify_wait` the day of application, since
    these count from there. `days_overdue` is in days after the due day without suspended ones, 0
    where nothing is overdue. `nights_late` is the number of nights between the one that should have
    told the step and the one that does; it means something only where `late`.

    `next_on`, `next_role` and `next_unit` say when and to whom the matter climbs next. Where it only
    repeats there is no role, and the day of the next repeat may be given.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _EXACT

    number: str
    title: str
    unit: str
    kind: StepKind
    rectification_class: RectificationClass
    light: Light | None
    level: int
    repeat: int
    due_on: date | None
    days_overdue: int
    crossed_on: date
    late: bool = False
    nights_late: int = 0
    next_on: date | None = None
    next_role: Role | None = None
    next_unit: str | None = None
    co_units: tuple[str, ...] = ()
    unanswered_by: str | None = None
    """Told for information: who got the notice of this matter and has not acknowledged it (已阅)."""
    firings: tuple[int, ...] = ()
    """The ids of the firings that this line carries: the told one and those it speaks for."""
    undelivered_to: tuple[PersonName, ...] = ()
    """Told for information: whom no channel reached with this matter, him first whom it was meant for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCount:
    """How many items of a digest one unit below the recipient has."""

    __pydantic_config__: ClassVar[ConfigDict] = _EXACT

    unit: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestFacts:
    """Everything that one digest tells one recipient on one business date.

    `roles` and `unit` name the post it is told for. `in_place_of` holds the names of those a deputy
    stands in for; `passed_up_from` names the vacant posts below (“四季花城社区党支部书记”) whose
    notices come to the recipient. `undelivered_to` is set where the notice is told for information and all its
    items were meant for one person below, whom no channel reached. `items` are in order, the most urgent first. `counts_by_unit` is
    filled for a recipient above several units. `other_overdue` counts the overdue problems of the
    recipient that have no news today. `checkpoint` is the short root of the trail told in the foot.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _EXACT

    business_date: date
    recipient: str
    recipient_code: str
    roles: tuple[Role, ...]
    unit: str | None
    items: tuple[DigestItem, ...]
    in_place_of: tuple[str, ...] = ()
    passed_up_from: tuple[str, ...] = ()
    undelivered_to: str | None = None
    counts_by_unit: tuple[UnitCount, ...] = ()
    other_overdue: int = 0
    page_url: str | None = None
    checkpoint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemLine:
    """One line of the ledger; `measures` is their count. Light is None when closed or suspended."""

    number: str
    external_number: str | None
    title: str
    unit: str
    co_units: tuple[str, ...]
    rectification_class: RectificationClass
    source: Source | None
    found_on: date
    due_on: date | None
    measures: int
    status: Status
    light: Light | None
    level: int
    next_event_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureLine:
    """A measure (整改措施); `due_on` is its last day, inclusive."""

    text: str
    due_on: date | None
    done_on: date | None
    owner: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressLine:
    """A report (整改进展). `by` is None where it came in with an import."""

    round: int
    on: date
    by: PersonName | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLine:
    """A report (整改进展) as a sheet shows it."""

    on: date
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportLine:
    """A problem as a workbook holds it. Units are written by the word that finds them again.

    `closed_on` is set for a closed problem; `review_every` where it is not the policy's. Who raised the
    problem is not in it: a ledger that hangs on a wall names no residents.
    """

    number: str
    external_number: str | None
    title: str
    description: str | None
    category: str | None
    source: Source | None
    place: str | None
    unit: str
    co_units: tuple[str, ...]
    register_unit: str
    found_on: date
    rectification_class: RectificationClass
    limit_text: str | None
    due_on: date | None
    original_due_on: date | None
    review_every: Term | None
    review_on: date | None
    status: Status
    light: Light | None
    level: int
    closed_on: date | None
    amount_fen: int | None
    extra: Mapping[str, str]
    measures: tuple[MeasureLine, ...]
    progress: tuple[ReportLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLine:
    """A file (佐证材料), known by its content; `size` in bytes."""

    round: int
    name: str
    phase: EvidencePhase
    media_type: str
    size: int
    sha256: str
    on: date
    by: PersonName | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionLine:
    """A request for a later last day (延期). `lapsed_on`: no longer counts since a change of class."""

    round: int
    asked_on: date
    asked_by: PersonName | None
    reason: str
    until_asked: date
    decision: Decision
    decided_on: date | None
    decided_by: PersonName | None
    until_granted: date | None
    lapsed_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspensionLine:
    """Suspended days (中止), both inclusive. `cut_on`: an application ended it with the day before."""

    round: int
    from_on: date
    until_on: date
    reason: str
    granted_on: date
    granted_by: PersonName | None
    cut_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBackLine:
    """A call-back (回访), and the decision of a higher unit on its outcome."""

    round: int
    on: date
    by: PersonName | None
    outcome: CallBackOutcome
    note: str | None
    decided_on: date | None
    decided_by: PersonName | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingLine:
    """An application to close, and what became of it; the last six are frozen at 销号 (23)."""

    round: int
    kind: ClosingKind
    outcome: ClosingOutcome
    applied_on: date | None
    applied_by: PersonName | None
    returned_on: date | None
    returned_by: PersonName | None
    reason: str | None
    verified_on: date | None
    verified_by: PersonName | None
    closed_on: date | None
    days_used: int | None
    suspended_days: int | None
    days_over: int | None
    highest_level: int | None
    on_time: bool | None
    on_time_original: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FiringLine:
    """A step that was crossed, and whom it was told to.

    `clock_on` is the day that it counts from. `unit` and `role` name the post that was told; a step
    with a `notice` and no post was spoken for by a higher one. `quiet` is never told.
    """

    round: int
    step: StepKind
    level: int
    repeat: int
    clock_on: date
    crossed_on: date
    withdrawn_on: date | None
    quiet: bool
    unit: str | None
    role: Role | None
    official: PersonName | None
    notice: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLine:
    """A notice that carries a step of the problem, and where it stands; instants are UTC."""

    notice: int
    business_date: date
    recipient: str
    channel: Channel
    state: NoticeState
    attempts: int
    accepted_at: datetime | None
    delivered_at: datetime | None
    acknowledged_at: datetime | None
    receipt: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemView:
    """A whole problem: texts, clock, state, parts, steps and notices, each oldest first.

    `term` and `review_every` are in words (15个工作日); `due_given` is a date that was given.
    """

    number: str
    external_number: str | None
    title: str
    description: str | None
    category: str | None
    source: Source | None
    place: str | None
    unit: str
    co_units: tuple[str, ...]
    register_unit: str
    found_by_unit: str | None
    entered: Entered
    found_on: date
    registered_on: date
    started_on: date
    rectification_class: RectificationClass
    limit_text: str | None
    term: str | None
    due_given: date | None
    due_on: date | None
    original_due_on: date | None
    review_every: str | None
    review_on: date | None
    take_up_by: date | None
    taken_up_on: date | None
    applied_on: date | None
    verified_on: date | None
    suspended_until: date | None
    status: Status
    light: Light | None
    level: int
    repeat: int
    round: int
    next_event_on: date | None
    amount_fen: int | None
    cancelled_on: date | None
    cancel_reason: str | None
    merged_into: str | None
    extra: Mapping[str, str]
    measures: tuple[MeasureLine, ...]
    progress: tuple[ProgressLine, ...]
    evidence: tuple[EvidenceLine, ...]
    extensions: tuple[ExtensionLine, ...]
    suspensions: tuple[SuspensionLine, ...]
    call_backs: tuple[CallBackLine, ...]
    closings: tuple[ClosingLine, ...]
    firings: tuple[FiringLine, ...]
    notices: tuple[NoticeLine, ...]


def to_json(facts: object) -> str:
    """The canonical JSON of a value of this module: keys sorted, no blanks, raw Unicode.

    Equal values give equal text. Dates are ISO, words are their codes, tuples are arrays.
    """
    return json.dumps(to_jsonable_python(facts), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def facts_from_json(text: str) -> DigestFacts:
    """The facts that `to_json` wrote. Raises ValueError where `text` is anything else.

    A key that is missing takes its default, so that facts stored by an earlier version can be read;
    a key that is not known is refused, since it would be a fact that nobody tells.
    """
    return _DIGEST_FACTS.validate_json(text, strict=True)


_DIGEST_FACTS = TypeAdapter(DigestFacts)
