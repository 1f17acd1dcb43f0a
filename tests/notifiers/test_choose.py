"""Which channels there are, and the way to one official."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from notifiers import message
from notifiers.choose import Addressee, ChannelSettings, Route, address_of, channels, route, routes
from xiaohao.vocabulary import Channel

SETTINGS = ChannelSettings(
    order=(Channel.WEBHOOK, Channel.FILE, Channel.CONSOLE),
    notices_folder=Path("notices"),
    webhook_url="https://hook.example/?key=KEY-IN-URL",
    webhook_secret="this is secret",
)
WANG = Addressee(code="G0007", name="王建国", mobile="19900000007")


@pytest.mark.parametrize("word", list(Channel))
def test_every_channel_of_the_vocabulary_can_be_made_and_bears_its_word(word: Channel) -> None:
    async def made() -> message.Channel:
        channel = channels(replace(SETTINGS, order=(word,)))[word]
        await channel.aclose()
        return channel

    assert asyncio.run(made()).name is word


def test_channels_come_in_the_order_of_the_settings() -> None:
    async def words() -> list[Channel]:
        made = channels(SETTINGS)
        for channel in made.values():
            await channel.aclose()
        return list(made)

    assert asyncio.run(words()) == [Channel.WEBHOOK, Channel.FILE, Channel.CONSOLE]


@pytest.mark.parametrize(
    ("settings", "addressee", "expected"),
    [
        (SETTINGS, WANG, Route(Channel.WEBHOOK, "https://hook.example/?key=KEY-IN-URL")),
        (replace(SETTINGS, webhook_url=None), WANG, Route(Channel.FILE, "G0007")),
        (
            replace(SETTINGS, webhook_url=None),  # nothing for all, but an address of his own
            replace(WANG, contacts={Channel.WEBHOOK: "https://own.example/"}),
            Route(Channel.WEBHOOK, "https://own.example/"),
        ),
        (SETTINGS, replace(WANG, contacts={Channel.WEBHOOK: ""}), Route(Channel.WEBHOOK, SETTINGS.webhook_url or "")),
        (replace(SETTINGS, order=(Channel.CONSOLE,)), WANG, Route(Channel.CONSOLE, "G0007")),
        (replace(SETTINGS, order=(Channel.WEBHOOK,), webhook_url=None), WANG, None),
    ],
)  # fmt: skip
def test_the_first_channel_that_reaches_an_official_is_taken(
    settings: ChannelSettings, addressee: Addressee, expected: Route | None
) -> None:
    assert route(addressee, settings) == expected


def test_the_other_ways_are_known_for_when_the_first_fails() -> None:
    assert [way.channel for way in routes(WANG, SETTINGS)] == [Channel.WEBHOOK, Channel.FILE, Channel.CONSOLE]
    assert address_of(Channel.CONSOLE, WANG, SETTINGS) == "G0007"


def test_addresses_and_secrets_do_not_show() -> None:
    shown = repr(SETTINGS) + repr(WANG) + repr(routes(WANG, SETTINGS))
    for secret in ("KEY-IN-URL", "this is secret", "19900000007"):
        assert secret not in shown
