"""延期: asked by the responsible unit, granted or refused by a unit above it (24 to 26)."""

from datetime import date
from typing import Any

from xiaohao.actions.acting import Act, acting
from xiaohao.errors import Incomplete, MoveNotAllowed, WrongDate
from xiaohao.ledger.tables import EXTENSION
from xiaohao.ledger.writing import Ledger
from xiaohao.rules import clock as clocks
from xiaohao.rules.authority import Person
from xiaohao.vocabulary import Action, Decision, RectificationClass


def ask(ledger: Ledger, number: str, until: date | None, reason: str, *, by: Person, on: date) -> None:
    """Ask for a later last day. Asking stops nothing (24).

    Raises Incomplete without a day or a reason, WrongDate where `until` is not later than the
    due day, MoveNotAllowed where an earlier request still waits or the class has no last day.
    """
    missing = _missing(until, reason)
    if until is None or missing:
        raise Incomplete(f"申请延期请写明{'和'.join(missing)}。台账没有变化。", missing=missing)
    with acting(ledger, Action.ASK_EXTENSION, number, by=by, on=on) as act:
        _has_last_day(act)
        _is_later(act, until)
        if _waiting(act) is not None:
            raise MoveNotAllowed(f"问题 {act.case.number} 已有一项延期申请待批，请先批复。台账没有变化。")
        act.writes(parts={EXTENSION.name: [_asked(act, until, reason.strip(), by, on)]})


def grant(
    ledger: Ledger, number: str, *, by: Person, on: date, until: date | None = None, reason: str = ""
) -> None:
    """Grant what was asked for, or another last day `until`; it holds from the day of the grant (24).

    Without a request one is written down with the grant, for which `until` and `reason` are
    needed. Raises Incomplete, WrongDate, MoveNotAllowed.
    """
    with acting(ledger, Action.GRANT_EXTENSION, number, by=by, on=on) as act:
        _has_last_day(act)
        asked = _waiting(act)
        missing = _missing(until, reason)
        if asked is None and missing:
            raise Incomplete(
                f"问题 {act.case.number} 没有待批的延期申请；直接同意延期时请写明{'和'.join(missing)}。台账没有变化。",
                missing=missing,
            )
        asked = asked or _asked(act, until or on, reason.strip(), by, on)
        granted = until or asked["until_asked"]
        _is_later(act, granted)
        row = asked | {
            "decision": Decision.GRANTED,
            "decided_on": on,
            "decided_by": by.id,
            "until_granted": granted,
        }
        act.writes(
            lambda clock: clocks.extend(clock, until=granted, rules=act.rules, on=on),
            stops_clock=False,
            parts={EXTENSION.name: [row]},
        )


def refuse(ledger: Ledger, number: str, reason: str, *, by: Person, on: date) -> None:
    """Refuse what was asked for. Raises Incomplete without a reason, MoveNotAllowed without a request."""
    if not reason.strip():
        raise Incomplete("请写明不同意延期的理由。台账没有变化。", missing=["不同意的理由"])
    with acting(ledger, Action.REFUSE_EXTENSION, number, by=by, on=on) as act:
        asked = _waiting(act)
        if asked is None:
            raise MoveNotAllowed(f"问题 {act.case.number} 没有待批的延期申请。台账没有变化。")
        row = asked | {"decision": Decision.REFUSED, "decided_on": on, "decided_by": by.id}
        act.writes(parts={EXTENSION.name: [row]}, why={"reason": reason.strip()})


def _missing(until: date | None, reason: str) -> list[str]:
    return [*(["新的整改时限"] if until is None else []), *([] if reason.strip() else ["延期理由"])]


def _waiting(act: Act) -> dict[str, Any] | None:
    waiting = (row for row in act.case.of_round(EXTENSION) if row["decision"] is Decision.ASKED)
    return next(waiting, None)


def _asked(act: Act, until: date, reason: str, by: Person, on: date) -> dict[str, Any]:
    return {
        "position": act.case.next_position(EXTENSION),
        "round": act.case.clock.round,
        "asked_on": on,
        "asked_by": by.id,
        "reason": reason,
        "until_asked": until,
        "decision": Decision.ASKED,
        "decided_on": None,
        "decided_by": None,
        "until_granted": None,
        "lapsed_on": None,
    }


def _has_last_day(act: Act) -> None:
    if act.case.clock.rectification_class is RectificationClass.LONG_TERM:
        raise MoveNotAllowed(f"问题 {act.case.number} 是长期整改，没有整改时限，不需要延期。台账没有变化。")


def _is_later(act: Act, until: date) -> None:
    due = act.case.clock.due_on
    if due is not None and until <= due:
        raise WrongDate(
            f"延期后的时限 {until} 必须晚于现在的整改时限 {due}（问题 {act.case.number}）。台账没有变化。"
        )
