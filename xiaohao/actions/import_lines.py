"""导入 of problems: one line of a file, judged against units and rules, as what may be registered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from xiaohao.actions.import_limits import FIRST_DAY, JudgedLimit
from xiaohao.actions.import_units import BookUnit, NoUnit, UnitBook
from xiaohao.ledger.known_rows import Asked
from xiaohao.ledger.new_problems import NewMeasure, NewProblem, NewReport, title_key
from xiaohao.ledger.residents import Resident
from xiaohao.rules.authority import Person
from xiaohao.vocabulary import Entered
from xiaohao.workbooks.faults import Faults
from xiaohao.workbooks.lines import ProblemLine
from xiaohao.workbooks.reports import read_reports

FOUND_COLUMN = "发现时间"
CO_UNIT_COLUMN = "协办单位"
REGISTER_COLUMN = "填报单位"
OWNER_COLUMN = "责任人"
SOURCE_COLUMN = "来源"


@dataclass
class SayLine:
    """Tells the faults of one line; `refused` once one of them keeps it out."""

    faults: Faults
    line: ProblemLine
    refused: bool = False

    def error(self, column: str, value: str, message: str) -> None:
        """A fault that keeps the row out."""
        self.refused = True
        self.faults.error(self.line.sheet, self.line.row, column, value, message)

    def warn(self, column: str, value: str, message: str) -> None:
        """A fault that a person should look at."""
        self.faults.warning(self.line.sheet, self.line.row, column, value, message)


@dataclass(frozen=True)
class ErrorsOnly:
    """Passes errors on and keeps warnings back: for what the ledger holds as it stands in the file."""

    say: SayLine

    def error(self, column: str, value: str, message: str) -> None:
        """A fault that keeps the row out."""
        self.say.error(column, value, message)

    def warn(self, column: str, value: str, message: str) -> None:
        """Nothing: it was told when the row came in."""


@dataclass
class FileNotes:
    """What is said once a file: rows without a day of finding, filers and persons that are not known."""

    without_day: dict[str, list[date]] = field(default_factory=dict)
    unknown_filers: dict[str, str] = field(default_factory=dict)
    homeless_numbers: dict[str, int] = field(default_factory=dict)

    def tell(self, faults: Faults) -> None:
        """Say it."""
        for name, sheet in self.unknown_filers.items():
            told = f"没有“{name}”这个单位，填报单位按区一级处理。"
            faults.warning(sheet, None, REGISTER_COLUMN, name, told)
        for sheet, count in self.homeless_numbers.items():
            told = (
                f"{count} 行责任人的电话没有登记：台账的人员里没有这个人，或他登记的是另一个号码。"
                "需要时请导入人员表（姓名、单位、职务、手机号）。"
            )
            faults.warning(sheet, None, OWNER_COLUMN, "", told)
        days = [day for found in self.without_day.values() for day in found]
        if days:
            sheet = next(iter(self.without_day)) if len(self.without_day) == 1 else ""
            listed = "、".join(str(day) for day in sorted(set(days)))
            told = f"{len(days)} 行没有发现时间，按填报日期或导入日期（{listed}）处理。"
            faults.warning(sheet, None, FOUND_COLUMN, "", told)


@dataclass(frozen=True)
class Placed:
    """A line with the units that it names. `file` is its file's place in the import."""

    file: int
    line: ProblemLine
    say: SayLine
    register: BookUnit
    unit: BookUnit
    co_units: tuple[BookUnit, ...]

    @property
    def asked(self) -> Asked:
        """Its identity (DESIGN 4.8)."""
        line = self.line
        key = title_key(line.title)
        return Asked(self.register.id, self.unit.id, line.external_number, key, line.our_number)

    @property
    def resident(self) -> Resident:
        """Who raised it, as far as the file tells."""
        return Resident(self.line.resident_name, self.line.resident_phone)

    @property
    def extra(self) -> dict[str, str]:
        """The columns without a home of their own, by heading."""
        line = self.line
        extra = dict(line.extra)
        if line.owner:
            extra[OWNER_COLUMN] = line.owner
        if line.source is None and line.source_text:
            extra[SOURCE_COLUMN] = line.source_text
        return extra


