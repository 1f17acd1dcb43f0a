"""转办: another unit answers for a problem from now on; the clock is kept (DESIGN 4.5)."""

from datetime import date

from xiaohao.actions.acting import acting
from xiaohao.errors import Incomplete, Refused
from xiaohao.ledger import units
from xiaohao.ledger.writing import Ledger
from xiaohao.rules import authority
from xiaohao.rules.authority import Person
from xiaohao.vocabulary import Action


def reassign(ledger: Ledger, number: str, unit: str, reason: str, *, by: Person, on: date) -> None:
    """Give a problem to another unit, by its code or full name; done by a unit above both.

    Deadline, light, level and taking up stay as they are; what is told from now on goes to the
    new unit's line. A co-organising unit that becomes the responsible one keeps its row, which
    lists leave out while it is the responsible one. Raises Incomplete with everything that is
    missing, NotFound for the unit, Refused where it has the problem already, MoveNotAllowed.
    """
    missing = [*([] if unit.strip() else ["新的责任单位"]), *([] if reason.strip() else ["转办理由"])]
    if missing:
        raise Incomplete(f"转办还缺：{'、'.join(missing)}。台账没有变化。", missing=missing)
    with acting(ledger, Action.REASSIGN, number, by=by, on=on) as act:
        to = units.by_word(act.w, unit.strip())
        if to.id == act.case.row["unit_id"]:
            raise Refused(f"问题 {act.case.number} 的责任单位已经是{to.name}，不用转办。台账没有变化。")
        authority.check_reassign(by, from_path=act.case.unit_path, to_path=to.path, number=act.case.number)
        act.writes(columns={"unit_id": to.id}, why={"reason": reason.strip()})
