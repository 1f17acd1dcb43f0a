"""Faults of one file as they are found: where, what, what to do."""

from collections.abc import Iterable

from xiaohao.workbooks.cells import plain
from xiaohao.workbooks.grid import CellError, LostFormula, Value
from xiaohao.workbooks.lines import Fault, Severity

_LONGEST_VALUE = 60


class Faults:
    """Collects the faults of one file, in the order of sheets and rows."""

    def __init__(self) -> None:
        self._found: list[Fault] = []

    def error(self, sheet: str, row: int | None, column: str, value: Value, message: str) -> None:
        """A row that is kept out."""
        self._add("error", sheet, row, column, value, message)

    def warning(self, sheet: str, row: int | None, column: str, value: Value, message: str) -> None:
        """Something that a person should look at; the row goes in."""
        self._add("warning", sheet, row, column, value, message)

    def extend(self, faults: Iterable[Fault]) -> None:
        """Faults found elsewhere."""
        self._found.extend(faults)

    def all(self) -> tuple[Fault, ...]:
        """Every fault found, each once."""
        return tuple(dict.fromkeys(self._found))

    def _add(
        self, severity: Severity, sheet: str, row: int | None, column: str, value: Value, message: str
    ) -> None:
        text = plain(value)
        shown = text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
        self._found.append(Fault(severity, sheet, row, column, shown, message))


def about_broken(value: Value) -> str:
    """What is wrong with a cell that shows an error or has lost its result."""
    if isinstance(value, LostFormula):
        return "公式没有保存计算结果，读不出内容。请在 Excel 中打开并保存，或直接填写结果。"
    code = value.code if isinstance(value, CellError) else plain(value)
    return f"单元格显示错误 {code}。请改正公式或直接填写内容。"
