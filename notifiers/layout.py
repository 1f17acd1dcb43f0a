"""How a message is laid out where a blank line is shown: head, items and foot stand apart."""

from dataclasses import replace

from notifiers.message import Message, Part


def apart(message: Message) -> Message:
    """The message with a blank line before each item and before the foot, in its markdown only."""
    items = tuple(Part(item.text, f"\n{item.markdown}") for item in message.items)
    foot = Part(message.foot.text, f"\n{message.foot.markdown}" if message.foot.markdown else "")
    return replace(message, items=items, foot=foot)
