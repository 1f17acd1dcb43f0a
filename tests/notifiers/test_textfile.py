"""One notice, one whole file: also after a crash, and with two writers at once."""

import asyncio
import errno
import os
import signal
import subprocess
import sys
import textwrap
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from digest_builders import digest_of, near, overdue

from notifiers import digest
from notifiers.message import Accepted, Message, Misconfigured, Receipt, letter
from notifiers.textfile import TextFile, file_name, write_once

MESSAGE = digest.message(digest_of(overdue(), near()))
KEY = "compose-42:official-7:file"


def write(folder: Path, key: str = KEY, message: Message = MESSAGE) -> Receipt:
    channel = TextFile(folder)
    return asyncio.run(channel.send(letter(channel, message, address="G0007", key=key)))


def test_a_notice_is_a_utf8_text_file_in_the_folder_of_its_business_date(tmp_path: Path) -> None:
    receipt = write(tmp_path / "notices")
    (path,) = (tmp_path / "notices" / "2026-11-24").iterdir()
    assert path.name.startswith("王建国-")
    assert path.suffix == ".txt"
    assert path.read_bytes() == f"{MESSAGE.subject}\n{MESSAGE.text}\n".encode()
    assert receipt == Accepted(reference=path.name, delivered=True)


def test_the_same_key_twice_gives_one_file_and_leaves_the_first_alone(tmp_path: Path) -> None:
    first = write(tmp_path)
    (path,) = tmp_path.rglob("*.txt")
    before = path.stat()
    assert write(tmp_path, message=replace(MESSAGE, subject="别的")) == first
    assert [*tmp_path.rglob("*.*")] == [path]
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_two_keys_or_two_people_give_two_files(tmp_path: Path) -> None:
    write(tmp_path)
    write(tmp_path, key=KEY + "2")
    write(tmp_path, message=replace(MESSAGE, recipient="李明"))
    assert len([*tmp_path.rglob("*.txt")]) == 3


@pytest.mark.parametrize("recipient", ["../../etc/王", "..", "", "a/b\\c:d", "王\x00建", "王" * 300, ".隐"])
def test_a_name_stays_in_its_folder_and_fits_the_file_system(tmp_path: Path, recipient: str) -> None:
    receipt = write(tmp_path, message=replace(MESSAGE, recipient=recipient))
    assert isinstance(receipt, Accepted)
    (path,) = (tmp_path / "2026-11-24").iterdir()
    assert not path.name.startswith(".")
    assert len(path.name.encode()) <= 200
    assert file_name(recipient, KEY) == path.name


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
@pytest.mark.parametrize("stage", ["mkstemp", "fdopen", "fsync", "replace"])
def test_a_writer_killed_at_any_stage_leaves_no_half_file_and_the_next_try_one_whole_one(
    tmp_path: Path, stage: str
) -> None:
    """The writer dies by kill -9 just after the named call; nothing of it is caught or cleaned."""
    module = "tempfile" if stage == "mkstemp" else "os"
    path = tmp_path / "2026-11-24" / file_name(MESSAGE.recipient, KEY)
    script = f"""
        import os, signal, tempfile
        from pathlib import Path
        from notifiers import textfile
        real = {module}.{stage}
        def dies(*args, **named):
            result = real(*args, **named)
            os.kill(os.getpid(), signal.SIGKILL)
        {module}.{stage} = dies
        textfile.write_once(Path({str(path)!r}), "通知" * 1000)
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert ended.returncode == -signal.SIGKILL
    left = [file for file in path.parent.iterdir() if not file.name.startswith(".")]
    assert left == ([path] if stage == "replace" else [])
    write_once(path, "通知" * 1000)
    assert [*path.parent.iterdir()] == [path]
    assert path.read_text(encoding="utf-8") == "通知" * 1000


def test_many_writers_of_one_notice_at_once_give_one_whole_file(tmp_path: Path) -> None:
    paths = [tmp_path / f"2026-11-{day}" / "王-1.txt" for day in range(10, 30)]
    faults: list[BaseException] = []
    start = threading.Barrier(8)

    def writes() -> None:
        start.wait()
        try:
            for path in paths:
                write_once(path, "通知" * 5000)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=writes) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == paths
    assert {path.read_text(encoding="utf-8") for path in paths} == {"通知" * 5000}


def test_a_folder_that_cannot_be_made_is_a_fault_of_the_settings(tmp_path: Path) -> None:
    (tmp_path / "notices").write_text("a file, not a folder")
    receipt = write(tmp_path / "notices")
    assert isinstance(receipt, Misconfigured)
    assert os.strerror(errno.ENOTDIR) in receipt.why or os.strerror(errno.EEXIST) in receipt.why
    assert str(tmp_path) not in receipt.why
