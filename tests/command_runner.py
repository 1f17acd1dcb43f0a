"""The command line as its user meets it: arguments in, exit code, standard output and standard error out."""

import io
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xiaohao.cli.command_line import run

EXAMPLE = Path(__file__).parent.parent / "examples" / "hualong-2023.xlsx"
IMPORTED_ON, NIGHT = "2023-09-28", "2023-10-16"


@dataclass(frozen=True)
class Ran:
    """What one command line gave."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output; anything beside it fails here."""
        return json.loads(self.out)


class CommandLine:
    """Runs command lines in this process over one XIAOHAO_HOME, with nothing else of ours in the environment."""

    def __init__(self, home: Path, **settings: str) -> None:
        self.home = home
        self.settings = settings

    def __call__(self, *args: str | Path, stdin: str = "", **settings: str) -> Ran:
        kept = dict(os.environ)
        streams = sys.stdin, sys.stdout, sys.stderr
        out, err = _stream(), _stream()
        ours = {"XIAOHAO_HOME": str(self.home)} | self.settings | settings
        try:
            for name in [name for name in os.environ if name.startswith("XIAOHAO_")]:
                del os.environ[name]
            os.environ.update(ours)
            sys.stdin, sys.stdout, sys.stderr = _stream(stdin), out, err
            code = run([str(arg) for arg in args])
        finally:
            sys.stdin, sys.stdout, sys.stderr = streams
            os.environ.clear()
            os.environ.update(kept)
        return Ran(code, _text(out), _text(err))

    def json(self, *args: str | Path, **more: str) -> Any:
        """The document of a command that must succeed."""
        ran = self(*args, "--json", **more)
        assert ran.code == 0, (args, ran)
        return ran.document

    def copy(self, home: Path) -> "CommandLine":
        """The same ledger in another folder."""
        shutil.copytree(self.home, home)
        return CommandLine(home, **self.settings)


def imported(home: Path) -> CommandLine:
    """The example ledger, imported."""
    line = CommandLine(home)
    ran = line("import", EXAMPLE, "--date", IMPORTED_ON)
    assert ran.code == 0, ran
    return line


def _stream(text: str = "") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8", newline="")


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    raw = stream.buffer
    assert isinstance(raw, io.BytesIO)
    return raw.getvalue().decode()
