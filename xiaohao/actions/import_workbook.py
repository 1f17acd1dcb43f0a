"""导入: ledgers, lists of units and lists of people, in one transaction (DESIGN 4.8; I9).

Files are read, and everything in them judged, before the transaction opens; within it the ledger's
side is judged once more, since another import may have come between.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from xiaohao.actions.import_plan import FilePlan, FileRead, ImportPlan, make_plan
from xiaohao.errors import Refused, Unreadable
from xiaohao.ledger import contacts, dialect, new_problems, people, problems, residents
from xiaohao.ledger.writing import Ledger, Writing
from xiaohao.rules.authority import Person
from xiaohao.rules.time_limits import TimeLimit, read_time_limit
from xiaohao.rules.workdays import Workdays
from xiaohao.vocabulary import Action
from xiaohao.workbooks.apart import annotate_apart, drop_copy, read_apart
from xiaohao.workbooks.columns import load_headings
from xiaohao.workbooks.faults import Faults
from xiaohao.workbooks.lines import Fault, Reading

IMPORT = "import"
"""Who imports where no person is named, and the lock of this act."""
_REMEMBERED = 50_000
_TELL_EVERY = 10_000
_AT_ONCE = 1_000  # new problems that are written together: each needs some 10 kB until it is


@dataclass(frozen=True)
class FileAnswer:
    """What became of one file. Problems are counted, in a file without any the rows of its lists.

    `refused` are the rows that an error keeps out. `annotated` is the path of the marked copy.
    """

    file: str
    new: int
    updated: int
    unchanged: int
    refused: int
    faults: tuple[Fault, ...]
    annotated: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As DESIGN section 8 writes it."""
        return {
            "file": self.file,
            "new": self.new,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "faults": [
                {
                    "severity": fault.severity,
                    "sheet": fault.sheet,
                    "row": fault.row,
                    "column": fault.column,
                    "value": fault.value,
                    "message": fault.message,
                }
                for fault in self.faults
            ],
            "annotated": self.annotated,
        }


@dataclass(frozen=True)
class ImportAnswer:
    """What became of an import. `written`: whether the ledger changed."""

    written: bool
    files: tuple[FileAnswer, ...]

    @property
    def has_errors(self) -> bool:
        """Whether a row, a sheet or a file was kept out."""
        return any(fault.severity == "error" for file in self.files for fault in file.faults)

    def as_json(self) -> dict[str, Any]:
        """As DESIGN section 8 writes it."""
        return {"written": self.written, "files": [file.as_json() for file in self.files]}


class _Undone(Exception):
    """Ends a transaction of which nothing is to stay."""


