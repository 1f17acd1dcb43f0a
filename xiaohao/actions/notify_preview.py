"""预览: what the night of a business date would tell whom, in the words and bytes of each channel. Nothing is written."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

from models.facts import DigestFacts
from notifiers import choose, digest, fit, links, message
from notifiers.choose import Addressee, ChannelSettings
from xiaohao.actions import night, recipients
from xiaohao.errors import NotFound
from xiaohao.ledger import posts
from xiaohao.ledger.scopes import WHOLE, Scope
from xiaohao.ledger.writing import Ledger
from xiaohao.vocabulary import Channel

KEY = "preview"
SHORTEST = 8
_FORM = re.compile(r"[\w%.+*-]+=[^\s&=]*(&[\w%.+*-]+=[^\s&=]*)+$")
SAMPLE_NOTICE = 0
"""The number in a link of a notice that is not there: its page says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One notice on one channel.

    `reaches`: the channel has a way to the recipient. `body` is what would be posted, `words` what a reader
    sees of it, `size` the body's length in UTF-8 bytes.
    """

    recipient: str
    code: str
    channel: Channel
    reaches: bool
    subject: str
    words: str
    size: int
    body: str


def preview(
    ledger: Ledger,
    settings: ChannelSettings,
    *,
    on: date,
    page_url: str,
    scopes: Sequence[Scope] = (WHOLE,),
    code: str | None = None,
) -> list[Preview]:
    """The notices of a night for a business date, for every recipient, or the one of this code (工号) or name.

    Each is shown on every channel of the settings. Raises NotFound for a person that is not known.
    """
    people = _people(ledger, on)
    wanted = None if code is None else _wanted(people, code)
    _, composed = night.dry_run(ledger, on, settings, scopes, page_url=page_url)
    told = [facts for facts in composed.digests if wanted is None or facts.recipient_code == wanted]
    there = choose.channels(settings)
    return [
        _on_channel(facts, channel, people[facts.recipient_code], settings)
        for facts in told
        for channel in there.values()
    ]


def words_of(body: str) -> str:
    """What a reader sees of a body: its longest text, where it is JSON or a form (also JSON within a text).

    A body of short values only, as an SMS has, is shown as it is.
    """
    longest = max(_texts(body), key=len, default=body)
    return longest if len(longest) >= SHORTEST else body


def _people(ledger: Ledger, on: date) -> dict[str, Addressee]:
    with ledger.reading() as r:
        found = recipients.addressees(r, list(posts.officials(r)), on)
    return {each.code: each for each in found.values()}


def _wanted(people: dict[str, Addressee], code: str) -> str:
    if code in people:
        return code
    named = [each.code for each in people.values() if each.name == code]
    if len(named) == 1:
        return named[0]
    several = f"有 {len(named)} 位“{code}”，请写工号" if named else f"没有工号或姓名是“{code}”的人"
    raise NotFound(f"{several}（xiaohao people 查看）。")


def _on_channel(
    facts: DigestFacts, channel: message.Channel, addressee: Addressee, settings: ChannelSettings
) -> Preview:
    said = digest.message(links.linked(facts, SAMPLE_NOTICE, settings.page_key))
    address = choose.address_of(channel.name, addressee, settings)
    body = channel.body(said, address=address or addressee.code, key=KEY)
    return Preview(
        recipient=facts.recipient,
        code=facts.recipient_code,
        channel=channel.name,
        reaches=address is not None,
        subject=said.subject,
        words=words_of(body),
        size=fit.size(body),
        body=body,
    )


def _texts(body: str) -> Iterator[str]:
    try:
        said = json.loads(body)
    except ValueError:
        said = dict(parse_qsl(body)) if _FORM.match(body) else None
    if said is None:
        return
    yield from _strings(said)


def _strings(said: Any) -> Iterator[str]:
    match said:
        case str():
            inner = list(_texts(said)) if said[:1] in ("{", "[") else []
            yield from inner or [said]
        case dict():
            for value in said.values():
                yield from _strings(value)
        case list():
            for value in said:
                yield from _strings(value)
