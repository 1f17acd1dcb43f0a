"""Codes of units: short, typable, from the initials of the name's pinyin (华龙区 → HL)."""

from collections.abc import Container
from itertools import count

from xiaohao.vocabulary import UnitKind

_FIRST_OF_LETTER = (
    ("A", 0xB0A1), ("B", 0xB0C5), ("C", 0xB2C1), ("D", 0xB4EE), ("E", 0xB6EA), ("F", 0xB7A2), ("G", 0xB8C1),
    ("H", 0xB9FE), ("J", 0xBBF7), ("K", 0xBFA6), ("L", 0xC0AC), ("M", 0xC2E8), ("N", 0xC4C3), ("O", 0xC5B6),
    ("P", 0xC5BE), ("Q", 0xC6DA), ("R", 0xC8BB), ("S", 0xC8F6), ("T", 0xCBFA), ("W", 0xCDDA), ("X", 0xCEF4),
    ("Y", 0xD1B9), ("Z", 0xD4D1),
)  # fmt: skip
"""The first character of each initial in GB 2312, whose first level (to 0xD7F9) is in the order of pinyin."""
_LAST_IN_ORDER = 0xD7F9
_BEYOND = {
    "濮": "P",
    "轲": "K",
    "淇": "Q",
    "滹": "H",
    "邯": "H",
    "亳": "B",
    "邳": "P",
    "沭": "S",
    "涞": "L",
    "濉": "S",
}
"""Characters of place names in the second level, which is in the order of radicals."""
_ENDINGS = {
    UnitKind.DISTRICT: ("区", "县", "市"),
    UnitKind.SUBDISTRICT: ("街道办事处", "街道办", "街道"),
    UnitKind.TOWNSHIP: ("乡", "镇"),
    UnitKind.COMMUNITY: ("社区",),
    UnitKind.VILLAGE: ("村",),
    UnitKind.BRANCH: ("党支部",),
}
_OF_KIND = {
    UnitKind.DISTRICT: "Q",
    UnitKind.SUBDISTRICT: "JD",
    UnitKind.TOWNSHIP: "XZ",
    UnitKind.COMMUNITY: "SQ",
    UnitKind.VILLAGE: "C",
    UnitKind.BRANCH: "ZB",
    UnitKind.DEPARTMENT: "BM",
}
_LONGEST = 8


def initials(text: str) -> str:
    """The capital initials of a text's pinyin; characters whose reading is not known are left out."""
    return "".join(map(_initial, text))


def unit_code(name: str, kind: UnitKind, *, above: str, above_code: str, taken: Container[str]) -> str:
    """A code that is not `taken`: the initials of the name without its ending (孟轲乡 → MK).

    A name that begins with that of the unit above has its code in front (孟轲乡农业农村办 → MK-NYNCB).
    Where it is taken the ending is added (建设路社区 → JSLSQ), then a number.
    """
    front = ""
    if above and len(name) > len(above) and name.startswith(above):
        name, front = name[len(above) :], f"{above_code}-"
    ending = next((each for each in _ENDINGS.get(kind, ()) if name.endswith(each) and name != each), "")
    stem = front + (initials(name.removesuffix(ending))[:_LONGEST] or _OF_KIND[kind])
    if stem not in taken:
        return stem
    longer = stem + (initials(ending) if ending else "")
    if longer not in taken:
        return longer
    return next(code for number in count(2) if (code := f"{longer}{number}") not in taken)


def _initial(character: str) -> str:
    if character.isascii():
        return character.upper() if character.isalnum() else ""
    if character in _BEYOND:
        return _BEYOND[character]
    try:
        code = int.from_bytes(character.encode("gb2312"), "big")
    except UnicodeEncodeError:
        return ""
    if not _FIRST_OF_LETTER[0][1] <= code <= _LAST_IN_ORDER:
        return ""
    return max((first, letter) for letter, first in _FIRST_OF_LETTER if first <= code)[1]
