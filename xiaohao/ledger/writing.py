"""The ledger's two doors: `reading` and `writing`, one transaction each, the second sealed by the trail."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date

import sqlalchemy as sa

from xiaohao.ledger import connect, dialect, policy_rows, trail
from xiaohao.ledger.trail import Entry
from xiaohao.rules.authority import Person
from xiaohao.rules.clock import Rules
from xiaohao.rules.policy import Policy
from xiaohao.rules.workdays import Workdays
from xiaohao.vocabulary import Action

ACT_WAIT_SECONDS = 15
BULK_WAIT_SECONDS = 60
BULK = "bulk"
"""The lock that acts on many problems take: whole, or shared by the scopes of a night."""


class Reading:
    """One transaction that only reads."""

    def __init__(self, ledger: "Ledger", conn: sa.Connection) -> None:
        self.ledger = ledger
        self.conn = conn

    def policy(self, policy_id: int) -> Policy:
        """A version of the policy, by its row's id."""
        return self.ledger.policy(self.conn, policy_id)

    def workdays(self, version: int) -> Workdays:
        """A version of the calendar."""
        return self.ledger.workdays(self.conn, version)

    def rules(self, policy_id: int, version: int) -> Rules:
        """A policy and a calendar together."""
        return Rules(self.policy(policy_id), self.workdays(version))

    def current_rules(self) -> Rules:
        """The newest policy and calendar: what a clock that begins now goes by."""
        return self.rules(policy_rows.newest_policy(self.conn), policy_rows.newest_calendar(self.conn))

    def is_locked(self, bulk: str) -> bool:
        """Whether a bulk act holds the lock of this name at the moment."""
        return dialect.is_bulk_locked(self.conn, bulk)


class Writing(Reading):
    """One transaction that changes the ledger. `on` is the day that it counts for."""

    def __init__(
        self, ledger: "Ledger", conn: sa.Connection, action: Action, by: Person | str, on: date
    ) -> None:
        super().__init__(ledger, conn)
        self.action = action
        self.by = by
        self.on = on
        self.run_id: int | None = None
        self._entries: list[Entry] = []

    @property
    def person(self) -> Person:
        """The official who acts. Raises TypeError where a flow does."""
        if isinstance(self.by, str):
            raise TypeError(f"{self.by} is no person")
        return self.by

    @property
    def person_id(self) -> int | None:
        """The acting official's id, None for a flow."""
        return None if isinstance(self.by, str) else self.by.id

    @property
    def actor(self) -> str:
        """As the trail writes it."""
        return f"system:{self.by}" if isinstance(self.by, str) else self.by.actor

    def note(self, subject: str, version: int, detail: bytes, action: Action | None = None) -> None:
        """Buffer one trail entry; all are sealed when the transaction ends."""
        self._entries.append(Entry(subject, version, (action or self.action).value, detail))

    @property
    def noted(self) -> int:
        """How many entries wait to be sealed."""
        return len(self._entries)

    def new_ids(self, table: str, count: int) -> range:
        """`count` fresh ids of a table, without gaps; held for this transaction."""
        dialect.take_bulk_lock(self.conn, f"ids:{table}")
        last = int(self.conn.execute(sa.text(f"SELECT coalesce(max(id), 0) FROM {table}")).scalar_one())
        return range(last + 1, last + 1 + count)

    def seal(self) -> None:
        """Write the buffered entries; called once, at the end."""
        run = "" if self.run_id is None else str(self.run_id)
        trail.seal(self.conn, self._entries, actor=self.actor, run=run)
        self._entries = []


class Ledger:
    """The one door to the database; policies and calendars are read once, since their rows never change.

    `prefect_run` is the id of the Prefect flow run that it was opened for: run rows written meanwhile bear it.
    `runs` are the ids of the run rows whose work was committed through it, in order.
    """

    def __init__(self, engine: sa.Engine, *, prefect_run: str | None = None) -> None:
        self.engine = engine
        self.prefect_run = prefect_run
        self.runs: list[int] = []
        self._policies: dict[int, Policy] = {}
        self._calendars: dict[int, Workdays] = {}

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """A transaction that only reads. Raises LedgerUnreachable."""
        with connect.reading(self.engine) as conn:
            yield Reading(self, conn)

    @contextmanager
    def writing(
        self,
        action: Action,
        *,
        by: Person | str,
        on: date,
        bulk: str | None = None,
        begins_clock: bool = False,
    ) -> Iterator[Writing]:
        """A transaction that writes all or nothing, with a trail entry for each row it changes.

        `by` is a person, or the name of a flow or command. `bulk` names the lock of an act on
        many rows: BULK keeps every other such act out, any other name only its like, beside
        others. An act that begins a clock shares the lock, so that no policy or calendar is
        put in force meanwhile. Raises LedgerBusy where another writer does not finish in time.
        """
        wait = ACT_WAIT_SECONDS if bulk is None else BULK_WAIT_SECONDS
        with (
            _no_collecting() if bulk else nullcontext(),
            connect.writing_connection(self.engine, wait_seconds=wait) as conn,
        ):
            if bulk is not None or begins_clock:
                dialect.take_bulk_lock(conn, BULK, shared=bulk != BULK)
            if bulk not in (None, BULK):
                dialect.take_bulk_lock(conn, str(bulk))
            w = Writing(self, conn, action, by, on)
            yield w
            w.seal()
        if w.run_id is not None and w.run_id not in self.runs:
            self.runs.append(w.run_id)

    @contextmanager
    def quiet_writing(self) -> Iterator[sa.Connection]:
        """A transaction for what the trail does not carry: checkpoints, leases, receipts, runs."""
        with connect.writing_connection(self.engine, wait_seconds=BULK_WAIT_SECONDS) as conn:
            yield conn

    def policy(self, conn: sa.Connection, policy_id: int) -> Policy:
        """A version of the policy, read once."""
        if policy_id not in self._policies:
            self._policies[policy_id] = policy_rows.policy(conn, policy_id)
        return self._policies[policy_id]

    def workdays(self, conn: sa.Connection, version: int) -> Workdays:
        """A version of the calendar, read once."""
        if version not in self._calendars:
            self._calendars[version] = policy_rows.workdays(conn, version)
        return self._calendars[version]


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Keep the cycle collector out of a bulk act: it walks a hundred thousand rows again and again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
