"""What is said, what became of it, and the one protocol that every channel keeps.

A channel puts a message into the body that it posts, and posts a body: two steps, since the outbox keeps
the body before anything goes out and every further try sends the same bytes. Expected ends are values,
never exceptions: the outbox decides by the receipt's type alone and shows its `why` to the operator.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol, runtime_checkable

from models.facts import DigestFacts
from notifiers import fit
from xiaohao import vocabulary
from xiaohao.vocabulary import Light


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a message that is shown whole or not at all, in plain text and in markdown.

    The markdown uses bold and links only, which every channel shows; what could be read as markup
    in the plain text is already made harmless. Lines end in a bare line feed.
    """

    text: str
    markdown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One notice in words: the same facts always give the same message, byte for byte.

    `subject` is one line and enough for a lock screen. A channel with a byte limit leaves out
    items from the end (`notifiers.fit`), then of the head what is too long, and never the link. `urgent`
    messages may go out at any hour; `is_top`: a matter in it stands at the top of its ladder. `light` is the worst light in it, for channels that colour a card.
    `facts` are what the words were made of, for channels that hand on values: webhook and SMS.
    """

    subject: str
    head: Part
    items: tuple[Part, ...]
    foot: Part
    recipient: str
    business_date: date
    urgent: bool = False
    is_top: bool = False
    light: Light | None = None
    link: str | None = None
    facts: DigestFacts | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """Head, items and foot in order, without those that say nothing."""
        return tuple(part for part in (self.head, *self.items, self.foot) if part.text)

    @property
    def text(self) -> str:
        """The whole body as plain text, without the subject and without a last line feed."""
        return "\n".join(part.text for part in self.parts)

    @property
    def markdown(self) -> str:
        """The whole body as markdown, without the subject."""
        return "\n".join(part.markdown for part in self.parts)

    def text_within(self, limit: int) -> str:
        """The plain text in at most `limit` UTF-8 bytes; a line says how many items had no room."""
        items = [item.text for item in self.items]
        head, foot = self.head.text, self.foot.text
        return fit.between(head, items, foot, limit, left_out=_left_out, link=self.link)

    def markdown_within(self, limit: int) -> str:
        """The markdown in at most `limit` UTF-8 bytes; a line says how many items had no room."""
        items = [item.markdown for item in self.items]
        head, foot = self.head.markdown, self.foot.markdown
        return fit.between(head, items, foot, limit, left_out=_left_out, link=self.link)


def _left_out(items: int) -> str:
    return f"……另有 {items} 件未列出"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The channel took the notice (已受理).

    `reference` is the channel's own number, by which it is asked later; `delivered` is true where
    taking it is delivering it and nothing is left to ask (已送达).
    """

    reference: str = ""
    delivered: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """It surely did not go out and may be tried again: too fast, no connection, receiver down.

    `after` is the least time to wait, where the receiver named one; else the outbox backs off.
    """

    why: str
    after: timedelta | None = None
    code: int | str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """This notice will never go through this channel to this address; others may."""

    code: int | str
    why: str


@dataclass(frozen=True, slots=True)
class Misconfigured:
    """The settings are at fault (secret, address list, arrears): the operator's, not the notice's.

    The outbox parks the whole channel, says so once, and keeps the notices queued.
    """

    code: int | str
    why: str


@dataclass(frozen=True, slots=True)
class Uncertain:
    """It went out and no answer came that can be read (存疑): sent again under the same key."""

    why: str
    code: int | str | None = None


Receipt = Accepted | Again | Refused | Misconfigured | Uncertain


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A body and where it goes.

    `body` is what the channel's own `body` made of a message. `address` is what `notifiers.choose` found
    for the recipient. `key` is the notice's dedupe key: the same on every try, so that what is sent the
    second time can be known as the same.
    """

    body: str
    address: str = field(repr=False)
    key: str
    recipient: str
    business_date: date


@dataclass(frozen=True, slots=True)
class Fate:
    """What a channel tells of a notice that it accepted, when it is asked later.

    `delivered` and `read` are facts that have happened; `read_at` is the instant (aware) where the channel
    tells it. `failed` says that the notice did not arrive and will not. `is_final`: asking again tells
    nothing more.
    """

    delivered: bool = False
    read: bool = False
    read_at: datetime | None = None
    failed: Refused | None = None
    is_final: bool = False


class Channel(Protocol):
    """A way to reach a person or a group. One object lives in one event loop, used by many sends at once."""

    @property
    def name(self) -> vocabulary.Channel:
        """The word by which settings, contacts and the outbox call it."""

    @property
    def deduplicates(self) -> bool:
        """Whether a second send under the same key reaches nobody twice; else it is marked 重发."""

    @property
    def always_open(self) -> bool:
        """Whether it disturbs nobody and so needs no delivery window (console, file)."""

    def body(self, message: Message, *, address: str, key: str) -> str:
        """The message as this channel posts it, within its limits.

        A pure function of its arguments and the channel's settings: no time, no token, no secret, no
        signature is in it, for the outbox keeps it.
        """

    async def send(self, letter: Letter) -> Receipt:
        """Send once, without trying again, and judge the channel's own answer.

        Raises nothing for what a network or a receiver does; no receipt bears a URL, a secret or
        what the receiver wrote back in full.
        """

    async def aclose(self) -> None:
        """Give back connections and files. A closed channel sends nothing more."""


@runtime_checkable
class Tracking(Protocol):
    """A channel that tells later what became of a notice: accepted is not yet delivered."""

    @property
    def asked_after(self) -> tuple[timedelta, ...]:
        """When to ask, counted from acceptance, in ascending order; after the last nobody knows."""

    async def fate(
        self, reference: str, *, address: str, accepted_at: datetime, at: datetime
    ) -> Fate | Again | Misconfigured:
        """Ask for the notice of an `Accepted.reference` sent to `address`. `accepted_at` and `at`, now, bear a zone.

        Raises nothing for what a network or a receiver does.
        """


@runtime_checkable
class Forgetting(Protocol):
    """A channel that knows a send again for a while only."""

    def forgets_at(self, first_at: datetime) -> datetime:
        """From when on a second send under the same key is a new one, if the first went out at `first_at`.

        Both instants bear a zone.
        """


UNDER_WAY = timedelta(minutes=5)
"""A try that is decided on now may leave as late as its lease lasts."""


def knows_again(channel: Channel, first_at: datetime, now: datetime) -> bool:
    """Whether a send that may have arrived at `first_at` would be known as the same `now` (both aware)."""
    if not channel.deduplicates:
        return False
    return not isinstance(channel, Forgetting) or now + UNDER_WAY < channel.forgets_at(first_at)


def letter(channel: Channel, message: Message, *, address: str, key: str) -> Letter:
    """The message put into the channel's body and addressed."""
    return Letter(
        body=channel.body(message, address=address, key=key),
        address=address,
        key=key,
        recipient=message.recipient,
        business_date=message.business_date,
    )
