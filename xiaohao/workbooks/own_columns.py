"""The columns of a ledger that we write ourselves: the writer's order, and how the reader knows them again.

In our own table the headings mean exactly this and nothing is guessed: what the program works out
(亮灯, 督办, …) is not read back, and every column behind ours is kept under its own name.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from xiaohao.workbooks.cells import one_line
from xiaohao.workbooks.columns import Column, Field
from xiaohao.workbooks.grid import Value


@dataclass(frozen=True, slots=True)
class OwnColumn:
    """One of our columns; `width` in characters. The first `PRINTED` of them go on paper."""

    heading: str
    field: Field
    width: float


COLUMNS: tuple[OwnColumn, ...] = (
    OwnColumn("序号", Field.SERIAL, 4.5),
    OwnColumn("编号", Field.OUR_NUMBER, 13.5),
    OwnColumn("问题", Field.TITLE, 27),
    OwnColumn("来源", Field.SOURCE, 9),
    OwnColumn("责任单位", Field.UNIT, 12),
    OwnColumn("协办单位", Field.CO_UNITS, 10.5),
    OwnColumn("责任人", Field.OWNER, 9),
    OwnColumn("整改类型", Field.CLASS, 9),
    OwnColumn("发现时间", Field.FOUND_ON, 11),
    OwnColumn("整改时限", Field.LIMIT, 11),
    OwnColumn("整改措施", Field.MEASURES, 31),
    OwnColumn("整改进展", Field.PROGRESS, 27),
    OwnColumn("状态", Field.DERIVED, 9),
    OwnColumn("亮灯", Field.DERIVED, 4.5),
    OwnColumn("督办级别", Field.DERIVED, 5),
    OwnColumn("是否销号", Field.CLOSED, 5),
    OwnColumn("销号时间", Field.CLOSED_ON, 11),
    OwnColumn("原编号", Field.NUMBER, 16),
    OwnColumn("填报单位", Field.REGISTER_UNIT, 14),
    OwnColumn("时限原文", Field.LIMIT_TEXT, 16),
    OwnColumn("原定时限", Field.DERIVED, 11),
    OwnColumn("下次复查", Field.DERIVED, 11),
    OwnColumn("详细描述", Field.DESCRIPTION, 32),
    OwnColumn("问题类别", Field.CATEGORY, 12),
    OwnColumn("地点", Field.PLACE, 16),
    OwnColumn("金额（元）", Field.AMOUNT, 13),
)
PRINTED = 17
OWNER_KEY, SOURCE_KEY = "责任人", "来源"
"""Columns without a home that stand among ours (DESIGN 3, `extra`)."""
_KNOWN_BY = frozenset(["编号", "原编号", "问题"])
_AND_ONE_OF = frozenset(["亮灯", "督办级别", "下次复查"])


def own_head(values: Sequence[Value]) -> tuple[Column, ...] | None:
    """The columns of a row that is the head of our own table; None for any other row.

    Columns may have been moved, left out or added since; of two with one heading the first is ours.
    """
    labels = [one_line(value) if isinstance(value, str) else "" for value in values]
    there = frozenset(labels)
    if not (there >= _KNOWN_BY and there & _AND_ONE_OF):
        return None
    free = {column.heading: column.field for column in COLUMNS}
    return tuple(
        Column(index, label, "", free.pop(label, Field.EXTRA), index) for index, label in enumerate(labels)
    )
