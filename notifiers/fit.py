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


def between(
    head: str,
    items: Sequence[str],
    foot: str,
    limit: int,
    *,
    left_out: Callable[[int], str],
    link: str | None = None,
) -> str:
    """Head, items and foot joined by line feeds, with items left out from the end until it fits.

    `left_out(n)` writes the line that stands for the n items without room. Where head and foot are
    too long by themselves the head is cut at a line, then inside one; then that line goes, and the foot
    is cut last. The foot's line with `link` stays whole as long as it has room alone.
    """
    whole = _joined(head, *items, foot)
    if size(whole) <= limit:
        return whole
    for kept in range(_most_that_could_fit(items, limit), -1, -1):
        text = _joined(head, *items[:kept], left_out(len(items) - kept) if items else "", foot)
        if size(text) <= limit:
            return text
    for below in (_joined(left_out(len(items)), foot) if items else foot, foot):
        if head and size(below) <= limit:
            cut = _cut(head, limit - size(below) - 1) if below else _cut(head, limit)
            return _joined(cut, below)
    return _foot_alone(foot, limit, link) if foot else _cut(left_out(len(items)), limit)


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


def _cut(text: str, limit: int) -> str:
    """As many whole lines as fit, or as much of the first one; "" without room."""
    cut = characters(text, max(limit, 0))
    ends_a_line = text[len(cut) : len(cut) + 1] in ("", "\n")
    return cut if ends_a_line else cut.rpartition("\n")[0] or cut


def _foot_alone(foot: str, limit: int, link: str | None) -> str:
    """The foot's lines in their order as far as they fit, the one with the link before all others."""
    all_lines = foot.split("\n")
    linked = next((at for at, line in enumerate(all_lines) if link and link in line), None)
    if linked is None or size(all_lines[linked]) > limit:
        return _cut("\n".join(line for at, line in enumerate(all_lines) if at != linked), limit)
    kept, used = {linked}, size(all_lines[linked])
    for at, line in enumerate(all_lines):
        if at not in kept and used + size(line) + 1 <= limit:
            kept.add(at)
            used += size(line) + 1
    return "\n".join(line for at, line in enumerate(all_lines) if at in kept)
