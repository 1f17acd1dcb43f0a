"""Faults → marks: which cell turns red or yellow, and what its comment says."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from xiaohao.workbooks.columns import Headings, Kind, load_headings
from xiaohao.workbooks.lines import Fault, HeadLine, Severity

NEW, WITH_MACROS = ENDINGS = (".xlsx", ".xlsm")
"""What the name of an annotated copy ends in: a workbook with macros keeps its own."""
AUTHOR = "销号"
FILLS: Mapping[Severity, str] = {"error": "FF9999", "warning": "FFFF99"}
MOST_COMMENTS = 5000
"""In one sheet; further cells are coloured and have no comment, since Excel grows slow with many."""
_WORDS: Mapping[Severity, str] = {"error": "错误", "warning": "提醒"}


class OddPart(Exception):
    """A part of a workbook that is written in a way which cannot be edited as text."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One marked cell: row as Excel counts, column from 0. `text` may be empty (coloured only)."""

    row: int
    column: int
    severity: Severity
    text: str

    @property
    def reference(self) -> str:
        """The cell as Excel names it."""
        letters, column = "", self.column + 1
        while column:
            column, rest = divmod(column - 1, 26)
            letters = chr(65 + rest) + letters
        return f"{letters}{self.row}"


def marks_of(
    faults: Iterable[Fault], heads: Sequence[HeadLine], sheet_names: Sequence[str]
) -> dict[str, list[Mark]]:
    """The marks of each sheet, by row and column; what speaks of no sheet stands on the first one's A1.

    A cell with several faults has one comment; an error colours it before a warning does.
    """
    headings = load_headings()
    texts: dict[tuple[str, int, int], list[str]] = defaultdict(list)
    severities: dict[tuple[str, int, int], Severity] = {}
    for fault in faults:
        sheet = fault.sheet if fault.sheet in sheet_names else next(iter(sheet_names), "")
        place = (sheet, *_cell(fault, heads, headings))
        texts[place].append(f"【{_WORDS[fault.severity]}】{_about(fault)}{fault.message}")
        if severities.get(place) != "error":
            severities[place] = fault.severity
    marks: dict[str, list[Mark]] = defaultdict(list)
    for sheet, row, column in sorted(texts):
        found = marks[sheet]
        text = "\n".join(dict.fromkeys(texts[sheet, row, column])) if len(found) < MOST_COMMENTS else ""
        found.append(Mark(row, column, severities[sheet, row, column], text))
    return marks


def _about(fault: Fault) -> str:
    """The heading, where the comment may stand on another cell."""
    return f"{fault.column}：" if fault.column else ""


def _cell(fault: Fault, heads: Sequence[HeadLine], headings: Headings) -> tuple[int, int]:
    """Row and column of the cell that a fault speaks of: its column's, else the row's first listed one."""
    own = [head for head in heads if head.sheet == fault.sheet]
    if fault.row is None:
        head = next((h for h in own if _column(h, fault.column, headings) is not None), None)
        column = None if head is None else _column(head, fault.column, headings)
        return (1, 0) if head is None or column is None else (head.row, column)
    above = [head for head in own if head.row < fault.row]
    head = above[-1] if above else next(iter(own), None)
    if head is None:
        return fault.row, 0
    column = _column(head, fault.column, headings)
    if column is None:
        column = next((index for index, _, field in head.columns if field == "title"), None)
    return fault.row, column if column is not None else min((i for i, _, _ in head.columns), default=0)


def _column(head: HeadLine, name: str, headings: Headings) -> int | None:
    """The column of that heading, else the one that says the same."""
    if not name:
        return None
    exact = [index for index, heading, _ in head.columns if heading == name]
    if exact:
        return exact[0]
    match = headings.find(Kind(head.kind), name)
    return next((i for i, _, field in head.columns if match is not None and field == match.field), None)
