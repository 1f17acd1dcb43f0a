"""终端: the notice in full on a text stream, for trying things out and for `xiaohao nightly` by hand."""

import sys
from typing import TextIO

from notifiers.message import Accepted, Again, Letter, Message, Receipt
from xiaohao import vocabulary


class Terminal:
    """Writes to one stream; reaches everybody, since whoever runs it reads it."""

    name = vocabulary.Channel.CONSOLE
    deduplicates = False
    always_open = True

    def __init__(self, stream: TextIO | None = None) -> None:
        """`stream` is standard error as it stands when a notice is written, if none is given."""
        self._stream = stream

    def body(self, message: Message, *, address: str, key: str) -> str:  # noqa: ARG002
        """Subject and text."""
        return f"{message.subject}\n{message.text}"

    async def send(self, letter: Letter) -> Receipt:
        """Write subject and text in one piece, with an empty line after them.

        What the stream's encoding cannot show becomes a question mark.
        """
        stream = sys.stderr if self._stream is None else self._stream
        text = f"{letter.body}\n\n"
        encoding = stream.encoding or "utf-8"
        try:
            stream.write(text.encode(encoding, "replace").decode(encoding))
            stream.flush()
        except (OSError, ValueError):
            return Again("终端不能写入")
        return Accepted(delivered=True)

    async def aclose(self) -> None:
        """The stream is its owner's: nothing to give back."""
