"""A sheet as rows of plain values, whichever format it came from."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time

MOST_CELLS = 3_000_000  # that hold something, in one sheet


@dataclass(frozen=True, slots=True)
class CellError:
    """A cell that shows an error: #REF!, #N/A, ####."""

    code: str


@dataclass(frozen=True, slots=True)
class LostFormula:
    """A formula whose result was not saved with the file."""

    formula: str


Value = str | int | float | bool | datetime | time | CellError | LostFormula | None


@dataclass(slots=True)
class Row:
    """One row; a cell without text is None. `struck`: the columns that are struck through.

    `partly`: those where a part of the text is; that part is not in the value.
    """

    number: int
    values: list[Value]
    struck: frozenset[int] = frozenset()
    partly: frozenset[int] = frozenset()

    def at(self, column: int) -> Value:
        """The value in that column (from 0), None beyond the end."""
        return self.values[column] if column < len(self.values) else None

    def filled(self) -> Iterator[tuple[int, Value]]:
        """Column and value of each cell that holds something."""
        return ((i, v) for i, v in enumerate(self.values) if v is not None)


@dataclass(frozen=True, slots=True)
class Merge:
    """Merged cells: rows as Excel counts them, columns from 0, all ends inclusive."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int


@dataclass(slots=True)
class Sheet:
    """A sheet: only rows that hold something, in order."""

    name: str
    rows: list[Row]
    merges: list[Merge] = field(default_factory=list)
    hidden: bool = False
    from_1904: bool = False


@dataclass(slots=True)
class Book:
    """The sheets of a file, and what its format does not let us see (a sentence each)."""

    sheets: list[Sheet]
    unseen: tuple[str, ...] = ()
