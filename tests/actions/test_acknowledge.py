"""已阅: who has acknowledged is spared the repeats for a while; silence is told to the next role up, once."""

from datetime import date
from pathlib import Path

import sqlalchemy as sa
from answering_district import TERMS, arrives, last_notice, morning, press, runs_night
from builders import a_problem
from district import District

from xiaohao.actions import acknowledge, night, rebuild_trail, report_progress, status
from xiaohao.errors import NotFound
from xiaohao.ledger import connect, schema
from xiaohao.ledger.fold import folded_columns
from xiaohao.ledger.tables import FIRING, NOTICE, PROBLEM
from xiaohao.ledger.writing import Ledger
from xiaohao.vocabulary import NoticeState, RectificationClass


def reaches(district: District, name: str, day: str) -> int:
    """Every notice so far has reached its recipient on the day; the last of `name`'s."""
    arrives(district, day)
    return last_notice(district, name)


def overdue_for_long(district: District) -> int:
    """A problem at level 3 since 2026-11-17; the supervisor's notice of it."""
    district.has(a_problem("HL-1", due_on="2026-11-06"))
    runs_night(district, "2026-11-17")
    assert district.told("周正") == ["HL-1"]
    return reaches(district, "周正", "2026-11-17")


def test_without_acknowledgement_the_top_level_is_told_again(staffed: District) -> None:
    overdue_for_long(staffed)
    runs_night(staffed, "2026-11-24", page="")
    assert staffed.told("周正") == ["HL-1"]


def test_who_has_acknowledged_is_spared_the_repeat_which_is_recorded_all_the_same(staffed: District) -> None:
    notice = overdue_for_long(staffed)
    assert press(staffed, notice, "2026-11-18")
    before = staffed.trail_size()
    runs_night(staffed, "2026-11-24")
    assert staffed.told("周正") == []
    last = staffed.steps()[-1]
    assert (str(last.crossed_on), last.level, last.repeat, bool(last.quiet)) == ("2026-11-24", 3, 1, True)
    assert staffed.shows().level == 3  # the ladder does not stop
    assert staffed.trail_size() == before + 2  # the night, and that it was spared
    assert '"spared":{"official":"' in staffed.entries()[-1].detail
    assert runs_night(staffed, "2026-11-24") == night.Composed()


def test_it_wears_off_without_progress_and_progress_makes_it_last(staffed: District) -> None:
    notice = overdue_for_long(staffed)
    press(staffed, notice, "2026-11-17")
    runs_night(staffed, "2026-11-24")  # the fifth working day
    assert staffed.told("周正") == []
    runs_night(staffed, "2026-12-01")
    assert staffed.told("周正") == ["HL-1"]

    press(staffed, reaches(staffed, "周正", "2026-12-01"), "2026-12-01")
    report_progress.report_progress(
        staffed.ledger, "HL-1", "已进场施工", by=staffed.who("王强", "2026-12-05"), on=date(2026, 12, 5)
    )
    runs_night(staffed, "2026-12-08")
    runs_night(staffed, "2026-12-11")
    assert staffed.told("周正") == []


def test_an_acknowledgement_spares_nobody_else_and_no_higher_level(staffed: District) -> None:
    staffed.has(a_problem("HL-1", due_on="2026-11-06"))
    runs_night(staffed, "2026-11-09")
    assert staffed.told("王强") == ["HL-1"]
    press(staffed, reaches(staffed, "王强", "2026-11-09"), "2026-11-09")
    runs_night(staffed, "2026-11-11")
    assert staffed.told("李明") == ["HL-1"]


def test_pressing_twice_is_written_once_and_a_notice_must_be_there(staffed: District) -> None:
    notice = overdue_for_long(staffed)
    assert press(staffed, notice, "2026-11-18")
    size = staffed.trail_size()
    assert not press(staffed, notice, "2026-11-19")
    assert staffed.trail_size() == size
    found, standing = acknowledge.opened(staffed.ledger, notice)
    assert found.acknowledged_at == morning("2026-11-18")
    assert [status.value for status in standing.values()] == ["rectifying"]
    with staffed.refuses(NotFound, "没有这份通知"):
        press(staffed, 999_999, "2026-11-19")


def test_a_notice_sent_instead_acknowledges_the_first_to_the_same_person_only(staffed: District) -> None:
    first = overdue_for_long(staffed)
    with staffed.ledger.engine.begin() as conn:
        row = conn.execute(sa.select(NOTICE).where(NOTICE.c.id == first)).one()._mapping
        others = conn.execute(
            sa.select(NOTICE.c.official_id).where(NOTICE.c.official_id != row["official_id"])
        )
        other = others.scalars().first() or staffed.who("李明").id
        new = dict(row, id=None, instead_of=first)
        del new["id"]
        conn.execute(NOTICE.insert().values(new | {"dedupe_key": "instead:1"}))
        conn.execute(NOTICE.insert().values(new | {"dedupe_key": "instead:2", "official_id": other}))
        query = sa.select(NOTICE.c.id).where(NOTICE.c.dedupe_key == sa.bindparam("key"))
        same, above = (conn.execute(query, {"key": f"instead:{n}"}).scalar_one() for n in (1, 2))
    assert press(staffed, above, "2026-11-18")
    found, _ = acknowledge.opened(staffed.ledger, first)
    assert found.acknowledged_at is None
    assert press(staffed, same, "2026-11-18")
    found, _ = acknowledge.opened(staffed.ledger, first)
    assert found.acknowledged_at == morning("2026-11-18")


