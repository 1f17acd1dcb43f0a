"""签收: the responsible unit says that it has the problem (decisions 22, 33 and 40)."""

from datetime import date

from xiaohao.actions.acting import acting
from xiaohao.errors import MoveNotAllowed
from xiaohao.ledger.writing import Ledger
from xiaohao.rules import clock as clocks
from xiaohao.rules.authority import Person
from xiaohao.vocabulary import Action


def take_up(ledger: Ledger, number: str, *, by: Person, on: date) -> None:
    """Take up a registered problem, a suspended one too. Raises MoveNotAllowed where that was done already."""
    with acting(ledger, Action.TAKE_UP, number, by=by, on=on) as act:
        taken_up_on = act.case.clock.taken_up_on
        if taken_up_on is not None:
            raise MoveNotAllowed(
                f"问题 {act.case.number} 已于 {taken_up_on} 签收，不用再签收。台账没有变化。"
            )
        act.writes(lambda clock: clocks.take_up(clock, on=on))
