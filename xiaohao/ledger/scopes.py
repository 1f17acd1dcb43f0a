"""What a bulk act works on: the whole district, subtrees of units, or one unit alone."""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

import sqlalchemy as sa

from models.problem import OPEN as OPEN_PROBLEM
from xiaohao.ledger import units
from xiaohao.ledger.tables import PROBLEM, UNIT
from xiaohao.ledger.writing import Reading
from xiaohao.vocabulary import Status

ALONE = "."
"""What follows the path of a unit without the units below it, where a scope is written as text."""


@dataclass(frozen=True)
class Scope:
    """A subtree by its path; "" is the whole district. `name` is what a run row calls it.

    `alone` keeps to the unit of the path itself, without the units below it. `also` are further
    subtrees that go with it.
    """

    path: str = ""
    name: str = "all"
    alone: bool = False
    also: tuple["Scope", ...] = ()

    @classmethod
    def of(cls, parts: Sequence["Scope"], name: str) -> Self:
        """Several subtrees as one scope; at least one."""
        first, *others = parts
        return cls(first.path, name, first.alone, tuple(others))

    @classmethod
    def read(cls, text: str, name: str) -> Self:
        """The scope that `text` wrote. Raises ValueError where it is none."""
        parts = []
        for word in text.split():
            path = word.removesuffix(ALONE)
            if not _is_path(path):
                raise ValueError(f"{word!r} is no path of a unit")
            parts.append(Scope(path, alone=word != path))
        return cls.of(parts or [WHOLE], name)

    @property
    def text(self) -> str:
        """The scope without its name, for `read`: "/1/2/ /1/5/", with a dot after a unit alone."""
        return " ".join(part.path + ALONE * part.alone for part in self._parts if part.path)

    @property
    def _parts(self) -> tuple["Scope", ...]:
        return (self, *self.also)

    def condition(self, column: str) -> str:
        """SQL that keeps the rows whose unit lies in the scope: an index range of paths for each subtree."""
        if not self.path:
            return ""
        ranges = " OR ".join(
            f"path >= :scope_from_{n} AND path < :scope_until_{n}" for n in range(len(self._parts))
        )
        return f" AND {column} IN (SELECT id FROM unit WHERE {ranges})"

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of `condition`."""
        given: dict[str, Any] = {}
        for n, part in enumerate(self._parts if self.path else ()):
            after = part.path + "0" if part.alone else part.path[:-1] + "0"  # "0" comes right after "/"
            given |= {f"scope_from_{n}": part.path, f"scope_until_{n}": after}
        return given

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


def count_open(r: Reading, scope: Scope) -> int:
    """How many problems of the scope are open; for the whole district from an index alone."""
    counting = scope.narrowed(sa.select(sa.func.count()).select_from(PROBLEM).where(sa.text(OPEN_PROBLEM)))
    return int(r.conn.execute(counting).scalar_one())


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


def grouped(r: Reading, count: int, on: date) -> tuple[Scope, ...]:
    """The whole district in at most `count` parts, each some of its subtrees, with about as many due timers.

    Every unit lies in exactly one of them. The names say which of how many: "1/4". How the
    subtrees are dealt out may differ from run to run: what is due decides what fires, not the scope.
    """
    parts = by_subtree(r)
    if count <= 1 or parts == (WHOLE,):
        return (WHOLE,)
    weights = _due_by_part(r, parts, on)
    groups: list[list[Scope]] = [[] for _ in range(min(count, len(parts)))]
    lightest = [(0, n) for n in range(len(groups))]
    for part in sorted(parts, key=lambda each: (-weights[each.path], each.path)):
        weight, n = heapq.heappop(lightest)
        groups[n].append(part)
        heapq.heappush(lightest, (weight + weights[part.path] + 1, n))
    return tuple(Scope.of(group, f"{n}/{len(groups)}") for n, group in enumerate(groups, start=1))


def _due_by_part(r: Reading, parts: Iterable[Scope], on: date) -> dict[str, int]:
    """How many timers are due in each part, by its path: through the index of the timers, as the night reads."""
    query = (
        sa.select(UNIT.c.path, sa.func.count())
        .join(PROBLEM, PROBLEM.c.unit_id == UNIT.c.id)
        .where(PROBLEM.c.next_event_on.is_not(None), PROBLEM.c.next_event_on <= on)
        .group_by(UNIT.c.path)
    )
    counts = {part.path: 0 for part in parts}
    for path, count in r.conn.execute(query):
        top = "/".join(path.split("/")[:3]) + "/"
        counts[top if top in counts else path] += count
    return counts


def _is_path(text: str) -> bool:
    return (
        len(text) > 2
        and text[0] == text[-1] == "/"
        and all(part.isascii() and part.isdecimal() for part in text[1:-1].split("/"))
    )
