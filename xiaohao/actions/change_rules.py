"""What applying a policy and applying a calendar have in common: every open clock is set anew (44).

Problems are grouped by what their clock and recorded steps are, so each kind is decided once.
"""

from collections.abc import Callable, Iterable

from xiaohao.ledger import problems
from xiaohao.ledger.problems import Case, Change
from xiaohao.ledger.scopes import OPEN, WHOLE, open_problems
from xiaohao.ledger.writing import Writing
from xiaohao.rules import clock as clocks
from xiaohao.rules.clock import Acted, Clock, Rules
from xiaohao.rules.timetable import StepKey
from xiaohao.vocabulary import Status

BATCH = 20_000


def set_anew(w: Writing, new_rules: Callable[[Clock], Rules]) -> int:
    """Put every open problem under the rules that `new_rules` names for its clock; how many changed."""
    changed = 0
    last = 0
    while True:
        cases = problems.cases(w, open_problems(WHOLE, after=last, limit=BATCH), lock=True)
        if not cases:
            return changed
        changes = list(_changes(w, [case for case in cases if _is_open(case, w)], new_rules))
        problems.write(w, changes)
        changed += len(changes)
        last = cases[-1].id


def _is_open(case: Case, w: Writing) -> bool:
    """Whether the change concerns the case: one that waits only for a night to close it is at its end."""
    clock = case.clock
    if clock.status is Status.VERIFIED:
        return clock.verified_on is not None and clock.verified_on >= w.on
    return clock.status in OPEN


def _changes(w: Writing, cases: Iterable[Case], new_rules: Callable[[Clock], Rules]) -> Iterable[Change]:
    decided: dict[tuple[Clock, frozenset[StepKey]], Acted] = {}
    for case in cases:
        key = (case.clock, case.known)
        if key not in decided:
            decided[key] = _act(w, case, new_rules(case.clock))
        acted = decided[key]
        if acted.clock != case.clock or acted.recorded or acted.withdrawn:
            yield Change(case, case.row | problems.columns_of(acted.clock), acted)


def _act(w: Writing, case: Case, new: Rules) -> Acted:
    old = w.rules(case.clock.policy_id, case.clock.calendar_version)

    def change(clock: Clock) -> Clock:
        return clocks.change_rules(
            clock, old=old, new=new, policy_id=new.policy.id, calendar_version=new.workdays.version
        )

    return case.acted(change, old, on=w.on, new=new, stops_clock=False)
