"""The usual way, to compare with: a Prefect flow with one task a problem, SQLModel objects, a commit each.

A task does what a night does to one problem: it asks the same rules, sets the columns, adds the steps,
tells the holder of the post in a notice, and adds a leaf for each of the two. Units and people are read
once; sealing, the server's start and the heartbeat are not counted.
`python -m benchmarks.one_task_each URL` prints the seconds as JSON.
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
    from benchmarks.objects import Desk
    from models.problem import Problem

    desk = Desk(url)
    seconds: list[float] = []

    @task
    def handle(problem_id: int) -> None:
        with Session(desk.engine) as session:
            problem = session.get_one(Problem, problem_id)
            desk.tell(session, problem, desk.fire(session, problem))
            session.commit()

    @flow
    def night() -> None:
        with Session(desk.engine) as session:
            is_due = sa.and_(col(Problem.next_event_on).is_not(None), col(Problem.next_event_on) <= NIGHT)
            due = session.exec(select(Problem.id).where(is_due)).all()
        start = time.perf_counter()
        for problem_id in due:
            handle(problem_id)
        seconds.append(time.perf_counter() - start)

    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        night()
    return seconds[0]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= QUIET | {"PREFECT_HOME": folder}
        print(json.dumps({"seconds": measured(sys.argv[1])}))
