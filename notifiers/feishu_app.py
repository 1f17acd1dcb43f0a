"""飞书应用消息: a card to one person, by an application's access token; who read it is asked later.

`uuid` is made of the dedupe key, so the same notice within an hour reaches nobody twice. 5 messages a
second to one person, 50 a second and 1,000 a minute in all.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Unpack
from urllib.parse import quote

from notifiers import feishu_card, signing, vendors
from notifiers.client import LONGEST_WAIT, Answer, NotAccepted
from notifiers.message import (
    Accepted,
    Again,
    Fate,
    Letter,
    Message,
    Misconfigured,
    Receipt,
    Refused,
    Uncertain,
)
from notifiers.tokens import Fetched, Stale, Tokens
from notifiers.vendors import JSON, BadForm, Interface, Spans, again, bad_form, operator, refused, stale
from xiaohao import vocabulary

LIMIT = 30 * 1024
"""UTF-8 bytes of a card. Counted here over the whole request, in which its quotes are escaped twice."""
TOLD_FOR = timedelta(days=7)
"""How long the vendor tells who read a message."""
TABLE: Mapping[int, vendors.Verdict] = {
    99991400: again("调用过快，超出飞书的频率限制"),
    11232: again("发送过快，超出飞书的频率限制", timedelta(seconds=60)),
    230020: again("给同一人发送过快：每秒最多 5 条", timedelta(seconds=5)),
    230049: again("同一条消息正在发送", timedelta(seconds=60)),
    99991661: stale("缺少访问凭证"),
    99991663: stale("访问凭证无效或已过期"),
    99991671: stale("访问凭证无效"),
    200861: bad_form("卡片中有 JSON 2.0 不支持的部分"),
    230025: bad_form("消息内容过长"),
    230099: bad_form("卡片内容有误"),
    230001: refused("请求参数不正确，请核对 open_id"),
    230002: refused("应用机器人不在群内"),
    230013: refused("此人不在应用可用范围内，或已离职"),
    230022: refused("内容含有敏感词"),
    230028: refused("内容未通过防泄密检查，可能含有电话号码或邮箱"),
    230035: refused("此人已屏蔽应用机器人，或已被禁言"),
    230038: refused("此人不属于本单位的飞书组织"),
    232009: refused("群已解散"),
    10003: operator("应用的 app_id 不正确"),
    10014: operator("应用的 app_secret 不正确"),
    230006: operator("应用没有开启机器人能力"),
    230027: operator("应用没有发送消息的权限"),
    99991662: operator("应用未启用"),
    99991672: operator("应用没有开通所需的权限"),
}
_NO_LONGER_TOLD = 230033
_RESET = "x-ogw-ratelimit-reset"
_LOG = logging.getLogger("xiaohao.notifiers")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeishuAppSettings:
    """The application, where the interface is, and what its callbacks are checked with, where they are set up."""

    app_id: str
    secret: str = field(repr=False)
    base: str = "https://open.feishu.cn/open-apis"
    callback_encrypt_key: str = field(default="", repr=False)
    callback_verification_token: str = field(default="", repr=False)

    @property
    def calls_back(self) -> bool:
        """Whether a button on a card reaches us."""
        return bool(self.callback_encrypt_key and self.callback_verification_token)


class FeishuApp:
    """Posts to one open_id; one access token for all sends."""

    name = vocabulary.Channel.FEISHU_APP
    deduplicates = True
    always_open = False
    asked_after = (
        timedelta(minutes=15),
        timedelta(hours=1),
        timedelta(hours=4),
        timedelta(hours=12),
        timedelta(days=1),
        timedelta(days=3),
        timedelta(days=6, hours=12),
    )

    def __init__(self, settings: FeishuAppSettings, **spans: Unpack[Spans]) -> None:
        """The clock among `spans` is for Retry-After and for how long reading is told."""
        self._settings = settings
        self._interface = Interface(settings.base, **spans)
        self._tokens = Tokens(self._fetch)

    def body(self, message: Message, *, address: str, key: str) -> str:
        """The card to this open_id with the notice's `uuid`; neither token nor secret is in it."""
        write = partial(_request, address, key)
        return feishu_card.card_within(message, LIMIT, calls_back=self._settings.calls_back, write=write)

    async def send(self, letter: Letter) -> Receipt:
        """Send to `letter.address`, an open_id; once more as text where the card is not taken."""
        of = self._settings
        if fault := vendors.fault_of(of.base, app_id=of.app_id, app_secret=of.secret):
            return fault
        if feishu_card.open_id(letter.address) is None:
            return Refused("address", "飞书 open_id 格式不正确")
        verdict = await self._sent(letter.body)
        if isinstance(verdict, BadForm) and (text := as_text(letter.body, key=letter.key)):
            _LOG.warning("飞书应用消息不接受卡片（%s %s），改发文字", verdict.code, verdict.why)
            verdict = await self._sent(text)
        return vendors.settled(verdict)

    async def fate(
        self, reference: str, *, address: str, accepted_at: datetime, at: datetime
    ) -> Fate | Again | Misconfigured:
        """Whether `address` has read the message `reference`: the vendor tells it for seven days.

        A message that the vendor knows stands in the person's chat: delivered. Where the application
        may send but not ask, that is tried again and parks nothing.
        """
        told: Fate | Receipt = await self._tokens.use(partial(self._readers, reference, address))
        match told:
            case Fate():
                over = at - accepted_at >= TOLD_FOR
                return replace(told, is_final=told.is_final or over)
            case Again() | Misconfigured():
                return told
            case Uncertain(why=why, code=code):
                return Again(why, code=code)
        return Fate(is_final=True)  # refused: the vendor will never tell of this message

    def forgets_at(self, first_at: datetime) -> datetime:
        """The vendor keeps a `uuid` for an hour."""
        return first_at + timedelta(hours=1)

    async def aclose(self) -> None:
        """Close the pooled connections."""
        await self._interface.aclose()

    async def _sent(self, body: str) -> Receipt | BadForm:
        sent: Receipt | BadForm = await self._tokens.use(partial(self._post, body))
        return sent

    async def _post(self, body: str, token: str) -> Accepted | vendors.Judged:
        path = "/im/v1/messages?receive_id_type=open_id"
        answer = await self._exchange("POST", path, token=token, body=body)
        if not isinstance(answer, Answer):
            return answer
        if verdict := self._judged(answer):
            return verdict
        match answer.said:
            case {"data": {"message_id": said}} if message_id := vendors.name_in(said):
                return Accepted(message_id)
        return Uncertain("应答中没有消息编号，不知是否已发出", code=0)

    async def _readers(self, reference: str, address: str, token: str) -> Fate | Receipt | Stale:
        message_id = quote(reference, safe="")
        path = f"/im/v1/messages/{message_id}/read_users?user_id_type=open_id&page_size=100"
        answer = await self._exchange("GET", path, token=token)
        if not isinstance(answer, Answer):
            return answer
        if vendors.code_of(answer, "code") == _NO_LONGER_TOLD:
            return Fate(is_final=True)
        match self._judged(answer):
            case None:
                return read_by(answer.said, address)
            case BadForm(code=code, why=why):
                return Refused(code, why)
            case Misconfigured(code=code, why=why):
                return Again(f"查询已读未成：{why}", code=code)
            case verdict:
                return verdict

    async def _fetch(self) -> Fetched:
        of = self._settings
        asked = vendors.compact({"app_id": of.app_id, "app_secret": of.secret})
        answer = await self._exchange("POST", "/auth/v3/tenant_access_token/internal", body=asked)
        if not isinstance(answer, Answer):
            return answer
        return vendors.token_of(answer, self._judged(answer), name="tenant_access_token", lives="expire")

    async def _exchange(
        self, method: str, path: str, *, token: str | None = None, body: str = ""
    ) -> Answer | NotAccepted:
        headers = {**JSON, "Authorization": f"Bearer {token}"} if token else JSON
        return await self._interface.exchange(method, path, body=body, headers=headers)

    def _judged(self, answer: Answer) -> vendors.Judged | None:
        verdict = vendors.judged(answer, "code", TABLE, now=self._interface.instant())
        if isinstance(verdict, Again) and (wait := _reset_of(answer)) is not None:
            return replace(verdict, after=wait)
        return feishu_card.refused_for(verdict, answer.said) if isinstance(verdict, BadForm) else verdict


