"""Text as a cell of ours holds it: what the reader gives back is exactly what was meant.

`line_text` and `long_text` are what the ledger's text amounts to in a cell; both give their own
result back unchanged. `written` is how that text has to be written so that it is read as text.
"""

import re

from xiaohao.workbooks.cells import is_broken, one_line, packed, plain

MOST_UNITS = 32_767
"""UTF-16 units that a cell of Excel can hold."""
_CUT = "……（过长，后文略）"
_IMPOSSIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_SHIELD = "\u200b" * 4
_FORMULA = frozenset("=+-@＝＋－＠")


def line_text(text: str | None) -> str:
    """The text as one line; "" for none."""
    return _cut(one_line(_clean(text))) if text else ""


def long_text(text: str | None) -> str:
    """The text with its line breaks; "" for none."""
    return _cut(plain(_clean(text))) if text else ""


def written(text: str) -> str:
    """The text so that the reader takes it for nothing else.

    同上, a dash for nothing and #N/A mean something in a ledger, and the writing library takes
    <r>…</r> for markup: such a text gets signs without width at its end, which the reader drops.
    """
    if text[:1] not in _MAY_BE_SPECIAL:
        return text
    special = is_broken(text) or packed(text) in _SPECIAL
    return text + _SHIELD if special or (text.startswith("<r>") and text.endswith("</r>")) else text


def looks_like_formula(text: str) -> bool:
    """Whether a table program could take the text for a formula when somebody edits the cell."""
    return text[:1] in _FORMULA


def units(text: str) -> int:
    """How many UTF-16 units the text takes: an emoji takes two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "replace")) // 2


def _clean(text: str) -> str:
    return text if text.isprintable() else _IMPOSSIBLE.sub("", text)


def _cut(text: str) -> str:
    if len(text) <= MOST_UNITS // 2 or units(text) <= MOST_UNITS:
        return text
    room = MOST_UNITS - units(_CUT) - len(_SHIELD)
    kept = text.encode("utf-16-le")[: room * 2].decode("utf-16-le", "ignore")
    return kept.rstrip() + _CUT


_SPECIAL = frozenset(["同上", "〃", "″", "″″", "''", '"', "同前", "同左", "无", "/", "-", "—"])
_MAY_BE_SPECIAL = frozenset([*(text[0] for text in _SPECIAL), "#", "<"])
