"""Who is told for information where a notice reaches its recipient on no channel: the post above.

The level stays: nothing is escalated by a telephone that is switched off.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from xiaohao.rules.ladder import Org, Told, who
from xiaohao.rules.policy import LADDER
from xiaohao.vocabulary import Role


@dataclass(frozen=True, slots=True)
class ToldStep:
    """A step of a problem: the post that it was told to, and the unit that the problem belongs to by now."""

    unit_id: int
    role: Role
    problem_unit_id: int


def still_theirs(org: Org, firings: Iterable[int], steps: Mapping[int, ToldStep]) -> ToldStep | None:
    """The step among `firings` that was told, if its post still answers for the problem; else None.

    `steps` holds those that still stand. A problem that was given to another unit (转办) is its old
    secretary's no more; a leader of both units keeps it.
    """
    step = next((steps[each] for each in firings if each in steps), None)
    if step is None or org.unit_of(step.problem_unit_id, step.role) != step.unit_id:
        return None
    return step


def above(org: Org, unit_id: int, role: Role, passed: Collection[int], on: date) -> Told | None:
    """The next post up from `role` of `unit_id` whose holder on the day is none of `passed`.

    None where nobody is left up to the supervisor.
    """
    for level in range(LADDER.index(role) + 1, len(LADDER)):
        told = who(org, unit_id, level, on)
        if told.official_id is not None and told.official_id not in passed:
            return told
    return None
