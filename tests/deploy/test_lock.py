"""The parts of the lock file: what runs is there whole, what only its makers need is not."""

import re
import tomllib
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy import lock

LOCK = lock.LOCK.read_text(encoding="utf-8")
PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))


def test_what_runs_is_everything_that_the_installed_packages_ask_for() -> None:
    """Worked out a second way: from the metadata of what is installed here, not from the lock's comments."""
    wanted = {(canonicalize_name(r.name), extra) for r in asked_by_us() for extra in ("", *r.extras)}
    reached: set[tuple[str, str]] = set()
    while wanted - reached:
        name, extra = (wanted - reached).pop()
        reached.add((name, extra))
        for text in distribution(name).requires or ():
            need = Requirement(text)
            environment = {str(k): str(v) for k, v in default_environment().items()} | {"extra": extra}
            if need.marker is None or need.marker.evaluate(environment):
                wanted |= {(canonicalize_name(need.name), more) for more in ("", *need.extras)}
    assert {name for name, _ in reached} <= set(lock.runtime(LOCK))


def test_the_tools_of_its_makers_are_left_out() -> None:
    names = set(lock.runtime(LOCK))
    dev = {canonicalize_name(Requirement(text).name) for text in PROJECT["dependency-groups"]["dev"]}
    assert not names & dev
    assert {"prefect", "sqlmodel", "psycopg-binary", "asyncpg"} <= names


def test_a_pin_keeps_its_marker_and_hashes_word_for_word() -> None:
    pin = lock.runtime(LOCK)["psycopg-binary"]
    assert pin.text.startswith("psycopg-binary==" + pin.version)
    assert "implementation_name != 'pypy'" in pin.text
    assert re.findall("--hash=sha256:[0-9a-f]{64}", pin.text)
    assert all(line in LOCK for line in pin.text.split("\n"))
    assert "#" not in pin.text


def test_what_builds_is_what_pyproject_names() -> None:
    (builder,) = PROJECT["build-system"]["requires"]
    assert lock.build(LOCK)["hatchling"].text.startswith(builder)


@pytest.mark.parametrize(
    "block",
    [
        "thing==1.0\n    # via xiaohao (pyproject.toml)",
        "thing==1.0 \\\n    --hash=sha256:00",
        "thing \\\n    --hash=sha256:00\n    # via x",
    ],
)
def test_a_pin_without_hash_version_or_reason_is_refused(block: str) -> None:
    with pytest.raises(ValueError, match=r"requirements\.lock"):
        lock.read(block)


def asked_by_us() -> list[Requirement]:
    return [Requirement(text) for text in PROJECT["project"]["dependencies"]]
