"""An office whose outbox is full: the small district, notices put into it, channels that point to loopback.

The clock stands at noon on Tuesday 24 November 2026 in Shanghai until a test moves it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa
from digest_builders import TONIGHT, digest_of, near
from small_district import SmallDistrict

from models.facts import DigestItem, to_json
from notifiers.choose import ChannelSettings
from xiaohao.actions.deliver import Sent, deliver
from xiaohao.ledger import bulk, faults, outbox
from xiaohao.ledger.outbox import NewNotice
from xiaohao.ledger.tables import CONTACT, NOTICE
from xiaohao.rules.delivery import STANDARD, DeliveryRules
from xiaohao.vocabulary import Action, Channel, NoticeState

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class SendingOffice:
    """A ledger, a clock and settings; `rules` are those of a new office."""

    def __init__(self, engine: sa.Engine, folder: Path) -> None:
        self.ledger = SmallDistrict(engine).ledger
        self.at = NOON
        self.settings = ChannelSettings(order=(Channel.FILE,), notices_folder=folder / "notices")
        self.rules: DeliveryRules = STANDARD

    @classmethod
    def of(cls, district: SmallDistrict, settings: ChannelSettings) -> Self:
        """The outbox of a district that is there."""
        office = cls.__new__(cls)
        office.ledger, office.at, office.settings, office.rules = district.ledger, NOON, settings, STANDARD
        return office

    def uses(self, *order: Channel, **given: Any) -> None:
        """These channels, the preferred one first."""
        self.settings = replace(self.settings, order=order, **given)

    def has(
        self, count: int, *items: DigestItem, to: int | None = None, channel: Channel | None = None
    ) -> list[int]:
        """Notices of a warning (or of `items`) for the official `to`, else for one official after the other."""
        facts = to_json(digest_of(*(items or (near(),))))
        with self.ledger.writing(Action.TELL, by="nightly", on=TONIGHT) as w:
            there = w.conn.execute(sa.select(sa.func.count()).select_from(NOTICE)).scalar_one()
            new = [
                NewNotice(
                    f"digest:{there + n}",
                    to or 1 + n % 6,
                    f"官员{to or 1 + n % 6}",
                    channel or self.settings.order[0],
                    "digest",
                    facts,
                )
                for n in range(count)
            ]
            return outbox.add(w, new, now=self.at, held=False)

    def reaches(self, channel: Channel, address: str = "robot") -> None:
        """Every official has this address."""
        rows = [{"official_id": n, "channel": channel, "address": address} for n in range(1, 8)]
        with self.ledger.writing(Action.TELL, by="x", on=TONIGHT) as w:
            bulk.insert_rows(w.conn, CONTACT, rows)

    def delivers(self, **given: Any) -> Sent:
        """One pass as of the office's clock, too short to wait for a rate of a minute."""
        given = {"lasts": timedelta(seconds=3), "now": lambda: self.at} | given
        return deliver(self.ledger, TONIGHT, self.settings, self.rules, **given)

    async def lets_time_go_by(self, seconds: float) -> None:
        """What a pass waits for happens at once, by the office's clock."""
        self.at += timedelta(seconds=seconds)

    def passes(self, wait: timedelta) -> None:
        """Time goes by."""
        self.at += wait

    def states(self) -> dict[NoticeState, int]:
        with self.ledger.reading() as r:
            return dict(outbox.counts(r))

    def notices(self, *ids: int) -> Sequence[Any]:
        """The notices as they stand, oldest first."""
        query = sa.select(NOTICE).order_by(NOTICE.c.id)
        with self.ledger.reading() as r:
            found: Sequence[Any] = r.conn.execute(query.where(NOTICE.c.id.in_(ids)) if ids else query).all()
            return found

    def changes(self, **values: Any) -> None:
        """Every notice is set to these values, as if something had happened."""
        with self.ledger.writing(Action.TELL, by="x", on=TONIGHT) as w:
            w.conn.execute(NOTICE.update().values(**values))

    def faults(self) -> Counter[str]:
        """The open faults by their kind."""
        with self.ledger.reading() as r:
            return Counter(row.kind.value for row in faults.open_faults(r))

    def messages(self) -> list[str]:
        """What the open faults say."""
        with self.ledger.reading() as r:
            return [row.message for row in faults.open_faults(r)]
