"""A file → what it says. The only way into this room for those who import."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from xiaohao.errors import Unreadable
from xiaohao.workbooks.cells import narrow, plain
from xiaohao.workbooks.columns import Column, Field, Headings, Kind, load_headings
from xiaohao.workbooks.faults import Faults
from xiaohao.workbooks.grid import Book, Sheet
from xiaohao.workbooks.head import Head, HeadFinder
from xiaohao.workbooks.lines import HeadLine, PersonLine, ProblemLine, Reading, UnitLine
from xiaohao.workbooks.opening import open_book
from xiaohao.workbooks.problems import Around, read_problem
from xiaohao.workbooks.registers import read_people_list, read_unit_list
from xiaohao.workbooks.table import Record, Table, TableReader
from xiaohao.workbooks.unit_names import clean, is_unit
from xiaohao.workbooks.words import class_of_sheet

_TELL_EVERY = 10_000
_MOST_LISTED = 20  # rows that one sentence names
_GUIDE = re.compile(r"说明|填表|填报指南|字典|码表|选项|下拉|目录|封面|参数|模板|示例|样表")
_COUNTS_ONLY = "“问题”一列全是数字，看来是统计表，没有导入。"
_NAMED = {
    Field.TITLE: "问题内容",
    Field.UNIT: "责任单位",
    Field.LIMIT: "整改时限",
    Field.MEASURES: "整改措施",
    Field.FOUND_ON: "发现时间",
}


@dataclass(slots=True)
class _Ledger:
    """A ledger's sheet, half read: the filling date of one may help another."""

    sheet: Sheet
    table: Table
    is_guide: bool


def read(
    path: Path, *, headings: Headings | None = None, progress: Callable[[str], None] | None = None
) -> Reading:
    """Everything that the file says: problems, units, people, and each fault with its place.

    Rows with an error are not among the lines. Deadlines are not worked out and no name is looked up:
    that needs the ledger. Raises Unreadable, with one sentence, where the file is refused as a whole.
    """
    say = progress or (lambda _text: None)
    book = open_book(path)
    rows = sum(len(sheet.rows) for sheet in book.sheets)
    if rows >= _TELL_EVERY:
        say(f"{path.name}：读出 {rows} 行，正在逐行判读……")
    return _Reader(path, headings or load_headings(), say).read(book)


