"""Frozen values that leave the ledger: what a notice says, without a word of how it is said.

Tables stay in `xiaohao.ledger`; what an act, a flow, a page or a channel needs to know leaves as one
of these. A notice's facts are stored as JSON beside it (`to_json`) and rendered when it is sent.
"""

import json
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter
from pydantic_core import to_jsonable_python

from xiaohao.vocabulary import Light, RectificationClass, Role, StepKind

_EXACT = ConfigDict(extra="forbid")


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
    firings: tuple[int, ...] = ()
    """The ids of the firings that this line carries: the told one and those it speaks for."""


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
    notices come to the recipient. `items` are in order, the most urgent first. `counts_by_unit` is
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
    counts_by_unit: tuple[UnitCount, ...] = ()
    other_overdue: int = 0
    page_url: str | None = None
    checkpoint: str | None = None


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
