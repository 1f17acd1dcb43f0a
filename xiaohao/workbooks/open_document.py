"""OpenDocument spreadsheets (.ods; ISO/IEC 26300) → sheets, in one pass over content.xml."""

from dataclasses import dataclass, field
from datetime import datetime

from xiaohao.errors import Unreadable
from xiaohao.workbooks.cells import is_blank
from xiaohao.workbooks.grid import MOST_CELLS, CellError, LostFormula, Merge, Row, Sheet, Value
from xiaohao.workbooks.markup import Attributes, walk
from xiaohao.workbooks.package import Package

_WIDEST_REPEAT = 1024  # columns that one cell may fill
_LONGEST_REPEAT = 10_000  # rows that one row may fill


def is_open_document(package: Package) -> bool:
    """Whether the package is an OpenDocument file of any kind."""
    return package.has("mimetype") and package.has("content.xml")


def read_open_document(package: Package) -> list[Sheet]:
    """The sheets of the file, hidden ones too. Raises Unreadable for a locked one and for other documents."""
    kind = b"".join(package.pieces("mimetype")).decode("ascii", "replace")
    if "spreadsheet" not in kind:
        raise Unreadable("这是文字或演示文稿，不是表格。请把台账另存为 Excel 工作簿（.xlsx）。")
    if package.has("META-INF/manifest.xml"):
        manifest = b"".join(package.pieces("META-INF/manifest.xml"))
        if b"encryption-data" in manifest:
            raise Unreadable("文件设了打开密码，请取消密码后另存再导入。")
    looks = _Looks()
    for part in ("styles.xml", "content.xml"):
        if package.has(part):
            walk(package.pieces(part), start=looks.start)
    reader = _ContentReader(looks)
    walk(package.pieces("content.xml"), start=reader.start, end=reader.end, text=reader.text)
    return reader.sheets


@dataclass(slots=True)
class _Looks:
    """The names of styles that strike text through, and of those that hide a sheet."""

    struck: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    name: str = ""

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "style":
            self.name = attributes.get("style:name", "")
        elif tag == "text-properties":
            told = {attributes.get(f"style:text-line-through-{what}", "none") for what in ("style", "type")}
            if told != {"none"}:
                self.struck.add(self.name)
        elif tag == "table-properties" and attributes.get("table:display") == "false":
            self.hidden.add(self.name)


