"""Who calls whom: every Python process below writes down each host that it looks up or connects to.

The guard is a `sitecustomize` on PYTHONPATH, so that children and their children have it too, whatever
starts them. It writes down Unix sockets as well, which leave no machine, and asks nothing of the program.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

GUARD = """
import json, os, sys

def _write(event, place):
    line = json.dumps({"pid": os.getpid(), "event": event, "place": place, "argv": sys.orig_argv}) + "\\n"
    file = os.open(os.environ["SOCKET_GUARD"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, line.encode())
    finally:
        os.close(file)

def _place(address):
    host = address[0] if isinstance(address, tuple) else "unix" if isinstance(address, (str, bytes)) else repr(address)
    return host.decode() if isinstance(host, bytes) else str(host)

def _watch(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        if args[1] is not None:
            _write(event, _place(args[1]))
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"):
        _write(event, _place((args[0] if not isinstance(args[0], tuple) else args[0][0],)))

_write("start", "")
sys.addaudithook(_watch)
"""
AT_HOME = {"127.0.0.1", "localhost", "::1", "None", "unix", "0.0.0.0"}
"""The loopback; `None` and 0.0.0.0 are looked up to listen, not to call."""


@dataclass(frozen=True)
class Guard:
    """A guard over all processes that are started with its environment."""

    folder: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """What to add to the environment of the first process."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "sitecustomize.py").write_text(GUARD, encoding="utf-8")
        more = os.environ.get("PYTHONPATH")
        return {
            "PYTHONPATH": str(self.folder) + (os.pathsep + more if more else ""),
            "SOCKET_GUARD": str(self.folder / "called.jsonl"),
        }

    def lines(self) -> list[dict[str, object]]:
        """Everything that was written down."""
        file = self.folder / "called.jsonl"
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]

    def processes(self) -> set[str]:
        """The command lines of the processes that the guard was in."""
        return {" ".join(map(str, line["argv"])) for line in self.lines() if line["event"] == "start"}  # type: ignore[arg-type,union-attr]

    def places(self) -> set[str]:
        """Every host that was looked up, called or written to."""
        return {str(line["place"]) for line in self.lines() if line["event"] != "start"}

    def abroad(self) -> list[dict[str, object]]:
        """What went anywhere but home."""
        return [line for line in self.lines() if line["event"] != "start" and line["place"] not in AT_HOME]
