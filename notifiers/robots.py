"""Group robots (群机器人): the address of one is its name in the settings, and whom it is to mention.

The robot's key is a secret and stays in the settings; a contact row holds only the robot's name. The
person to mention is what the channel takes: a userid, an open_id or a mobile number.
"""

from collections.abc import Sized
from dataclasses import dataclass, field, replace

from notifiers import wording
from notifiers.message import Message, Misconfigured, Part, Receipt, Refused

DEFAULT = "默认"
"""The name of the robot of those whose unit has none of its own."""
_BETWEEN = "@"


@dataclass(frozen=True, slots=True)
class RobotAddress:
    """A robot by its name in the settings, and the person whom it mentions, or nobody."""

    robot: str
    mention: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{self.robot}{_BETWEEN}{self.mention}" if self.mention else self.robot

    @classmethod
    def parse(cls, address: str) -> "RobotAddress":
        """“孟轲乡@13800000000” or “孟轲乡”; without a name before the @ it is the default robot."""
        robot, _, mention = address.partition(_BETWEEN)
        return cls(robot.strip() or DEFAULT, mention.strip() or None)


def of_one(receipt: Receipt, all_named: Sized) -> Receipt:
    """What a robot's receipt says where the settings name `all_named`, itself among them.

    A fault of one among several refuses its notice and stops none of the others; a fault of the only one
    stops the channel until it is mended, and loses no notice.
    """
    if isinstance(receipt, Misconfigured) and len(all_named) > 1:
        return Refused(receipt.code, receipt.why)
    return receipt


def for_group(message: Message) -> Message:
    """The message as a group reads it: its link says whose it is, for it acknowledges in that name."""
    link = message.link
    if not link:
        return message
    whose = f"（{message.recipient}本人点）"
    text = message.foot.text.replace(f"：{link}", f"{whose}：{link}", 1)
    markdown = message.foot.markdown.replace(f"]({link})", f"{wording.unmarked(whose)}]({link})", 1)
    return replace(message, foot=Part(text, markdown))
