"""`xiaohao up`: one process that starts what a machine needs, keeps it going, and takes it down again.

Its children: Prefect's API server, the duty that starts runs (`flows.duty_child`), and the page. Each reads
a pipe that only this process holds. It imports no Prefect itself, so that it is small and ends at once when
it is told to.
"""

import contextlib
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows import children, environment, running, serving, up_file
from flows.keeper import Keeper
from flows.serving import Server
from flows.set_back import Clock
from flows.up_file import Up
from xiaohao import bootstrap
from xiaohao.actions import owed
from xiaohao.errors import Unreachable, WrongDate
from xiaohao.settings import Settings

Say = Callable[[str], None]
DUTY = Path(__file__).with_name("duty_child.py")
PAGE = "xiaohao.web.app:create_app"
POOL = "xiaohao"
READY_WITHIN = 300.0
LOOKS_EVERY = 0.5
DUTY_ENDS_WITHIN = 11.0
SERVER_ENDS_WITHIN = 5.0


@dataclass(frozen=True)
class Wanted:
    """What the command line asked for: ports on this machine, and whether runs go through a work pool."""

    port: int
    page_port: int
    worker: bool


@dataclass(frozen=True)
class Ready:
    """Everything runs: Prefect's API, the page, the deployments, and up.json."""

    prefect_api: str
    page: str
    deployments: tuple[str, ...]
    up_file: Path


class _Stopped(BaseException):
    """SIGTERM or Ctrl-C came."""


class Ending:
    """Whether this process was told to end: once told, the work stops; told again, nothing more happens."""

    def __init__(self) -> None:
        self.told = threading.Event()
        self.working = True

    def __call__(self, *_: Any) -> None:
        """Be told by a signal."""
        self.told.set()
        if self.working:
            self.working = False
            raise _Stopped

    @contextlib.contextmanager
    def heard(self) -> Iterator[None]:
        """Hear SIGTERM and SIGINT while the block runs, and end it quietly where one comes."""
        before = {each: signal.signal(each, self) for each in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        except _Stopped:
            pass
        finally:
            self.working = False
            for each, handler in before.items():
                signal.signal(each, handler)


def run(settings: Settings, wanted: Wanted, *, say: Say, ready: Callable[[Ready], None]) -> None:
    """Start everything, tell `ready` once it answers, and keep it going until SIGTERM or Ctrl-C.

    Nothing is left after it. Raises Refused where another `up` runs on this XIAOHAO_HOME, where the port is
    taken, or where others would reach a server without a secret; Unreachable where something does not
    start; and what `bootstrap.ledger` and `environment.check_readable` raise.
    """
    environment.check_readable()
    home = bootstrap.home(settings)
    at, auth = serving.host(settings), serving.auth(settings)
    serving.check_reach(at, auth)
    ending = Ending()
    with ending.heard(), up_file.held(home):
        serving.check_free(at, wanted.port, option="--port")
        serving.check_free(settings.page_host, wanted.page_port, option="--page-port")
        bootstrap.channel_settings(settings)
        bootstrap.ledger(settings).engine.dispose()
        server = Server(f"http://{serving.reached_at(at)}:{wanted.port}/api", auth)
        with contextlib.ExitStack() as all_of_it:
            try:
                _go(
                    settings,
                    wanted,
                    at=at,
                    server=server,
                    say=say,
                    ready=ready,
                    stack=all_of_it,
                    ending=ending,
                )
            finally:
                ending.working = False
                say("正在停止…")
    say("已停止。")


def _go(
    settings: Settings,
    wanted: Wanted,
    *,
    at: str,
    server: Server,
    say: Say,
    ready: Callable[[Ready], None],
    stack: contextlib.ExitStack,
    ending: Ending,
) -> None:
    logs = settings.home / "logs"
    env = serving.environment(settings, at=at, port=wanted.port, said=server.auth)
    serves = Keeper("Prefect 服务", logs / "up-server.log", say, ends_within=SERVER_ENDS_WITHIN)
    duty = Keeper("任务执行进程", logs / "up-duty.log", say, ends_within=DUTY_ENDS_WITHIN)
    stack.callback(serves.end)
    stack.callback(duty.end)
    say("正在启动 Prefect 服务（第一次约十几秒）…")
    with serving.starting_alone(Path(env["PREFECT_HOME"])):
        clock = Clock()  # before the server, which goes by the clock from its first moment on
        serves.start(serving.PROGRAM, serving.PREFECT_WITH_PAGES, at, str(wanted.port), env=env)
        pool = (settings.work_pool or POOL) if wanted.worker else ""
        duty.start(DUTY, pool, env=_for_duty(server))
        _answers(serves, "Prefect 服务")
    say("正在登记定时任务…")
    names = tuple(json.loads(_answers(duty, "任务执行进程"))["deployments"])
    page = _page(settings, wanted.page_port, say=say, stack=stack)
    address = f"http://{serving.reached_at(settings.page_host)}:{wanted.page_port}"
    place = up_file.write(settings.home, Up(os.getpid(), server.api_url, server.auth, address))
    _warn_of_the_clock(settings, say)
    ready(Ready(server.api_url, address, names, place))
    while True:
        if clock.was_set_back():
            say("这台机器的时钟往回拨了，正在重新启动 Prefect 服务，重排日程…")
            with (
                duty.away(),
                serves.away(),
            ):  # what is under way may wait for the wrong date, and holds its slot
                pass
        if ending.told.wait(LOOKS_EVERY):
            return
        for each in (serves, duty, page):
            each.look()


def _page(settings: Settings, port: int, *, say: Say, stack: contextlib.ExitStack) -> Keeper:
    page = Keeper("页面", settings.home / "logs" / "up-page.log", say, ends_within=SERVER_ENDS_WITHIN)
    stack.callback(page.end)
    page.start(serving.PROGRAM, PAGE, settings.page_host, str(port), env=dict(os.environ))
    _answers(page, "页面")
    return page


def _for_duty(server: Server) -> Mapping[str, str]:
    return {
        **serving.for_clients(server),
        running.UP: str(os.getpid()),
        "PREFECT_RUNNER_POLL_FREQUENCY": "2",
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(running.HEARTBEAT_EVERY),
    }


def _answers(child: Keeper, name: str) -> str:
    said = child.first_line(within=READY_WITHIN)
    if not said:
        raise Unreachable(f"{name}没有启动起来：{children.reason(child.said())}。台账没有变化。")
    return said


def _warn_of_the_clock(settings: Settings, say: Say) -> None:
    """Say at once what a night that is owed, and too far away, is going to say when it runs."""
    ledger = bootstrap.ledger(settings)
    try:
        owed.check_today(ledger, bootstrap.today(), most_days=settings.most_days_owed)
    except WrongDate as error:
        say(error.message)
    finally:
        ledger.engine.dispose()
