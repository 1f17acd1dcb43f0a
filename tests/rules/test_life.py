"""The table of moves, as an official would read it: which act from which state, and by whom."""

import pytest

from xiaohao.errors import MoveNotAllowed
from xiaohao.rules.life import MOVES, Who, check
from xiaohao.vocabulary import Action, Status

STATES = ["已登记", "整改中", "中止", "申请销号", "复核通过", "已销号", "作废"]
TABLE = {
    #                 已登记 整改中 中止 申请 复核 销号 作废
    "签收": ("own", "√－√－－－－"),  # a unit may take up a suspended problem too
    "报告进展": ("own", "√√√－－－－"),
    "整改措施": ("own", "√√√√－－－"),
    "佐证材料": ("own", "√√√√√－－"),
    "更正": ("own", "√√√√√－－"),
    "回访": ("own", "√√√√－－－"),
    "认定回访结果": ("above", "√√√√－－－"),
    "申请销号": ("own", "√√√－－－－"),
    "退回": ("second", "－－－√－－－"),
    "复核通过": ("second", "－－－√－－－"),
    "申请延期": ("own", "√√√√－－－"),
    "同意延期": ("above", "√√√√－－－"),
    "不同意延期": ("above", "√√√√－－－"),
    "中止": ("above", "√√√－－－－"),  # decision 33: not while applied
    "变更整改类型": ("above", "√√√－－－－"),
    "转办": ("above", "√√√－－－－"),
    "作废": ("above", "√√√√－－－"),
    "反弹": ("own", "－－－－－√－"),
}


@pytest.mark.parametrize("label", TABLE)
def test_a_move_is_allowed_from_these_states_only(label: str) -> None:
    action = Action.from_label(label)
    assert action is not None
    who, allowed = TABLE[label]
    assert MOVES[action].who is Who(who)
    for state, mark in zip(STATES, allowed, strict=True):
        status = Status.from_label(state)
        assert status is not None
        if mark == "√":
            check(action, status, "HL-1")
        else:
            with pytest.raises(MoveNotAllowed, match=f"问题 HL-1 当前为“{state}”，不能办理“{label}”"):
                check(action, status, "HL-1")


def test_the_table_is_whole() -> None:
    assert {action.label for action in MOVES} == set(TABLE)


def test_a_refusal_says_from_which_states_it_would_be_allowed() -> None:
    with pytest.raises(MoveNotAllowed, match="只有申请销号的问题可以。台账没有变化。"):
        check(Action.VERIFY, Status.RECTIFYING, "HL-1")
