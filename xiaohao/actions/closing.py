"""销号: applied for, returned or passed by a second person. The next night writes it (18 to 23)."""

from datetime import date
from typing import Any

from xiaohao.actions.acting import Act, acting
from xiaohao.errors import Incomplete, MoveNotAllowed
from xiaohao.ledger import problems
from xiaohao.ledger.closings import open_closing
from xiaohao.ledger.tables import CALL_BACK, CLOSING, EVIDENCE, MEASURE, SUSPENSION
from xiaohao.ledger.writing import Ledger
from xiaohao.rules import clock as clocks
from xiaohao.rules.authority import Person
from xiaohao.rules.closing import Papers, missing_papers
from xiaohao.vocabulary import Action, ClosingKind, ClosingOutcome


def apply(ledger: Ledger, number: str, *, by: Person, on: date, text: str = "") -> None:
    """申请销号: stops the ladder after this day, and takes the problem up (18, 22, 33).

    Raises Incomplete with everything that is missing (measures, evidence, call-back).
    """
    with acting(ledger, Action.APPLY, number, by=by, on=on) as act:
        _check_papers(act, "申请销号")
        row = _application(act, by, on)
        cut = [
            part | {"cut_on": on}
            for part in act.case.of_round(SUSPENSION)
            if part["until_on"] >= on and part["cut_on"] is None
        ]
        act.writes(
            lambda clock: clocks.apply(clock, rules=act.rules, on=on),
            parts={CLOSING.name: [row], SUSPENSION.name: cut},
            why={"text": text.strip()},
        )


def send_back(ledger: Ledger, number: str, reason: str, *, by: Person, on: date) -> None:
    """退回: back to rectifying; the ladder stands where it would have stood (19).

    Raises Incomplete without a reason, MoveNotAllowed where nothing waits for verification.
    """
    if not reason.strip():
        raise Incomplete("请写明退回的理由。台账没有变化。", missing=["退回理由"])
    with acting(ledger, Action.RETURN, number, by=by, on=on) as act:
        closing = dict(open_closing(act.case))
        _check_second(act, closing, by, Action.RETURN)
        row = closing | {
            "returned_on": on,
            "returned_by": by.id,
            "reason": reason.strip(),
            "outcome": ClosingOutcome.RETURNED,
        }
        act.writes(clocks.send_back, parts={CLOSING.name: [row]})


def verify(ledger: Ledger, number: str, *, by: Person, on: date) -> None:
    """复核通过: pass an application as its second person. The next night writes 销号 (21).

    Raises MoveNotAllowed where nothing waits for verification or `by` may not verify it,
    Incomplete with everything that is missing; the ledger is then unchanged.
    """
    with acting(ledger, Action.VERIFY, number, by=by, on=on) as act:
        closing = dict(open_closing(act.case))
        _check_second(act, closing, by, Action.VERIFY)
        _check_papers(act, "复核通过")
        row = closing | {"verified_on": on, "verified_by": by.id, "outcome": ClosingOutcome.VERIFIED}
        act.writes(lambda clock: clocks.verify(clock, on=on), parts={CLOSING.name: [row]})


def _application(act: Act, by: Person, on: date) -> dict[str, Any]:
    empty = dict.fromkeys(column.name for column in CLOSING.columns if column.name != "problem_id")
    return empty | {
        "position": act.case.next_position(CLOSING),
        "round": act.case.clock.round,
        "kind": ClosingKind.REGULAR,
        "applied_on": on,
        "applied_by": by.id,
        "outcome": ClosingOutcome.APPLIED,
    }


def _check_papers(act: Act, what: str) -> None:
    missing = missing_papers(papers(act.case), act.rules.policy)
    if missing:
        raise Incomplete(
            f"问题 {act.case.number} {what}还缺：{'；'.join(missing)}。台账没有变化。", missing=missing
        )


def papers(case: problems.Case) -> Papers:
    """What the closing rule looks at."""
    call_backs = case.of_round(CALL_BACK)
    last = call_backs[-1] if call_backs else None
    return Papers(
        source=case.row["source"],
        open_measures=tuple(row["text"] for row in case.of(MEASURE) if row["done_on"] is None),
        evidence=len(case.of_round(EVIDENCE)),
        call_back=None if last is None else last["outcome"],
        call_back_decided=last is not None and last["decided_on"] is not None,
    )


def _check_second(act: Act, closing: dict[str, Any], by: Person, action: Action) -> None:
    if closing["applied_by"] == by.id:
        raise MoveNotAllowed(
            f"申请人不能{action.label}自己的销号申请（问题 {act.case.number}）。台账没有变化。"
        )
