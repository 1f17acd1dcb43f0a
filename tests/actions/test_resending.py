"""outbox resend --dead: for each person whom the facts did not reach, the last notice that carried them."""

from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from answering_district import morning
from builders import a_problem
from district import District
from loopback_receiver import Answer, receiving

from notifiers.choose import ChannelSettings
from xiaohao.actions import night, outbox
from xiaohao.actions.deliver import deliver
from xiaohao.ledger import resending
from xiaohao.ledger.tables import NOTICE
from xiaohao.vocabulary import Channel, NoticeState

NIGHT, MONDAY = date(2026, 11, 21), date(2026, 11, 23)
WEBHOOK, FILE = Channel.WEBHOOK, Channel.FILE
REFUSED, TAKEN = Answer(404), Answer(204)


def delivers(district: District, settings: ChannelSettings, passes: int = 4) -> None:
    """Passes over the outbox, five minutes apart."""
    for n in range(passes):
        at = morning("2026-11-23") + n * timedelta(minutes=5)
        deliver(district.ledger, MONDAY, settings, now=lambda at=at: at, lasts=timedelta(seconds=3))


def chain(district: District) -> list[tuple[str, NoticeState]]:
    query = sa.select(NOTICE.c.recipient, NOTICE.c.state).order_by(NOTICE.c.id)
    with district.ledger.reading() as r:
        return [(row.recipient, row.state) for row in r.conn.execute(query)]


def resends(district: District, channel: Channel | None = None) -> int:
    """The operator sends again what ended undelivered."""
    at = morning("2026-11-23") + timedelta(hours=1)
    return outbox.resend(district.ledger, dead=True, channel=channel, on=MONDAY, now=at).resent


@pytest.fixture
def overdue(staffed: District) -> District:
    """One problem whose secretary is to be told."""
    staffed.has(a_problem(due_on="2026-11-20"))
    return staffed


def webhook(url: str, *order: Channel, folder: Path) -> ChannelSettings:
    return ChannelSettings(order=order, notices_folder=folder, webhook_url=url, webhook_secret="s")


def composed(district: District, settings: ChannelSettings) -> None:
    night.fire(district.ledger, NIGHT)
    night.compose(district.ledger, NIGHT, settings)


@pytest.mark.parametrize(("answers", "again"), [
    ([REFUSED] * 3, ["王强", "李明", "周正"]),  # all up to the supervisor died of one wrong setting
    ([REFUSED, TAKEN], ["王强"]),  # the leader read of it: the secretary has still not
])  # fmt: skip
def test_everybody_whom_it_did_not_reach_gets_his_notice_again(
    overdue: District, tmp_path: Path, answers: list[Answer], again: list[str]
) -> None:
    with receiving(*answers) as receiver:
        settings = webhook(receiver.url, WEBHOOK, folder=tmp_path)
        composed(overdue, settings)
        delivers(overdue, settings)
        before = chain(overdue)
        assert [name for name, state in before if state is NoticeState.DEAD] == again
        assert resends(overdue) == len(again)
        assert resends(overdue) == 0, "they wait now"
        receiver.answers = [TAKEN]
        delivers(overdue, settings)
    assert chain(overdue) == [(name, NoticeState.DELIVERED) for name, _ in before]


def test_who_got_it_by_another_channel_does_not_get_it_again(overdue: District, tmp_path: Path) -> None:
    with receiving(REFUSED) as receiver:
        settings = webhook(receiver.url, WEBHOOK, FILE, folder=tmp_path)
        composed(overdue, settings)
        delivers(overdue, settings)
    assert chain(overdue) == [("王强", NoticeState.DEAD), ("王强", NoticeState.DELIVERED)]
    assert (resends(overdue), resends(overdue, WEBHOOK)) == (0, 0)


def test_of_two_channels_that_failed_it_is_the_last_or_the_one_that_is_named(
    overdue: District, tmp_path: Path
) -> None:
    with receiving(REFUSED) as receiver:
        settings = webhook(receiver.url, WEBHOOK, FILE, folder=tmp_path)
        composed(overdue, settings)
        delivers(overdue, settings)
    with overdue.ledger.engine.begin() as conn:
        conn.execute(NOTICE.update().where(NOTICE.c.channel == FILE).values(state=NoticeState.DEAD))
    assert [name for name, _ in chain(overdue)] == ["王强", "王强"]
    with overdue.ledger.reading() as r:
        ends = [resending.dead_ends(r, channel) for channel in (None, FILE, WEBHOOK, Channel.MAIL)]
    assert ends == [[2], [2], [1], []]
