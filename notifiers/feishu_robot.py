"""飞书自定义机器人: a card to a group, the person mentioned in it.

The token stands in the URL; where the robot has a secret, time and signature are put before the kept
body as it goes out. The whole request may have 20 KB; 100 messages a minute and 5 a second a robot. The
vendor de-duplicates nothing and tells nothing afterwards.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Unpack
from urllib.parse import quote

from notifiers import feishu_card, signing, vendors
from notifiers.client import Answer, http_date
from notifiers.message import Accepted, Letter, Message, Misconfigured, Receipt, Refused
from notifiers.robots import RobotAddress, for_group, of_one
from notifiers.vendors import JSON, BadForm, Interface, Spans, again, bad_form, operator
from xiaohao import vocabulary

LIMIT = 20 * 1024
"""UTF-8 bytes of the whole request, signature and all."""
FOR_SIGNATURE = 100
"""Bytes that time and signature take at most."""
UNKNOWN_TOKEN = 19001
NO_KEYWORD = 19024
SIGNATURE_REFUSED = 19021
_CLOCK = "本机时钟"
_SIGNATURE = "签名不正确：请核对机器人的签名密钥和本机时钟（相差须在一小时内）"
_ROBOTS_OWN = (UNKNOWN_TOKEN, NO_KEYWORD, SIGNATURE_REFUSED)
_CLOCK_MAY_BE_OFF = 58
"""Minutes: the vendor takes an hour, and the answer was some time under way."""
TABLE: Mapping[int, vendors.Verdict] = {
    11232: again("发送过快：每个机器人每秒最多 5 条、每分钟最多 100 条", timedelta(seconds=60)),
    9499: bad_form("消息格式不合格，或超过 20 KB"),
    11246: bad_form("卡片内容有误"),
    19036: bad_form("消息过长"),
    NO_KEYWORD: operator("消息中没有机器人“自定义关键词”所要求的词，请改用签名校验"),
    UNKNOWN_TOKEN: operator("机器人的 webhook 地址（token）不正确"),
    SIGNATURE_REFUSED: operator(_SIGNATURE),
    19022: operator("本机出口地址不在机器人的 IP 白名单中"),
}
_LOG = logging.getLogger("xiaohao.notifiers")


@dataclass(frozen=True, slots=True)
class FeishuRobotKey:
    """What one robot needs: the token from its webhook address, and its secret where it signs."""

    token: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeishuRobotSettings:
    """The robots by name, and where the interface is."""

    robots: Mapping[str, FeishuRobotKey]
    base: str = "https://open.feishu.cn/open-apis"


class FeishuRobot:
    """Posts to the robot of a RobotAddress; whom it mentions is an open_id."""

    name = vocabulary.Channel.FEISHU_ROBOT
    deduplicates = False
    always_open = False

    def __init__(self, settings: FeishuRobotSettings, **spans: Unpack[Spans]) -> None:
        """The clock among `spans` is for the signature, which the vendor refuses when it is an hour off."""
        self._settings = settings
        self._interface = Interface(settings.base, **spans)

    def body(self, message: Message, *, address: str, key: str) -> str:  # noqa: ARG002
        """The card; neither token, time nor signature is in it."""
        mention = RobotAddress.parse(address).mention
        said = for_group(message)
        return feishu_card.card_within(said, LIMIT - FOR_SIGNATURE, mention=mention, write=_request)

    async def send(self, letter: Letter) -> Receipt:
        """POST to the robot that `letter.address` names; once more as text where the card is not taken.

        A fault of one robot among several refuses the notice and does not stop the others.
        """
        of = self._settings
        if not of.robots:
            return Misconfigured("settings", "未设置飞书自定义机器人")
        if fault := vendors.fault_of(of.base):
            return fault
        robot = of.robots.get(RobotAddress.parse(letter.address).robot)
        if robot is None:
            return Refused("robot", "设置中没有这个名称的飞书自定义机器人")
        if fault := vendors.fault_of(of.base, token=robot.token):
            return of_one(fault, of.robots)
        verdict = await self._post(robot, letter.body)
        if isinstance(verdict, BadForm) and (text := as_text(letter.body)):
            _LOG.warning("飞书自定义机器人不接受卡片（%s %s），改发文字", verdict.code, verdict.why)
            verdict = await self._post(robot, text)
        receipt = vendors.settled(verdict)
        return of_one(receipt, of.robots) if _is_one_robots(receipt) else receipt

    async def aclose(self) -> None:
        """Close the pooled connections."""
        await self._interface.aclose()

    async def _post(self, robot: FeishuRobotKey, body: str) -> Accepted | vendors.Judged:
        if robot.secret:
            body = signed(body, secret=robot.secret, at=int(self._interface.now()))
        path = f"/bot/v2/hook/{quote(robot.token, safe='')}"
        answer = await self._interface.exchange("POST", path, body=body, headers=JSON)
        if not isinstance(answer, Answer):
            return answer
        now = self._interface.instant()
        match vendors.judged(answer, "code", TABLE, now=now):
            case None:
                return Accepted()
            case BadForm() as verdict:
                return feishu_card.refused_for(verdict, answer.said)
            case Misconfigured(code=code) if code == SIGNATURE_REFUSED:
                return Misconfigured(SIGNATURE_REFUSED, _signature_fault(answer, now))
            case verdict:
                return verdict


def signed(body: str, *, secret: str, at: int) -> str:
    """The body with time and signature before its other fields. `at` is Unix time in seconds."""
    stamp = vendors.compact({"timestamp": str(at), "sign": signing.feishu_robot(secret, at)})
    return f"{stamp[:-1]},{body[1:]}"


def as_text(body: str) -> str | None:
    """The text message that says what a card's body says, with its mention; None where it is none.

    Made from the kept body alone, so each try sends the same bytes.
    """
    card = json.loads(body).get("card")
    if card is None:
        return None
    text, mention = feishu_card.as_text(card), feishu_card.mention_in(card)
    if mention:
        text += f'\n<at user_id="{mention}"></at>'
    return vendors.compact({"msg_type": "text", "content": {"text": text}})


def _is_one_robots(receipt: Receipt) -> bool:
    """Token, secret and keyword are a robot's own; this machine's clock and its address are the same for all."""
    match receipt:
        case Misconfigured(code=code, why=why):
            return code in _ROBOTS_OWN and not why.startswith(_CLOCK)
    return False


def _signature_fault(answer: Answer, now: datetime) -> str:
    """Clock or secret: the answer's own Date tells which of the two."""
    theirs = http_date(answer.headers.get("Date", ""))
    if theirs is None:
        return _SIGNATURE
    off = round((now - theirs).total_seconds() / 60)
    if abs(off) >= _CLOCK_MAY_BE_OFF:
        return f"{_CLOCK}比飞书{'快' if off > 0 else '慢'}约 {abs(off)} 分钟，请校准时间"
    return "机器人的签名密钥（secret）不正确"


def _request(card: Mapping[str, Any]) -> str:
    return vendors.compact({"msg_type": "interactive", "card": card})
