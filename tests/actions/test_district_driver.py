"""The driver itself, on the example of STYLE section 10."""

from builders import a_post, a_problem, a_vacant
from district import District

from xiaohao.vocabulary import Role


def test_a_vacant_secretary_post_passes_the_notice_to_the_leader(district: District) -> None:
    """DESIGN 4.7: and the vacancy itself is reported."""
    district.has(a_problem("HL-1", due_on="2026-11-20"), a_post(Role.LEADER, held_by="李明"))
    district.runs_night("2026-11-23")
    assert district.told("李明") == ["HL-1"]
    assert district.faults() == [a_vacant(Role.SECRETARY)]


def test_nights_left_out_are_missed(staffed: District) -> None:
    staffed.has(a_problem("HL-1", due_on="2026-11-20"))
    staffed.runs_nights("2026-11-18", "2026-11-20")
    staffed.runs_night("2026-11-24")
    assert staffed.told("王强") == ["HL-1"]
    assert staffed.shows("HL-1").level == 1
