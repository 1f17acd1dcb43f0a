"""What Prefect reads when it is imported: nothing leaves the machine, state lies in XIAOHAO_HOME, stderr is quiet.

`flows` imports this module before Prefect. Each value is a default: what is set in the environment wins.
Run logs are sentences of the logger `xiaohao`; they go to the Prefect server, never to stderr.
"""

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from notifiers import client
from xiaohao import bootstrap
from xiaohao.errors import WrongUsage

STAYS_AT_HOME = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
}
"""No telemetry, no promotion: the settings under which only the loopback is called."""
QUIET = {
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_EXTRA_LOGGERS": "xiaohao",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
}
"""Prefect's own words stay off the console: the command speaks for itself."""
AT_HOME = ("127.0.0.1", "localhost", "::1")
"""The loopback."""


def defaults(home: Path) -> Mapping[str, str]:
    """The environment of Prefect where nothing else is set; `home` is XIAOHAO_HOME."""
    return STAYS_AT_HOME | QUIET | {"PREFECT_HOME": str(home.absolute() / "prefect")}


def keep_proxies_out(*more: str) -> None:
    """Let no proxy of the office stand between this machine and itself, nor before the hosts `more`.

    Prefect's client would send every call, with the secret of the server, to the proxy of the environment.
    """
    there = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    hosts = [host.strip() for host in there.split(",") if host.strip()]
    if "*" not in hosts:
        hosts += [host for host in dict.fromkeys((*AT_HOME, *more)) if host not in hosts]
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(hosts)


def check_readable() -> None:
    """Raise WrongUsage where the environment names a proxy or certificates that Prefect's client cannot read.

    What it would raise itself may quote a password. Our own channels need no such check: each says so for itself.
    """
    if fault := client.fault_of_environment():
        raise WrongUsage(
            f"{fault.why}，Prefect 因此不能运行。请改正后再试，台账没有变化；"
            "急用的，夜间运行可以加 --direct，不经 Prefect。"
        )


def put_in_place() -> None:
    """Set what is not set yet. Must run before the first `import prefect` of the process.

    XIAOHAO_HOME is made where it is not there, since Prefect makes only the last folder of its own.
    Raises Refused, LedgerUnreachable as `bootstrap.settings` and `bootstrap.home` do.
    """
    settings = bootstrap.settings()
    home = bootstrap.home(settings)
    for name, value in defaults(home).items():
        os.environ.setdefault(name, value)
    keep_proxies_out(settings.prefect_host)
    logging.getLogger("xiaohao").setLevel(logging.INFO)


put_in_place()
