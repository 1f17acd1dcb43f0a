"""反弹: a closed problem is opened again, with a new clock (42)."""

from datetime import date

from xiaohao.actions.acting import acting
from xiaohao.errors import Incomplete
from xiaohao.ledger.writing import Ledger
from xiaohao.rules import clock as clocks
from xiaohao.rules.authority import Person
from xiaohao.rules.counting import Term
from xiaohao.vocabulary import Action, RectificationClass


def reopen(
    ledger: Ledger,
    number: str,
    reason: str,
    *,
    by: Person,
    on: date,
    due_on: date | None = None,
    term: Term | None = None,
) -> None:
    """Open a closed problem again from the day `on`, under the newest policy and calendar.

    Raises Incomplete without a reason, or without a date or term where its class needs one;
    MoveNotAllowed where it is not closed.
    """
    missing = [] if reason.strip() else ["反弹情况"]
    with acting(ledger, Action.REOPEN, number, by=by, on=on) as act:
        now = act.w.current_rules()
        kind = act.case.clock.rectification_class
        dated = due_on or term or now.policy.of(kind).term
        if kind is not RectificationClass.LONG_TERM and dated is None:
            missing.append("新的整改时限")
        if missing:
            raise Incomplete(
                f"重新打开问题 {act.case.number} 还缺：{'、'.join(missing)}。台账没有变化。", missing=missing
            )
        act.writes(
            lambda clock: clocks.reopen(
                clock,
                due_given=due_on,
                term=term,
                rules=now,
                policy_id=now.policy.id,
                version=now.workdays.version,
                on=on,
            ),
            stops_clock=False,
            rules=now,
            why={"reason": reason.strip()},
        )
