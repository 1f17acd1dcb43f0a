"""回访."""

from datetime import date

import pytest
from builders import a_problem
from district import District

from xiaohao.actions import call_back, closing
from xiaohao.errors import Incomplete, MoveNotAllowed, WrongDate
from xiaohao.vocabulary import Action, CallBackOutcome, Source

DAY = date(2026, 11, 4)
FROM_A_VISIT = a_problem("HL-1", source=Source.HOME_VISIT)


def says(district: District, outcome: CallBackOutcome, note: str = "", on: date = DAY) -> None:
    call_back.record(district.ledger, "HL-1", outcome, note, by=district.who("陈静"), on=on)


def test_a_satisfied_call_back_lets_the_closing_be_applied_for(staffed: District) -> None:
    staffed.has(FROM_A_VISIT)
    staffed.has_evidence("HL-1", by="陈静", on="2026-11-04")
    with staffed.leaves_one_entry(Action.CALL_BACK):
        says(staffed, CallBackOutcome.SATISFIED)
    closing.apply(staffed.ledger, "HL-1", by=staffed.who("王强"), on=DAY)


@pytest.mark.parametrize("outcome", [CallBackOutcome.EXPLAINED, CallBackOutcome.NOT_FEASIBLE])
def test_an_outcome_that_a_higher_unit_decides(staffed: District, outcome: CallBackOutcome) -> None:
    staffed.has(FROM_A_VISIT)
    staffed.has_evidence("HL-1", by="陈静", on="2026-11-04")
    says(staffed, outcome, "居民已知晓原因")
    with staffed.refuses(Incomplete, f"回访结果“{outcome.label}”须由上级单位认定"):
        closing.apply(staffed.ledger, "HL-1", by=staffed.who("王强"), on=DAY)
    with staffed.refuses(MoveNotAllowed, "上级单位", "王强"):
        call_back.decide(staffed.ledger, "HL-1", by=staffed.who("王强"), on=DAY)
    with staffed.leaves_one_entry(Action.DECIDE_CALL_BACK):
        call_back.decide(staffed.ledger, "HL-1", by=staffed.who("李明"), on=DAY)
    with staffed.refuses(MoveNotAllowed, "已于 2026-11-04 认定"):
        call_back.decide(staffed.ledger, "HL-1", by=staffed.who("李明"), on=DAY)
    closing.apply(staffed.ledger, "HL-1", by=staffed.who("王强"), on=DAY)


def test_the_last_call_back_counts(staffed: District) -> None:
    staffed.has(FROM_A_VISIT)
    staffed.has_evidence("HL-1", by="陈静", on="2026-11-04")
    says(staffed, CallBackOutcome.SATISFIED)
    says(staffed, CallBackOutcome.DISSATISFIED, "又积水了")
    with staffed.refuses(Incomplete, "不满意"):
        closing.apply(staffed.ledger, "HL-1", by=staffed.who("王强"), on=DAY)


def test_an_outcome_other_than_satisfied_says_why(staffed: District) -> None:
    staffed.has(FROM_A_VISIT)
    with staffed.refuses(Incomplete, "回访结果为“已解释说明”时请写明情况"):
        says(staffed, CallBackOutcome.EXPLAINED)


def test_nothing_to_decide(staffed: District) -> None:
    staffed.has(FROM_A_VISIT)
    with staffed.refuses(MoveNotAllowed, "还没有回访记录"):
        call_back.decide(staffed.ledger, "HL-1", by=staffed.who("李明"), on=DAY)
    says(staffed, CallBackOutcome.DISSATISFIED, "又积水了")
    with staffed.refuses(MoveNotAllowed, "“不满意”，不需要上级认定"):
        call_back.decide(staffed.ledger, "HL-1", by=staffed.who("李明"), on=DAY)
    says(staffed, CallBackOutcome.EXPLAINED, "已说明")
    with staffed.refuses(WrongDate, "2026-11-04"):
        call_back.decide(staffed.ledger, "HL-1", by=staffed.who("李明"), on=date(2026, 11, 3))
