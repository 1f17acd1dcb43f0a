"""更正: a slip of the pen in what a problem says is put right; its limit, class and unit never are.

These have acts of their own, and the refusal names them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import sqlalchemy as sa

from xiaohao.actions.acting import acting
from xiaohao.errors import Incomplete, MoveNotAllowed, Refused
from xiaohao.ledger import dialect, units
from xiaohao.ledger.new_problems import title_key
from xiaohao.ledger.problems import Case
from xiaohao.ledger.tables import CO_UNIT
from xiaohao.ledger.writing import Ledger, Writing
from xiaohao.rules.authority import Person
from xiaohao.vocabulary import Action, RectificationClass, Source

OTHER_ACTS: Mapping[str, str] = {
    "due_on": "整改时限请用 extension ask 申请延期",
    "rectification_class": "整改类型由上级单位办理变更整改类型",
    "unit": "责任单位请用 reassign 转办",
    "found_on": "发现日期请用 cancel 作废后重新登记",
}
"""What is never corrected, and the act to use instead."""
TEXTS = ("description", "category", "place", "external_number")


@dataclass(frozen=True)
class Correction:
    """What is put right: None leaves a thing as it is, "" empties it (not the title).

    `found_by_unit` and `co_units` are codes or full names; `co_units` is the list as it should
    be, which may grow or change but not shrink. The last four are never corrected: they are
    here so that the refusal can say which act to use.
    """

    title: str | None = None
    description: str | None = None
    category: str | None = None
    place: str | None = None
    source: Source | None = None
    external_number: str | None = None
    found_by_unit: str | None = None
    co_units: Sequence[str] | None = None
    due_on: date | None = None
    rectification_class: RectificationClass | None = None
    unit: str | None = None
    found_on: date | None = None


def correct(
    ledger: Ledger, number: str, correction: Correction, reason: str, *, by: Person, on: date
) -> None:
    """Put right what the ledger says of a problem.

    Raises Incomplete with everything that is missing, MoveNotAllowed for what is never
    corrected (naming the act to use), NotFound for a unit, Refused where nothing would change,
    where another problem has this external number, or where co-organising units would be dropped.
    """
    _check(correction, reason)
    with acting(ledger, Action.CORRECT, number, by=by, on=on) as act:
        columns = _columns(act.w, correction)
        changed = {name: value for name, value in columns.items() if act.case.row[name] != value}
        co_units = _co_units(act.w, act.case, correction)
        if not changed and not co_units:
            raise Refused(f"更正的内容与问题 {act.case.number} 现有的相同。台账没有变化。")
        try:
            act.writes(columns=changed, parts={CO_UNIT.name: co_units}, why={"reason": reason.strip()})
        except sa.exc.IntegrityError as error:
            if dialect.violated(error) != "problem_external_number":
                raise
            raise Refused(
                f"编号“{columns['external_number']}”已是同一填报单位另一个问题的编号，请核对。台账没有变化。"
            ) from error


def _check(correction: Correction, reason: str) -> None:
    given = {each.name for each in fields(correction) if getattr(correction, each.name) is not None}
    elsewhere = [sentence for name, sentence in OTHER_ACTS.items() if name in given]
    if elsewhere:
        raise MoveNotAllowed(f"这些内容不能直接更正：{'；'.join(elsewhere)}。台账没有变化。")
    missing = []
    if not given:
        missing.append("要更正的内容")
    if correction.title is not None and not correction.title.strip():
        missing.append("问题描述（不能为空）")
    if not reason.strip():
        missing.append("更正理由")
    if missing:
        raise Incomplete(f"更正还缺：{'、'.join(missing)}。台账没有变化。", missing=missing)


def _columns(w: Writing, correction: Correction) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if correction.title is not None:
        columns["title"] = correction.title.strip()
        columns["title_key"] = title_key(correction.title)
    for name in TEXTS:
        text = getattr(correction, name)
        if text is not None:
            columns[name] = text.strip() or None
    if correction.source is not None:
        columns["source"] = correction.source
    if correction.found_by_unit is not None:
        word = correction.found_by_unit.strip()
        columns["found_by_unit_id"] = units.by_word(w, word).id if word else None
    return columns


def _co_units(w: Writing, case: Case, correction: Correction) -> list[dict[str, Any]]:
    """The rows of co-organising units that change: new ones take the places of those that go, then new places."""
    if correction.co_units is None:
        return []
    wanted = dict.fromkeys(units.by_word(w, word.strip()).id for word in correction.co_units)
    if case.row["unit_id"] in wanted:
        raise Refused(f"{case.unit_name}是问题 {case.number} 的责任单位，不能又是协办单位。台账没有变化。")
    there = {row["unit_id"]: row["position"] for row in case.of(CO_UNIT)}
    fresh = [unit_id for unit_id in wanted if unit_id not in there]
    free = [position for unit_id, position in there.items() if unit_id not in wanted]
    if len(fresh) < len(free):
        raise Refused(
            f"问题 {case.number} 的协办单位可以更换或增加，不能减少（现有 {len(there)} 个，所给 {len(wanted)} 个）。"
            "台账没有变化。"
        )
    first = case.next_position(CO_UNIT)
    places = [*free, *range(first, first + len(fresh) - len(free))]
    return [{"position": place, "unit_id": unit_id} for place, unit_id in zip(places, fresh, strict=True)]
