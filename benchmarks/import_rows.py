"""`python -m benchmarks.import_rows [rows] [faults]`: an import with its annotated copy: seconds and memory.

50,000 rows of 15 columns with 500 faults are to take under 30 s and 500 MB, the child that parses counted
for itself. The import runs in a process of its own, so that nothing else counts.
"""

import multiprocessing
import os
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from xlsxwriter import Workbook

ROWS, FAULTS = 50_000, 500
MOST_SECONDS, MOST_MEGABYTES = 30, 500
ON, FIRST = date(2026, 11, 24), date(2026, 1, 5)
HEADS = (
    "编号", "问题", "问题描述", "整改类型", "问题类别", "问题来源", "地点", "责任单位", "协办单位", "发现时间", "整改时限",
    "整改措施", "整改进展", "责任人", "备注",
)  # fmt: skip
UNITS = "单位名称,单位类型,上级单位\n华龙区,区,\n区住建局,部门,华龙区\n绿城社区,社区,华龙区\n"


def write(path: Path, rows: int, faults: int) -> None:
    """A ledger of so many rows, as many of which name a unit that is not known, spread evenly."""
    with Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("台账")
        day = book.add_format({"num_format": "yyyy-mm-dd", "border": 1})
        text = book.add_format({"border": 1, "text_wrap": True})
        sheet.write_row(0, 0, HEADS)
        for n in range(rows):
            unit = "没有的社区" if n % max(1, rows // faults) == 0 else "绿城社区"
            due = FIRST + timedelta(weeks=8 + n % 40)  # a Monday
            values = (
                f"B{n:06d}", f"第{n}号路口路灯不亮影响夜间通行", f"居民反映第{n}处路灯损坏多日，夜间出行不便，存在安全隐患",
                "限期整改", "民生", "走访", f"中原路{n}号", unit, "区住建局", FIRST, due, "①更换灯头；②每周巡查",
                f"已联系电力部门{n}次", "张三", f"第{n}行的备注",
            )  # fmt: skip
            for column, value in enumerate(values):
                if isinstance(value, date):
                    sheet.write_datetime(n + 1, column, datetime(value.year, value.month, value.day), day)
                else:
                    sheet.write_string(n + 1, column, value, text)


@dataclass(frozen=True)
class Figures:
    """What an import took: seconds by the clock and of processors, megabytes here and in its children."""

    seconds: float
    processor_seconds: float
    megabytes: float
    child_megabytes: float
    new: int
    refused: int
    marked: bool

    @property
    def kept(self) -> bool:
        """Whether the limits were kept."""
        small = max(self.megabytes, self.child_megabytes) < MOST_MEGABYTES
        return self.seconds < MOST_SECONDS and small and self.marked


class Children(threading.Thread):
    """Looks again and again how much memory the children of this process have had."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most = 0.0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.05):
            for listed in Path("/proc/self/task").glob("*/children"):
                with suppress(OSError):
                    for child in listed.read_text().split():
                        self.most = max(self.most, megabytes_of(child))


def megabytes_of(process: str) -> float:
    """The most memory that a process has had since it began its program."""
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
    return 0.0


def bring(folder: Path, said: "multiprocessing.Queue[Figures]") -> None:
    """Import into an empty ledger."""
    from xiaohao.actions.import_workbook import import_files
    from xiaohao.actions.set_up import set_up
    from xiaohao.ledger import schema
    from xiaohao.ledger.connect import open_engine
    from xiaohao.ledger.writing import Ledger

    engine = open_engine(f"sqlite:///{folder / 'ledger.db'}")
    schema.make_if_empty(engine)
    ledger = Ledger(engine)
    set_up(ledger)
    (folder / "单位.csv").write_text(UNITS, encoding="utf-8")
    import_files(ledger, [folder / "单位.csv"], on=ON)
    children = Children()
    children.start()
    begun = time.perf_counter()
    answer = import_files(
        ledger,
        [folder / "台账.xlsx"],
        on=ON,
        accept_good=True,
        annotate_in=folder / "reports",
        progress=lambda text: print(f"  {time.perf_counter() - begun:5.1f} s  {text}", file=sys.stderr),
    )
    seconds = time.perf_counter() - begun
    children.over.set()
    times = os.times()
    used = times.user + times.system + times.children_user + times.children_system
    [file] = answer.files
    marked = file.annotated is not None
    said.put(Figures(seconds, used, megabytes_of("self"), children.most, file.new, file.refused, marked))


def main(arguments: list[str]) -> None:
    """Measure and print; ends with 1 where a limit is not kept."""
    rows, faults = [*map(int, arguments), *(ROWS, FAULTS)[len(arguments) :]]
    apart = multiprocessing.get_context("spawn")
    said: multiprocessing.Queue[Figures] = apart.Queue()
    with tempfile.TemporaryDirectory() as name:
        write(Path(name) / "台账.xlsx", rows, faults)
        process = apart.Process(target=bring, args=(Path(name), said))
        process.start()
        took = said.get()
        process.join()
    print(f"{rows} rows × {len(HEADS)} columns: {took.new} new, {took.refused} refused, copy: {took.marked}")
    print(f"{took.seconds:.1f} s ({took.processor_seconds:.1f} s of processors; limit {MOST_SECONDS})")
    print(f"{took.megabytes:.0f} MB, children {took.child_megabytes:.0f} MB (limit {MOST_MEGABYTES})")
    sys.exit(0 if took.kept else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
