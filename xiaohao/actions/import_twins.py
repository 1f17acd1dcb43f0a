"""导入 of near twins: a title that was edited by hand since it came in looks like a new problem. Pure."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from xiaohao.ledger.near_titles import KnownTitle
from xiaohao.workbooks.cells import narrow

_APART = re.compile("[一二三四五六七八九十两东南西北上下左右前后内外甲乙丙丁A-Za-z]")
"""Where one of these stands for another, two things are meant: 东门 and 西门, 三单元 and 五单元."""
_CHARACTERS_AN_EDIT = 5
_MOST_EDITS = 6
_LEAST_REPLACED = 8  # a shorter title with a character replaced is another one: 静和苑停水, 静和苑停电
_LEAST_CONTAINED = 6
_LONGEST = 300  # characters that are compared
_FEW = 24  # of one unit and one set of numbers: all are compared
_PAIRS_ASKED = 8
_MOST_HOLDERS = 64  # a pair of characters that more titles have says nothing
_COMPARED = 5
_REMEMBERED = 50_000


@lru_cache(maxsize=_REMEMBERED)
def bare(title: str) -> str:
    """A title without blanks and punctuation, half width."""
    return "".join(character for character in narrow(title) if character.isalnum())


def are_near(one: str, other: str) -> bool:
    """Whether two bare titles differ as an edit by hand makes them differ: a few characters, or a clause more.

    Titles with other numbers are apart, and so are those in which a direction or an ordinal changed.
    """
    short, long = sorted((one, other), key=len)
    if short == long:
        return True
    if len(short) >= _LEAST_CONTAINED and short in long and len(long) <= 2 * len(short):
        return True
    if len(long) > _LONGEST:
        return False
    allowed = min(len(long) // _CHARACTERS_AN_EDIT, _MOST_EDITS)
    if len(long) - len(short) > allowed:
        return False
    edits = 0
    for tag, i, j, k, m in SequenceMatcher(None, short, long, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        edits += max(j - i, m - k)
        replaced = tag == "replace"
        if replaced and len(long) < _LEAST_REPLACED:
            return False
        if edits > allowed or (replaced and _APART.search(short[i:j]) and _APART.search(long[k:m])):
            return False
    return True


class NearTitles:
    """Known titles, asked for the near twin of a new one. The work for each asked grows with no ledger's size."""

    def __init__(self, known: Iterable[KnownTitle]) -> None:
        self._shelves: dict[tuple[int, int, str], _Shelf] = defaultdict(_Shelf)
        for each in known:
            self._shelves[_shelf_of(each.register_unit_id, each.unit_id, each.title)].add(each)

    def twin(self, register_unit_id: int, unit_id: int, title: str) -> KnownTitle | None:
        """The known title of the same register unit and unit that was most likely edited into `title`."""
        shelf = self._shelves.get(_shelf_of(register_unit_id, unit_id, title))
        if shelf is None:
            return None
        asked = bare(title)
        return next((each for each in shelf.like(asked) if are_near(bare(each.title), asked)), None)


def _shelf_of(register_unit_id: int, unit_id: int, title: str) -> tuple[int, int, str]:
    return register_unit_id, unit_id, " ".join(re.findall(r"\d+", bare(title)))


class _Shelf:
    """The known titles of one register unit, unit and set of numbers."""

    def __init__(self) -> None:
        self._titles: list[KnownTitle] = []
        self._holders: dict[str, list[int]] = {}

    def add(self, known: KnownTitle) -> None:
        self._titles.append(known)

    def like(self, asked: str) -> Sequence[KnownTitle]:
        """Those that share the rarest pairs of characters with the bare title, the likest first."""
        if len(self._titles) <= _FEW:
            return self._titles
        if not self._holders:
            self._index()
        lists = sorted((self._holders[pair] for pair in _pairs(asked) if pair in self._holders), key=len)
        counts = Counter(
            place for holders in lists[:_PAIRS_ASKED] if len(holders) <= _MOST_HOLDERS for place in holders
        )
        return [self._titles[place] for place, _ in counts.most_common(_COMPARED)]

    def _index(self) -> None:
        for place, known in enumerate(self._titles):
            for pair in _pairs(bare(known.title)):
                self._holders.setdefault(pair, []).append(place)


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}
