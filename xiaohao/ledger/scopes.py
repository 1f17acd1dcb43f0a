"""What a bulk act works on: the whole district, one subtree of units, or one unit alone."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from xiaohao.ledger import units
from xiaohao.ledger.tables import PROBLEM
from xiaohao.ledger.writing import Reading
from xiaohao.vocabulary import Status


@dataclass(frozen=True)
class Scope:
    """A subtree by its path; "" is the whole district. `name` is what a run row calls it.

    `alone` keeps to the unit of the path itself, without the units below it.
    """

    path: str = ""
    name: str = "all"
    alone: bool = False

    def condition(self, column: str) -> str:
        """SQL that keeps the rows whose unit lies in the scope: an index range of paths."""
        if not self.path:
            return ""
        return f" AND {column} IN (SELECT id FROM unit WHERE path >= :scope_from AND path < :scope_until)"

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of `condition`."""
        if not self.path:
            return {}
        after = self.path + "0" if self.alone else self.path[:-1] + "0"  # "0" comes right after "/"
        return {"scope_from": self.path, "scope_until": after}

    def narrowed(self, chosen: sa.Select[Any]) -> sa.Select[Any]:
        """A selection of problems, kept to the scope."""
        if not self.path:
            return chosen
        condition = self.condition("problem.unit_id").removeprefix(" AND ")
        return chosen.where(sa.text(condition).bindparams(**self.parameters))


WHOLE = Scope()
OPEN = (Status.REGISTERED, Status.RECTIFYING, Status.SUSPENDED, Status.APPLIED, Status.VERIFIED)


def open_problems(scope: Scope, *, after: int, limit: int) -> sa.Select[Any]:
    """Ids of the scope's open problems above the id `after`, in order, at most `limit`."""
    chosen = sa.select(PROBLEM.c.id).where(PROBLEM.c.status.in_(OPEN), PROBLEM.c.id > after)
    return scope.narrowed(chosen).order_by(PROBLEM.c.id).limit(limit)


def subtree(r: Reading, unit: str) -> Scope:
    """The scope of a unit, by its code or full name. Raises NotFound, also where a name is not unique."""
    found = units.by_word(r, unit)
    return Scope(found.path, found.code)


def by_subtree(r: Reading) -> tuple[Scope, ...]:
    """The whole district in parts: each subtree directly under it, and what is the district's own.

    Every unit lies in exactly one of them. Without any unit it is WHOLE.
    """
    parts = []
    for row in units.all_units(r):
        depth = row.path.count("/") - 1
        if depth <= 2:
            parts.append(Scope(row.path, row.code, alone=depth == 1))
    return tuple(parts) or (WHOLE,)
