"""导出 of units: the word by which a workbook names each, so that an import finds the same one again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xiaohao.actions import import_units
from xiaohao.actions.import_units import NAMELESS_DISTRICT, BookUnit, UnitBook
from xiaohao.ledger.writing import Reading
from xiaohao.workbooks.template import UnitRow
from xiaohao.workbooks.unit_names import clean, names_in, read_units


@dataclass(frozen=True)
class UnitWords:
    """The word for each unit by its id, in the order of the tree, and the district's name."""

    by_id: Mapping[int, str]
    district: str
    book: UnitBook


def words(r: Reading) -> UnitWords:
    """The name of each unit; where several bear it, with those above it in front, at last the code.

    Each is tried by the importer's own reading, so what it would take for another unit is never used.
    """
    book = import_units.book(r, create=False)
    by_id = {unit.id: _word(unit, book) for unit in book.units}
    return UnitWords(by_id, book.district.name if book.district else NAMELESS_DISTRICT, book)


def rows(there: UnitWords, *, below: str) -> Sequence[UnitRow]:
    """The units in the subtree of the path `below` ("" for all), as a list of units holds them.

    A name that the importer would read otherwise is left out, since it would come back as a new unit.
    """
    return [
        UnitRow(unit.name, unit.kind, there.by_id.get(unit.parent_id or 0, ""), unit.code)
        for unit in there.book.units
        if unit.path.startswith(below) and clean(unit.name) == unit.name
    ]


def _word(unit: BookUnit, book: UnitBook) -> str:
    above, names = unit, [unit.name]
    while above.parent_id is not None:
        above = book.at(above.parent_id)
        names.append(above.name + names[-1])
    return next((name for name in names if _is_found(name, unit, book)), unit.code)


def _is_found(word: str, unit: BookUnit, book: UnitBook) -> bool:
    """Whether a cell with this word means this unit, as the responsible, helping and filing one."""
    read = read_units(word)
    if read.lead is None or read.others or read.person or names_in(word) != (read.lead,):
        return False
    found = book.named(read.lead, near=None)
    return found == unit and book.filer(clean(word)) == unit
