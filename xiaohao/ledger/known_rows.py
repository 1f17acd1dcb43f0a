"""Which rows of a file the ledger knows already: identity, looked up by set (DESIGN 4.8)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson
import sqlalchemy as sa

from xiaohao.ledger import dialect, problems, residents
from xiaohao.ledger.problems import Case
from xiaohao.ledger.residents import Resident
from xiaohao.ledger.writing import Reading
from xiaohao.vocabulary import Action, Status


@dataclass(frozen=True, slots=True)
class Asked:
    """The identity of a row: register unit with 编号, or with unit and title without white space.

    `our_number` is that of a table which we wrote; it counts where something else agrees too, since
    another district's table may hold the same number.
    """

    register_unit_id: int
    unit_id: int
    external_number: str | None
    title_key: str
    our_number: str = ""


@dataclass(frozen=True)
class KnownRows:
    """What the ledger knows of the rows asked for, each by its place.

    `cancelled` and `twins` give our numbers: of a row that was cancelled here, and of one without
    a 编号 that has the same register unit, unit and title.
    """

    cases: Mapping[int, Case] = field(default_factory=dict)
    residents: Mapping[int, Resident] = field(default_factory=dict)
    cancelled: Mapping[int, str] = field(default_factory=dict)
    twins: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Found:
    id: int
    number: str
    external_number: str | None
    status: Status


_BY_NUMBER = (
    "SELECT asked.place, problem.id FROM asked JOIN problem"
    " ON problem.external_number = asked.number AND problem.register_unit_id = asked.register_id"
    " WHERE problem.external_number IS NOT NULL AND problem.status <> 'cancelled'"
)
_BY_OWN_TABLE = (
    "SELECT asked.place, problem.id FROM asked JOIN problem ON problem.number = asked.our_number"
    " WHERE problem.title_key = asked.title_key"
    " OR (problem.register_unit_id = asked.register_id"
    " AND (problem.unit_id = asked.unit_id OR problem.external_number = asked.number))"
)
_BY_OURS = "SELECT asked.place, problem.id FROM asked JOIN problem ON problem.number = asked.number"
_BY_TITLE = (
    "SELECT asked.place, problem.id, problem.number, problem.external_number, problem.status"
    " FROM asked CROSS JOIN problem WHERE problem.register_unit_id = asked.register_id"
    " AND problem.unit_id = asked.unit_id AND problem.title_key = asked.title_key"
)
_ELSEWHERE = (
    "SELECT elsewhere.place, elsewhere.unit_id, problem.id, trail.detail FROM problem CROSS JOIN elsewhere"
    " CROSS JOIN trail WHERE elsewhere.register_id = problem.register_unit_id"
    " AND elsewhere.title_key = problem.title_key AND elsewhere.unit_id <> problem.unit_id"
    " AND trail.subject = 'problem:' || problem.id"
    f" AND trail.action IN ('{Action.REGISTER}', '{Action.IMPORT}', '{Action.REASSIGN}')"
)
"""CROSS JOIN: SQLite keeps the order of the tables, else it would scan the problems for a few rows asked for."""


def find(r: Reading, asked: Sequence[Asked], *, lock: bool) -> KnownRows:
    """The known rows among those asked for, in a fixed number of statements; locked where asked for."""
    if not asked:
        return KnownRows()
    _ask(r, asked)
    by_number: dict[int, int] = {}
    for query in (_BY_NUMBER, _BY_OURS, _BY_OWN_TABLE):
        by_number |= {row.place: row.id for row in r.conn.exec_driver_sql(query)}
    by_title: dict[int, list[_Found]] = defaultdict(list)
    for place, *rest in sorted(r.conn.exec_driver_sql(_BY_TITLE), key=lambda row: row[1]):
        by_title[place].append(_Found(rest[0], rest[1], rest[2], Status(rest[3])))
    ids, cancelled, twins = _chosen(asked, by_number, by_title)
    unknown = [place for place in range(len(asked)) if place not in ids and place not in cancelled]
    ids |= _reassigned(r, asked, [place for place in unknown if asked[place].external_number is None])
    cases, found = _cases(r, sorted(set(ids.values())), lock=lock)
    living = {place: cases[id_] for place, id_ in ids.items()}
    gone = {place: case.number for place, case in living.items() if case.clock.status is Status.CANCELLED}
    return KnownRows(
        {place: case for place, case in living.items() if place not in gone},
        found,
        cancelled | gone,
        twins,
    )


def _ask(r: Reading, asked: Sequence[Asked]) -> None:
    columns = ("place", "register_id", "unit_id", "number", "title_key", "our_number")
    dialect.create_temp_table(
        r.conn,
        "asked",
        "place BIGINT, register_id BIGINT, unit_id BIGINT, number TEXT, title_key TEXT, our_number TEXT",
    )
    rows = [
        (
            place,
            each.register_unit_id,
            each.unit_id,
            each.external_number,
            each.title_key,
            each.our_number or None,
        )
        for place, each in enumerate(asked)
    ]
    dialect.fill(r.conn, "asked", columns, rows)


def _chosen(
    asked: Sequence[Asked], by_number: Mapping[int, int], by_title: Mapping[int, Sequence[_Found]]
) -> tuple[dict[int, int], dict[int, str], dict[int, str]]:
    """By place: the problem of the same identity, the cancelled one, and the twin."""
    ids: dict[int, int] = {}
    cancelled: dict[int, str] = {}
    twins: dict[int, str] = {}
    for place, each in enumerate(asked):
        found = by_title.get(place, ())
        living = [row for row in found if row.status is not Status.CANCELLED]
        bare = [row for row in living if row.external_number is None]
        gone = [
            row
            for row in found
            if row.status is Status.CANCELLED and row.external_number == each.external_number
        ]
        if place in by_number:
            ids[place] = by_number[place]
        elif each.external_number is None and (bare or len(living) == 1):
            ids[place] = (bare or living)[0].id
        elif gone:
            cancelled[place] = gone[-1].number
        elif each.external_number is not None and bare:
            twins[place] = bare[0].number
    return ids, cancelled, twins


def _reassigned(r: Reading, asked: Sequence[Asked], places: Sequence[int]) -> dict[int, int]:
    """Rows without a 编号 whose problem was given to another unit since (转办): the trail tells.

    Reads the index of identities once, however many rows are asked for.
    """
    if not places:
        return {}
    columns = ("place", "register_id", "unit_id", "title_key")
    dialect.create_temp_table(
        r.conn, "elsewhere", "place BIGINT, register_id BIGINT, unit_id BIGINT, title_key TEXT"
    )
    rows = [
        (place, asked[place].register_unit_id, asked[place].unit_id, asked[place].title_key)
        for place in places
    ]
    dialect.fill(r.conn, "elsewhere", columns, rows)
    r.conn.exec_driver_sql("CREATE INDEX elsewhere_title ON elsewhere (title_key, register_id)")
    found: dict[int, int] = {}
    for place, unit_id, problem_id, detail in r.conn.exec_driver_sql(_ELSEWHERE):
        if detail is not None and orjson.loads(detail).get("problem", {}).get("unit_id") == unit_id:
            found[place] = problem_id
    return found


def _cases(r: Reading, ids: Sequence[int], *, lock: bool) -> tuple[dict[int, Case], Mapping[int, Resident]]:
    if not ids:
        return {}, {}
    dialect.create_temp_table(r.conn, "known", "problem_id BIGINT")
    dialect.fill(r.conn, "known", ("problem_id",), [(each,) for each in ids])
    chosen = sa.select(sa.column("problem_id", sa.BigInteger)).select_from(sa.table("known"))
    cases = {case.id: case for case in problems.cases(r, chosen, lock=lock)}
    return cases, residents.first_of(r, chosen)
