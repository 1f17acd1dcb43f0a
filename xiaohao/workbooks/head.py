"""A table's head: where it stands, its one to three rows, what each column says."""

from dataclasses import dataclass

from xiaohao.workbooks.cells import date_within, one_line, packed
from xiaohao.workbooks.columns import Column, Field, Headings, Kind, Match, key, understand
from xiaohao.workbooks.grid import Merge, Row, Sheet
from xiaohao.workbooks.own_columns import own_head

_MOST_HEAD_ROWS = 3
_LONGEST_LABEL = 40
_DEEPEST = 300  # a table whose head lies further down is no ledger
_UNNAMED = "{}列"


@dataclass(frozen=True, slots=True)
class Head:
    """A head that was understood. `first` and `last` index the sheet's rows, both inclusive."""

    kind: Kind
    first: int
    last: int
    columns: tuple[Column, ...]


class HeadFinder:
    """Looks for heads in one sheet."""

    def __init__(self, sheet: Sheet, headings: Headings) -> None:
        self._rows, self._headings = sheet.rows, headings
        self._anchors = _anchors(sheet)
        self._deep = _deep(sheet)
        self._width = max((len(row.values) for row in sheet.rows), default=0)

    def find(self, start: int) -> Head | None:
        """The first head at or below the row with index `start`."""
        deepest = min(len(self._rows), start + _DEEPEST)
        return next((head for i in range(start, deepest) if (head := self.at(i)) is not None), None)

    def at(self, index: int) -> Head | None:
        """The head that begins with this row, None where it is no head."""
        row = self._rows[index]
        if (own := own_head(row.values)) is not None:
            return Head(Kind.LEDGER, index, index, own)
        labels = self._labels(row)
        if labels is None or len(set(labels.values())) < 2:
            return None
        if not any(self._known(label) for label in labels.values()) and not self._has_groups(row):
            return None
        best: Head | None = None
        block = [row]
        while True:
            best = self._judge(index, block) or best
            after = index + len(block)
            if len(block) == _MOST_HEAD_ROWS or after >= len(self._rows):
                return best
            if not self._continues(block, self._rows[after]):
                return best
            block = [*block, self._rows[after]]

    def may_begin(self, text: str) -> bool:
        """Whether a row whose first cell is this could be a head at all (a quick look)."""
        return any(self._headings.exact(kind, text) for kind in Kind)

    def _labels(self, row: Row) -> dict[int, str] | None:
        """The texts of a row all of whose cells could be headings."""
        labels: dict[int, str] = {}
        for index, value in row.filled():
            if not isinstance(value, str):
                return None
            text = one_line(value)
            if not text:
                continue
            if len(key(text)) > _LONGEST_LABEL or _is_filled_line(text):
                return None
            labels[index] = text
        return labels

    def _known(self, label: str) -> bool:
        return any(self._headings.find(kind, label) or self._headings.guess(kind, label) for kind in Kind)

    def _has_groups(self, row: Row) -> bool:
        return any((row.number, index) in self._anchors for index, _ in row.filled())

    def _group_of(self, row: Row, column: int) -> tuple[int, str] | None:
        """The cell of `row` that stands over the column: its own, the merged one, or the last one to the left."""
        if text := one_line(row.at(column)):
            return column, text
        if anchor := self._anchors.get((row.number, column)):
            first_row, first_column = anchor
            if first_row != row.number:
                return None
            return first_column, one_line(row.at(first_column))
        return None

    def _continues(self, block: list[Row], below: Row) -> bool:
        """Whether the next row holds the lower labels of the head."""
        upper = block[-1]
        labels = self._labels(below)
        if not labels or below.number != upper.number + 1:
            return False
        if self._reaches_down(block, below):
            return True
        over = {column: self._over(upper, below, column) for column in labels}
        if all(group is None for group in over.values()):
            return False
        known = 0
        for column, label in labels.items():
            group = over[column]
            if group is None and self._headings.exact(Kind.LEDGER, label) is None:
                return False
            path = [one_line(upper.at(column)) if group is None else group, label]
            known += understand(self._headings, Kind.LEDGER, path) is not None
        return known * 2 >= len(labels)

    def _reaches_down(self, block: list[Row], below: Row) -> bool:
        """Whether a heading of the rows above is merged down over this row: then it is the head's as well."""
        return any((block[0].number, below.number, column) in self._deep for column, _ in block[0].filled())

    def _over(self, upper: Row, below: Row, column: int) -> str | None:
        """The group label over a lower label; None where the upper cell is a heading of its own."""
        group = self._group_of(upper, column)
        if group is None:
            left = column - 1
            while left >= 0 and not one_line(upper.at(left)):
                left -= 1
            return one_line(upper.at(left)) if left >= 0 and one_line(below.at(left)) else ""
        first, text = group
        spans = self._anchors.get((upper.number, column + 1)) == (upper.number, first) or first < column
        opens = not one_line(upper.at(column + 1)) and bool(one_line(below.at(column + 1)))
        return text if spans or opens else None

    def _judge(self, index: int, block: list[Row]) -> Head | None:
        paths = {column: self._path(block, column) for column in range(self._width)}
        paths = {column: path for column, path in paths.items() if path}
        for kind in (Kind.PEOPLE, Kind.UNITS, Kind.LEDGER):
            found = {column: understand(self._headings, kind, path) for column, path in paths.items()}
            if _is_head(kind, found, paths):
                found = _certain(found)
                columns = tuple(
                    self._column(column, paths.get(column, []), found.get(column))
                    for column in range(self._width)
                )
                return Head(kind, index, index + len(block) - 1, columns)
        return None

    def _path(self, block: list[Row], column: int) -> list[str]:
        path: list[str] = []
        for upper, below in zip(block, [*block[1:], None], strict=True):
            text = one_line(upper.at(column))
            if not text and below is not None and one_line(below.at(column)):
                text = self._over(upper, below, column) or ""
            if text:
                path.append(text)
        return path

    def _column(self, index: int, path: list[str], match: Match | None) -> Column:
        if not path:
            return Column(index, _UNNAMED.format(_letter(index)), "", Field.EXTRA, 10**6)
        heading = packed(path[-1])
        group = packed("".join(path[:-1]))
        if match is None:
            return Column(index, heading, group, Field.EXTRA, 10**6)
        return Column(index, heading, group, match.field, match.rank, match.guessed)


