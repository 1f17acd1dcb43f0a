"""钉钉自定义机器人: a message into a group, signed, mentioning one person.

`errcode` 0 has put it there. A mention needs the mobile in `at` and `@mobile` in the text. Twenty
messages a minute a robot; the next ones are refused for ten minutes. Sources: CHANNELS, DingTalk.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Unpack
from urllib.parse import urlencode

from notifiers import dingtalk_answers as answers
from notifiers import dingtalk_markdown, signing, sms, vendors
from notifiers.client import Answer
from notifiers.message import Accepted, Letter, Message, Misconfigured, Receipt, Refused
from notifiers.robots import RobotAddress, for_group, of_one
from notifiers.vendors import JSON, Interface, Spans
from xiaohao import vocabulary

MOST_BYTES = 20_000
"""Of the whole body; the vendor's pages do not say it."""
MOST_A_MINUTE = 20
_SECURITY = 310000
_CLOCK = "签名的时间不被认可，请校准本机时钟"
_WHITE_LIST = "本机的出口地址不在机器人的 IP 地址（段）名单里"
_FOR_ALL_ROBOTS = (_CLOCK, _WHITE_LIST)
_TOKEN = "机器人的 access_token 不存在或已失效"
_TOO_FAST = vendors.again("发送过快，机器人被限流十分钟", answers.TEN_MINUTES)
TABLE: Mapping[int, vendors.Verdict] = {
    -1: vendors.again("钉钉系统繁忙"),
    130101: _TOO_FAST,
    302033: _TOO_FAST,
    410100: _TOO_FAST,
    40035: vendors.refused("消息格式不正确"),
    400105: vendors.refused("消息类型不受支持"),
    430101: vendors.refused("消息里的链接被认为不安全"),
    430102: vendors.refused("消息里的文字被认为不合适"),
    430103: vendors.refused("消息里的图片被认为不合适"),
    430104: vendors.refused("消息内容被认为不合适"),
    300001: vendors.operator(_TOKEN),
    300005: vendors.operator(_TOKEN),
    400101: vendors.operator(_TOKEN),
    400013: vendors.operator("机器人所在的群已解散"),
    400102: vendors.operator("机器人已停用"),
    400106: vendors.operator("机器人已不存在"),
}
_SAFETY = (  # 310000 tells by its words alone which of the robot's safety settings is not met
    (("keyword", "关键词"), "消息里没有机器人安全设置的自定义关键词，请在设置中写明"),
    (("sign not match", "签名不匹配"), "签名不匹配，请核对机器人的加签密钥（以 SEC 开头）"),
    (("timestamp", "签名过期", "时间戳"), _CLOCK),
    (
        ("whitelist", "white list", "白名单", "ip ", "ip不", "ip地址"),
        _WHITE_LIST,
    ),
    (("token",), _TOKEN),
)
_ADDRESS = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class DingtalkRobotKey:
    """One robot: `token` from its address, `secret` where it is signed (加签), `keyword` where it has one."""

    token: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)
    keyword: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DingtalkRobotSettings:
    """The robots by their names, which contacts use.

    `deduplicates` may be set once it has been seen that the host keeps `msgUuid`: only the
    international documents name it.
    """

    robots: Mapping[str, DingtalkRobotKey]
    base: str = "https://oapi.dingtalk.com"
    deduplicates: bool = False


class DingtalkRobot:
    """Posts to the robot that an address names (`notifiers.robots`), and mentions its mobile or userid."""

    name = vocabulary.Channel.DINGTALK_ROBOT
    always_open = False

    def __init__(self, settings: DingtalkRobotSettings, **spans: Unpack[Spans]) -> None:
        """The clock among `spans` is for the signature: it may be an hour off."""
        self._settings = settings
        self._interface = Interface(settings.base, **spans)

    @property
    def deduplicates(self) -> bool:
        """What the settings say of `msgUuid`."""
        return self._settings.deduplicates

    def body(self, message: Message, *, address: str, key: str) -> str:
        """The JSON that is posted, of at most 20,000 bytes, with the robot's keyword in its text."""
        to = RobotAddress.parse(address)
        robot = self._settings.robots.get(to.robot)
        keyword = robot.keyword if robot else None
        said_to_all = for_group(message)

        def built(room: int) -> str:
            shown = dingtalk_markdown.markdown_of(said_to_all, room, below=_mentioned(to.mention))
            if keyword and keyword not in shown["text"]:
                shown["text"] += f"\n\n{keyword}"
            said = {"msgtype": "markdown", "markdown": shown, "at": _at(to.mention)}
            return vendors.compact({**said, "msgUuid": signing.id_of(key)})

        return dingtalk_markdown.within(MOST_BYTES, built)

    async def send(self, letter: Letter) -> Receipt:
        """Post the body to the robot of `letter.address`.

        A fault of one robot among several refuses the notice and does not stop the others.
        """
        robot = self._settings.robots.get(RobotAddress.parse(letter.address).robot)
        if robot is None:
            return Refused("robot", "设置里没有这个名称的钉钉机器人")
        if fault := vendors.fault_of(self._settings.base):
            return fault
        if fault := vendors.fault_of(self._settings.base, access_token=robot.token):
            return of_one(fault, self._settings.robots)
        answer = await self._interface.exchange("POST", self._path(robot), body=letter.body, headers=JSON)
        if not isinstance(answer, Answer):
            return answer
        receipt = read_answer(answer, now=self._interface.instant())
        return receipt if _is_of_all(receipt) else of_one(receipt, self._settings.robots)

    async def aclose(self) -> None:
        """Close the pooled connections."""
        await self._interface.aclose()

    def _path(self, robot: DingtalkRobotKey) -> str:
        query = {"access_token": robot.token}
        if robot.secret:
            at_ms = round(self._interface.now() * 1000)
            query |= {"timestamp": str(at_ms), "sign": signing.dingtalk_robot(robot.secret, at_ms)}
        return f"/robot/send?{urlencode(query)}"


def read_answer(answer: Answer, *, now: datetime) -> Receipt:
    """What the robot said: `errcode` 0 took it into the group, whatever the status line.

    310000 is a fault of the settings that its words name: keyword, signature, clock, address, token.
    `now` bears a zone.
    """
    if answers.code_of(answer) == _SECURITY:
        words = answer.said.get("errmsg")
        return Misconfigured(_SECURITY, _safety(words if isinstance(words, str) else ""))
    verdict = answers.judged(answer, TABLE, now=now)
    return Accepted() if verdict is None else vendors.settled(verdict)


def _is_of_all(receipt: Receipt) -> bool:
    """This machine's clock and its address are the same for all robots."""
    return isinstance(receipt, Misconfigured) and receipt.why.startswith(_FOR_ALL_ROBOTS)


def _safety(words: str) -> str:
    told = words.partition("solution:")[0].lower()
    for marks, why in _SAFETY:
        if any(mark in told for mark in marks):
            found = _ADDRESS.search(told)
            return f"{why}（{found[0]}）" if found else why
    return f"机器人的安全设置没有通过：{answers.excerpt(words)}"


def _at(mention: str | None) -> dict[str, object]:
    mobile = sms.mobile(mention or "")
    userids = [mention] if mention and mobile is None else []
    return {"atMobiles": [mobile] if mobile else [], "atUserIds": userids, "isAtAll": False}


def _mentioned(mention: str | None) -> str:
    return f"@{sms.mobile(mention) or mention}" if mention else ""