def import_files(
    ledger: Ledger,
    paths: Sequence[Path],
    *,
    on: date,
    accept_good: bool = False,
    create_units: bool = False,
    dry_run: bool = False,
    by: Person | None = None,
    headings: Path | None = None,
    annotate_in: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> ImportAnswer:
    """Import files as of the day `on`, units first, then people, then problems; what became of each.

    All or nothing: one error in any file and nothing is written, unless `accept_good` takes the good
    rows. Units that are not known are errors, unless `create_units` makes them. `dry_run` tries
    everything and writes nothing; the counts are then what would happen. What is known already and
    unchanged is not written again (I9).

    `headings` is an office's own table of headings. A file with faults gets an annotated copy in the
    folder `annotate_in`, where that is given; an older copy of the same file goes. Raises Refused in a
    ledger that is not set up, LedgerBusy, Unreadable for a table of headings that is not understood.
    """
    say = progress or (lambda _text: None)
    load_headings(headings)
    files = [_read_file(path, headings, say) for path in paths]
    read_limit = _LimitReader()

    def planned(r: Any, *, lock: bool) -> ImportPlan:
        workdays = r.current_rules().workdays
        return make_plan(
            r,
            files,
            on=on,
            create_units=create_units,
            by=by,
            lock=lock,
            read_limit=lambda text, found_on: read_limit(text, found_on, workdays),
        )

    say("正在判读……")
    with ledger.reading() as r:
        plan = planned(r, lock=False)
    written = False
    if _may_write(plan, accept_good) and plan.changes_anything:
        say("正在试算……" if dry_run else "正在写入……")
        with (
            suppress(_Undone),
            _told(),
            ledger.writing(Action.IMPORT, by=by or IMPORT, on=on, bulk=IMPORT) as w,
        ):
            plan.new.clear()
            plan = planned(w, lock=True)
            if not _may_write(plan, accept_good):
                raise _Undone
            files.clear()
            changes = plan.changes_anything
            _write(w, plan, say)
            w.seal()
            if dry_run:
                raise _Undone
            written = changes
    answer = _answer(plan, written=written, accept_good=accept_good)
    if annotate_in is None:
        return answer
    copies = [_annotate(path, file, annotate_in, say) for path, file in zip(paths, plan.files, strict=True)]
    marked = (replace(file, annotated=copy) for file, copy in zip(answer.files, copies, strict=True))
    return replace(answer, files=tuple(marked))


class _LimitReader:
    """Reads time limits, each text and day once."""

    def __init__(self) -> None:
        self._read = lru_cache(maxsize=_REMEMBERED)(read_time_limit)

    def __call__(self, text: str, found_on: date, workdays: Workdays) -> TimeLimit:
        return self._read(text, found_on, workdays)


def _read_file(path: Path, headings: Path | None, say: Callable[[str], None]) -> FileRead:
    say(f"正在读取 {path.name}……")
    try:
        return FileRead(str(path), read_apart(path, headings=headings, progress=say))
    except Unreadable as refusal:
        faults = Faults()
        faults.error("", None, "", None, refusal.message)
        return FileRead(str(path), Reading(path.name, (), (), (), faults.all()))


def _annotate(path: Path, file: FilePlan, folder: Path, say: Callable[[str], None]) -> str | None:
    """The path of the file's annotated copy; None where it has no faults, or could not be read at all."""
    faults = file.faults
    try:
        if not faults or not file.reading.heads:
            drop_copy(path, folder)
            return None
        say(f"正在写 {path.name} 的批注副本……")
        return str(annotate_apart(path, faults, file.reading.heads, folder))
    except (OSError, Unreadable) as error:
        why = error.message if isinstance(error, Unreadable) else error.strerror
        say(f"{path.name} 的批注副本没有写成（{why}），导入结果不受影响。")
        return None


def _may_write(plan: ImportPlan, accept_good: bool) -> bool:
    return accept_good or not plan.has_errors


def _write(w: Writing, plan: ImportPlan, say: Callable[[str], None]) -> None:
    unit_ids = plan.units.write(w)
    official_ids = people.write(w, plan.people, unit_ids)
    contacts.write(w, plan.contacts, unit_ids=unit_ids, official_ids=official_ids)
    raised = dict(plan.residents)
    for file in plan.files:
        file.settle()
    count = 0
    for some in plan.take_new(_AT_ONCE):
        rows = new_problems.register_all(w, [each.problem(unit_ids) for each in some])
        raised |= {row["id"]: each.resident for row, each in zip(rows, some, strict=True) if each.resident}
        count += len(some)
        if count % _TELL_EVERY == 0:
            say(f"已写入 {count} 个问题……")
    problems.write(w, plan.changes)
    residents.write(w, raised)


@contextmanager
def _told() -> Iterator[None]:
    """A 编号 that someone entered by hand at this very moment is refused by the database: say so."""
    try:
        yield
    except sa.exc.IntegrityError as error:
        if dialect.violated(error) != "problem_external_number":
            raise
        raise Refused("有编号相同的问题刚刚被别人登记，请重新导入。没有导入任何内容。") from error


def _answer(plan: ImportPlan, *, written: bool, accept_good: bool) -> ImportAnswer:
    refused = not _may_write(plan, accept_good)
    return ImportAnswer(
        written,
        tuple(
            FileAnswer(
                file.name,
                *((0, 0, 0) if refused else (file.new, file.updated, file.unchanged)),
                refused=file.refused,
                faults=file.faults,
            )
            for file in plan.files
        ),
    )
