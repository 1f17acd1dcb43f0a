"""A night's scopes over a work pool: runs of their own, taken by workers, and replaced where one dies."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from example_district import district_with_the_example
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from flows import deployments, pool
from flows.deployments import FIRE_SCOPE
from flows.nightly import Handed, NightForm, nightly
from notifiers.choose import ChannelSettings
from xiaohao.actions import whole_night
from xiaohao.actions.whole_night import Night
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.tables import FIRING, NOTICE, PROBLEM, RUN
from xiaohao.vocabulary import Channel

pytestmark = pytest.mark.xdist_group("prefect")
NIGHT = date(2023, 10, 16)
POOL = "scopes"
WITHIN = 180.0


@pytest.fixture
def over_pool(office_home: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.Engine]:
    """A ledger on PostgreSQL whose nights go over a work pool in four scopes, on the server of the session."""
    for name, value in settings(office_home, postgres_url).items():
        monkeypatch.setenv(name, value)
    engine = open_engine(postgres_url)
    yield engine
    engine.dispose()


def test_without_such_a_deployment_the_night_fires_its_scopes_itself(over_pool: sa.Engine) -> None:
    with get_client(sync_client=True) as client, pytest.raises(ObjectNotFound):
        client.read_deployment_by_name(FIRE_SCOPE.full_name)
    district_with_the_example(over_pool)
    done = run_night()
    assert done.fired > 20
    assert scopes_of(over_pool) == ["1/4", "2/4", "3/4", "4/4"]


def test_where_no_worker_takes_them_the_night_fires_its_scopes_itself(
    over_pool: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No worker looks at the pool: what waits is cancelled, so that none takes it later."""
    monkeypatch.setattr(pool, "TAKEN_WITHIN", 1.0)
    district_with_the_example(over_pool)
    with deployed():
        done = run_night()
        states = [run.state_name for run in scope_runs()]
    assert states == ["Cancelled"] * 4
    assert (done.fired > 20, done.notices > 20, done.failed) == (True, True, ())
    assert scopes_of(over_pool) == ["1/4", "2/4", "3/4", "4/4"]


