"""Read only: lines of the ledger, one whole problem, its trail, and the posts of the units."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from models.facts import (
    CallBackLine,
    ClosingLine,
    EvidenceLine,
    ExtensionLine,
    FiringLine,
    MeasureLine,
    NoticeLine,
    PersonName,
    ProblemLine,
    ProblemView,
    ProgressLine,
    SuspensionLine,
)
from xiaohao.ledger import problems, scopes
from xiaohao.ledger.problems import Case
from xiaohao.ledger.tables import (
    CALL_BACK,
    CLOSING,
    CO_UNIT,
    EVIDENCE,
    EXTENSION,
    FIRING,
    MEASURE,
    NOTICE,
    OFFICIAL,
    POST,
    PROBLEM,
    PROGRESS,
    SUSPENSION,
    TRAIL,
    UNIT,
)
from xiaohao.ledger.writing import Reading
from xiaohao.rules.counting import Term
from xiaohao.vocabulary import Light, RectificationClass, Role, Status

People = Mapping[int, PersonName]
SHOWN = (
    "number",
    "external_number",
    "title",
    "description",
    "category",
    "source",
    "place",
    "entered",
    "found_on",
    "registered_on",
    "started_on",
    "rectification_class",
    "limit_text",
    "due_given",
    "due_on",
    "original_due_on",
    "review_on",
    "take_up_by",
    "taken_up_on",
    "applied_on",
    "verified_on",
    "suspended_until",
    "status",
    "light",
    "level",
    "repeat",
    "round",
    "next_event_on",
    "amount_fen",
    "cancelled_on",
    "cancel_reason",
)
"""The columns of `problem` that a `ProblemView` has under the same name."""


@dataclass(frozen=True)
class TrailRow:
    """One entry of a problem's trail; `detail` is None where it was lawfully erased."""

    seq: int
    at: str
    actor: str
    action: str
    version: int
    detail: Mapping[str, Any] | None


def problem_lines(
    r: Reading,
    *,
    unit: str | None = None,
    rectification_class: RectificationClass | None = None,
    light: Light | None = None,
    status: Status | None = None,
) -> tuple[ProblemLine, ...]:
    """The lines of the ledger in the order of entry, closed ones too; narrowed by what is given.

    `unit` is a code or full name and means its subtree. Three statements at most, however many
    lines. Raises NotFound for a unit that is not known.
    """
    chosen = sa.select(PROBLEM.c.id)
    given = {"rectification_class": rectification_class, "light": light, "status": status}
    for name, word in given.items():
        if word is not None:
            chosen = chosen.where(PROBLEM.c[name] == word)
    if unit is not None:
        scope = scopes.subtree(r, unit)
        condition = scope.condition("problem.unit_id").removeprefix(" AND ")
        chosen = chosen.where(sa.text(condition).bindparams(**scope.parameters))
    co_units = _co_units(r, chosen)
    names = [name for name in ProblemLine.__dataclass_fields__ if name in PROBLEM.c]
    measures = (
        sa.select(MEASURE.c.problem_id, sa.func.count().label("measures"))
        .where(MEASURE.c.problem_id.in_(chosen))
        .group_by(MEASURE.c.problem_id)
        .subquery()
    )
    query = (
        sa.select(
            PROBLEM.c.id,
            *(PROBLEM.c[name] for name in names),
            UNIT.c.name.label("unit"),
            sa.func.coalesce(measures.c.measures, 0).label("measures"),
        )
        .join(UNIT, UNIT.c.id == PROBLEM.c.unit_id)
        .join(measures, measures.c.problem_id == PROBLEM.c.id, isouter=True)
        .where(PROBLEM.c.id.in_(chosen))
        .order_by(PROBLEM.c.id)
    )
    return tuple(
        ProblemLine(co_units=tuple(co_units.get(row.pop("id"), ())), **row)
        for row in (dict(found) for found in r.conn.execute(query).mappings())
    )


