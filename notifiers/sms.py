"""短信: what both vendors' channels share. One approved sentence, into which two short values go.

No title, no name and no link ever stand in an SMS: the vendors refuse them, and a telephone lies open on
a desk. The sentence itself is approved at the vendor and is not in this program.
"""

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Unpack

from notifiers.client import Answer, NotAccepted
from notifiers.message import Again, Fate, Letter, Message, Misconfigured, Receipt, Refused, Uncertain
from notifiers.vendors import Interface, Spans
from xiaohao.rules.business_date import ZONE

ASKED_AFTER = (
    timedelta(minutes=2),
    timedelta(minutes=20),
    timedelta(hours=2),
    timedelta(hours=12),
    timedelta(hours=71),
)
"""When the result is asked: carriers report within minutes or not before the telephone is on again, and
after 72 hours nobody knows."""
NO_MOBILE = Refused("mobile", "手机号码不正确")
_MOST = 999_999  # six characters, which is all that newer accounts have for a value
_MOBILE = re.compile(r"(?:(?:\+|00)?86)?(1\d{10})", re.ASCII)
_NOT_OF_A_CODE = re.compile(r"[^\w.\-]", re.ASCII)

Verdict = Callable[[str, datetime], NotAccepted]
"""What a vendor's code says of a notice (the makers are in `notifiers.vendors`); the instant bears a zone."""


@dataclass(frozen=True, slots=True)
class Values:
    """What goes into the sentence: how many matters, and the day as “11-24”."""

    count: str
    day: str

    def as_json(self) -> str:
        """The body that the outbox keeps: no number, no name, nothing of the settings."""
        return json.dumps({"n": self.count, "d": self.day}, separators=(",", ":"))

    @classmethod
    def from_json(cls, body: str) -> "Values":
        """What `as_json` wrote."""
        said = json.loads(body)
        return cls(str(said["n"]), str(said["d"]))


class SmsChannel(ABC):
    """Sends the sentence to a mobile number, one number a call; what is a vendor's own is asked of its class."""

    deduplicates = False
    always_open = False
    asked_after = ASKED_AFTER

    def __init__(self, base: str, **spans: Unpack[Spans]) -> None:
        """`base` is where the vendor's interface is."""
        self._interface = Interface(base, **spans)

    def body(self, message: Message, *, address: str, key: str) -> str:  # noqa: ARG002
        """The two values; number, signature and template join them when it is sent."""
        return values_of(message).as_json()

    async def send(self, letter: Letter) -> Receipt:
        """Send to `letter.address`, a mobile number. Accepted is not delivered: ask `fate`."""
        number = mobile(letter.address)
        return NO_MOBILE if number is None else await self._send(number, letter)

    async def fate(
        self,
        reference: str,
        *,
        address: str,
        accepted_at: datetime,
        at: datetime,  # noqa: ARG002
    ) -> Fate | Again | Misconfigured:
        """What the carrier reported of the SMS that the vendor calls `reference`."""
        match await self._report(reference, mobile(address) or "", accepted_at):
            case Refused(code=code, why=why) | Uncertain(code=code, why=why):
                return Again(why, code=code)  # only the question failed: nothing was sent
            case told:
                return told

    async def aclose(self) -> None:
        """Close the pooled connections."""
        await self._interface.aclose()

    @abstractmethod
    async def _send(self, number: str, letter: Letter) -> Receipt: ...

    @abstractmethod
    async def _report(self, reference: str, number: str, accepted_at: datetime) -> Fate | NotAccepted: ...


def values_of(message: Message) -> Values:
    """The two values of a message: its matters, counted, and its business date."""
    count = len(message.facts.items) if message.facts else len(message.items)
    return Values(str(min(max(count, 1), _MOST)), f"{message.business_date:%m-%d}")


def mobile(address: str) -> str | None:
    """The eleven digits of a mainland mobile number, written with or without +86; None where it is none."""
    found = _MOBILE.fullmatch(re.sub(r"[\s()\-]", "", address))
    return found[1] if found else None


def code_of(said: object) -> str:
    """A vendor's code as it may be shown and kept: ASCII letters, digits and stops, at most 80."""
    return _NOT_OF_A_CODE.sub("", said)[:80] if isinstance(said, str) else ""


def judged(
    answer: Answer, code: str, table: Mapping[str, Verdict], *, vendor: str, now: datetime
) -> NotAccepted:
    """What a code that is no success says by the vendor's table, else the answer's status.

    A key that ends in `*` stands for every code that begins so; exact keys go first. `code` may be empty.
    """
    verdict = table.get(code) or next(
        (table[key] for key in table if key.endswith("*") and code.startswith(key[:-1])), None
    )
    if verdict is not None:
        return verdict(code, now)
    if answer.status == 429:
        return Again("调用过快", after=timedelta(minutes=1), code=code or 429)
    if not code or answer.status >= 500:
        return Uncertain(f"{vendor}的应答看不懂", code=code or answer.status)
    return Again(f"{vendor}返回未收录的错误码 {code}", code=code)


def till_tomorrow(now: datetime) -> timedelta:
    """How long it is to the next midnight in Shanghai; `now` bears a zone."""
    here = now.astimezone(ZONE)
    return (here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0) - here


def till_next_month(now: datetime) -> timedelta:
    """How long it is to the first of the next month in Shanghai; `now` bears a zone."""
    here = now.astimezone(ZONE)
    first = (here.replace(day=28) + timedelta(days=4)).replace(day=1)
    return first.replace(hour=0, minute=0, second=0, microsecond=0) - here
