"""kill -9 while 1,000 notices go out: none is lost, and none is doubled but those that were under way (I8)."""

import multiprocessing
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess

import delivering
import pytest
import sqlalchemy as sa
from digest_builders import TONIGHT, digest_of, overdue
from loopback_receiver import Answer, Receiver, receiving

from models.facts import to_json
from xiaohao.actions import set_up
from xiaohao.actions.deliver_channel import AT_ONCE
from xiaohao.ledger import bulk, outbox
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.outbox import NewNotice
from xiaohao.ledger.tables import NOTICE, OFFICIAL
from xiaohao.ledger.writing import Ledger
from xiaohao.vocabulary import Action, Channel, NoticeState

MANY = 1_000
LONG_GONE = timedelta(hours=1)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    """A thousand people, each with a notice that may go out at any hour."""
    engine = open_engine(database_url)
    ledger = Ledger(engine)
    set_up.set_up(ledger)
    facts = to_json(digest_of(overdue(level=3)))
    numbers = range(1, MANY + 1)
    with ledger.writing(Action.TELL, by="nightly", on=TONIGHT) as w:
        people = [{"id": n, "code": f"P{n}", "name": f"第{n}人", "active": True} for n in numbers]
        bulk.insert_rows(w.conn, OFFICIAL, people)
        new = [NewNotice(f"digest:{n}", n, f"第{n}人", Channel.WEBHOOK, "digest", facts) for n in numbers]
        outbox.add(w, new, now=datetime.now(UTC), held=False)
    yield ledger
    engine.dispose()


@pytest.fixture(autouse=True)
def known_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that senders are forked from finds what it loads where this one does."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))


def begun(database_url: str, receiver: Receiver) -> BaseProcess:
    """A process that delivers; it is forked from one that has loaded everything."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["delivering"])
    process = context.Process(target=delivering.deliver_all, args=(database_url, receiver.url))
    process.start()
    return process


def leases_run_out(ledger: Ledger) -> set[str]:
    """Time goes by: the keys of what a dead process held, now free to be taken."""
    leased = NOTICE.c.state == NoticeState.LEASED
    with ledger.writing(Action.TELL, by="x", on=TONIGHT) as w:
        held = set(w.conn.execute(sa.select(NOTICE.c.dedupe_key).where(leased)).scalars())
        w.conn.execute(NOTICE.update().where(leased).values(lease_until=datetime.now(UTC) - LONG_GONE))
    return held


@dataclass(frozen=True)
class Outcome:
    """What came of it: how the last sender ended, what arrived whole by key, and with which bodies."""

    exit_code: int | None
    arrived: Counter[str]
    bodies: set[tuple[str, bytes]]
    unsure: set[str]
    """The keys that a sender held when it was killed."""


def killed_again_and_again(ledger: Ledger, database_url: str, kills: int) -> Outcome:
    """Kill as many senders at random points of their work, let one finish, and look at what arrived."""
    dice = random.Random(kills)
    unsure: set[str] = set()
    done = 0
    with receiving(Answer(204, slow=0.01)) as receiver:
        for left in range(kills, 0, -1):
            process = begun(database_url, receiver)
            before, part = len(receiver.requests), (MANY - done) / (left + 1)
            until = before + dice.uniform(0.2, 1.8) * part
            while len(receiver.requests) < until and process.is_alive():
                time.sleep(0.005)
            process.kill()
            process.join()
            time.sleep(0.1)  # what is still on the wire arrives
            unsure |= leases_run_out(ledger)
            done = MANY - unfinished(ledger)
        last = begun(database_url, receiver)
        last.join(120)
        whole = [each for each in receiver.requests if len(each.body) == int(each.headers["Content-Length"])]
    arrived = Counter(request.headers["Idempotency-Key"] for request in whole)
    bodies = {(request.headers["Idempotency-Key"], request.body) for request in whole}
    return Outcome(last.exitcode, arrived, bodies, unsure)


def unfinished(ledger: Ledger) -> int:
    with ledger.reading() as r:
        return sum(count for state, count in outbox.counts(r).items() if state is not NoticeState.DELIVERED)


@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.long)])
def test_kills_lose_nothing_and_double_only_what_was_under_way(
    ledger: Ledger, database_url: str, kills: int
) -> None:
    came = killed_again_and_again(ledger, database_url, kills)
    doubled = {key for key, count in came.arrived.items() if count > 1}
    print(f"{kills} kills: {len(doubled)} of {MANY} notices doubled, {len(came.unsure)} were under way")
    assert came.exit_code == 0
    with ledger.reading() as r:
        assert dict(outbox.counts(r)) == {NoticeState.DELIVERED: MANY}
    assert len(came.arrived) == MANY, "none is lost"
    assert doubled <= came.unsure, "doubled only where the sender died between sending and committing"
    assert len(came.bodies) == MANY, "and byte for byte the same"


def test_a_pass_that_is_interrupted_writes_what_it_knows(ledger: Ledger, database_url: str) -> None:
    """Ctrl-C: only what was on the wire at that moment stays unsure."""
    answered = 10
    with receiving(*[Answer(204)] * answered, Answer(204, slow=30)) as receiver:
        process = begun(database_url, receiver)
        while (
            len(receiver.requests) < answered + AT_ONCE
        ):  # the last one is sent when all ten answers are back
            time.sleep(0.001)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGINT)
        process.join(60)
    assert unfinished(ledger) == MANY - answered
