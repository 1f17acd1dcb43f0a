"""导出: the ledger as a workbook, or an empty one for an office that begins. Nothing is changed.

Importing an exported file into the same ledger changes nothing (unless somebody edited it). Importing it
into an empty ledger with the same units and exporting that again gives the same cells, but for

- 编号, which each ledger gives out itself, in the same order;
- what only the night and acts bring about: 状态 beyond open and closed, 亮灯, 督办级别, 原定时限, 下次复查;
- problems that are cancelled, which no import takes, and who raised a problem, which no export tells.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from xiaohao.actions import export_units
from xiaohao.errors import Refused, WrongUsage
from xiaohao.ledger import exports, units
from xiaohao.ledger.exports import Counts
from xiaohao.ledger.writing import Ledger
from xiaohao.rules.authority import Person
from xiaohao.vocabulary import Light, RectificationClass, Status
from xiaohao.workbooks.ledger_rows import counts_line
from xiaohao.workbooks.new_file import NOT_WRITTEN
from xiaohao.workbooks.template import write_template
from xiaohao.workbooks.writer import MOST_PROBLEMS, LedgerPage, write_ledger

ENDING = ".xlsx"


@dataclass(frozen=True, slots=True)
class Exported:
    """The file that was written, and how many problems it holds."""

    file: Path
    problems: int


def export(
    ledger: Ledger,
    path: Path,
    *,
    at: datetime,
    unit: str | None = None,
    rectification_class: RectificationClass | None = None,
    status: Status | None = None,
    viewer: Person | None = None,
    progress: Callable[[str], None] | None = None,
) -> Exported:
    """Write the problems asked for to an .xlsx, in the order of entry, closed ones too.

    `unit` is a code or full name and means its subtree; cancelled problems only where the status asks for
    them. `viewer` sees no more than the subtrees of his posts (I10). `at` is an aware instant in the
    office's zone: its day is the filing date. An existing file is replaced once the new one is whole.
    Raises NotFound for the unit, WrongUsage for another ending, Refused where nothing can be written.
    """
    target, say = workbook_path(path), progress or (lambda _text: None)
    say("正在读取台账……")
    with ledger.reading() as r:
        which = exports.chosen(
            r, unit=unit, rectification_class=rectification_class, status=status, viewer=viewer
        )
        many = exports.counts(r, which)
        if many.total > MOST_PROBLEMS:
            raise Refused(
                f"共 {many.total} 件，超过一张工作表的上限（{MOST_PROBLEMS} 件）。请用 --unit 分单位导出。{NOT_WRITTEN}"
            )
        filer = None if unit is None else units.by_word(r, unit).name
        words = export_units.words(r)
        filer = filer or words.district
        page = LedgerPage(
            f"{filer}问题整改台账{_narrowed(rectification_class, status)}",
            filer,
            _summary(many),
            at,
            exports.extra_headings(r, which),
            tuple(words.by_id.values()),
        )
        written = write_ledger(target, page, exports.lines(r, which, words.by_id), say=say)
    return Exported(target, written)


def export_template(ledger: Ledger, path: Path, *, at: datetime, unit: str | None = None) -> Exported:
    """Write an empty ledger with the units of `unit`'s subtree (of all, if not given) as a drop-down.

    Raises as `export` does.
    """
    target = workbook_path(path)
    with ledger.reading() as r:
        words = export_units.words(r)
        office = None if unit is None else units.by_word(r, unit)
        rows = export_units.rows(words, below="" if office is None else office.path)
    write_template(target, unit=words.district if office is None else office.name, units=rows, made_at=at)
    return Exported(target, 0)


def workbook_path(path: Path) -> Path:
    """The path with its ending; without one it gets .xlsx. Raises WrongUsage for another."""
    if not path.suffix:
        return path.with_name(path.name + ENDING)
    if path.suffix.lower() != ENDING:
        raise WrongUsage(f"只能导出为 Excel 工作簿，文件名请以 {ENDING} 结尾。")
    return path


def _narrowed(rectification_class: RectificationClass | None, status: Status | None) -> str:
    words = [word.label for word in (rectification_class, status) if word is not None]
    return f"（{'、'.join(words)}）" if words else ""


def _summary(many: Counts) -> str:
    lights = {light.label: many.lights[light] for light in reversed(Light)}
    return counts_line(many.total, lights, many.closed)
