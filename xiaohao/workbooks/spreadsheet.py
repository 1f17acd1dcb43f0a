"""Excel workbooks (.xlsx, .xlsm; ECMA-376) → sheets, in one pass over each part.

Read by hand rather than by a library since three things are needed at once that libraries give one at a
time: a formula together with its saved result, merged cells, and memory that follows the filled cells.
"""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from xiaohao.errors import Unreadable
from xiaohao.workbooks.cells import is_blank
from xiaohao.workbooks.grid import MOST_CELLS, CellError, LostFormula, Merge, Row, Sheet, Value
from xiaohao.workbooks.markup import Attributes, walk
from xiaohao.workbooks.package import Package
from xiaohao.workbooks.parts import read_parts
from xiaohao.workbooks.styles import Styles, read_styles

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_HALF = re.compile("[\ud800-\udfff]")
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")


def read_spreadsheet(package: Package) -> list[Sheet]:
    """The sheets of the workbook, in order, hidden ones too. Raises Unreadable where it is none."""
    book = read_parts(package)
    texts = _read_shared(package, book.shared)
    looks = read_styles(package, book.styles)
    sheets = []
    for part in book.sheets:
        reader = _SheetReader(Sheet(part.name, [], [], part.hidden, book.from_1904), texts, looks)
        sheets.append(reader.read(package, part.target))
    return sheets


@dataclass(frozen=True, slots=True)
class _Text:
    text: str
    struck: bool  # every run is
    partly: bool = False  # a run is: its text is left out


