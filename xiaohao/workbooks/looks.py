"""How our workbooks look: fonts, fills and borders; light colours that a printer also takes."""

from collections.abc import Mapping

from xlsxwriter import Workbook
from xlsxwriter.format import Format

from xiaohao.vocabulary import Light

BODY_FONT, HEAD_FONT = "宋体", "黑体"
LIGHTS: Mapping[str, tuple[str, str]] = {
    Light.RED.label: ("#F8CBCB", "#9C0006"),
    Light.YELLOW.label: ("#FFEB9C", "#7F6000"),
    Light.GREEN.label: ("#D9EAD3", "#274E13"),
}
"""The fill and the letters of a light's cell, by its word."""
_LINE = "#A6A6A6"
_BODY = {"font_name": BODY_FONT, "font_size": 11, "valign": "vcenter", "text_wrap": True}
_CENTRED = {"align": "center"}
_KINDS: Mapping[str, Mapping[str, object]] = {
    "text": {},
    "short": _CENTRED,
    "typed": {"num_format": "@"} | _CENTRED,  # what is typed there stays as it is typed: 0012
    "day": {"num_format": "yyyy-mm-dd"} | _CENTRED,
    "money": {"num_format": "#,##0.00"},
}


class Looks:
    """The formats of one workbook, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._made: dict[tuple[object, ...], Format] = {}

    def cell(self, kind: str, *, light: str = "", struck: bool = False, quoted: bool = False) -> Format:
        """A cell below the head: `kind` text, short, typed, day or money.

        `quoted` keeps what begins like a formula a text, also when somebody edits the cell.
        """
        key = (kind, light, struck, quoted)
        if key not in self._made:
            look: dict[str, object] = {**_BODY, **_KINDS[kind]}
            if light:
                fill, letters = LIGHTS[light]
                look |= {"bg_color": fill, "font_color": letters, "bold": True}
            if struck:
                look |= {"font_strikeout": True, "font_color": "#7F7F7F"}
            if quoted:
                look["quote_prefix"] = True
            self._made[key] = self._book.add_format(look)
        return self._made[key]

    def title(self) -> Format:
        """The table's title."""
        return self._other("title", font_name=HEAD_FONT, font_size=18, align="center", valign="vcenter")

    def line(self, align: str) -> Format:
        """A line below the title."""
        return self._other(align, font_name=BODY_FONT, font_size=10, align=align, valign="vcenter")

    def head(self, *, printed: bool) -> Format:
        """A heading; the columns that stay off the paper are paler."""
        fill = "#D9E1F2" if printed else "#F2F2F2"
        return self._other(
            f"head {printed}",
            font_name=HEAD_FONT, font_size=10, align="center", valign="vcenter", text_wrap=True,
            bg_color=fill, border=1, border_color=_LINE,
        )  # fmt: skip

    def specimen(self, kind: str) -> Format:
        """A cell of the example row of a template."""
        look = {**_BODY, **_KINDS[kind], "italic": True, "font_color": "#7F7F7F", "bg_color": "#FAFAFA"}
        return self._other(f"specimen {kind}", **look)

    def bordered(self) -> Format:
        """The lines round the cells of a row that holds something."""
        return self._other("bordered", border=1, border_color=_LINE)

    def note(self) -> Format:
        """A line of the guide."""
        return self._other("note", font_name=BODY_FONT, font_size=11, text_wrap=True, valign="top")

    def heading(self) -> Format:
        """What the next lines of the guide are about."""
        return self._other("heading", font_name=HEAD_FONT, font_size=12, valign="vcenter")

    def _other(self, name: str, **look: object) -> Format:
        if (name,) not in self._made:
            self._made[name,] = self._book.add_format(look)
        return self._made[name,]
