"""The one driver of the tests: a small district on a real database, spoken to in the words of the domain."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from builders import UNITS, ADeputy, APost, AProblem, FaultOf

from models.facts import DigestFacts, facts_from_json
from notifiers.choose import ChannelSettings
from xiaohao.actions import acting, closing, evidence, night, seal, set_up
from xiaohao.errors import XiaohaoError
from xiaohao.evidence_files import EvidenceFiles
from xiaohao.ledger import faults, new_problems, problems, trail, units
from xiaohao.ledger.new_problems import NewMeasure, NewProblem
from xiaohao.ledger.tables import (
    DEPUTY,
    HOLDING,
    NOTICE,
    OFFICIAL,
    POST,
    PROBLEM,
    TRAIL,
    WORKDAY,
)
from xiaohao.ledger.writing import Ledger, Writing
from xiaohao.rules.authority import Person
from xiaohao.vocabulary import Action, Channel, EvidencePhase, FaultKind, Role

FIRST_DAY = date(2020, 1, 1)
ROUTES = ChannelSettings(order=(Channel.FILE,), notices_folder=Path("notices"))


class District:
    """Units are there from the beginning; people and problems come with `has`."""

    def __init__(self, engine: sa.Engine, folder: Path) -> None:
        self.ledger = Ledger(engine)
        self.folder = folder
        self.files = EvidenceFiles(folder / "evidence")
        self.last_night: date | None = None
        self.photos = 0
        set_up.set_up(self.ledger)
        rows: list[dict[str, Any]] = []
        place = {code: -n for n, (code, *_) in enumerate(UNITS, start=1)}
        for code, name, kind, above in UNITS:
            parent = None if above is None else place[above]
            rows.append({"code": code, "name": name, "kind": kind, "parent_id": parent})
        with self.ledger.writing(Action.UNIT, by="import", on=FIRST_DAY) as w:
            units.add(w, rows)

    # what there is

    def has(self, *things: APost | ADeputy | AProblem) -> None:
        """Put posts, deputies and problems there, in the order given."""
        for thing in things:
            match thing:
                case APost():
                    self._post(thing)
                case ADeputy():
                    self._deputy(thing)
                case AProblem():
                    self._problem(thing)

    def has_evidence(self, number: str, *, by: str, on: str) -> None:
        """A fresh photo lies with the problem."""
        path = self.file(f"整改后{self.photos}.jpg", b"\xff\xd8\xff\xe0" + str(self.photos).encode())
        self.photos += 1
        evidence.add(
            self.ledger,
            self.files,
            number,
            path,
            phase=EvidencePhase.AFTER,
            by=self.who(by, on),
            on=date.fromisoformat(on),
        )

    def has_applied(self, number: str = "HL-1", *, by: str = "王强", on: str) -> None:
        """Evidence is there and the closing is applied for."""
        self.has_evidence(number, by=by, on=on)
        closing.apply(self.ledger, number, by=self.who(by, on), on=date.fromisoformat(on))

    def file(self, name: str, content: bytes) -> Path:
        """A file of this name and content, outside the evidence folder."""
        path = self.folder / name
        path.write_bytes(content)
        return path

    def who(self, name: str, on: str = "2026-11-02") -> Person:
        """An official by name, with what he holds on the day."""
        return acting.person(self.ledger, name, date.fromisoformat(on))

    # nights

    def runs_night(self, on: str) -> night.FiredCounts:
        """Run the night of this business date as the flow does; nights left out before it are missed."""
        day = date.fromisoformat(on)
        if self.last_night is not None:
            nights = (day - self.last_night).days
            expected = [self.last_night + timedelta(days=n) for n in range(1, nights)]
            assert night.missed(self.ledger, day) == expected
        counts = night.fire(self.ledger, day)
        night.compose(self.ledger, day, ROUTES)
        seal.seal(self.ledger)
        self.last_night = day
        return counts

    def runs_nights(self, first: str, last: str) -> None:
        """Run every night from the first to the last business date, both inclusive."""
        day = date.fromisoformat(first)
        while day <= date.fromisoformat(last):
            self.runs_night(day.isoformat())
            day += timedelta(days=1)

    # what is seen

    def told(self, name: str) -> list[str]:
        """The problems that this official is told of by the notices of the last night, in their order."""
        return [self._external(item.number) for facts in self.digests(name) for item in facts.items]

    def digests(self, name: str) -> list[DigestFacts]:
        """The notices of the last night for this official."""
        query = sa.select(NOTICE.c.facts).where(
            NOTICE.c.recipient == name, NOTICE.c.business_date == self.last_night
        )
        return [facts_from_json(text) for text in self._rows(query.order_by(NOTICE.c.id))]

    def faults(self) -> list[FaultOf]:
        """The open faults of posts, oldest first."""
        with self.ledger.reading() as r:
            names = {row.id: row.name for row in units.all_units(r)}
            return [
                FaultOf(
                    FaultKind(row.kind),
                    names[int(row.subject.split(":")[1])],
                    Role(row.subject.split(":")[2]),
                )
                for row in faults.open_faults(r)
                if row.subject.startswith("post:")
            ]

    def shows(self, number: str = "HL-1") -> Any:
        """The problem's columns as attributes, its unit's name as `unit`, and its parts by table name."""
        with self.ledger.reading() as r:
            case = problems.find(r, number, lock=False)
        return SimpleNamespace(**case.row, unit=case.unit_name, **{k: list(v) for k, v in case.parts.items()})

    def steps(self, number: str = "HL-1") -> list[Any]:
        """The recorded steps of a problem, in the order of their days."""
        query = sa.text("SELECT * FROM firing WHERE problem_id = :id ORDER BY crossed_on, id")
        with self.ledger.reading() as r:
            return list(r.conn.execute(query, {"id": self.shows(number).id}))

    def entries(self, number: str = "HL-1") -> list[Any]:
        """The trail entries of a problem, oldest first."""
        subject = f"problem:{self.shows(number).id}"
        with self.ledger.reading() as r:
            return list(
                r.conn.execute(sa.select(TRAIL).where(TRAIL.c.subject == subject).order_by(TRAIL.c.seq))
            )

    def trail_size(self) -> int:
        """How many entries the trail has."""
        with self.ledger.reading() as r:
            return trail.head(r.conn).size

    # what an act does

    @contextmanager
    def leaves_one_entry(self, action: Action, number: str = "HL-1") -> Iterator[None]:
        """The block leaves exactly one trail entry, of this action, with the problem's version (I1)."""
        size = self.trail_size()
        yield
        assert self.trail_size() == size + 1
        last = self.entries(number)[-1]
        assert (last.seq, last.action) == (size, action.value)
        assert last.version == self.shows(number).version == len(self.entries(number))

    @contextmanager
    def refuses(self, error: type[XiaohaoError], *words: str) -> Iterator[pytest.ExceptionInfo[XiaohaoError]]:
        """The block is refused in a sentence with these words, and not a row of the ledger has changed."""
        before = self.everything()
        with pytest.raises(error) as caught:
            yield caught
        for word in words:
            assert re.search(re.escape(word), caught.value.message), caught.value.message
        assert caught.value.message.endswith("。")
        assert self.everything() == before

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, the calendar's days left out."""
        found: dict[str, list[tuple[Any, ...]]] = {}
        with self.ledger.reading() as r:
            for table in PROBLEM.metadata.sorted_tables:
                if table is not WORKDAY:
                    found[table.name] = sorted(map(tuple, r.conn.execute(sa.select(table))), key=repr)
        return found

    # putting things there

    def _post(self, post: APost) -> None:
        with self.ledger.writing(Action.POST, by="import", on=FIRST_DAY) as w:
            unit = units.by_word(w, post.unit)
            there = sa.select(POST.c.id).where(POST.c.unit_id == unit.id, POST.c.role == post.role)
            post_id = w.conn.execute(there).scalar()
            if post_id is None:
                post_id = self._add(w, POST, {"unit_id": unit.id, "role": post.role})
            if post.held_by is None:
                return
            holding = {
                "post_id": post_id,
                "official_id": self._official(w, post.held_by),
                "from_on": date.fromisoformat(post.from_on),
                "until_on": None if post.until_on is None else date.fromisoformat(post.until_on),
            }
            self._add(w, HOLDING, holding)

    def _deputy(self, deputy: ADeputy) -> None:
        with self.ledger.writing(Action.POST, by="import", on=FIRST_DAY) as w:
            unit = units.by_word(w, deputy.unit)
            there = (
                sa.select(HOLDING.c.id)
                .join(POST, POST.c.id == HOLDING.c.post_id)
                .where(POST.c.unit_id == unit.id, POST.c.role == deputy.for_role)
            )
            row = {
                "holding_id": w.conn.execute(there).scalar_one(),
                "official_id": self._official(w, deputy.official),
                "from_on": date.fromisoformat(deputy.from_on),
                "until_on": date.fromisoformat(deputy.until_on),
            }
            self._add(w, DEPUTY, row)

    def _official(self, w: Writing, name: str) -> int:
        there = w.conn.execute(sa.select(OFFICIAL.c.id).where(OFFICIAL.c.name == name)).scalar()
        return there or self._add(w, OFFICIAL, {"code": name, "name": name, "active": True})

    def _add(self, w: Writing, table: sa.Table, row: dict[str, Any]) -> int:
        row = {"id": w.new_ids(table.name, 1)[0], **row}
        w.conn.execute(table.insert().values(**row))
        w.note(f"{table.name}:{row['id']}", 1, trail.detail_of({"on": w.on, table.name: row}))
        return int(row["id"])

    def _problem(self, problem: AProblem) -> None:
        with self.ledger.writing(
            Action.IMPORT, by="import", on=date.fromisoformat(problem.registered_on)
        ) as w:
            new_problems.register_all(w, [self._new(w, problem)])

    def _new(self, w: Writing, problem: AProblem) -> NewProblem:
        return NewProblem(
            problem.entered,
            problem.title,
            units.by_word(w, problem.unit).id,
            units.by_word(w, "HL").id,
            problem.rectification_class,
            date.fromisoformat(problem.found_on),
            external_number=problem.number,
            source=problem.source,
            due_given=None if problem.due_on is None else date.fromisoformat(problem.due_on),
            term=problem.term,
            measures=tuple(NewMeasure(text) for text in problem.measures),
            co_unit_ids=tuple(units.by_word(w, word).id for word in problem.co_units),
            closed_on=None if problem.closed_on is None else date.fromisoformat(problem.closed_on),
        )

    def _external(self, number: str) -> str:
        return str(
            next(iter(self._rows(sa.select(PROBLEM.c.external_number).where(PROBLEM.c.number == number))))
        )

    def _rows(self, query: sa.Select[Any]) -> Sequence[Any]:
        with self.ledger.reading() as r:
            return r.conn.execute(query).scalars().all()
