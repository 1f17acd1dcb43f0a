"""Cells merged over several rows: the value of the first counts for all of them."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from types import MappingProxyType

from xiaohao.errors import Unreadable
from xiaohao.workbooks.grid import Sheet, Value

_MOST_FILLED = 2_000_000
_NOTHING: Mapping[int, Value] = MappingProxyType({})


class Filled:
    """For each row that a vertical merge runs through below its first: column → value."""

    def __init__(self, sheet: Sheet) -> None:
        numbers = [row.number for row in sheet.rows]
        self._values: dict[int, dict[int, Value]] = {}
        self._through: set[tuple[int, int]] = set()
        self._widths: dict[tuple[int, int], int] = {}
        count = 0
        for merge in sheet.merges:
            self._widths[merge.first_row, merge.first_column] = merge.last_column - merge.first_column + 1
            if merge.last_row == merge.first_row:
                continue
            begin, end = bisect_left(numbers, merge.first_row), bisect_right(numbers, merge.last_row)
            count += end - begin
            if count > _MOST_FILLED:
                raise Unreadable(f"工作表“{sheet.name}”的合并单元格太多，不像是正常的台账。")
            if begin == end or numbers[begin] != merge.first_row:
                continue
            value = sheet.rows[begin].at(merge.first_column)
            for index in range(begin + 1, end):
                self._through.add((numbers[index], merge.first_column))
                if value is not None:
                    self._values.setdefault(numbers[index], {})[merge.first_column] = value

    def value(self, row: int, column: int) -> Value:
        """The value that a merge from above gives this cell."""
        return self._values.get(row, {}).get(column)

    def given(self, row: int) -> Mapping[int, Value]:
        """What merges from above give the row: column → value."""
        return self._values.get(row, _NOTHING)

    def runs_through(self, row: int, column: int) -> bool:
        """Whether this cell belongs to a merge that began in a row above."""
        return (row, column) in self._through

    def width(self, row: int, column: int) -> int:
        """Over how many columns the cell is merged to the right."""
        return self._widths.get((row, column), 1)
