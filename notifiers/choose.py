"""Settings → the channels that are there, and the way to one official.

Values come in; nothing here reads the environment or a file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from notifiers import message
from notifiers.terminal import Terminal
from notifiers.textfile import TextFile
from notifiers.webhook import Webhook
from xiaohao.vocabulary import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """Which channels are used, the preferred one first, and what each needs.

    A webhook address may hold a key and the secret is one: neither is shown by `repr`.
    """

    order: tuple[Channel, ...]
    notices_folder: Path
    webhook_url: str | None = field(default=None, repr=False)
    webhook_secret: str | None = field(default=None, repr=False)
    allow_http: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Whom a notice is for, as far as a channel needs to know.

    `contacts` are the recipient's own contact rows, channel → address; the code is the official's or
    the unit's.
    """

    code: str
    name: str
    mobile: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    contacts: Mapping[Channel, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)


@dataclass(frozen=True, slots=True)
class Route:
    """One way to an addressee."""

    channel: Channel
    address: str = field(repr=False)


def channels(settings: ChannelSettings) -> dict[Channel, message.Channel]:
    """One channel object for each word in `settings.order`, in that order.

    They hold connections: make them inside the event loop that sends, and close each with `aclose`.
    """
    return {word: _channel(word, settings) for word in settings.order}


def address_of(channel: Channel, addressee: Addressee, settings: ChannelSettings) -> str | None:
    """Where this channel reaches the addressee; None where it does not.

    A contact row of the addressee's own comes first. Console and file reach everybody, and so does
    the webhook where its address is set.
    """
    if own := addressee.contacts.get(channel):
        return own
    match channel:
        case Channel.CONSOLE | Channel.FILE:
            return addressee.code
        case Channel.WEBHOOK:
            return settings.webhook_url or None


def routes(addressee: Addressee, settings: ChannelSettings) -> tuple[Route, ...]:
    """Every way to the addressee in the order of the settings: the first is used, the next if it fails."""
    found = ((channel, address_of(channel, addressee, settings)) for channel in settings.order)
    return tuple(Route(channel, address) for channel, address in found if address)


def route(addressee: Addressee, settings: ChannelSettings) -> Route | None:
    """The first way to the addressee; None where no channel reaches him."""
    return next(iter(routes(addressee, settings)), None)


def _channel(word: Channel, settings: ChannelSettings) -> message.Channel:
    match word:
        case Channel.CONSOLE:
            return Terminal()
        case Channel.FILE:
            return TextFile(settings.notices_folder)
        case Channel.WEBHOOK:
            return Webhook(settings.webhook_url, settings.webhook_secret, allow_http=settings.allow_http)
