"""作废: a problem that should not be in the ledger is taken out of every count, by a unit above."""

from dataclasses import replace
from datetime import date

from xiaohao.actions.acting import Act, acting
from xiaohao.errors import Incomplete
from xiaohao.ledger.closings import open_closing
from xiaohao.ledger.tables import CLOSING
from xiaohao.ledger.writing import Ledger
from xiaohao.rules import clock as clocks
from xiaohao.rules.authority import Person
from xiaohao.rules.clock import Acted
from xiaohao.vocabulary import Action, ClosingOutcome, Status


def cancel(ledger: Ledger, number: str, reason: str, *, by: Person, on: date) -> None:
    """Cancel a problem: no light, no timer; what was not yet told never is.

    The steps dated up to `on` stay recorded, later ones are withdrawn. An application that
    waits is returned with it. Raises Incomplete without a reason, MoveNotAllowed.
    """
    if not reason.strip():
        raise Incomplete("请写明作废的理由。台账没有变化。", missing=["作废理由"])
    with acting(ledger, Action.CANCEL, number, by=by, on=on) as act:
        returned = []
        if act.case.clock.status is Status.APPLIED:
            returned = [
                dict(open_closing(act.case))
                | {
                    "returned_on": on,
                    "returned_by": by.id,
                    "reason": f"问题作废：{reason.strip()}",
                    "outcome": ClosingOutcome.RETURNED,
                }
            ]
        act.puts(
            _ended(act),
            columns={"cancelled_on": on, "cancel_reason": reason.strip()},
            parts={CLOSING.name: returned},
        )


def _ended(act: Act) -> Acted:
    """The clock at its end; first the steps that no night has recorded are recorded (58), never told."""
    case, rules = act.case, act.rules

    def as_it_is(clock: clocks.Clock) -> clocks.Clock:
        return clock

    last = case.acted(as_it_is, rules, on=act.w.on)
    ended = replace(case.clock, status=Status.CANCELLED)
    recorded = frozenset(step.key for step in last.recorded)
    return Acted(
        clocks.retimed(ended, (), rules, act.w.on),
        last.recorded,
        withdrawn=last.withdrawn,
        settled=case.known | recorded,
    )
