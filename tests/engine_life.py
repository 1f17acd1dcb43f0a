"""A timeline's life on the whole engine: a district with its people, acts as functions, nights as flows do."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import timeline_cases as told_cases

from notifiers.choose import ChannelSettings
from xiaohao.actions import (
    apply_calendar,
    apply_policy,
    change_class,
    closing,
    extension,
    night,
    reopen,
    report_progress,
    set_up,
    suspension,
    take_up,
)
from xiaohao.calendar_file import CalendarDay
from xiaohao.ledger import new_problems, people, posts, problems, units
from xiaohao.ledger.new_problems import NewProblem
from xiaohao.ledger.tables import CLOSING, EVIDENCE, FIRING, NOTICE, PROBLEM, RUN
from xiaohao.ledger.writing import Ledger
from xiaohao.rules.authority import Person
from xiaohao.vocabulary import (
    Action,
    Channel,
    Entered,
    EvidencePhase,
    RectificationClass,
    Role,
    RunState,
    UnitKind,
)

ROUTES = ChannelSettings(order=(Channel.FILE,), notices_folder=Path("notices"))
PEOPLE = (("1", "secretary", 3), ("2", "leader", 2), ("3", "supervisor", 1), ("4", "clerk", 3))
ORDER = {"warning": 0, "escalation": 0, "take_up": 1, "verify_wait": 2}
FACTS = ("days_used", "suspended_days", "days_over", "highest_level", "on_time", "on_time_original")


def policy_text(name: str) -> str:
    """A policy of the timelines as an operator would write it."""
    body = told_cases.whole()["policies"][name]
    lines = []
    for kind in ("immediate", "time_limited", "long_term"):
        part = body[kind]
        lines.append(f"[{kind}]")
        for key in ("term", "repeat", "review"):
            if part.get(key):
                lines.append(f'{key} = "{part[key][0]} {part[key][1]}"')
        for key in ("warn", "levels"):
            lines.append(f"{key} = {json.dumps([f'{n} {unit}' for n, unit in part[key]])}")
        if part.get("take_up"):
            lines.append(f'take_up = "{part["take_up"]} workday"')
    lines += ["[take_up]", f'second = "{body["take_up_second"]} workday"']
    lines += ["[verify]", f'remind = "{body["verify_wait"]} workday"']
    return "\n".join(lines)


class EngineLife:
    """One problem in a small district on a database."""

    def __init__(self, engine: sa.Engine, problem: dict[str, Any]) -> None:
        self.ledger = Ledger(engine)
        set_up.set_up(self.ledger)
        self._people()
        self.seen_firing = 0
        registered = date.fromisoformat(problem["registered_on"])
        term = told_cases.term(problem.get("term"))
        new = NewProblem(
            Entered(problem["entered"]),
            "东门外道路破损",
            3,
            1,
            RectificationClass(problem["rectification_class"]),
            date.fromisoformat(problem["found_on"]),
            due_given=told_cases.day(problem.get("due_on")),
            term=term,
            review_every=told_cases.term(problem.get("review_every")),
        )
        with self.ledger.writing(Action.IMPORT, by="import", on=registered) as w:
            self.number = new_problems.register_all(w, [new])[0]["number"]

    def _people(self) -> None:
        rows = [
            {"code": "HL", "name": "华龙区", "kind": UnitKind.DISTRICT, "parent_id": None},
            {"code": "MK", "name": "孟轲乡", "kind": UnitKind.TOWNSHIP, "parent_id": -1},
            {"code": "YGC", "name": "杨干城村", "kind": UnitKind.VILLAGE, "parent_id": -2},
        ]
        with self.ledger.writing(Action.UNIT, by="import", on=date(2000, 1, 1)) as w:
            units.add(w, rows)
            new = people.NewPeople()
            for key, role, unit_id in PEOPLE:
                n = -int(key)
                new.officials.append(people.OfficialRow(n, key, role, None))
                new.posts.append(people.PostRow(n, unit_id, Role(role)))
                new.holdings.append(people.HoldingRow(n, n, n, date(2000, 1, 1), None))
            people.write(w, new, {})

    def who(self, key: str, on: date) -> Person:
        with self.ledger.reading() as r:
            return posts.person(r, key, on)

    def act(self, act: dict[str, Any]) -> None:
        on = date.fromisoformat(act["on"])
        ledger, number = self.ledger, self.number
        secretary, leader, supervisor = (self.who(key, on) for key in "123")
        match act["act"]:
            case "take_up":
                take_up.take_up(ledger, number, by=secretary, on=on)
            case "review":
                report_progress.report_progress(ledger, number, "已推进", by=secretary, on=on)
            case "apply":
                self._has_evidence(on)
                closing.apply(ledger, number, by=secretary, on=on)
            case "return":
                closing.send_back(ledger, number, "照片不清", by=leader, on=on)
            case "verify":
                closing.verify(ledger, number, by=leader, on=on)
            case "ask_extension":
                asked = date(2079, 1, 1)
                extension.ask(ledger, number, asked, "雨季", by=secretary, on=on)
            case "grant_extension":
                until = date.fromisoformat(act["until"])
                extension.grant(ledger, number, by=leader, on=on, until=until, reason="雨季")
            case "grant_suspension":
                first, last = date.fromisoformat(act["from"]), date.fromisoformat(act["until"])
                suspension.grant(ledger, number, first, last, "等待迁移管线", by=leader, on=on)
            case "change_class":
                change_class.change_class(
                    ledger,
                    number,
                    RectificationClass(act["rectification_class"]),
                    "重新研判",
                    by=leader,
                    on=on,
                    due_on=told_cases.day(act.get("due_on")),
                    term=told_cases.term(act.get("term")),
                    review_every=told_cases.term(act.get("review_every")),
                )
            case "apply_policy":
                apply_policy.apply_policy(ledger, policy_text(act["policy"]), by=supervisor, on=on)
            case "apply_calendar":
                days = [CalendarDay(date.fromisoformat(d), w, "") for d, w in act["days"].items()]
                apply_calendar.apply_calendar(
                    ledger, days, announced_until=max(d.on.year for d in days), by=supervisor, on=on
                )
            case "reopen":
                reopen.reopen(
                    ledger,
                    number,
                    "又坏了",
                    by=secretary,
                    on=on,
                    due_on=told_cases.day(act.get("due_on")),
                    term=told_cases.term(act.get("term")),
                )
            case other:
                raise AssertionError(other)

    def _has_evidence(self, on: date) -> None:
        """Evidence and measures are taken as in order: a photo lies there before each application."""
        with self.ledger.writing(Action.EVIDENCE, by=self.who("1", on), on=on) as w:
            case = problems.find(w, self.number, lock=True)
            row = {
                "position": case.next_position(EVIDENCE),
                "round": case.clock.round,
                "sha256": "0" * 64,
                "size": 1,
                "media_type": "image/jpeg",
                "name": "after.jpg",
                "phase": EvidencePhase.AFTER,
                "on": on,
                "by": 1,
            }
            problems.write(w, [problems.Change(case, case.row, parts={EVIDENCE.name: [row]})])

    def night(self, on: date) -> dict[str, Any]:
        missed = night.missed(self.ledger, on)
        counts = night.fire(self.ledger, on)
        night.compose(self.ledger, on, ROUTES)
        with self.ledger.reading() as r:
            row = r.conn.execute(sa.select(PROBLEM)).one()
            firings = r.conn.execute(sa.select(FIRING).order_by(FIRING.c.id)).all()
            notices = {n.id: n.facts for n in r.conn.execute(sa.select(NOTICE))}
            facts = r.conn.execute(sa.select(CLOSING).order_by(CLOSING.c.position.desc())).first()
            written = r.conn.execute(
                sa.select(RUN.c.business_date).where(RUN.c.state == RunState.MISSED)
            ).scalars()
            assert set(missed) <= set(written)
        fresh = [f for f in firings if f.id > self.seen_firing and f.withdrawn_on is None]
        self.seen_firing = max((f.id for f in firings), default=0)
        told = [
            f
            for f in firings
            if f.official_id and str(on) == json.loads(notices[f.notice_id])["business_date"]
        ]
        assert len(told) <= 1
        return {
            "night": on.isoformat(),
            "missed": [day.isoformat() for day in missed],
            "status": row.status.value,
            "light": None if row.light is None else row.light.value,
            "level": row.level,
            "due_on": text(row.due_on),
            "original_due_on": text(row.original_due_on),
            "review_on": text(row.review_on),
            "next_event_on": text(row.next_event_on),
            "recorded": [step(f) for f in sorted(fresh, key=in_order)],
            "told": None if not told else telling(told[0], on),
            "closed": counts.closed == 1,
            **({"facts": {name: getattr(facts, name) for name in FACTS}} if counts.closed else {}),
        }


def telling(firing: Any, on: date) -> dict[str, Any]:
    return {
        "kind": firing.step.value,
        "level": firing.level,
        "repeat": firing.repeat,
        "crossed_on": text(firing.crossed_on),
        "late": firing.crossed_on < on,
    }


def step(firing: Any) -> dict[str, Any]:
    return {
        "kind": firing.step.value,
        "level": firing.level,
        "repeat": firing.repeat,
        "crossed_on": text(firing.crossed_on),
        "due_on": text(firing.clock_on) if firing.step.value in ("warning", "escalation") else None,
    }


def in_order(firing: Any) -> tuple[Any, ...]:
    return (firing.crossed_on, ORDER[firing.step.value], firing.level, firing.repeat)


def text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
