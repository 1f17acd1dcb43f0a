"""Marks put into an Excel workbook as it is: all else in it stays byte for byte, macros and pictures too.

Only the tags of marked cells change, in the text of the part: the office's look is kept and a sheet of
50,000 rows costs no more than reading it once (a library that builds every cell took 22 s and 440 MB).
"""

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from xiaohao.workbooks.comments import Comments
from xiaohao.workbooks.marks import FILLS, Mark, OddPart
from xiaohao.workbooks.package import Package, opened
from xiaohao.workbooks.parts import read_parts
from xiaohao.workbooks.styled import MarkedStyles

_MAIN = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_ROW = re.compile(rb"<row(?=[\s/>])[^>]*>")
_CELL = re.compile(rb"<c(?=[\s/>])[^>]*>")
_ROW_NUMBER = re.compile(rb'\sr="(\d{1,7})"')
_REFERENCE = re.compile(rb'\sr="([A-Z]{1,3})\d{1,7}"')
_STYLE = re.compile(rb'\ss="(\d{1,6})"')
_Edit = tuple[int, int, bytes]


def mark_package(source: Path, marks: Mapping[str, Sequence[Mark]], target: Path) -> None:
    """Write the workbook `source` with its marks to `target`; marks by the sheet's name.

    Raises OddPart where a part is written in a way that cannot be edited as text (another encoding,
    prefixed names, comments within it): then nothing else but a new workbook will do.
    """
    with opened(source) as package:
        parts = read_parts(package)
        styles = MarkedStyles(package.whole(parts.styles) if package.has(parts.styles) else b"")
        changed: dict[str, Sequence[bytes | memoryview]] = {}
        comments = Comments(package)
        for part in parts.sheets:
            if own := marks.get(part.name):
                text = package.whole(part.target)
                relation = comments.add(part.target, own)
                edits = [*_cell_edits(text, own, styles), *comments.drawing_edits(text, relation)]
                changed[part.target.lower()] = list(_edited(text, edits))
        changed[parts.styles.lower()] = [styles.text()]
        changed |= {name.lower(): [content] for name, content in comments.parts().items()}
        _write(package, changed, comments.new_names(), target)


def _write(
    package: Package, changed: Mapping[str, Sequence[bytes | memoryview]], new: Sequence[str], target: Path
) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for name in [*(package.written(each) for each in package.names()), *new]:
            if name.endswith("/"):
                continue
            info = zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED  # else that of the archive does not count
            with archive.open(info, "w") as entry:
                for piece in changed.get(name.lower()) or package.pieces(name):
                    entry.write(piece)


def _cell_edits(text: bytes, marks: Sequence[Mark], styles: MarkedStyles) -> Iterator[_Edit]:
    """What to change in a sheet's text so that the marked cells have their colour."""
    if _MAIN not in text[:4096] or b"<worksheet" not in text[:4096]:
        raise OddPart
    if b"<!--" in text or b"<![CDATA[" in text:
        raise OddPart
    wanted: dict[int, dict[int, Mark]] = {}
    for mark in marks:
        wanted.setdefault(mark.row, {})[mark.column] = mark
    number = 0
    waiting = sorted(wanted, reverse=True)
    for row in _ROW.finditer(text):
        found = _ROW_NUMBER.search(row[0])
        number = int(found[1]) if found else number + 1
        while waiting and waiting[-1] < number:
            missing = waiting.pop()
            yield row.start(), row.start(), _new_row(missing, wanted[missing], styles)
        if waiting and waiting[-1] == number:
            waiting.pop()
            yield from _row_edits(text, row, wanted[number], styles)
        if not waiting:
            return
    end = text.find(b"</sheetData>")
    if end < 0:
        raise OddPart
    yield end, end, b"".join(_new_row(n, wanted[n], styles) for n in reversed(waiting))


def _row_edits(
    text: bytes, row: re.Match[bytes], marks: dict[int, Mark], styles: MarkedStyles
) -> Iterator[_Edit]:
    if row[0].endswith(b"/>"):
        cells = b"".join(_new_cell(marks[column], styles) for column in sorted(marks))
        yield row.end() - 2, row.end(), b">" + cells + b"</row>"
        return
    end = text.find(b"</row>", row.end())
    if end < 0:
        raise OddPart
    column = -1
    for cell in _CELL.finditer(text, row.end(), end):
        found = _REFERENCE.search(cell[0])
        column = _index(found[1]) if found else column + 1
        for missing in sorted(c for c in marks if c < column):
            yield cell.start(), cell.start(), _new_cell(marks.pop(missing), styles)
        if column in marks:
            yield cell.start(), cell.end(), _painted(cell[0], marks.pop(column), styles)
    yield end, end, b"".join(_new_cell(marks[c], styles) for c in sorted(marks))


def _painted(tag: bytes, mark: Mark, styles: MarkedStyles) -> bytes:
    found = _STYLE.search(tag)
    style = b' s="%d"' % styles.painted(int(found[1]) if found else 0, FILLS[mark.severity])
    return _STYLE.sub(style, tag, count=1) if found else tag[:2] + style + tag[2:]


def _new_cell(mark: Mark, styles: MarkedStyles) -> bytes:
    style = styles.painted(0, FILLS[mark.severity])
    return b'<c r="%s" s="%d"/>' % (mark.reference.encode(), style)


def _new_row(row: int, marks: Mapping[int, Mark], styles: MarkedStyles) -> bytes:
    cells = b"".join(_new_cell(marks[column], styles) for column in sorted(marks))
    return b'<row r="%d">%s</row>' % (row, cells)


def _edited(text: bytes, edits: Sequence[_Edit]) -> Iterator[bytes | memoryview]:
    at = 0
    view = memoryview(text)
    for start, end, content in sorted(edits, key=lambda edit: edit[:2]):
        yield view[at:start]
        yield content
        at = end
    yield view[at:]


def _index(name: bytes) -> int:
    index = 0
    for letter in name:
        index = index * 26 + letter - 64
    return index - 1
