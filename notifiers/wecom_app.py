"""企业微信应用消息: markdown to one person, by an application's access token.

`errcode` 0 is success only where the person is in neither list of those left out. The same request
within four hours reaches nobody twice: the vendor compares the whole JSON. It tells neither delivery
nor reading. To one person 30 a minute and 1,000 an hour; what is more is dropped without an error.
"""

import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Unpack
from urllib.parse import urlencode

from notifiers import vendors, wecom_markdown
from notifiers.client import Answer
from notifiers.message import Accepted, Letter, Message, Misconfigured, Receipt, Refused
from notifiers.tokens import Fetched, Tokens
from notifiers.vendors import JSON, BadForm, Interface, Spans, again, bad_form, operator, refused, stale
from xiaohao import vocabulary

LIMIT = 2048
"""UTF-8 bytes of the `content` field."""
SAME_WITHIN = timedelta(hours=4)
"""How long the vendor knows a request again; four hours is its most."""
NOT_TRUSTED = 60020
"""Our address is not on the application's list."""
TABLE: Mapping[int, vendors.Verdict] = {
    -1: again("企业微信系统繁忙"),
    6000: again("企业微信数据版本冲突，稍后再试"),
    45009: again("调用过快，超出企业微信的频率限制", timedelta(seconds=60)),
    45033: again("同时调用过多"),
    40014: stale("访问凭证无效"),
    41001: stale("缺少访问凭证"),
    42001: stale("访问凭证已过期"),
    40008: bad_form("企业微信不认识这种消息类型"),
    40058: bad_form("消息参数不合格，或内容过长"),
    45002: bad_form("消息内容过长"),
    44004: refused("消息内容为空"),
    40003: refused("userid 不正确"),
    40031: refused("userid 不正确"),
    81013: refused("此人不在企业微信通讯录，或不在应用可见范围内"),
    40001: operator("应用的 secret 不正确"),
    40013: operator("企业 ID（corpid）不正确"),
    40056: operator("应用编号（agentid）不正确"),
    48002: operator("应用没有调用此接口的权限"),
    50003: operator("应用已被停用"),
    60011: operator("应用没有给这些成员发消息的权限"),
    NOT_TRUSTED: operator("本机出口地址不在应用的“企业可信IP”中"),
    301002: operator("应用编号（agentid）与 secret 不是同一个应用"),
}
_FROM_IP = re.compile(r"from ip: ([0-9A-Fa-f.:]{2,45})(?![0-9A-Fa-f.:])")
_LOG = logging.getLogger("xiaohao.notifiers")


@dataclass(frozen=True, slots=True, kw_only=True)
class WecomAppSettings:
    """The enterprise, its application, where the interface is, and what its callbacks are checked with.

    With `plain_text` notices go as text: for an office whose people read in WeChat, which shows no markdown.
    """

    corpid: str
    secret: str = field(repr=False)
    agent_id: int
    base: str = "https://qyapi.weixin.qq.com"
    plain_text: bool = False
    callback_token: str = field(default="", repr=False)
    callback_aes_key: str = field(default="", repr=False)

    @property
    def calls_back(self) -> bool:
        """Whether what a person answers in the chat reaches us."""
        return bool(self.callback_token and self.callback_aes_key)


