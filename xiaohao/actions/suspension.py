"""中止: days that are no days in any count, granted by a unit above (28 to 34)."""

from datetime import date

from xiaohao.actions.acting import acting
from xiaohao.errors import Incomplete, WrongDate
from xiaohao.ledger.tables import SUSPENSION
from xiaohao.ledger.writing import Ledger
from xiaohao.rules import clock as clocks
from xiaohao.rules.authority import Person
from xiaohao.vocabulary import Action


def grant(ledger: Ledger, number: str, first: date, last: date, reason: str, *, by: Person, on: date) -> None:
    """Suspend a problem from `first` to `last`, both inclusive; it may have begun before (34).

    Raises Incomplete without a reason, WrongDate where the days are in the wrong order or
    lie before the problem was found, MoveNotAllowed while it is applied (33).
    """
    if not reason.strip():
        raise Incomplete("请写明中止的理由。台账没有变化。", missing=["中止理由"])
    if last < first:
        raise WrongDate(f"中止的最后一天 {last} 早于第一天 {first}。台账没有变化。")
    with acting(ledger, Action.GRANT_SUSPENSION, number, by=by, on=on) as act:
        if first < act.case.clock.started_on:
            raise WrongDate(
                f"中止不能早于发现之日（{act.case.clock.started_on}），所给为 {first}。台账没有变化。"
            )
        row = {
            "position": act.case.next_position(SUSPENSION),
            "round": act.case.clock.round,
            "from_on": first,
            "until_on": last,
            "reason": reason.strip(),
            "granted_on": on,
            "granted_by": by.id,
            "cut_on": None,
        }
        act.writes(
            lambda clock: clocks.suspend(clock, first=first, last=last, rules=act.rules),
            stops_clock=False,
            parts={SUSPENSION.name: [row]},
        )
