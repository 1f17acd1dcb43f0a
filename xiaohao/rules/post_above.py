"""Who is told for information where a notice reaches its recipient on no channel: the post above.

The level stays: nothing is escalated by a telephone that is switched off.
"""

from collections.abc import Collection
from datetime import date

from xiaohao.rules.ladder import Org, Told, who
from xiaohao.rules.policy import LADDER
from xiaohao.vocabulary import Role


def above(org: Org, unit_id: int, role: Role, passed: Collection[int], on: date) -> Told | None:
    """The next post up from `role` of `unit_id` whose holder on the day is none of `passed`.

    None where nobody is left up to the supervisor.
    """
    for level in range(LADDER.index(role) + 1, len(LADDER)):
        told = who(org, unit_id, level, on)
        if told.official_id is not None and told.official_id not in passed:
            return told
    return None
