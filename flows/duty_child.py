"""值班: the child of `xiaohao up` that starts runs: a runner of its own, or the worker of a pool.

Before it starts anything it shows runs that nobody runs as crashed, makes the heartbeat automation, and
registers the deployments; while it runs it looks again every few seconds. It writes one line of JSON
on stdout once it is ready, and ends when stdin is closed, by its parent's will or death.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from flows import deployments, heartbeats, made_up, planned_anew, running, stale

from prefect.client.orchestration import SyncPrefectClient, get_client  # isort: skip
from prefect.runner import Runner  # isort: skip

AT_ONCE = 4
LOOKS_EVERY = 10.0
ASKS_EVERY = 30.0
SERVER_WITHIN = 240.0
FLOWS_END_WITHIN = 6.0
LAST_LOOK_WITHIN = 2.0


def main(pool: str) -> None:
    """Be on duty, until stdin is closed; `pool` names the work pool, empty where runs start here."""
    ready = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what runs print belongs in the log
    threading.Thread(target=_end_when_stdin_ends, args=(pool,), daemon=True).start()
    with get_client(sync_client=True) as client:
        _wait_for(client)
        _attempt(stale.mark, client, first=True, shared=bool(pool))
        heartbeats.make_once(client)
        serve = _worker(client, pool) if pool else _runner()
        names = [each.full_name for each in deployments.planned(work_pool=bool(pool))]
        threading.Thread(target=_look_again_and_again, args=(pool,), daemon=True).start()
        ready.write(json.dumps({"deployments": names}, ensure_ascii=False) + "\n")
        ready.close()
    asyncio.run(serve())


def _wait_for(client: SyncPrefectClient) -> None:
    last = time.monotonic() + SERVER_WITHIN
    while client.api_healthcheck() is not None:
        if time.monotonic() > last:
            raise TimeoutError("Prefect 服务没有回应")
        time.sleep(0.3)


def _runner() -> Callable[[], Any]:
    runner = Runner(name="xiaohao", pause_on_shutdown=False, limit=AT_ONCE)
    for each in deployments.deployments():
        runner.add_deployment(each)
    return runner.start


def _worker(client: SyncPrefectClient, pool: str) -> Callable[[], Any]:
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectAlreadyExists
    from prefect.workers.process import ProcessWorker

    template = ProcessWorker.get_default_base_job_template()
    with contextlib.suppress(ObjectAlreadyExists):
        client.create_work_pool(WorkPoolCreate(name=pool, type="process", base_job_template=template))
    for each in deployments.deployments(work_pool=pool):
        each.apply()
    return ProcessWorker(work_pool_name=pool, limit=AT_ONCE).start


def _look_again_and_again(pool: str) -> None:
    """With one client as long as it answers: each new one costs the server a token, and thus a write."""
    first, ask_at = True, 0.0
    while True:
        with get_client(sync_client=True) as client:
            well = True
            while well:
                well = _attempt(stale.mark, client, first=False, shared=bool(pool))
                if well and time.monotonic() >= ask_at:
                    well = _attempt(made_up.ask, client, first=first)
                    first, ask_at = first and not well, time.monotonic() + ASKS_EVERY
                    well = _attempt(planned_anew.clear, client) and well
                time.sleep(LOOKS_EVERY)


def _attempt(act: Callable[..., object], *args: object, **kwargs: object) -> bool:
    """Whether it went well; a server or a ledger that is away for a moment is asked again later."""
    try:
        act(*args, **kwargs)
    except Exception as error:
        print(
            f"{datetime.now(UTC).isoformat(timespec='seconds')} {type(error).__name__}: {error}",
            file=sys.stderr,
        )
        return False
    return True


def _end_when_stdin_ends(pool: str) -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    try:
        _end_runs()
        clock = threading.Timer(LAST_LOOK_WITHIN, _go)
        clock.daemon = True
        clock.start()
        with get_client(sync_client=True) as client:
            _attempt(stale.mark, client, first=False, shared=bool(pool))
    finally:
        _go()


def _go() -> None:
    """End at once, with every run that is only being started: it is in the group of this process."""
    os.killpg(0, signal.SIGKILL)


def _end_runs() -> None:
    """Ask the runs that `up` started to end: they report themselves as crashed; kill those that do not."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        for each in _alive():
            with contextlib.suppress(OSError):
                os.kill(each.pid, how)
        last = time.monotonic() + FLOWS_END_WITHIN
        while how is signal.SIGTERM and _alive() and time.monotonic() < last:
            time.sleep(0.1)


def _alive() -> Sequence[running.Announced]:
    return [each for each in running.announced() if each.by_up and each.alive and running.is_there(each.pid)]


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
