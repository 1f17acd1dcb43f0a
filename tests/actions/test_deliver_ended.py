"""What ended is passed on in a transaction of its own: a fault there undoes no receipt, and nothing is forgotten."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from digest_builders import TONIGHT
from loopback_receiver import Answer, receiving
from sending_office import MINUTE, SendingOffice

from xiaohao.actions import outbox
from xiaohao.ledger import resending
from xiaohao.rules.delivery import DeliveryRules
from xiaohao.vocabulary import Action, Channel, NoticeState

WEBHOOK, FILE = Channel.WEBHOOK, Channel.FILE


@pytest.fixture
def office(sqlite_engine: sa.Engine, tmp_path: Path) -> SendingOffice:
    office = SendingOffice(sqlite_engine, tmp_path)
    office.rules = DeliveryRules(most_a_day=0)
    return office


@contextmanager
def no_room_for_notices(office: SendingOffice) -> Iterator[None]:
    """No notice can be written meanwhile, as on a full disk; those that are there can be changed."""
    with office.ledger.engine.begin() as conn:
        conn.exec_driver_sql(
            "CREATE TRIGGER no_room BEFORE INSERT ON notice BEGIN SELECT RAISE(ABORT, 'no room'); END"
        )
    yield
    with office.ledger.engine.begin() as conn:
        conn.exec_driver_sql("DROP TRIGGER no_room")


def test_a_fault_in_passing_on_undoes_no_receipt_and_the_next_pass_passes_on(office: SendingOffice) -> None:
    with receiving(Answer(404), Answer(204)) as receiver:
        office.uses(WEBHOOK, FILE, webhook_url=receiver.url, webhook_secret="s")
        office.has(10)
        with no_room_for_notices(office):
            for _ in range(3):
                with pytest.raises(sa.exc.DatabaseError, match="no room"):
                    office.delivers()
                office.passes(6 * MINUTE)
        assert len(receiver.requests) == 10, "each went out once"
        assert office.states() == {NoticeState.DEAD: 1, NoticeState.DELIVERED: 9}
        office.delivers()
    [dead] = (each for each in office.notices() if each.state is NoticeState.DEAD)
    instead = office.notices()[-1]
    assert (instead.instead_of, instead.state) == (dead.id, NoticeState.DELIVERED)
    assert dead.next_attempt_at is None, "and that is all"


def test_a_fault_in_passing_on_what_lies_on_a_channel_that_is_gone_holds_up_no_channel(
    office: SendingOffice,
) -> None:
    office.uses(FILE)
    office.has(3, channel=WEBHOOK)
    office.has(2)
    with no_room_for_notices(office), pytest.raises(sa.exc.DatabaseError, match="no room"):
        office.delivers()
    assert office.states() == {NoticeState.DEAD: 3, NoticeState.DELIVERED: 2}
    office.delivers()
    assert office.states() == {NoticeState.DEAD: 3, NoticeState.DELIVERED: 5}


def test_what_was_not_passed_on_when_all_is_held_is_held_too_and_lost_by_no_release(
    office: SendingOffice,
) -> None:
    with receiving(Answer(404)) as receiver:
        office.uses(WEBHOOK, FILE, webhook_url=receiver.url, webhook_secret="s")
        office.has(1)
        with no_room_for_notices(office), pytest.raises(sa.exc.DatabaseError, match="no room"):
            office.delivers()
        with office.ledger.writing(Action.TELL, by="x", on=TONIGHT) as w:
            assert resending.hold(w) == 1
        office.delivers()
        assert office.states() == {NoticeState.HELD: 1}
        assert outbox.release(office.ledger, on=TONIGHT) == 1
        office.delivers()
        office.delivers()
    assert office.states() == {NoticeState.DEAD: 1, NoticeState.DELIVERED: 1}
