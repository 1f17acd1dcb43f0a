"""A small district whose notices have a page: nights with it, notices that arrive, and 已阅."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from district import ROUTES, District

from xiaohao.actions import acknowledge, night, seal
from xiaohao.ledger.tables import NOTICE
from xiaohao.rules.acknowledging import Answering
from xiaohao.vocabulary import NoticeState

PAGE = "https://xh.example.gov.cn"
TERMS = Answering(lasts=5, within=2)
ROUTE = replace(ROUTES, answering=TERMS)


def runs_night(district: District, on: str, *, page: str = PAGE) -> night.Composed:
    """The night of a business date, with pages to acknowledge on."""
    day = date.fromisoformat(on)
    night.fire(district.ledger, day)
    done = night.compose(district.ledger, day, ROUTE, page_url=page)
    seal.seal(district.ledger)
    district.last_night = day
    return done


def morning(day: str) -> datetime:
    """Eight in the morning in Shanghai."""
    return datetime.fromisoformat(f"{day}T08:00:00+08:00").astimezone(UTC)


def change(district: District, *where: Any, **values: Any) -> None:
    """Change notices in the database, as no act would."""
    with district.ledger.engine.begin() as conn:
        conn.execute(NOTICE.update().where(*where).values(values))


def arrives(district: District, day: str, **but: Any) -> None:
    """Every notice under way has reached its recipient on the day."""
    at = morning(day)
    came: dict[str, Any] = {"state": NoticeState.DELIVERED, "accepted_at": at, "delivered_at": at}
    change(district, NOTICE.c.accepted_at.is_(None), **came | but)


def last_notice(district: District, recipient: str) -> int:
    """The number of the recipient's newest notice."""
    query = sa.select(sa.func.max(NOTICE.c.id)).where(NOTICE.c.recipient == recipient)
    with district.ledger.reading() as r:
        return int(r.conn.execute(query).scalar_one())


def press(district: District, notice: int, day: str) -> bool:
    """已阅, at eight in the morning of the day."""
    return acknowledge.acknowledge(district.ledger, notice, at=morning(day), on=date.fromisoformat(day))
