"""The outbox's rows: what is due and to whom, in few statements, and who may settle what."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from digest_builders import TONIGHT
from sending_office import NOON, SendingOffice

from xiaohao.ledger import asked, outbox, outbox_chain, parked, sendings
from xiaohao.ledger.outbox import LEASE, Lease, NewNotice, Settled
from xiaohao.ledger.writing import Writing
from xiaohao.vocabulary import Action, Channel, NoticeState

WEBHOOK, FILE, MAIL = Channel.WEBHOOK, Channel.FILE, Channel.MAIL
UNTIL = NOON + LEASE


@pytest.fixture
def office(engine: sa.Engine, tmp_path: Path) -> SendingOffice:
    return SendingOffice(engine, tmp_path)


@pytest.fixture
def w(office: SendingOffice) -> Iterator[Writing]:
    """A transaction on an outbox with six notices for the webhook."""
    office.has(6, channel=WEBHOOK)
    with office.ledger.writing(Action.TELL, by="x", on=TONIGHT) as w:
        yield w


def leased(w: Writing, count: int) -> list[int]:
    """The first notices, leased until UNTIL."""
    ids = [each.id for each in outbox.due(w, WEBHOOK, now=NOON, limit=count)]
    outbox.lease(w, [Lease(each, NoticeState.LEASED, UNTIL, 1, "body", None, None) for each in ids])
    return ids


def test_what_is_due_comes_oldest_first_and_never_from_another_channel(w: Writing) -> None:
    assert [each.dedupe_key for each in outbox.due(w, WEBHOOK, now=NOON, limit=4)] == [
        "digest:0",
        "digest:1",
        "digest:2",
        "digest:3",
    ]
    assert outbox.due(w, FILE, now=NOON, limit=4) == []


def test_a_leased_notice_is_due_again_when_its_lease_is_over(w: Writing) -> None:
    leased(w, 6)
    assert outbox.due(w, WEBHOOK, now=UNTIL, limit=9) == []
    again = outbox.due(w, WEBHOOK, now=UNTIL + timedelta(seconds=1), limit=9)
    assert len(again) == 6
    assert all(each.is_unsure and each.resting_state is NoticeState.UNCERTAIN for each in again)


def test_only_who_holds_the_lease_may_settle(w: Writing) -> None:
    first, second, *_ = leased(w, 6)
    late = UNTIL - timedelta(minutes=1)
    results = [
        Settled(first, UNTIL, NoticeState.DELIVERED, "", 1, accepted_at=NOON, delivered_at=NOON),
        Settled(second, late, NoticeState.DELIVERED, "", 1, accepted_at=NOON, delivered_at=NOON),
    ]
    assert outbox.settle(w, results) == {first}
    assert outbox.settle(w, results) == set(), "nor twice"


def test_many_notices_cost_as_many_statements_as_one(office: SendingOffice) -> None:
    office.has(300, channel=WEBHOOK)
    counted = []
    for count in (1, 200):
        with office.ledger.writing(Action.TELL, by="x", on=TONIGHT) as w:
            asked_for: list[str] = []
            sa.event.listen(
                w.conn.engine,
                "before_cursor_execute",
                lambda _c, _k, text, *_, into=asked_for: into.append(text),
            )
            ids = leased(w, count)
            done = [
                Settled(each, UNTIL, NoticeState.DELIVERED, "", 1, accepted_at=NOON, delivered_at=NOON)
                for each in ids
            ]
            assert len(outbox.settle(w, done)) == count
            counted.append(len(asked_for))
    assert counted[0] <= 10
    assert counted[1] <= 2 * counted[0]


def test_what_another_sender_is_looking_at_is_passed_over(postgres_engine: sa.Engine, tmp_path: Path) -> None:
    """FOR UPDATE SKIP LOCKED; SQLite has one writer."""
    office = SendingOffice(postgres_engine, tmp_path)
    office.has(6, channel=WEBHOOK)
    with office.ledger.writing(Action.TELL, by="x", on=TONIGHT) as first:
        taken = [each.id for each in outbox.due(first, WEBHOOK, now=NOON, limit=4)]
        with office.ledger.writing(Action.TELL, by="x", on=TONIGHT) as second:
            left = [each.id for each in outbox.due(second, WEBHOOK, now=NOON, limit=4)]
    assert (len(taken), len(left)) == (4, 2)
    assert not set(taken) & set(left)


def test_a_notice_of_a_key_that_is_there_is_not_written_again(w: Writing) -> None:
    new = NewNotice("digest:0", 1, "李明", FILE, "digest", "{}")
    [number] = outbox.add(w, [new], now=NOON, held=False)
    assert [each.id for each in outbox.due(w, WEBHOOK, now=NOON, limit=1)] == [number]
    assert outbox.due(w, FILE, now=NOON, limit=1) == []


def test_everything_that_was_tried_is_found_back_to_the_first(w: Writing) -> None:
    [first] = [each.id for each in outbox.due(w, WEBHOOK, now=NOON, limit=1)]
    mail = NewNotice("a", 1, "李明", MAIL, "digest", "{}", instead_of=first)
    [second] = outbox.add(w, [mail], now=NOON, held=False)
    above = NewNotice("b", 2, "王芳", FILE, "digest", "{}", instead_of=second)
    [third] = outbox.add(w, [above], now=NOON, held=False)
    assert outbox_chain.tried(w, [third, first]) == {
        third: {1: {WEBHOOK, MAIL}, 2: {FILE}},
        first: {1: {WEBHOOK}},
    }


def test_one_process_has_the_next_probe_of_a_parked_channel(w: Writing) -> None:
    parked.park(w, WEBHOOK, code="401", why="签名不对", now=NOON, probe_at=NOON)
    longest = timedelta(hours=3)
    assert parked.probing(w, WEBHOOK, now=NOON, until=UNTIL, longest=longest)
    assert not parked.probing(w, WEBHOOK, now=NOON, until=UNTIL, longest=longest)
    earlier = UNTIL - longest - timedelta(seconds=1)
    assert parked.probing(w, WEBHOOK, now=earlier, until=UNTIL, longest=longest), (
        "set by a clock that was ahead"
    )
    parked.park(w, WEBHOOK, code="403", why="没有权限", now=UNTIL, probe_at=UNTIL)
    [row] = parked.parked(w).values()
    assert (row.code, row.since, row.probes) == ("403", NOON, 1)
    assert parked.unpark(w, [WEBHOOK], TONIGHT) == 1
    assert parked.parked(w) == {}


def test_sends_are_counted_by_address_and_forgotten_when_no_limit_looks_back(w: Writing) -> None:
    here, there = (sendings.address_hash(MAIL, name) for name in ("a@example.org", "b@example.org"))
    sendings.add(w, MAIL, [here, here, there], at=NOON)
    sendings.add(w, WEBHOOK, [here], at=NOON)
    since = NOON - timedelta(seconds=1)
    assert sendings.to_addresses(w, MAIL, [here], since=since, until=NOON) == {here: [NOON, NOON]}
    assert sendings.to_addresses(w, MAIL, [here], since=since - timedelta(1), until=since) == {}
    assert sendings.of_channel(w, MAIL, since=since, until=NOON) == [NOON] * 3
    assert sendings.of_channel(w, MAIL, since=NOON, until=UNTIL) == []
    assert sendings.of_channel(w, MAIL, since=since - timedelta(1), until=since) == [], "sends of the future"
    sendings.sweep(w, now=NOON + timedelta(hours=2), longest=timedelta(hours=1))
    assert sendings.of_channel(w, MAIL, since=since, until=NOON) == []


def test_who_asks_first_puts_it_off_for_the_others(w: Writing) -> None:
    [number] = leased(w, 1)
    took = Settled(number, UNTIL, NoticeState.ACCEPTED, "task 1", 1, accepted_at=NOON, next_ask_at=NOON)
    outbox.settle(w, [took])
    [found] = asked.due(w, WEBHOOK, now=NOON, limit=9, again_at=UNTIL)
    assert (found.id, found.receipt, found.accepted_at) == (number, "task 1", NOON)
    assert asked.due(w, WEBHOOK, now=NOON, limit=9, again_at=UNTIL) == []