class _Runs:
    """Collects the runs of one rich or plain text.

    What is only a reading aid (rPh) stays out, and what is struck through where something else is not.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._parts: list[tuple[str, bool]] = []  # the text, and whether it is struck through
        self._in_run = self._is_struck = False
        self._phonetic = 0
        self._in_text = False

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "rPh":
            self._phonetic += 1
        elif tag == "r":
            self._in_run, self._is_struck = True, False
        elif tag == "strike" and self._in_run:
            self._is_struck = attributes.get("val", "1") not in ("0", "false")
        elif tag == "t":
            self._in_text = not self._phonetic

    def end(self, tag: str) -> None:
        if tag == "rPh":
            self._phonetic -= 1
        elif tag == "t":
            self._in_text = False
        elif tag == "r":
            self._in_run = self._is_struck = False

    def text(self, piece: str) -> None:
        if self._in_text:
            self._parts.append((piece, self._is_struck))

    def taken(self) -> _Text:
        whole = "".join(piece for piece, _ in self._parts)
        stands = "".join(piece for piece, struck in self._parts if not struck)
        gone = not is_blank("".join(piece for piece, struck in self._parts if struck))
        is_struck = gone and is_blank(stands)
        result = _Text(unescaped(whole if is_struck else stands), is_struck, gone and not is_struck)
        self.clear()
        return result


def _read_shared(package: Package, name: str) -> list[_Text]:
    texts: list[_Text] = []
    if not package.has(name):
        return texts
    runs = _Runs()

    def end(tag: str) -> None:
        if tag == "si":
            texts.append(runs.taken())
        else:
            runs.end(tag)

    walk(package.pieces(name), start=runs.start, end=end, text=runs.text)
    return texts


class _SheetReader:
    """One sheet's part, cell by cell. Where it stands comes from each cell, never from <dimension>."""

    def __init__(self, sheet: Sheet, texts: list[_Text], styles: Styles) -> None:
        self._sheet, self._texts, self._styles = sheet, texts, styles
        self._row = 0
        self._column = -1
        self._cells: dict[int, Value] = {}
        self._struck: set[int] = set()
        self._partly: set[int] = set()
        self._count = 0
        self._kind = ""
        self._style = 0
        self._formula: list[str] | None = None
        self._value: list[str] | None = None
        self._into: list[str] | None = None
        self._inline = False
        self._runs = _Runs()

    def read(self, package: Package, name: str) -> Sheet:
        walk(package.pieces(name), start=self._start, end=self._end, text=self._text)
        self._sheet.rows.sort(key=lambda row: row.number)
        return self._sheet

    def _start(self, tag: str, attributes: Attributes) -> None:
        if tag == "c":
            self._column = _column(attributes.get("r", ""), self._column + 1)
            self._kind = attributes.get("t", "n")
            style = attributes.get("s", "")
            self._style = int(style) if style.isdigit() else 0
            self._formula = self._value = None
            self._inline = False
        elif tag == "v":
            self._value = self._into = []
        elif tag == "f":
            self._formula = self._into = []
        elif tag == "row":
            number = attributes.get("r", "")
            self._row = int(number) if number.isdigit() else self._row + 1
            self._column = -1
        elif tag == "is":
            self._inline = True
            self._runs.clear()
        elif tag == "mergeCell":
            self._merge(attributes.get("ref", ""))
        elif self._inline:
            self._runs.start(tag, attributes)

    def _text(self, piece: str) -> None:
        if self._into is not None:
            self._into.append(piece)
        elif self._inline:
            self._runs.text(piece)

    def _end(self, tag: str) -> None:
        if tag == "c":
            self._close_cell()
        elif tag in ("v", "f"):
            self._into = None
        elif tag == "row":
            self._close_row()
        elif self._inline:
            self._runs.end(tag)

    def _close_cell(self) -> None:
        value, struck, partly = self._worth()
        self._inline = False
        if value is None or (isinstance(value, str) and is_blank(value)):
            return
        self._count += 1
        if self._count > MOST_CELLS:
            raise Unreadable(
                f"工作表“{self._sheet.name}”的单元格超过 {MOST_CELLS // 10000} 万个，请拆成几个文件。"
            )
        if isinstance(value, str) and "\x00" in value:
            raise Unreadable(
                f"工作表“{self._sheet.name}”第{self._row}行含有空字符（NUL），内容可能已损坏，请修正后再导入。"
            )
        self._cells[self._column] = value
        if struck or self._styles.is_struck(self._style):
            self._struck.add(self._column)
        elif partly:
            self._partly.add(self._column)

    def _worth(self) -> tuple[Value, bool, bool]:
        """The cell's value, whether it is struck through, and whether a part of it is."""
        if self._inline:
            inline = self._runs.taken()
            return inline.text, inline.struck, inline.partly
        raw = "".join(self._value) if self._value is not None else None
        if raw is None or (raw == "" and self._kind != "str"):
            return LostFormula("".join(self._formula)) if self._formula is not None else None, False, False
        if self._kind == "s":
            shared = self._shared(raw)
            return shared.text, shared.struck, shared.partly
        return self._plain(raw), False, False

    def _shared(self, raw: str) -> _Text:
        index = int(raw) if raw.isdigit() else -1
        if not 0 <= index < len(self._texts):
            raise Unreadable("文件已损坏：文字表不完整。请在 Excel 中打开并另存后再导入。")
        return self._texts[index]

    def _plain(self, raw: str) -> Value:
        match self._kind:
            case "e":
                return CellError(raw)
            case "b":
                return raw.strip() in ("1", "true")
            case "str" | "inlineStr":
                return unescaped(raw)
            case "d":
                return _iso(raw)
        return self._number(raw)

    def _number(self, raw: str) -> Value:
        try:
            number = float(raw)
        except ValueError:
            return raw
        if number != number or number in (float("inf"), float("-inf")):
            return CellError(raw)
        if self._styles.is_date(self._style):
            return _moment(number, from_1904=self._sheet.from_1904)
        return int(number) if number.is_integer() and abs(number) < 1e15 else number

    def _close_row(self) -> None:
        if self._cells:
            values: list[Value] = [None] * (max(self._cells) + 1)
            for column, value in self._cells.items():
                values[column] = value
            self._sheet.rows.append(Row(self._row, values, frozenset(self._struck), frozenset(self._partly)))
        self._cells = {}
        self._struck, self._partly = set(), set()

    def _merge(self, reference: str) -> None:
        first, _, last = reference.replace("$", "").partition(":")
        begin, finish = _REFERENCE.fullmatch(first), _REFERENCE.fullmatch(last or first)
        if begin and finish:
            self._sheet.merges.append(
                Merge(int(begin[2]), _letters(begin[1]), int(finish[2]), _letters(finish[1])),
            )


def unescaped(text: str) -> str:
    """Excel's own escapes undone: _x000D_ is a carriage return (ECMA-376 22.9.2.19).

    Halves of a character are put together; one that stands alone, which no file can hold, becomes �.
    """
    if "_x" not in text:
        return text
    plain = _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text)
    if _HALF.search(plain):
        return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return plain


def _column(reference: str, otherwise: int) -> int:
    found = _REFERENCE.fullmatch(reference)
    return _letters(found[1]) if found else otherwise


def _letters(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def _moment(serial: float, *, from_1904: bool) -> Value:
    """The instant of a serial number shown as a date; a number that is no date stays one."""
    if 0 <= serial < 1 and not from_1904:
        return (datetime(1900, 1, 1) + timedelta(days=serial)).time().replace(microsecond=0)
    days = serial + (1462 if from_1904 else 0)
    if not 1 <= days < 2958466:
        return serial
    base = datetime(1899, 12, 30) if days >= 60 else datetime(1899, 12, 31)
    moment = base + timedelta(seconds=round(days * 86400))
    return moment if moment.time() != time() else datetime(moment.year, moment.month, moment.day)


def _iso(text: str) -> Value:
    try:
        return datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=None)
    except ValueError:
        return text
