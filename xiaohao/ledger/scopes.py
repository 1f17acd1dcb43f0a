"""What a bulk act works on: the whole district, or one subtree of units."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from xiaohao.ledger import units
from xiaohao.ledger.tables import PROBLEM
from xiaohao.ledger.writing import Reading
from xiaohao.vocabulary import Status


@dataclass(frozen=True)
class Scope:
    """A subtree by its path; "" is the whole district. `name` is what a run row calls it."""

    path: str = ""
    name: str = "all"

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
        return {"scope_from": self.path, "scope_until": self.path[:-1] + "0"}

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
