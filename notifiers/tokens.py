"""Access tokens: asked for once, kept while they live, renewed once where the vendor refuses one.

One object an application. A vendor blocks those who ask too often, so callers that need a token at the
same time wait for one request. (HOUSE names `httpx.Auth`: it cannot see that a refusal stands in the
body of an answer with status 200 and a token in the URL's query, so this is a class of its own.)
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from notifiers.client import NotAccepted
from notifiers.message import Again, Misconfigured, Receipt, Refused, Uncertain

T = TypeVar("T")
EARLY = timedelta(minutes=5)
"""A token is asked for anew so long before its end."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token and how long it lives from now."""

    value: str = field(repr=False)
    lives: timedelta


@dataclass(frozen=True, slots=True)
class Stale:
    """The vendor's answer: this token is not, or no longer, valid. `code` and `why` as it said."""

    code: int | str
    why: str


Fetched = Token | NotAccepted


class Tokens:
    """The token of one application in one event loop."""

    def __init__(self, fetch: Callable[[], Awaitable[Fetched]], *, now: Callable[[], float] = time.monotonic):
        """`fetch` asks the vendor, or says why there is none. `now` counts seconds."""
        self._fetch = fetch
        self._now = now
        self._lock = asyncio.Lock()
        self._token: Token | None = None
        self._until = 0.0

    async def use(self, call: Callable[[str], Awaitable[T | Stale]]) -> T | Receipt:
        """Run `call` with a token; where it says Stale, once more with a new one.

        Stale twice means that the application's settings are wrong: Misconfigured. Where no token can
        be had the reason comes back, and nothing was sent: an uncertain fetch is tried Again.
        """
        token = await self._get(instead_of=None)
        if not isinstance(token, str):
            return token
        done = await call(token)
        if not isinstance(done, Stale):
            return done
        token = await self._get(instead_of=token)
        if not isinstance(token, str):
            return token
        done = await call(token)
        if isinstance(done, Stale):
            return Misconfigured(done.code, f"换了新的访问凭证仍不被认可：{done.why}")
        return done

    async def _get(self, *, instead_of: str | None) -> str | Again | Misconfigured:
        async with self._lock:
            lives = self._token is not None and self._now() < self._until
            if self._token is not None and lives and self._token.value != instead_of:
                return self._token.value
            match await self._fetch():
                case Token() as token:
                    self._token = token
                    kept = max(token.lives - EARLY, token.lives / 2)
                    self._until = self._now() + kept.total_seconds()
                    return token.value
                case Refused(code=code, why=why):
                    return Misconfigured(code, why)
                case Uncertain(why=why, code=code):
                    return Again(f"没有取得访问凭证：{why}", code=code)
                case Again() | Misconfigured() as receipt:
                    return receipt
