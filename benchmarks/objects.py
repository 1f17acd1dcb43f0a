"""One problem at a time as SQLModel objects: what a task of `one_task_each` does. The rules are the same."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlmodel import Session

from benchmarks.ledgers import NIGHT
from models.firing import Firing
from models.notice import Notice
from models.problem import Problem
from models.trail import Trail, TrailHead
from xiaohao.ledger import posts, timers, trail
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.writing import Ledger
from xiaohao.proof import leaf as leaves
from xiaohao.proof.merkle import Frontier
from xiaohao.rules.ladder import who
from xiaohao.rules.timetable import Step, TimerState, due_steps, outlook
from xiaohao.vocabulary import Channel

SHOWN = ("status", "light", "level", "repeat", "next_event_on", "verify_by")


class Desk:
    """A ledger with its rules, units and people, read once."""

    def __init__(self, url: str) -> None:
        self.engine = open_engine(url)
        with Ledger(self.engine).reading() as r:
            self._rules = r.current_rules()
            self._org = posts.org(r)
            self._officials = posts.officials(r)

    def fire(self, session: Session, problem: Problem) -> list[Firing]:
        """Move one problem to what its timetable says; its new steps."""
        state = TimerState(**{name: getattr(problem, name) for name in timers.KEY})
        seen = outlook(state, self._rules.policy, self._rules.workdays, NIGHT, since=state.next_event_on)
        steps = due_steps(state, seen)
        for name in SHOWN:
            setattr(problem, name, getattr(seen, name))
        problem.version += 1
        firings = [_firing(problem, step) for step in steps]
        session.add_all(firings)
        _append(session, problem, "night", timers.detail(NIGHT, seen, steps, problem.round))
        return firings

    def tell(self, session: Session, problem: Problem, firings: Sequence[Firing]) -> None:
        """Tell the highest of its new steps to the holder of the post."""
        best = max(firings, key=lambda each: (each.rank, each.level, each.repeat))
        told = who(self._org, problem.unit_id, best.level, NIGHT)
        assert told.official_id is not None
        official = self._officials[told.official_id]
        notice = Notice(
            dedupe_key=f"problem:{problem.id}:{NIGHT}",
            business_date=NIGHT,
            official_id=official.id,
            recipient=official.name,
            channel=Channel.FILE,
            kind="digest",
            facts=f'{{"number":"{problem.number}","title":"{problem.title}","level":{best.level}}}',
            created_at=datetime.now(UTC),
        )
        session.add(notice)
        session.flush()
        for firing in firings:
            firing.notice_id = notice.id
        best.official_id, best.unit_id, best.role = official.id, told.unit_id, told.role
        problem.version += 1
        detail = {"on": NIGHT, "told": {"step": best.step, "level": best.level, "official": official.code}}
        _append(session, problem, "tell", trail.detail_of(detail))


def _firing(problem: Problem, step: Step) -> Firing:
    return Firing(
        problem_id=problem.id,
        round=problem.round,
        clock_on=step.clock_on,
        step=step.kind,
        rank=step.rank,
        level=step.level,
        repeat=step.repeat,
        crossed_on=step.crossed_on,
        quiet=step.quiet,
    )


def _append(session: Session, problem: Problem, action: str, detail: bytes) -> None:
    head = session.get_one(TrailHead, 1)
    edge = Frontier.from_bytes(head.size, head.frontier)
    at, subject, salt = trail.instant(), f"problem:{problem.id}", os.urandom(trail.SALT_BYTES)
    data = leaves.leaf_data(
        action=action,
        actor="system:nightly",
        at=at,
        detail_hash=leaves.detail_hash(salt, detail),
        run="",
        subject=subject,
        version=problem.version,
    )
    edge.append(leaves.leaf_hash(data))
    entry = Trail(
        seq=head.size,
        at=at,
        actor="system:nightly",
        action=action,
        subject=subject,
        version=problem.version,
        run="",
        detail=detail.decode(),
        salt=salt,
        leaf=leaves.leaf_hash(data),
    )
    session.add(entry)
    head.size, head.frontier = edge.size, edge.to_bytes()
