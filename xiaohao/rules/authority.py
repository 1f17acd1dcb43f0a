"""Which subtree a person speaks for, and what a role may do there (I10). DESIGN sections 4.5 and 4.6."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from xiaohao.errors import MoveNotAllowed
from xiaohao.rules.life import MOVES, Who
from xiaohao.vocabulary import Action, Role

DISTRICT_DEPTH = 1


def depth(unit_path: str) -> int:
    """How far down the tree a unit lies: 1 is the district itself. A lower number is a higher rank."""
    return unit_path.count("/") - 1


@dataclass(frozen=True)
class Standing:
    """A post that a person holds, or stands in for, on the day: the unit's path and the role."""

    unit_path: str
    role: Role

    @property
    def depth(self) -> int:
        """How far down the tree its unit lies: 1 is the district itself."""
        return depth(self.unit_path)

    def is_over(self, unit_path: str) -> bool:
        """Whether it is a post in this unit or in one above it."""
        return unit_path.startswith(self.unit_path)

    def is_above(self, unit_path: str) -> bool:
        """Whether it decides for this unit as a higher one: a unit above it, or the district's supervisor."""
        supervises = self.role is Role.SUPERVISOR and self.depth == DISTRICT_DEPTH
        return self.is_over(unit_path) and (self.depth < depth(unit_path) or supervises)


@dataclass(frozen=True)
class Person:
    """Who acts: an official with all that he holds on the day."""

    id: int
    code: str
    name: str
    standings: tuple[Standing, ...] = ()

    @property
    def actor(self) -> str:
        """As the trail writes it."""
        return f"official:{self.code}"

    @property
    def shown(self) -> str:
        """As a sentence names him."""
        return f"{self.name}（{self.code}）"

    def over(self, unit_path: str) -> Sequence[Standing]:
        """His posts in the unit or in one above it."""
        return [held for held in self.standings if held.is_over(unit_path)]


def rank(standings: Iterable[Standing], unit_path: str) -> int | None:
    """The highest unit among these posts that lies in the line of `unit_path`, as depth; None for none."""
    return min((held.depth for held in standings if held.is_over(unit_path)), default=None)


def check(
    action: Action, by: Person, *, unit_path: str, number: str, applicant_rank: int | None = None
) -> None:
    """Raise MoveNotAllowed, with the reason in words, where `by` may not make this move.

    `applicant_rank` is the applicant's `rank` on the day of application, for the moves of a
    second person; None where he held no post then, and any post in the line is enough.
    """
    rule = MOVES[action].who
    if not by.over(unit_path):
        raise MoveNotAllowed(
            f"{by.shown}在问题 {number} 的责任单位及其上级单位没有任职，不能办理“{action.label}”。台账没有变化。"
        )
    if rule is Who.ABOVE and not any(held.is_above(unit_path) for held in by.standings):
        raise MoveNotAllowed(f"{_decided_above(action, unit_path)}，{by.shown}只在本单位任职。台账没有变化。")
    own = rank(by.standings, unit_path)
    if rule is Who.SECOND and applicant_rank is not None and own is not None and own > applicant_rank:
        raise MoveNotAllowed(
            f"办理“{action.label}”的人，层级不能低于申请人所在单位，{by.shown}层级不够（问题 {number}）。台账没有变化。"
        )


def _decided_above(action: Action, unit_path: str) -> str:
    if depth(unit_path) == DISTRICT_DEPTH:
        return f"区本级问题的“{action.label}”须由区督查员办理"
    return f"“{action.label}”须由责任单位的上级单位办理"


def check_reassign(by: Person, *, from_path: str, to_path: str, number: str) -> None:
    """Raise MoveNotAllowed where no single post of `by` is above both units (转办)."""
    if not any(held.is_above(from_path) and held.is_above(to_path) for held in by.standings):
        raise MoveNotAllowed(
            f"转办须由原责任单位和新责任单位共同的上级单位办理，{by.shown}没有这样的任职"
            f"（问题 {number}）。台账没有变化。"
        )


def check_unit(by: Person, unit_path: str, unit_name: str) -> None:
    """Raise MoveNotAllowed where `by` may not enter a problem for this unit: he has no post in its line."""
    if not by.over(unit_path):
        raise MoveNotAllowed(f"{by.shown}在{unit_name}及其上级单位没有任职，不能为它登记问题。没有登记。")
