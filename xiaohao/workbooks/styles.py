"""What a workbook's styles say that matters here: which cells are dates, which are struck through."""

import re
from dataclasses import dataclass, field

from xiaohao.workbooks.markup import Attributes, walk
from xiaohao.workbooks.package import Package

_DATE_FORMATS = frozenset(
    [*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)]
)  # ECMA-376 18.8.30
_NOT_CODE = re.compile(r'"[^"]*"|\[(?!h|m|s)[^\]]*\]|\\.|_.|\*.', re.IGNORECASE)


@dataclass(slots=True)
class Styles:
    """By the number of a cell's style: is it a date, is it struck through."""

    dates: list[bool] = field(default_factory=list)
    struck: list[bool] = field(default_factory=list)

    def is_date(self, style: int) -> bool:
        """Whether numbers of this style are shown as a day or a time."""
        return 0 <= style < len(self.dates) and self.dates[style]

    def is_struck(self, style: int) -> bool:
        """Whether text of this style is struck through."""
        return 0 <= style < len(self.struck) and self.struck[style]


def read_styles(package: Package, name: str) -> Styles:
    """The styles part; a workbook without one has no dates and nothing struck."""
    styles = Styles()
    if not package.has(name):
        return styles
    formats: dict[int, bool] = {}
    fonts: list[bool] = []
    path: list[str] = []

    def start(tag: str, attributes: Attributes) -> None:
        path.append(tag)
        within = path[-2] if len(path) > 1 else ""
        if tag == "numFmt" and within == "numFmts":
            formats[_number(attributes.get("numFmtId"))] = is_date_format(attributes.get("formatCode", ""))
        elif tag == "font" and within == "fonts":
            fonts.append(False)
        elif tag == "strike" and within == "font" and "fonts" in path and fonts:
            fonts[-1] = attributes.get("val", "1") not in ("0", "false")
        elif tag == "xf" and within == "cellXfs":
            code, font = _number(attributes.get("numFmtId")), _number(attributes.get("fontId"))
            styles.dates.append(formats.get(code, code in _DATE_FORMATS))
            styles.struck.append(0 <= font < len(fonts) and fonts[font])

    walk(package.pieces(name), start=start, end=lambda _: _pop(path))
    return styles


def is_date_format(code: str) -> bool:
    """Whether a number format shows a day or a time: yyyy"年"m"月", m/d, [h]:mm."""
    bare = _NOT_CODE.sub("", code.split(";")[0])
    return "general" not in bare.lower() and re.search("[ymdhs]", bare, re.IGNORECASE) is not None


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def _pop(path: list[str]) -> None:
    path.pop()
