"""The allowed moves of a problem, and who may make each. DESIGN section 4.5.

`docs/` draws the table from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from xiaohao.errors import MoveNotAllowed
from xiaohao.vocabulary import Action, Status


class Who(StrEnum):
    """Who may make a move, seen from the problem's unit."""

    OWN = "own"  # the responsible unit, or a unit above it
    ABOVE = "above"  # a unit above the responsible one, or the district's supervisor
    SECOND = "second"  # a second person of a rank not below the applicant's unit


@dataclass(frozen=True)
class Move:
    """From which states an act may be made, and by whom."""

    froms: frozenset[Status]
    who: Who


_OPEN = frozenset({Status.REGISTERED, Status.RECTIFYING, Status.SUSPENDED})
_ALIVE = _OPEN | {Status.APPLIED, Status.VERIFIED}

MOVES: Mapping[Action, Move] = {
    Action.CORRECT: Move(_ALIVE, Who.OWN),
    Action.CANCEL: Move(_OPEN | {Status.APPLIED}, Who.ABOVE),
    Action.REASSIGN: Move(_OPEN, Who.ABOVE),
    Action.TAKE_UP: Move(frozenset({Status.REGISTERED, Status.SUSPENDED}), Who.OWN),
    Action.PROGRESS: Move(_OPEN, Who.OWN),
    Action.MEASURE: Move(_OPEN | {Status.APPLIED}, Who.OWN),
    Action.EVIDENCE: Move(_ALIVE, Who.OWN),
    Action.CALL_BACK: Move(_OPEN | {Status.APPLIED}, Who.OWN),
    Action.DECIDE_CALL_BACK: Move(_OPEN | {Status.APPLIED}, Who.ABOVE),
    Action.APPLY: Move(_OPEN, Who.OWN),
    Action.RETURN: Move(frozenset({Status.APPLIED}), Who.SECOND),
    Action.VERIFY: Move(frozenset({Status.APPLIED}), Who.SECOND),
    Action.ASK_EXTENSION: Move(_OPEN | {Status.APPLIED}, Who.OWN),
    Action.GRANT_EXTENSION: Move(_OPEN | {Status.APPLIED}, Who.ABOVE),
    Action.REFUSE_EXTENSION: Move(_OPEN | {Status.APPLIED}, Who.ABOVE),
    Action.GRANT_SUSPENSION: Move(_OPEN, Who.ABOVE),
    Action.CHANGE_CLASS: Move(_OPEN, Who.ABOVE),
    Action.REOPEN: Move(frozenset({Status.CLOSED}), Who.OWN),
}


def check(action: Action, status: Status, number: str) -> None:
    """Raise MoveNotAllowed where the act cannot be made from this status."""
    if status in MOVES[action].froms:
        return
    allowed = "、".join(word.label for word in Status if word in MOVES[action].froms)
    raise MoveNotAllowed(
        f"问题 {number} 当前为“{status.label}”，不能办理“{action.label}”；只有{allowed}的问题可以。台账没有变化。"
    )
