"""问送达: accepted is not delivered; the channel is asked when it can know, and read is one fact more."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from digest_builders import TONIGHT
from dingtalk_standin import RESULT, Dingtalk, dingtalk
from sending_office import MINUTE, SendingOffice
from vendor_standin import Planned

from notifiers.dingtalk_work import DingtalkWorkSettings
from xiaohao.actions.deliver_ask import AT_ONCE
from xiaohao.actions.deliver_channel import MOST_IN_A_ROW
from xiaohao.ledger.outbox import LEASE
from xiaohao.ledger.tables import CONTACT
from xiaohao.vocabulary import Action, Channel, NoticeState

WORK, FILE = Channel.DINGTALK_WORK, Channel.FILE


@pytest.fixture
def server() -> Iterator[Dingtalk]:
    with dingtalk() as server:
        yield server


@pytest.fixture
def office(engine: sa.Engine, tmp_path: Path, server: Dingtalk) -> SendingOffice:
    """One work notice that DingTalk has accepted; then there are files."""
    office = SendingOffice(engine, tmp_path)
    settings = DingtalkWorkSettings(app_key="KEY1", app_secret="APP-SECRET", agent_id=42, base=server.base)
    office.uses(WORK, FILE, dingtalk_work=settings)
    office.reaches(WORK, "u1")
    office.has(1)
    office.delivers()
    assert office.states() == {NoticeState.ACCEPTED: 1}
    return office


def test_it_is_asked_for_when_the_channel_can_know_and_not_before(
    office: SendingOffice, server: Dingtalk
) -> None:
    office.passes(4 * MINUTE)
    assert office.delivers().asked == 0
    office.passes(2 * MINUTE)
    assert office.delivers().asked == 1
    [notice] = office.notices()
    assert (notice.state, notice.delivered_at, notice.read_at) == (NoticeState.DELIVERED, office.at, None)
    assert len(server.asked(RESULT)) == 1
    assert len(server.delivered) == 1, "asking sends nothing"


def test_read_is_another_fact_and_the_last_one(office: SendingOffice, server: Dingtalk) -> None:
    office.passes(6 * MINUTE)
    office.delivers()
    delivered_at = office.at
    for task in server.tasks.values():
        task.state = "read"
    office.passes(timedelta(hours=1))
    office.delivers()
    [notice] = office.notices()
    assert notice.delivered_at == delivered_at
    assert notice.read_at is not None
    assert notice.next_ask_at is None
    office.passes(timedelta(hours=24))
    assert office.delivers().asked == 0


def test_what_never_arrived_goes_to_the_next_channel(office: SendingOffice, server: Dingtalk) -> None:
    for task in server.tasks.values():
        task.state = "failed"
    office.passes(6 * MINUTE)
    office.delivers()
    office.delivers()
    dead, other = office.notices()
    assert (dead.state, dead.delivered_at) == (NoticeState.DEAD, None)
    assert (other.channel, other.instead_of, other.state) == (FILE, dead.id, NoticeState.DELIVERED)


def test_a_question_without_an_answer_is_asked_again_and_one_never_answered_stays_accepted(
    office: SendingOffice, server: Dingtalk
) -> None:
    for task in server.tasks.values():
        task.state = "lost"
    server.plan(RESULT, Planned(said="<html>", status=502))
    office.passes(6 * MINUTE)
    office.delivers()
    [notice] = office.notices()
    assert (notice.state, notice.next_ask_at) == (NoticeState.ACCEPTED, office.at + 10 * MINUTE)
    for _ in range(10):
        office.passes(timedelta(hours=6))
        office.delivers()
    [notice] = office.notices()
    assert (notice.state, notice.next_ask_at) == (NoticeState.ACCEPTED, None)
    assert len(server.asked(RESULT)) <= 6


def has_accepted(office: SendingOffice, count: int) -> None:
    """So many notices more whose time to be asked for has come."""
    office.has(count)
    asked = {"state": NoticeState.ACCEPTED, "accepted_at": office.at, "receipt": "256271667526"}
    office.passes(6 * MINUTE)
    office.changes(**asked, next_ask_at=office.at)


def clock(office: SendingOffice, tick: timedelta) -> Callable[[], datetime]:
    """The office's clock, which goes on by a tick each time that somebody looks at it."""

    def now() -> datetime:
        office.passes(tick)
        return office.at

    return now


def test_a_channel_that_answers_no_question_is_left_alone_until_the_next_pass(
    office: SendingOffice, server: Dingtalk
) -> None:
    has_accepted(office, 99)
    server.plan(RESULT, *[Planned(said="<html>", status=502)] * 200)
    [said] = office.delivers().gave_up
    assert "连续 20 次查不到送达结果" in said
    assert MOST_IN_A_ROW <= len(server.asked(RESULT)) <= MOST_IN_A_ROW + AT_ONCE
    due_again = {each.next_ask_at for each in office.notices()}
    assert due_again <= {office.at, office.at + LEASE, office.at + 10 * MINUTE}, (
        "every one is asked for again"
    )


def test_a_notice_is_asked_for_once_a_pass_however_long_it_lasts(
    office: SendingOffice, server: Dingtalk
) -> None:
    has_accepted(office, 14)
    server.plan(RESULT, *[Planned(said="<html>", status=502)] * 300)
    assert office.delivers(now=clock(office, 2 * MINUTE), lasts=timedelta(days=9)).asked == 15
    assert len(server.asked(RESULT)) == 15


def test_when_the_pass_is_over_no_more_is_asked(office: SendingOffice, server: Dingtalk) -> None:
    has_accepted(office, 299)
    office.delivers(now=clock(office, timedelta(seconds=1)), lasts=timedelta(seconds=30))
    assert 0 < len(server.asked(RESULT)) < 300


def test_who_has_another_address_now_is_not_asked_for_and_not_given_up(
    office: SendingOffice, server: Dingtalk
) -> None:
    """The vendor knows nothing of a notice to the new address: it went to the old one, and arrived."""
    with office.ledger.writing(Action.TELL, by="x", on=TONIGHT) as w:
        w.conn.execute(CONTACT.update().values(address="u2"))
    office.passes(6 * MINUTE)
    office.delivers()
    [notice] = office.notices()
    assert (notice.state, notice.next_ask_at) == (NoticeState.ACCEPTED, None)
    assert server.asked(RESULT) == []
