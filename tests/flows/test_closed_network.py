"""Nothing leaves the machine: an office's whole day, every process of it under a guard over its sockets.

`test_temporary_server` looks at one night; here are the import, the night with its server, a recheck and
a delivery, and the guard is shown to be in parent and child and to see what leaves.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from socket_guard import Guard

ROOT = Path(__file__).parents[2]
LEDGER = ROOT / "examples" / "hualong-2023.xlsx"
PATIENCE = 300.0
pytestmark = [pytest.mark.long, pytest.mark.xdist_group("prefect")]


def guarded(guard: Guard, home: Path, *command: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "XIAOHAO_", "DO_NOT"))}
    env = kept | {"XIAOHAO_HOME": str(home)} | guard.environment | more
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=env, capture_output=True, timeout=PATIENCE, check=False
    )


def test_the_guard_sees_a_call_that_leaves(tmp_path: Path) -> None:
    """Also one of a child, and one that fails: the name is of no host (RFC 6761)."""
    guard = Guard(tmp_path / "guard")
    call = "import urllib.request; urllib.request.urlopen('http://telemetry.invalid/')"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {call!r}])"
    guarded(guard, tmp_path / "home", "-c", child)
    assert {line["place"] for line in guard.abroad()} == {"telemetry.invalid"}
    assert len(guard.processes()) == 2


def test_a_whole_day_from_the_command_line_stays_on_this_machine(tmp_path: Path) -> None:
    guard, home = Guard(tmp_path / "guard"), tmp_path / "home"
    day: list[list[str]] = [
        ["import", str(LEDGER), "--date", "2023-09-28"],
        ["nightly", "--date", "2023-10-16", "--hold"],
        ["outbox", "release"],
        ["deliver"],
        ["recheck", "--all", "--date", "2023-10-16"],
        ["nightly", "--date", "2023-10-17"],
    ]
    answers = []
    for command in day:
        done = guarded(guard, home, "-m", "xiaohao", *command, "--json")
        assert done.returncode == 0, (done.stdout + done.stderr).decode()
        answers.append(json.loads(done.stdout))
    assert answers[0]["files"][0]["new"] == 154
    assert (answers[1]["fired"], answers[5]["fired"]) == (74, 19)
    assert guard.abroad() == []
    assert any("server_child.py" in process for process in guard.processes()), (
        "the guard is in the server too"
    )
    assert "127.0.0.1" in guard.places(), "the guard saw the calls to the server"
