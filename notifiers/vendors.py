"""What the vendors' interfaces have in common: how one is called, and what its answers mean.

A channel keeps one table, code → what it means; here is how a table is written, and how the chat vendors',
whose code is a number in the answer's JSON, is read. The code decides, never the text beside it, which
vendors change. HTTP 200 proves nothing.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict, TypeVar

import httpx

from notifiers import client
from notifiers.client import Answer, NotAccepted
from notifiers.message import Accepted, Again, Misconfigured, Receipt, Refused, Uncertain
from notifiers.targets import is_this_machine
from notifiers.tokens import Fetched, Stale, Token

JSON = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "xiaohao"}
"""The headers of a request whose body is JSON."""
_LONGEST_NAME = 2048
SOME_MINUTES = timedelta(minutes=10)
"""How long a token counts where the vendor does not say: asking for one a message would be blocked."""
_GATEWAY = (502, 504)
"""A gateway speaks that got no answer from behind it: the vendor may have taken the notice."""


class Spans(TypedDict, total=False):
    """What every vendor's channel takes beside its settings: three spans, and a clock.

    `connect` bounds reaching the vendor, `answer` each wait for a part of the answer, `within` the whole
    call. `now` is Unix time in seconds.
    """

    connect: timedelta
    answer: timedelta
    within: timedelta
    now: Callable[[], float]


class Interface:
    """A vendor's interface as one channel calls it: an address, pooled connections, bounds, a clock."""

    def __init__(
        self,
        base: str,
        *,
        connect: timedelta = timedelta(seconds=5),
        answer: timedelta = timedelta(seconds=10),
        within: timedelta = timedelta(seconds=30),
        now: Callable[[], float] = time.time,
    ) -> None:
        """`base` is what all paths are put behind; for the others see `Spans`."""
        self._base = base
        self._within = within
        self._client = client.new_client(connect=connect, answer=answer)
        self.now = now

    async def exchange(
        self, method: str, path: str, *, body: str = "", headers: Mapping[str, str] | None = None
    ) -> Answer | NotAccepted:
        """Call `path`, which begins with “/”, once (`client.exchange`); the body is sent as UTF-8."""
        url = self._base.rstrip("/") + path
        return await client.exchange(
            self._client, method, url, body=body.encode(), headers=headers, within=self._within
        )

    def instant(self) -> datetime:
        """The present instant, in UTC."""
        return datetime.fromtimestamp(self.now(), UTC)

    async def aclose(self) -> None:
        """Close the pooled connections."""
        await self._client.aclose()


Code = int | str


@dataclass(frozen=True, slots=True)
class BadForm:
    """The vendor does not take this card or markdown: it did not go out, the same words may as text."""

    code: Code
    why: str


T = TypeVar("T")
Says = Callable[[Code, datetime], T]
"""What a code says; takes the code and the present instant, which bears a zone."""
Judged = NotAccepted | Stale | BadForm
Verdict = Says[Judged]


def refused(why: str) -> Says[Refused]:
    """This notice will not go to this address by this channel."""
    return lambda code, _now: Refused(code, why)


def operator(why: str) -> Says[Misconfigured]:
    """The settings, the application or the account are at fault."""
    return lambda code, _now: Misconfigured(code, why)


def again(why: str, wait: timedelta | Callable[[datetime], timedelta] | None = None) -> Says[Again]:
    """It surely did not go out; `wait` is the least time till the next try, or tells it from the instant."""
    return lambda code, now: Again(why, after=wait(now) if callable(wait) else wait, code=code)


def uncertain(why: str) -> Says[Uncertain]:
    """Nobody knows whether it went out."""
    return lambda code, _now: Uncertain(why, code=code)


def stale(why: str) -> Says[Stale]:
    """The access token is not, or no longer, valid."""
    return lambda code, _now: Stale(code, why)


def bad_form(why: str) -> Says[BadForm]:
    """The card or the markdown is not taken."""
    return lambda code, _now: BadForm(code, why)


def code_of(answer: Answer, name: str) -> int | None:
    """The number under `name` in the answer; None where there is no number."""
    code = answer.said.get(name)
    return code if type(code) is int else None


