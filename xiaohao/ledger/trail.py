"""The trail: entries are buffered while an act writes, and sealed as leaves at its end. DESIGN section 6."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import NoneType
from typing import Any, NamedTuple

import sqlalchemy as sa

from xiaohao.ledger import dialect
from xiaohao.proof import leaf as leaves
from xiaohao.proof.merkle import Frontier

SALT_BYTES = 16
PLAIN = frozenset({str, int, bool, NoneType})
MANY = 1_000
"""From so many entries on they are made ready before the head is locked; SQLite has one writer anyway."""
READY_COLUMNS = (
    "place BIGINT, at TEXT, actor TEXT, action TEXT, subject TEXT, version INTEGER, run TEXT, detail TEXT, "
    "salt BYTEA, leaf BYTEA"
)
COLUMNS = ("seq", "at", "actor", "action", "subject", "version", "run", "detail", "salt", "leaf")


class Entry(NamedTuple):
    """One change of one subject, not yet sealed. `detail` is canonical JSON."""

    subject: str
    version: int
    action: str
    detail: bytes


@dataclass(frozen=True)
class Head:
    """The tree's size and root."""

    size: int
    root: str


class Checkpoint(NamedTuple):
    """A checkpoint by its row."""

    id: int
    head: Head


def plain(value: Any) -> Any:
    """A value as a detail holds it: dates as ISO text, words as their code."""
    if type(value) in PLAIN:
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (dict, Mapping)):
        return {str(key): plain(item) for key, item in value.items()}
    return value


def detail_of(content: Mapping[str, Any]) -> bytes:
    """The canonical bytes of a detail; empty parts are left out."""
    return leaves.canonical(
        {str(key): plain(part) for key, part in content.items() if part not in (None, "", [], {})}
    )


def instant() -> str:
    """Now, as the trail writes it: UTC with milliseconds and Z."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seal(conn: sa.Connection, entries: Sequence[Entry], *, actor: str, run: str) -> None:
    """Append the entries in their order. Locks the head row last and holds it until commit.

    The index of an entry is `seq`, from 0, without gaps. What does not hang on it is done before
    the lock: salts, leaves, and the way of many rows into the database. `at` is the instant of
    sealing: where many are sealed that is when they were made ready, so that it may lie before
    the `at` of an entry with a lower index that was sealed meanwhile.
    """
    if not entries:
        return
    many = len(entries) >= MANY and not dialect.is_sqlite(conn)
    if not many:
        size, frontier = _locked_head(conn)
    rows = _ready(entries, actor=actor, run=run)
    if many:
        dialect.create_temp_table(conn, "ready", READY_COLUMNS)
        dialect.fill(conn, "ready", ("place", *COLUMNS[1:]), rows)
        size, frontier = _locked_head(conn)
        listed = ", ".join(COLUMNS[1:])
        conn.exec_driver_sql(
            f"INSERT INTO trail (seq, {listed}) SELECT place + {int(size)}, {listed} FROM ready ORDER BY place"
        )
    else:
        dialect.fill(conn, "trail", COLUMNS, ((size + place, *rest) for place, *rest in rows))
    frontier.extend(row[-1] for row in rows)
    conn.execute(
        sa.text("UPDATE trail_head SET size = :size, frontier = :frontier WHERE id = 1"),
        {"size": frontier.size, "frontier": frontier.to_bytes()},
    )


def _ready(entries: Sequence[Entry], *, actor: str, run: str) -> list[tuple[Any, ...]]:
    """The entries as rows of the trail, with their place among themselves in the place of `seq`."""
    at = instant()
    salts = os.urandom(SALT_BYTES * len(entries))
    rows: list[tuple[Any, ...]] = []
    for place, (subject, version, action, detail) in enumerate(entries):
        salt = salts[place * SALT_BYTES : (place + 1) * SALT_BYTES]
        data = leaves.leaf_data(
            action=action,
            actor=actor,
            at=at,
            detail_hash=leaves.detail_hash(salt, detail),
            run=run,
            subject=subject,
            version=version,
        )
        leaf = leaves.leaf_hash(data)
        rows.append((place, at, actor, action, subject, version, run, detail.decode(), salt, leaf))
    return rows


def leaf_of(entry: Any) -> bytes:
    """The leaf of an entry's row, recomputed from all that it says; its detail must not be erased."""
    return leaves.leaf_hash(
        leaves.leaf_data(
            action=entry.action,
            actor=entry.actor,
            at=entry.at,
            detail_hash=leaves.detail_hash(bytes(entry.salt), entry.detail.encode()),
            run=entry.run,
            subject=entry.subject,
            version=entry.version,
        )
    )


def head(conn: sa.Connection) -> Head:
    """The size and root of the tree as it stands."""
    size, frontier = conn.execute(sa.text("SELECT size, frontier FROM trail_head WHERE id = 1")).one()
    return Head(size, Frontier.from_bytes(size, bytes(frontier)).root().hex())


def checkpoint(conn: sa.Connection) -> Head:
    """Write a `checkpoint` row where the tree has grown since the last one; the head either way."""
    now = head(conn)
    last = conn.execute(sa.text("SELECT max(tree_size) FROM checkpoint")).scalar()
    if now.size and now.size != last:
        values = {"tree_size": now.size, "root": bytes.fromhex(now.root), "at": instant()}
        conn.execute(
            sa.text(
                "INSERT INTO checkpoint (tree_size, root, at) VALUES (:tree_size, :root, :at) ON CONFLICT (tree_size) DO NOTHING"
            ),
            values,
        )
    return now


def last_checkpoint(conn: sa.Connection) -> Checkpoint | None:
    """The newest checkpoint that is written down; None before the first."""
    query = sa.text("SELECT id, tree_size, root FROM checkpoint ORDER BY tree_size DESC LIMIT 1")
    row = conn.execute(query).one_or_none()
    return None if row is None else Checkpoint(row.id, Head(row.tree_size, bytes(row.root).hex()))


def is_checkpointed(conn: sa.Connection, size: int) -> bool:
    """Whether a checkpoint of this tree size is written down."""
    query = sa.text("SELECT 1 FROM checkpoint WHERE tree_size = :size")
    return conn.execute(query, {"size": size}).scalar() is not None


def next_versions(conn: sa.Connection, subjects: Sequence[str]) -> Mapping[str, int]:
    """The version of the next entry of each subject, where these have no version column of their own."""
    query = sa.text("SELECT subject, max(version) + 1 FROM trail WHERE subject IN :subjects GROUP BY subject")
    found = conn.execute(
        query.bindparams(sa.bindparam("subjects", type_=sa.Text(), expanding=True)), {"subjects": subjects}
    )
    return {**dict.fromkeys(subjects, 1), **{row[0]: int(row[1]) for row in found}}


def _locked_head(conn: sa.Connection) -> tuple[int, Frontier]:
    lock = dialect.for_update(conn)
    row = conn.execute(sa.text(f"SELECT size, frontier FROM trail_head WHERE id = 1{lock}")).one()
    return row.size, Frontier.from_bytes(row.size, bytes(row.frontier))
