"""A small district on a database: six units, seven officials, and the acts that a test asks for.

Everything goes through the trail, so the ledger is the fold of it.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from notifiers.choose import ChannelSettings
from xiaohao.actions import closing, night, register, set_up
from xiaohao.actions.register import Registration
from xiaohao.ledger import bulk, new_problems, posts, problems, trail, units
from xiaohao.ledger.new_problems import NewProblem
from xiaohao.ledger.tables import DEPUTY, EVIDENCE, HOLDING, OFFICIAL, POST
from xiaohao.ledger.writing import Ledger, Writing
from xiaohao.rules.authority import Person
from xiaohao.vocabulary import (
    Action,
    Channel,
    Entered,
    EvidencePhase,
    RectificationClass,
    Role,
    UnitKind,
)

LONG_AGO = date(2020, 1, 1)
ROUTES = ChannelSettings(order=(Channel.FILE,), notices_folder=Path("notices"))
UNITS = (
    ("HL", "华龙区", UnitKind.DISTRICT, None),
    ("MK", "孟轲乡", UnitKind.TOWNSHIP, 1),
    ("YGC", "杨干城村", UnitKind.VILLAGE, 2),
    ("PD", "濮东街道", UnitKind.SUBDISTRICT, 1),
    ("JH", "静和苑社区", UnitKind.COMMUNITY, 4),
    ("JT", "区交通局", UnitKind.DEPARTMENT, 1),
)
OFFICIALS = ("李明", "王芳", "赵强", "陈静", "刘洋", "孙丽", "周涛")
HOLDINGS = (
    (1, 3, Role.SECRETARY, None),
    (2, 2, Role.LEADER, None),
    (3, 1, Role.SUPERVISOR, None),
    (4, 3, Role.CLERK, None),
    (5, 5, Role.SECRETARY, date(2023, 10, 31)),
    (6, 4, Role.LEADER, None),
)
"""Official, unit, role, last day: one post and one holding each, numbered from 1."""


class SmallDistrict:
    """A ledger with its units and people; `secretary`, `leader` and `supervisor` answer for 杨干城村."""

    def __init__(self, engine: sa.Engine) -> None:
        self.ledger = Ledger(engine)
        set_up.set_up(self.ledger)
        with self.ledger.writing(Action.UNIT, by="import", on=LONG_AGO) as w:
            units.add(w, [{"code": c, "name": n, "kind": k, "parent_id": p and -p} for c, n, k, p in UNITS])
        with self.ledger.writing(Action.OFFICIAL, by="import", on=LONG_AGO) as w:
            for number, name in enumerate(OFFICIALS, start=1):
                self._put(
                    w, OFFICIAL, {"id": number, "code": f"{100 + number}", "name": name, "active": True}
                )
                mobile = OFFICIAL.update().where(OFFICIAL.c.id == number)
                w.conn.execute(mobile.values(mobile=f"1990000{1000 + number}"))
            for number, (official, unit, role, until) in enumerate(HOLDINGS, start=1):
                self._put(w, POST, {"id": number, "unit_id": unit, "role": role})
                self.holds(w, number, number, official, until=until)

    def holds(
        self,
        w: Writing,
        number: int,
        post: int,
        official: int,
        *,
        since: date = LONG_AGO,
        until: date | None = None,
    ) -> None:
        row = {"id": number, "post_id": post, "official_id": official, "from_on": since, "until_on": until}
        self._put(w, HOLDING, row)

    def stands_in(self, holding: int, official: int, first: date, last: date) -> None:
        with self.ledger.writing(Action.POST, by="import", on=first) as w:
            row = {"holding_id": holding, "official_id": official, "from_on": first, "until_on": last}
            self._put(w, DEPUTY, {"id": 1, **row})

    def _put(self, w: Writing, table: sa.Table, row: dict[str, Any]) -> None:
        bulk.insert_rows(w.conn, table, [row])
        detail = trail.detail_of({"on": w.on, str(table.name): row})
        action = Action.OFFICIAL if table is OFFICIAL else Action.POST
        w.note(f"{table.name}:{row['id']}", 1, detail, action)

    def who(self, code: str, on: date) -> Person:
        with self.ledger.reading() as r:
            return posts.person(r, code, on)

    def secretary(self, on: date) -> Person:
        return self.who("101", on)

    def leader(self, on: date) -> Person:
        return self.who("102", on)

    def supervisor(self, on: date) -> Person:
        return self.who("103", on)

    def register(self, on: date, **entry: Any) -> str:
        """Enter a problem of 杨干城村, found and registered on the day; its number."""
        given = {
            "title": "村内道路破损",
            "unit": "杨干城村",
            "rectification_class": RectificationClass.IMMEDIATE,
            "found_on": on,
        }
        return register.register(self.ledger, Registration(**(given | entry)), by=self.supervisor(on), on=on)

    def imports(self, on: date, new: Sequence[NewProblem]) -> list[str]:
        with self.ledger.writing(Action.IMPORT, by="import", on=on, bulk="import") as w:
            return [row["number"] for row in new_problems.register_all(w, new)]

    def has_photo(self, number: str, on: date) -> None:
        with self.ledger.writing(Action.EVIDENCE, by=self.secretary(on), on=on) as w:
            case = problems.find(w, number, lock=True)
            row = {
                "position": case.next_position(EVIDENCE),
                "round": case.clock.round,
                "sha256": "a" * 64,
                "size": 20_480,
                "media_type": "image/jpeg",
                "name": "修补后.jpg",
                "phase": EvidencePhase.AFTER,
                "on": on,
                "by": w.person_id,
            }
            problems.write(w, [problems.Change(case, case.row, parts={str(EVIDENCE.name): [row]})])

    def applies(self, number: str, on: date) -> None:
        self.has_photo(number, on)
        closing.apply(self.ledger, number, by=self.secretary(on), on=on)

    def verifies(self, number: str, on: date) -> None:
        closing.verify(self.ledger, number, by=self.leader(on), on=on)

    def night(self, on: date) -> None:
        night.fire(self.ledger, on)
        night.compose(self.ledger, on, ROUTES)

    def nights(self, first: date, last: date) -> None:
        for n in range((last - first).days + 1):
            self.night(first + timedelta(n))


def imported(title: str, unit_id: int, found_on: date, **more: Any) -> NewProblem:
    """A row of an imported ledger."""
    given = {"rectification_class": RectificationClass.IMMEDIATE, "register_unit_id": 1}
    return NewProblem(Entered.IMPORT, title, unit_id, found_on=found_on, **(given | more))
