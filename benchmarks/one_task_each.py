"""The usual way, to compare with: a Prefect flow with one task a problem, SQLModel objects, a commit each.

Each task does what `fire` does to a problem: it asks the same rules, sets the columns, adds the
steps and one leaf. Nobody is told and nothing is sealed; the server's start and the heartbeat
are not counted. `python -m benchmarks.one_task_each URL` prints the seconds as JSON.
"""

import json
import os
import sys
import tempfile
import time

QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_LOGGING_LEVEL": "ERROR",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
}


def measured(url: str) -> float:
    """Seconds from the first task to the end of the last one."""
    import sqlalchemy as sa
    from prefect import flow, task
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
    from sqlmodel import Session, col, select

    from benchmarks.ledgers import NIGHT
    from models.firing import Firing
    from models.problem import Problem
    from models.trail import Trail, TrailHead
    from xiaohao.ledger import timers, trail
    from xiaohao.ledger.connect import open_engine
    from xiaohao.ledger.writing import Ledger
    from xiaohao.proof import leaf as leaves
    from xiaohao.proof.merkle import Frontier
    from xiaohao.rules.timetable import TimerState, due_steps, outlook

    engine = open_engine(url)
    with Ledger(engine).reading() as r:
        rules = r.current_rules()

    @task
    def fire_one(problem_id: int) -> None:
        with Session(engine) as session:
            problem = session.get_one(Problem, problem_id)
            state = TimerState(**{name: getattr(problem, name) for name in timers.KEY})
            seen = outlook(state, rules.policy, rules.workdays, NIGHT, since=state.next_event_on)
            steps = due_steps(state, seen)
            for name in ("status", "light", "level", "repeat", "next_event_on", "verify_by"):
                setattr(problem, name, getattr(seen, name))
            problem.version += 1
            for step in steps:
                row = timers.step_detail(step, problem.round)
                session.add(Firing(problem_id=problem_id, **row))
            _append(session, problem, timers.detail(NIGHT, seen, steps, problem.round))
            session.commit()

    def _append(session: Session, problem: Problem, detail: bytes) -> None:
        head = session.get_one(TrailHead, 1)
        edge = Frontier.from_bytes(head.size, head.frontier)
        entry = {"at": trail.instant(), "actor": "system:nightly", "action": "night", "run": ""}
        entry |= {"subject": f"problem:{problem.id}"}
        salt = os.urandom(trail.SALT_BYTES)
        hashed = leaves.detail_hash(salt, detail)
        leaf = leaves.leaf_hash(leaves.leaf_data(**entry, detail_hash=hashed, version=problem.version))
        row = {"seq": head.size, "version": problem.version, "detail": detail.decode(), "salt": salt}
        session.add(Trail(**entry, **row, leaf=leaf))
        edge.append(leaf)
        head.size, head.frontier = edge.size, edge.to_bytes()

    seconds: list[float] = []

    @flow
    def night() -> None:
        with Session(engine) as session:
            is_due = sa.and_(col(Problem.next_event_on).is_not(None), col(Problem.next_event_on) <= NIGHT)
            due = session.exec(select(Problem.id).where(is_due)).all()
        start = time.perf_counter()
        for problem_id in due:
            fire_one(problem_id)
        seconds.append(time.perf_counter() - start)

    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        night()
    return seconds[0]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= QUIET | {"PREFECT_HOME": folder}
        print(json.dumps({"seconds": measured(sys.argv[1])}))
