"""The one HTTP client of all channels, and what its failures mean for a notice.

One pooled client a channel: time-outs on every phase, proxies and private CAs as the environment
names them, TLS always verified, redirects never followed. Keys stand in URLs, so nothing here or in
httpx's own log says one.
"""

import asyncio
import json
import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from notifiers.message import Again, Misconfigured, Receipt, Refused, Uncertain

LONGEST_WAIT = timedelta(days=1)
_NO_PROXY_FOR = ("all://localhost", "all://127.0.0.1", "all://[::1]")
_MOST_READ = 64 * 1024

NotAccepted = Again | Misconfigured | Refused | Uncertain
"""Every receipt but Accepted: all that there can be where no answer came."""


def new_client(*, connect: timedelta, answer: timedelta, most_at_once: int = 20) -> httpx.AsyncClient:
    """A pooled client for one event loop, quiet about what it calls.

    `connect` bounds reaching the receiver (and waiting for a free connection), `answer` each wait for
    a part of the answer. Loopback is never asked for through a proxy.
    """
    for chatty in ("httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    return httpx.AsyncClient(
        timeout=httpx.Timeout(answer.total_seconds(), connect=connect.total_seconds()),
        limits=httpx.Limits(max_connections=most_at_once, max_keepalive_connections=most_at_once),
        mounts=dict.fromkeys(_NO_PROXY_FOR),
        follow_redirects=False,
    )


async def post(
    client: httpx.AsyncClient,
    address: str,
    body: bytes,
    *,
    headers: Mapping[str, str],
    within: timedelta,
    judge: Callable[[httpx.Response], Receipt],
) -> Receipt:
    """POST `body` once and let `judge` read the status line and headers of the answer.

    The answer's body is not read by `judge`, only emptied, up to 64 KiB, so that the connection can
    serve again. `within` bounds the whole call. What breaks off after the verdict does not change it.
    """
    verdict: Receipt | None = None
    try:
        async with (
            asyncio.timeout(within.total_seconds()),
            client.stream("POST", address, content=body, headers=dict(headers)) as answer,
        ):
            verdict = judge(answer)
            await _emptied(answer)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        return verdict or failed(error)
    return verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """What a vendor's interface answered: HTTP status, headers, and the body's JSON object.

    `said` is empty where the body is no JSON object, or longer than 64 KiB: such an answer says
    nothing, and what was sent is uncertain.
    """

    status: int
    headers: httpx.Headers
    said: Mapping[str, Any]


async def exchange(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    within: timedelta,
) -> Answer | NotAccepted:
    """Call a vendor's interface once and read its JSON: the verdict stands in the body, not in the status.

    `within` bounds the whole call. Where nothing came back the receipt says whether anything was sent.
    """
    try:
        async with (
            asyncio.timeout(within.total_seconds()),
            client.stream(method, url, content=body, headers=dict(headers or {})) as answer,
        ):
            read = await _read(answer)
            return Answer(answer.status_code, answer.headers, _object(read))
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        return failed(error)


def failed(error: Exception) -> NotAccepted:
    """What an exception of httpx says about the notice: surely not sent, or nobody knows."""
    match error:
        case httpx.InvalidURL() | httpx.UnsupportedProtocol():
            return Misconfigured("address", "地址格式不正确")
        case httpx.LocalProtocolError():
            return Refused("request", "请求不合规，未发出")
        case httpx.ConnectError() if _is_untrusted(error):
            return Misconfigured("certificate", "对方证书不受信任")
        case httpx.ConnectError() | httpx.ConnectTimeout() | httpx.PoolTimeout():
            return Again("连接不上对方服务器")
        case httpx.ProxyError():
            return Again("代理服务器未能连通对方")
        case TimeoutError() | httpx.TimeoutException():
            return Uncertain("已发出，未等到应答")
    return Uncertain("已发出，连接中断，未收到应答")


def retry_after(answer: httpx.Response, *, now: datetime) -> timedelta | None:
    """The answer's Retry-After (RFC 9110 §10.2.3), seconds or an HTTP date; None without a readable one.

    `now` bears a zone. A day that has passed gives zero; more than a day is taken as one day.
    """
    said = answer.headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdigit():
        return timedelta(seconds=min(int(said[:9]), LONGEST_WAIT.total_seconds()))
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return None
    wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
    return min(max(wait, timedelta()), LONGEST_WAIT)


async def _read(answer: httpx.Response) -> bytes:
    read = bytearray()
    async for piece in answer.aiter_bytes():
        read += piece
        if len(read) > _MOST_READ:
            return b""
    return bytes(read)


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


async def _emptied(answer: httpx.Response) -> None:
    read = 0
    async for piece in answer.aiter_raw():
        read += len(piece)
        if read > _MOST_READ:
            return


def _is_untrusted(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
