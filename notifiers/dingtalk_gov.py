"""专有钉钉、浙政钉工作通知: the government edition, a signed form to one person, by accountId.

Every request is signed anew; no token is needed. Our `bizMsgId` is made of the notice's key, and a second
use is refused as a duplicate, which counts as sent. Nothing is told of delivery or reading. The vendor's
codes are not published, so an answer is sorted by its words. Sources: CHANNELS, government editions.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any, Unpack
from urllib.parse import parse_qsl, urlencode

from notifiers import dingtalk_answers as answers
from notifiers import dingtalk_markdown, signing, sms, vendors
from notifiers.client import Answer
from notifiers.message import Accepted, Again, Letter, Message, Misconfigured, Receipt, Refused
from notifiers.vendors import Interface, Spans
from xiaohao import vocabulary
from xiaohao.rules.business_date import ZONE

PATH = "/message/workNotification"
MOST_BYTES = 2_048
"""Of `msg`."""
_WORDS = ("responseMessage", "errorMsg", "errorMessage", "Message", "message")
_CODES = ("bizErrorCode", "errorCode", "responseCode", "Code", "code")
_DUPLICATE = ("重复", "已存在", "duplicate", "already exist")
_SORTED: tuple[tuple[tuple[str, ...], Callable[[str], Receipt]], ...] = (
    (("nonce", "随机数"), lambda code: Again("请求序号被认为用过", code=code)),
    (
        ("签名", "signature", "apikey", "appkey", "hmac"),
        lambda code: Misconfigured(code, "签名或应用标识不被认可，请核对 AppKey 和 AppSecret"),
    ),
    (("时间戳", "timestamp", "过期"), lambda code: Misconfigured(code, "签名的时间不被认可，请校准本机时钟")),
    (("白名单", "whitelist"), lambda code: Misconfigured(code, "本机的地址不在对方的白名单里")),
    (
        ("租户", "tenant"),
        lambda code: Misconfigured(code, "租户标识不正确，请核对 tenantId"),
    ),
    (
        ("权限", "无权", "permission", "unauthorized", "forbidden"),
        lambda code: Misconfigured(code, "应用没有发送工作通知的权限"),
    ),
    (
        ("频繁", "限流", "流控", "繁忙", "稍后", "too many", "flow", "busy", "throttl"),
        lambda code: Again("发送过快或对方繁忙", after=answers.A_MINUTE, code=code),
    ),
    (
        ("接收", "receiver", "accountid", "用户不存在"),
        lambda code: Refused(code, "没有这个 accountId 的人"),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DingtalkGovSettings:
    """The application, its tenant, and the host of the deployment.

    `ip` and `mac` go along in the headers X-Hmac-Auth-IP and -MAC and are not signed: this machine's, where
    the deployment checks them.
    """

    app_key: str
    app_secret: str = field(repr=False)
    tenant_id: str
    base: str = "https://openplatform.dg-work.cn"
    ip: str = "127.0.0.1"
    mac: str = "00:00:00:00:00:00"


class DingtalkGov:
    """Sends to an accountId, one a call."""

    name = vocabulary.Channel.DINGTALK_GOV
    deduplicates = True
    always_open = False

    def __init__(self, settings: DingtalkGovSettings, **spans: Unpack[Spans]) -> None:
        """The clock among `spans` is for the signature."""
        self._settings = settings
        self._interface = Interface(settings.base, **spans)
        self._count = count(secrets.randbelow(10_000))

    def body(self, message: Message, *, address: str, key: str) -> str:
        """The form that is posted, its parameters in the order of signing; `msg` has at most 2,048 bytes."""

        def built(room: int) -> str:
            shown = dingtalk_markdown.markdown_of(message, room)
            return vendors.compact({"msgtype": "markdown", "markdown": shown})

        parameters = {
            "bizMsgId": signing.id_of(key),
            "msg": dingtalk_markdown.within(MOST_BYTES, built),
            "receiverIds": address.strip(),
            "tenantId": self._settings.tenant_id,
        }
        return urlencode(parameters)

    async def send(self, letter: Letter) -> Receipt:
        """Sign and post the form. Accepted is all that this edition tells."""
        of = self._settings
        needed = {"app_key": of.app_key, "app_secret": of.app_secret, "tenant_id": of.tenant_id}
        if fault := vendors.fault_of(of.base, **needed, ip=of.ip, mac=of.mac):
            return fault
        if not answers.is_one_person(letter.address):
            return Refused("account", "地址不是一个人的 accountId")
        headers = self._headers(letter.body)
        answer = await self._interface.exchange("POST", PATH, body=letter.body, headers=headers)
        if not isinstance(answer, Answer):
            return answer
        return read_answer(answer, now=self._interface.instant())

    async def aclose(self) -> None:
        """Close the pooled connections."""
        await self._interface.aclose()

    def _headers(self, form: str) -> dict[str, str]:
        of, now = self._settings, self._interface.now()
        at = datetime.fromtimestamp(now, ZONE).isoformat(timespec="milliseconds")
        nonce = f"{int(now * 1000)}{next(self._count) % 10_000:04}"
        signature = signing.dingtalk_gov(
            of.app_secret,
            method="POST",
            at=at,
            nonce=nonce,
            path=PATH,
            parameters=dict(parse_qsl(form, keep_blank_values=True)),
        )
        return {
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "User-Agent": "xiaohao",
            "apiKey": of.app_key,
            "X-Hmac-Auth-Signature": signature,
            "X-Hmac-Auth-Timestamp": at,
            "X-Hmac-Auth-Nonce": nonce,
            "X-Hmac-Auth-Version": "1.0",
            "X-Hmac-Auth-IP": of.ip,
            "X-Hmac-Auth-MAC": of.mac,
        }


def read_answer(answer: Answer, *, now: datetime) -> Receipt:
    """What the government edition said: `success`, and the same inside `content` where that is an object.

    A duplicate of our own `bizMsgId` is the notice of an earlier try. 401 and 403 do not accept the
    signature. `now` bears a zone.
    """
    said = answer.said
    inner = said.get("content")
    content: Mapping[str, Any] = inner if isinstance(inner, dict) else {}
    if said.get("success") is True and content.get("success", True) is True:
        reference = content.get("data") if content else inner
        return Accepted(reference=str(reference) if isinstance(reference, str | int) else "")
    if answer.status in (401, 403):
        return Misconfigured(answer.status, "签名或应用标识不被认可，请核对 AppKey 和 AppSecret")
    told = {**said, **content}
    words = next((told[name] for name in _WORDS if isinstance(told.get(name), str) and told[name]), "")
    code = next((sms.code_of(str(told[name])) for name in _CODES if told.get(name)), "")
    if "success" not in said and not code:
        return vendors.without_code(answer, now=now)
    return _by_words(code or "refused", words)


def _by_words(code: str, words: str) -> Receipt:
    told = f"{code} {words}".lower()
    if any(mark in told for mark in _DUPLICATE) and "nonce" not in told:
        return Accepted()
    for marks, verdict in _SORTED:
        if any(mark in told for mark in marks):
            return verdict(code)
    told = answers.excerpt(words)
    return Refused(code, f"专有钉钉没有接受：{told}" if told else "专有钉钉没有接受")
