"""The clock of the machine: what was set back is noticed once, and the child that goes by it is started anew."""

import sys
import time
from pathlib import Path

import pytest

from flows.keeper import Keeper
from flows.set_back import Clock

YEAR = 365 * 86_400.0
WRITES_ITS_PID = "import os, sys; print(os.getpid(), flush=True); sys.stdin.read()"


class Hands:
    """What two clocks show."""

    def __init__(self) -> None:
        self.wall = 1_700_000_000.0
        self.going = 5.0

    def go(self, seconds: float, *, shown: float | None = None) -> None:
        self.going += seconds
        self.wall += seconds if shown is None else shown


@pytest.mark.parametrize(
    ("shown", "noticed"),
    [
        (0.5, False),  # as it goes
        (YEAR, False),  # set ahead: what waits for a time comes at once
        (-3.0, False),  # a time server
        (-59.0, False),
        (-62.0, True),
        (-YEAR, True),
    ],
)
def test_only_a_clock_that_goes_back_is_noticed_and_only_once(shown: float, noticed: bool) -> None:
    hands = Hands()
    clock = Clock(lambda: hands.wall, lambda: hands.going)
    hands.go(0.5, shown=shown)
    assert clock.was_set_back() is noticed
    hands.go(0.5)
    assert clock.was_set_back() is False


def test_a_year_ahead_and_back_is_noticed_when_it_comes_back() -> None:
    hands = Hands()
    clock = Clock(lambda: hands.wall, lambda: hands.going)
    seen = []
    for shown in (0.5, YEAR, 0.5, -YEAR, 0.5):
        hands.go(0.5, shown=shown)
        seen.append(clock.was_set_back())
    assert seen == [False, False, False, True, False]


def test_the_clock_of_this_machine_goes_forward() -> None:
    clock = Clock()
    time.sleep(0.01)
    assert clock.was_set_back() is False


def test_a_child_is_started_anew_and_the_old_one_has_ended(tmp_path: Path) -> None:
    program = tmp_path / "child.py"
    program.write_text(WRITES_ITS_PID)
    said: list[str] = []
    keeper = Keeper("子进程", tmp_path / "child.log", said.append, ends_within=10)
    with keeper.away():
        pass
    assert keeper.pid is None  # nothing runs yet: nothing is started
    keeper.start(program, env={"PATH": str(Path(sys.executable).parent)})
    first = keeper.first_line(within=30)
    with keeper.away():
        assert keeper.pid is None
        assert not Path(f"/proc/{first}").exists()
    second = keeper.first_line(within=30)
    assert int(first) != int(second) == keeper.pid
    keeper.look()
    assert said == []  # it did not die
    keeper.end()
