"""Who hears of a notice that reaches its recipient on no channel."""

from datetime import date

import pytest

from xiaohao.rules.ladder import Org, Seat
from xiaohao.rules.post_above import above
from xiaohao.vocabulary import Role, UnitKind

ON, LONG_AGO = date(2026, 11, 24), date(2020, 1, 1)
DISTRICT, TOWNSHIP, VILLAGE = 1, 2, 3
ORG = Org(
    {DISTRICT: UnitKind.DISTRICT, TOWNSHIP: UnitKind.TOWNSHIP, VILLAGE: UnitKind.VILLAGE},
    {DISTRICT: None, TOWNSHIP: DISTRICT, VILLAGE: TOWNSHIP},
    (
        Seat(VILLAGE, Role.CLERK, 10, LONG_AGO),
        Seat(VILLAGE, Role.SECRETARY, 11, LONG_AGO),
        Seat(TOWNSHIP, Role.LEADER, 12, LONG_AGO),
        Seat(DISTRICT, Role.SUPERVISOR, 13, LONG_AGO),
    ),
    frozenset({10, 11, 12, 13}),
)


@pytest.mark.parametrize(
    ("unit_id", "role", "passed", "official"),
    [
        (VILLAGE, Role.CLERK, {10}, 11),
        (VILLAGE, Role.SECRETARY, {11}, 12),
        (TOWNSHIP, Role.LEADER, {12}, 13),
        (VILLAGE, Role.SECRETARY, {11, 12}, 13),  # the leader could not be reached either
        (DISTRICT, Role.SUPERVISOR, {13}, None),
        (VILLAGE, Role.SECRETARY, {11, 12, 13}, None),
    ],
)
def test_it_is_the_next_post_whose_holder_has_not_been_tried(
    unit_id: int, role: Role, passed: set[int], official: int | None
) -> None:
    told = above(ORG, unit_id, role, passed, ON)
    assert (None if told is None else told.official_id) == official
