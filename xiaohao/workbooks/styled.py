"""A workbook's styles with a coloured twin for each style that a marked cell has."""

import re

from xiaohao.workbooks.marks import OddPart

_FILLS = re.compile(rb"<fills(?=[\s>])[^>]*>(.*?)</fills>", re.DOTALL)
_FORMATS = re.compile(rb"<cellXfs(?=[\s>])[^>]*>(.*?)</cellXfs>", re.DOTALL)
_FILL = re.compile(rb"<fill(?=[\s/>])")
_FORMAT = re.compile(rb"<xf(?=[\s/>])[^>]*?(?:/>|>.*?</xf>)", re.DOTALL)
_FILL_ID = re.compile(rb'\sfillId="\d*"')
_APPLIES = re.compile(rb'\sapplyFill="\w*"')
_COUNT = re.compile(rb'\scount="\d*"')
_NAME = re.compile(rb"<xf")


class MarkedStyles:
    """The text of the styles part; grows by a fill for each colour and a format for each painted style."""

    def __init__(self, text: bytes) -> None:
        """Raises OddPart where the part cannot be edited as text."""
        fills, formats = _FILLS.search(text), _FORMATS.search(text)
        if fills is None or formats is None or b"<!--" in text:
            raise OddPart
        self._text, self._fills, self._formats = text, fills, formats
        self._old_fills = len(_FILL.findall(fills[1]))
        self._old = [found[0] for found in _FORMAT.finditer(formats[1])]
        self._colours: dict[str, int] = {}
        self._painted: dict[tuple[int, str], int] = {}
        self._new: list[bytes] = []

    def painted(self, style: int, colour: str) -> int:
        """The number of a style that is like `style` but for its fill (RGB in hex)."""
        key = (style, colour)
        if key not in self._painted:
            fill = self._colours.setdefault(colour, self._old_fills + len(self._colours))
            like = (
                self._old[style] if style < len(self._old) else b'<xf numFmtId="0" fontId="0" borderId="0"/>'
            )
            bare = _APPLIES.sub(b"", _FILL_ID.sub(b"", like, count=1), count=1)
            self._painted[key] = len(self._old) + len(self._new)
            self._new.append(_NAME.sub(b'<xf fillId="%d" applyFill="1"' % fill, bare, count=1))
        return self._painted[key]

    def text(self) -> bytes:
        """The part with what was painted."""
        fills = b"".join(
            b'<fill><patternFill patternType="solid"><fgColor rgb="FF%s"/><bgColor indexed="64"/></patternFill></fill>'
            % colour.encode()
            for colour in self._colours
        )
        text = self._text
        grown = sorted(
            [
                (self._fills, fills, self._old_fills + len(self._colours)),
                (self._formats, b"".join(self._new), len(self._old) + len(self._new)),
            ],
            key=lambda one: one[0].start(),
            reverse=True,
        )
        for found, more, count in grown:
            opening = _COUNT.sub(b' count="%d"' % count, text[found.start() : found.start(1)], count=1)
            text = text[: found.start()] + opening + found[1] + more + text[found.end(1) :]
        return text
