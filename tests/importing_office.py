"""Small files that import tests write, and what the ledger then holds."""

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from xiaohao.actions.import_workbook import ImportAnswer, import_files
from xiaohao.ledger import trail
from xiaohao.ledger.tables import PROBLEM, UNIT
from xiaohao.ledger.writing import Ledger

UNIT_HEADS = ("单位名称", "单位类型", "上级单位")
DISTRICT = (
    ("华龙区", "区", ""),
    ("区住建局", "部门", "华龙区"),
    ("孟轲乡", "乡镇", "华龙区"),
    ("杨干城村", "村", "孟轲乡"),
    ("前孟村", "村", "孟轲乡"),
    ("人民路街道", "街道", "华龙区"),
    ("绿城社区", "社区", "人民路街道"),
    ("人民路街道城管办", "部门", "人民路街道"),
)
HEADS = ("编号", "问题", "责任单位", "发现时间", "整改类型", "整改时限")
ON = date(2026, 3, 10)


class Office:
    """A clerk with a folder of files and a ledger."""

    def __init__(self, ledger: Ledger, folder: Path) -> None:
        self.ledger, self._folder = ledger, folder

    def file(self, name: str, rows: Sequence[Sequence[str]]) -> Path:
        """A CSV of these rows, the heads first."""
        path = self._folder / name
        with path.open("w", encoding="utf-8-sig", newline="") as out:
            csv.writer(out).writerows(rows)
        return path

    def bring(self, *paths: Path, on: date = ON, **options: Any) -> ImportAnswer:
        """Import files."""
        return import_files(self.ledger, paths, on=on, **options)

    def has_units(self, rows: Sequence[Sequence[str]] = DISTRICT) -> None:
        """The district's units stand in the ledger."""
        assert self.bring(self.file("单位.csv", [UNIT_HEADS, *rows])).written

    def ledger_file(self, *rows: Sequence[str], heads: Sequence[str] = HEADS, name: str = "台账.csv") -> Path:
        """A ledger of these rows; short rows are filled up."""
        return self.file(name, [heads, *([*row, *[""] * (len(heads) - len(row))] for row in rows)])

    def problems(self) -> list[Any]:
        """Every problem's row, in order, with its unit's name as `unit`."""
        with self.ledger.reading() as r:
            query = sa.select(PROBLEM, UNIT.c.name.label("unit")).join(UNIT, UNIT.c.id == PROBLEM.c.unit_id)
            return list(r.conn.execute(query.order_by(PROBLEM.c.id)))

    def rows(self, table: sa.Table) -> list[Any]:
        """Every row of a table."""
        with self.ledger.reading() as r:
            return list(r.conn.execute(sa.select(table).order_by(*table.primary_key.columns)))

    def head(self) -> trail.Head:
        """The trail's size and root."""
        with self.ledger.reading() as r:
            return trail.head(r.conn)


def told(answer: ImportAnswer, file: int = 0) -> list[tuple[str, int | None, str]]:
    """Severity, row and column of each fault."""
    return [(fault.severity, fault.row, fault.column) for fault in answer.files[file].faults]


def counts(answer: ImportAnswer, file: int = 0) -> tuple[int, int, int, int]:
    """New, updated, unchanged and refused."""
    one = answer.files[file]
    return one.new, one.updated, one.unchanged, one.refused


def messages(answer: ImportAnswer, file: int = 0) -> str:
    """What is said, as one text."""
    return "\n".join(fault.message for fault in answer.files[file].faults)
