"""The process in which a file is parsed: it has little memory and time, and whatever happens it alone dies."""

import gc
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from xiaohao.errors import Unreadable
from xiaohao.workbooks import wire
from xiaohao.workbooks.columns import load_headings

READ, MARK = "read", "mark"


def main(arguments: list[str]) -> None:
    """Do one task with a file, and write what comes of it to standard output as lines of `wire`.

    Arguments: bytes of memory, seconds of processor time, then READ, the file and the office's headings
    ("" for none), or MARK, the file and where its annotated copy goes, with faults and heads on standard
    input. The kinds of line that are no parts of a reading: `progress` (a sentence), `refused` (the
    sentence why), `memory` (the limit was met), `broken` (an error that nobody expected), `end`.
    """
    memory, seconds, task, source, other = arguments
    _limit(int(memory), int(seconds))
    gc.disable()  # a reading has no cycles worth the walk through a million cells
    out = sys.stdout.buffer
    try:
        for line in _read(Path(source), other, out) if task == READ else _mark(Path(source), Path(other)):
            out.write(line)
        last = b""
    except Unreadable as refusal:
        last = wire.message("refused", refusal.message)
    except (MemoryError, RecursionError):
        last = wire.message("memory", "")
    except Exception as error:
        last = wire.message("broken", type(error).__name__)
    out.write(last)
    out.flush()


def _read(path: Path, headings: str, out: BinaryIO) -> Iterator[bytes]:
    from xiaohao.workbooks.reader import read

    def say(text: str) -> None:
        out.write(wire.message("progress", text))
        out.flush()

    yield from wire.messages(
        read(path, headings=load_headings(Path(headings) if headings else None), progress=say)
    )
    yield wire.message("end", "")


def _mark(source: Path, target: Path) -> Iterator[bytes]:
    from xiaohao.workbooks.annotated import write_copy

    told: dict[str, list[Any]] = {part: [] for part in wire.PARTS}
    for line in sys.stdin.buffer:
        part, rows = wire.opened(line)
        told[part] += wire.lines_of(part, rows)
    yield wire.message("end", write_copy(source, told["faults"], told["heads"], target))


def _limit(memory: int, seconds: int) -> None:
    """Where the system knows limits, hold this process to them; elsewhere only the parent's clock does."""
    with suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for kind, limit in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds)):
            _, most = resource.getrlimit(kind)
            allowed = limit if most == resource.RLIM_INFINITY else min(limit, most)
            resource.setrlimit(kind, (allowed, most))


if __name__ == "__main__":
    main(sys.argv[1:])
