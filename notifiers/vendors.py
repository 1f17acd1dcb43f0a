"""What the chat vendors' interfaces have in common: the verdict is a number in the answer's JSON.

A channel keeps one table, code → what it means; here is how a table is written and read. The number
decides, never the text beside it, which vendors change. HTTP 200 proves nothing.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from notifiers import client
from notifiers.client import Answer
from notifiers.message import Again, Misconfigured, Receipt, Refused, Uncertain
from notifiers.targets import is_this_machine
from notifiers.tokens import Stale

_LONGEST_NAME = 2048
_GATEWAY = (502, 504)
"""A gateway speaks that got no answer from behind it: the vendor may have taken the notice."""


@dataclass(frozen=True, slots=True)
class BadForm:
    """The vendor does not take this card or markdown: it did not go out, the same words may as text."""

    code: int
    why: str


Judged = Receipt | Stale | BadForm
Verdict = Callable[[int], Judged]
"""What a code says of a notice."""


def refused(why: str) -> Verdict:
    """This notice will not go to this address by this channel."""
    return lambda code: Refused(code, why)


def operator(why: str) -> Verdict:
    """The settings or the application are at fault."""
    return lambda code: Misconfigured(code, why)


def again(why: str, wait: timedelta | None = None) -> Verdict:
    """It surely did not go out; `wait` is the least time till the next try."""
    return lambda code: Again(why, after=wait, code=code)


def stale(why: str) -> Verdict:
    """The access token is not, or no longer, valid."""
    return lambda code: Stale(code, why)


def bad_form(why: str) -> Verdict:
    """The card or the markdown is not taken."""
    return lambda code: BadForm(code, why)


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
        return verdict(code)
    return Again(f"对方返回未收录的错误码 {code}", after=_retry_after(answer, now), code=code)


def without_code(answer: Answer, *, now: datetime) -> Again | Uncertain:
    """What an answer says that bears no code: a page of a gateway or a proxy, an empty body.

    429 and 5xx may pass, but for 502 and 504: there, as for all else, nobody knows what became of it.
    """
    status = answer.status
    if status == 429 or (status >= 500 and status not in _GATEWAY):
        return Again(f"对方暂时不能接收（{status}）", after=_retry_after(answer, now), code=status)
    return Uncertain(f"应答中没有结果码（HTTP {status}），不知是否已发出", code=status)


def settled(verdict: Judged) -> Receipt:
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
    something; its name is shown, its value never.
    """
    for name, value in needed.items():
        if not value:
            return Misconfigured("settings", f"未设置 {name}")
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
    """How long a token lives, from a number of seconds; at most a day, 0 where there is no number."""
    return timedelta(seconds=min(max(said, 0), 86_400) if isinstance(said, int) else 0)


def instant(now: Callable[[], float]) -> datetime:
    """The present instant, in UTC, from Unix time in seconds."""
    return datetime.fromtimestamp(now(), UTC)


def _retry_after(answer: Answer, now: datetime) -> timedelta | None:
    return client.retry_after(httpx.Response(answer.status, headers=answer.headers), now=now)
