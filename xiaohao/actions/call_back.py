"""回访: what those who raised a problem say of the result, before it is closed (DESIGN 4.6).

An outcome other than satisfied or dissatisfied counts once a higher unit has decided it.
"""

from datetime import date

from xiaohao.actions.acting import acting
from xiaohao.errors import Incomplete, MoveNotAllowed, WrongDate
from xiaohao.ledger.tables import CALL_BACK
from xiaohao.ledger.writing import Ledger
from xiaohao.rules.authority import Person
from xiaohao.rules.closing import TO_BE_DECIDED
from xiaohao.vocabulary import Action, CallBackOutcome


def record(
    ledger: Ledger, number: str, outcome: CallBackOutcome, note: str = "", *, by: Person, on: date
) -> None:
    """Write down one call-back; the last one of the round counts.

    Raises Incomplete without a note where the outcome is not satisfied, MoveNotAllowed.
    """
    if outcome is not CallBackOutcome.SATISFIED and not note.strip():
        raise Incomplete(f"回访结果为“{outcome.label}”时请写明情况。台账没有变化。", missing=["回访情况"])
    with acting(ledger, Action.CALL_BACK, number, by=by, on=on) as act:
        row = {
            "position": act.case.next_position(CALL_BACK),
            "round": act.case.clock.round,
            "on": on,
            "by": by.id,
            "outcome": outcome,
            "note": note.strip() or None,
            "decided_by": None,
            "decided_on": None,
        }
        act.writes(parts={CALL_BACK.name: [row]})


def decide(ledger: Ledger, number: str, *, by: Person, on: date) -> None:
    """Accept as a higher unit that the last call-back ended as explained or not feasible.

    Raises MoveNotAllowed where the last call-back needs no decision, or has one already,
    WrongDate before the day of the call-back.
    """
    with acting(ledger, Action.DECIDE_CALL_BACK, number, by=by, on=on) as act:
        there = act.case.of_round(CALL_BACK)
        if not there:
            raise MoveNotAllowed(f"问题 {act.case.number} 还没有回访记录，没有可以认定的结果。台账没有变化。")
        last = there[-1]
        outcome = CallBackOutcome(last["outcome"])
        if outcome not in TO_BE_DECIDED:
            raise MoveNotAllowed(
                f"问题 {act.case.number} 最近一次回访结果为“{outcome.label}”，不需要上级认定。台账没有变化。"
            )
        if last["decided_on"] is not None:
            raise MoveNotAllowed(
                f"问题 {act.case.number} 的回访结果“{outcome.label}”已于 {last['decided_on']} 认定。台账没有变化。"
            )
        if on < last["on"]:
            raise WrongDate(
                f"问题 {act.case.number} 在 {last['on']} 回访，认定日期不能早于这一天。台账没有变化。"
            )
        act.writes(parts={CALL_BACK.name: [last | {"decided_by": by.id, "decided_on": on}]})
