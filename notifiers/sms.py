"""短信: what both vendors' channels share. One approved sentence, into which two short values go.

No title, no name and no link ever stand in an SMS: the vendors refuse them, and a telephone lies open on
a desk. The sentence itself is approved at the vendor and is not in this program.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifiers.message import Again, Message, Misconfigured, Receipt, Refused, Uncertain
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

Verdict = Callable[[str, datetime], Receipt]
"""What a vendor's code says of a notice; takes the code and the present instant (aware)."""


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


def judged(table: Mapping[str, Verdict], code: str, now: datetime) -> Receipt | None:
    """The receipt of a code by a vendor's table, None for one that is not in it.

    A key that ends in `*` stands for every code that begins so; exact keys go first.
    """
    verdict = table.get(code) or next(
        (table[key] for key in table if key.endswith("*") and code.startswith(key[:-1])), None
    )
    return None if verdict is None else verdict(code, now)


def refused(why: str) -> Verdict:
    """This notice will not go to this number."""
    return lambda code, _now: Refused(code, why)


def operator(why: str) -> Verdict:
    """The settings or the account are at fault. The sentence is a setting: its faults are here too."""
    return lambda code, _now: Misconfigured(code, why)


def again(why: str, wait: timedelta | Callable[[datetime], timedelta] | None = None) -> Verdict:
    """It surely did not go out; `wait` is the least time till the next try."""

    def verdict(code: str, now: datetime) -> Receipt:
        return Again(why, after=wait(now) if callable(wait) else wait, code=code)

    return verdict


def uncertain(why: str) -> Verdict:
    """Nobody knows whether it went out."""
    return lambda code, _now: Uncertain(why, code=code)


def untold(receipt: Receipt) -> Again | Misconfigured:
    """What a failed question for the result says: ask again, or mend the settings. Nothing was sent."""
    match receipt:
        case Again() | Misconfigured():
            return receipt
        case Refused(code=code, why=why) | Uncertain(code=code, why=why):
            return Again(why, code=code)
    return Again("没有问到结果")


def till_tomorrow(now: datetime) -> timedelta:
    """How long it is to the next midnight in Shanghai; `now` bears a zone."""
    here = now.astimezone(ZONE)
    return (here + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0) - here


def till_next_month(now: datetime) -> timedelta:
    """How long it is to the first of the next month in Shanghai; `now` bears a zone."""
    here = now.astimezone(ZONE)
    first = (here.replace(day=28) + timedelta(days=4)).replace(day=1)
    return first.replace(hour=0, minute=0, second=0, microsecond=0) - here