def test_a_matter_that_has_climbed_meanwhile_is_not_passed_up_besides(staffed: District) -> None:
    staffed.has(a_problem("HL-1", due_on="2026-11-13"))  # a Friday; level 2 comes on Wednesday
    runs_night(staffed, "2026-11-14")
    assert staffed.told("王强") == ["HL-1"]
    reaches(staffed, "王强", "2026-11-14")
    runs_night(staffed, "2026-11-17")  # Tuesday: the second working day is still in time
    assert (staffed.told("李明"), staffed.shows().level) == ([], 1)
    runs_night(staffed, "2026-11-18")
    (facts,) = staffed.digests("李明")
    assert [(item.level, item.unanswered_by) for item in facts.items] == [(2, None)]


def test_a_long_wait_at_one_level_is_passed_up_once(staffed: District) -> None:
    due = "2026-10-09"
    staffed.has(
        a_problem(
            "HL-1", rectification_class=RectificationClass.TIME_LIMITED, due_on=due, found_on="2026-09-20"
        )
    )
    runs_night(staffed, "2026-10-10")  # level 1; level 2 after five working days
    assert staffed.told("王强") == ["HL-1"]
    reaches(staffed, "王强", "2026-10-10")
    runs_night(staffed, "2026-10-13")
    assert staffed.told("李明") == []
    runs_night(staffed, "2026-10-14")
    (facts,) = staffed.digests("李明")
    (item,) = facts.items
    assert (item.unanswered_by, item.level) == ("王强（10月10日通知）", 1)
    assert staffed.shows().level == 1
    assert all(step.notice_id is not None for step in staffed.steps())
    runs_night(staffed, "2026-10-15")  # the fifth working day: now it climbs, and silence is not told again
    (facts,) = staffed.digests("李明")
    assert [(item.unanswered_by, item.level) for item in facts.items] == [(None, 2)]


def test_who_has_answered_in_time_is_not_passed_up(staffed: District) -> None:
    staffed.has(
        a_problem(
            "HL-1",
            rectification_class=RectificationClass.TIME_LIMITED,
            due_on="2026-10-09",
            found_on="2026-09-20",
        )
    )
    runs_night(staffed, "2026-10-10")
    press(staffed, reaches(staffed, "王强", "2026-10-10"), "2026-10-12")
    runs_night(staffed, "2026-10-14")
    assert staffed.told("李明") == []


def test_the_trail_folds_back_to_the_ledger_after_spared_repeats(staffed: District, tmp_path: Path) -> None:
    notice = overdue_for_long(staffed)
    press(staffed, notice, "2026-11-18")
    runs_night(staffed, "2026-11-24")
    target = Ledger(connect.open_engine(f"sqlite:///{tmp_path / 'rebuilt.db'}"))
    schema.require_current(target.engine)
    rebuild_trail.rebuild(staffed.ledger, target)
    for table in (FIRING, PROBLEM):
        columns = [table.c[name] for name in folded_columns(table)]
        found = []
        for ledger in (staffed.ledger, target):
            with ledger.reading() as r:
                found.append(sorted(map(tuple, r.conn.execute(sa.select(*columns))), key=repr))
        assert found[0] == found[1] != []
    target.engine.dispose()


def test_status_tells_the_unanswered_from_the_unreached(staffed: District) -> None:
    notice = overdue_for_long(staffed)
    told = {name: facts for name in ("王强", "李明", "周正") for facts in staffed.digests(name)}
    assert set(told) == {"周正"}

    def seen(on: str) -> tuple[list[str], int]:
        view = status.status(staffed.ledger, date.fromisoformat(on), TERMS)
        return [line.recipient for line in view.unanswered], view.notices.dead

    assert seen("2026-11-19") == ([], 0)  # the second working day is still in time
    assert seen("2026-11-20") == (["周正"], 0)
    press(staffed, notice, "2026-11-20")
    assert seen("2026-11-20") == ([], 0)
    with staffed.ledger.engine.begin() as conn:
        dead = {"state": NoticeState.DEAD, "accepted_at": None, "acknowledged_at": None}
        conn.execute(NOTICE.update().where(NOTICE.c.id == notice).values(dead))
    assert seen("2026-11-20") == ([], 1)
