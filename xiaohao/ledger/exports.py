"""Read only: the ledger as a workbook holds it, streamed, for one viewer; a fixed number of statements."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Generic, TypeVar

import orjson
import sqlalchemy as sa

from models.facts import ExportLine, MeasureLine, ReportLine
from xiaohao.ledger import scopes
from xiaohao.ledger.tables import CLOSING, CO_UNIT, MEASURE, PROBLEM, PROGRESS, UNIT
from xiaohao.ledger.writing import Reading
from xiaohao.rules.authority import Person
from xiaohao.rules.counting import Term
from xiaohao.vocabulary import ClosingOutcome, Light, RectificationClass, Status

AT_ONCE = 1_000
"""Rows that are held at once, of each table."""
_SAME = (
    "number", "external_number", "title", "description", "category", "source", "place", "found_on",
    "rectification_class", "limit_text", "due_on", "original_due_on", "review_on", "status", "light", "level",
    "amount_fen",
)  # fmt: skip
_T = TypeVar("_T")


@dataclass(frozen=True)
class Counts:
    """How many problems are chosen, how many of them show which light, how many are closed."""

    total: int
    lights: Mapping[Light, int]
    closed: int


def chosen(
    r: Reading,
    *,
    unit: str | None = None,
    rectification_class: RectificationClass | None = None,
    status: Status | None = None,
    viewer: Person | None = None,
) -> sa.Select[Any]:
    """The ids of the problems that are asked for and that the viewer may see (I10).

    `unit` is a code or full name and means its subtree. Closed ones are among them; cancelled ones only
    where the status asks for them. Without a viewer the whole ledger. Raises NotFound.
    """
    query = sa.select(PROBLEM.c.id)
    if status is None:
        query = query.where(PROBLEM.c.status != Status.CANCELLED)
    else:
        query = query.where(PROBLEM.c.status == status)
    if rectification_class is not None:
        query = query.where(PROBLEM.c.rectification_class == rectification_class)
    if unit is not None:
        query = scopes.subtree(r, unit).narrowed(query)
    if viewer is not None:
        ranges = [
            sa.and_(UNIT.c.path >= held.unit_path, UNIT.c.path < f"{held.unit_path[:-1]}0")
            for held in viewer.standings
        ]
        seen = sa.select(UNIT.c.id).where(sa.or_(sa.false(), *ranges))
        query = query.where(PROBLEM.c.unit_id.in_(seen))
    return query


def counts(r: Reading, which: sa.Select[Any]) -> Counts:
    """How many they are, in one statement."""
    query = sa.select(PROBLEM.c.status, PROBLEM.c.light, sa.func.count().label("many"))
    query = query.where(PROBLEM.c.id.in_(which)).group_by(PROBLEM.c.status, PROBLEM.c.light)
    rows = r.conn.execute(query).all()
    return Counts(
        sum(row.many for row in rows),
        {light: sum(row.many for row in rows if row.light == light) for light in Light},
        sum(row.many for row in rows if row.status == Status.CLOSED),
    )


def extra_headings(r: Reading, which: sa.Select[Any]) -> tuple[str, ...]:
    """The headings of columns without a home, in the order in which they are first met; one statement."""
    query = sa.select(PROBLEM.c.extra).where(PROBLEM.c.id.in_(which), PROBLEM.c.extra.is_not(None))
    found: dict[str, None] = {}
    for row in _stream(r, query.order_by(PROBLEM.c.id)):
        found |= dict.fromkeys(orjson.loads(row.extra))
    return tuple(found)


def lines(r: Reading, which: sa.Select[Any], unit_words: Mapping[int, str]) -> Iterator[ExportLine]:
    """The problems in the order of entry, each whole; read as they are asked for.

    `unit_words` gives the word by which each unit is written. Five statements, however many problems;
    about AT_ONCE rows of each table are held at a time.
    """
    co_units = _Parts(r, which, CO_UNIT, ("unit_id",), lambda row: unit_words[row.unit_id])
    measures = _Parts(r, which, MEASURE, ("text", "due_on", "done_on", "owner"), _measure)
    reports = _Parts(r, which, PROGRESS, ("on", "text"), lambda row: ReportLine(on=row.on, text=row.text))
    closings = _Parts(
        r,
        which,
        CLOSING,
        ("closed_on",),
        lambda row: row.closed_on,
        CLOSING.c.outcome == ClosingOutcome.CLOSED,
    )
    more = ("id", "unit_id", "register_unit_id", "review_every", "extra")
    query = sa.select(*(PROBLEM.c[name] for name in (*_SAME, *more))).where(PROBLEM.c.id.in_(which))
    for row in _stream(r, query.order_by(PROBLEM.c.id)):
        closed = closings.of(row.id)
        yield ExportLine(
            **dict(zip(_SAME, row, strict=False)),
            unit=unit_words[row.unit_id],
            register_unit=unit_words[row.register_unit_id],
            co_units=co_units.of(row.id),
            review_every=None if row.review_every is None else Term.parse(row.review_every),
            closed_on=closed[-1] if closed and row.status == Status.CLOSED else None,
            extra=orjson.loads(row.extra) if row.extra else {},
            measures=measures.of(row.id),
            progress=reports.of(row.id),
        )


class _Parts(Generic[_T]):
    """The rows of a child table beside the problems that are read: both run in the order of problems."""

    def __init__(
        self,
        r: Reading,
        which: sa.Select[Any],
        table: sa.Table,
        names: Sequence[str],
        make: Callable[[Any], _T],
        *conditions: sa.ColumnElement[bool],
    ) -> None:
        columns = [table.c[name] for name in ("problem_id", *names)]
        query = sa.select(*columns).where(table.c.problem_id.in_(which), *conditions)
        rows = _stream(r, query.order_by(table.c.problem_id, table.c.position))
        self._groups = groupby(rows, key=lambda row: row[0])
        self._make = make
        self._next: tuple[int, tuple[_T, ...]] | None = None
        self._step()

    def of(self, problem_id: int) -> tuple[_T, ...]:
        """The parts of a problem; asked in the order of ids."""
        while self._next is not None and self._next[0] < problem_id:
            self._step()
        if self._next is None or self._next[0] != problem_id:
            return ()
        return self._next[1]

    def _step(self) -> None:
        group = next(self._groups, None)
        self._next = None if group is None else (int(group[0]), tuple(map(self._make, group[1])))


def _measure(row: Any) -> MeasureLine:
    return MeasureLine(text=row.text, due_on=row.due_on, done_on=row.done_on, owner=row.owner)


def _stream(r: Reading, query: sa.Select[Any]) -> Iterator[sa.Row[Any]]:
    return iter(r.conn.execute(query.execution_options(yield_per=AT_ONCE)))