class _ContentReader:
    """Follows tables, rows, cells; what stands in a remark or a drawing is no cell's text."""

    def __init__(self, looks: _Looks) -> None:
        self.sheets: list[Sheet] = []
        self._looks = looks
        self._row = self._column = 0
        self._repeat = 1
        self._values: dict[int, Value] = {}
        self._struck: set[int] = set()
        self._partly: set[int] = set()
        self._cell: Attributes | None = None
        self._lines: list[
            list[tuple[str, bool]]
        ] = []  # of each line the pieces, and which are struck through
        self._spans: list[bool] = []
        self._aside = 0
        self._count = 0

    def start(self, tag: str, attributes: Attributes) -> None:
        if self._aside or tag in ("annotation", "frame", "custom-shape"):
            self._aside += 1
        elif tag == "table" and self._cell is None:
            hidden = attributes.get("table:style-name", "") in self._looks.hidden
            self.sheets.append(Sheet(attributes.get("table:name", ""), [], [], hidden))
            self._row = 0
        elif tag == "table-row":
            self._repeat = _number(attributes.get("table:number-rows-repeated"))
            self._column, self._values, self._struck = 0, {}, set()
            self._partly = set()
        elif tag in ("table-cell", "covered-table-cell"):
            self._cell, self._lines, self._spans = attributes, [], []
        elif self._cell is not None:
            self._inside(tag, attributes)

    def _inside(self, tag: str, attributes: Attributes) -> None:
        if tag in ("p", "h"):
            self._lines.append([])
        elif tag == "span":
            self._spans.append(attributes.get("text:style-name", "") in self._looks.struck)
        elif tag == "s":
            self.text(" " * min(_number(attributes.get("text:c")), 100))
        elif tag in ("tab", "line-break"):
            self.text(" " if tag == "tab" else "\n")

    def text(self, piece: str) -> None:
        if self._cell is not None and self._lines and not self._aside:
            self._lines[-1].append((piece, any(self._spans)))

    def end(self, tag: str) -> None:
        if self._aside:
            self._aside -= 1
        elif tag in ("table-cell", "covered-table-cell") and self._cell is not None:
            self._close_cell(self._cell)
            self._cell = None
        elif tag == "span" and self._spans:
            self._spans.pop()
        elif tag == "table-row" and self.sheets:
            self._close_row()

    def _close_cell(self, cell: Attributes) -> None:
        stands, gone = self._shown(struck=False), self._shown(struck=True)
        is_struck = not is_blank(gone) and is_blank(stands)
        value = self._worth(cell, gone if is_struck else stands)
        width = _number(cell.get("table:number-columns-repeated"))
        rows, columns = (_number(cell.get(f"table:number-{what}-spanned")) for what in ("rows", "columns"))
        if rows > 1 or columns > 1:
            first = self._row + 1
            merge = Merge(first, self._column, first + rows - 1, self._column + columns - 1)
            self.sheets[-1].merges.append(merge)
        if value is not None:
            for column in range(self._column, self._column + min(width, _WIDEST_REPEAT)):
                self._values[column] = value
                if is_struck or cell.get("table:style-name", "") in self._looks.struck:
                    self._struck.add(column)
                elif not is_blank(gone):
                    self._partly.add(column)
        self._column += width

    def _shown(self, *, struck: bool) -> str:
        """The text of the cell that is struck through, or the rest of it."""
        return "\n".join("".join(piece for piece, is_so in line if is_so is struck) for line in self._lines)

    def _worth(self, cell: Attributes, shown: str) -> Value:
        kind = cell.get("office:value-type", "")
        if "\x00" in shown:
            raise Unreadable("表格里含有空字符（NUL），内容可能已损坏，请修正后再导入。")
        if cell.get("calcext:value-type") == "error" or shown.startswith("Err:"):
            return CellError(shown)
        if kind in ("float", "currency", "percentage"):
            return _figure(cell.get("office:value", ""), shown)
        if kind == "date":
            return _moment(cell.get("office:date-value", ""), shown)
        if kind == "boolean":
            return cell.get("office:boolean-value") == "true"
        text = shown or cell.get("office:string-value", "")
        if not is_blank(text):
            return text
        formula = cell.get("table:formula")
        return LostFormula(formula) if formula and not kind else None

    def _close_row(self) -> None:
        if self._values:
            if self._repeat > _LONGEST_REPEAT:
                raise Unreadable("同样的一行重复了上万次，不像是正常的台账。请删去多余的行后再导入。")
            self._count += len(self._values) * self._repeat
            if self._count > MOST_CELLS:
                raise Unreadable(f"单元格超过 {MOST_CELLS // 10000} 万个，请拆成几个文件。")
            for number in range(self._row + 1, self._row + self._repeat + 1):
                values: list[Value] = [self._values.get(c) for c in range(max(self._values) + 1)]
                struck, partly = frozenset(self._struck), frozenset(self._partly)
                self.sheets[-1].rows.append(Row(number, values, struck, partly))
        self._row += self._repeat


def _number(text: str | None) -> int:
    return min(int(text), 10**7) if text and text.isdecimal() and len(text) < 10 else 1


def _figure(text: str, shown: str) -> Value:
    try:
        number = float(text)
    except ValueError:
        return shown or None
    if number != number or abs(number) == float("inf"):
        return CellError(shown or text)
    return int(number) if number.is_integer() and abs(number) < 1e15 else number


def _moment(text: str, shown: str) -> Value:
    try:
        return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=None)
    except ValueError:
        return shown or None
