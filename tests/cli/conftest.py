"""The example ledger, imported once a process and copied for each test that changes it."""

from pathlib import Path

import pytest
from command_runner import NIGHT, CommandLine, imported


@pytest.fixture
def line(tmp_path: Path) -> CommandLine:
    """A command line over an empty home."""
    return CommandLine(tmp_path / "home")


@pytest.fixture(scope="session")
def example_kept(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """The example ledger; read only."""
    return imported(tmp_path_factory.mktemp("example") / "home")


@pytest.fixture
def example(example_kept: CommandLine, tmp_path: Path) -> CommandLine:
    """The example ledger, for one test to change."""
    return example_kept.copy(tmp_path / "home")


@pytest.fixture(scope="session")
def night_kept(example_kept: CommandLine, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """The example ledger after the night of 2023-10-16; read only."""
    line = example_kept.copy(tmp_path_factory.mktemp("night") / "home")
    ran = line("nightly", "--direct", "--date", NIGHT)
    assert ran.code == 0, ran
    return line


@pytest.fixture
def after_night(night_kept: CommandLine, tmp_path: Path) -> CommandLine:
    """The example ledger after the night of 2023-10-16, for one test to change."""
    return night_kept.copy(tmp_path / "home")
