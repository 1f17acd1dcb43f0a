"""已阅: the recipient of a notice says that he has read it. DESIGN section 3; issue of the messages.

It spares him the repeats for a while and stops no ladder.
"""

from datetime import date, datetime

from xiaohao.errors import NotFound
from xiaohao.ledger import acknowledgements, trail
from xiaohao.ledger.acknowledgements import Opened
from xiaohao.ledger.writing import Ledger
from xiaohao.vocabulary import Action, Status

PAGE = "page"


def opened(ledger: Ledger, notice_id: int) -> tuple[Opened, dict[str, Status]]:
    """A notice as its page shows it, and where its problems stand now. Raises NotFound."""
    with ledger.reading() as r:
        found = acknowledgements.find(r, notice_id)
        if found is None:
            raise NotFound("没有这份通知，它可能已经清理。")
        numbers = [item.number for item in found.facts.items]
        return found, dict(acknowledgements.standing(r, numbers))


def acknowledge(ledger: Ledger, notice_id: int, *, at: datetime, on: date) -> bool:
    """Write that the recipient has acknowledged, at `at` (aware) on the day `on` in Shanghai.

    False where he had before: then nothing is written. The trail says who and when, under the notice's
    own subject. Raises NotFound, LedgerBusy, LedgerUnreachable.
    """
    with ledger.writing(Action.ACKNOWLEDGE, by=PAGE, on=on) as w:
        found = acknowledgements.find(w, notice_id)
        if found is None:
            raise NotFound("没有这份通知，它可能已经清理。")
        if not acknowledgements.mark(w, notice_id, at):
            return False
        subject = f"notice:{notice_id}"
        said = {"on": on, "acknowledged": {"key": found.dedupe_key, "official": found.official_code}}
        w.note(subject, trail.next_version(w.conn, subject), trail.detail_of(said))
        return True
