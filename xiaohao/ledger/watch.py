"""What the watch asks the tables: queries of its own, none through the engine's bookkeeping (DESIGN section 7).

Each reads through an index what one night can have touched; a wrong answer of the engine about itself
shows as two numbers that differ.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from models.firing import UNTOLD
from models.notice import UNFINISHED, WAITING
from models.problem import OPEN
from xiaohao.ledger.tables import CHECKPOINT, FAULT, FIRING, NOTICE, PROBLEM, RUN, TRAIL, TRAIL_HEAD
from xiaohao.ledger.writing import Reading
from xiaohao.vocabulary import Action, FaultKind, NoticeState, RunState

NIGHT_FLOWS = ("nightly", "compose")
A_MOMENT = timedelta(minutes=5)


@dataclass(frozen=True)
class NightSeen:
    """The last night as its run rows tell it. Instants are UTC; `runs` maps a row's id to what it counted."""

    on: date
    began: datetime
    runs: Mapping[int, Mapping[str, int]]

    @property
    def numbers(self) -> tuple[str, ...]:
        """The runs' ids as the trail writes them."""
        return tuple(str(run) for run in self.runs)


@dataclass(frozen=True)
class Behind:
    """How many problems or steps were left over, the earliest day among them, and one number to look at."""

    count: int
    first: date | None
    number: str | None


@dataclass(frozen=True)
class Unended:
    """Notices without an end: overdue ones, those whose sender died, and those held for long."""

    overdue: int
    orphaned: int
    held: int


def last_night(r: Reading) -> NightSeen | None:
    """The last business date of which a night is written down as done; None before the first."""
    done = (RUN.c.flow == "nightly") & (RUN.c.state == RunState.DONE)
    on = r.conn.execute(sa.select(sa.func.max(RUN.c.business_date)).where(done)).scalar()
    if on is None:
        return None
    here = (RUN.c.business_date == on) & RUN.c.flow.in_(NIGHT_FLOWS) & (RUN.c.state == RunState.DONE)
    rows = r.conn.execute(sa.select(RUN.c.id, RUN.c.started_at, RUN.c.counts).where(here)).all()
    began = min((row.started_at for row in rows if row.started_at), default=datetime.now(UTC))
    return NightSeen(on, began, {row.id: json.loads(row.counts) for row in rows})


def timers(r: Reading) -> tuple[int, int]:
    """How many problems are open, and how many have a timer: one index each, and the same number."""
    is_open = f"(SELECT count(*) FROM problem WHERE {OPEN})"
    timed = "(SELECT count(*) FROM problem WHERE next_event_on IS NOT NULL)"
    counts = r.conn.execute(sa.text(f"SELECT {is_open}, {timed}")).one()
    return int(counts[0]), int(counts[1])


def timers_behind(r: Reading, night: NightSeen) -> Behind:
    """Timers on or before the night's date that it should have fired: what was entered later is none."""
    query = (
        sa.select(sa.func.count(), sa.func.min(PROBLEM.c.next_event_on), sa.func.min(PROBLEM.c.number))
        .select_from(_with_last_entry(PROBLEM))
        .where(PROBLEM.c.next_event_on.is_not(None), PROBLEM.c.next_event_on <= night.on)
        .where(_untouched_since(night) | TRAIL.c.run.in_(night.numbers))
    )
    return Behind(*r.conn.execute(query).one())


def untold_unlisted(r: Reading, night: NightSeen) -> Behind:
    """Steps up to the night's date that it neither told nor listed with a reason (无人可报)."""
    listed = sa.exists().where(
        FAULT.c.kind == FaultKind.NOBODY_TO_TELL,
        FAULT.c.cleared_on.is_(None),
        FAULT.c.subject == sa.literal("unit:").concat(sa.cast(PROBLEM.c.unit_id, sa.Text)),
    )
    by_step = sa.text("problem.id = +firing.problem_id")  # the plus keeps SQLite from walking all problems
    steps = _with_last_entry(FIRING.join(PROBLEM, by_step))
    query = (
        sa.select(sa.func.count(), sa.func.min(FIRING.c.crossed_on), sa.func.min(PROBLEM.c.number))
        .select_from(steps)
        .where(sa.text(UNTOLD), FIRING.c.crossed_on <= night.on, ~listed)
        .where(_untouched_since(night) | TRAIL.c.run.in_(night.numbers))
    )
    return Behind(*r.conn.execute(query).one())


def told_unsaid(r: Reading, night: NightSeen) -> int:
    """How many steps the night marked as told that stand in none of its notices' facts.

    Looks at the steps from the oldest one on that any of these notices names.
    """
    mine = NOTICE.c.run_id.in_(list(night.runs)) & (NOTICE.c.business_date == night.on)
    told = r.conn.execution_options(yield_per=200).execute(sa.select(NOTICE.c.id, NOTICE.c.facts).where(mine))
    said: set[int] = set()
    notices: set[int] = set()
    for notice_id, facts in told:
        notices.add(notice_id)
        said.update(_firings(facts))
    if not notices:
        return 0
    marked = sa.select(FIRING.c.id, FIRING.c.notice_id).where(FIRING.c.id >= min(said, default=0))
    rows = r.conn.execution_options(yield_per=10_000).execute(marked)
    return sum(notice_id in notices and firing not in said for firing, notice_id in rows)


