"""Two people act on one problem at once: the second waits, and sees what the first has made of it."""

import threading
from collections.abc import Callable
from datetime import date

from builders import a_problem
from district import District

from xiaohao.actions import closing, extension
from xiaohao.actions.acting import acting
from xiaohao.errors import MoveNotAllowed, XiaohaoError
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.writing import Ledger
from xiaohao.rules import clock as clocks
from xiaohao.vocabulary import Action, Entered, Status

DAY = date(2026, 11, 3)


class Another:
    """Another person at another machine: an engine and a thread of his own."""

    def __init__(self, district: District, act: Callable[[Ledger], None]) -> None:
        url = district.ledger.engine.url.render_as_string(hide_password=False)
        self.engine = open_engine(url.replace("+psycopg", "").replace("+pysqlite", ""))
        self.refusal: XiaohaoError | None = None
        self.thread = threading.Thread(target=self._acts, args=(act,))
        self.thread.start()

    def _acts(self, act: Callable[[Ledger], None]) -> None:
        try:
            act(Ledger(self.engine))
        except XiaohaoError as error:
            self.refusal = error

    @property
    def waits(self) -> bool:
        """Whether he has not come to an end after a while."""
        self.thread.join(0.5)
        return self.thread.is_alive()

    def ends(self) -> None:
        self.thread.join(20)
        assert not self.thread.is_alive()
        self.engine.dispose()


def test_the_second_goes_on_from_what_the_first_has_left(staffed: District) -> None:
    """The one takes up while the other applies: two entries, in the order in which they ended."""
    staffed.has(a_problem("HL-1", entered=Entered.HAND))
    staffed.has_evidence("HL-1", by="陈静", on="2026-11-03")
    clerk, secretary = staffed.who("陈静"), staffed.who("王强")
    entries = len(staffed.entries())
    with acting(staffed.ledger, Action.TAKE_UP, "HL-1", by=secretary, on=DAY) as act:
        act.writes(lambda clock: clocks.take_up(clock, on=DAY))
        other = Another(staffed, lambda ledger: closing.apply(ledger, "HL-1", by=clerk, on=DAY))
        assert other.waits
    other.ends()
    assert other.refusal is None
    assert staffed.shows().status is Status.APPLIED
    assert [(e.version, e.action) for e in staffed.entries()[entries:]] == [
        (entries + 1, "take_up"),
        (entries + 2, "apply"),
    ]


def test_the_second_application_finds_the_first(staffed: District) -> None:
    staffed.has(a_problem("HL-1"))
    staffed.has_evidence("HL-1", by="陈静", on="2026-11-03")
    clerk, secretary = staffed.who("陈静"), staffed.who("王强")
    started = threading.Event()
    others: list[Another] = []

    def apply_too(ledger: Ledger) -> None:
        started.set()
        closing.apply(ledger, "HL-1", by=clerk, on=DAY)

    with acting(staffed.ledger, Action.CORRECT, "HL-1", by=secretary, on=DAY) as act:
        act.writes(columns={"place": "东门"})
        others += [Another(staffed, apply_too), Another(staffed, apply_too)]
        assert started.wait(5)
        assert all(other.waits for other in others)
    for other in others:
        other.ends()
    refusals = [other.refusal for other in others if other.refusal is not None]
    assert len(refusals) == 1
    assert isinstance(refusals[0], MoveNotAllowed)
    assert "申请销号" in refusals[0].message
    assert len(staffed.shows().closing) == 1
    assert staffed.shows().place == "东门"


def test_the_second_keeps_what_the_first_changed(staffed: District) -> None:
    """An extension granted meanwhile is not overwritten by a correction read before it."""
    staffed.has(a_problem("HL-1", due_on="2026-11-20"))
    leader, clerk = staffed.who("李明"), staffed.who("陈静")
    until = date(2026, 12, 4)
    with acting(staffed.ledger, Action.CORRECT, "HL-1", by=clerk, on=DAY) as act:
        other = Another(
            staffed,
            lambda ledger: extension.grant(ledger, "HL-1", by=leader, on=DAY, until=until, reason="雨季"),
        )
        assert other.waits
        act.writes(columns={"place": "东门"})
    other.ends()
    assert other.refusal is None
    assert (staffed.shows().place, staffed.shows().due_on) == ("东门", until)
