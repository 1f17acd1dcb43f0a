"""`python -m benchmarks.export [problems]`: how long an export takes, what memory it needs, and whether it comes back.

The ledger has measures, reports, helping units and columns without a home, as an imported one does.
"""

import random
import resource
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from benchmarks.ledgers import COMMUNITIES, NIGHT, SUBDISTRICTS, open_ledger
from xiaohao.actions.export_workbook import export
from xiaohao.actions.import_workbook import import_files
from xiaohao.ledger import new_problems
from xiaohao.ledger.new_problems import NewMeasure, NewProblem, NewReport
from xiaohao.ledger.writing import Ledger
from xiaohao.vocabulary import Action, Entered, RectificationClass, Source

PROBLEMS = 50_000
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


def main() -> None:
    """Print the figures."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else PROBLEMS
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(f"sqlite:///{folder}/ledger.db")
        fill(ledger, many)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start, worked = time.perf_counter(), time.process_time()
        file = export(ledger, Path(folder) / "台账.xlsx", at=datetime.now(UTC)).file
        took, work = time.perf_counter() - start, time.process_time() - worked
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        size = file.stat().st_size / 1e6
        print(
            f"export of {many} problems: {took:.1f} s ({work:.1f} s of processor), {size:.1f} MB, +{grown:.0f} MB memory"
        )
        start = time.perf_counter()
        (answer,) = import_files(ledger, [file], on=NIGHT).files
        took = time.perf_counter() - start
        print(
            f"imported again: {took:.1f} s; new {answer.new}, updated {answer.updated}, unchanged {answer.unchanged}"
        )


if __name__ == "__main__":
    main()