def problem_view(r: Reading, number: str) -> ProblemView:
    """One whole problem, by our number or an unambiguous external one. Raises NotFound.

    As many statements as there are kinds of parts, however many of each.
    """
    case = problems.find(r, number, lock=False)
    people = _people(r)
    units = {row.id: row.name for row in r.conn.execute(sa.select(UNIT.c.id, UNIT.c.name))}
    row = case.row
    merged = sa.select(PROBLEM.c.number).where(PROBLEM.c.id == row["merged_into_id"])
    return ProblemView(
        **{name: row[name] for name in SHOWN},
        unit=case.unit_name,
        co_units=tuple(units[part["unit_id"]] for part in case.of(CO_UNIT)),
        register_unit=units[row["register_unit_id"]],
        found_by_unit=units.get(row["found_by_unit_id"]),
        term=None if case.clock.term is None else case.clock.term.label,
        review_every=None if row["review_every"] is None else Term.parse(row["review_every"]).label,
        merged_into=None if row["merged_into_id"] is None else r.conn.execute(merged).scalar_one(),
        extra=json.loads(row["extra"] or "{}"),
        measures=_lines(MeasureLine, case, MEASURE, people),
        progress=_lines(ProgressLine, case, PROGRESS, people),
        evidence=_lines(EvidenceLine, case, EVIDENCE, people),
        extensions=_lines(ExtensionLine, case, EXTENSION, people),
        suspensions=_lines(SuspensionLine, case, SUSPENSION, people),
        call_backs=_lines(CallBackLine, case, CALL_BACK, people),
        closings=_lines(ClosingLine, case, CLOSING, people),
        firings=_firings(r, case.id, people, units),
        notices=_notices(r, case.id),
    )


def trail_of(r: Reading, subject: str) -> list[TrailRow]:
    """The trail of one subject (`problem:12`), in the order of its versions."""
    names = ("seq", "at", "actor", "action", "version", "detail")
    query = sa.select(*(TRAIL.c[name] for name in names)).where(TRAIL.c.subject == subject)
    return [
        TrailRow(
            e.seq, e.at, e.actor, e.action, e.version, None if e.detail is None else json.loads(e.detail)
        )
        for e in r.conn.execute(query.order_by(TRAIL.c.version))
    ]


def posts_there(r: Reading) -> list[tuple[int, Role]]:
    """Every post that is written down, held or not: unit and role."""
    return [(row.unit_id, row.role) for row in r.conn.execute(sa.select(POST.c.unit_id, POST.c.role))]


def _co_units(r: Reading, chosen: sa.Select[Any]) -> Mapping[int, Sequence[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    query = (
        sa.select(CO_UNIT.c.problem_id, UNIT.c.name)
        .join(UNIT, UNIT.c.id == CO_UNIT.c.unit_id)
        .where(CO_UNIT.c.problem_id.in_(chosen))
        .order_by(CO_UNIT.c.problem_id, CO_UNIT.c.position)
    )
    for problem_id, name in r.conn.execute(query):
        found[problem_id].append(name)
    return found


def _people(r: Reading) -> People:
    query = sa.select(OFFICIAL.c.id, OFFICIAL.c.code, OFFICIAL.c.name)
    return {row.id: PersonName(code=row.code, name=row.name) for row in r.conn.execute(query)}


def _lines(kind: Any, case: Case, part: sa.Table, people: People) -> tuple[Any, ...]:
    """The rows of a child table as lines; a column that refers to an official becomes his name."""
    names = list(kind.__dataclass_fields__)
    officials = {name for name in names if part.c[name].foreign_keys}
    return tuple(
        kind(**{name: people.get(row[name]) if name in officials else row[name] for name in names})
        for row in case.of(part)
    )


def _firings(r: Reading, problem_id: int, people: People, units: Mapping[int, str]) -> tuple[FiringLine, ...]:
    query = sa.select(FIRING).where(FIRING.c.problem_id == problem_id)
    order = (FIRING.c.round, FIRING.c.crossed_on, FIRING.c.rank, FIRING.c.level, FIRING.c.id)
    return tuple(
        FiringLine(
            round=row.round,
            step=row.step,
            level=row.level,
            repeat=row.repeat,
            clock_on=row.clock_on,
            crossed_on=row.crossed_on,
            withdrawn_on=row.withdrawn_on,
            quiet=row.quiet,
            unit=units.get(row.unit_id),
            role=row.role,
            official=people.get(row.official_id),
            notice=row.notice_id,
        )
        for row in r.conn.execute(query.order_by(*order))
    )


def _notices(r: Reading, problem_id: int) -> tuple[NoticeLine, ...]:
    carried = sa.select(FIRING.c.notice_id).where(FIRING.c.problem_id == problem_id)
    names = [name for name in NoticeLine.__dataclass_fields__ if name != "notice"]
    query = sa.select(NOTICE.c.id.label("notice"), *(NOTICE.c[name] for name in names))
    query = query.where(NOTICE.c.id.in_(carried)).order_by(NOTICE.c.id)
    return tuple(NoticeLine(**row) for row in r.conn.execute(query).mappings())
