"""The process in which a file is parsed: it has little memory and time, and whatever happens it alone dies."""

import gc
import sys
from contextlib import suppress
from pathlib import Path

from xiaohao.errors import Unreadable
from xiaohao.workbooks import wire
from xiaohao.workbooks.columns import load_headings
from xiaohao.workbooks.reader import read


def main(arguments: list[str]) -> None:
    """Read the file that `arguments` name, and write what it says to standard output as lines of `wire`.

    Arguments: the file, the office's headings ("" for none), bytes of memory, seconds of processor time.
    The kinds of line that are no parts of a reading: `progress` (a sentence), `refused` (the sentence
    why), `memory` (the limit was met), `broken` (the name of an error that nobody expected), `end`.
    """
    path, headings, memory, seconds = arguments
    _limit(int(memory), int(seconds))
    gc.disable()  # a reading has no cycles worth the walk through a million cells
    out = sys.stdout.buffer

    def say(text: str) -> None:
        out.write(wire.message("progress", text))
        out.flush()

    try:
        reading = read(Path(path), headings=load_headings(Path(headings) if headings else None), progress=say)
        for line in wire.messages(reading):
            out.write(line)
        end = wire.message("end", "")
    except Unreadable as refusal:
        end = wire.message("refused", refusal.message)
    except (MemoryError, RecursionError):
        end = wire.message("memory", "")
    except Exception as error:
        end = wire.message("broken", type(error).__name__)
    out.write(end)
    out.flush()


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
