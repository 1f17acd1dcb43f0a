"""Who may make a move on a problem of 杨干城村, as a table that an official can check (I10)."""

import pytest

from xiaohao.errors import MoveNotAllowed
from xiaohao.rules import authority
from xiaohao.rules.authority import Person, Standing
from xiaohao.rules.life import Who
from xiaohao.vocabulary import Action, Role

UNITS = {
    "华龙区": "/1/",
    "孟轲乡": "/1/2/",
    "杨干城村": "/1/2/3/",
    "街道": "/1/4/",
    "社区": "/1/4/5/",
    "另一村": "/1/2/33/",
}
VILLAGE = UNITS["杨干城村"]
OF_WHO = {Who.OWN: Action.PROGRESS, Who.ABOVE: Action.GRANT_EXTENSION, Who.SECOND: Action.VERIFY}


def person(*posts: tuple[str, Role]) -> Person:
    return Person(7, "007", "何平", tuple(Standing(UNITS[unit], role) for unit, role in posts))


def may(action: Action, who: Person, path: str = VILLAGE, applicant_rank: int | None = None) -> bool:
    try:
        authority.check(action, who, unit_path=path, number="HL-1", applicant_rank=applicant_rank)
    except MoveNotAllowed:
        return False
    return True


@pytest.mark.parametrize(
    ("unit", "role", "own", "above"),
    [
        ("杨干城村", Role.CLERK, True, False),
        ("杨干城村", Role.SECRETARY, True, False),
        ("杨干城村", Role.SUPERVISOR, True, False),  # a village has no supervisor of the district
        ("孟轲乡", Role.CLERK, True, True),
        ("孟轲乡", Role.LEADER, True, True),
        ("华龙区", Role.SUPERVISOR, True, True),
        ("另一村", Role.SECRETARY, False, False),  # its path begins with the same signs
        ("街道", Role.LEADER, False, False),
        ("社区", Role.SECRETARY, False, False),
    ],
)
def test_who_may_move_a_problem_of_the_village(unit: str, role: Role, own: bool, above: bool) -> None:
    who = person((unit, role))
    assert may(OF_WHO[Who.OWN], who) is own
    assert may(OF_WHO[Who.ABOVE], who) is above


@pytest.mark.parametrize(
    ("unit", "role", "above"),
    [
        ("华龙区", Role.SUPERVISOR, True),
        ("华龙区", Role.SECRETARY, False),
        ("孟轲乡", Role.LEADER, False),
    ],
)
def test_a_problem_of_the_district_itself_is_decided_by_its_supervisor(
    unit: str, role: Role, above: bool
) -> None:
    assert may(OF_WHO[Who.ABOVE], person((unit, role)), UNITS["华龙区"]) is above


@pytest.mark.parametrize(
    ("applied_from", "verifier", "passes"),
    [
        ("杨干城村", "杨干城村", True),
        ("杨干城村", "孟轲乡", True),
        ("杨干城村", "华龙区", True),
        ("孟轲乡", "杨干城村", False),
        ("孟轲乡", "孟轲乡", True),
        ("华龙区", "孟轲乡", False),
        ("街道", "杨干城村", True),  # his post then was in no unit of this line: any of the line may
    ],
)
def test_the_second_person_is_of_no_lower_rank_than_the_applicant(
    applied_from: str, verifier: str, passes: bool
) -> None:
    rank = authority.rank([Standing(UNITS[applied_from], Role.LEADER)], VILLAGE)
    who = person((verifier, Role.SECRETARY))
    assert may(OF_WHO[Who.SECOND], who, applicant_rank=rank) is passes


def test_the_highest_of_several_posts_counts() -> None:
    who = person(("杨干城村", Role.CLERK), ("孟轲乡", Role.LEADER), ("街道", Role.LEADER))
    assert authority.rank(who.standings, VILLAGE) == authority.depth(UNITS["孟轲乡"])
    assert may(OF_WHO[Who.ABOVE], who)


@pytest.mark.parametrize(
    ("posts", "to", "passes"),
    [
        ([("华龙区", Role.LEADER)], "社区", True),
        ([("孟轲乡", Role.LEADER)], "另一村", True),
        ([("孟轲乡", Role.LEADER)], "社区", False),
        ([("孟轲乡", Role.LEADER), ("街道", Role.LEADER)], "社区", False),  # two posts are no common superior
        ([("华龙区", Role.SECRETARY)], "华龙区", False),
        ([("华龙区", Role.SUPERVISOR)], "华龙区", True),
    ],
)
def test_reassigning_takes_one_post_above_both(posts: list[tuple[str, Role]], to: str, passes: bool) -> None:
    try:
        authority.check_reassign(person(*posts), from_path=VILLAGE, to_path=UNITS[to], number="HL-1")
    except MoveNotAllowed:
        assert not passes
    else:
        assert passes


def test_a_refusal_names_the_person_and_the_reason() -> None:
    with pytest.raises(MoveNotAllowed) as caught:
        authority.check(Action.APPLY, person(), unit_path=VILLAGE, number="HL-1")
    assert caught.value.message == (
        "何平（007）在问题 HL-1 的责任单位及其上级单位没有任职，不能办理“申请销号”。台账没有变化。"
    )
