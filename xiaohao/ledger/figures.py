"""Read only: counts for `status`, the board and the bulletin."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from models.firing import UNTOLD
from xiaohao.ledger import firings, units
from xiaohao.ledger.tables import CHECKPOINT, FAULT, PROBLEM, RUN, TRAIL
from xiaohao.ledger.writing import Reading
from xiaohao.vocabulary import Action, FaultKind, RunState, Status, StepKind, UnitKind

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


def lights_by_unit(r: Reading) -> tuple[UnitLights, ...]:
    """The lights of each unit directly under the district, its subtree counted; most red first.

    The district itself has a line where problems are its own. Units without any problem are
    left out.
    """
    there = {row.id: row for row in units.all_units(r)}
    top = {unit_id: _top(row.path) for unit_id, row in there.items()}
    counts: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    columns = (PROBLEM.c.unit_id, PROBLEM.c.status, PROBLEM.c.light)
    query = sa.select(*columns, sa.func.count().label("n")).where(PROBLEM.c.status.not_in(ENDED))
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
    done = (RUN.c.flow == "nightly") & (RUN.c.state == RunState.DONE)
    last = sa.select(sa.func.max(RUN.c.business_date)).where(done).scalar_subquery()
    query = sa.select(RUN.c.id, RUN.c.started_at).where(done, RUN.c.business_date == last)
    return r.conn.execute(query).all()
