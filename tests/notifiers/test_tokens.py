"""Access tokens: one request for many callers, renewed once, and a second refusal is the operator's."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from notifiers.message import Again, Misconfigured, Refused, Uncertain
from notifiers.tokens import EARLY, Fetched, Stale, Token, Tokens

STALE = Stale(42001, "access_token已过期")
TWO_HOURS = timedelta(hours=2)


class Vendor:
    """Gives T1, T2, … or what `says` says, and knows which of them live."""

    def __init__(self, *says: Fetched, lives: timedelta = TWO_HOURS) -> None:
        self.says = list(says)
        self.lives = lives
        self.fetched = 0
        self.living: set[str] = set()
        self.called_with: list[str] = []

    async def fetch(self) -> Fetched:
        self.fetched += 1
        await asyncio.sleep(0)
        if self.says:
            return self.says.pop(0)
        token = f"T{self.fetched}"
        self.living = {token}
        return Token(token, self.lives)

    async def call(self, token: str) -> str | Stale:
        self.called_with.append(token)
        await asyncio.sleep(0)
        return f"done with {token}" if token in self.living else STALE


def run(act: Callable[[], Awaitable[object]]) -> object:
    async def acts() -> object:
        return await act()

    return asyncio.run(acts())


def test_a_token_is_kept_while_it_lives_and_asked_for_before_its_end() -> None:
    clock = [0.0]
    vendor = Vendor()

    async def act() -> None:
        tokens = Tokens(vendor.fetch, now=lambda: clock[0])
        for seconds, token in ((0, "T1"), (7_200 - 301, "T1"), (7_200 - 299, "T2")):
            clock[0] = seconds
            assert await tokens.use(vendor.call) == f"done with {token}"

    run(act)
    assert vendor.fetched == 2
    assert timedelta(minutes=5) == EARLY


def test_a_short_life_is_used_by_half_at_least() -> None:
    """A vendor that gives minutes must not be asked for each message."""
    clock = [0.0]
    vendor = Vendor(lives=timedelta(minutes=4))

    async def act() -> None:
        tokens = Tokens(vendor.fetch, now=lambda: clock[0])
        for seconds in (0, 60, 119, 121):
            clock[0] = seconds
            await tokens.use(vendor.call)

    run(act)
    assert vendor.fetched == 2


def test_callers_at_the_same_time_share_one_request() -> None:
    vendor = Vendor()

    async def act() -> list[object]:
        tokens = Tokens(vendor.fetch)
        return list(await asyncio.gather(*(tokens.use(vendor.call) for _ in range(20))))

    assert run(act) == ["done with T1"] * 20
    assert vendor.fetched == 1


def test_a_token_that_died_early_is_renewed_once_for_all_who_were_refused() -> None:
    vendor = Vendor()

    async def act() -> list[object]:
        tokens = Tokens(vendor.fetch)
        await tokens.use(vendor.call)
        vendor.living = set()
        return list(await asyncio.gather(*(tokens.use(vendor.call) for _ in range(20))))

    assert run(act) == ["done with T2"] * 20
    assert vendor.fetched == 2
    assert vendor.called_with.count("T1") == 21


def test_a_new_token_refused_too_is_the_operators_and_is_asked_for_no_third_time() -> None:
    async def refused(_token: str) -> Stale:
        return STALE

    vendor = Vendor()
    receipt = run(lambda: Tokens(vendor.fetch).use(refused))
    assert receipt == Misconfigured(42001, "换了新的访问凭证仍不被认可：access_token已过期")
    assert vendor.fetched == 2


@pytest.mark.parametrize(
    ("said", "receipt"),
    [
        (Again("钉钉系统繁忙", code=-1), Again("钉钉系统繁忙", code=-1)),
        (Misconfigured(40089, "AppSecret 不正确"), Misconfigured(40089, "AppSecret 不正确")),
        (Refused(40001, "不正确"), Misconfigured(40001, "不正确")),
        (Uncertain("未等到应答", 504), Again("没有取得访问凭证：未等到应答", code=504)),
    ],
)
def test_without_a_token_the_reason_comes_back_and_nothing_is_called(said: Fetched, receipt: object) -> None:
    vendor = Vendor(said)
    assert run(lambda: Tokens(vendor.fetch).use(vendor.call)) == receipt
    assert vendor.called_with == []


def test_a_renewal_that_fails_leaves_the_reason_and_the_next_call_tries_again() -> None:
    vendor = Vendor(Token("dead", TWO_HOURS), Again("连接不上对方服务器"))

    async def act() -> list[object]:
        tokens = Tokens(vendor.fetch)
        return [await tokens.use(vendor.call), await tokens.use(vendor.call)]

    assert run(act) == [Again("连接不上对方服务器"), "done with T3"]


def test_a_token_is_not_shown_by_repr() -> None:
    assert "T0KEN" not in repr(Token("T0KEN", TWO_HOURS))
