"""Policy: the terms, warnings and ladders of each class. Values and checks; no file is read here.

DESIGN section 4.3 and decisions 3 to 10, 35 to 41 of the timelines.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from xiaohao.rules.counting import Term
from xiaohao.vocabulary import RectificationClass, Role, Source, StepKind, TermUnit, UnitKind

THREE_WORKDAYS = Term(3, TermUnit.WORKDAY)
FIVE_WORKDAYS = Term(5, TermUnit.WORKDAY)
LADDER: tuple[Role, ...] = (Role.CLERK, Role.SECRETARY, Role.LEADER, Role.SUPERVISOR)
TOP_LEVEL = len(LADDER) - 1


@dataclass(frozen=True)
class ClassPolicy:
    """What one rectification class asks for.

    `term` is counted from the day of finding where no date and no term is given; `warn`
    counts back from the last day; `levels` count from it, one a level (1 to 3); `repeat`
    repeats the top level; `take_up` counts from registration; `review` is the period of a
    long-term problem.
    """

    term: Term | None = None
    warn: tuple[Term, ...] = ()
    levels: tuple[Term, ...] = ()
    repeat: Term | None = None
    take_up: Term | None = None
    review: Term | None = None


@dataclass(frozen=True)
class Policy:
    """One version of the policy. `id` is its row's key, 0 where it has no row."""

    classes: Mapping[RectificationClass, ClassPolicy]
    take_up_second: Term = THREE_WORKDAYS
    verify_remind: Term = FIVE_WORKDAYS
    call_back_sources: frozenset[Source] = frozenset()
    posts: Mapping[UnitKind, tuple[Role, ...]] = field(default_factory=dict)
    id: int = 0

    def of(self, rectification_class: RectificationClass) -> ClassPolicy:
        """The part that speaks of one class."""
        return self.classes[rectification_class]

    def repeats(self, rectification_class: RectificationClass, kind: StepKind) -> Term | None:
        """How long after a step of a kind the next like it is told; None where none comes."""
        if kind is StepKind.VERIFY_WAIT:
            return self.verify_remind
        return self.of(rectification_class).repeat if kind is StepKind.ESCALATION else None

    def __hash__(self) -> int:
        return hash((self.id, id(self)))

    def __eq__(self, other: object) -> bool:
        return self is other
