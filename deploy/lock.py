"""The parts of requirements.lock: what runs, and what our wheel is built with. Standard library only.

`python deploy/lock.py runtime` prints the pins that a machine needs which only runs xiaohao;
`python deploy/lock.py build` those that `pip wheel --no-build-isolation` needs. Pins, markers and hashes
are those of the lock file, word for word: nothing is resolved again and no network is used.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"
PROJECT = "xiaohao (pyproject.toml)"
"""How the lock file names the project as the one that asks for a package; the dev tools have another name."""
BUILDER = "hatchling"


@dataclass(frozen=True)
class Pin:
    """One package of a lock file."""

    name: str
    version: str
    asked_by: frozenset[str]
    """Names of the packages that need it, and of the project."""
    text: str
    """Its lines: version, marker and hashes, without the comments."""


def read(text: str) -> Mapping[str, Pin]:
    """The pins of a lock file by name. Raises ValueError for one without a hash or a word on who needs it."""
    pins = (_pin(block) for block in re.split(r"\n(?=\S)", text.strip()) if re.match(r"[A-Za-z0-9]", block))
    return {pin.name: pin for pin in pins}


def _pin(block: str) -> Pin:
    lines = block.split("\n")
    named = re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)", lines[0])
    comments = [line.strip().removeprefix("#").strip() for line in lines if line.strip().startswith("#")]
    asked_by = frozenset(name for line in comments if (name := line.removeprefix("via").strip()))
    kept = "\n".join(line for line in lines if not line.strip().startswith("#"))
    if named is None or not asked_by or "--hash=sha256:" not in kept:
        raise ValueError(f"requirements.lock: no version, hash or `via` in {lines[0]!r}")
    return Pin(named[1], named[2], asked_by, kept.rstrip(" \\\n"))


def needed(pins: Mapping[str, Pin], by: Sequence[str]) -> Mapping[str, Pin]:
    """The pins that these (packages or the project) need, directly or through others."""
    wanted = set(by)
    while True:
        more = {pin.name for pin in pins.values() if pin.asked_by & wanted} - wanted
        if not more:
            return {name: pin for name, pin in pins.items() if name in wanted}
        wanted |= more


def runtime(text: str) -> Mapping[str, Pin]:
    """What a machine needs to run xiaohao, without the tools of its makers."""
    return needed(read(text), [PROJECT])


def build(text: str) -> Mapping[str, Pin]:
    """What builds our wheel."""
    return needed(read(text), [BUILDER])


def main(args: Sequence[str]) -> int:
    """Print one part of the lock file; 2 where no part is named."""
    parts = {"runtime": runtime, "build": build}
    if len(args) != 1 or args[0] not in parts:
        print("usage: python deploy/lock.py runtime|build", file=sys.stderr)
        return 2
    for pin in parts[args[0]](LOCK.read_text(encoding="utf-8")).values():
        print(pin.text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
