"""整改进展: a report takes the problem up and holds the reviews of a long-term one (22, 36)."""

from datetime import date

from xiaohao.actions.acting import acting
from xiaohao.errors import Incomplete
from xiaohao.ledger.tables import PROGRESS
from xiaohao.ledger.writing import Ledger
from xiaohao.rules import clock as clocks
from xiaohao.rules.authority import Person
from xiaohao.vocabulary import Action


def report_progress(ledger: Ledger, number: str, text: str, *, by: Person, on: date) -> None:
    """Report what was done since the last time. Raises Incomplete without a text, MoveNotAllowed."""
    if not text.strip():
        raise Incomplete("请写明整改进展的内容。台账没有变化。", missing=["整改进展内容"])
    with acting(ledger, Action.PROGRESS, number, by=by, on=on) as act:
        row = {
            "position": act.case.next_position(PROGRESS),
            "round": act.case.clock.round,
            "on": on,
            "by": by.id,
            "text": text.strip(),
            "lapsed_on": None,
        }
        act.writes(lambda clock: clocks.report(clock, rules=act.rules, on=on), parts={PROGRESS.name: [row]})
