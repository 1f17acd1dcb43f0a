"""导入 of units: the book of known and coming units, and which of them a name in a file means."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from xiaohao.actions.import_contacts import ContactBook
from xiaohao.actions.unit_code import unit_code
from xiaohao.ledger import units
from xiaohao.ledger.contacts import Contacts
from xiaohao.ledger.writing import Reading, Writing
from xiaohao.vocabulary import UnitKind
from xiaohao.workbooks.faults import Faults
from xiaohao.workbooks.lines import UnitLine
from xiaohao.workbooks.unit_names import is_unit, readings

NAMELESS_DISTRICT = "本区"
"""The district where nothing names it, so that units can be made below it."""
_ENDINGS = (
    (UnitKind.BRANCH, ("党支部", "党总支", "支部")),
    (UnitKind.SUBDISTRICT, ("街道", "街道办事处")),
    (UnitKind.COMMUNITY, ("社区", "居委会")),
    (UnitKind.TOWNSHIP, ("乡", "镇")),
    (UnitKind.VILLAGE, ("村",)),
)
_TOWNS = (UnitKind.SUBDISTRICT, UnitKind.TOWNSHIP)
_BELOW_TOWN = (UnitKind.COMMUNITY, UnitKind.VILLAGE)


@dataclass(frozen=True, slots=True)
class BookUnit:
    """A unit by its row, or one that is still to be written: then its id is negative.

    `path` is made of these ids, so that it tells what lies below what.
    """

    id: int
    code: str
    name: str
    kind: UnitKind
    parent_id: int | None
    path: str


@dataclass(frozen=True, slots=True)
class NoUnit:
    """Why a name means no unit, in words for the clerk."""

    message: str


class UnitBook:
    """Every unit of the ledger and every one that this import brings."""

    def __init__(self, known: Iterable[Any], *, create: bool, contacts: ContactBook) -> None:
        self.create = create
        self._contacts = contacts
        self.made: list[BookUnit] = []
        self._by_id: dict[int, BookUnit] = {}
        self._by_name: dict[str, list[BookUnit]] = defaultdict(list)
        self._by_place: dict[tuple[int | None, str], BookUnit] = {}
        self._by_code: dict[str, BookUnit] = {}
        self._found: dict[tuple[str, int | None], BookUnit | NoUnit] = {}
        self._filers: dict[str, BookUnit | None] = {}
        for row in known:
            self._enter(BookUnit(row.id, row.code, row.name, row.kind, row.parent_id, row.path))

    @property
    def district(self) -> BookUnit | None:
        """The root of the tree, None in an empty book."""
        return next((unit for unit in self._by_id.values() if unit.parent_id is None), None)

    @property
    def units(self) -> Sequence[BookUnit]:
        """Every unit, in the order in which they were entered."""
        return tuple(self._by_id.values())

    def at(self, unit_id: int) -> BookUnit:
        """A unit by its id."""
        return self._by_id[unit_id]

    def named(self, name: str, *, near: BookUnit | None) -> BookUnit | NoUnit:
        """The unit that a name or code means, as seen from the unit `near` (who filed the table).

        In order: the name as written, with a unit above it in front, without the one above it, the unit
        whose office is named. Where nothing fits it is made, if this import makes units.
        """
        key = ("".join(name.split()), None if near is None else near.id)
        if key not in self._found:
            self._found[key] = self._look_up(key[0], near)
        return self._found[key]

    def filer(self, name: str) -> BookUnit | None:
        """Who filed a table: as `named`, else the known unit with which the name begins; None for none."""
        packed = "".join(name.split())
        if packed not in self._filers:
            self._filers[packed] = self._look_up_filer(packed)
        return self._filers[packed]

    def _look_up_filer(self, packed: str) -> BookUnit | None:
        found = self._known(packed, None)
        if isinstance(found, BookUnit):
            return found
        begins = [unit for unit in self._by_id.values() if packed.startswith(unit.name)]
        if begins:
            return max(begins, key=lambda unit: len(unit.name))
        if not self.create or not is_unit(packed):
            return None
        made = self.named(packed, near=None)
        return made if isinstance(made, BookUnit) else None

    def add_lists(self, lists: Sequence[tuple[Faults, UnitLine]]) -> list[str]:
        """Enter the lists of units of all files, in whatever order; what became of each line.

        "new", "updated", "unchanged" or "refused" a line. Parents may stand after their children.
        """
        ends = [""] * len(lists)
        waiting = sorted(range(len(lists)), key=lambda place: lists[place][1].kind is not UnitKind.DISTRICT)
        while waiting:
            left = []
            for place in waiting:
                parent = self._parent(lists[place][1])
                if isinstance(parent, NoUnit):
                    left.append(place)
                else:
                    ends[place] = self._add_line(*lists[place], parent)
            if len(left) == len(waiting):
                break
            waiting = left
        for place in waiting:
            faults, line = lists[place]
            why = self._parent(line)
            assert isinstance(why, NoUnit)
            faults.error(line.sheet, line.row, "上级单位", line.parent_name, why.message)
            ends[place] = "refused"
        return ends

    def write(self, w: Writing) -> Mapping[int, int]:
        """Write the units that are new; the id of each by the negative one that it had here."""
        if not self.made:
            return {}
        rows = [
            {"code": unit.code, "name": unit.name, "kind": unit.kind, "parent_id": unit.parent_id}
            for unit in self.made
        ]
        units.add(w, rows)
        ids = {row.code: row.id for row in units.all_units(w)}
        return {unit.id: ids[unit.code] for unit in self.made}

    def _enter(self, unit: BookUnit) -> None:
        name = "".join(unit.name.split())
        self._by_id[unit.id] = unit
        self._by_name[name].append(unit)
        self._by_place[unit.parent_id, name] = unit
        self._by_code[unit.code] = unit

    def _make(self, name: str, kind: UnitKind, parent: BookUnit | None, code: str | None = None) -> BookUnit:
        if code is None:
            above, above_code = (parent.name, parent.code) if parent else ("", "")
            code = unit_code(name, kind, above=above, above_code=above_code, taken=self._by_code)
        id_ = -len(self.made) - 1
        path = f"{parent.path if parent else '/'}{id_}/"
        unit = BookUnit(id_, code, name, kind, parent.id if parent else None, path)
        self.made.append(unit)
        self._enter(unit)
        return unit

    # a line of a list

    def _parent(self, line: UnitLine) -> BookUnit | NoUnit | None:
        district = self.district
        if line.parent_name is None:
            return None if line.kind is UnitKind.DISTRICT else district
        found = self._known(line.parent_name, None)
        if isinstance(found, NoUnit):
            return NoUnit(f"没有上级单位“{line.parent_name}”。{found.message}")
        return found

    def _add_line(self, faults: Faults, line: UnitLine, parent: BookUnit | None) -> str:
        there = self._by_place.get((parent.id if parent else None, line.name))
        district = self.district
        if there is not None:
            if there.kind is not line.kind:
                told = f"“{line.name}”已登记为{there.kind.label}，类型没有改动。"
                faults.warning(line.sheet, line.row, "单位类型", line.kind.label, told)
            return "updated" if self._contacts.reach_unit(there.id, line.contacts) else "unchanged"
        if parent is None and district is not None:
            told = f"台账里已有“{district.name}”，一个台账只能有一个最上级单位。请填写上级单位。"
            faults.error(line.sheet, line.row, "上级单位", "", told)
            return "refused"
        if line.code is not None and line.code in self._by_code:
            told = f"编码“{line.code}”已用于“{self._by_code[line.code].name}”，请换一个。"
            faults.error(line.sheet, line.row, "单位编码", line.code, told)
            return "refused"
        if line.parent_name is None and parent is not None:
            told = f"没有写上级单位，按归属“{parent.name}”登记。"
            faults.warning(line.sheet, line.row, "上级单位", "", told)
        made = self._make(line.name, line.kind, parent, line.code)
        self._contacts.reach_unit(made.id, line.contacts)
        return "new"

    # a name

    def _look_up(self, name: str, near: BookUnit | None) -> BookUnit | NoUnit:
        found = self._known(name, near)
        if isinstance(found, NoUnit) and self.create and len(self._by_name[name]) < 2 and is_unit(name):
            return self._made_for(name, near)
        return found

    def _known(self, name: str, near: BookUnit | None) -> BookUnit | NoUnit:
        name = "".join(name.split())
        if name in self._by_code:
            return self._by_code[name]
        for reading in readings(name):
            found = self._by_name.get(reading, [])
            if len(found) == 1:
                return found[0]
            if found:
                closest = _closest(found, near)
                return closest or NoUnit(self._ambiguous(name, found))
            if (full := self._with_front(reading, near)) is not None:
                return full
            if (below := self._without_front(reading)) is not None:
                return below
        return NoUnit(self._unknown(name))

    def _with_front(self, name: str, near: BookUnit | None) -> BookUnit | None:
        """城管办 in a table that 人民路街道 filed: 人民路街道城管办."""
        while near is not None:
            found = self._by_name.get("".join(near.name.split()) + name, [])
            if len(found) == 1:
                return found[0]
            near = None if near.parent_id is None else self._by_id[near.parent_id]
        return None

    def _without_front(self, name: str) -> BookUnit | None:
        """孟轲乡杨干城村: 杨干城村 of 孟轲乡."""
        for cut in range(2, len(name) - 1):
            for above in self._by_name.get(name[:cut], []):
                rest = name[cut:]
                below = [u for u in self._by_name.get(rest, []) if u.path.startswith(above.path)]
                if len(below) == 1 and below[0].id != above.id:
                    return below[0]
                deeper = self._without_front(rest)
                if deeper is not None and deeper.path.startswith(above.path):
                    return deeper
        return None

    def _ambiguous(self, name: str, found: Sequence[BookUnit]) -> str:
        above = "、".join(
            f"{self._by_id[u.parent_id].name}{u.name}" for u in found[:4] if u.parent_id is not None
        )
        return f"叫“{name}”的单位不止一个，请在前面写上上级单位（{above}）。"

    def _unknown(self, name: str) -> str:
        near = get_close_matches(name, [n for n, found in self._by_name.items() if found], n=3, cutoff=0.5)
        hint = f"相近的有：{'、'.join(near)}。" if near else ""
        return f"没有“{name}”这个单位。{hint}请改成单位全称，或先导入单位名单（也可加 --create-units 新建）。"

    # making a unit for a name

    def _made_for(self, name: str, near: BookUnit | None) -> BookUnit:
        if kind_of_name(name) is not UnitKind.BRANCH:
            name = readings(name)[-1]
        above = self._named_above(name)
        kind = kind_of_name(name)
        if above is not None:
            rest = name[len(above.name) :]
            if kind in _BELOW_TOWN and is_unit(rest):
                name = rest
            return self._make(name, kind, above)
        if kind is UnitKind.DISTRICT and self.district is None:
            return self._make(name, kind, None)
        root = self.district or self._make(NAMELESS_DISTRICT, UnitKind.DISTRICT, None)
        if kind in _TOWNS or kind is UnitKind.DISTRICT or near is None or name.startswith("区"):
            return self._make(name, UnitKind.DEPARTMENT if kind is UnitKind.DISTRICT else kind, root)
        if kind in _BELOW_TOWN:
            while near.kind not in (*_TOWNS, UnitKind.DISTRICT) and near.parent_id is not None:
                near = self._by_id[near.parent_id]
        return self._make(name, kind, near)

    def _named_above(self, name: str) -> BookUnit | None:
        """The unit with which a name begins: 人民路街道 of 人民路街道城管办."""
        for cut in range(len(name) - 2, 1, -1):
            found = self._by_name.get(name[:cut], [])
            if len(found) == 1:
                return found[0]
        return None


def kind_of_name(name: str) -> UnitKind:
    """The kind that a name's ending tells; a department for all others."""
    if name.endswith(("区", "县")) and not name.endswith("社区"):
        return UnitKind.DISTRICT
    return next((kind for kind, endings in _ENDINGS if name.endswith(endings)), UnitKind.DEPARTMENT)


def _closest(found: Sequence[BookUnit], near: BookUnit | None) -> BookUnit | None:
    """Of several units of one name the only one below `near`."""
    below = [] if near is None else [unit for unit in found if unit.path.startswith(near.path)]
    return below[0] if len(below) == 1 else None


def book(r: Reading, *, create: bool, contacts: ContactBook | None = None) -> UnitBook:
    """The units of the ledger as a book; what lines say of their groups goes to `contacts`."""
    return UnitBook(units.all_units(r), create=create, contacts=contacts or ContactBook(Contacts()))
