"""A child that is started again where it dies, a little later each time."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO

from flows import children

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds until it is started again."""
WELL_AFTER = 300.0
"""Seconds after which a child that dies is started again without a long wait."""
LARGEST_LOG = 5_000_000
LAST_WORDS = 20_000


class Keeper:
    """Starts a program, looks after it, ends it. What it says goes to a log of bounded size."""

    def __init__(self, name: str, log: Path, say: Callable[[str], None], *, ends_within: float) -> None:
        self.name = name
        self.log = log
        self._say = say
        self._ends_within = ends_within
        self._child: subprocess.Popen[bytes] | None = None
        self._how: Callable[[IO[bytes]], subprocess.Popen[bytes]] | None = None
        self._wait = FIRST_WAIT
        self._started = self._again_at = 0.0

    def start(self, program: Path, *args: str, env: Mapping[str, str]) -> None:
        """Start it, and remember how."""
        self._how = lambda said: children.start(program, *args, env=env, said=said)
        self._begin()

    @property
    def pid(self) -> int | None:
        """The process that runs, None while there is none."""
        return None if self._child is None else self._child.pid

    def first_line(self, *, within: float) -> str:
        """What it writes first; empty where it ends without."""
        assert self._child is not None
        return children.first_line(self._child, within=within)

    def said(self) -> bytes:
        """The end of its log."""
        return self.log.read_bytes()[-LAST_WORDS:]

    def look(self) -> None:
        """Start it again where it died, once its time has come; keep its log small."""
        now = time.monotonic()
        if self._child is None:
            if now >= self._again_at:
                self._begin()
            return
        if (code := self._child.poll()) is not None:
            self._bury()
            if now - self._started > WELL_AFTER:
                self._wait = FIRST_WAIT
            self._again_at = now + self._wait
            self._say(f"{self.name}意外停止（{code}），{self._wait:.0f} 秒后重新启动。")
            self._wait = min(self._wait * 2, LONGEST_WAIT)
        elif self.log.stat().st_size > LARGEST_LOG:
            shutil.copy(self.log, self.log.with_suffix(".log.1"))
            os.truncate(self.log, 0)

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """It has ended while the block runs, and is started again after it; where it just died, `look` does."""
        was_there = self._child is not None
        self.end()
        yield
        if was_there:
            self._begin()

    def end(self) -> None:
        """Ask it to end, and see to it that it does."""
        if self._child is not None:
            children.end(self._child, within=self._ends_within)
            self._child = None

    def _begin(self) -> None:
        assert self._how is not None
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as said:
            self._child = self._how(said)
        self._started = time.monotonic()

    def _bury(self) -> None:
        """It is dead; what it started in its own group may live on, and tells us through its run."""
        assert self._child is not None
        children.ask_to_end(self._child)
        assert self._child.stdout is not None
        self._child.stdout.close()
        self._child = None
