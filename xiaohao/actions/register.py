"""登记: one problem entered by hand or at a reception day; the clock to take it up begins (17, 40)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from xiaohao.errors import Incomplete, WrongDate
from xiaohao.ledger import new_problems, units
from xiaohao.ledger.new_problems import NewMeasure, NewProblem
from xiaohao.ledger.writing import Ledger, Writing
from xiaohao.rules import authority
from xiaohao.rules.authority import Person
from xiaohao.rules.counting import Term
from xiaohao.vocabulary import Action, Entered, RectificationClass, Source


@dataclass(frozen=True)
class Registration:
    """What a person enters. `unit` and `co_units` are codes or full names."""

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
    `on`, NotFound for a unit that is not known, MoveNotAllowed where `by` has no post there.
    """
    _check(entry, on)
    with ledger.writing(Action.REGISTER, by=by, on=on) as w:
        unit = units.by_word(w, entry.unit)
        authority.check_unit(by, unit.path, unit.name)
        _check_limit(w, entry)
        return str(new_problems.register_all(w, [_new(w, entry, unit.id)])[0]["number"])


def _check(entry: Registration, on: date) -> None:
    missing = []
    if not entry.title.strip():
        missing.append("问题描述")
    if entry.rectification_class is None:
        missing.append("整改类型（立行立改、限期整改、长期整改）")
    if missing:
        raise Incomplete(f"登记还缺：{'、'.join(missing)}。没有登记。", missing=missing)
    if entry.found_on > on:
        raise WrongDate(f"发现日期 {entry.found_on} 晚于登记日期 {on}，请核对。没有登记。")


def _check_limit(w: Writing, entry: Registration) -> None:
    kind = entry.rectification_class or RectificationClass.IMMEDIATE
    term = entry.term or w.current_rules().policy.of(kind).term
    if kind is not RectificationClass.LONG_TERM and entry.due_on is None and term is None:
        raise Incomplete("限期整改要写明整改时限（日期或期限）。没有登记。", missing=["整改时限"])


def _new(w: Writing, entry: Registration, unit_id: int) -> NewProblem:
    district = next(row.id for row in units.all_units(w) if row.parent_id is None)
    finder = None if entry.found_by_unit is None else units.by_word(w, entry.found_by_unit).id
    reception = entry.source in (Source.RECEPTION_DAY, Source.WALKING_TABLE)
    return NewProblem(
        Entered.RECEPTION if reception else Entered.HAND,
        entry.title.strip(),
        unit_id,
        district,
        entry.rectification_class or RectificationClass.IMMEDIATE,
        entry.found_on,
        external_number=entry.external_number,
        description=entry.description,
        category=entry.category,
        source=entry.source,
        place=entry.place,
        found_by_unit_id=finder,
        limit_text=entry.limit_text,
        due_given=entry.due_on,
        term=entry.term,
        review_every=entry.review_every,
        co_unit_ids=tuple(units.by_word(w, word).id for word in entry.co_units),
        measures=tuple(NewMeasure(text) for text in entry.measures),
    )
