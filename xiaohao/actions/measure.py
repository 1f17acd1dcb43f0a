"""整改措施: what is to be done about a problem; all of it is done before it can be closed (DESIGN 4.6)."""

from datetime import date

from xiaohao.actions.acting import acting
from xiaohao.errors import Incomplete, MoveNotAllowed, NotFound
from xiaohao.ledger.problems import Case
from xiaohao.ledger.tables import MEASURE
from xiaohao.ledger.writing import Ledger
from xiaohao.rules.authority import Person
from xiaohao.vocabulary import Action


def add(
    ledger: Ledger,
    number: str,
    text: str,
    *,
    by: Person,
    on: date,
    due_on: date | None = None,
    owner: str = "",
) -> int:
    """Add a measure; its position (1, 2, 3 …). `due_on` is its last day, `owner` who sees to it.

    Raises Incomplete without a text, MoveNotAllowed.
    """
    if not text.strip():
        raise Incomplete("请写明整改措施的内容。台账没有变化。", missing=["整改措施内容"])
    with acting(ledger, Action.MEASURE, number, by=by, on=on) as act:
        position = act.case.next_position(MEASURE)
        row = {
            "position": position,
            "text": text.strip(),
            "due_on": due_on,
            "done_on": None,
            "owner": owner.strip() or None,
        }
        act.writes(parts={MEASURE.name: [row]})
    return position


def done(ledger: Ledger, number: str, position: int, *, by: Person, on: date) -> None:
    """Mark the measure at this position as done on the day `on`.

    Raises NotFound with the measures that there are, MoveNotAllowed where it is done already.
    """
    with acting(ledger, Action.MEASURE, number, by=by, on=on) as act:
        row = next((row for row in act.case.of(MEASURE) if row["position"] == position), None)
        if row is None:
            raise NotFound(_unknown(act.case, position))
        if row["done_on"] is not None:
            raise MoveNotAllowed(
                f"问题 {act.case.number} 的第 {position} 条措施“{row['text']}”已于 {row['done_on']} 完成。台账没有变化。"
            )
        act.writes(parts={MEASURE.name: [row | {"done_on": on}]})


def _unknown(case: Case, position: int) -> str:
    there = case.of(MEASURE)
    if not there:
        return f"问题 {case.number} 还没有整改措施，请先用 measure add 添加。台账没有变化。"
    listed = "；".join(f"{row['position']} {row['text']}" for row in there)
    return f"问题 {case.number} 没有第 {position} 条措施，现有：{listed}。台账没有变化。"
