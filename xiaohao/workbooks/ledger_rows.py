"""A problem → the cells of our own table, in the order of `own_columns`."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache

from models.facts import ExportLine
from xiaohao.rules.counting import Term
from xiaohao.rules.time_limits import read_time_limit
from xiaohao.rules.workdays import Workdays
from xiaohao.vocabulary import RectificationClass, Status
from xiaohao.workbooks.cell_text import line_text, long_text
from xiaohao.workbooks.cells import one_line, split_phone
from xiaohao.workbooks.lines import MeasureLine
from xiaohao.workbooks.measures import written_measures
from xiaohao.workbooks.own_columns import OWNER_KEY, SOURCE_KEY
from xiaohao.workbooks.reports import Report, written_reports

Cell = str | int | float | date | None
_EXACT_FEN = 10**14
_EVERY_WEEKDAY = Workdays({})


def cells(line: ExportLine, serial: int, extra_headings: Sequence[str]) -> list[Cell]:
    """The row of a problem: our columns, then those without a home in the order of `extra_headings`."""
    own: list[Cell] = [
        serial,
        line.number,
        line_text(line.title) or "（未填写）",
        line.source.label if line.source else extra_text(SOURCE_KEY, line.extra.get(SOURCE_KEY, "")),
        line.unit,
        "、".join(line.co_units),
        extra_text(OWNER_KEY, line.extra.get(OWNER_KEY, "")),
        line.rectification_class.label,
        line.found_on,
        _limit(line),
        _measures(line),
        _progress(line),
        line.status.label,
        line.light.label if line.light else None,
        f"{line.level}级" if line.level else None,
        "是" if line.status is Status.CLOSED else "否",
        line.closed_on,
        line.external_number,
        line.register_unit,
        _limit_as_written(line),
        line.original_due_on if line.original_due_on != line.due_on else None,
        line.review_on,
        line_text(line.description),
        line_text(line.category),
        line_text(line.place),
        _yuan(line.amount_fen),
    ]
    return own + [extra_text(heading, line.extra.get(heading, "")) for heading in extra_headings]


def without_home(headings: Sequence[str]) -> tuple[str, ...]:
    """The headings of columns that need one of their own behind ours."""
    return tuple(heading for heading in headings if heading not in (OWNER_KEY, SOURCE_KEY))


def extra_text(heading: str, text: str) -> str:
    """What a column without a home holds in a cell; 责任人 goes without telephone numbers."""
    if heading == SOURCE_KEY:
        return line_text(text)
    if heading != OWNER_KEY:
        return long_text(text)
    name = line_text(text)
    while (bare := one_line(split_phone(name)[0])) != name:
        name = bare
    return name


def _measures(line: ExportLine) -> str:
    measures = [MeasureLine(m.text, m.due_on, m.done_on, m.owner or "") for m in line.measures]
    return written_measures(measures)


def _progress(line: ExportLine) -> str:
    return written_reports([Report(report.on, report.text) for report in line.progress])


def _limit(line: ExportLine) -> date | str:
    """The last day; for a long-term problem, which has none, how often it is reviewed."""
    if line.rectification_class is RectificationClass.LONG_TERM:
        return _lasting(line_text(line.limit_text), line.review_every)
    return line.due_on or line_text(line.limit_text)


def _limit_as_written(line: ExportLine) -> str | None:
    if line.rectification_class is RectificationClass.LONG_TERM or line.due_on is None:
        return None
    text = line_text(line.limit_text)
    return text if text != line.due_on.isoformat() else None


@lru_cache(maxsize=1024)
def _lasting(as_written: str, every: Term | None) -> str:
    read = read_time_limit(as_written, date(2000, 1, 1), _EVERY_WEEKDAY)
    dated = read.due_on or read.term or read.fault
    if (
        as_written
        and read.review_every == every
        and not dated
        and _names_no_other_class(read.rectification_class)
    ):
        return as_written
    return f"长期坚持，每{every.label}复查一次" if every else "长期坚持"


def _names_no_other_class(named: RectificationClass | None) -> bool:
    return named in (None, RectificationClass.LONG_TERM)


def _yuan(fen: int | None) -> Cell:
    if fen is None:
        return None
    if abs(fen) >= _EXACT_FEN:  # Excel keeps 15 digits of a number
        return f"{fen // 100}.{fen % 100:02d}"
    return fen / 100 if fen % 100 else fen // 100


def counts_line(total: int, lights: Mapping[str, int], closed: int) -> str:
    """How the ledger stands, as one line: 共 154 件：红 3、黄 5、绿 40，已销号 106."""
    shown = "、".join(f"{word} {many}" for word, many in lights.items())
    return f"共 {total} 件：{shown}，已销号 {closed}"
