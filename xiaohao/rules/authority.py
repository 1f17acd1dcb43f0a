"""Which subtree a person speaks for, and what a role may do there (I10). DESIGN sections 4.5 and 4.6."""

from collections.abc import Sequence
from dataclasses import dataclass

from xiaohao.errors import MoveNotAllowed
from xiaohao.rules.life import MOVES, Who
from xiaohao.vocabulary import Action, Role


@dataclass(frozen=True)
class Standing:
    """A post that a person holds, or stands in for, on the day: the unit's path and the role."""

    unit_path: str
    role: Role

    @property
    def depth(self) -> int:
        """How far below the district the unit lies: 1 is the district itself."""
        return self.unit_path.count("/") - 1


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

    def over(self, unit_path: str) -> Sequence[Standing]:
        """His posts in the unit or in one above it."""
        return [held for held in self.standings if unit_path.startswith(held.unit_path)]

    def rank(self, unit_path: str) -> int | None:
        """The highest of these units, as depth (1 is the district); None: he has none."""
        return min((held.depth for held in self.over(unit_path)), default=None)


def check(
    action: Action, by: Person, *, unit_path: str, number: str, applicant_rank: int | None = None
) -> None:
    """Raise MoveNotAllowed, with the reason in words, where `by` may not make this move.

    `applicant_rank` is the rank of the post under which a closing was applied for.
    """
    rule = MOVES[action].who
    over = by.over(unit_path)
    if not over:
        raise MoveNotAllowed(
            f"{by.name}（{by.code}）在问题 {number} 的责任单位及其上级单位没有任职，不能{action.label}。台账没有变化。"
        )
    own_depth = unit_path.count("/") - 1
    if rule is Who.ABOVE and not any(held.depth < own_depth or held.role is Role.SUPERVISOR for held in over):
        raise MoveNotAllowed(
            f"{action.label}须由责任单位的上级单位办理，{by.name}（{by.code}）只在本单位任职。台账没有变化。"
        )
    rank = by.rank(unit_path)
    if rule is Who.SECOND and applicant_rank is not None and rank is not None and rank > applicant_rank:
        raise MoveNotAllowed(
            f"{action.label}人的层级不能低于申请人所在单位，{by.name}（{by.code}）层级不够。台账没有变化。"
        )


def check_unit(by: Person, unit_path: str, unit_name: str) -> None:
    """Raise MoveNotAllowed where `by` may not enter a problem for this unit: he has no post in its line."""
    if not by.over(unit_path):
        raise MoveNotAllowed(
            f"{by.name}（{by.code}）在{unit_name}及其上级单位没有任职，不能为它登记问题。没有登记。"
        )