def judged(answer: Answer, name: str, table: Mapping[int, Verdict], *, now: datetime) -> Judged | None:
    """What the answer's code says by the channel's table; None for code 0, which is success.

    A number that is not in the table is tried again: the vendor says that the notice did not go out,
    and whether that passes nobody knows. Tries end, and then its facts go on by the next channel; a
    number taken for final at once would take this channel from a person for a passing fault. `now`
    bears a zone, for Retry-After.
    """
    code = code_of(answer, name)
    if code is None:
        return without_code(answer, now=now)
    if code == 0:
        return None
    if verdict := table.get(code):
        return verdict(code, now)
    return Again(f"对方返回未收录的错误码 {code}", after=_retry_after(answer, now), code=code)


def without_code(answer: Answer, *, now: datetime) -> Again | Uncertain:
    """What an answer says that bears no code: a page of a gateway or a proxy, an empty body.

    429 and 5xx may pass, but for 502 and 504: there, as for all else, nobody knows what became of it.
    """
    status = answer.status
    if status == 429 or (status >= 500 and status not in _GATEWAY):
        return Again(f"对方暂时不能接收（{status}）", after=_retry_after(answer, now), code=status)
    return Uncertain(f"应答中没有结果码（HTTP {status}），不知是否已发出", code=status)


def settled(verdict: Accepted | Judged) -> Receipt:
    """The receipt where nothing is left to be tried: no other form, no other token."""
    match verdict:
        case BadForm(code=code, why=why):
            return Refused(code, why)
        case Stale(code=code, why=why):
            return Misconfigured(code, why)
    return verdict


def fault_of(base: str, **needed: str) -> Misconfigured | None:
    """What is wrong with an interface's address or with a setting that is `needed`, or None.

    It must be https, but for this machine itself: keys and tokens go there. Each of `needed` must say
    something, and in ASCII without blanks, as every key is: else it was copied wrongly, and could stand in
    no header. Its name is shown, its value never.
    """
    for name, value in needed.items():
        if not value:
            return Misconfigured("settings", f"未设置 {name}")
        if not (value.isascii() and value.isprintable() and " " not in value):
            return Misconfigured("settings", f"{name} 里有空格、换行或中文等字符，请重新复制")
    try:
        url = httpx.URL(base)
    except (httpx.InvalidURL, TypeError, ValueError):
        return Misconfigured("address", "接口地址格式不正确")
    if not url.host or not (url.scheme == "https" or (url.scheme == "http" and is_this_machine(url.host))):
        return Misconfigured("address", "接口地址须以 https:// 开头")
    return None


def compact(values: Mapping[str, Any]) -> str:
    """JSON as it is posted: raw UTF-8, without blanks, for limits count bytes."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def name_in(said: object) -> str:
    """A token or a number of the vendor's as it may be kept and sent back; "" where it says none."""
    return said if isinstance(said, str) and said.isascii() and len(said) <= _LONGEST_NAME else ""


def lifetime(said: object) -> timedelta:
    """How long a token lives, from seconds as a number or in digits; at most a day, 0 where there are none."""
    if isinstance(said, str) and said.isascii() and said.isdigit():
        said = int(said[:9])
    return timedelta(seconds=min(max(said, 0), 86_400) if isinstance(said, int) else 0)


def token_of(
    answer: Answer,
    verdict: Judged | None,
    *,
    name: str,
    lives: str,
    otherwise: timedelta = SOME_MINUTES,
    lacking: str = "应答中没有访问凭证",
) -> Fetched:
    """The token under `name` in an answer that is judged, or why there is none.

    How many seconds it lives stands under `lives`; where it does not it lives `otherwise`. `lacking` says
    that no token is there.
    """
    if isinstance(verdict, Stale | BadForm):
        return Misconfigured(verdict.code, verdict.why)
    if verdict is not None:
        return verdict
    if token := name_in(answer.said.get(name)):
        return Token(token, lifetime(answer.said.get(lives)) or otherwise)
    return Uncertain(lacking)


def _retry_after(answer: Answer, now: datetime) -> timedelta | None:
    return client.retry_after(httpx.Response(answer.status, headers=answer.headers), now=now)
