"""Random lives on the whole engine against the rules alone, and the fold of their trail (I1, I4, I11).

The life on the rules decides which acts are possible; the engine then has to do the same.
"""

import shutil
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from engine_life import EngineLife
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from replay import Life
from timeline_cases import policy

from xiaohao.actions.rebuild_trail import rebuild
from xiaohao.calendar_file import shipped_days, workdays_of
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.fold import folded_columns
from xiaohao.ledger.tables import CLOSING, EVIDENCE, EXTENSION, FIRING, PROBLEM, PROGRESS, SUSPENSION, TRAIL
from xiaohao.ledger.writing import Ledger
from xiaohao.rules import life as moves
from xiaohao.rules.clock import Rules
from xiaohao.vocabulary import Action, RectificationClass

NAMES = {
    "take_up": Action.TAKE_UP,
    "review": Action.PROGRESS,
    "apply": Action.APPLY,
    "return": Action.RETURN,
    "verify": Action.VERIFY,
    "grant_extension": Action.GRANT_EXTENSION,
    "grant_suspension": Action.GRANT_SUSPENSION,
    "change_class": Action.CHANGE_CLASS,
    "reopen": Action.REOPEN,
}
ACTS = st.lists(
    st.tuples(
        st.integers(0, 15),
        st.sampled_from(
            [*NAMES, "apply", "verify", "apply_policy", "apply_calendar", "night", "night", "night"]
        ),
        st.integers(-10, 60),
        st.integers(0, 40),
        st.sampled_from([*RectificationClass]),
    ),
    min_size=3,
    max_size=16,
)


@st.composite
def problems(draw: st.DrawFn) -> dict[str, Any]:
    """A problem in the form of the timelines, within the announced years."""
    kind = draw(st.sampled_from([*RectificationClass]))
    found = date(2023, 1, 1) + timedelta(days=draw(st.integers(0, 900)))
    registered = found + timedelta(days=draw(st.sampled_from([0, 0, 0, 1, 5, 40, 200])))
    given_day = found + timedelta(days=draw(st.integers(-3, 90)))
    by = draw(
        st.sampled_from(
            ["due_on", "term"] if kind is RectificationClass.TIME_LIMITED else ["", "due_on", "term"]
        )
    )
    every = draw(st.sampled_from([None, None, [1, "month"], [20, "workday"], [30, "day"]]))
    return {
        "rectification_class": kind.value,
        "found_on": found.isoformat(),
        "registered_on": registered.isoformat(),
        "entered": draw(st.sampled_from(["import", "hand", "reception"])),
        "due_on": given_day.isoformat() if by == "due_on" else None,
        "term": [draw(st.integers(1, 30)), draw(st.sampled_from(["day", "workday", "week", "month"]))]
        if by == "term"
        else None,
        "review_every": every if kind is RectificationClass.LONG_TERM else None,
    }


def act_of(life: Life, raw: tuple[int, str, int, int, RectificationClass], on: date) -> dict[str, Any] | None:
    """The act that the draw means on the day, or None where it is not possible now."""
    _, name, shift, length, kind = raw
    clock = life.clock
    newest = life.later_rules or life.rules
    act: dict[str, Any] = {"act": name, "on": on.isoformat()}
    if name in NAMES and clock.status not in moves.MOVES[NAMES[name]].froms:
        return None
    match name:
        case "take_up" if clock.taken_up_on is not None:
            return None
        case "grant_extension":
            until = on + timedelta(days=shift)
            possible = clock.rectification_class is not RectificationClass.LONG_TERM
            if not possible or (clock.due_on is not None and until <= clock.due_on):
                return None
            act["until"] = until.isoformat()
        case "grant_suspension":
            first = on + timedelta(days=shift // 4)
            if first <= clock.started_on:
                return None
            act |= {"from": first.isoformat(), "until": (first + timedelta(days=length)).isoformat()}
        case "change_class":
            dated = kind is RectificationClass.TIME_LIMITED or shift > 30
            act |= {
                "rectification_class": kind.value,
                "due_on": (on + timedelta(days=shift)).isoformat() if dated else None,
            }
        case "reopen":
            dated = clock.rectification_class is RectificationClass.TIME_LIMITED or shift > 40
            act["due_on"] = (on + timedelta(days=max(1, shift))).isoformat() if dated else None
        case "apply_policy":
            name = ("shipped", "milder", "stricter")[length % 3]
            if policy(name) is newest.policy:
                return None
            act["policy"] = name
        case "apply_calendar":
            days = {on + timedelta(days=shift + n): n % 2 == 0 for n in range(1 + length % 5)}
            if all(newest.workdays.is_working(day) is working for day, working in days.items()):
                return None
            act["days"] = {day.isoformat(): working for day, working in days.items()}
    return act


@settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(problem=problems(), raws=ACTS)
def test_a_random_life_is_the_same_on_the_engine(
    sqlite_template: Path, problem: dict[str, Any], raws: list[tuple[int, str, int, int, RectificationClass]]
) -> None:
    """After every night both show the same; at the end the fold of the trail is the ledger (I11)."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copyfile(sqlite_template, Path(folder) / "a.db")
        shutil.copyfile(sqlite_template, Path(folder) / "b.db")
        engines = [open_engine(f"sqlite:///{folder}/{name}.db") for name in "ab"]
        try:
            check_life(engines[0], problem, raws)
            check_fold(*engines)
        finally:
            for engine in engines:
                engine.dispose()


def check_life(engine: sa.Engine, problem: dict[str, Any], raws: list[Any]) -> None:
    life = Life.begun(problem, Rules(policy("shipped"), workdays_of(shipped_days())))
    whole = EngineLife(engine, problem)
    on = date.fromisoformat(problem["registered_on"])
    assert whole.night(on) | {"missed": 0} == life.night(on) | {"missed": 0}
    last_act = on
    for raw in raws:
        on += timedelta(days=raw[0] or 1)
        entered_late = on - timedelta(days=raw[3] % 4 if raw[2] % 3 == 0 else 0)
        day = max(entered_late, last_act)
        act = None if raw[1] == "night" else act_of(life, raw, day)
        if act is not None:
            last_act = day
            life.act(act)
            whole.act(act)
        if act is None or raw[3] % 2:
            assert whole.night(on) | {"missed": 0} == life.night(on) | {"missed": 0}
        check_trail(engine)
    on += timedelta(days=1)
    assert whole.night(on) | {"missed": 0} == life.night(on) | {"missed": 0}


def check_trail(engine: sa.Engine) -> None:
    """I1: the version of the problem is the number of its trail entries, and of the newest of them."""
    with engine.connect() as conn:
        version = conn.execute(sa.select(PROBLEM.c.version)).scalar_one()
        subject = (
            conn.execute(sa.select(TRAIL.c.version).where(TRAIL.c.subject == "problem:1")).scalars().all()
        )
        assert sorted(subject) == list(range(1, version + 1))


def check_fold(source: sa.Engine, target: sa.Engine) -> None:
    rebuild(Ledger(source), Ledger(target))
    for table in (PROBLEM, FIRING, CLOSING, EXTENSION, SUSPENSION, PROGRESS, EVIDENCE):
        columns = [table.c[name] for name in folded_columns(table)]
        rows = []
        for engine in (source, target):
            with engine.connect() as conn:
                rows.append(sorted(map(repr, conn.execute(sa.select(*columns)).all())))
        assert rows[0] == rows[1], table.name
