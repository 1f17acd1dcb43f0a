"""Residents who raised a problem: personal data, never in the trail."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from xiaohao.ledger import bulk
from xiaohao.ledger.tables import RESIDENT
from xiaohao.ledger.writing import Reading, Writing


@dataclass(frozen=True)
class Resident:
    """Who raised a problem, as the file names him; "" where it does not."""

    name: str
    phone: str

    def __bool__(self) -> bool:
        return bool(self.name or self.phone)


NOBODY = Resident("", "")


def first_of(r: Reading, problem_ids: sa.Select[Any]) -> Mapping[int, Resident]:
    """The first resident of each chosen problem that has one."""
    query = sa.select(RESIDENT.c.problem_id, RESIDENT.c.name, RESIDENT.c.phone).where(
        RESIDENT.c.problem_id.in_(problem_ids), RESIDENT.c.position == 1
    )
    return {row.problem_id: Resident(row.name, row.phone or "") for row in r.conn.execute(query)}


def write(w: Writing, residents: Mapping[int, Resident]) -> None:
    """Set the first resident of each problem, by problem id."""
    rows = [
        {"problem_id": problem_id, "position": 1, "name": each.name, "phone": each.phone or None}
        for problem_id, each in residents.items()
        if each
    ]
    bulk.upsert_rows(w.conn, RESIDENT, ("problem_id", "position"), rows)
