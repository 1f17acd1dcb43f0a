"""The titles that a unit's problems have, for whoever looks for one that was edited by hand."""

from collections.abc import Collection
from dataclasses import dataclass

from xiaohao.ledger import dialect
from xiaohao.ledger.writing import Reading


@dataclass(frozen=True, slots=True)
class KnownTitle:
    """A problem without a 编号, by its title."""

    id: int
    number: str
    register_unit_id: int
    unit_id: int
    title: str


_TITLES = (
    "SELECT problem.id, problem.number, problem.register_unit_id, problem.unit_id, problem.title"
    " FROM pairs CROSS JOIN problem WHERE problem.register_unit_id = pairs.register_id"
    " AND problem.unit_id = pairs.unit_id AND problem.external_number IS NULL"
    " AND problem.status <> 'cancelled' ORDER BY problem.id"
)
"""CROSS JOIN: SQLite keeps the order of the tables, so that it walks the index of identities."""


def of_units(r: Reading, pairs: Collection[tuple[int, int]]) -> list[KnownTitle]:
    """The problems without a 编号 of each register unit and unit, in one statement; cancelled ones left out."""
    if not pairs:
        return []
    dialect.create_temp_table(r.conn, "pairs", "register_id BIGINT, unit_id BIGINT")
    dialect.fill(r.conn, "pairs", ("register_id", "unit_id"), sorted(pairs))
    return [KnownTitle(*row) for row in r.conn.exec_driver_sql(_TITLES)]