def _certain(found: dict[int, Match | None]) -> dict[int, Match | None]:
    """The matches without the guesses at what another column says for certain, or is the better guess at."""
    best: dict[Field, tuple[bool, int, int]] = {}
    for column, match in found.items():
        if match:
            order = (match.guessed, match.rank if match.guessed else 0, column)
            best[match.field] = min(best.get(match.field, order), order)
    return {
        column: None if match and match.guessed and best[match.field][2] != column else match
        for column, match in found.items()
    }


def _is_head(kind: Kind, found: dict[int, Match | None], paths: dict[int, list[str]]) -> bool:
    fields = {match.field for match in found.values() if match}
    known = sum(match is not None for match in found.values())
    certain = sum(match is not None and not match.guessed for match in found.values())
    if known < 2 or known * 2 < len(paths) or (certain < 2 and known < 3) or not certain:
        return False
    labels = {key(path[-1]) for path in paths.values()}
    if kind is Kind.PEOPLE:
        return "姓名" in labels and Field.UNIT in fields and bool(fields & {Field.ROLE, Field.MOBILE})
    if kind is Kind.UNITS:
        return Field.NAME in fields and Field.KIND in fields and not _asks(labels)
    return Field.TITLE in fields


def _asks(labels: set[str]) -> bool:
    """Whether the labels are those of a ledger."""
    return any(label.endswith(("时限", "期限", "措施", "问题")) for label in labels)


def _is_filled_line(text: str) -> bool:
    """A line such as 填报单位：某街道 or 2024年4月10日, which is no heading."""
    before, colon, after = text.replace(":", "：").partition("：")
    return bool(colon and before and after.strip()) or date_within(text) is not None or key(text).isdigit()


def _anchors(sheet: Sheet) -> dict[tuple[int, int], tuple[int, int]]:
    """Merged cell → the cell that holds its value, for merges over several columns in the first rows or small ones."""
    anchors: dict[tuple[int, int], tuple[int, int]] = {}
    for merge in sheet.merges:
        if merge.last_column > merge.first_column and _is_small(merge):
            for row in range(merge.first_row, merge.last_row + 1):
                for column in range(merge.first_column, merge.last_column + 1):
                    anchors[row, column] = (merge.first_row, merge.first_column)
    return anchors


def _deep(sheet: Sheet) -> set[tuple[int, int, int]]:
    """First row, row and column of each cell that a small merge from above runs through."""
    return {
        (merge.first_row, row, merge.first_column)
        for merge in sheet.merges
        if merge.last_row > merge.first_row and _is_small(merge)
        for row in range(merge.first_row + 1, merge.last_row + 1)
    }


def _is_small(merge: Merge) -> bool:
    return merge.last_row - merge.first_row < _MOST_HEAD_ROWS and merge.last_column - merge.first_column < 200


def _letter(index: int) -> str:
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