class _Reader:
    def __init__(self, path: Path, headings: Headings, say: Callable[[str], None]) -> None:
        self._path, self._headings, self._say = path, headings, say
        self._faults = Faults()
        self._problems: list[ProblemLine] = []
        self._units: list[UnitLine] = []
        self._people: list[PersonLine] = []
        self._ledgers: list[_Ledger] = []
        self._heads: list[HeadLine] = []
        self._known = False

    def read(self, book: Book) -> Reading:
        for sheet in book.sheets:
            self._open(sheet)
        if not self._known:
            self._refuse(book.sheets)
        for unseen in book.unseen:
            self._faults.warning("", None, "", None, unseen)
        filled_on = self._common_filling_date()
        for ledger in self._ledgers:
            self._read_ledger(ledger, filled_on)
        return Reading(
            self._path.name,
            _without_restarts(self._problems),
            tuple(self._units),
            tuple(self._people),
            self._faults.all(),
            tuple(self._heads),
        )

    def _open(self, sheet: Sheet) -> None:
        if not sheet.rows:
            return
        finder = HeadFinder(sheet, self._headings)
        head = finder.find(0)
        if sheet.hidden:
            self._faults.warning(
                sheet.name, None, "", None, "这是隐藏的工作表，没有导入。需要导入请先取消隐藏。"
            )
            self._known = self._known or head is not None
        elif head is None:
            if not _GUIDE.search(sheet.name):
                self._faults.warning(
                    sheet.name,
                    None,
                    "",
                    None,
                    "没有找到台账的表头（如“问题”“责任单位”“整改时限”），这张表没有导入。",
                )
        else:
            self._known = True
            self._take(sheet, head, finder)

    def _take(self, sheet: Sheet, head: Head, finder: HeadFinder) -> None:
        if head.kind is not Kind.LEDGER:
            self._keep_head(sheet, sheet.rows[head.last].number, head.kind, head.columns)
        if head.kind is Kind.UNITS:
            self._units += read_unit_list(sheet, head, self._faults)
        elif head.kind is Kind.PEOPLE:
            self._people += read_people_list(sheet, head, self._faults)
        else:
            table = TableReader(sheet, head, finder).read()
            for row, layout in zip(table.head_rows, table.layouts, strict=True):
                self._keep_head(sheet, row, head.kind, layout.columns.values())
            self._ledgers.append(_Ledger(sheet, table, _GUIDE.search(sheet.name) is not None))

    def _keep_head(self, sheet: Sheet, row: int, kind: Kind, columns: Iterable[Column]) -> None:
        listed = tuple((column.index, column.heading, column.field.value) for column in columns)
        self._heads.append(HeadLine(sheet.name, row, kind.value, listed))

    def _refuse(self, sheets: list[Sheet]) -> None:
        if not any(sheet.rows for sheet in sheets):
            raise Unreadable("文件是空的，没有可导入的内容。")
        raise Unreadable(
            "没有找到台账的表头，不像是问题台账。请确认表里有“问题”“责任单位”“整改时限”等列名，或用 export --template 生成模板。"
        )

    def _common_filling_date(self) -> date | None:
        """The filling date of the file, where all sheets that have one agree."""
        days = {ledger.table.filled_on for ledger in self._ledgers if ledger.table.filled_on}
        return days.pop() if len(days) == 1 else None

    def _read_ledger(self, ledger: _Ledger, filled_on: date | None) -> None:
        if ledger.is_guide:
            if ledger.table.records:
                self._faults.warning(
                    ledger.sheet.name,
                    None,
                    "",
                    None,
                    "看名称是填表说明，里面的行没有导入。要导入请改工作表的名称。",
                )
            return
        if _only_counts(ledger.table):
            self._faults.warning(ledger.sheet.name, None, "", None, _COUNTS_ONLY)
            return
        around = self._around(ledger, filled_on)
        self._tell_layout(ledger)
        for count, record in enumerate(ledger.table.records, 1):
            if count % _TELL_EVERY == 0:
                self._say(f"{self._path.name}：已判读 {count} 行……")
            line = read_problem(record, around, self._faults)
            if line is not None:
                self._problems.append(line)
        for record in ledger.table.struck:
            self._tell_struck(ledger.sheet, record)
        self._tell_passed_over(ledger)

    def _around(self, ledger: _Ledger, filled_on: date | None) -> Around:
        table, name = ledger.table, ledger.sheet.name or self._path.stem
        own = _own_unit(name, table)
        return Around(own, table.filled_on or filled_on, class_of_sheet(ledger.sheet.name), ledger.sheet.name)

    def _tell_layout(self, ledger: _Ledger) -> None:
        for layout in ledger.table.layouts:
            column = next((c for f, c in layout.by_field.items() if f.value == "limit"), None)
            if layout.guessed_limit and column is not None:
                self._faults.warning(
                    ledger.sheet.name,
                    None,
                    column.heading,
                    None,
                    f"表中没有整改时限一列，把“{column.heading}”当作整改时限。",
                )
            for column in layout.guesses:
                named = _NAMED.get(column.field, column.field.value)
                told = f"表中没有{named}一列，把“{column.heading}”当作{named}。"
                self._faults.warning(ledger.sheet.name, None, column.heading, None, told)

    def _tell_passed_over(self, ledger: _Ledger) -> None:
        """The rows that were left out for their words and might be problems, in one sentence a sheet."""
        rows = ledger.table.passed_over
        if rows:
            listed = "、".join(map(str, rows[:_MOST_LISTED])) + ("等" if len(rows) > _MOST_LISTED else "")
            told = f"第{listed}行看来是合计、落款或表名，没有导入，请核对。若是问题，请填写序号和责任单位。"
            self._faults.warning(ledger.sheet.name, None, "", None, told)

    def _tell_struck(self, sheet: Sheet, record: Record) -> None:
        title = record.first(
            next((c for f, c in record.context.layout.by_field.items() if f.value == "title"), None)
        )
        self._faults.warning(sheet.name, record.number, "", title, "整行有删除线，按作废处理，没有导入。")


def _only_counts(table: Table) -> bool:
    """Whether a table has only numbers where the problems should be: it counts them by unit.

    One that we wrote never does: its titles are what they are.
    """
    if any(layout.get(Field.OUR_NUMBER) is not None for layout in table.layouts):
        return False
    titles = (record.first(record.context.layout.get(Field.TITLE)) for record in table.records)
    return bool(table.records) and all(
        title is not None and re.fullmatch(r"[\d.%/-]+", narrow(plain(title))) for title in titles
    )


def _own_unit(name: str, table: Table) -> str | None:
    """The unit whose own sheet this is, by the sheet's name (静和苑社区, or 静和苑 where the unit line completes it)."""
    bare = clean(re.sub(r"[(（].*[)）]$|^\d+[.、]?|台账$|清单$", "", name))
    if is_unit(bare):
        return bare
    filed = table.register_unit
    return filed if filed and len(bare) >= 2 and filed.startswith(bare) and is_unit(filed) else None


def _without_restarts(problems: list[ProblemLine]) -> tuple[ProblemLine, ...]:
    """The problems, a 编号 that merely counts 1, 2, 3 and starts again taken for the serial that it is."""
    by_unit: dict[str | None, list[ProblemLine]] = {}
    for line in problems:
        by_unit.setdefault(line.register_unit_name, []).append(line)
    serials = {
        unit
        for unit, lines in by_unit.items()
        if all(re.fullmatch(r"\d{1,4}", line.external_number or "1") for line in lines)
        and sum(line.external_number in ("1", "01", "001") for line in lines) > 1
    }
    return tuple(
        replace(line, external_number=None, serial=line.serial or line.external_number or "")
        if line.register_unit_name in serials
        else line
        for line in problems
    )
