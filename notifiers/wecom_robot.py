"""企业微信群机器人: markdown to a group, the person mentioned in it.

The key stands in the URL and is the whole secret. The vendor de-duplicates nothing and tells nothing
afterwards. Over 4,096 bytes of content it refuses the whole message; 20 messages a minute a robot.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Unpack
from urllib.parse import quote

from notifiers import vendors, wecom_markdown
from notifiers.client import Answer
from notifiers.message import Accepted, Letter, Message, Misconfigured, Receipt, Refused
from notifiers.robots import RobotAddress, for_group, of_one
from notifiers.vendors import JSON, BadForm, Interface, Spans, again, bad_form, operator, refused
from xiaohao import vocabulary

LIMIT = 4096
"""UTF-8 bytes of the `content` field."""
UNKNOWN_KEY = 93000
TABLE: Mapping[int, vendors.Verdict] = {
    -1: again("企业微信系统繁忙"),
    45009: again("发送过快：每个机器人每分钟最多 20 条", timedelta(seconds=60)),
    45033: again("同时发送过多"),
    40008: bad_form("企业微信不认识这种消息类型"),
    40058: bad_form("消息参数不合格，或内容过长"),
    44004: refused("消息内容为空"),
    UNKNOWN_KEY: operator("机器人的 key 不正确，或机器人已被移出群聊"),
}
_LOG = logging.getLogger("xiaohao.notifiers")


@dataclass(frozen=True, slots=True, kw_only=True)
class WecomRobotSettings:
    """The robots by name, each with the key from its webhook address, and where the interface is."""

    keys: Mapping[str, str] = field(repr=False)
    base: str = "https://qyapi.weixin.qq.com"


class WecomRobot:
    """Posts to the robot of a RobotAddress; whom it mentions is a userid."""

    name = vocabulary.Channel.WECOM_ROBOT
    deduplicates = False
    always_open = False

    def __init__(self, settings: WecomRobotSettings, **spans: Unpack[Spans]) -> None:
        """The clock among `spans` is for Retry-After."""
        self._settings = settings
        self._interface = Interface(settings.base, **spans)

    def body(self, message: Message, *, address: str, key: str) -> str:  # noqa: ARG002
        """The markdown message; the robot's key is not in it."""
        mention = RobotAddress.parse(address).mention
        content = wecom_markdown.content(for_group(message), LIMIT, mention=mention)
        return vendors.compact({"msgtype": "markdown", "markdown": {"content": content}})

    async def send(self, letter: Letter) -> Receipt:
        """POST to the robot that `letter.address` names; once more as text where markdown is not taken.

        A fault of one robot among several refuses the notice and does not stop the others.
        """
        of = self._settings
        if not of.keys:
            return Misconfigured("settings", "未设置企业微信群机器人")
        if fault := vendors.fault_of(of.base):
            return fault
        key = of.keys.get(RobotAddress.parse(letter.address).robot)
        if key is None:
            return Refused("robot", "设置中没有这个名称的企业微信群机器人")
        if fault := vendors.fault_of(of.base, key=key):
            return of_one(fault, of.keys)
        verdict = await self._post(key, letter.body)
        if isinstance(verdict, BadForm) and (text := as_text(letter.body)):
            _LOG.warning("企业微信群机器人不接受 markdown（%s），改发文字", verdict.code)
            verdict = await self._post(key, text)
        receipt = vendors.settled(verdict)
        is_its_own = isinstance(receipt, Misconfigured) and receipt.code == UNKNOWN_KEY
        return of_one(receipt, of.keys) if is_its_own else receipt

    async def aclose(self) -> None:
        """Close the pooled connections."""
        await self._interface.aclose()

    async def _post(self, key: str, body: str) -> Accepted | vendors.Judged:
        path = f"/cgi-bin/webhook/send?key={quote(key, safe='')}"
        answer = await self._interface.exchange("POST", path, body=body, headers=JSON)
        if not isinstance(answer, Answer):
            return answer
        verdict = vendors.judged(answer, "errcode", TABLE, now=self._interface.instant())
        return Accepted() if verdict is None else verdict


def as_text(body: str) -> str | None:
    """The text message that says what a markdown body says, with its mention; None where it is none.

    Made from the kept body alone, so each try sends the same bytes.
    """
    values = json.loads(body)
    if values.get("msgtype") != "markdown":
        return None
    content = values["markdown"]["content"]
    text: dict[str, object] = {"content": wecom_markdown.as_text(content)}
    if mention := wecom_markdown.mention_in(content):
        text["mentioned_list"] = [mention]
    return vendors.compact({"msgtype": "text", "text": text})
