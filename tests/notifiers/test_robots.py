"""The address of a group robot: its name in the settings, and whom it mentions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.robots import DEFAULT, RobotAddress


@pytest.mark.parametrize(
    ("address", "robot", "mention"),
    [
        ("孟轲乡@13800000000", "孟轲乡", "13800000000"),
        ("孟轲乡", "孟轲乡", None),
        ("孟轲乡@", "孟轲乡", None),
        ("@u1", DEFAULT, "u1"),
        ("", DEFAULT, None),
        (" 孟轲乡 @ u1 ", "孟轲乡", "u1"),
        ("孟轲乡@u1@corp", "孟轲乡", "u1@corp"),
    ],
)
def test_an_address_names_a_robot_and_a_person(address: str, robot: str, mention: str | None) -> None:
    assert RobotAddress.parse(address) == RobotAddress(robot, mention)


@given(
    st.text(min_size=1).map(str.strip).filter(lambda name: name and "@" not in name),
    st.none() | st.text(min_size=1).map(str.strip).filter(bool),
)
def test_what_is_written_is_read_back(robot: str, mention: str | None) -> None:
    address = RobotAddress(robot, mention)
    assert RobotAddress.parse(str(address)) == address


def test_whom_it_mentions_is_not_shown_by_repr() -> None:
    assert "13800000000" not in repr(RobotAddress("孟轲乡", "13800000000"))
