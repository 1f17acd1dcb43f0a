"""The parts of a district: every unit lies in exactly one."""

import sqlalchemy as sa
from small_district import SmallDistrict

from xiaohao.ledger import scopes
from xiaohao.ledger.scopes import WHOLE, Scope
from xiaohao.ledger.tables import UNIT
from xiaohao.ledger.writing import Ledger


def test_each_subtree_under_the_district_and_the_district_itself(engine: sa.Engine) -> None:
    ledger = SmallDistrict(engine).ledger
    with ledger.reading() as r:
        parts = scopes.by_subtree(r)
        there = {part.name: set(names(r.conn, part)) for part in parts}
    assert there == {
        "HL": {"华龙区"},
        "MK": {"孟轲乡", "杨干城村"},
        "PD": {"濮东街道", "静和苑社区"},
        "JT": {"区交通局"},
    }


def test_an_empty_district_is_one_part(engine: sa.Engine) -> None:
    with Ledger(engine).reading() as r:
        assert scopes.by_subtree(r) == (WHOLE,)


def names(conn: sa.Connection, scope: Scope) -> list[str]:
    """The units of a scope, as its condition chooses them."""
    condition = scope.condition("unit.id").removeprefix(" AND ")
    query = sa.select(UNIT.c.name).where(sa.text(condition).bindparams(**scope.parameters))
    return list(conn.execute(query).scalars())
