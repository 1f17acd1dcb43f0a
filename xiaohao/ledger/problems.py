"""Problems as cases: a row with its clock and its parts, read under lock and written by set.

An act reads cases, asks the rules, and gives back changes; `write` carries them out, one
trail entry a problem, however many there are.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from xiaohao.errors import NotFound
from xiaohao.ledger import bulk, dialect, runs, trail
from xiaohao.ledger.tables import EXTENSION, FIRING, PARTS, PROBLEM, PROGRESS, UNIT
from xiaohao.ledger.writing import Reading, Writing
from xiaohao.rules import clock as clocks
from xiaohao.rules.clock import Acted, Clock, Rules
from xiaohao.rules.counting import Suspensions, Term
from xiaohao.rules.deadlines import Extension
from xiaohao.rules.timetable import StepKey
from xiaohao.vocabulary import Action, Decision

Row = dict[str, Any]
CLOCK_COLUMNS = (
    "rectification_class",
    "status",
    "started_on",
    "registered_on",
    "due_given",
    "due_on",
    "original_due_on",
    "reviews_from",
    "review_on",
    "take_up_by",
    "taken_up_on",
    "applied_on",
    "verified_on",
    "verify_by",
    "round",
    "policy_id",
    "calendar_version",
    "light",
    "level",
    "repeat",
    "next_event_on",
)
"""The columns that a `Clock` has under the same name."""


@dataclass(frozen=True)
class Case:
    """A problem as an act sees it: its columns, its unit, its parts and its recorded steps.

    `parts` are the rows of each child table, in order of position. `known` are the keys of
    this round's steps that are recorded and not withdrawn, `spoken_until` the business date of
    the last night.
    """

    row: Row
    unit_path: str
    unit_name: str
    clock: Clock
    parts: Mapping[str, Sequence[Row]]
    known: frozenset[StepKey]
    spoken_until: date | None = None

    @property
    def id(self) -> int:
        return int(self.row["id"])

    @property
    def number(self) -> str:
        return str(self.row["number"])

    def of(self, part: sa.Table) -> Sequence[Row]:
        """The rows of one child table."""
        return self.parts.get(part.name, ())

    def next_position(self, part: sa.Table) -> int:
        """The position of the next row of a child table."""
        return len(self.of(part)) + 1

    def of_round(self, part: sa.Table) -> Sequence[Row]:
        """The rows of a child table that belong to the present round."""
        return [row for row in self.of(part) if row["round"] == self.clock.round]

    def acted(
        self,
        change: clocks.Change,
        rules: Rules,
        *,
        on: date,
        new: Rules | None = None,
        stops_clock: bool = True,
    ) -> Acted:
        """What an act of the day `on` makes of the clock; `new` are rules that it puts in force (`clock.act`)."""
        return clocks.act(
            self.clock,
            self.known,
            change,
            old=rules,
            new=new or rules,
            on=on,
            stops_clock=stops_clock,
            spoken_until=self.spoken_until,
        )


@dataclass(frozen=True)
class Change:
    """What an act makes of a case. `before` is None for a new problem.

    `parts` are rows of child tables, new or changed, whole; `why` is told in the trail.
    """

    before: Case | None
    row: Row
    acted: Acted | None = None
    parts: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    why: Mapping[str, Any] = field(default_factory=dict)
    action: Action | None = None


def columns_of(clock: Clock) -> Row:
    """A clock as columns of `problem`."""
    row = {name: getattr(clock, name) for name in CLOCK_COLUMNS}
    term = clock.term
    intervals = clock.suspensions.intervals
    return row | {
        "term_count": None if term is None else term.count,
        "term_unit": None if term is None else term.unit,
        "review_every": None if clock.review_every is None else str(clock.review_every),
        "suspensions": clock.suspensions.key,
        "suspended_until": intervals[-1][1] if intervals else None,
    }


def clock_of(row: Mapping[str, Any], parts: Mapping[str, Sequence[Row]]) -> Clock:
    """The clock of a row of `problem` with its extensions and progress reports.

    A progress text that came with an import (by nobody) holds no review.
    """
    this_round = row["round"]
    granted = [
        Extension(part["until_granted"], part["decided_on"])
        for part in parts.get(EXTENSION.name, ())
        if part["round"] == this_round and part["decision"] is Decision.GRANTED and part["lapsed_on"] is None
    ]
    reports = [
        part["on"]
        for part in parts.get(PROGRESS.name, ())
        if part["round"] == this_round
        and part["by"] is not None
        and part["lapsed_on"] is None
        and part["on"] >= (row["reviews_from"] or row["registered_on"])
    ]
    every = row["review_every"]
    return Clock(
        **{name: row[name] for name in CLOCK_COLUMNS},
        term=None if row["term_count"] is None else Term(row["term_count"], row["term_unit"]),
        review_every=None if every is None else Term.parse(every),
        suspensions=Suspensions.parse(row["suspensions"]),
        extension=max(reversed(granted), key=lambda each: each.granted_on) if granted else None,
        reports=tuple(reports),
    )


def cases(r: Reading, chosen: sa.Select[Any], *, lock: bool) -> list[Case]:
    """The cases whose ids `chosen` selects, in order of id; locked against others where asked for.

    As many statements as there are child tables, however many problems.
    """
    query = sa.select(PROBLEM).where(PROBLEM.c.id.in_(chosen)).order_by(PROBLEM.c.id)
    if lock:
        query = query.with_for_update()
    rows = [dict(row._mapping) for row in r.conn.execute(query)]
    if not rows:
        return []
    ids = id_set(r, [row["id"] for row in rows])
    parts = {part.name: _by_problem(r, part, ids) for part in PARTS}
    known: dict[int, set[StepKey]] = defaultdict(set)
    rounds = {row["id"]: row["round"] for row in rows}
    steps = sa.select(
        FIRING.c.problem_id, FIRING.c.round, FIRING.c.clock_on, FIRING.c.step, FIRING.c.level, FIRING.c.repeat
    ).where(FIRING.c.problem_id.in_(ids), FIRING.c.withdrawn_on.is_(None))
    for problem_id, round_, *key in r.conn.execute(steps):
        if round_ == rounds[problem_id]:
            known[problem_id].add((key[0], key[1], key[2], key[3]))
    names = sa.select(UNIT.c.id, UNIT.c.path, UNIT.c.name)
    units = {
        unit.id: unit for unit in r.conn.execute(names.where(UNIT.c.id.in_({x["unit_id"] for x in rows})))
    }
    spoken = runs.last_night(r)
    return [
        _case(
            row,
            units[row["unit_id"]],
            {name: found.get(row["id"], []) for name, found in parts.items()},
            frozenset(known.get(row["id"], ())),
            spoken,
        )
        for row in rows
    ]


def _case(
    row: Row,
    unit: Any,
    parts: Mapping[str, Sequence[Row]],
    known: frozenset[StepKey],
    spoken_until: date | None,
) -> Case:
    return Case(row, unit.path, unit.name, clock_of(row, parts), parts, known, spoken_until)


def id_set(r: Reading, ids: Sequence[int]) -> Any:
    """The ids for an IN: a list of a few, a temporary table of many."""
    if len(ids) <= 500:
        return list(ids)
    dialect.create_temp_table(r.conn, "chosen", "problem_id BIGINT")
    dialect.fill(r.conn, "chosen", ("problem_id",), [(each,) for each in ids])
    return sa.text("SELECT problem_id FROM chosen").columns(sa.column("problem_id", sa.BigInteger))


def _by_problem(r: Reading, part: sa.Table, ids: Any) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    query = sa.select(part).where(part.c.problem_id.in_(ids)).order_by(part.c.problem_id, part.c.position)
    for row in r.conn.execute(query):
        found[row.problem_id].append(dict(row._mapping))
    return found


def write(w: Writing, changes: Iterable[Change]) -> None:
    """Carry out changes of different problems: rows, parts, steps, and one trail entry each.

    The cases were read under lock. As many statements as there are tables touched.
    """
    changes = list(changes)
    new = [change.row | {"version": 1} for change in changes if change.before is None]
    old = [
        change.row | {"version": change.row["version"] + 1} for change in changes if change.before is not None
    ]
    bulk.insert_rows(w.conn, PROBLEM, new)
    bulk.update_rows(w.conn, PROBLEM, ("id",), old)
    parts: dict[str, list[Row]] = defaultdict(list)
    for change in changes:
        for name, rows in change.parts.items():
            parts[name] += [row | {"problem_id": change.row["id"]} for row in rows]
    for part in PARTS:
        bulk.upsert_rows(w.conn, part, ("problem_id", "position"), parts[part.name])
    _write_steps(w, changes)
    for change in changes:
        version = 1 if change.before is None else change.row["version"] + 1
        w.note(f"problem:{change.row['id']}", version, _detail(change, w.on), change.action)


def _write_steps(w: Writing, changes: Sequence[Change]) -> None:
    acted = [(change, change.acted) for change in changes if change.acted is not None]
    recorded = [
        {
            "problem_id": change.row["id"],
            "round": _round_before(change),
            "clock_on": step.clock_on,
            "step": step.kind,
            "rank": step.rank,
            "level": step.level,
            "repeat": step.repeat,
            "crossed_on": step.crossed_on,
            "quiet": step.quiet,
            "run_id": w.run_id,
        }
        for change, done in acted
        for step in done.recorded
    ]
    bulk.insert_rows(w.conn, FIRING, recorded)
    withdrawn = [(c.row["id"], _round_before(c), *key) for c, done in acted for key in sorted(done.withdrawn)]
    settled = [
        (c.row["id"], _round_before(c), *key)
        for c, done in acted
        for key in sorted(done.settled - done.withdrawn)
    ]
    _mark(w, withdrawn, "withdrawn_on = :on", "TRUE")
    _mark(w, settled, "quiet = TRUE", "firing.notice_id IS NULL AND NOT firing.quiet")


def _mark(w: Writing, keys: Sequence[tuple[Any, ...]], what: str, where: str) -> None:
    if not keys:
        return
    columns = ("problem_id", "round", "clock_on", "step", "level", "repeat")
    dialect.create_temp_table(
        w.conn,
        "marked",
        "problem_id BIGINT, round INTEGER, clock_on DATE, step VARCHAR(16), level INTEGER, repeat INTEGER",
    )
    dialect.fill(w.conn, "marked", columns, keys)
    joined = " AND ".join(f"firing.{name} = marked.{name}" for name in columns)
    w.conn.execute(
        sa.text(
            f"UPDATE firing SET {what} FROM marked WHERE {joined} AND firing.withdrawn_on IS NULL AND {where}"
        ).bindparams(*([sa.bindparam("on", w.on, sa.Date)] if ":on" in what else []))
    )


def _round_before(change: Change) -> int:
    return int(change.row["round"] if change.before is None else change.before.row["round"])


def _detail(change: Change, on: date) -> bytes:
    before = {} if change.before is None else change.before.row
    columns = {
        name: value
        for name, value in change.row.items()
        if name not in ("version",) and (change.before is None or before.get(name) != value)
    }
    acted = change.acted
    round_ = _round_before(change)
    return trail.detail_of(
        {
            "on": on,
            "problem": {name: value for name, value in columns.items() if change.before or value is not None},
            **change.parts,
            "firing": [] if acted is None else [step_detail(step, round_) for step in acted.recorded],
            "withdrawn": [] if acted is None else [list(key) for key in sorted(acted.withdrawn)],
            "quiet": [] if acted is None else [list(key) for key in sorted(acted.settled - acted.withdrawn)],
            "why": dict(change.why),
        }
    )


def step_detail(step: Any, round_: int) -> Row:
    """A recorded step as the trail carries it."""
    return {
        "round": round_,
        "clock_on": step.clock_on,
        "step": step.kind,
        "rank": step.rank,
        "level": step.level,
        "repeat": step.repeat,
        "crossed_on": step.crossed_on,
        "quiet": step.quiet,
    }


def find(r: Reading, number: str, *, lock: bool) -> Case:
    """One case by our number, or by an external one where that is unambiguous.

    Raises NotFound where there is none, or more than one.
    """
    return cases(r, chosen_by_number(r, [number]), lock=lock)[0]


def chosen_by_number(r: Reading, numbers: Sequence[str]) -> sa.Select[Any]:
    """The ids of problems by their numbers, ours or unambiguous external ones.

    Raises NotFound for the first that names none, or more than one.
    """
    wanted = list(dict.fromkeys(numbers))
    columns = (PROBLEM.c.id, PROBLEM.c.number, PROBLEM.c.external_number)
    named = PROBLEM.c.number.in_(wanted) | PROBLEM.c.external_number.in_(wanted)
    rows = r.conn.execute(sa.select(*columns).where(named)).all()
    ids = []
    for number in wanted:
        found = [x for x in rows if x.number == number] or [x for x in rows if x.external_number == number]
        if not found:
            raise NotFound(f"没有编号为“{number}”的问题，请用 xiaohao ledger 查看台账编号。")
        if len(found) > 1:
            several = "、".join(row.number for row in found[:5])
            raise NotFound(f"编号“{number}”对应不止一个问题，请改用台账编号：{several}。")
        ids.append(found[0].id)
    return sa.select(PROBLEM.c.id).where(PROBLEM.c.id.in_(ids))


def new_numbers(w: Writing, years: Sequence[int]) -> list[str]:
    """Fresh numbers of ours, one for each year of finding, in order: HL-2023-0007."""
    dialect.take_bulk_lock(w.conn, "ids:problem")
    district = w.conn.execute(
        sa.select(UNIT.c.code).where(UNIT.c.parent_id.is_(None)).order_by(UNIT.c.id)
    ).scalar()
    prefix = district or "XH"
    last: dict[int, int] = {}
    for year in set(years):
        stem = f"{prefix}-{year}-"
        query = (
            sa.select(PROBLEM.c.number)
            .where(PROBLEM.c.number >= stem, PROBLEM.c.number < f"{prefix}-{year}.")
            .order_by(sa.func.length(PROBLEM.c.number).desc(), PROBLEM.c.number.desc())
            .limit(1)
        )
        newest = w.conn.execute(query).scalar()
        last[year] = 0 if newest is None else int(newest.rsplit("-", 1)[1])
    numbers: list[str] = []
    for year in years:
        last[year] += 1
        numbers.append(f"{prefix}-{year}-{last[year]:04d}")
    return numbers
