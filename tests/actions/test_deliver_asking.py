"""问送达: accepted is not delivered; the channel is asked when it can know, and read is one fact more."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from dingtalk_standin import RESULT, Dingtalk, dingtalk
from sending_office import MINUTE, SendingOffice
from vendor_standin import Planned

from notifiers.dingtalk_work import DingtalkWorkSettings
from xiaohao.vocabulary import Channel, NoticeState

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
