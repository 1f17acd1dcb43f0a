"""Reading a file in a process of its own: this one stays alive whatever the file does to the parser."""

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from xiaohao.errors import Unreadable
from xiaohao.workbooks import wire
from xiaohao.workbooks.child import MARK, READ
from xiaohao.workbooks.columns import load_headings
from xiaohao.workbooks.lines import Fault, HeadLine, Reading
from xiaohao.workbooks.marks import ENDINGS
from xiaohao.workbooks.opening import Print, is_open_elsewhere, is_text, look_over, print_of
from xiaohao.workbooks.reader import read

CHILD = "--read-apart"
"""The first argument by which a bundled program knows that it is to be the child."""
SHORT_TEXT = 64 * 1024
_PROGRAM = "import sys; sys.path.append(sys.argv.pop(1)); from xiaohao.workbooks.child import main; main(sys.argv[1:])"
_OPEN_ELSEWHERE = (
    "这个文件正在 Excel、WPS 等程序中打开，读到的是最近一次保存的内容。请先保存并关闭，再重新导入。"
)
_CHANGED = "读取过程中文件被改动了。请等保存或传送完成、关闭其他程序后再导入。"
_LONGEST_STEM = 60  # characters; a name of a file holds 255 bytes
_LAST_BREATH = 5  # seconds for a dying child to say of what
_SAVE_ANEW = "请在 Excel 或 WPS 中打开，删去多余的空行、格式和图片后另存为 .xlsx，或拆成几个文件。"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a reading may take: bytes of memory, seconds of processor time, seconds by the clock."""

    memory: int = 768 * 1024 * 1024
    seconds: int = 120
    by_clock: int = 600


def read_apart(
    path: Path,
    *,
    headings: Path | None = None,
    progress: Callable[[str], None] | None = None,
    limits: Limits | None = None,
) -> Reading:
    """Everything that the file says, as `reader.read` gives it; the parsing is done in a child process.

    A short text, which no parser of a format ever sees, is read here: a process would cost more than it.
    `headings` is an office's own table of headings. Raises Unreadable, with one sentence, where the file
    is refused, changes meanwhile, or is beyond the limits.
    """
    before = print_of(path)
    look_over(path)
    if before is not None and before.size <= SHORT_TEXT and is_text(path):
        return _checked(path, before, read(path, headings=load_headings(headings), progress=progress))
    own = "" if headings is None else str(headings.absolute())
    child = _Child(limits or Limits(), (READ, str(path.absolute()), own))
    child.run(progress or (lambda _text: None))
    reading = Reading(path.name, **{part: tuple(lines) for part, lines in child.parts.items()})
    return _checked(path, before, reading)


def _checked(path: Path, before: Print | None, reading: Reading) -> Reading:
    """The reading of a file that stayed as it was; told where another program has it open."""
    if print_of(path) != before:
        raise Unreadable(_CHANGED)
    if is_open_elsewhere(path):
        told = Fault("warning", "", None, "", "", _OPEN_ELSEWHERE)
        return replace(reading, faults=(told, *reading.faults))
    return reading


def annotate_apart(
    source: Path,
    faults: Sequence[Fault],
    heads: Sequence[HeadLine],
    folder: Path,
    *,
    limits: Limits | None = None,
) -> Path:
    """Write the annotated copy of `source` into `folder`, as `annotated.write_copy` does; where it lies.

    It comes to stand there whole, or not at all, in place of an older one of the same source; only its
    owner may read it. Raises Unreadable, OSError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
    os.close(handle)
    part = Path(name)
    try:
        child = _Child(limits or Limits(), (MARK, str(source.absolute()), str(part.absolute())))
        told = Reading(source.name, (), (), (), tuple(faults), tuple(heads))
        ending = child.run(lambda _text: None, feed=wire.messages(told))
        drop_copy(source, folder)
        return part.rename(folder / f"{_stem(source)}{ending}")
    finally:
        part.unlink(missing_ok=True)


def drop_copy(source: Path, folder: Path) -> None:
    """Take away the annotated copy of an earlier import of the same source."""
    for ending in ENDINGS:
        (folder / f"{_stem(source)}{ending}").unlink(missing_ok=True)


def _stem(source: Path) -> str:
    """The name of a source's copy: the same at each import of that file, another for its namesakes elsewhere."""
    mark = hashlib.sha256(os.fsencode(source.absolute())).hexdigest()[:6]
    return f"{source.stem[:_LONGEST_STEM]}（批注 {mark}）"


class _Child:
    """One child process and what it has said so far."""

    def __init__(self, limits: Limits, arguments: Sequence[str]) -> None:
        self.parts: dict[str, list[Any]] = {part: [] for part in wire.PARTS}
        self._limits = limits
        self._arguments = [str(limits.memory), str(limits.seconds), *arguments]
        self._end = ""

    def run(self, progress: Callable[[str], None], *, feed: Iterable[bytes] = ()) -> str:
        """Run it to its end; what it says last. Raises Unreadable where it does not come to one."""
        process = subprocess.Popen(
            [*_command(), *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        late = threading.Event()
        clock = threading.Timer(self._limits.by_clock, _stop, (process, late))
        clock.start()
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            with suppress(BrokenPipeError), process.stdin as into:
                into.writelines(feed)
            ended = self._listen(process.stdout, progress)
            if not ended:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(_LAST_BREATH)
        finally:
            clock.cancel()
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        if not ended:
            raise Unreadable(self._why(process.returncode, late.is_set()))
        return self._end

    def _listen(self, lines: IO[bytes], progress: Callable[[str], None]) -> bool:
        """Take in what the child says; whether it came to its end, or died before."""
        for line in lines:
            try:
                kind, content = wire.opened(line)
            except ValueError:
                return False  # torn in the middle
            match kind:
                case "progress":
                    progress(content)
                case "refused":
                    raise Unreadable(content)
                case "memory":
                    raise Unreadable(self._too_much())
                case "broken":
                    raise Unreadable(f"处理这个文件时程序出错（{content}），没有导入任何内容。{_SAVE_ANEW}")
                case "end":
                    self._end = content
                    return True
                case _:
                    self.parts[kind] += wire.lines_of(kind, content)
        return False

    def _why(self, code: int, late: bool) -> str:
        if late:
            return f"处理这个文件超过 {self._limits.by_clock} 秒还没有完成，已停止。{_SAVE_ANEW}"
        if code == -getattr(signal, "SIGXCPU", 24):
            return f"处理这个文件用去的时间超过 {self._limits.seconds} 秒，已停止。{_SAVE_ANEW}"
        return self._too_much()

    def _too_much(self) -> str:
        most = self._limits.memory // 1024 // 1024
        return f"处理这个文件用去的内存超过 {most} 兆，或文件内容异常，已停止。{_SAVE_ANEW}"


def _command() -> list[str]:
    """How this program starts itself as the child, also where it is bundled into one file."""
    if getattr(sys, "frozen", False):
        return [sys.executable, CHILD]
    home = Path(__file__).parents[2]
    return [sys.executable, "-P", "-c", _PROGRAM, str(home)]


def _stop(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    process.kill()