def place(
    file: int, line: ProblemLine, say: SayLine, book: UnitBook, notes: FileNotes, by: Person | None
) -> Placed | None:
    """Find the units of a line; None, with every unit that is not known told, where one is not."""
    register = _register_unit(line, book, notes)
    unit = _unit(line.unit_name or "", line.unit_column, say, book, register)
    helping = [_unit(name, CO_UNIT_COLUMN, say, book, register) for name in line.co_unit_names]
    register = register or book.district
    if unit is None or register is None or say.refused:
        return None
    if by is not None and not by.over(unit.path):
        told = f"{by.name}（{by.code}）在{unit.name}及其上级单位没有任职，不能为它导入问题。"
        say.error(line.unit_column, line.unit_name or "", told)
        return None
    others = {each.id: each for each in helping if each is not None and each.id != unit.id}
    return Placed(file, line, say, register, unit, tuple(others.values()))


def _register_unit(line: ProblemLine, book: UnitBook, notes: FileNotes) -> BookUnit | None:
    name = line.register_unit_name
    if not name:
        return book.district
    found = book.filer(name)
    if found is None:
        notes.unknown_filers.setdefault(name, line.sheet)
    return found or book.district


def _unit(name: str, column: str, say: SayLine, book: UnitBook, register: BookUnit | None) -> BookUnit | None:
    found = book.named(name, near=register)
    if isinstance(found, NoUnit):
        say.error(column, name, found.message)
        return None
    return found


def found_day(placed: Placed, known_day: date | None, notes: FileNotes, *, on: date) -> date | None:
    """The day of finding: the line's, the ledger's, the filing date's, else `on`. None: an error was told.

    A known row without one keeps the ledger's; the last two are told once a file.
    """
    line = placed.line
    if line.found_on is None:
        if known_day is not None:
            return known_day
        day = on if line.filled_on is None else min(line.filled_on, on)
        notes.without_day.setdefault(line.sheet, []).append(day)
        return day
    if line.found_on > on:
        told = f"发现时间 {line.found_on} 晚于导入日期 {on}，请核对年份。"
        placed.say.error(FOUND_COLUMN, str(line.found_on), told)
        return None
    if line.found_on < FIRST_DAY:
        told = f"发现时间 {line.found_on} 太早（{FIRST_DAY.year}年以前），请核对。"
        placed.say.error(FOUND_COLUMN, str(line.found_on), told)
        return None
    return line.found_on


def new_problem(
    placed: Placed, found_on: date, limit: JudgedLimit, unit_ids: Mapping[int, int], *, closed_on: date | None
) -> NewProblem:
    """A line as a new problem; closed as historic on `closed_on`, where the file says that it is closed."""
    line = placed.line

    def id_of(unit: BookUnit) -> int:
        return unit_ids.get(unit.id, unit.id)

    return NewProblem(
        Entered.IMPORT,
        line.title,
        id_of(placed.unit),
        id_of(placed.register),
        limit.rectification_class,
        found_on,
        external_number=line.external_number,
        description=line.description,
        category=line.category,
        source=line.source,
        place=line.place,
        limit_text=line.limit_text.strip(),
        due_given=limit.due_given,
        term=limit.term,
        review_every=limit.review_every,
        co_unit_ids=tuple(id_of(unit) for unit in placed.co_units),
        measures=tuple(NewMeasure(m.text, m.due_on, m.done_on, m.owner) for m in line.measures),
        reports=tuple(NewReport(report.text, report.on) for report in read_reports(line.progress)),
        amount_fen=line.amount_fen,
        extra=placed.extra,
        closed_on=closed_on,
    )


def closed_day(placed: Placed, *, on: date) -> date:
    """The day on which a row was closed: its own, else the filing date, else `on`; never later than `on`."""
    line = placed.line
    if line.closed_on is not None and line.closed_on > on:
        told = f"销号时间 {line.closed_on} 晚于导入日期，按 {on} 登记，请核对。"
        placed.say.warn("销号时间", str(line.closed_on), told)
    return min(line.closed_on or line.filled_on or on, on)