class WecomApp:
    """Posts to one userid; one access token for all sends."""

    name = vocabulary.Channel.WECOM_APP
    deduplicates = True
    always_open = False

    def __init__(self, settings: WecomAppSettings, **spans: Unpack[Spans]) -> None:
        """The clock among `spans` is for Retry-After."""
        self._settings = settings
        self._interface = Interface(settings.base, **spans)
        self._tokens = Tokens(self._fetch)

    def body(self, message: Message, *, address: str, key: str) -> str:  # noqa: ARG002
        """The message to this userid; neither token nor secret is in it."""
        if self._settings.calls_back:
            message = wecom_markdown.inviting(message)
        if self._settings.plain_text:
            return self._request(address, "text", wecom_markdown.plain(message))
        return self._request(address, "markdown", wecom_markdown.content(message, LIMIT))

    async def send(self, letter: Letter) -> Receipt:
        """Send to `letter.address`, a userid; once more as text where markdown is not taken."""
        of = self._settings
        if fault := vendors.fault_of(of.base, corpid=of.corpid, secret=of.secret):
            return fault
        if wecom_markdown.userid(letter.address) is None:  # “@all” and “a|b” would reach others
            return Refused("address", "企业微信 userid 格式不正确")
        verdict = await self._sent(letter.body, letter.address)
        if isinstance(verdict, BadForm) and (text := as_text(letter.body)):
            _LOG.warning("企业微信应用消息不接受 markdown（%s），改发文字", verdict.code)
            verdict = await self._sent(text, letter.address)
        return vendors.settled(verdict)

    def forgets_at(self, first_at: datetime) -> datetime:
        """As long as each request asks for."""
        return first_at + SAME_WITHIN

    async def aclose(self) -> None:
        """Close the pooled connections."""
        await self._interface.aclose()

    def _request(self, address: str, kind: str, content: str) -> str:
        request: dict[str, Any] = {
            "touser": address,
            "agentid": self._settings.agent_id,
            "msgtype": kind,
            kind: {"content": content},
            "enable_duplicate_check": 1,
            "duplicate_check_interval": int(SAME_WITHIN.total_seconds()),
        }
        return vendors.compact(request)

    async def _sent(self, body: str, address: str) -> Receipt | BadForm:
        sent: Receipt | BadForm = await self._tokens.use(partial(self._post, body, address))
        return sent

    async def _post(self, body: str, address: str, token: str) -> Accepted | vendors.Judged:
        path = f"/cgi-bin/message/send?{urlencode({'access_token': token})}"
        answer = await self._interface.exchange("POST", path, body=body, headers=JSON)
        if not isinstance(answer, Answer):
            return answer
        return self._judged(answer) or _taken(answer, address)

    async def _fetch(self) -> Fetched:
        """Ask for a token. The secret stands in the URL, as the vendor wants it."""
        of = self._settings
        query = urlencode({"corpid": of.corpid, "corpsecret": of.secret})
        answer = await self._interface.exchange("GET", f"/cgi-bin/gettoken?{query}", headers=JSON)
        if not isinstance(answer, Answer):
            return answer
        return vendors.token_of(answer, self._judged(answer), name="access_token", lives="expires_in")

    def _judged(self, answer: Answer) -> vendors.Judged | None:
        verdict = vendors.judged(answer, "errcode", TABLE, now=self._interface.instant())
        return _with_our_address(verdict, answer) if isinstance(verdict, Misconfigured) else verdict


def as_text(body: str) -> str | None:
    """The text message that says what a markdown body says; None where it is none.

    Made from the kept body alone, so each try sends the same bytes and is known again by the vendor.
    """
    values = json.loads(body)
    if values.pop("msgtype") != "markdown":
        return None
    content = wecom_markdown.as_text(values.pop("markdown")["content"])
    return vendors.compact({**values, "msgtype": "text", "text": {"content": content}})


def _taken(answer: Answer, address: str) -> Receipt:
    """The receipt of an `errcode` 0: the lists of those left out decide. They come in lower case."""
    if address.lower() in _named(answer, "invaliduser"):
        return Refused("invaliduser", "此人不在企业微信通讯录，或不在应用可见范围内")
    if address.lower() in _named(answer, "unlicenseduser"):
        return Refused("unlicenseduser", "此人的企业微信账号没有接口许可")
    return Accepted(vendors.name_in(answer.said.get("msgid")))


def _named(answer: Answer, field_name: str) -> set[str]:
    said = answer.said.get(field_name)
    return {name.strip().lower() for name in said.split("|")} if isinstance(said, str) else set()


def _with_our_address(verdict: Misconfigured, answer: Answer) -> Misconfigured:
    """60020 says by which address we came: the one thing that the operator has to enter there."""
    said = answer.said.get("errmsg")
    found = _FROM_IP.search(said) if verdict.code == NOT_TRUSTED and isinstance(said, str) else None
    return Misconfigured(verdict.code, f"{verdict.why}：{found[1].rstrip('.:')}") if found else verdict
