"""签收: the responsible unit says that it has the problem (decisions 22, 33 and 40)."""

from datetime import date

from xiaohao.actions.acting import acting
from xiaohao.ledger.writing import Ledger
from xiaohao.rules import clock as clocks
from xiaohao.rules.authority import Person
from xiaohao.vocabulary import Action


def take_up(ledger: Ledger, number: str, *, by: Person, on: date) -> None:
    """Take up a registered problem. Raises MoveNotAllowed where it is taken up already."""
    with acting(ledger, Action.TAKE_UP, number, by=by, on=on) as act:
        act.writes(lambda clock: clocks.take_up(clock, on=on))
