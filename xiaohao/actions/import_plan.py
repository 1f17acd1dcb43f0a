"""导入 as a plan: all files against the ledger as it stands, with everything that would be written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from xiaohao.actions import import_known, import_lines, import_units
from xiaohao.actions.import_contacts import ContactBook
from xiaohao.actions.import_limits import JudgedLimit, judge_limit
from xiaohao.actions.import_lines import ErrorsOnly, FileNotes, Placed, SayLine
from xiaohao.actions.import_people import PeopleBook
from xiaohao.actions.import_twins import NearTitles
from xiaohao.actions.import_units import UnitBook
from xiaohao.ledger import contacts, known_rows, near_titles, people
from xiaohao.ledger.contacts import Contacts
from xiaohao.ledger.known_rows import Asked, KnownRows
from xiaohao.ledger.new_problems import NewProblem
from xiaohao.ledger.people import NewPeople
from xiaohao.ledger.problems import Change
from xiaohao.ledger.residents import NOBODY, Resident
from xiaohao.ledger.writing import Reading as LedgerReading
from xiaohao.rules.authority import Person
from xiaohao.rules.clock import Rules
from xiaohao.rules.time_limits import TimeLimit
from xiaohao.workbooks.faults import Faults
from xiaohao.workbooks.lines import Fault, Reading

ReadLimit = Callable[[str, date], TimeLimit]


@dataclass(frozen=True)
class FileRead:
    """A file by the name that it was given by, and what it says."""

    name: str
    reading: Reading


@dataclass(frozen=True)
class ComingProblem:
    """A line that will be a new problem, once its units have ids."""

    placed: Placed
    found_on: date
    limit: JudgedLimit
    closed_on: date | None

    @property
    def resident(self) -> Resident:
        """Who raised it."""
        return self.placed.resident

    def problem(self, unit_ids: Mapping[int, int]) -> NewProblem:
        """The new problem; `unit_ids` gives the ids of units that are written with it."""
        return import_lines.new_problem(
            self.placed, self.found_on, self.limit, unit_ids, closed_on=self.closed_on
        )


@dataclass
class FilePlan:
    """What becomes of one file: problems counted, in a file without any the rows of its lists."""

    name: str
    reading: Reading
    found: Faults = field(default_factory=Faults)
    notes: FileNotes = field(default_factory=FileNotes)
    ends: list[str] = field(default_factory=list)
    list_ends: list[str] = field(default_factory=list)
    _settled: tuple[Fault, ...] | None = None

    def _count(self, end: str) -> int:
        return (self.ends if self.ends else self.list_ends).count(end)

    @property
    def new(self) -> int:
        """Rows that the ledger did not have."""
        return self._count("new")

    @property
    def updated(self) -> int:
        """Known rows whose text, measures or progress changed."""
        return self._count("updated")

    @property
    def unchanged(self) -> int:
        """Known rows that are as they were."""
        return self._count("unchanged")

    @property
    def refused(self) -> int:
        """Rows that an error keeps out."""
        faults = self.faults
        return len({(f.sheet, f.row) for f in faults if f.severity == "error" and f.row is not None})

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Every fault of the file, by sheet and row; what speaks of a whole sheet first."""
        return self._sorted() if self._settled is None else self._settled

    def settle(self) -> None:
        """Nothing more is found: the faults stand, and the lines, which take much room, are let go."""
        self._settled = self._sorted()
        self.reading = replace(self.reading, problems=(), units=(), people=())

    def _sorted(self) -> tuple[Fault, ...]:
        every = [*self.reading.faults, *self.found.all()]
        reading = self.reading
        named = [
            *(line.sheet for line in reading.units),
            *(line.sheet for line in reading.people),
            *(line.sheet for line in reading.problems),
            *(fault.sheet for fault in every),
        ]
        sheets = {name: place for place, name in enumerate(dict.fromkeys(named))}
        return tuple(sorted(every, key=lambda fault: (sheets[fault.sheet], fault.row or 0)))


