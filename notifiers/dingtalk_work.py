"""钉钉工作通知: a message from an application to one person, by userid. Also 组织云钉钉, under its own base.

`errcode` 0 is only acceptance: over a limit it is 0 too, and nothing arrives. What became of it is asked
later (`fate`), for 24 hours. The same content reaches a person once a day, so a repetition does no harm.
Sources: CHANNELS, DingTalk.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Unpack
from urllib.parse import urlencode

from notifiers import dingtalk_answers as answers
from notifiers import dingtalk_markdown, sms, vendors
from notifiers.client import Answer, NotAccepted
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
from notifiers.vendors import JSON, Interface, Spans
from xiaohao import vocabulary

MOST_BYTES = 2_048
"""Of `msg`."""
SAME_TODAY = 143106
TILL_TOMORROW = 143105
_RESULT_KEPT = timedelta(hours=24)
_LAST_ASKED = timedelta(hours=23)
_TOKEN_LIVES = timedelta(hours=2)
_BAD_SECRET = "AppKey 或 AppSecret 不正确"
_A_MINUTES_LIMIT = vendors.again("已达每分钟发送上限", answers.A_MINUTE)
_TOO_FAST = vendors.again("调用过快", answers.A_SECOND)
_STALE = vendors.stale("访问凭证无效或已过期")
TABLE: Mapping[int, vendors.Verdict] = {
    -1: vendors.again("钉钉系统繁忙"),
    90002: _TOO_FAST,
    90018: _TOO_FAST,
    143103: _A_MINUTES_LIMIT,
    143104: _A_MINUTES_LIMIT,
    1430003: vendors.again("钉钉暂时不能发送"),
    33001: _STALE,
    40001: _STALE,
    40014: _STALE,
    42001: _STALE,
    33012: vendors.refused("没有这个 userid 的人"),
    34016: vendors.refused("消息超过长度上限"),
    40035: vendors.refused("消息格式不正确"),
    1430000: vendors.refused("没有可以接收的人"),
    1430002: vendors.refused("消息里有被禁止的词"),
    1430004: vendors.refused("对方受高管保护，应用不能给他发通知"),
    88: vendors.operator("应用没有通过鉴权，请核对 AppKey、AppSecret 和权限"),
    60011: vendors.operator("应用没有发送工作通知的权限"),
    40056: vendors.operator("AgentId 不正确"),
    40089: vendors.operator(_BAD_SECRET),
}
"""Beside these: 143105 waits for the next day, 143106 has arrived already (`read_answer`)."""
_NOT_REACHED = {
    143103: "已达每分钟发送上限，未送达",
    143104: "已达每分钟发送上限，未送达",
    TILL_TOMORROW: "对方当日的工作通知已达上限，未送达",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DingtalkWorkSettings:
    """The application that sends: an enterprise's own (企业内部应用)."""

    app_key: str
    app_secret: str = field(repr=False)
    agent_id: int
    base: str = "https://oapi.dingtalk.com"


class DingtalkWork:
    """Sends to a userid, one a call, and tells whether it arrived and was read."""

    name = vocabulary.Channel.DINGTALK_WORK
    deduplicates = True
    always_open = False
    asked_after = (
        timedelta(minutes=5),
        timedelta(hours=1),
        timedelta(hours=4),
        timedelta(hours=12),
        _LAST_ASKED,
    )

    def __init__(self, settings: DingtalkWorkSettings, **spans: Unpack[Spans]) -> None:
        """The clock among `spans` is for the token's life and for how long results are told."""
        self._settings = settings
        self._interface = Interface(settings.base, **spans)
        self._tokens = Tokens(self._fetch, now=self._interface.now)

    def body(self, message: Message, *, address: str, key: str) -> str:  # noqa: ARG002
        """The JSON that is posted; its `msg` has at most 2,048 bytes."""

        def built(room: int) -> str:
            shown = dingtalk_markdown.markdown_of(message, room)
            return vendors.compact({"msgtype": "markdown", "markdown": shown})

        msg = dingtalk_markdown.within(MOST_BYTES, built)
        to = vendors.compact({"agent_id": self._settings.agent_id, "userid_list": address.strip()})
        return f'{to[:-1]},"msg":{msg}}}'

    async def send(self, letter: Letter) -> Receipt:
        """Hand the body in. Accepted is not delivered: the reference is the task, to be asked for."""

        if fault := self._fault():
            return fault
        if not answers.is_one_person(letter.address):
            return Refused("userid", "地址不是一个人的 userid")

        async def call(token: str) -> Receipt | Stale:
            answer = await self._post("asyncsend_v2", token, letter.body)
            if not isinstance(answer, Answer):
                return answer
            return read_answer(answer, now=self._interface.instant())

        return await self._tokens.use(call)

    async def fate(
        self, reference: str, *, address: str, accepted_at: datetime, at: datetime
    ) -> Fate | Again | Misconfigured:
        """What became of the task `reference`: DingTalk tells it for 24 hours after `accepted_at`."""
        age = at - accepted_at
        if not (reference.isascii() and reference.isdigit()) or age >= _RESULT_KEPT:
            return Fate(is_final=True)
        if fault := self._fault():
            return fault
        asked = {"agent_id": self._settings.agent_id, "task_id": int(reference)}

        async def call(token: str) -> Fate | Receipt | Stale:
            answer = await self._post("getsendresult", token, vendors.compact(asked))
            if not isinstance(answer, Answer):
                return answer
            if answers.code_of(answer) == 0:
                return read_result(answer.said, userid=address.strip(), is_last=age >= _LAST_ASKED)
            return read_answer(answer, now=self._interface.instant())

        match await self._tokens.use(call):
            case Fate() | Again() | Misconfigured() as told:
                return told
            case Refused():
                return Fate(is_final=True)
            case Uncertain(why=why, code=code):
                return Again(why, code=code)
        return Again("没有问到结果")

    def forgets_at(self, first_at: datetime) -> datetime:
        """At midnight in Shanghai: the same content reaches a person once a day."""
        return first_at + sms.till_tomorrow(first_at)

    async def aclose(self) -> None:
        """Close the pooled connections."""
        await self._interface.aclose()

    def _fault(self) -> Misconfigured | None:
        of = self._settings
        return vendors.fault_of(of.base, app_key=of.app_key, app_secret=of.app_secret)

    async def _post(self, what: str, token: str, body: str) -> Answer | NotAccepted:
        path = f"/topapi/message/corpconversation/{what}?{urlencode({'access_token': token})}"
        return await self._interface.exchange("POST", path, body=body, headers=JSON)

    async def _fetch(self) -> Fetched:
        of = self._settings
        query = urlencode({"appkey": of.app_key, "appsecret": of.app_secret})
        answer = await self._interface.exchange("GET", f"/gettoken?{query}")
        return read_token(answer, now=self._interface.instant()) if isinstance(answer, Answer) else answer


