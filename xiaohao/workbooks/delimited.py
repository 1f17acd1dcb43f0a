"""CSV and TSV → a sheet: the encoding and the separator are found out. Rows are counted by records."""

import codecs
import csv
import io
import re
from collections import Counter

from xiaohao.errors import Unreadable
from xiaohao.workbooks.cells import is_blank
from xiaohao.workbooks.grid import Row, Sheet, Value

_LONGEST_FIELD = 1 << 20
_FEWEST_HALVES = 4  # fewer zero bytes are a NUL that strayed into a text
_WRAPPED = re.compile(r'="([^"]*)"|[\'’`](\d+)')


def read_delimited(content: bytes) -> Sheet:
    """The one sheet of the file; its name is empty. Raises Unreadable for NUL, a strange encoding, a torn quote."""
    text = decoded(content)
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        raise Unreadable(
            f"第{line}行附近含有空字符（NUL），内容可能已损坏。请用记事本或 Excel 修正后另存再导入。"
        )
    previous = csv.field_size_limit(_LONGEST_FIELD)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
        rows = []
        for count, record in enumerate(reader, 1):
            values: list[Value] = [None if is_blank(cell) else unwrapped(cell) for cell in record]
            if any(value is not None for value in values):
                rows.append(Row(count, values))
    except csv.Error as error:
        raise Unreadable("CSV 文件的引号没有成对，读不下去了。请在 Excel 中打开并另存后再导入。") from error
    finally:
        csv.field_size_limit(previous)
    return Sheet("", rows)


def unwrapped(cell: str) -> str:
    """A cell without the dress that exports give to long numbers: ="0012", '0012."""
    if found := _WRAPPED.fullmatch(cell.strip()):
        return found[1] or found[2]
    return cell


def decoded(content: bytes) -> str:
    """The text in UTF-8, UTF-16 or GB18030. Raises Unreadable where it is none of them."""
    if content.startswith(codecs.BOM_UTF8):
        return _decode(content[3:], "utf-8")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decode(content, "utf-16")
    if guess := _utf_16(content):
        return _decode(content, guess)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return _decode(content, "gb18030")


def _utf_16(content: bytes) -> str | None:
    """UTF-16 without a mark shows by the zero halves of its commas and line ends."""
    head = content[:4096]
    if head.count(0) < max(_FEWEST_HALVES, len(head) // 20):
        return None
    low, high = head[0::2].count(0), head[1::2].count(0)
    if len(content) % 2:
        return None
    if high > 4 * low and b"\n\x00" in head:
        return "utf-16-le"
    return "utf-16-be" if low > 4 * high and b"\x00\n" in head else None


def _decode(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable("认不出文件的文字编码。请在 Excel 中另存为“CSV UTF-8”或 .xlsx 后再导入。") from error


def _separator(text: str) -> str:
    counts = Counter(text[:20000])
    candidates = [(sign, counts[sign]) for sign in "\t,;|"]
    best, most = max(candidates, key=lambda pair: pair[1])
    return best if most else ","