@dataclass
class ImportPlan:
    """Everything that an import would write, and what it has to say."""

    units: UnitBook
    people: NewPeople
    files: list[FilePlan]
    new: list[ComingProblem] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    residents: dict[int, Resident] = field(default_factory=dict)
    contacts: Contacts = field(default_factory=Contacts)

    @property
    def has_errors(self) -> bool:
        """Whether anything is kept out."""
        return any(fault.severity == "error" for file in self.files for fault in file.faults)

    def take_new(self, at_once: int) -> Iterator[list[ComingProblem]]:
        """The new problems, some at a time; each is forgotten once it was given."""
        self.new.reverse()
        while self.new:
            some = self.new[: -at_once - 1 : -1]
            del self.new[-len(some) :]
            yield some

    @property
    def changes_anything(self) -> bool:
        """Whether there is anything to write."""
        people = self.people or self.contacts
        return bool(self.units.made or people or self.new or self.changes or self.residents)


def make_plan(
    r: LedgerReading,
    files: Sequence[FileRead],
    *,
    on: date,
    create_units: bool,
    by: Person | None,
    lock: bool,
    read_limit: ReadLimit,
) -> ImportPlan:
    """Judge all files: units first, then people, then problems, so that their order does not matter.

    `lock` holds the known problems against others. A fixed number of statements.
    """
    reach = ContactBook(contacts.all_contacts(r))
    book = import_units.book(r, create=create_units, contacts=reach)
    plans = [FilePlan(file.name, file.reading) for file in files]
    _list_units(plans, book)
    crowd = PeopleBook(people.roll(r), book, reach, on=on)
    _list_people(plans, crowd)
    plan = ImportPlan(book, crowd.new, plans, contacts=reach.new)
    _Problems(r, plan, crowd, on=on, by=by, lock=lock, read_limit=read_limit).judge()
    for each in plans:
        each.notes.tell(each.found)
    return plan


def _list_units(plans: Sequence[FilePlan], book: UnitBook) -> None:
    lines = [(plan, line) for plan in plans for line in plan.reading.units]
    ends = book.add_lists([(plan.found, line) for plan, line in lines])
    for (plan, _), end in zip(lines, ends, strict=True):
        plan.list_ends.append(end)


def _list_people(plans: Sequence[FilePlan], crowd: PeopleBook) -> None:
    lines = [(plan, line) for plan in plans for line in plan.reading.people]
    ends = crowd.add_lists([(plan.found, line) for plan, line in lines])
    for (plan, _), end in zip(lines, ends, strict=True):
        plan.list_ends.append(end)


