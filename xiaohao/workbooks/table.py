"""A ledger's sheet: its tables, and in them the rows of each problem, with all that stands round them."""

from dataclasses import dataclass, field
from datetime import date

from xiaohao.vocabulary import RectificationClass
from xiaohao.workbooks import margins
from xiaohao.workbooks.cells import packed
from xiaohao.workbooks.columns import Column, Field
from xiaohao.workbooks.grid import Row, Sheet, Value
from xiaohao.workbooks.head import Head, HeadFinder
from xiaohao.workbooks.layout import Layout, settle
from xiaohao.workbooks.merges import Filled
from xiaohao.workbooks.sections import Preamble, RowKind, Section, Sections, kind_of_row, names_a_table

_AT_A_GLANCE = 4  # characters: a row that numbers the columns has fewer
_NARROW = 2  # columns: a title line is merged over more
_LINES_OF_TITLE = 4  # between a table's title and its head at most
_SAMPLE = 400  # rows by which doubtful columns are settled
_SAME = frozenset(["同上", "〃", "″", "″″", "''", '"', "同前", "同左"])


@dataclass(slots=True)
class Context:
    """What stands round a problem's rows: its table's layout, title lines and sections."""

    sheet: Sheet
    layout: Layout
    preamble: Preamble
    section_class: RectificationClass | None = None
    section_unit: str | None = None
    topic: str = ""
    closed_as: str = ""  # the section that says that it is closed


@dataclass(slots=True)
class Record:
    """The rows of one problem, merged cells filled in; `left_out` are rows of it that are struck through."""

    context: Context
    filled: Filled
    rows: list[Row]
    left_out: list[Row] = field(default_factory=list)

    @property
    def number(self) -> int:
        """The first row, as Excel counts."""
        return self.rows[0].number

    def cells(self, column: Column | None) -> list[Value]:
        """The column's values, one a row, those of merges included."""
        if column is None:
            return [None] * len(self.rows)
        return [self._cell(row, column.index) for row in self.rows]

    def own(self, column: Column | None) -> list[Value]:
        """The column's values, one a row, None where a merge from above gives it."""
        if column is None:
            return [None] * len(self.rows)
        return [row.at(column.index) for row in self.rows]

    def first(self, column: Column | None) -> Value:
        """The first value that is not empty."""
        return next((v for v in self.cells(column) if v is not None), None)

    def _cell(self, row: Row, column: int) -> Value:
        value = row.at(column)
        return self.filled.value(row.number, column) if value is None else value


@dataclass(slots=True)
class Table:
    """All records of a ledger's sheet, with the lines round them; `struck` rows are not among the records."""

    records: list[Record] = field(default_factory=list)
    struck: list[Record] = field(default_factory=list)
    layouts: list[Layout] = field(default_factory=list)
    head_rows: list[int] = field(default_factory=list)  # of each layout
    filled_on: date | None = None
    register_unit: str | None = None
    title: str = ""
    passed_over: list[int] = field(default_factory=list)  # rows left out that might be problems


