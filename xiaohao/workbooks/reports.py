"""整改进展 as a cell of our own tables holds it: each report on a line of its own with its day in front."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from xiaohao.workbooks.cell_text import MOST_UNITS, long_text, units
from xiaohao.workbooks.cells import plain

_DATED = re.compile(r"^((?:19|20)\d{2}-\d{2}-\d{2})：", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Report:
    """What was reported on a day; None where the cell does not say when."""

    on: date | None
    text: str


def read_reports(cell: str) -> tuple[Report, ...]:
    """The reports of a cell: those that begin with their day (2023-10-07：…), else the whole as one."""
    text = plain(cell)
    if not text:
        return ()
    marks = [mark for mark in _DATED.finditer(text) if _day(mark[1]) is not None]
    if not marks or marks[0].start() > 0:
        return (Report(None, text),)
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    blocks = (
        Report(_day(mark[1]), plain(text[mark.end() : end])) for mark, end in zip(marks, ends, strict=True)
    )
    return tuple(report for report in blocks if report.text)


def written_reports(reports: Sequence[Report]) -> str:
    """The cell of these reports, in their order; read again it gives the same cell.

    A cell that would be too long for Excel leaves out the oldest.
    """
    if len(reports) == 1 and reports[0].on and "\n" not in reports[0].text:
        return long_text(_joined(reports))
    kept = list(read_reports(_joined(reports)))
    while len(kept) > 1 and units(_joined(kept)) > MOST_UNITS:
        kept.pop(0)
    return long_text(_joined(kept))


def _joined(reports: Sequence[Report]) -> str:
    texts = ((report.on, long_text(report.text)) for report in reports)
    return "\n".join(f"{on}：{text}" if on else text for on, text in texts if text)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
