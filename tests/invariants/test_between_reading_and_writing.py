"""Acts and nights at once: an extension granted meanwhile leaves its row alone; one bad row stops nobody."""

import threading
from datetime import date, timedelta

from builders import a_problem
from district import District

from xiaohao.actions import extension, night
from xiaohao.actions.acting import acting
from xiaohao.ledger import faults
from xiaohao.ledger.connect import writing_connection
from xiaohao.ledger.tables import PROBLEM
from xiaohao.rules import clock as clocks
from xiaohao.vocabulary import Action, FaultKind, Light, Status


def test_an_extension_granted_while_the_night_waits_leaves_its_row_alone(staffed: District) -> None:
    """The night began when the extension was not yet committed; it sees it, and turns nothing red."""
    staffed.has(
        a_problem("HL-1", due_on="2026-11-18"), a_problem("HL-2", due_on="2026-11-18", title="另一件")
    )
    until = date(2026, 12, 18)
    leader = staffed.who("李明", "2026-11-18")
    fired: list[night.FiredCounts] = []
    with acting(staffed.ledger, Action.GRANT_EXTENSION, "HL-1", by=leader, on=date(2026, 11, 18)) as act:
        waiting = threading.Thread(
            target=lambda: fired.append(night.fire(staffed.ledger, date(2026, 11, 19)))
        )
        waiting.start()
        waiting.join(timeout=1.0)
        assert waiting.is_alive()
        act.writes(
            lambda clock: clocks.extend(clock, until=until, rules=act.rules, on=date(2026, 11, 18)),
            stops_clock=False,
        )
    waiting.join(timeout=30)
    assert not waiting.is_alive()
    assert (staffed.shows("HL-1").light, staffed.shows("HL-1").due_on) == (Light.GREEN, until)
    assert (staffed.shows("HL-2").light, staffed.shows("HL-2").level) == (Light.RED, 1)
    assert fired[0].red == 1


def test_an_act_waits_for_the_night_and_builds_on_it(staffed: District) -> None:
    """The other way round: the act sees what the night wrote."""
    staffed.has(a_problem("HL-1", due_on="2026-11-18"))
    staffed.runs_night("2026-11-19")
    extension.grant(
        staffed.ledger,
        "HL-1",
        by=staffed.who("李明", "2026-11-19"),
        on=date(2026, 11, 19),
        until=date(2026, 12, 18),
        reason="雨季",
    )
    assert [step.withdrawn_on is not None for step in staffed.steps("HL-1") if step.level] == [True]
    assert staffed.shows("HL-1").light is Light.GREEN


def test_a_state_whose_timetable_raises_does_not_stop_the_night(staffed: District) -> None:
    """It is set aside with one fault however often; the others fire (DESIGN section 7)."""
    staffed.has(
        a_problem("HL-1", due_on="2026-11-18"), a_problem("HL-2", due_on="2026-11-18", title="另一件")
    )
    with writing_connection(staffed.ledger.engine) as conn:
        broken = staffed.shows("HL-1").id
        conn.execute(PROBLEM.update().where(PROBLEM.c.id == broken).values(suspensions="坏"))
    counts = staffed.runs_night("2026-11-19")
    assert len(counts.set_aside) == 1
    assert staffed.shows("HL-2").light is Light.RED
    assert staffed.told("王强") == ["HL-2"]
    staffed.runs_night("2026-11-20")
    with staffed.ledger.reading() as r:
        kinds = [row.kind for row in faults.open_faults(r)]
    assert kinds.count(FaultKind.STATE_SET_ASIDE) == 1


def test_what_is_set_aside_fires_once_it_is_mended(staffed: District) -> None:
    """The night that follows the mending catches up, and the fault is cleared."""
    staffed.has(a_problem("HL-1", due_on="2026-11-18"))
    number = staffed.shows("HL-1").id
    with writing_connection(staffed.ledger.engine) as conn:
        conn.execute(PROBLEM.update().where(PROBLEM.c.id == number).values(suspensions="坏"))
    staffed.runs_night("2026-11-19")
    with writing_connection(staffed.ledger.engine) as conn:
        conn.execute(PROBLEM.update().where(PROBLEM.c.id == number).values(suspensions=""))
    staffed.runs_night("2026-11-20")
    assert staffed.shows("HL-1").level == 1
    with staffed.ledger.reading() as r:
        assert [row for row in faults.open_faults(r) if row.kind is FaultKind.STATE_SET_ASIDE] == []


def test_nothing_is_closed_unverified(staffed: District) -> None:
    """I6, in the database: no closed problem without a verified closing by a second person."""
    staffed.has(a_problem("HL-1", due_on="2026-11-18"))
    staffed.has_applied("HL-1", by="王强", on="2026-11-16")
    for n in range(40):
        staffed.runs_night((date(2026, 11, 16) + timedelta(days=n)).isoformat())
    assert staffed.shows("HL-1").status is Status.APPLIED
