"""Comments of a workbook's sheets (ECMA-376 18.7 and the drawing that shows them), added to those that are there."""

import posixpath
import re
from collections.abc import Iterator, Sequence
from xml.parsers import expat
from xml.sax.saxutils import escape

from xiaohao.workbooks.marks import AUTHOR, Mark, OddPart
from xiaohao.workbooks.package import Package
from xiaohao.workbooks.parts import relations, relations_part

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_NEW_COMMENTS = (
    f'{_HEAD}<comments xmlns="{_MAIN}"><authors></authors><commentList></commentList></comments>'.encode()
)
_SPACES = {
    b"v": b"urn:schemas-microsoft-com:vml",
    b"o": b"urn:schemas-microsoft-com:office:office",
    b"x": b"urn:schemas-microsoft-com:office:excel",
}
_NEW_RELATIONS = f'{_HEAD}<Relationships xmlns="{_PACKAGE_RELATIONS}"></Relationships>'.encode()
_SHAPE_KIND = (
    b'<v:shapetype id="_x0000_t202_xiaohao" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    b'<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_SHAPES_A_CLUSTER = 1024
_SHAPE = re.compile(rb'"_x0000_s(\d{1,9})"')
_CHARACTERS_A_LINE = 20
_AFTER_DRAWING = frozenset(
    [
        "legacyDrawingHF",
        "drawingHF",
        "picture",
        "oleObjects",
        "controls",
        "webPublishItems",
        "tableParts",
        "extLst",
        "AlternateContent",
    ]
)


class Comments:
    """Collects comments sheet by sheet, and gives the parts that hold them."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._parts: dict[str, bytes] = {}
        self._comments: list[str] = []
        self._count = 0

    def add(self, sheet: str, marks: Sequence[Mark]) -> str | None:
        """Add the comments of a sheet's part. The id of a drawing that the sheet must still name, or None."""
        told = [mark for mark in marks if mark.text]
        if not told:
            return None
        self._count += 1
        known = dict(relations(self._package, sheet).values())
        folder = posixpath.dirname(sheet)
        comments = known.get("comments") or posixpath.join(folder, f"../comments_xiaohao{self._count}.xml")
        drawing = known.get("vmlDrawing") or posixpath.join(
            folder, f"../drawings/vmlDrawing_xiaohao{self._count}.vml"
        )
        comments, drawing = posixpath.normpath(comments), posixpath.normpath(drawing)
        fresh = self._write_comments(comments, told)
        self._write_drawing(drawing, fresh)
        related: list[tuple[str, str, str]] = []
        if "comments" not in known:
            self._comments.append(comments)
            related.append(("rIdXiaohaoComments", "comments", comments))
        if "vmlDrawing" not in known:
            related.append(("rIdXiaohaoDrawing", "vmlDrawing", drawing))
        if related:
            self._relate(sheet, related)
        return None if "vmlDrawing" in known else "rIdXiaohaoDrawing"

    def drawing_edits(self, sheet: bytes, relation: str | None) -> Iterator[tuple[int, int, bytes]]:
        """Where a sheet's text must name its drawing: after what goes before it (ECMA-376 18.3.1.99)."""
        if relation is None:
            return
        at = _place_of_drawing(sheet)
        yield at, at, f'<legacyDrawing xmlns:r="{_RELATIONS}" r:id="{relation}"/>'.encode()

    def parts(self) -> dict[str, bytes]:
        """Every part that is new or changed, by name."""
        if self._parts:
            self._parts["[Content_Types].xml"] = self._content_types()
        return self._parts

    def new_names(self) -> list[str]:
        """Those that the package did not have."""
        return [name for name in self._parts if not self._package.has(name)]

    def _old(self, name: str, otherwise: bytes) -> bytes:
        return self._package.whole(name) if self._package.has(name) else otherwise

    def _write_comments(self, name: str, marks: Sequence[Mark]) -> list[Mark]:
        """The part with the comments; the marks whose cells had none before, which need a shape."""
        text = self._old(name, _NEW_COMMENTS).replace(b"<authors/>", b"<authors></authors>")
        text = text.replace(b"<commentList/>", b"<commentList></commentList>")
        author = len(re.findall(rb"<author(?=[\s/>])", text))
        fresh: list[Mark] = []
        listed: list[str] = []
        for mark in marks:
            old = re.search(rb'<comment\b[^>]*\bref="%s"[^>]*>' % mark.reference.encode(), text)
            if old is None:
                fresh.append(mark)
                body = f'<t xml:space="preserve">{_xml(mark.text)}</t>'
                listed.append(
                    f'<comment ref="{mark.reference}" authorId="{author}"><text><r>{body}</r></text></comment>'
                )
                continue
            end = text.find(b"</text>", old.end())
            if end < 0:
                raise OddPart
            more = f'<r><t xml:space="preserve">\n{_xml(mark.text)}</t></r>'.encode()
            text = text[:end] + more + text[end:]
        text = _before(text, b"</authors>", f"<author>{AUTHOR}</author>".encode())
        self._parts[name] = _before(text, b"</commentList>", "".join(listed).encode())
        return fresh

    def _write_drawing(self, name: str, marks: Sequence[Mark]) -> None:
        first = _SHAPES_A_CLUSTER * 100 * self._count
        text = _with_spaces(self._old(name, _new_drawing(first, len(marks))))
        first = max(map(int, _SHAPE.findall(text)), default=first) + 1
        kind = b"" if _SHAPE_KIND in text else _SHAPE_KIND
        shapes = b"".join(_shape(mark, first + n).encode() for n, mark in enumerate(marks))
        self._parts[name] = _before(text, b"</xml>", kind + shapes)

    def _relate(self, sheet: str, related: Sequence[tuple[str, str, str]]) -> None:
        name = relations_part(sheet)
        text = self._old(name, _NEW_RELATIONS)
        if re.search(rb"<Relationships[^>]*/>", text):
            text = _NEW_RELATIONS
        lines = "".join(
            f'<Relationship Id="{id_}" Type="{_RELATIONS}/{kind}" Target="/{target}"/>'
            for id_, kind, target in related
        )
        self._parts[name] = _before(text, b"</Relationships>", lines.encode())

    def _content_types(self) -> bytes:
        text = self._package.whole("[Content_Types].xml")
        lines = [
            f'<Override PartName="/{name}" '
            'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"/>'
            for name in self._comments
        ]
        text = _before(text, b"</Types>", "".join(lines).encode())
        if b'Extension="vml"' in text:
            return text
        vml = b'<Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/>'
        opening = re.search(rb"<Types(?=[\s>])[^>]*>", text)
        if opening is None:
            raise OddPart
        return text[: opening.end()] + vml + text[opening.end() :]


def _place_of_drawing(sheet: bytes) -> int:
    """The offset in a sheet's text at which the drawing of its comments may be named."""
    start = sheet.rfind(b"</sheetData>")
    root = re.search(rb"<worksheet(?=[\s>])[^>]*>", sheet)
    if start < 0 or root is None:
        raise OddPart
    start += len(b"</sheetData>")
    found: list[int] = []
    depth = 0
    parser = expat.ParserCreate()

    def opens(tag: str, _attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth == 2 and tag.rpartition(":")[2] in _AFTER_DRAWING:
            found.append(parser.CurrentByteIndex)

    def closes(_tag: str) -> None:
        nonlocal depth
        depth -= 1
        if depth == 0:
            found.append(parser.CurrentByteIndex)

    parser.StartElementHandler = opens
    parser.EndElementHandler = closes
    try:
        parser.Parse(root[0] + sheet[start:], True)
    except expat.ExpatError as error:
        raise OddPart from error
    return start + found[0] - len(root[0])


def _new_drawing(first: int, count: int) -> bytes:
    """An empty drawing that claims the clusters of shape numbers which it is to use."""
    clusters = range(first // _SHAPES_A_CLUSTER, (first + count) // _SHAPES_A_CLUSTER + 1)
    claimed = ",".join(map(str, clusters)).encode()
    layout = b'<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="%s"/></o:shapelayout>' % claimed
    return b"<xml>" + layout + b"</xml>"


def _with_spaces(drawing: bytes) -> bytes:
    """The drawing, its root naming every namespace that our shapes use."""
    root = re.match(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?<xml(?=[\s>])", drawing)
    if root is None:
        raise OddPart
    named = drawing[root.end() : drawing.index(b">", root.end())]
    missing = (b' xmlns:%s="%s"' % pair for pair in _SPACES.items() if b"xmlns:%s=" % pair[0] not in named)
    return drawing[: root.end()] + b"".join(missing) + drawing[root.end() :]


def _shape(mark: Mark, number: int) -> str:
    row, column = mark.row - 1, mark.column
    lines = sum(1 + len(line) // _CHARACTERS_A_LINE for line in mark.text.splitlines())
    height = min(4 + lines, 24)
    return (
        f'<v:shape id="_x0000_s{number}" type="#_x0000_t202_xiaohao" '
        'style="position:absolute;margin-left:60pt;margin-top:2pt;width:220pt;'
        f'height:{14 * lines + 12}pt;z-index:1;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">'
        '<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
        '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
        '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:Anchor>{column + 1}, 15, {row}, 2, {column + 5}, 15, {row + height}, 4</x:Anchor>"
        f"<x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column>"
        "</x:ClientData></v:shape>"
    )


def _before(text: bytes, end: bytes, more: bytes) -> bytes:
    at = text.rfind(end)
    if at < 0:
        raise OddPart
    return text[:at] + more + text[at:]


def _xml(text: str) -> str:
    """Text as XML may hold it."""
    return escape(re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "�", text))
