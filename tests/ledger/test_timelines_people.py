"""The people's cases through a database: the ledger's own queries feed the ladder (47 to 54)."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from people_cases import PEOPLE, OrgCase
from timeline_cases import day

from xiaohao.ledger import posts, units
from xiaohao.ledger.tables import DEPUTY, HOLDING, OFFICIAL, POST
from xiaohao.ledger.writing import Ledger
from xiaohao.vocabulary import Action, Role, UnitKind


@pytest.mark.parametrize("case", PEOPLE, ids=[case["id"] for case in PEOPLE])
def test_timeline_people_through_a_database(case: dict[str, Any], engine: sa.Engine) -> None:
    """Each question has the reference's answer."""
    told = OrgCase(case)
    ledger = Ledger(engine)
    enter(ledger, told)
    with ledger.reading() as r:
        told.check(posts.org(r))


def enter(ledger: Ledger, case: OrgCase) -> None:
    org = case.org
    with ledger.writing(Action.UNIT, by="import", on=date(2000, 1, 1)) as w:
        rows = [
            {
                "code": row["code"],
                "name": row["code"],
                "kind": UnitKind(row["kind"]),
                "parent_id": row["parent"] and -case.units[row["parent"]],
            }
            for row in case.units_in_order
        ]
        units.add(w, rows)
        for row in org["officials"]:
            official = {"id": case.officials[row["code"]], "code": row["code"], "name": row["code"]}
            w.conn.execute(OFFICIAL.insert().values(**official, active=row["active"]))
        places: dict[tuple[str, str], int] = {}
        for row in org["posts"]:
            place = (row["unit"], row["role"])
            if place not in places:
                places[place] = len(places) + 1
                post = {"id": places[place], "unit_id": case.units[row["unit"]], "role": Role(row["role"])}
                w.conn.execute(POST.insert().values(post))
            held = {"from_on": day(row["from"]), "until_on": day(row["until"])}
            who = {"post_id": places[place], "official_id": case.officials[row["official"]]}
            w.conn.execute(HOLDING.insert().values(id=row["id"], **who, **held))
        for number, row in enumerate(org["deputies"], start=1):
            days = {"from_on": day(row["from"]), "until_on": day(row["until"])}
            who = {"holding_id": row["post"], "official_id": case.officials[row["official"]]}
            w.conn.execute(DEPUTY.insert().values(id=number, **who, **days))
