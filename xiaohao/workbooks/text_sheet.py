"""A worksheet that writes a row in one step, for sheets of many rows.

The library takes a cell through a dozen calls; a whole row as one piece of markup takes half the time of
an export. And a text that looks like one of Excel's own escapes (_x0041_) comes back as it is, also where
two of them overlap, which the library misses.
"""

import re
from collections.abc import Sequence
from functools import cache

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

_TO_BE_ESCAPED = re.compile(r"[&<>\x00-\x09\x0b-\x1f\ufffe\uffff]|\A\s|\s\Z|_x")
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
"""ECMA-376 22.9.2.19: the underscore of a literal _xHHHH_ is itself escaped."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")


class TextSheet(Worksheet):  # type: ignore[misc]
    """A sheet of a workbook of constant memory."""

    def put_row(
        self, row: int, values: Sequence[str | int | float | None], looks: Sequence[Format], height: float
    ) -> None:
        """Write a whole row, from 0, below all rows that were written; texts as texts, "" and None not at all.

        `looks` are the formats, one a value; `height` is in points.
        """
        self._write_single_row(row)  # what was written cell by cell above goes out first
        self._check_dimensions(row, len(values) - 1)
        number = row + 1
        parts = [f'<row r="{number}" ht="{height:g}" customHeight="1">']
        for column, value in enumerate(values):
            if value is None or value == "":
                continue
            start = f'<c r="{_letters(column)}{number}" s="{looks[column]._get_xf_index()}"'
            if isinstance(value, str):
                text, space = (value, "") if not _TO_BE_ESCAPED.search(value) else _escaped(value)
                parts.append(f'{start} t="inlineStr"><is><t{space}>{text}</t></is></c>')
            else:
                parts.append(f"{start}><v>{value}</v></c>")
        parts.append("</row>")
        self.fh.write("".join(parts))


def _escaped(text: str) -> tuple[str, str]:
    """The text as markup, and the attribute that keeps its blanks."""
    shown = _CONTROL.sub(lambda sign: f"_x{ord(sign[0]):04X}_", _ESCAPE.sub("_x005F_", text))
    shown = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return shown, ' xml:space="preserve"' if text.strip() != text else ""


@cache
def _letters(column: int) -> str:
    return str(xl_col_to_name(column))