@pytest.mark.long
def test_two_workers_on_four_scopes_do_what_one_does_and_what_the_whole_does(
    prefect: "Prefect", make_postgres: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done: dict[int, Night] = {}
    ledgers: dict[int, sa.Engine] = {}
    for count in (0, 1, 2):
        url = make_postgres(f"workers_{count}")
        ledgers[count] = open_engine(url)
        ledger = district_with_the_example(ledgers[count])
        if not count:
            channels = ChannelSettings(order=(Channel.FILE,), notices_folder=tmp_path / "notices")
            done[0] = whole_night.whole_night(ledger, NIGHT, channels, today=NIGHT)
            continue
        env = settings(tmp_path / f"home_{count}", url)
        with patched(monkeypatch, env), prefect.workers(count, env) as logs:
            done[count] = run_night()
            runs = [run for run in scope_runs() if run.state_name == "Completed"]
        assert len(runs) == 4 * count  # with those of the one worker
        assert all("submitting flow run" in log.read_text() for log in logs)
        assert scopes_of(ledgers[count]) == ["1/4", "2/4", "3/4", "4/4"]
    assert comparable(done[1]) == comparable(done[0])
    assert comparable(done[2]) == comparable(done[0])
    assert done[0].fired > 20
    assert state_of(ledgers[1]) == state_of(ledgers[0])
    assert state_of(ledgers[2]) == state_of(ledgers[0])
    for engine in ledgers.values():
        engine.dispose()


@pytest.mark.long
def test_a_worker_that_is_killed_in_a_scope_is_replaced(
    prefect: "Prefect", make_postgres: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """kill -9 of a worker and all its runs while one is in its transaction: it stays Running, with nobody there."""
    monkeypatch.setattr(pool, "SILENT_FOR", 20.0)
    whole = open_engine(make_postgres("unharmed"))
    channels = ChannelSettings(order=(Channel.FILE,), notices_folder=tmp_path / "notices")
    expected = whole_night.whole_night(district_with_the_example(whole), NIGHT, channels, today=NIGHT)
    url = make_postgres("harmed")
    engine = open_engine(url)
    district_with_the_example(engine)
    env = settings(tmp_path / "home", url)
    first, held = prefect.worker("first", env), engine.connect()
    due = sa.select(PROBLEM.c.id).where(PROBLEM.c.next_event_on <= NIGHT).limit(1)
    held.execute(due.with_for_update())
    second: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        wait_for(lambda: is_waiting(engine))
        kill_with_children(first)
        held.rollback()
        second.append(prefect.worker("second", env))

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with patched(monkeypatch, env):
            done = run_night()
        states = sorted(str(run.state_name) for run in scope_runs())
    finally:
        killer.join()
        held.close()
        for worker in (first, *second):
            end(worker)
    assert comparable(done) == comparable(expected)
    assert "Crashed" in states
    assert state_of(engine) == state_of(whole)
    for each in (engine, whole):
        each.dispose()


@dataclass
class Prefect:
    """A Prefect server of the long tests, with a process work pool and its deployments."""

    env: dict[str, str]
    folder: Path

    def worker(self, name: str, env: dict[str, str]) -> subprocess.Popen[bytes]:
        """A worker that has begun to look for runs; what it says is in a file of its name."""
        log = self.folder / f"{name}-{time.monotonic_ns()}.log"
        command = ["worker", "start", "--pool", POOL, "--type", "process", "--name", name, "--limit", "2"]
        worker = start_prefect(command, self.env | env, log)
        wait_for(lambda: "started!" in log.read_text())
        worker.log = log  # type: ignore[attr-defined]
        return worker

    @contextmanager
    def workers(self, count: int, env: dict[str, str]) -> Iterator[list[Path]]:
        workers = [self.worker(f"worker-{count}-{n}", env) for n in range(count)]
        try:
            yield [worker.log for worker in workers]  # type: ignore[attr-defined]
        finally:
            for worker in workers:
                end(worker)


@pytest.fixture(scope="module")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prefect]:
    folder = tmp_path_factory.mktemp("prefect")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/api"
    env = {
        "PREFECT_HOME": str(folder),
        "PREFECT_API_URL": url,
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_LOGGING_LEVEL": "INFO",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "INFO",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PREFECT_SERVER_UI_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }
    server = start_prefect(["server", "start"], env, folder / "server.log")
    try:
        wait_for(lambda: answers(url))
        with temporary_settings({PREFECT_API_URL: url, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}), deployed():
            yield Prefect(env, folder)
    finally:
        end(server)


@contextmanager
def deployed() -> Iterator[None]:
    """The pool and its deployments, on the server that the settings name; gone at the end."""
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        made = [
            each.apply(work_pool_name=POOL)
            for each in deployments.deployments(work_pool=POOL)
            if each.name == "fire-scope"
        ]
        yield
        for deployment_id in made:
            client.delete_deployment(deployment_id)
        client.delete_work_pool(POOL)


def settings(home: Path, url: str) -> dict[str, str]:
    return {
        "XIAOHAO_HOME": str(home),
        "XIAOHAO_DATABASE_URL": url,
        "XIAOHAO_SCOPES": "4",
        "XIAOHAO_WORK_POOL": POOL,
    }


@contextmanager
def patched(monkeypatch: pytest.MonkeyPatch, env: dict[str, str]) -> Iterator[None]:
    with monkeypatch.context() as patch:
        for name, value in env.items():
            patch.setenv(name, value)
        yield


def run_night() -> Night:
    done = nightly(NightForm(business_date=NIGHT), return_state=True).result()
    assert isinstance(done, Handed)
    return done.night


def scope_runs() -> list[FlowRun]:
    with get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name(FIRE_SCOPE.full_name)
        runs = client.read_flow_runs(limit=200)
    return [run for run in runs if run.deployment_id == deployment.id]


def comparable(done: Night) -> Night:
    """Without what differs from run to run: the root, since every leaf is salted, and ids of rows."""
    digests = tuple(
        replace(digest, checkpoint=None, items=tuple(replace(item, firings=()) for item in digest.items))
        for digest in done.digests
    )
    return replace(done, root="", digests=digests)


def state_of(engine: sa.Engine) -> list[list[tuple[Any, ...]]]:
    """Problems, the steps recorded, and who was told: nothing twice."""
    steps = [FIRING.c[name] for name in ("problem_id", "round", "clock_on", "step", "level", "repeat")]
    told = [NOTICE.c[name] for name in ("official_id", "channel", "kind", "business_date")]
    queries = (
        sa.select(PROBLEM).order_by(PROBLEM.c.id),
        sa.select(*steps).order_by(*steps),
        sa.select(*told, NOTICE.c.state).order_by(*told),
    )
    with engine.connect() as conn:
        return [[tuple(row) for row in conn.execute(query)] for query in queries]


def scopes_of(engine: sa.Engine) -> list[str]:
    """The scopes that have run."""
    night_rows = sa.select(RUN.c.scope).where(RUN.c.flow == "nightly").order_by(RUN.c.scope)
    with engine.connect() as conn:
        return list(conn.execute(night_rows).scalars())


def is_waiting(engine: sa.Engine) -> bool:
    """Whether a transaction waits for a row of this database that another has locked."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with engine.connect() as conn:
        return bool(conn.exec_driver_sql(query).scalar_one())


def start_prefect(command: list[str], env: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    """A Prefect command; what it says is in `log`."""
    with log.open("wb") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "prefect", *command],
            env=os.environ | env,
            cwd=Path(__file__).parents[2],
            stdout=said,
            stderr=said,
        )


def end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        kill_with_children(process)
    process.wait()


def kill_with_children(process: subprocess.Popen[bytes]) -> None:
    """kill -9 of a process first, so that it can say nothing of its children, and then of them: as a power cut."""
    asked = ["ps", "-A", "-o", "pid=,ppid="]
    there = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.splitlines()
    pairs = [(int(pid), int(parent)) for pid, parent in (line.split() for line in there)]
    for pid in (process.pid, *(pid for pid, parent in pairs if parent == process.pid)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").is_success
    except httpx.HTTPError:
        return False


def wait_for(holds: Callable[[], bool]) -> None:
    last = time.monotonic() + WITHIN
    while not holds():
        assert time.monotonic() < last, "waited in vain"
        time.sleep(0.2)