class _Problems:
    """The problems of all files, against each other and against the ledger."""

    def __init__(
        self,
        r: LedgerReading,
        plan: ImportPlan,
        crowd: PeopleBook,
        *,
        on: date,
        by: Person | None,
        lock: bool,
        read_limit: ReadLimit,
    ) -> None:
        self._r, self._plan, self._crowd = r, plan, crowd
        self._on, self._by, self._lock, self._read_limit = on, by, lock, read_limit
        self._rules: Rules = r.current_rules()
        self._taken: dict[int, Placed] = {}

    def judge(self) -> None:
        placed = self._without_repeats(self._placed())
        known = known_rows.find(self._r, [each.asked for each in placed], lock=self._lock)
        self._near = self._near_titles(placed, known)
        for place, each in enumerate(placed):
            end = self._judge(place, each, known)
            self._plan.files[each.file].ends.append(end)
            if end in ("new", "updated") and any(map(str.isdigit, each.line.owner_phone)):
                self._reach_owner(each)

    def _reach_owner(self, each: Placed) -> None:
        """An official's telephone goes to the official; a resident's never comes here."""
        line, numbers = each.line, self._plan.files[each.file].notes.homeless_numbers
        if not self._crowd.fill_mobiles(line.owner, each.unit, line.owner_phone):
            numbers[line.sheet] = numbers.get(line.sheet, 0) + 1

    def _near_titles(self, placed: Sequence[Placed], known: KnownRows) -> NearTitles:
        """The known titles that rows without a 编号 may have been edited from: those that no row still has."""
        found = {case.id for case in known.cases.values()}
        fresh = [each.asked for place, each in enumerate(placed) if place not in known.cases]
        pairs = {(a.register_unit_id, a.unit_id) for a in fresh if a.external_number is None}
        return NearTitles(each for each in near_titles.of_units(self._r, pairs) if each.id not in found)

    def _tell_twin(self, each: Placed) -> None:
        if each.asked.external_number is not None:
            return
        twin = self._near.twin(each.register.id, each.unit.id, each.line.title)
        if twin is not None:
            told = (
                f"与台账里的“{twin.title}”（{twin.number}）只差几个字，这一行按新问题登记。"
                "如果是同一个问题改了标题，请改回原来的写法再导入，或作废（cancel）其中一个。"
            )
            each.say.warn(each.line.title_column, each.line.title, told)

    def _placed(self) -> list[Placed]:
        found: list[Placed] = []
        for number, file in enumerate(self._plan.files):
            for line in file.reading.problems:
                say = SayLine(file.found, line)
                each = import_lines.place(number, line, say, self._plan.units, file.notes, self._by)
                if each is None:
                    file.ends.append("refused")
                else:
                    found.append(each)
        return found

    def _without_repeats(self, placed: Sequence[Placed]) -> list[Placed]:
        """The lines, of several with one identity the first (DESIGN 4.8)."""
        first: dict[tuple[object, ...], Placed] = {}
        kept: list[Placed] = []
        for each in placed:
            other = first.setdefault(_identity(each.asked), each)
            if other is each:
                kept.append(each)
            else:
                self._plan.files[each.file].ends.append(self._repeat(each, other))
        return kept

    def _repeat(self, each: Placed, first: Placed) -> str:
        line, where = each.line, self._where(first, each)
        if each.asked.title_key == first.asked.title_key:
            told = f"与{where}是同一个问题，只登记一次。"
            each.say.warn(line.title_column, line.title, told)
            return "unchanged"
        number = line.external_number or line.our_number
        told = f"编号“{number}”与{where}重复，但问题不同。请核对编号。"
        each.say.error(line.number_column, number, told)
        return "refused"

    def _where(self, first: Placed, seen_from: Placed) -> str:
        file = "" if first.file == seen_from.file else f"{self._plan.files[first.file].reading.file}"
        sheet = f"“{first.line.sheet}”" if file or first.line.sheet != seen_from.line.sheet else ""
        return f"{file}{sheet}第{first.line.row}行"

    def _judge(self, place: int, each: Placed, known: KnownRows) -> str:
        line, case = each.line, known.cases.get(place)
        if place in known.cancelled:
            told = f"台账里这个问题（{known.cancelled[place]}）已经作废，没有再登记。"
            each.say.warn(line.title_column, line.title, told)
            return "unchanged"
        notes = self._plan.files[each.file].notes
        found_on = import_lines.found_day(each, case.row["found_on"] if case else None, notes, on=self._on)
        if found_on is None:
            return "refused"
        as_exported = case is not None and line.our_number and line.due_given == case.clock.due_on
        say = ErrorsOnly(each.say) if as_exported else each.say
        limit = judge_limit(line, found_on, self._rules, self._read_limit, say)
        if limit is None:
            return "refused"
        if case is not None:
            first = self._taken.setdefault(case.id, each)
            return self._repeat(each, first) if first is not each else self._known(each, known, place, limit)
        if place in known.twins:
            told = f"台账里有单位、标题相同但没有编号的问题（{known.twins[place]}），这一行按新问题登记，请核对。"
            each.say.warn(line.number_column, line.external_number or "", told)
        self._tell_twin(each)
        closed_on = import_lines.closed_day(each, on=self._on) if line.closed else None
        self._plan.new.append(ComingProblem(each, found_on, limit, closed_on))
        return "new"

    def _known(self, each: Placed, known: KnownRows, place: int, limit: JudgedLimit) -> str:
        case = known.cases[place]
        import_known.tell_acts(case, each, limit)
        rules = self._r.rules(case.clock.policy_id, case.clock.calendar_version)
        change = import_known.change_of(case, each, rules, on=self._on)
        if change is not None:
            self._plan.changes.append(change)
        before = known.residents.get(case.id, NOBODY)
        resident = Resident(each.resident.name or before.name, each.resident.phone or before.phone)
        raised = resident != before
        if raised:
            self._plan.residents[case.id] = resident
        return "updated" if change is not None or raised else "unchanged"


def _identity(asked: Asked) -> tuple[object, ...]:
    """By what two rows of one import are the same problem; a table that we wrote has our number."""
    if asked.our_number:
        return (asked.our_number,)
    if asked.external_number:
        return (asked.register_unit_id, asked.external_number)
    return (asked.register_unit_id, asked.unit_id, asked.title_key)
