"""A PostgreSQL with its extensions, as an office has it: the system's own, in a folder of the test.

The server of `conftest.postgres_server` has no extensions and answers on a socket only; Prefect's database
needs pg_trgm, and passwords are asked for over TCP.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Postgres:
    """A running server: its programs, its folder (also of the socket) and its port on the loopback."""

    bin: Path
    folder: Path
    port: int

    def psql(self, *args: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        """psql as the administrator, over the socket; `more` goes into its environment."""
        env = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "XIAOHAO_", "PREFECT_"))}
        return subprocess.run(
            [self.bin / "psql", "-X", "-q", "-At", "-h", self.folder, "-p", str(self.port), "-U", "postgres", *args],
            env=env | more,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )  # fmt: skip


@contextmanager
def running() -> Iterator[Postgres]:
    """Start one and stop it after the block; skips the test where the system has none."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = [str(path) for path in programs] or [p for p in [shutil.which("initdb")] if p]
    if not found:
        pytest.skip("not tried: no PostgreSQL server of the system (package postgresql)")
    programs_folder = Path(found[-1]).parent
    folder = Path(tempfile.mkdtemp(prefix="xiaohao-postgres-"))
    user = _nobody_special(folder)
    data = folder / "data"
    server = None
    try:
        _call([programs_folder / "initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "--no-sync",
               "--auth-local=trust", "--auth-host=scram-sha-256"], user)  # fmt: skip
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        _call(
            [programs_folder / "pg_ctl", "-D", data, "-o", options, "-w", "-l", folder / "log", "start"], user
        )
        server = data
        yield Postgres(programs_folder, folder, port)
    finally:
        if server is not None:
            _call([programs_folder / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"], user)
        shutil.rmtree(folder)


def _nobody_special(folder: Path) -> str | None:
    """Who runs the server: it refuses root; None for the user of the tests."""
    if os.geteuid() != 0:
        return None
    names = [user.pw_name for user in pwd.getpwall()]
    name = "postgres" if "postgres" in names else "nobody"
    shutil.chown(folder, user=name)
    folder.chmod(0o755)
    return name


def _call(command: list[str | Path], user: str | None) -> None:
    """Run as `user`; what it says goes to a file, since the server that pg_ctl starts keeps it open."""
    with tempfile.TemporaryFile() as said:
        env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            command, user=user, cwd="/", env=env, stdout=said, stderr=said, timeout=120, check=False
        )
        said.seek(0)
        assert done.returncode == 0, (command, said.read().decode(errors="replace"))