class TableReader:
    """Walks down a sheet and gathers its records."""

    def __init__(self, sheet: Sheet, head: Head, finder: HeadFinder) -> None:
        self._sheet, self._finder = sheet, finder
        self._filled = Filled(sheet)
        self._table = Table()
        self._preamble = Preamble()
        self._sections = Sections()
        self._same: dict[int, Value] = {}
        self._head = head

    def read(self) -> Table:
        rows = self._sheet.rows
        for row in rows[: self._head.first]:
            self._preamble.read(row, from_1904=self._sheet.from_1904)
        index = self._begin(self._head)
        while index < len(rows):
            index = self._step(index)
        self._table.filled_on = self._preamble.filled_on
        self._table.register_unit = self._preamble.register_unit
        self._table.title = self._preamble.title
        return self._table

    def _begin(self, head: Head) -> int:
        self._head = head
        self._layout = settle(head.columns, self._sheet.rows[head.last + 1 : head.last + 1 + _SAMPLE])
        self._table.layouts.append(self._layout)
        self._table.head_rows.append(self._sheet.rows[head.last].number)
        self._current: Record | None = None
        return head.last + 1

    def _step(self, index: int) -> int:
        row = self._sheet.rows[index]
        if (head := self._repeated_head(index)) is not None:
            if [c.heading for c in head.columns] == [c.heading for c in self._head.columns]:
                return head.last + 1
            return self._begin(head)
        kind = self._kind(index)
        self._note_passed_over(index, kind)
        match kind:
            case RowKind.PROBLEM:
                self._take(row)
                return index + 1
            case RowKind.SIGNATURE:
                self._preamble.read(row, from_1904=self._sheet.from_1904, may_be_title=False)
            case RowKind.TITLE:
                self._open_table(row)
            case Section() as section:
                self._sections.enter(section)
        self._current = None
        return index + 1

    def _kind(self, index: int) -> RowKind | Section:
        """What the row is; one that a problem's merged cells run through belongs to it."""
        row, title = self._sheet.rows[index], self._layout.get(Field.TITLE)
        if self._is_numbered(row):
            return RowKind.PROBLEM
        goes_on = self._current is not None and title is not None
        if goes_on and title is not None and self._filled.runs_through(row.number, title.index):
            return RowKind.PROBLEM
        given, below = self._filled.given(row.number), self._is_below(index)
        kind = kind_of_row(row, self._layout.columns, self._width(row), given=given, below=below)
        if kind is RowKind.TITLE and self._is_among_problems(index) and not names_a_table(self._title(row)):
            return RowKind.PROBLEM
        return kind

    def _title(self, row: Row) -> str:
        return margins.title_of(list(row.filled()), self._layout.columns)

    def _is_among_problems(self, index: int) -> bool:
        """Whether what ends as a table's title does stands in the column of problems, and no table begins with it."""
        row = self._sheet.rows[index]
        if not self._title(row) or self._width(row) > _NARROW:
            return False
        ahead = range(index + 1, min(index + 1 + _LINES_OF_TITLE, len(self._sheet.rows)))
        return all(self._repeated_head(i) is None for i in ahead)

    def _note_passed_over(self, index: int, kind: RowKind | Section) -> None:
        """Keep in mind a row that was left out although it might be a problem."""
        row = self._sheet.rows[index]
        if kind is RowKind.TITLE:
            doubtful = self._is_among_problems(index) and packed(self._title(row)) != "续表"
        else:
            left_out = kind is RowKind.SKIPPED or kind is RowKind.SIGNATURE
            doubtful = left_out and margins.is_doubtful(list(row.filled()), self._layout.columns)
        if doubtful:
            self._table.passed_over.append(row.number)

    def _is_numbered(self, row: Row) -> bool:
        """Whether it is plain at a glance that the row is an entry, as most are: a number and a sentence."""
        serial, title = self._layout.get(Field.SERIAL), self._layout.get(Field.TITLE)
        if serial is None or title is None:
            return False
        number, text = row.at(serial.index), row.at(title.index)
        is_number = isinstance(number, int) or (isinstance(number, str) and number.isdecimal())
        return is_number and isinstance(text, str) and len(text) > _AT_A_GLANCE

    def _is_below(self, index: int) -> bool:
        """Whether a row stands below the entries: at the end, or apart from them by an empty row."""
        rows = self._sheet.rows
        gap = rows[index].number - rows[index - 1].number > 1
        return gap or index + 1 == len(rows) or not self._is_entry(rows[index + 1])

    def _is_entry(self, row: Row) -> bool:
        title = self._layout.get(Field.TITLE)
        return title is not None and row.at(title.index) is not None

    def _repeated_head(self, index: int) -> Head | None:
        first = next(((i, v) for i, v in self._sheet.rows[index].filled()), None)
        if first is None or not isinstance(first[1], str) or not self._finder.may_begin(first[1]):
            return None
        head = self._finder.at(index)
        return head if head is not None and head.kind is self._head.kind else None

    def _open_table(self, row: Row) -> None:
        """A further table of the same sheet, with its own title and lines."""
        before, self._preamble = self._preamble, Preamble()
        self._preamble.read(row, from_1904=self._sheet.from_1904)
        self._preamble.filled_on = self._preamble.filled_on or before.filled_on
        if self._preamble.title_unit is None:
            self._preamble.register_unit = before.register_unit
        self._sections = Sections()
        self._current = None

    def _width(self, row: Row) -> int:
        first = next(iter(row.filled()), None)
        return self._filled.width(row.number, first[0]) if first else 1

    def _take(self, row: Row) -> None:
        self._resolve(row)
        goes_on = self._current is not None and self._continues(row)
        if self._is_struck(row):
            if goes_on and self._current is not None:
                self._current.left_out.append(row)
            else:
                self._table.struck.append(self._record(row))
                self._current = None
        elif goes_on and self._current is not None:
            self._current.rows.append(row)
        else:
            self._current = self._record(row)
            self._table.records.append(self._current)

    def _resolve(self, row: Row) -> None:
        """Put in what 同上 refers to."""
        for column, value in row.filled():
            if isinstance(value, str) and len(value) <= 4 and packed(value) in _SAME:
                row.values[column] = self._same.get(column)
            else:
                self._same[column] = value

    def _record(self, row: Row) -> Record:
        context = Context(
            self._sheet,
            self._layout,
            self._preamble,
            self._sections.rectification_class,
            self._sections.unit_name,
            self._sections.topic,
            self._sections.closed_as,
        )
        return Record(context, self._filled, [row])

    def _is_struck(self, row: Row) -> bool:
        """Whether the row is struck through from end to end; 序号 and 备注 may stay."""
        if not row.struck:
            return False
        told = {
            index
            for index, _ in row.filled()
            if (column := self._layout.columns.get(index)) is None
            or column.field not in (Field.SERIAL, Field.EXTRA)
        }
        return bool(told) and told <= row.struck

    def _continues(self, row: Row) -> bool:
        """Whether the row goes on with the problem above: merged with it, or a measure without a title."""
        if self._current is None:
            return False
        title = self._layout.get(Field.TITLE)
        if title is None:
            return False
        if self._filled.runs_through(row.number, title.index):
            return True
        if row.at(title.index) is not None:
            return self._repeats(row)
        names = [self._layout.get(f) for f in (Field.SERIAL, Field.NUMBER)]
        if any(column and row.at(column.index) is not None for column in names):
            return False
        measures = self._layout.get(Field.MEASURES)
        if measures and row.at(measures.index) is not None:
            own = [self._layout.get(Field.CLASS), self._layout.get(Field.FOUND_ON)]
            return not all(column and row.at(column.index) is not None for column in own)
        units = self._layout.units[:1]
        return not any(row.at(column.index) is not None for column in units)

    def _repeats(self, row: Row) -> bool:
        """Whether the row repeats number, title and unit of the row above to add a measure."""
        assert self._current is not None
        above = self._current.rows[0]
        measures = self._layout.get(Field.MEASURES)
        names = [c for f in (Field.TITLE, Field.SERIAL, Field.NUMBER) if (c := self._layout.get(f))]
        if measures is None or not any(
            row.at(c.index) is not None for c in names if c.field is not Field.TITLE
        ):
            return False
        same = all(
            packed(row.at(c.index)) == packed(above.at(c.index)) for c in [*names, *self._layout.units[:1]]
        )
        return same and packed(row.at(measures.index)) != packed(self._current.rows[-1].at(measures.index))
