"""What is left behind by a power cut misleads nobody: a file holds only while its process holds the lock."""

import contextlib
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from flows import alone, running, up_file
from flows.up_file import Up
from xiaohao.errors import Refused

UP = Up(1, "http://127.0.0.1:4200/api", "xiaohao:secret-secret", "http://127.0.0.1:4280")
HOLDS = """
import sqlite3, sys, time
lock = sqlite3.connect(sys.argv[1], isolation_level=None)
lock.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
time.sleep(600)
"""
AS_ANOTHER_USER = """
import os, sys
from pathlib import Path
from flows import up_file
from xiaohao.errors import Refused
if os.geteuid() == 0:
    os.setuid(65534)  # root may write everything
home = Path(sys.argv[1])
print(up_file.living(home) is not None)
for way in (up_file.held(home), up_file.away(home, so="")):
    try:
        with way:
            print("taken")
    except Refused as error:
        print(error.message)
"""
"""What a user of the machine may do in this home: see an `up` that lives, be it, keep it away."""


@pytest.fixture
def open_home() -> Iterator[Path]:
    """A home that every user of the machine may look into."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o755)
        yield home


@contextlib.contextmanager
def held_elsewhere(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that holds the lock."""
    other = subprocess.Popen([sys.executable, "-c", HOLDS, str(path)], stdout=subprocess.PIPE)
    assert other.stdout is not None
    try:
        assert other.stdout.readline() == b"held\n"
        yield other
    finally:
        other.kill()
        other.wait()
        other.stdout.close()


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not alone.is_held(path)
    with held_elsewhere(path) as other:
        assert alone.is_held(path)
        assert alone.take(path) is None
        other.send_signal(signal.SIGKILL)
        other.wait()
        lock = alone.take(path, within=5)
    assert lock is not None
    lock.close()


@pytest.mark.parametrize(("mode", "is_seen"), [(0o444, True), (0o000, False)])
def test_a_lock_that_may_not_be_written_is_refused_and_not_taken_for_one(
    open_home: Path, mode: int, is_seen: bool
) -> None:
    """As `sudo xiaohao db upgrade` leaves it: SQLite would lock it for reading, and so would the next one."""
    lock = open_home / up_file.LOCK
    up_file.write(open_home, UP).chmod(0o644)
    lock.touch()
    lock.chmod(mode)
    assert another_user(open_home)[0] == "False"
    lock.chmod(0o644)
    with held_elsewhere(lock):
        lock.chmod(mode)
        seen, *refused = another_user(open_home)
    assert seen == str(is_seen)
    if is_seen:
        assert all("已经在运行" in each for each in refused)
    free = another_user(open_home)[1:]
    assert len(free) == len(refused) == 2
    assert all(f"sudo chown --reference={open_home} {lock}" in each for each in free)
    assert (open_home / up_file.NAME).exists()  # it was not taken for one that was left behind


def another_user(home: Path) -> list[str]:
    said = subprocess.run(
        [sys.executable, "-c", AS_ANOTHER_USER, str(home)], capture_output=True, text=True, check=True
    )
    return said.stdout.splitlines()


def test_up_json_is_whole_for_its_owner_and_gone_after_it(tmp_path: Path) -> None:
    with up_file.held(tmp_path):
        path = up_file.write(tmp_path, UP)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [each.name for each in tmp_path.glob("up.json*")] == ["up.json"]
    assert not path.exists()


def test_a_file_that_was_left_behind_is_no_living_up(tmp_path: Path) -> None:
    up_file.write(tmp_path, UP)
    assert up_file.living(tmp_path) is None
    with held_elsewhere(tmp_path / up_file.LOCK):
        assert up_file.living(tmp_path) == UP
        with pytest.raises(Refused, match="已经在运行"), up_file.held(tmp_path):
            pass
        assert up_file.living(tmp_path) == UP  # the one that was refused took nothing away
    with up_file.held(tmp_path):
        assert not (tmp_path / up_file.NAME).exists()  # not ready yet


@pytest.mark.parametrize("said", ["", "{", "[]", '{"pid": 1}'])
def test_a_file_that_says_nothing_is_no_up(tmp_path: Path, said: str) -> None:
    (tmp_path / up_file.NAME).write_text(said)
    with held_elsewhere(tmp_path / up_file.LOCK):
        assert up_file.living(tmp_path) is None


def test_a_run_is_alive_while_its_process_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    run_id = uuid4()
    folder = tmp_path / "running"
    folder.mkdir()
    path = folder / f"{run_id}.4711.up"
    with held_elsewhere(path):
        assert [(x.run_id, x.pid, x.by_up, x.alive) for x in running.announced()] == [
            (run_id, 4711, True, True)
        ]
    os.utime(path, (0, 0))  # long ago: what is only being made is given a moment
    (gone,) = running.announced()
    assert (gone.run_id, gone.alive) == (UUID(str(run_id)), False)
    running.forget(gone)
    assert running.announced() == []
