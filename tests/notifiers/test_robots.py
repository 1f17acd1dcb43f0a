"""The address of a group robot: its name in the settings, and whom it mentions."""

import pytest
from digest_builders import digest_of, overdue
from hypothesis import given
from hypothesis import strategies as st

from notifiers import digest
from notifiers.robots import DEFAULT, RobotAddress, for_group


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


def test_in_a_group_the_link_says_whose_it_is() -> None:
    """Whoever opens it acknowledges in that name."""
    facts = digest_of(overdue(), recipient="王[建]国", page_url="https://l.example/n/1", checkpoint="7·9f")
    said = for_group(digest.message(facts))
    assert said.foot.text == "查看并点“已阅”（王[建]国本人点）：https://l.example/n/1\n留痕检查点 7·9f"
    assert said.foot.markdown == (
        "[查看并点“已阅”（王［建］国本人点）](https://l.example/n/1)\n留痕检查点 7·9f"
    )


def test_a_message_without_a_link_is_as_it_was() -> None:
    message = digest.message(digest_of(overdue()))
    assert for_group(message) == message
