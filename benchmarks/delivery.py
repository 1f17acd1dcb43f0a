"""`python -m benchmarks.delivery [notices]`: notices a second through a receiver that takes 50 ms for each.

In one run: one by one with httpx, one by one with Apprise, a bare pooled client with 20 at once, and the
outbox, its claims and commits included, on SQLite. The aim is 12 times the first. The receiver is a process
of its own; everything stays on loopback.
"""

import asyncio
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from multiprocessing.connection import Connection
from pathlib import Path

import httpx

from benchmarks.ledgers import open_ledger
from models.facts import DigestFacts, DigestItem, to_json
from notifiers import digest
from notifiers.choose import ChannelSettings
from notifiers.webhook import body_of
from xiaohao.actions.deliver import deliver
from xiaohao.ledger import bulk, outbox
from xiaohao.ledger.outbox import NewNotice
from xiaohao.ledger.tables import OFFICIAL
from xiaohao.ledger.writing import Ledger
from xiaohao.rules.delivery import DeliveryRules
from xiaohao.vocabulary import (
    Action,
    Channel,
    Light,
    NoticeState,
    RectificationClass,
    Role,
    StepKind,
)

NOTICES, SEQUENTIAL, LATENCY, AT_ONCE = 2_000, 100, 0.05, 20
NIGHT = date(2026, 11, 24)
FACTS = DigestFacts(
    business_date=NIGHT,
    recipient="王建国",
    recipient_code="G0007",
    roles=(Role.SECRETARY,),
    unit="四季花城社区",
    items=tuple(
        DigestItem(
            number=f"HL-2026-000{n}",
            title="小区东门道路破损",
            unit="四季花城社区",
            kind=StepKind.ESCALATION,
            rectification_class=RectificationClass.IMMEDIATE,
            light=Light.RED,
            level=3,
            repeat=0,
            due_on=date(2026, 11, 10),
            days_overdue=14,
            crossed_on=NIGHT,
        )
        for n in range(1, 4)
    ),
)


def receive(ready: Connection) -> None:
    """Answer every POST with 204 after 50 ms."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    int(line.split(b":")[1])
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length:")
                )
                await reader.readexactly(length)
                await asyncio.sleep(LATENCY)
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=256)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


@contextmanager
def receiver() -> Iterator[str]:
    """The address of a running receiver."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=receive, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}/hook"
    finally:
        process.terminate()
        process.join()


def one_by_one(url: str, count: int) -> None:
    """A pooled client that waits for each answer."""
    body = body_of(digest.message(FACTS), key="k")
    with httpx.Client(trust_env=False) as client:
        for _ in range(count):
            client.post(url, content=body).raise_for_status()


def with_apprise(url: str, count: int) -> None:
    """Apprise's JSON notifications, as its users send them."""
    import apprise

    there = apprise.Apprise()
    there.add(url.replace("http://", "json://"))
    said = digest.message(FACTS)
    for _ in range(count):
        if not there.notify(title=said.subject, body=said.text):
            raise RuntimeError("Apprise could not send")


def bare(url: str, count: int) -> None:
    """A pooled async client with 20 at once, and nothing else."""
    body = body_of(digest.message(FACTS), key="k")

    async def all_of_them() -> None:
        gate = asyncio.Semaphore(AT_ONCE)
        limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
        async with httpx.AsyncClient(limits=limits, trust_env=False) as client:

            async def one() -> None:
                async with gate:
                    (await client.post(url, content=body)).raise_for_status()

            await asyncio.gather(*(one() for _ in range(count)))

    asyncio.run(all_of_them())


def filled(folder: Path, count: int) -> Ledger:
    """A ledger with so many people and a notice for each."""
    ledger = open_ledger(f"sqlite:///{folder / 'ledger.db'}")
    numbers = range(10_001, 10_001 + count)
    facts = to_json(FACTS)
    with ledger.writing(Action.TELL, by="nightly", on=NIGHT) as w:
        people = [{"id": n, "code": f"P{n}", "name": f"第{n}人", "active": True} for n in numbers]
        bulk.insert_rows(w.conn, OFFICIAL, people)
        new = [NewNotice(f"digest:{n}", n, f"第{n}人", Channel.WEBHOOK, "digest", facts) for n in numbers]
        outbox.add(w, new, now=datetime.now(UTC), held=False)
    return ledger


def through_the_outbox(ledger: Ledger, url: str, count: int) -> None:
    """One pass: every notice is leased, its body kept, sent, and settled."""
    settings = ChannelSettings(
        order=(Channel.WEBHOOK,), notices_folder=Path("notices"), webhook_url=url, webhook_secret="s"
    )
    sent = deliver(ledger, NIGHT, settings, DeliveryRules())
    if sent.counts != {NoticeState.DELIVERED: count}:
        raise RuntimeError(f"not all went out: {sent}")


def timed(work: Callable[[], None], count: int) -> float:
    """Notices a second."""
    began = time.perf_counter()
    work()
    return count / (time.perf_counter() - began)


def main(many: int = NOTICES) -> None:
    """Print a line for each way, and how many times the first it is."""
    with tempfile.TemporaryDirectory() as folder, receiver() as url:
        ledger = filled(Path(folder), many)
        rates = {
            "one by one, httpx": timed(lambda: one_by_one(url, SEQUENTIAL), SEQUENTIAL),
            "one by one, Apprise": timed(lambda: with_apprise(url, SEQUENTIAL), SEQUENTIAL),
            "bare pooled client, 20 at once": timed(lambda: bare(url, many), many),
            "the outbox, commits included": timed(lambda: through_the_outbox(ledger, url, many), many),
        }
        ledger.engine.dispose()
    first = next(iter(rates.values()))
    for name, rate in rates.items():
        print(f"{name:32} {rate:8.1f}/s  {rate / first:5.1f} times")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
