"""Cut a text to a number of UTF-8 bytes, at items and lines where it can be, never inside a character.

Channels count bytes (a Chinese character is three, an emoji four) and refuse or silently cut what is
one byte too long. Everything here is pure; every result is at most `limit` bytes long.
"""

from collections.abc import Callable, Sequence


def size(text: str) -> int:
    """The length of `text` in UTF-8 bytes."""
    return len(text.encode())


def characters(text: str, limit: int, *, tail: str = "") -> str:
    """`text` whole if it fits, else as many of its first characters as leave room for `tail`.

    A tail that is itself longer than `limit` is left away.
    """
    if size(text) <= limit:
        return text
    if size(tail) > limit:
        tail = ""
    return text.encode()[: limit - size(tail)].decode(errors="ignore") + tail


def lines(all_lines: Sequence[str], limit: int, *, left_out: Callable[[int], str]) -> str:
    """The lines joined if they fit, else as many of the first as leave room for a last line.

    `left_out(n)` writes that line, for the n lines that have no room. Where even it has no room
    alone, its first characters are all there is.
    """
    return between("", all_lines, "", limit, left_out=left_out)


def between(head: str, items: Sequence[str], foot: str, limit: int, *, left_out: Callable[[int], str]) -> str:
    """Head, items and foot joined by line feeds, with items left out from the end until it fits.

    `left_out(n)` writes the line that stands for the n items without room. Where head and foot are
    too long by themselves the foot goes, then the head is cut at a line, then inside one.
    """
    whole = _joined(head, *items, foot)
    if size(whole) <= limit:
        return whole
    for kept in range(_most_that_could_fit(items, limit), -1, -1):
        text = _joined(head, *items[:kept], left_out(len(items) - kept) if items else "", foot)
        if size(text) <= limit:
            return text
    return _head_alone(head, left_out(len(items)) if items else foot, limit)


def _joined(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _most_that_could_fit(items: Sequence[str], limit: int) -> int:
    """An upper bound, so that a long list is not joined once for each of its items."""
    used = 0
    for count, item in enumerate(items):
        used += size(item)
        if used > limit:
            return count
    return max(len(items) - 1, 0)


def _head_alone(head: str, last: str, limit: int) -> str:
    with_last = _joined(head, last)
    if size(with_last) <= limit:
        return with_last
    whole = head or last
    cut = characters(whole, limit)
    ends_a_line = whole[len(cut) : len(cut) + 1] in ("", "\n")
    return cut if ends_a_line else cut.rpartition("\n")[0] or cut
