"""人员: units with their posts, who holds each and stands in, and what is or falls vacant."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from xiaohao.ledger import lists, posts, units
from xiaohao.ledger.posts import Official
from xiaohao.ledger.writing import Ledger, Reading
from xiaohao.rules.ladder import Org, Seat, foretold
from xiaohao.rules.policy import LADDER
from xiaohao.rules.vacancies import vacant
from xiaohao.vocabulary import Role, UnitKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DeputyLine:
    """Who stands in (AB角), from the first to the last day, both inclusive."""

    code: str
    name: str
    from_on: date
    until_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PostLine:
    """A post and its holder of the day; code, name and days are None where it is vacant.

    `mobile` shows the last four digits only. `active` is False for a holder who is no longer there.
    """

    role: Role
    code: str | None
    name: str | None
    mobile: str | None
    active: bool
    from_on: date | None
    until_on: date | None
    deputies: tuple[DeputyLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPeople:
    """A unit with its posts, in the order of the ladder. `unit` is its full name."""

    code: str
    unit: str
    kind: UnitKind
    parent: str | None
    posts: tuple[PostLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vacancy:
    """A post without a holder. `last_held_on` is the last day on which somebody held it."""

    code: str
    unit: str
    role: Role
    last_held_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForetoldVacancy:
    """A post held today whose last day is near, with nobody after it (54)."""

    code: str
    unit: str
    role: Role
    official: str
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleView:
    """Units in the order of the tree, and what is vacant or falls vacant within 30 days."""

    on: date
    units: tuple[UnitPeople, ...]
    vacancies: tuple[Vacancy, ...]
    foretold: tuple[ForetoldVacancy, ...]


def people(ledger: Ledger, on: date) -> PeopleView:
    """Posts, holders, deputies and vacancies on the day `on`."""
    with ledger.reading() as r:
        org, officials = posts.org(r), posts.officials(r)
        rows = units.all_units(r)
        names = {row.id: row.name for row in rows}
        there: dict[int, set[Role]] = defaultdict(set)
        for unit_id, role in lists.posts_there(r):
            there[unit_id].add(role)
        shown = tuple(
            UnitPeople(
                code=row.code,
                unit=row.name,
                kind=row.kind,
                parent=names.get(row.parent_id),
                posts=tuple(
                    _post(org, row.id, role, officials, on) for role in LADDER if role in there[row.id]
                ),
            )
            for row in rows
        )
        return PeopleView(
            on=on, units=shown, vacancies=vacancies_in(r, org, on), foretold=foretold_in(r, org, on)
        )


def vacancies_in(r: Reading, org: Org, on: date) -> tuple[Vacancy, ...]:
    """The vacant posts of the day, as `status` and `people` list them."""
    there = {row.id: row for row in units.all_units(r)}
    empty = vacant(org, lists.posts_there(r), r.current_rules().policy.posts, on)
    return tuple(
        Vacancy(
            code=there[unit_id].code,
            unit=there[unit_id].name,
            role=role,
            last_held_on=max(
                (s.until_on for s in org.by_post.get((unit_id, role), ()) if s.until_on and s.until_on < on),
                default=None,
            ),
        )
        for unit_id, role in empty
    )


def foretold_in(r: Reading, org: Org, on: date) -> tuple[ForetoldVacancy, ...]:
    """The posts that fall vacant within 30 days, the nearest first."""
    there = {row.id: row for row in units.all_units(r)}
    officials = posts.officials(r)
    lines = [
        ForetoldVacancy(
            code=there[seat.unit_id].code,
            unit=there[seat.unit_id].name,
            role=seat.role,
            official=officials[seat.official_id].name,
            last_day=seat.until_on,
        )
        for seat in foretold(org, on)
        if seat.until_on is not None
    ]
    return tuple(sorted(lines, key=lambda line: (line.last_day, line.code)))


def _post(org: Org, unit_id: int, role: Role, officials: Mapping[int, Official], on: date) -> PostLine:
    seat = org.seat(unit_id, role, on)
    if seat is None:
        return PostLine(
            role=role,
            code=None,
            name=None,
            mobile=None,
            active=False,
            from_on=None,
            until_on=None,
            deputies=(),
        )
    holder = officials[seat.official_id]
    return PostLine(
        role=role,
        code=holder.code,
        name=holder.name,
        mobile=masked(holder.mobile),
        active=holder.active,
        from_on=seat.from_on,
        until_on=seat.until_on,
        deputies=tuple(_deputies(seat, officials, on)),
    )


def _deputies(seat: Seat, officials: Mapping[int, Official], on: date) -> list[DeputyLine]:
    there = [stand for stand in seat.deputies if stand.from_on <= on <= stand.until_on]
    return [
        DeputyLine(
            code=officials[stand.official_id].code,
            name=officials[stand.official_id].name,
            from_on=stand.from_on,
            until_on=stand.until_on,
        )
        for stand in there
    ]


def masked(mobile: str | None) -> str | None:
    """A mobile number of which only the last four digits are shown: *******1004."""
    return None if not mobile else "*" * max(0, len(mobile) - 4) + mobile[-4:]
