"""启用规则: a new version of the policy, from a day on, for new clocks and the open ones (44)."""

from datetime import date

from xiaohao import policy_file
from xiaohao.actions.change_rules import set_anew
from xiaohao.errors import Refused
from xiaohao.ledger import policy_rows, trail
from xiaohao.ledger.writing import BULK, Ledger
from xiaohao.rules.authority import Person
from xiaohao.vocabulary import Action


def apply_policy(ledger: Ledger, body: str, *, by: Person | str, on: date) -> int:
    """Put the text of a policy file in force from the day `on`; how many problems changed.

    Due days that the policy's term gave move, given ones stay; steps that no longer hold are
    withdrawn. Raises PolicyFault, and Refused where the same text is in force already.
    """
    policy_file.parse(body)
    with ledger.writing(Action.APPLY_POLICY, by=by, on=on, bulk=BULK) as w:
        newest = policy_rows.newest_policy(w.conn)
        if policy_rows.body(w.conn, newest) == body:
            raise Refused("这份规则正在使用，无需再次启用。台账没有变化。")
        row = policy_rows.add_policy(w.conn, newest + 1, body, on)
        w.note(f"policy:{newest + 1}", 1, trail.detail_of({"on": on, "policy": row}))
        return set_anew(w, lambda clock: w.rules(newest + 1, clock.calendar_version))
