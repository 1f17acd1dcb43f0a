"""Read only: counts for `status`, the board and the bulletin."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from models.firing import UNTOLD
from models.notice import UNFINISHED
from models.problem import OPEN
from xiaohao.ledger import firings, runs, units
from xiaohao.ledger.tables import CALENDAR, CHECKPOINT, FAULT, NOTICE, PROBLEM, RUN, TRAIL, UNIT
from xiaohao.ledger.writing import Reading
from xiaohao.vocabulary import (
    ARRIVED,
    Action,
    FaultKind,
    Light,
    NoticeState,
    RunState,
    Status,
    StepKind,
    UnitKind,
)

ENDED = (Status.CLOSED, Status.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitLights:
    """The problems of a unit and of all units below it.

    `open` = green + yellow + red + suspended: what is neither closed nor cancelled. `applied` of
    these wait for verification or for the night, and keep their light. `closed` is what the last
    night closed.
    """

    code: str
    unit: str
    kind: UnitKind
    green: int = 0
    yellow: int = 0
    red: int = 0
    suspended: int = 0
    applied: int = 0
    closed: int = 0
    open: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UntoldLine:
    """The highest step of a problem that is recorded and not told."""

    number: str
    title: str
    unit: str
    step: StepKind
    level: int
    crossed_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultLine:
    """What the operator must mend."""

    kind: FaultKind
    message: str
    found_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class UnannouncedYear:
    """A calendar year whose notice is not known, and how many open problems have their last day in it."""

    year: int
    problems: int


def lights_by_unit(r: Reading) -> tuple[UnitLights, ...]:
    """The lights of each unit directly under the district, its subtree counted; most red first.

    The district itself has a line where problems are its own. Units without any problem are
    left out. Counted in the index problem_lights alone, in its order; no row of a problem is read.
    """
    there = {row.id: row for row in units.all_units(r)}
    top = {unit_id: _top(row.path) for unit_id, row in there.items()}
    counts: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    columns = (PROBLEM.c.unit_id, PROBLEM.c.status, PROBLEM.c.light)
    query = sa.select(*columns, sa.func.count().label("n")).where(sa.text(OPEN))
    for row in r.conn.execute(query.group_by(*columns)):
        here = counts[top[row.unit_id]]
        here["open"] += row.n
        here["suspended" if row.light is None else row.light.value] += row.n
        if row.status in (Status.APPLIED, Status.VERIFIED):
            here["applied"] += row.n
    for unit_id, closed in _closed_by_last_night(r).items():
        counts[top[unit_id]]["closed"] += closed
    lines = [
        UnitLights(code=there[at].code, unit=there[at].name, kind=there[at].kind, **here)
        for at, here in counts.items()
    ]
    return tuple(sorted(lines, key=lambda line: (-line.red, -line.yellow, -line.open, line.code)))


def untold_lines(r: Reading) -> tuple[UntoldLine, ...]:
    """Every problem with a step that is recorded and not told, the longest waiting first."""
    if not firings.any_untold(r):
        return ()
    names = {row.id: row.name for row in units.all_units(r)}
    lines = [
        UntoldLine(
            number=each.number,
            title=each.title,
            unit=names[each.unit_id],
            step=each.kind,
            level=each.level,
            crossed_on=each.crossed_on,
        )
        for each in firings.untold(r, lock=False)
    ]
    return tuple(sorted(lines, key=lambda line: (line.crossed_on, line.number)))


def untold_steps(r: Reading) -> int:
    """How many steps are recorded and not told."""
    return int(r.conn.execute(sa.text(f"SELECT count(*) FROM firing WHERE {UNTOLD}")).scalar_one())


def fault_lines(r: Reading) -> tuple[FaultLine, ...]:
    """The faults that nobody has mended, oldest first."""
    query = sa.select(FAULT.c.kind, FAULT.c.message, FAULT.c.found_on).where(FAULT.c.cleared_on.is_(None))
    return tuple(FaultLine(**row) for row in r.conn.execute(query.order_by(FAULT.c.id)).mappings())


def unannounced(r: Reading) -> tuple[UnannouncedYear, ...]:
    """The years after the last one announced that open problems' deadlines reach into, the nearest first.

    A deadline there was worked out with a calendar that knows no swaps of its year.
    """
    last_day = sa.func.coalesce(PROBLEM.c.due_on, PROBLEM.c.review_on)
    year = sa.extract("year", last_day)
    query = (
        sa.select(year.label("year"), sa.func.count().label("n"))
        .join_from(PROBLEM, CALENDAR, CALENDAR.c.version == PROBLEM.c.calendar_version)
        .where(sa.text(OPEN), last_day > CALENDAR.c.announced_until)
        .group_by(year)
        .order_by(year)
    )
    return tuple(UnannouncedYear(year=int(row.year), problems=row.n) for row in r.conn.execute(query))


def notice_counts(r: Reading) -> Mapping[NoticeState, int]:
    """How many notices wait, are held, or ended undelivered, by state; those that arrived are not read.

    One whose facts reached the same person by another channel did not end undelivered.
    """
    query = sa.select(NOTICE.c.state, sa.func.count()).where(sa.text(UNFINISHED)).group_by(NOTICE.c.state)
    counts = {row[0]: row[1] for row in r.conn.execute(query)}
    if dead := counts.pop(NoticeState.DEAD, 0) and _dead_ends(r):
        counts[NoticeState.DEAD] = dead
    return counts


def _dead_ends(r: Reading) -> int:
    """How many dead notices no notice stands in for that the same person got."""
    start = sa.select(NOTICE.c.id.label("first"), NOTICE.c.id, NOTICE.c.official_id, NOTICE.c.state)
    link = start.where(sa.text(UNFINISHED), NOTICE.c.state == NoticeState.DEAD).cte("link", recursive=True)
    follows = (NOTICE.c.instead_of == link.c.id) & (NOTICE.c.official_id == link.c.official_id)
    link = link.union_all(
        sa.select(link.c.first, NOTICE.c.id, NOTICE.c.official_id, NOTICE.c.state).join_from(
            link, NOTICE, follows
        )
    )
    got = sa.func.max(sa.case((link.c.state.in_(ARRIVED), 1), else_=0))
    ends = sa.select(link.c.first).group_by(link.c.first).having(got == 0).subquery()
    return int(r.conn.execute(sa.select(sa.func.count()).select_from(ends)).scalar_one())


def red_by_unit(r: Reading) -> Mapping[int, int]:
    """How many problems stand red, by the id of their own unit; units without any are left out.

    Counted in the index of lights, unit by unit: the cost grows with the red ones, not with the ledger.
    """
    going = [status for status in Status if status not in ENDED]
    red = (PROBLEM.c.light == Light.RED) & PROBLEM.c.status.in_(going) & sa.text(OPEN)
    query = (
        sa.select(UNIT.c.id, sa.func.count())
        .join_from(UNIT, PROBLEM, (PROBLEM.c.unit_id == UNIT.c.id) & red)
        .group_by(UNIT.c.id)
    )
    return {row[0]: row[1] for row in r.conn.execute(query)}


def _top(path: str) -> int:
    """The unit directly under the district that a path runs through; the district itself for its own."""
    ids = path.strip("/").split("/")
    return int(ids[1] if len(ids) > 1 else ids[0])


def _closed_by_last_night(r: Reading) -> Mapping[int, int]:
    """How many problems of each unit the last night closed.

    Reads the trail from the last checkpoint before that night on, not the whole of it.
    """
    nights = _last_nights(r)
    if not nights:
        return {}
    began = min(row.started_at or datetime.now(UTC) for row in nights)
    began_text = began.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    sealed = sa.select(sa.func.max(CHECKPOINT.c.tree_size)).where(CHECKPOINT.c.at < began_text)
    first = r.conn.execute(sealed).scalar() or 0
    closing = TRAIL.c.action == Action.CLOSE.value
    problem_id = sa.case((closing, sa.cast(sa.func.substr(TRAIL.c.subject, 9), PROBLEM.c.id.type)))
    written = sa.select(problem_id).where(
        TRAIL.c.seq >= first, closing, TRAIL.c.run.in_([str(row.id) for row in nights])
    )
    query = sa.select(PROBLEM.c.unit_id, sa.func.count()).where(PROBLEM.c.id.in_(written))
    return {row[0]: row[1] for row in r.conn.execute(query.group_by(PROBLEM.c.unit_id))}


def _last_nights(r: Reading) -> Sequence[Any]:
    """The runs of the last night that ran, one a scope."""
    done = (RUN.c.flow == runs.NIGHTLY) & (RUN.c.state == RunState.DONE)
    last = sa.select(sa.func.max(RUN.c.business_date)).where(done).scalar_subquery()
    query = sa.select(RUN.c.id, RUN.c.started_at).where(done, RUN.c.business_date == last)
    return r.conn.execute(query).all()
