"""Who is told where deputies run in a circle, and which posts fall vacant (49 to 54)."""

from datetime import date

import pytest

from xiaohao.rules.ladder import Org, Seat, Stand, foretold, who
from xiaohao.rules.vacancies import vacant
from xiaohao.vocabulary import FaultKind, Role, UnitKind

DAY = date(2026, 3, 2)
KINDS = {1: UnitKind.DISTRICT, 2: UnitKind.TOWNSHIP, 3: UnitKind.VILLAGE}
PARENTS = {1: None, 2: 1, 3: 2}
REQUIRED = {UnitKind.VILLAGE: (Role.SECRETARY,), UnitKind.DISTRICT: (Role.SUPERVISOR,)}


def org(*seats: Seat, gone: int = 0) -> Org:
    return Org(KINDS, PARENTS, seats, frozenset(range(1, 10)) - {gone})


def seat(unit: int, role: Role, official: int, until: date | None = None, *stands: Stand) -> Seat:
    return Seat(unit, role, official, date(2024, 1, 1), until, stands)


def stand(official: int) -> Stand:
    return Stand(official, date(2026, 3, 1), date(2026, 3, 31))


def test_a_circle_of_deputies_tells_the_holder_and_is_a_fault() -> None:
    """52: A stands in for B and B for A."""
    circle = org(
        seat(3, Role.SECRETARY, 1, None, stand(2)),
        seat(2, Role.LEADER, 2, None, stand(1)),
    )
    told = who(circle, 3, 1, DAY)
    assert (told.official_id, told.in_place_of) == (1, ())
    assert [(fault.kind, fault.unit_id) for fault in told.faults] == [(FaultKind.DEPUTY_CIRCLE, 3)]


def test_a_deputy_who_has_a_deputy_is_stood_in_for_in_turn() -> None:
    """52: the chain is told in its order."""
    chain = org(seat(3, Role.SECRETARY, 1, None, stand(2)), seat(2, Role.LEADER, 2, None, stand(5)))
    told = who(chain, 3, 1, DAY)
    assert (told.official_id, told.in_place_of) == (5, (1, 2))


def test_an_inactive_holder_counts_as_absent() -> None:
    """51, 49: the next role up is told the same night, and the vacancy is a fault."""
    told = who(org(seat(3, Role.SECRETARY, 1), seat(2, Role.LEADER, 2), gone=1), 3, 1, DAY)
    assert (told.official_id, told.passed_up_from) == (2, (Role.SECRETARY,))


@pytest.mark.parametrize(
    ("until", "after", "falls"),
    [
        (date(2026, 4, 1), None, True),  # 30 days ahead
        (date(2026, 4, 2), None, False),  # 31 days
        (DAY, None, True),  # today is the last day
        (date(2026, 3, 1), None, False),  # it is vacant already
        (date(2026, 3, 20), date(2026, 3, 21), False),  # somebody follows the next day
        (date(2026, 3, 20), date(2026, 3, 22), True),  # a day lies between
        (None, None, False),
    ],
)
def test_a_post_is_foretold_vacant_up_to_thirty_days_ahead(
    until: date | None, after: date | None, falls: bool
) -> None:
    """54: today included, with nobody on the day after."""
    seats = [seat(3, Role.SECRETARY, 1, until)]
    if after is not None:
        seats.append(Seat(3, Role.SECRETARY, 2, after))
    assert [found.unit_id for found in foretold(org(*seats), DAY)] == ([3] if falls else [])


def test_vacant_are_the_posts_written_down_and_those_that_the_policy_asks() -> None:
    """DESIGN section 3: without a holding on the day; what nobody asks and nobody wrote down is no post."""
    held = org(seat(3, Role.SECRETARY, 1, date(2026, 3, 1)), seat(2, Role.LEADER, 2))
    written = [(3, Role.SECRETARY), (2, Role.LEADER), (3, Role.CLERK)]
    assert vacant(held, written, REQUIRED, DAY) == [
        (1, Role.SUPERVISOR),
        (3, Role.CLERK),
        (3, Role.SECRETARY),
    ]
    assert vacant(held, written, {}, date(2026, 3, 1)) == [(3, Role.CLERK)]
