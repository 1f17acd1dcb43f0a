"""The one HTTP client of all channels, and what its failures mean for a notice.

One pooled client a channel: time-outs on every phase, proxies and private CAs as the environment
names them, TLS always verified, redirects never followed. Keys stand in URLs, and passwords in those of
proxies, so nothing here or in httpx's own log says one.
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
_PROXY = Misconfigured("proxy", "代理的设置看不懂（环境变量 HTTPS_PROXY、HTTP_PROXY、ALL_PROXY、NO_PROXY）")
_SOCKS = Misconfigured("proxy", "不支持 SOCKS 代理，请改用 HTTP 代理（环境变量 HTTPS_PROXY、ALL_PROXY）")
_CERTIFICATES = Misconfigured("certificate", "读不出要信任的根证书（环境变量 SSL_CERT_FILE、SSL_CERT_DIR）")
OF_THIS_MACHINE = (_PROXY, _SOCKS, _CERTIFICATES)
"""Faults of the environment: the same whoever is called."""


class Unusable(httpx.TransportError):
    """The environment's proxy or certificates cannot be used, and nothing went out. `fault` quotes none of them."""

    def __init__(self, fault: Misconfigured) -> None:
        super().__init__(fault.why)
        self.fault = fault


class Nowhere(httpx.AsyncBaseTransport):
    """What a client has instead of connections where it cannot be made: each call raises Unusable."""

    def __init__(self, fault: Misconfigured) -> None:
        self._fault = fault

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002
        """Send nothing."""
        raise Unusable(self._fault)


def new_client(*, connect: timedelta, answer: timedelta, most_at_once: int = 20) -> httpx.AsyncClient:
    """A pooled client for one event loop, quiet about what it calls.

    `connect` bounds reaching the receiver (and waiting for a free connection), `answer` each wait for
    a part of the answer. Loopback is never asked for through a proxy. Where the environment names a
    proxy or certificates that cannot be used, every call says so: other channels need neither.
    """
    for chatty in ("httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        return _opened(
            timeout=httpx.Timeout(answer.total_seconds(), connect=connect.total_seconds()),
            limits=httpx.Limits(max_connections=most_at_once, max_keepalive_connections=most_at_once),
            follow_redirects=False,
        )
    except Unusable as unusable:
        return httpx.AsyncClient(transport=Nowhere(unusable.fault), trust_env=False)


def fault_of_environment() -> Misconfigured | None:
    """Why no client at all can be made with the proxy and the certificates of the environment, or None."""
    try:
        _opened()
    except Unusable as unusable:
        return unusable.fault
    return None


def _opened(**how: Any) -> httpx.AsyncClient:
    try:
        return httpx.AsyncClient(verify=certificates(), mounts=dict.fromkeys(_NO_PROXY_FOR), **how)
    except ImportError:
        raise Unusable(_SOCKS) from None
    except (httpx.InvalidURL, ValueError):
        raise Unusable(_PROXY) from None


def certificates() -> ssl.SSLContext:
    """What is trusted, as the environment names it. Raises Unusable where it cannot be read."""
    try:
        return httpx.create_ssl_context()
    except (OSError, ValueError):
        raise Unusable(_CERTIFICATES) from None


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
        case Unusable(fault=fault):
            return fault
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
    until = http_date(said)
    return None if until is None else min(max(until - now, timedelta()), LONGEST_WAIT)


def http_date(said: str) -> datetime | None:
    """An HTTP date (RFC 9110 §5.6.7), in UTC where it names no zone; None for what is none."""
    try:
        at = parsedate_to_datetime(said)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


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