def read_token(answer: Answer, *, now: datetime) -> Fetched:
    """The token in gettoken's answer, or why there is none. A refusal of any kind is the operator's."""
    verdict = answers.judged(answer, TABLE, now=now)
    if isinstance(verdict, Stale):
        verdict = Misconfigured(verdict.code, _BAD_SECRET)
    return vendors.token_of(
        answer,
        verdict,
        name="access_token",
        lives="expires_in",
        otherwise=_TOKEN_LIVES,
        lacking="钉钉没有给出访问凭证",
    )


def read_answer(answer: Answer, *, now: datetime) -> Receipt | Stale:
    """What asyncsend_v2 said: 0 accepted the task, the same content today has arrived before.

    `now` bears a zone; a limit of the day lasts till midnight in Shanghai.
    """
    code = answers.code_of(answer)
    if code == SAME_TODAY:
        return Accepted(delivered=True)
    if code == TILL_TOMORROW:
        return Again("对方当日的工作通知已达上限", after=sms.till_tomorrow(now), code=code)
    verdict = answers.judged(answer, TABLE, now=now)
    if verdict is None:
        return Accepted(reference=str(answer.said.get("task_id") or ""))
    return verdict if isinstance(verdict, Stale) else vendors.settled(verdict)


def read_result(said: Mapping[str, Any], *, userid: str, is_last: bool) -> Fate:
    """What getsendresult said of one person.

    Read and unread both mean that it arrived. In none of the lists: nobody knows yet, and where it is
    the last time to ask, it has not arrived, for DingTalk accepts and drops what is over a limit.
    """
    result = said.get("send_result")
    lists: Mapping[str, Any] = result if isinstance(result, dict) else {}

    def has(name: str) -> bool:
        listed = lists.get(f"{name}_user_id_list")
        return isinstance(listed, list) and userid in listed

    if has("read"):
        return Fate(delivered=True, read=True, is_final=True)
    if has("unread"):
        return Fate(delivered=True, is_final=is_last)
    if (code := _forbidden(lists, userid)) is not None or has("forbidden"):
        return _kept_back(code)
    if has("invalid"):
        return Fate(failed=Refused("invalid", "没有这个 userid 的人，或他不在应用的可见范围"), is_final=True)
    if has("failed"):
        return Fate(failed=Refused("failed", "钉钉未能送达"), is_final=True)
    lost = Refused("no_result", "钉钉已受理，但 23 小时里没有送达记录") if is_last else None
    return Fate(failed=lost, is_final=is_last)


def _forbidden(lists: Mapping[str, Any], userid: str) -> int | None:
    listed = lists.get("forbidden_list")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and each.get("userid") == userid and str(each.get("code")).isdecimal():
            return int(str(each["code"]))
    return None


def _kept_back(code: int | None) -> Fate:
    if code == SAME_TODAY:  # an earlier try under the same key brought it
        return Fate(delivered=True, is_final=True)
    why = _NOT_REACHED.get(code or 0, "钉钉限制了这条通知，未送达")
    return Fate(failed=Refused(code or "forbidden", why), is_final=True)
