"""A Prefect server for one command: a child on the loopback that ends with its parent, however that ends.

Prefect's own temporary server outlives a parent that is killed, and answers everybody on the machine.
This one reads a pipe that only its parent holds, and asks for a secret that is made for it.
"""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from flows import children, serving
from flows.serving import HOST, STARTS_WITHIN, Server
from xiaohao.errors import Unreachable

ENDS_WITHIN = 5.0
CHILD = {
    "PREFECT_UI_ENABLED": "false",
    "PREFECT__SERVER_EPHEMERAL": "1",
    "PREFECT__SERVER_FINAL": "1",
    "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "ERROR",
}
"""As Prefect starts its own: no pages, only the services that such a server needs; what it says
is read only where it does not start."""


@dataclass(frozen=True)
class Starting:
    """A server under way; meanwhile the caller may import what it needs."""

    child: subprocess.Popen[bytes]
    said: IO[bytes]
    auth: str
    alone: contextlib.ExitStack

    def answers(self) -> Server:
        """Wait until it answers, and let the next one start. Raises Unreachable where it does not."""
        port = children.first_line(self.child, within=STARTS_WITHIN)
        if not port.isdigit():
            raise Unreachable(self._why())
        self.alone.close()
        return Server(f"http://{HOST}:{int(port)}/api", self.auth)

    def _why(self) -> str:
        self.child.wait()
        self.said.seek(0)
        why = children.reason(self.said.read())
        return (
            f"Prefect 的临时服务没有启动起来：{why}。台账没有变化；"
            "可以先用 xiaohao nightly --direct 不经 Prefect 运行。"
        )


@contextlib.contextmanager
def temporary_server() -> Iterator[Starting]:
    """A server of our own while the block runs; it is gone when the block ends.

    Raises Unreachable where another one starts and does not come to an end.
    """
    auth = serving.new_secret()
    environment = os.environ | CHILD | {serving.AUTH: auth}
    environment.pop("PREFECT_API_URL", None)
    with tempfile.TemporaryFile() as said, contextlib.ExitStack() as alone:
        alone.enter_context(serving.starting_alone(Path(environment["PREFECT_HOME"])))
        child = children.start(serving.PROGRAM, serving.PREFECT, HOST, "0", env=environment, said=said)
        try:
            yield Starting(child, said, auth, alone)
        finally:
            children.end(child, within=ENDS_WITHIN)
