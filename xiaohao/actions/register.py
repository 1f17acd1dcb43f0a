"""登记: one problem entered by hand or at a reception day; the clock to take it up begins (17, 40)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from xiaohao.errors import Incomplete, Refused, WrongDate
from xiaohao.ledger import dialect, new_problems, units
from xiaohao.ledger.new_problems import NewMeasure, NewProblem
from xiaohao.ledger.writing import Ledger, Writing
from xiaohao.rules import authority
from xiaohao.rules.authority import Person
from xiaohao.rules.counting import Term
from xiaohao.vocabulary import Action, Entered, RectificationClass, Source


@dataclass(frozen=True)
class Registration:
    """What a person enters. `unit` and `co_units` are codes or full names.

    The responsible unit among the co-organising ones is left out, and so is a measure without a text.
    """

    title: str
    unit: str
    rectification_class: RectificationClass | None
    found_on: date
    source: Source | None = None
    due_on: date | None = None
    term: Term | None = None
    review_every: Term | None = None
    description: str = ""
    category: str = ""
    place: str = ""
    limit_text: str = ""
    external_number: str | None = None
    found_by_unit: str | None = None
    co_units: Sequence[str] = ()
    measures: Sequence[str] = ()


def register(ledger: Ledger, entry: Registration, *, by: Person, on: date) -> str:
    """Enter one problem; its number.

    Raises Incomplete with everything that is missing, WrongDate where it was found after
    `on`, NotFound for a unit that is not known, MoveNotAllowed where `by` has no post there,
    Refused where another problem has the external number.
    """
    if entry.found_on > on:
        raise WrongDate(f"发现日期 {entry.found_on} 晚于登记日期 {on}，请核对。没有登记。")
    with ledger.writing(Action.REGISTER, by=by, on=on, begins_clock=True) as w:
        if missing := _missing(w, entry):
            raise Incomplete(f"登记还缺：{'、'.join(missing)}。没有登记。", missing=missing)
        unit = units.by_word(w, entry.unit.strip())
        authority.check_unit(by, unit.path, unit.name)
        try:
            return str(new_problems.register_all(w, [_new(w, entry, unit.id)])[0]["number"])
        except sa.exc.IntegrityError as error:
            if dialect.violated(error) != "problem_external_number":
                raise
            raise Refused(
                f"编号“{entry.external_number}”已是另一个问题的编号，请先用 xiaohao show 查看。没有登记。"
            ) from error


def _missing(w: Writing, entry: Registration) -> list[str]:
    missing = []
    if not entry.title.strip():
        missing.append("问题描述")
    if not entry.unit.strip():
        missing.append("责任单位")
    kind = entry.rectification_class
    if kind is None:
        missing.append("整改类型（立行立改、限期整改、长期整改）")
    elif kind is not RectificationClass.LONG_TERM and not _has_limit(w, entry, kind):
        missing.append("整改时限（日期或期限）")
    return missing


def _has_limit(w: Writing, entry: Registration, kind: RectificationClass) -> bool:
    return bool(entry.due_on or entry.term or w.current_rules().policy.of(kind).term)


def _new(w: Writing, entry: Registration, unit_id: int) -> NewProblem:
    district = next(row.id for row in units.all_units(w) if row.parent_id is None)
    finder = None if entry.found_by_unit is None else units.by_word(w, entry.found_by_unit).id
    co_units = dict.fromkeys(units.by_word(w, word.strip()).id for word in entry.co_units)
    co_units.pop(unit_id, None)
    reception = entry.source in (Source.RECEPTION_DAY, Source.WALKING_TABLE)
    return NewProblem(
        Entered.RECEPTION if reception else Entered.HAND,
        entry.title.strip(),
        unit_id,
        district,
        entry.rectification_class or RectificationClass.IMMEDIATE,
        entry.found_on,
        external_number=(entry.external_number or "").strip() or None,
        description=entry.description,
        category=entry.category,
        source=entry.source,
        place=entry.place,
        found_by_unit_id=finder,
        limit_text=entry.limit_text,
        due_given=entry.due_on,
        term=entry.term,
        review_every=entry.review_every,
        co_unit_ids=tuple(co_units),
        measures=tuple(NewMeasure(text.strip()) for text in entry.measures if text.strip()),
    )
