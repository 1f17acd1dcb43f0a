"""What a digest says beside its items: what else is overdue, and the last checkpoint of the trail."""

from datetime import date

import sqlalchemy as sa
from builders import COMMUNITY, TOWNSHIP, VILLAGE, a_deputy, a_post, a_problem
from district import District

from xiaohao.actions import cancel
from xiaohao.ledger import trail
from xiaohao.ledger.trail import Checkpoint
from xiaohao.vocabulary import Role


def last_checkpoint(district: District) -> Checkpoint | None:
    with district.ledger.reading() as r:
        return trail.last_checkpoint(r.conn)


def test_the_rest_that_is_overdue_is_counted_for_each_post(staffed: District) -> None:
    staffed.has(
        a_problem("HL-1", due_on="2026-11-20"),
        a_problem("HL-2", title="路灯不亮", due_on="2026-11-23"),
        a_problem("HL-3", title="井盖缺失", unit=COMMUNITY, due_on="2026-11-20"),
        a_problem("HL-4", title="堆放杂物", due_on="2026-12-20"),
    )
    staffed.runs_night("2026-11-21")
    (first,) = staffed.digests("王强")
    assert [item.number for item in first.items] != []
    assert first.other_overdue == 0
    staffed.runs_night("2026-11-24")
    assert staffed.told("王强") == ["HL-2"]
    assert [facts.other_overdue for facts in staffed.digests("王强")] == [1]
    staffed.runs_night("2026-11-25")  # HL-1 climbs to the leader, whose township has one more that is red
    assert staffed.told("李明") == ["HL-1"]
    assert [facts.other_overdue for facts in staffed.digests("李明")] == [1]
    assert [facts.other_overdue for facts in staffed.digests("孙伟")] == [0]


def test_a_supervisor_has_all_that_is_red_and_a_second_post_counts_nothing_twice(staffed: District) -> None:
    staffed.has(a_post(Role.LEADER, VILLAGE, held_by="周正"))
    for n in range(1, 5):
        unit = COMMUNITY if n % 2 else VILLAGE
        staffed.has(a_problem(f"HL-{n}", title=f"第{n}号路口", unit=unit, due_on="2026-11-20"))
    cancel.cancel(
        staffed.ledger, "HL-4", "重复登记", by=staffed.who("李明", "2026-11-20"), on=date(2026, 11, 20)
    )
    staffed.has(a_problem("HL-5", title="道路塌陷", due_on="2026-11-12"))
    staffed.runs_night("2026-11-23")
    assert staffed.told("周正") == ["HL-5"]
    assert [facts.other_overdue for facts in staffed.digests("周正")] == [3]


def test_a_digest_names_the_checkpoint_before_it(staffed: District) -> None:
    staffed.has(a_problem("HL-1", due_on="2026-11-20"), a_problem("HL-2", title="路灯", due_on="2026-11-23"))
    assert last_checkpoint(staffed) is None
    staffed.runs_night("2026-11-21")
    assert [facts.checkpoint for facts in staffed.digests("王强")] == [None]
    before = last_checkpoint(staffed)
    assert before is not None
    staffed.runs_night("2026-11-24")
    said = [facts.checkpoint for facts in staffed.digests("王强")]
    assert said == [f"{before.head.size}·{before.head.root[:8]}"]
    with staffed.ledger.reading() as r:
        root = r.conn.execute(
            sa.text("SELECT root FROM checkpoint WHERE tree_size = :n"), {"n": before.head.size}
        ).scalar_one()
        notice = sa.text(
            "SELECT foot_checkpoint FROM notice WHERE recipient = '王强' ORDER BY id DESC LIMIT 1"
        )
        assert r.conn.execute(notice).scalar_one() == before.id
    assert bytes(root).hex().startswith(said[0].split("·")[1])  # type: ignore[union-attr]


def test_the_rest_that_is_overdue_is_counted_for_all_posts_that_the_recipient_acts_in(
    district: District,
) -> None:
    """His own second post, and one that he stands in for: also where only the first has news today."""
    district.has(
        a_post(Role.SECRETARY, held_by="王强"),
        a_post(Role.SECRETARY, COMMUNITY, held_by="王强"),
        a_post(Role.SECRETARY, TOWNSHIP, held_by="赵敏"),
        a_deputy("王强", Role.SECRETARY, TOWNSHIP, from_on="2026-11-21", until_on="2026-11-30"),
        a_problem("HL-1", title="路灯不亮", unit=COMMUNITY, due_on="2026-11-19"),
        a_problem("HL-2", title="井盖缺失", unit=COMMUNITY, due_on="2026-11-19"),
        a_problem("HL-3", title="堆放杂物", unit=TOWNSHIP, due_on="2026-11-19"),
    )
    district.runs_night("2026-11-20")
    district.has(a_problem("HL-9", due_on="2026-11-20"))
    district.runs_night("2026-11-21")
    assert district.told("王强") == ["HL-9"]
    assert [facts.other_overdue for facts in district.digests("王强")] == [3]
