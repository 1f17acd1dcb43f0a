"""变更整改类型: the due day is worked out anew from the same day of finding (43)."""

from datetime import date

from xiaohao.actions.acting import acting
from xiaohao.errors import Incomplete
from xiaohao.ledger.tables import EXTENSION, PROGRESS
from xiaohao.ledger.writing import Ledger
from xiaohao.rules import clock as clocks
from xiaohao.rules.authority import Person
from xiaohao.rules.counting import Term
from xiaohao.vocabulary import Action, Decision, RectificationClass


def change_class(
    ledger: Ledger,
    number: str,
    rectification_class: RectificationClass,
    reason: str,
    *,
    by: Person,
    on: date,
    due_on: date | None = None,
    term: Term | None = None,
    review_every: Term | None = None,
) -> None:
    """Put a problem into another class. Extensions granted before no longer count.

    Raises Incomplete without a reason, or without a date or term where the class and its
    policy need one.
    """
    missing = [] if reason.strip() else ["变更理由"]
    with acting(ledger, Action.CHANGE_CLASS, number, by=by, on=on) as act:
        dated = due_on or term or act.rules.policy.of(rectification_class).term
        if rectification_class is not RectificationClass.LONG_TERM and dated is None:
            missing.append("整改时限（日期或期限）")
        if missing:
            raise Incomplete(
                f"问题 {act.case.number} 改为{rectification_class.label}还缺：{'、'.join(missing)}。台账没有变化。",
                missing=missing,
            )
        lapsed = [
            row | {"lapsed_on": on}
            for row in act.case.of_round(EXTENSION)
            if row["decision"] is Decision.GRANTED and row["lapsed_on"] is None
        ]
        into_long_term = rectification_class is RectificationClass.LONG_TERM
        reported = [
            row | {"lapsed_on": on}
            for row in act.case.of_round(PROGRESS)
            if into_long_term and row["lapsed_on"] is None
        ]
        act.writes(
            lambda clock: clocks.change_class(
                clock,
                rectification_class,
                due_given=due_on,
                term=term,
                review_every=review_every,
                rules=act.rules,
                on=on,
            ),
            stops_clock=False,
            parts={EXTENSION.name: lapsed, PROGRESS.name: reported},
            why={"reason": reason.strip()},
        )
