"""A part's XML, event by event, without a tree; document types are refused."""

from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from xml.parsers import expat

from xiaohao.errors import Unreadable
from xiaohao.workbooks.package import SUSPICIOUS

Attributes = Mapping[str, str]


def walk(
    pieces: Generator[bytes],
    *,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Call back for each element and text, with local names. Raises Unreadable for what is no sound XML."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.ordered_attributes = False
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    local: dict[str, str] = {}

    def name(tag: str) -> str:
        if tag not in local:
            local[tag] = tag.rpartition(":")[2]
        return local[tag]

    parser.StartElementHandler = lambda tag, attributes: start(name(tag), attributes)
    if end is not None:
        parser.EndElementHandler = lambda tag: end(name(tag))
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        with closing(pieces):
            for piece in pieces:
                parser.Parse(piece, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, LookupError, UnicodeDecodeError) as error:
        raise Unreadable("文件已损坏，里面的内容不完整。请在 Excel 中打开并另存后再导入。") from error


def _refuse(*_: object) -> None:
    raise Unreadable(SUSPICIOUS)