def uuid_of(key: str) -> str:
    """The vendor's `uuid` of a dedupe key: the first 50 hex digits of its sha256 (at most 50 are taken)."""
    return signing.id_of(key)


def as_text(body: str, *, key: str) -> str | None:
    """The text message that says what a card's body says; None where it is none.

    Made from the kept body alone, so each try sends the same bytes; its `uuid` is another, since the
    content is.
    """
    values = json.loads(body)
    if values["msg_type"] != "interactive":
        return None
    content = vendors.compact({"text": feishu_card.as_text(json.loads(values["content"]))})
    return vendors.compact({**values, "msg_type": "text", "content": content, "uuid": uuid_of(f"{key}:text")})


def read_by(said: Mapping[str, Any], address: str) -> Fate:
    """What the list of readers says of the person `address`; a message that has one is delivered."""
    match said:
        case {"data": {"items": [*items]}}:
            for item in items:
                match item:
                    case {"user_id": str(user_id)} if user_id == address:
                        return Fate(
                            delivered=True, read=True, read_at=_instant(item.get("timestamp")), is_final=True
                        )
    return Fate(delivered=True)


def _request(address: str, key: str, card: Mapping[str, Any]) -> str:
    return vendors.compact(
        {
            "receive_id": address,
            "msg_type": "interactive",
            "content": vendors.compact(card),
            "uuid": uuid_of(key),
        }
    )


def _instant(timestamp: object) -> datetime | None:
    """Unix time in milliseconds, written as digits."""
    said = str(timestamp)
    if not (said.isascii() and said.isdigit() and 10 <= len(said) <= 14):
        return None
    return datetime.fromtimestamp(int(said) / (1000 if len(said) > 10 else 1), UTC)


def _reset_of(answer: Answer) -> timedelta | None:
    """How long the gateway says to wait, in whole seconds; at most a day."""
    said = answer.headers.get(_RESET, "").strip()
    if not (said.isascii() and said.isdigit()):
        return None
    return min(timedelta(seconds=int(said[:9])), LONGEST_WAIT)
