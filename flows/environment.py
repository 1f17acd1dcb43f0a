"""What Prefect reads when it is imported: nothing leaves the machine, state lies in XIAOHAO_HOME, stderr is quiet.

`flows` imports this module before Prefect. Each value is a default: what is set in the environment wins.
Run logs are sentences of the logger `xiaohao`; they go to the Prefect server, never to stderr.
"""

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from xiaohao import bootstrap

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


def defaults(home: Path) -> Mapping[str, str]:
    """The environment of Prefect where nothing else is set; `home` is XIAOHAO_HOME."""
    return STAYS_AT_HOME | QUIET | {"PREFECT_HOME": str(home.absolute() / "prefect")}


def put_in_place() -> None:
    """Set what is not set yet. Must run before the first `import prefect` of the process.

    XIAOHAO_HOME is made where it is not there, since Prefect makes only the last folder of its own.
    Raises Refused, LedgerUnreachable as `bootstrap.settings` and `bootstrap.home` do.
    """
    home = bootstrap.home(bootstrap.settings())
    for name, value in defaults(home).items():
        os.environ.setdefault(name, value)
    logging.getLogger("xiaohao").setLevel(logging.INFO)


put_in_place()
