"""What every Prefect server of ours has in common, and what the one of `xiaohao up` is told.

Prefect by itself answers everybody, lets any page of a browser call it, keeps leases in memory and
runs for ever, and never refuses an address that others reach: each is put right here.
"""

import contextlib
import errno
import os
import re
import secrets
import socket
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from flows import alone
from notifiers.targets import is_this_machine
from xiaohao.errors import Refused, Unreachable
from xiaohao.settings import Settings

STARTS_WITHIN = 180.0
"""Seconds: two cold starts at once took 31 s on two cores; a slow disk may take much longer."""
HOST = "127.0.0.1"
PROGRAM = Path(__file__).with_name("server_child.py")
PREFECT = "prefect.server.api.server:create_app"
PREFECT_WITH_PAGES = "flows.closed_pages:create_app"
SECRET_FILE = "prefect.secret"
AUTH = "PREFECT_SERVER_API_AUTH_STRING"
AT = "PREFECT_SERVER_API_HOST"
FOR_CLIENTS = "PREFECT_API_AUTH_STRING"
WELL_FORMED = re.compile(r"[\x21-\x39\x3b-\x7e]+:[\x21-\x7e]{8,}")
"""user:secret in ASCII: any other letter makes Prefect answer 500 to everybody."""
FORMER_NAMES = {
    "PREFECT_SERVER_UI_API_URL": "PREFECT_UI_API_URL",
    "PREFECT_SERVER_UI_STATIC_DIRECTORY": "PREFECT_UI_STATIC_DIRECTORY",
    "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": "PREFECT_SERVER_CORS_ALLOWED_ORIGINS",
}
"""Prefect still reads these, but only where the new name is not set."""
WHY_NOT = {
    errno.EADDRINUSE: "已被别的程序占用",
    errno.EACCES: "没有权限",
    errno.EADDRNOTAVAIL: "这台机器没有这个地址",
}


@dataclass(frozen=True)
class Server:
    """Where a server of ours answers, and the secret it asks for ("user:secret"); None where it asks for none."""

    api_url: str
    auth: str | None


def new_secret() -> str:
    """user:secret, in ASCII."""
    return f"xiaohao:{secrets.token_urlsafe(24)}"


@contextlib.contextmanager
def starting_alone(home: Path) -> Iterator[None]:
    """Keep two servers from making Prefect's database at once: one of them would fail.

    Raises Unreachable where another one does not come to an end.
    """
    lock = alone.take(home / "starting.db", within=STARTS_WITHIN)
    if lock is None:
        raise Unreachable("另一个 Prefect 服务一直没有启动完。台账没有变化，请稍后再试。")
    with contextlib.closing(lock):
        yield


def host(settings: Settings) -> str:
    """The address that the server of `up` listens at: Prefect's own variable, else our setting."""
    return os.environ.get(AT) or settings.prefect_host


def auth(settings: Settings) -> str | None:
    """The secret of the server of `up`: that of the environment, else our own, made at the first start.

    It is kept in XIAOHAO_HOME (0600). None where the environment switches it off. Raises Refused for
    one that Prefect cannot take, or a file that others may read.
    """
    told = os.environ.get(AUTH)
    if told == "":
        return None
    said = told or _kept(settings.home / SECRET_FILE)
    if not WELL_FORMED.fullmatch(said):
        raise Refused(
            "Prefect 的口令要写成“用户名:密码”，只用英文字母、数字和符号，密码至少 8 位，不能有空格。没有启动。"
        )
    return said


def check_reach(at: str, said: str | None) -> None:
    """Raise Refused for an address that others reach while no secret is asked for."""
    if said is None and not is_this_machine(at):
        raise Refused(
            f"没有口令的 Prefect 服务不能监听 {at}：能连上它的人都可以改动运行。"
            f"请去掉空的 {AUTH}，或改为监听 {HOST}。没有启动。"
        )


def check_free(at: str, port: int, *, option: str) -> None:
    """Raise Refused where nothing can listen there; `option` is that of the command line that says the port."""
    try:
        with socket.create_server((at, port), family=socket.AF_INET6 if ":" in at else socket.AF_INET):
            pass
    except OSError as error:
        why = WHY_NOT.get(error.errno or 0, "这个地址不能用")
        raise Refused(f"不能监听 {at}:{port}（{why}）。可以用 {option} 换一个端口。没有启动。") from error


def reached_at(at: str) -> str:
    """The address under which this machine reaches a server that listens at `at`."""
    if at in ("0.0.0.0", "::"):
        return HOST
    return f"[{at}]" if ":" in at else at


def environment(settings: Settings, *, at: str, port: int, said: str | None) -> Mapping[str, str]:
    """The environment of the server of `up`. What guards it is ours; all else the environment may say otherwise.

    Behind a reverse proxy it says where the pages find the API (PREFECT_SERVER_UI_API_URL): by itself they
    call the address that the server listens at.
    """
    home = Path(os.environ["PREFECT_HOME"])
    near = reached_at(at)
    usual = {
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        "PREFECT_SERVER_UI_V2_ENABLED": "false",
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(home / "ui"),
        "PREFECT_SERVER_UI_API_URL": f"http://{near}:{port}/api",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(settings.keep_runs_days * 86_400),
        "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": f"http://{near}:{port},http://localhost:{port}",
    }
    guarded = {
        AT: at,
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "WARNING",
    }
    told = dict(os.environ)
    usual = {name: value for name, value in usual.items() if FORMER_NAMES.get(name, name) not in told}
    ours = usual | told | guarded
    for name in ("PREFECT_API_URL", FOR_CLIENTS, AUTH):
        ours.pop(name, None)
    return ours if said is None else ours | {AUTH: said}


def for_clients(server: Server) -> Mapping[str, str]:
    """What a process that asks this server needs in its environment, before it imports Prefect."""
    ours = {name: value for name, value in os.environ.items() if name != AUTH}
    return ours | {"PREFECT_API_URL": server.api_url, FOR_CLIENTS: server.auth or ""}


def _kept(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(new_secret())
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Refused(
            f"口令文件 {path.name} 别人也能读。请先把它的权限改为 0600，或删除它，重新启动时另作一个。"
        )
    return path.read_text("ascii", errors="replace").strip()
