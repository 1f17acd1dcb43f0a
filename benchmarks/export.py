"""`python -m benchmarks.export [problems]`: how long an export takes, what memory it needs, and whether it comes back.

The ledger has measures, reports, helping units and columns without a home, as an imported one does.
"""

import random
import resource
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

from benchmarks.ledgers import COMMUNITIES, NIGHT, SUBDISTRICTS, open_ledger
from xiaohao.actions.export_workbook import export
from xiaohao.actions.import_workbook import import_files
from xiaohao.ledger import new_problems
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.new_problems import NewMeasure, NewProblem, NewReport
from xiaohao.ledger.writing import Ledger
from xiaohao.vocabulary import Action, Entered, RectificationClass, Source

PROBLEMS, FILE = 50_000, "台账.xlsx"
AT_ONCE = 25_000


def fill(ledger: Ledger, many: int) -> None:
    """That many problems, each different, over all communities."""
    dice = random.Random(7)
    for start in range(0, many, AT_ONCE):
        new = [_problem(n, dice) for n in range(start, min(many, start + AT_ONCE))]
        with ledger.writing(Action.IMPORT, by="import", on=NIGHT, bulk="import") as w:
            new_problems.register_all(w, new)


def _problem(n: int, dice: random.Random) -> NewProblem:
    unit = 2 + n % SUBDISTRICTS * (COMMUNITIES + 1) + 1 + n // SUBDISTRICTS % COMMUNITIES
    found = NIGHT - timedelta(days=dice.randint(1, 300))
    kind = dice.choice(list(RectificationClass))
    due = found + timedelta(days=dice.randint(5, 200)) if kind is RectificationClass.TIME_LIMITED else None
    return NewProblem(
        Entered.IMPORT,
        f"第{n}号楼东侧路面破损，雨天积水，老人出行不便",
        unit,
        1,
        kind,
        found,
        external_number=f"{n:06d}",
        source=dice.choice(list(Source)),
        limit_text="" if due is None else due.isoformat(),
        due_given=due,
        co_unit_ids=(1,) if n % 3 == 0 else (),
        measures=(NewMeasure("现场勘查，确定修补范围"), NewMeasure("铺设路面", done_on=found)),
        reports=(NewReport("已完成招标，施工单位进场", NIGHT),),
        extra={"责任人": f"人员{n % 900}", "备注": "已与居民沟通"},
        closed_on=date(2026, 11, 1) if n % 5 == 0 else None,
    )


def export_alone(folder: str) -> None:
    """Export, and print what it took: in a process of its own, so that its memory is its own."""
    ledger = Ledger(open_engine(f"sqlite:///{folder}/ledger.db"))
    before = most_memory()
    start, worked = time.perf_counter(), time.process_time()
    done = export(ledger, Path(folder) / FILE, at=datetime.now(UTC))
    took, work = time.perf_counter() - start, time.process_time() - worked
    most = most_memory()
    size = done.file.stat().st_size / 1e6
    print(f"export of {done.problems} problems: {took:.1f} s ({work:.1f} s of processor), {size:.1f} MB")
    print(f"memory: {most:.0f} MB at most, {most - before:.0f} MB of it by the export")


def most_memory() -> float:
    """The most that this process has needed so far, in MB (Linux: what a parent needed does not count)."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the figures."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else PROBLEMS
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(f"sqlite:///{folder}/ledger.db")
        fill(ledger, many)
        alone = get_context("spawn").Process(target=export_alone, args=(folder,))
        alone.start()
        alone.join()
        start = time.perf_counter()
        (answer,) = import_files(ledger, [Path(folder) / FILE], on=NIGHT).files
        took = time.perf_counter() - start
        print(
            f"imported again: {took:.1f} s; {answer.new} new, {answer.updated} updated, {answer.unchanged} unchanged"
        )


if __name__ == "__main__":
    main()
