"""文件: one UTF-8 text file a notice, in a folder a business date, to print and hand out.

The name comes from recipient and dedupe key, and a file appears whole or not at all: so a notice
that is sent twice, after a crash say, is still one file.
"""

import asyncio
import errno
import hashlib
import os
import tempfile
from pathlib import Path

from notifiers import fit
from notifiers.message import Accepted, Again, Letter, Message, Misconfigured, Receipt
from xiaohao import vocabulary

_PASSING = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.EINTR, errno.EAGAIN}
_LONGEST_NAME = 96


class TextFile:
    """Writes below one folder: `notices/2026-11-24/王建国-0f3a….txt`; reaches everybody."""

    name = vocabulary.Channel.FILE
    deduplicates = True
    always_open = True

    def __init__(self, folder: Path) -> None:
        """`folder` is the notices folder; it and the folders of the dates are made when needed."""
        self._folder = folder

    def body(self, message: Message, *, address: str, key: str) -> str:  # noqa: ARG002
        """Subject and text."""
        return f"{message.subject}\n{message.text}"

    async def send(self, letter: Letter) -> Receipt:
        """Write the notice, unless a file of this key is there already: then nothing is changed."""
        path = self._folder / letter.business_date.isoformat() / file_name(letter.recipient, letter.key)
        try:
            await asyncio.to_thread(write_once, path, f"{letter.body}\n")
        except OSError as error:
            why = f"通知文件不能写入（{os.strerror(error.errno) if error.errno else '原因不明'}）"
            return Again(why) if error.errno in _PASSING else Misconfigured("folder", why)
        return Accepted(reference=path.name, delivered=True)

    async def aclose(self) -> None:
        """No file is kept open."""


def file_name(recipient: str, key: str) -> str:
    """The name of a notice's file: letters and digits of the recipient, and a digest of the key."""
    name = fit.characters("".join(c for c in recipient if c.isalnum()), _LONGEST_NAME)
    return f"{name or '未具名'}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.txt"


def write_once(path: Path, text: str) -> None:
    """Make the file whole and lasting before its name appears; leave one that is there alone.

    Raises OSError. Leftovers of writers of the same file that died are swept away.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_beside(path, text)
    for leftover in path.parent.glob(f".{path.name}.*.part"):
        leftover.unlink(missing_ok=True)


def _write_beside(path: Path, text: str) -> None:
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except FileNotFoundError:
        if not path.exists():  # else another writer of the same notice was first and swept this one away
            raise
    finally:
        Path(part).unlink(missing_ok=True)
    _make_lasting(path.parent)


def _make_lasting(folder: Path) -> None:
    """The new name survives a power cut too, where the system can open folders (not on Windows)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