def unended(
    r: Reading, *, overdue: datetime, beyond: datetime, orphaned: datetime, held: datetime
) -> Unended:
    """Notices that wait since before `overdue` or for a time after `beyond`, leases that ended before
    `orphaned`, and notices held since before `held`."""
    waiting, unfinished = sa.text(WAITING), sa.text(UNFINISHED)
    due = sa.func.coalesce(NOTICE.c.next_attempt_at, NOTICE.c.created_at) < overdue
    planned = NOTICE.c.next_attempt_at > beyond
    return Unended(
        overdue=_count(r, waiting, NOTICE.c.state != NoticeState.LEASED, due | planned),
        orphaned=_count(r, waiting, NOTICE.c.state == NoticeState.LEASED, NOTICE.c.lease_until < orphaned),
        held=_count(r, unfinished, NOTICE.c.state == NoticeState.HELD, NOTICE.c.created_at < held),
    )


def miscounted(r: Reading, night: NightSeen) -> dict[int, str]:
    """The night's runs whose counts are not those of the trail and the outbox: id, and what differs.

    Reads the trail from the last checkpoint before the night on. Where something differs it looks once
    more, at the whole trail: a run may have ended meanwhile, or the clock have been set back.
    """
    found = _differences(r, night, since=_sealed_before(r, night.began))
    again = last_night(r) if found else None
    return found if again is None or again.on != night.on else _differences(r, again, since=0)


def unsealed(r: Reading, night: NightSeen) -> int:
    """How many entries of the night, or from before it, lie behind no checkpoint."""
    sealed = r.conn.execute(sa.select(sa.func.max(CHECKPOINT.c.tree_size))).scalar() or 0
    theirs = TRAIL.c.run.in_(night.numbers) | (TRAIL.c.at < _text(night.began))
    return int(r.conn.execute(sa.select(sa.func.count()).where(TRAIL.c.seq >= sealed, theirs)).scalar_one())


def trail_sizes(r: Reading) -> tuple[int, int]:
    """The size of the tree as its head has it, and as the last entry has it."""
    last = sa.select(sa.func.coalesce(sa.func.max(TRAIL.c.seq), -1)).scalar_subquery()
    head, last_seq = r.conn.execute(sa.select(TRAIL_HEAD.c.size, last)).one()
    return int(head), int(last_seq) + 1


def trail_fault(r: Reading) -> str | None:
    """What the verification of the trail found and nobody mended, in one sentence."""
    query = sa.select(FAULT.c.message).where(FAULT.c.kind == FaultKind.TRAIL, FAULT.c.cleared_on.is_(None))
    return r.conn.execute(query.order_by(FAULT.c.id).limit(1)).scalar()


def _with_last_entry(rows: sa.FromClause) -> sa.FromClause:
    """The rows with the last trail entry of their problem beside them; none where the trail lacks it."""
    subject = sa.literal("problem:").concat(sa.cast(PROBLEM.c.id, sa.Text))
    return rows.outerjoin(TRAIL, (TRAIL.c.subject == subject) & (TRAIL.c.version == PROBLEM.c.version))


def _untouched_since(night: NightSeen) -> sa.ColumnElement[bool]:
    """Whether the problem was as it is when the night began; what came a moment before it may have been late."""
    return TRAIL.c.at.is_(None) | (TRAIL.c.at < _text(night.began - A_MOMENT))


def _count(r: Reading, index: sa.TextClause, *conditions: sa.ColumnElement[bool]) -> int:
    """How many notices; `index` repeats the words of the partial index that is read."""
    query = sa.select(sa.func.count()).select_from(NOTICE).where(index, *conditions)
    return int(r.conn.execute(query).scalar_one())


def _firings(facts: str) -> Iterator[int]:
    for item in json.loads(facts).get("items", ()):
        yield from item.get("firings", ())


def _sealed_before(r: Reading, at: datetime) -> int:
    query = sa.select(sa.func.max(CHECKPOINT.c.tree_size)).where(CHECKPOINT.c.at < _text(at))
    return r.conn.execute(query).scalar() or 0


def _entries_by_run(r: Reading, night: NightSeen, *, since: int) -> Mapping[int, Counter[str]]:
    columns = (TRAIL.c.run, TRAIL.c.action)
    query = sa.select(*columns, sa.func.count().label("n"))
    query = query.where(TRAIL.c.seq >= since, TRAIL.c.run.in_(night.numbers)).group_by(*columns)
    found: dict[int, Counter[str]] = {run: Counter() for run in night.runs}
    for row in r.conn.execute(query):
        found[int(row.run)][row.action] += row.n
    return found


def _notices_by_run(r: Reading, night: NightSeen) -> Mapping[int, int]:
    query = sa.select(NOTICE.c.run_id, sa.func.count()).where(
        NOTICE.c.business_date == night.on, NOTICE.c.run_id.in_(list(night.runs))
    )
    return {row[0]: row[1] for row in r.conn.execute(query.group_by(NOTICE.c.run_id))}


def _differences(r: Reading, night: NightSeen, *, since: int) -> dict[int, str]:
    """Counts that are not equal; of tellings and notices only fewer: others than the digests' are written too."""
    entries, notices = _entries_by_run(r, night, since=since), _notices_by_run(r, night)
    found = {}
    for run, counts in night.runs.items():
        there = entries[run]
        compared = (
            ("trail", "留痕", there.total()),
            ("fired", "到点", there[Action.NIGHT]),
            ("closed", "销号", there[Action.CLOSE]),
            ("told", "讲到的问题", min(there[Action.TELL], counts.get("told", 0))),
            ("notices", "通知", min(notices.get(run, 0), counts.get("notices", 0))),
        )
        differs = [f"{word} {counts[key]} 而实有 {n}" for key, word, n in compared if counts.get(key, n) != n]
        if differs:
            found[run] = "，".join(differs)
    return found


def _text(at: datetime) -> str:
    """An instant as the trail writes it, for comparing."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def any_problem(r: Reading) -> bool:
    """Whether the ledger holds any problem at all, also a closed one."""
    return r.conn.execute(sa.select(PROBLEM.c.id).limit(1)).scalar() is not None
