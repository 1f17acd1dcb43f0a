"""What a file says, line by line: frozen values that leave this room. Nothing here is judged against a ledger."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from xiaohao.vocabulary import RectificationClass, Role, Source, UnitKind

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a file that a person must look at. An error keeps its row out, a warning does not.

    `row` counts as Excel does (in CSV the number of the record); None speaks of the whole sheet.
    `column` is the heading as written, without blanks; "" speaks of the whole row.
    """

    severity: Severity
    sheet: str
    row: int | None
    column: str
    value: str
    message: str


@dataclass(frozen=True, slots=True)
class MeasureLine:
    """One 整改措施: its text without its number, its own last day and the day on which it was done."""

    text: str
    due_on: date | None = None
    done_on: date | None = None
    owner: str = ""


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """One problem as the sheet states it, over however many rows it stands.

    `row` is its first row. `external_number` is 编号 or its kin, never 序号 (`serial`, as shown).
    `found_on` is None where the row has none; `filled_on` is the sheet's or file's filling date.
    `rectification_class` is None where neither a column nor a section nor the sheet's name gives it:
    then the limit decides. `limit_text` is as written; `due_given` is set where the cell is a real date.
    `extra` keeps the columns without a home, heading and text. `our_number` is the ledger's own number
    in a table that we wrote, "" in any other.
    """

    sheet: str
    row: int
    external_number: str | None
    serial: str
    title: str
    description: str
    category: str
    source: Source | None
    source_text: str
    place: str
    unit_name: str | None
    co_unit_names: tuple[str, ...]
    register_unit_name: str | None
    found_on: date | None
    filled_on: date | None
    rectification_class: RectificationClass | None
    limit_text: str
    due_given: date | None
    measures: tuple[MeasureLine, ...]
    progress: str
    closed: bool
    closed_on: date | None
    owner: str
    owner_phone: str
    resident_name: str
    resident_phone: str
    amount_fen: int | None
    extra: tuple[tuple[str, str], ...]
    limit_column: str = "整改时限"
    unit_column: str = "责任单位"
    number_column: str = "编号"
    title_column: str = "问题"
    class_column: str = "整改类型"
    our_number: str = ""


@dataclass(frozen=True, slots=True)
class UnitLine:
    """One row of a list of units. A district has no parent.

    `contacts` are its groups: a channel's word and the name of the robot there, as written.
    """

    sheet: str
    row: int
    name: str
    kind: UnitKind
    parent_name: str | None
    code: str | None
    contacts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One row of a list of people: who holds which role in which unit. Both days are inclusive.

    `deputy_of` names the person for whom this one stands in (AB角), else None. `contacts` are a
    channel's word and the address there, as written.
    """

    sheet: str
    row: int
    name: str
    unit_name: str
    role: Role
    mobile: str
    from_on: date | None
    until_on: date | None
    code: str | None
    deputy_of: str | None = None
    contacts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class HeadLine:
    """A table's head: the row of its lowest labels, and of each column index (from 0), heading and field."""

    sheet: str
    row: int
    kind: str
    columns: tuple[tuple[int, str, str], ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """All that one file says: good lines, and every fault. Rows with an error are not among the lines."""

    file: str
    problems: tuple[ProblemLine, ...]
    units: tuple[UnitLine, ...]
    people: tuple[PersonLine, ...]
    faults: tuple[Fault, ...]
    heads: tuple[HeadLine, ...] = ()

    @property
    def has_errors(self) -> bool:
        """Whether a row or sheet was kept out."""
        return any(fault.severity == "error" for fault in self.faults)
