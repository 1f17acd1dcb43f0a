"""导入 of people: who holds which post from when, against those whom the ledger knows."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from xiaohao.actions.import_contacts import ContactBook
from xiaohao.actions.import_units import BookUnit, NoUnit, UnitBook
from xiaohao.ledger.people import DeputyRow, HoldingRow, NewPeople, OfficialRow, PostRow, Roll
from xiaohao.vocabulary import Role
from xiaohao.workbooks.faults import Faults
from xiaohao.workbooks.lines import PersonLine

_LETTERS = {Role.CLERK: "J", Role.SECRETARY: "S", Role.LEADER: "F", Role.SUPERVISOR: "D"}
_MOBILE = re.compile(r"1\d{10}")
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class _Named:
    """A line of a list with its unit and person."""

    faults: Faults
    line: PersonLine
    unit: BookUnit
    official: OfficialRow


class PeopleBook:
    """Everybody whom the ledger knows, and what this import makes of them."""

    def __init__(self, roll: Roll, units: UnitBook, contacts: ContactBook, *, on: date) -> None:
        self.new = NewPeople()
        self._contacts = contacts
        self._units, self._on = units, on
        self._by_code = {each.code: each for each in roll.officials}
        self._by_id = {each.id: each for each in roll.officials}
        self._by_name: dict[str, list[int]] = defaultdict(list)
        for each in roll.officials:
            self._by_name[each.name].append(each.id)
        self._posts = {(each.unit_id, each.role): each for each in roll.posts}
        self._unit_of = {each.id: each.unit_id for each in roll.posts}
        self._holdings: dict[int, list[HoldingRow]] = defaultdict(list)
        self._units_of: dict[int, set[int]] = defaultdict(set)
        for holding in roll.holdings:
            self._holdings[holding.post_id].append(holding)
            self._units_of[holding.official_id].add(self._unit_of[holding.post_id])
        posts_held = {each.id: each.post_id for each in roll.holdings}
        for deputy in roll.deputies:
            self._units_of[deputy.official_id].add(self._unit_of[posts_held[deputy.holding_id]])
        self._deputies = roll.deputies
        self._listed: set[tuple[int, int]] = set()

    def add_lists(self, lists: Sequence[tuple[Faults, PersonLine]]) -> list[str]:
        """Enter the lists of people of all files; "new", "updated", "unchanged" or "refused" a line.

        The holder of a post whom no list names ends on the day before a new one's first day.
        """
        named = [self._name(faults, line) for faults, line in lists]
        holders = [each for each in named if each is not None and each.line.deputy_of is None]
        self._listed = {
            (post.id, each.official.id)
            for each in holders
            if (post := self._posts.get((each.unit.id, each.line.role))) is not None
        }
        ends: list[str] = ["refused"] * len(lists)
        for deputies in (False, True):
            for place, each in enumerate(named):
                if each is None or (each.line.deputy_of is not None) is not deputies:
                    continue
                end = self._stand_in(each) if deputies else self._hold(each)
                changed = self._reach(each)
                ends[place] = "updated" if end == "unchanged" and changed else end
        return ends

    def fill_mobiles(self, names: str, unit: BookUnit, numbers: str) -> bool:
        """The numbers of the officials whom a problem names; each only where he is known and has none.

        Several names and numbers are joined by 、. False where one has no place: its owner is not known
        or has another number.
        """
        persons, mobiles = names.split("、"), numbers.split("、")
        if len(persons) != len(mobiles):
            return False
        placed = [self._fill_mobile(*pair, unit) for pair in zip(persons, mobiles, strict=True)]
        return all(placed)

    def _fill_mobile(self, name: str, mobile: str, unit: BookUnit) -> bool:
        known = self._by_name.get("".join(name.split()), ())
        own = [id_ for id_ in known if unit.id in self._units_of[id_]] or known
        if len(own) != 1:
            return False
        official = self._by_id[own[0]]
        if not official.mobile and _MOBILE.fullmatch(mobile):
            self._set_mobile(official, mobile)
            return True
        return official.mobile == mobile

    # who it is

    def _name(self, faults: Faults, line: PersonLine) -> _Named | None:
        unit = self._units.named(line.unit_name, near=self._units.district)
        if isinstance(unit, NoUnit):
            faults.error(line.sheet, line.row, "单位", line.unit_name, unit.message)
            return None
        if line.from_on and line.until_on and line.until_on < line.from_on:
            told = f"任职截止 {line.until_on} 早于任职时间 {line.from_on}，请核对。"
            faults.error(line.sheet, line.row, "任职时间", str(line.from_on), told)
            return None
        official = self._official(faults, line, unit)
        if official is None:
            return None
        self._units_of[official.id].add(unit.id)
        return _Named(faults, line, unit, official)

    def _official(self, faults: Faults, line: PersonLine, unit: BookUnit) -> OfficialRow | None:
        if line.code is not None and line.code in self._by_code:
            holder = self._by_code[line.code]
            if holder.name != line.name:
                told = f"工号“{line.code}”已是{holder.name}，与{line.name}不符，请核对工号。"
                faults.error(line.sheet, line.row, "工号", line.code, told)
                return None
            return holder
        official = self._same_person(line, unit)
        if official is None:
            return self._new_official(line, unit)
        if line.code is not None:
            told = f"{line.name}已登记为工号“{official.code}”，没有改为“{line.code}”。"
            faults.warning(line.sheet, line.row, "工号", line.code, told)
        return official

    def _same_person(self, line: PersonLine, unit: BookUnit) -> OfficialRow | None:
        """The known one of that name in the unit, else of that name and number.

        A 工号 of his own tells namesakes apart who come in one list.
        """
        known = [self._by_id[id_] for id_ in self._by_name.get(line.name, ())]
        if line.code is not None:
            known = [each for each in known if each.id > 0]
        here = [each for each in known if unit.id in self._units_of[each.id]]
        same = here or [each for each in known if line.mobile and each.mobile == line.mobile]
        return same[0] if same else None

    def _new_official(self, line: PersonLine, unit: BookUnit) -> OfficialRow:
        code = line.code or self._free_code(f"{unit.code}-{_LETTERS[line.role]}")
        official = OfficialRow(-len(self.new.officials) - 1, code, line.name, line.mobile or None)
        self.new.officials.append(official)
        self._by_code[code] = self._by_id[official.id] = official
        self._by_name[official.name].append(official.id)
        return official

    def _free_code(self, stem: str) -> str:
        number = 1
        while f"{stem}{number}" in self._by_code:
            number += 1
        return f"{stem}{number}"

    def _reach(self, each: _Named) -> bool:
        official = self._by_id[each.official.id]
        reached = self._contacts.reach_official(official.id, each.line.contacts)
        if not each.line.mobile or official.mobile == each.line.mobile:
            return reached
        self._set_mobile(official, each.line.mobile)
        return True

    def _set_mobile(self, official: OfficialRow, mobile: str) -> None:
        now = replace(official, mobile=mobile)
        self._by_id[official.id] = now
        if official.id > 0:
            self.new.mobiles[official.id] = mobile
        else:
            self.new.officials[-official.id - 1] = now

    # what he holds

    def _post(self, unit: BookUnit, role: Role) -> PostRow:
        key = (unit.id, role)
        if key not in self._posts:
            post = PostRow(-len(self.new.posts) - 1, unit.id, role)
            self.new.posts.append(post)
            self._posts[key] = post
        return self._posts[key]

    def _hold(self, each: _Named) -> str:
        line, official = each.line, each.official
        post = self._post(each.unit, line.role)
        there = self._holdings[post.id]
        own = self._own_holding(there, each)
        if own is not None:
            return self._end_own(own, line.until_on)
        first = line.from_on or min(self._on, line.until_on or self._on)
        current = line.until_on is None or line.until_on >= self._on
        if current and not self._end_others(each, there, first):
            return "refused"
        holding = HoldingRow(-len(self.new.holdings) - 1, post.id, official.id, first, line.until_on)
        self.new.holdings.append(holding)
        there.append(holding)
        return "new"

    def _own_holding(self, there: Sequence[HoldingRow], each: _Named) -> HoldingRow | None:
        """His holding that the line speaks of: of that first day, else the one that has not ended."""
        own = [held for held in there if held.official_id == each.official.id]
        same = [held for held in own if held.from_on == each.line.from_on]
        running = [held for held in own if held.until_on is None or held.until_on >= self._on]
        return next(iter(same or running), None)

    def _end_own(self, own: HoldingRow, until_on: date | None) -> str:
        if until_on is None or until_on == own.until_on or until_on < own.from_on:
            return "unchanged"
        self._end(own, until_on)
        return "updated"

    def _end_others(self, each: _Named, there: Sequence[HoldingRow], first: date) -> bool:
        """End the holders whom this import does not name. False, told, where one came no earlier."""
        others = [
            held
            for held in there
            if (held.until_on is None or held.until_on >= first)
            and held.id > 0
            and (held.post_id, held.official_id) not in self._listed
        ]
        late = [held for held in others if held.from_on >= first]
        if late:
            line, holder = each.line, self._by_id[late[0].official_id]
            told = (
                f"{holder.name}从 {late[0].from_on} 起任这一职务，不早于{line.name}的任职时间 {first}。"
                "请核对，并写明任职时间。"
            )
            each.faults.error(line.sheet, line.row, "任职时间", str(line.from_on or ""), told)
            return False
        for held in others:
            self._end(held, first - _ONE_DAY)
        return True

    def _end(self, held: HoldingRow, until_on: date) -> None:
        now = replace(held, until_on=until_on)
        there = self._holdings[held.post_id]
        there[there.index(held)] = now
        if held.id > 0:
            self.new.ended[held.id] = until_on
        else:
            self.new.holdings[-held.id - 1] = now

    # for whom he stands in

    def _stand_in(self, each: _Named) -> str:
        line = each.line
        post = self._posts.get((each.unit.id, line.role))
        held = next(
            (
                holding
                for holding in reversed(self._holdings[post.id] if post else [])
                if self._by_id[holding.official_id].name == line.deputy_of
            ),
            None,
        )
        if held is None or held.official_id == each.official.id:
            told = f"“{line.deputy_of}”没有在{each.unit.name}任{line.role.label}，代理没有登记。请核对姓名和职务。"
            each.faults.error(line.sheet, line.row, "AB角", line.deputy_of, told)
            return "refused"
        if line.from_on is None or line.until_on is None:
            told = "代理要写明起止日期，这一行的代理没有登记。"
            each.faults.warning(line.sheet, line.row, "AB角", line.deputy_of, told)
            return "unchanged"
        deputy = DeputyRow(held.id, each.official.id, line.from_on, line.until_on)
        if deputy in self._deputies or deputy in self.new.deputies:
            return "unchanged"
        self.new.deputies.append(deputy)
        return "new"
