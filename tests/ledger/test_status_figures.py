"""What `status` counts: lights from an index alone, notices that did not arrive, years that are not announced."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from small_district import SmallDistrict, imported

from xiaohao.actions.status import status
from xiaohao.ledger import figures, outbox, rounds
from xiaohao.ledger.figures import ARRIVED, UnannouncedYear
from xiaohao.ledger.outbox import NewNotice
from xiaohao.ledger.tables import NOTICE
from xiaohao.ledger.writing import Writing
from xiaohao.vocabulary import Action, Channel, FaultKind, NoticeState, RectificationClass

ON = date(2023, 9, 26)


@pytest.fixture
def district(engine: sa.Engine) -> SmallDistrict:
    d = SmallDistrict(engine)
    d.imports(
        ON,
        [
            imported("道路破损", 3, date(2023, 9, 1)),
            imported("电梯故障", 5, date(2023, 9, 25)),
            imported("垃圾未清", 5, date(2023, 5, 4), closed_on=date(2023, 5, 8)),
            limited("管网改造", date(2027, 3, 31)),
            limited("村路硬化", date(2027, 11, 30)),
            limited("厂房搬迁", date(2031, 1, 1)),
            limited("旧楼加梯", date(2026, 12, 31)),
        ],
    )
    return d


def limited(title: str, due_on: date) -> Any:
    return imported(title, 3, ON, rectification_class=RectificationClass.TIME_LIMITED, due_given=due_on)


def plan_of(d: SmallDistrict, first_words: str) -> str:
    """How the database goes about the statement of `status` that begins so."""
    sent: list[tuple[str, Any]] = []

    def heard(_c: object, _cursor: object, statement: str, given: Any, *_: object) -> None:
        if " ".join(statement.split()).startswith(first_words):
            sent.append((statement, given))

    sa.event.listen(d.ledger.engine, "before_cursor_execute", heard)
    status(d.ledger, ON)
    sa.event.remove(d.ledger.engine, "before_cursor_execute", heard)
    [(statement, given)] = sent
    with d.ledger.reading() as r:
        if r.conn.dialect.name == "sqlite":
            return str(r.conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).all())
        for way in ("seqscan", "bitmapscan"):  # a table of seven rows is read faster as it is
            r.conn.exec_driver_sql(f"SET LOCAL enable_{way} = off")
        return str(r.conn.exec_driver_sql(f"EXPLAIN {statement}", given).all())


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("SELECT problem.unit_id, problem.status, problem.light, count(*)", "problem_lights"),
        ("SELECT notice.state, count(*)", "notice_unfinished"),
    ],
)
def test_status_counts_in_an_index_alone(district: SmallDistrict, statement: str, index: str) -> None:
    plan = plan_of(district, statement)
    assert f"COVERING INDEX {index}" in plan or f"Index Only Scan using {index}" in plan, plan


def test_years_not_announced_are_those_that_last_days_reach_into(district: SmallDistrict) -> None:
    """The notice of 2026 is the last one known; a closed problem reaches nowhere."""
    with district.ledger.reading() as r:
        found = figures.unannounced(r)
    assert found == (UnannouncedYear(year=2027, problems=2), UnannouncedYear(year=2031, problems=1))
    assert status(district.ledger, ON).unannounced == found


def test_notices_that_arrived_are_not_counted(district: SmallDistrict) -> None:
    district.night(ON)
    with district.ledger.quiet_writing() as conn:
        arrived = {"state": NoticeState.DELIVERED, "delivered_at": datetime.now(UTC)}
        first = sa.select(sa.func.min(NOTICE.c.id)).scalar_subquery()
        conn.execute(NOTICE.update().where(NOTICE.c.id == first).values(arrived))
    with district.ledger.reading() as r:
        count = r.conn.execute(sa.select(sa.func.count()).select_from(NOTICE)).scalar_one()
        assert figures.notice_counts(r) == ({NoticeState.QUEUED: count - 1} if count > 1 else {})


@pytest.mark.parametrize(
    ("second", "third", "dead"),
    [
        (NoticeState.DELIVERED, None, 0),
        (NoticeState.DEAD, NoticeState.ACCEPTED, 0),
        (NoticeState.QUEUED, None, 1),
        (NoticeState.DEAD, NoticeState.DEAD, 3),
    ],
)
def test_what_reached_the_same_person_another_way_is_not_undelivered(
    district: SmallDistrict, second: NoticeState, third: NoticeState | None, dead: int
) -> None:
    now = datetime.now(UTC)
    with district.ledger.writing(Action.TELL, by="x", on=ON) as w:
        last = None
        for number, state in enumerate((NoticeState.DEAD, second, third)):
            if state is not None:
                last = told(w, f"n{number}", 1, last)
                stamps = {"accepted_at": now, "delivered_at": now} if state in ARRIVED else {}
                w.conn.execute(NOTICE.update().where(NOTICE.c.id == last).values(state=state, **stamps))
        assert last is not None
        assert status_dead(w) == dead


def test_what_somebody_else_got_for_information_is_undelivered_all_the_same(district: SmallDistrict) -> None:
    with district.ledger.writing(Action.TELL, by="x", on=ON) as w:
        first = told(w, "a", 1, None)
        above = told(w, "b", 2, first)
        w.conn.execute(NOTICE.update().where(NOTICE.c.id == first).values(state=NoticeState.DEAD))
        stamps = {"accepted_at": datetime.now(UTC), "delivered_at": datetime.now(UTC)}
        arrived = NOTICE.update().where(NOTICE.c.id == above)
        w.conn.execute(arrived.values(state=NoticeState.DELIVERED, **stamps))
        assert status_dead(w) == 1


def told(w: Writing, key: str, official_id: int, instead_of: int | None) -> int:
    new = NewNotice(key, official_id, "某人", Channel.MAIL, "digest", "{}", instead_of)
    return outbox.add(w, [new], now=datetime.now(UTC), held=False)[0]


def status_dead(w: Writing) -> int:
    return figures.notice_counts(w).get(NoticeState.DEAD, 0)


def test_the_last_round_of_the_watch_is_the_one_that_ended_last(district: SmallDistrict) -> None:
    began = datetime.now(UTC) - timedelta(seconds=5)
    for on, findings in ((ON, 2), (ON + timedelta(1), 0)):
        with district.ledger.quiet_writing() as conn:
            run = rounds.note(conn, rounds.WATCH, on, began=began, counts={"findings": findings})
            rounds.keep_faults(conn, FaultKind.WATCH, {"disk": "磁盘满了。"}, on, run)
    view = status(district.ledger, ON)
    assert view.last_watch is not None
    assert (view.last_watch.on, view.last_watch.findings) == (ON + timedelta(1), 0)
    assert (view.last_heartbeat, view.last_verification) == (None, None)
    assert [(fault.kind, fault.found_on) for fault in view.faults] == [(FaultKind.WATCH, ON)]
