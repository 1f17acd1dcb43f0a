"""What DingTalk shows of a message: the one form of all its channels (pure).

Its markdown knows headings, bold, links and lists. A single line feed is swallowed, so every line ends
in two spaces or a blank line; tables and code are not shown on telephones and are never written.
"""

import re
from collections.abc import Callable

from notifiers import fit, wording
from notifiers.layout import apart
from notifiers.message import Message

LONGEST_TITLE = 64
"""Characters of a title, which only the list of conversations and the lock screen show."""
_ALONE = re.compile(r"(?<!\n)\n(?!\n)")


def markdown_of(message: Message, room: int, *, below: str = "") -> dict[str, str]:
    """Title and text, the text's own lines in at most `room` bytes; `below` stands at its end whole.

    The subject is repeated as a heading, since an opened message shows no title.
    """
    subject = wording.one_line(message.subject)
    body = _ALONE.sub("  \n", apart(message).markdown_within(room))
    parts = (f"### {wording.unmarked(subject)}", body, below)
    return {"title": subject[:LONGEST_TITLE], "text": "\n\n".join(part for part in parts if part)}


def within(limit: int, build: Callable[[int], str]) -> str:
    """What `build(room)` makes, with as much less room as brings it to at most `limit` bytes.

    Escapes and line ends count in what is posted and not in the message, so the room is found by
    trying; less room never makes it longer.
    """
    room = limit
    while (over := fit.size(built := build(room)) - limit) > 0 and room > 0:
        room = max(room - over, 0)
    return built
