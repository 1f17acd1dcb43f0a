"""Who is told: the post that a level speaks to, its holder, his deputy, and the way up past a vacancy.

DESIGN section 4.7, decisions 47 to 54 of the timelines.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from xiaohao.rules.policy import LADDER
from xiaohao.vocabulary import FaultKind, Role, UnitKind

LEADS = frozenset({UnitKind.SUBDISTRICT, UnitKind.TOWNSHIP, UnitKind.DEPARTMENT})
FORETOLD_DAYS = timedelta(days=30)


@dataclass(frozen=True)
class Stand:
    """A deputy: he stands in from the first to the last day, both inclusive."""

    official_id: int
    from_on: date
    until_on: date


@dataclass(frozen=True)
class Seat:
    """One holding of a post; `until_on` is its last day, None while it has no end."""

    unit_id: int
    role: Role
    official_id: int
    from_on: date
    until_on: date | None = None
    deputies: tuple[Stand, ...] = ()

    def held(self, on: date) -> bool:
        """Whether the post is held by this official on the day `on`."""
        return self.from_on <= on and (self.until_on is None or on <= self.until_on)


@dataclass(frozen=True)
class PostFault:
    """What the operator must mend: a vacant post, or a circle of deputies."""

    kind: FaultKind
    unit_id: int
    role: Role


@dataclass(frozen=True)
class Told:
    """Who is told, for which post; `official_id` is None where nobody up to the supervisor is there.

    `passed_up_from` are the vacant roles below, `in_place_of` the holder and the deputies
    stood in for, in order.
    """

    official_id: int | None
    unit_id: int | None
    role: Role | None
    passed_up_from: tuple[Role, ...] = ()
    in_place_of: tuple[int, ...] = ()
    faults: tuple[PostFault, ...] = ()


@dataclass(frozen=True)
class Org:
    """Units, and who holds which post; `active` are the officials that are still there."""

    kinds: Mapping[int, UnitKind]
    parents: Mapping[int, int | None]
    seats: tuple[Seat, ...]
    active: frozenset[int] = field(default_factory=frozenset)

    @cached_property
    def by_post(self) -> Mapping[tuple[int, Role], list[Seat]]:
        """All holdings of a post."""
        found: dict[tuple[int, Role], list[Seat]] = {}
        for seat in self.seats:
            found.setdefault((seat.unit_id, seat.role), []).append(seat)
        return found

    @cached_property
    def by_official(self) -> Mapping[int, list[Seat]]:
        """All holdings of an official."""
        found: dict[int, list[Seat]] = {}
        for seat in self.seats:
            found.setdefault(seat.official_id, []).append(seat)
        return found

    def seat(self, unit_id: int, role: Role, on: date) -> Seat | None:
        """The holding of the day; of two at once the one with the later first day (53)."""
        held = [seat for seat in self.by_post.get((unit_id, role), ()) if seat.held(on)]
        return max(held, key=lambda seat: seat.from_on, default=None)

    def was_held(self, unit_id: int, role: Role, on: date) -> bool:
        """Whether the post was held on or before the day."""
        return any(seat.from_on <= on for seat in self.by_post.get((unit_id, role), ()))

    def unit_of(self, unit_id: int, role: Role) -> int | None:
        """The unit whose post of this role answers for `unit_id` (47)."""
        if role in (Role.CLERK, Role.SECRETARY):
            return unit_id
        wanted = LEADS if role is Role.LEADER else {UnitKind.DISTRICT}
        at: int | None = unit_id
        while at is not None and self.kinds[at] not in wanted:
            at = self.parents[at]
        return at

    @cached_property
    def children(self) -> Mapping[int, list[int]]:
        """The units directly below each unit that has any."""
        found: dict[int, list[int]] = {}
        for unit_id, parent in self.parents.items():
            if parent is not None:
                found.setdefault(parent, []).append(unit_id)
        return found

    def answers_for(self, unit_id: int, role: Role) -> frozenset[int]:
        """The units whose problems a post answers for: its own, a leader's and a supervisor's also all below."""
        if role in (Role.CLERK, Role.SECRETARY):
            return frozenset((unit_id,))
        below = [unit_id]
        for at in below:
            below += self.children.get(at, ())
        return frozenset(below)


def who(org: Org, unit_id: int, level: int, on: date) -> Told:
    """Who is told of a step of this level (0 to 3) of a problem of this unit on the day `on`."""
    passed: list[Role] = []
    faults: list[PostFault] = []
    for role in LADDER[level:]:
        post_unit = org.unit_of(unit_id, role)
        seat = None if post_unit is None else org.seat(post_unit, role, on)
        if seat is not None and post_unit is not None:
            official, instead, circle = stand_in(org, seat, on)
            if circle:
                faults.append(PostFault(FaultKind.DEPUTY_CIRCLE, post_unit, role))
            if official is not None:
                return Told(official, post_unit, role, tuple(passed), instead, tuple(faults))
        passed.append(role)
        if post_unit is not None and (role is not Role.CLERK or org.was_held(post_unit, role, on)):
            faults.append(PostFault(FaultKind.VACANT_POST, post_unit, role))
    return Told(None, None, None, tuple(passed), (), tuple(faults))


def stand_in(org: Org, seat: Seat, on: date) -> tuple[int | None, tuple[int, ...], bool]:
    """The official who acts for a seat, whom he stands in for, and whether deputies run in a circle."""
    holder: int | None = seat.official_id if seat.official_id in org.active else None
    official = seat.official_id
    instead: list[int] = []
    deputy = _deputy(org, seat, on)
    while deputy is not None:
        instead.append(official)
        if deputy in instead:
            return holder, (), True
        official = deputy
        own = sorted(org.by_official.get(official, ()), key=lambda held: held.from_on, reverse=True)
        deputies = (_deputy(org, held, on) for held in own if held.held(on))
        deputy = next((found for found in deputies if found is not None), None)
    return (official, tuple(instead), False) if instead else (holder, (), False)


def acting(org: Org, on: date) -> Mapping[int, list[tuple[int, Role]]]:
    """The posts (unit, role) that each official holds, or acts in for others, on the day `on`."""
    found: dict[int, list[tuple[int, Role]]] = {}
    for unit_id, role in org.by_post:
        seat = org.seat(unit_id, role, on)
        official = None if seat is None else stand_in(org, seat, on)[0]
        if official is not None:
            found.setdefault(official, []).append((unit_id, role))
    return found


def _deputy(org: Org, seat: Seat, on: date) -> int | None:
    """The deputy of the day; of two at once the one with the later first day (51)."""
    there = [d for d in seat.deputies if d.from_on <= on <= d.until_on and d.official_id in org.active]
    return max(there, key=lambda d: d.from_on).official_id if there else None


def foretold(org: Org, on: date) -> tuple[Seat, ...]:
    """Posts held today whose last day is within 30 days, with nobody on the day after (54)."""
    ending = (
        seat
        for seat in org.seats
        if seat.held(on) and seat.until_on is not None and seat.until_on <= on + FORETOLD_DAYS
    )
    return tuple(
        seat
        for seat in ending
        if seat.until_on is not None
        and org.seat(seat.unit_id, seat.role, seat.until_on + timedelta(days=1)) is None
    )
