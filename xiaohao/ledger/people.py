"""People: officials, posts, holdings and deputies read whole, and new ones written by set."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from xiaohao.ledger import bulk, dialect, trail
from xiaohao.ledger.tables import DEPUTY, HOLDING, OFFICIAL, POST
from xiaohao.ledger.writing import Reading, Writing
from xiaohao.vocabulary import Action, Role


@dataclass(frozen=True)
class OfficialRow:
    """A person. A negative `id` is that of one who is still to be written."""

    id: int
    code: str
    name: str
    mobile: str | None


@dataclass(frozen=True)
class PostRow:
    """A role at a unit. A negative `id`, or unit, is still to be written."""

    id: int
    unit_id: int
    role: Role


@dataclass(frozen=True)
class HoldingRow:
    """Who holds a post from a day until a day, both inclusive; a negative id is still to be written."""

    id: int
    post_id: int
    official_id: int
    from_on: date
    until_on: date | None


@dataclass(frozen=True)
class DeputyRow:
    """Who stands in for a holder from a day until a day, both inclusive."""

    holding_id: int
    official_id: int
    from_on: date
    until_on: date


@dataclass(frozen=True)
class Roll:
    """All people and posts of the ledger."""

    officials: Sequence[OfficialRow]
    posts: Sequence[PostRow]
    holdings: Sequence[HoldingRow]
    deputies: frozenset[DeputyRow]


@dataclass
class NewPeople:
    """What is to be written. `ended` gives holdings their last day, `mobiles` officials their number."""

    officials: list[OfficialRow] = field(default_factory=list)
    posts: list[PostRow] = field(default_factory=list)
    holdings: list[HoldingRow] = field(default_factory=list)
    deputies: list[DeputyRow] = field(default_factory=list)
    ended: dict[int, date] = field(default_factory=dict)
    mobiles: dict[int, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(
            self.officials or self.posts or self.holdings or self.deputies or self.ended or self.mobiles
        )


def roll(r: Reading) -> Roll:
    """Everybody, in four statements."""
    officials = [OFFICIAL.c[name] for name in ("id", "code", "name", "mobile")]
    posts = [POST.c[name] for name in ("id", "unit_id", "role")]
    holdings = [HOLDING.c[name] for name in ("id", "post_id", "official_id", "from_on", "until_on")]
    deputies = [DEPUTY.c[name] for name in ("holding_id", "official_id", "from_on", "until_on")]
    return Roll(
        [OfficialRow(*row) for row in r.conn.execute(sa.select(*officials).order_by(OFFICIAL.c.id))],
        [PostRow(*row) for row in r.conn.execute(sa.select(*posts).order_by(POST.c.id))],
        [HoldingRow(*row) for row in r.conn.execute(sa.select(*holdings).order_by(HOLDING.c.id))],
        frozenset(DeputyRow(*row) for row in r.conn.execute(sa.select(*deputies))),
    )


def write(w: Writing, new: NewPeople, unit_ids: Mapping[int, int]) -> Mapping[int, int]:
    """Write new people and changes, with a trail entry each; telephone numbers are never in the trail.

    `unit_ids` gives the id of each unit that was still to be written when `new` was made; what comes back
    gives that of each official.
    """
    official_ids = _ids(w, "official", new.officials)
    post_ids = _ids(w, "post", new.posts)
    holding_ids = _ids(w, "holding", new.holdings)
    _add_officials(w, new.officials, official_ids)
    _add(
        w,
        POST,
        [
            {
                "id": post_ids[each.id],
                "unit_id": unit_ids.get(each.unit_id, each.unit_id),
                "role": each.role,
            }
            for each in new.posts
        ],
    )
    _end(w, new.ended)
    _add(
        w,
        HOLDING,
        [
            {
                "id": holding_ids[each.id],
                "post_id": post_ids.get(each.post_id, each.post_id),
                "official_id": official_ids.get(each.official_id, each.official_id),
                "from_on": each.from_on,
                "until_on": each.until_on,
            }
            for each in new.holdings
        ],
    )
    _add(
        w,
        DEPUTY,
        [
            {
                "id": deputy_id,
                "holding_id": holding_ids.get(each.holding_id, each.holding_id),
                "official_id": official_ids.get(each.official_id, each.official_id),
                "from_on": each.from_on,
                "until_on": each.until_on,
            }
            for deputy_id, each in zip(_fresh(w, "deputy", len(new.deputies)), new.deputies, strict=True)
        ],
    )
    bulk.update_rows(
        w.conn, OFFICIAL, ("id",), [{"id": id_, "mobile": mobile} for id_, mobile in new.mobiles.items()]
    )
    return official_ids


def _fresh(w: Writing, table: str, count: int) -> Sequence[int]:
    return w.new_ids(table, count) if count else ()


def _ids(w: Writing, table: str, rows: Sequence[OfficialRow | PostRow | HoldingRow]) -> dict[int, int]:
    return {row.id: id_ for row, id_ in zip(rows, _fresh(w, table, len(rows)), strict=True)}


def _add_officials(w: Writing, rows: Sequence[OfficialRow], ids: Mapping[int, int]) -> None:
    made: list[dict[str, Any]] = [{"id": ids[row.id], "code": row.code, "name": row.name} for row in rows]
    reached = [
        whole | {"mobile": row.mobile, "email": None, "active": True}
        for whole, row in zip(made, rows, strict=True)
    ]
    bulk.insert_rows(w.conn, OFFICIAL, reached)
    for row in made:
        w.note(f"official:{row['id']}", 1, trail.detail_of({"on": w.on, "official": row}), Action.OFFICIAL)


def _add(w: Writing, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    bulk.insert_rows(w.conn, table, rows)
    for row in rows:
        detail = trail.detail_of({"on": w.on, table.name: row})
        w.note(f"{table.name}:{row['id']}", 1, detail, Action.POST)


def _end(w: Writing, ended: Mapping[int, date]) -> None:
    rows = [{"id": holding_id, "until_on": until_on} for holding_id, until_on in ended.items()]
    bulk.update_rows(w.conn, HOLDING, ("id",), rows)
    versions = _next_versions(w, [f"holding:{row['id']}" for row in rows])
    for row in rows:
        subject = f"holding:{row['id']}"
        w.note(subject, versions[subject], trail.detail_of({"on": w.on, "holding": row}), Action.POST)


def _next_versions(w: Writing, subjects: Iterable[str]) -> dict[str, int]:
    """The version of the next entry of each subject, in one statement."""
    versions = dict.fromkeys(subjects, 1)
    if versions:
        dialect.create_temp_table(w.conn, "asked_subjects", "subject TEXT")
        dialect.fill(w.conn, "asked_subjects", ("subject",), [(each,) for each in versions])
        found = w.conn.exec_driver_sql(
            "SELECT trail.subject, max(trail.version) + 1 FROM asked_subjects"
            " JOIN trail ON trail.subject = asked_subjects.subject GROUP BY trail.subject"
        )
        versions |= {subject: int(version) for subject, version in found}
    return versions
