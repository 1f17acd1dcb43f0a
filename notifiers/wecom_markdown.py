"""企业微信的 markdown: bold, links, headings and three colours; no list, table or picture.

Robot and application take the same. A blank line parts head, items and foot, so that it reads well on
a phone and a text made of it (`as_text`) is cut between items, never inside one.
"""

import re
from dataclasses import replace

from notifiers import fit, layout, wording
from notifiers.message import Message, Part
from xiaohao.vocabulary import Light

TEXT_LIMIT = 2048
"""UTF-8 bytes of a text message: beyond it the robot refuses, the application cuts silently."""
_COLOURS = {Light.RED: "warning", Light.GREEN: "info"}  # no yellow: its lamp alone says it
_LONGEST_SUBJECT = 240
_USERID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}", re.ASCII)
_MENTION = re.compile(r"\n<@([^<>\n]+)>$")
_LINK = re.compile(r"\[([^\]\n]+)\]\(([^)\n]+)\)")
_ANSWER = "也可以在这里直接回复“已阅”。"
_LEFT_OUT = "……其余内容略，请打开系统查看"


def userid(address: str) -> str | None:
    """The address where it is one userid; None for “@all”, for several at once, for anything else."""
    return address if _USERID.fullmatch(address) else None


def content(message: Message, limit: int, *, mention: str | None = None) -> str:
    """The message in at most `limit` UTF-8 bytes: the subject as a heading, then the body, then the mention.

    A mention that is no userid is left away: the group reads the notice all the same.
    """
    heading = _heading(message)
    called = f"<@{mention}>" if mention and userid(mention) else ""
    room = limit - fit.size(heading) - 1 - (fit.size(called) + 1 if called else 0)
    body = layout.apart(message).markdown_within(room)
    return "\n".join(part for part in (heading, body, called) if part)


def as_text(markdown: str) -> str:
    """The same words without markup in at most 2,048 bytes, a link as “word：address”; no mention.

    The data in it bears no markup of its own (`wording.unmarked`), so every mark is ours.
    """
    bare = re.sub(r"</?font[^>]*>|\*\*|^#{1,6} ", "", _MENTION.sub("", markdown), flags=re.MULTILINE)
    linked = _LINK.search(bare)
    text = _LINK.sub(r"\1：\2", bare)
    head, *blocks = text.split("\n\n")
    foot = "\n" + blocks.pop() if blocks else ""
    items = ["\n" + block for block in blocks]
    link = linked[2] if linked else None
    return fit.between(head, items, foot, TEXT_LIMIT, left_out=lambda _: _LEFT_OUT, link=link)


def mention_in(markdown: str) -> str | None:
    """The userid that `content` mentions."""
    found = _MENTION.search(markdown)
    return found[1] if found else None


def plain(message: Message) -> str:
    """Subject and body as plain text in at most 2,048 bytes, without what the application reads as a link.

    A text may hold “<a href=…>”, and an address in it can be touched: only ours is one.
    """
    said = _unlinked(message)
    subject = fit.characters(wording.one_line(said.subject), _LONGEST_SUBJECT, tail="…")
    return f"{subject}\n{said.text_within(TEXT_LIMIT - fit.size(subject) - 1)}"


def inviting(message: Message) -> Message:
    """The message with a last line that says that 已阅 may be answered in the chat; one without facts as it is."""
    if message.facts is None:
        return message
    foot = message.foot
    said = Part(*("\n".join(filter(None, (part, _ANSWER))) for part in (foot.text, foot.markdown)))
    return replace(message, foot=said)


def _unlinked(message: Message) -> Message:
    """The message without a link in its texts, but for its own in the foot."""
    head, *items = (
        replace(part, text=wording.unlinked(part.text)) for part in (message.head, *message.items)
    )
    foot = replace(message.foot, text=wording.untagged(message.foot.text))
    subject = wording.unlinked(message.subject)
    return replace(message, subject=subject, head=head, items=tuple(items), foot=foot)


def _heading(message: Message) -> str:
    subject = wording.unmarked(wording.one_line(message.subject))
    subject = fit.characters(subject, _LONGEST_SUBJECT, tail="…")
    colour = _COLOURS.get(message.light) if message.light else None
    return f'### <font color="{colour}">{subject}</font>' if colour else f"### {subject}"
