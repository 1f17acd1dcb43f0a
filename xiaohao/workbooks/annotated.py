"""The annotated copy of a file: each fault's cell red or yellow, with a comment in plain words."""

from collections.abc import Sequence
from pathlib import Path

from xiaohao.workbooks import marked_copy, marked_package
from xiaohao.workbooks.lines import Fault, HeadLine
from xiaohao.workbooks.marks import NEW, WITH_MACROS, OddPart, marks_of
from xiaohao.workbooks.opening import is_excel, open_book
from xiaohao.workbooks.package import opened
from xiaohao.workbooks.parts import read_parts


def write_copy(source: Path, faults: Sequence[Fault], heads: Sequence[HeadLine], target: Path) -> str:
    """Write the copy of `source` with the faults marked to `target`; the ending that its name must have.

    An Excel workbook keeps its look, its macros and its pictures; another format becomes a new .xlsx of
    the same cells. Raises Unreadable where the source is refused, OSError where the copy cannot be written.
    """
    if is_excel(source):
        with opened(source) as package:
            names = [part.name for part in read_parts(package).sheets]
            has_macros = b"macroEnabled" in package.whole("[Content_Types].xml")
        try:
            marked_package.mark_package(source, marks_of(faults, heads, names), target)
        except OddPart:
            pass
        else:
            return WITH_MACROS if has_macros else NEW
    names = [sheet.name for sheet in open_book(source).sheets]
    marked_copy.mark_copy(source, marks_of(faults, heads, names), target)
    return NEW
