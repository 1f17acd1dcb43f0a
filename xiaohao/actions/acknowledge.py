"""已阅: the recipient of a notice says that he has read it. DESIGN section 3; issue of the messages.

It spares him the repeats for a while and stops no ladder. He says it on the notice's page, or in the chat
that the notice came by.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum, auto
from typing import NamedTuple

from xiaohao.errors import NotFound
from xiaohao.ledger import acknowledgements, outbox, parked, trail
from xiaohao.ledger.acknowledgements import Opened
from xiaohao.ledger.writing import Ledger, Writing
from xiaohao.vocabulary import Action, Channel, FaultKind, Status

PAGE = "page"


class Pressed(Enum):
    """What became of a button that was pressed in a chat."""

    RECORDED = auto()
    ALREADY = auto()
    NOT_THEIRS = auto()
    GONE = auto()


def opened(ledger: Ledger, notice_id: int) -> tuple[Opened, dict[str, Status]]:
    """A notice as its page shows it, and where its problems stand now. Raises NotFound."""
    with ledger.reading() as r:
        found = acknowledgements.find(r, notice_id)
        if found is None:
            raise NotFound("没有这份通知，它可能已经清理。")
        numbers = [item.number for item in found.facts.items]
        return found, dict(acknowledgements.standing(r, numbers))


class Answered(NamedTuple):
    """How many notices a word in the chat has acknowledged, and how many wait that arrived after it."""

    recorded: int
    later: int


def acknowledge(ledger: Ledger, notice_id: int, *, at: datetime, on: date) -> bool:
    """Write that the recipient has acknowledged, at `at` (aware) on the day `on` in Shanghai.

    False where he had before: then nothing is written. The trail says who and when, under the notice's
    own subject. Raises NotFound, LedgerBusy, LedgerUnreachable.
    """
    with ledger.writing(Action.ACKNOWLEDGE, by=PAGE, on=on) as w:
        if acknowledgements.find(w, notice_id) is None:
            raise NotFound("没有这份通知，它可能已经清理。")
        return bool(_write(w, [notice_id], at))


def acknowledge_pressed(
    ledger: Ledger, notice_id: int, *, channel: Channel, address: str, at: datetime, on: date
) -> Pressed:
    """The same of a button in the chat, pressed by who has this address on the channel.

    Only the address that the notice went to counts. Raises LedgerBusy, LedgerUnreachable.
    """
    with ledger.writing(Action.ACKNOWLEDGE, by=channel.value, on=on) as w:
        match acknowledgements.went_to(w, notice_id, channel, address):
            case None:
                return Pressed.GONE
            case False:
                return Pressed.NOT_THEIRS
        return Pressed.RECORDED if _write(w, [notice_id], at) else Pressed.ALREADY


def acknowledge_all(
    ledger: Ledger, *, channel: Channel, address: str, before: datetime, at: datetime, on: date
) -> Answered:
    """The same of every notice that had reached this address over the channel before an instant.

    `before` (aware, exclusive) is when he wrote that he has read them; said again it changes nothing. Raises
    LedgerBusy, LedgerUnreachable.
    """
    with ledger.writing(Action.ACKNOWLEDGE, by=channel.value, on=on) as w:
        waiting = acknowledgements.waiting_at(w, channel, address)
        ids = [each for each, arrived_at in waiting.items() if arrived_at < before]
        return Answered(len(_write(w, ids, at).intersection(ids)), len(waiting) - len(ids))


def _write(w: Writing, notice_ids: Sequence[int], at: datetime) -> set[int]:
    """Mark notices, with those that stand for them, and say so in the trail, an entry each; which are new.

    What is acknowledged has arrived, whatever its channel said or did not say of it.
    """
    marked = acknowledgements.mark(w, notice_ids, at)
    reached = outbox.has_arrived(w, [each.id for each in marked], at=at)
    parked.clear(w, FaultKind.UNREACHED, [f"official:{each}" for each in reached], w.on)
    subjects = {each.id: f"notice:{each.id}" for each in marked}
    versions = trail.next_versions(w.conn, list(subjects.values()))
    for each in marked:
        subject = subjects[each.id]
        said = {"on": w.on, "acknowledged": {"key": each.dedupe_key, "official": each.official_code}}
        w.note(subject, versions[subject], trail.detail_of(said))
    return set(subjects)
