"""The lines of the ledger and one whole problem, as `ledger` and `show` give them (DESIGN section 8)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
import sqlalchemy as sa
from small_district import SmallDistrict, imported

from models.facts import PersonName, ProblemLine, to_json
from xiaohao.actions import closing, extension, report_progress
from xiaohao.errors import NotFound
from xiaohao.ledger import lists
from xiaohao.ledger.new_problems import NewMeasure, NewReport
from xiaohao.rules.counting import Term
from xiaohao.vocabulary import (
    ClosingOutcome,
    Decision,
    Light,
    NoticeState,
    RectificationClass,
    Role,
    Source,
    Status,
    StepKind,
    TermUnit,
)

REGISTERED = date(2023, 9, 25)
DESIGNED = [
    "number",
    "external_number",
    "title",
    "unit",
    "co_units",
    "rectification_class",
    "source",
    "found_on",
    "due_on",
    "measures",
    "status",
    "light",
    "level",
    "next_event_on",
]


@pytest.fixture
def district(engine: sa.Engine) -> SmallDistrict:
    """Four problems: a road in the village, two of the community, one of the department."""
    d = SmallDistrict(engine)
    d.imports(
        REGISTERED,
        [
            imported(
                "东门外道路破损",
                3,
                date(2023, 9, 20),
                source=Source.RECEPTION_DAY,
                external_number="12",
                measures=(NewMeasure("修补路面", owner="李明"), NewMeasure("加装警示牌")),
                co_unit_ids=(6, 2),
                reports=(NewReport("已进场"),),
                extra={"网格员": "张某", "批次": "2"},
                amount_fen=1_250_000,
            ),
            imported("热水不热", 5, date(2023, 9, 22), external_number="12", register_unit_id=4),
            imported(
                "电梯故障",
                5,
                date(2023, 9, 22),
                rectification_class=RectificationClass.TIME_LIMITED,
                term=Term(1, TermUnit.MONTH),
                limit_text="1个月",
            ),
            imported("公交站牌缺损", 6, date(2023, 9, 1), closed_on=date(2023, 9, 4)),
        ],
    )
    return d


def titles(d: SmallDistrict, **narrowed: object) -> list[str]:
    with d.ledger.reading() as r:
        return [line.title for line in lists.problem_lines(r, **narrowed)]  # type: ignore[arg-type]


def test_a_line_has_what_the_design_names(district: SmallDistrict) -> None:
    """Names of units, codes of words, the count of measures; and no key besides."""
    with district.ledger.reading() as r:
        line = lists.problem_lines(r)[0]
    assert line == ProblemLine(
        number="HL-2023-0001",
        external_number="12",
        title="东门外道路破损",
        unit="杨干城村",
        co_units=("区交通局", "孟轲乡"),
        rectification_class=RectificationClass.IMMEDIATE,
        source=Source.RECEPTION_DAY,
        found_on=date(2023, 9, 20),
        due_on=date(2023, 9, 25),
        measures=2,
        status=Status.RECTIFYING,
        light=Light.YELLOW,
        level=0,
        next_event_on=date(2023, 9, 22),
    )
    assert sorted(json.loads(to_json(line))) == sorted(DESIGNED)


def test_closed_ones_are_listed_too(district: SmallDistrict) -> None:
    """In the order of entry."""
    assert titles(district) == ["东门外道路破损", "热水不热", "电梯故障", "公交站牌缺损"]


@pytest.mark.parametrize("word", ["PD", "濮东街道"])
def test_a_unit_means_its_subtree(district: SmallDistrict, word: str) -> None:
    """By code or full name."""
    assert titles(district, unit=word) == ["热水不热", "电梯故障"]


def test_filters_narrow_together(district: SmallDistrict) -> None:
    """Class, light and status, alone and with a unit."""
    assert titles(district, rectification_class=RectificationClass.TIME_LIMITED) == ["电梯故障"]
    assert titles(district, status=Status.CLOSED) == ["公交站牌缺损"]
    assert titles(district, light=Light.YELLOW) == ["东门外道路破损"]
    assert titles(district, light=Light.GREEN, unit="HL") == ["热水不热", "电梯故障"]
    assert titles(district, light=Light.YELLOW, unit="PD") == []


def test_a_unit_that_is_not_known_is_said(district: SmallDistrict) -> None:
    """Not an empty list."""
    with pytest.raises(NotFound, match="没有“濮西”"):
        titles(district, unit="濮西")


@contextmanager
def counted(engine: sa.Engine) -> Iterator[list[str]]:
    """The statements that run within."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(engine, "before_cursor_execute", note)


def test_the_number_of_statements_does_not_grow_with_the_lines(district: SmallDistrict) -> None:
    """Two, and one more to find the unit."""
    engine = district.ledger.engine
    lengths = []
    for _ in range(2):
        with counted(engine) as seen, district.ledger.reading() as r:
            lists.problem_lines(r, unit="HL")
        lengths.append(len([s for s in seen if s.startswith("SELECT")]))
        district.imports(REGISTERED, [imported(f"路灯不亮{n}", 3, date(2023, 9, 20)) for n in range(30)])
    assert lengths == [3, 3]


def test_a_whole_problem_as_it_came_in(district: SmallDistrict) -> None:
    """Texts, limit, measures, progress, extra columns; names instead of ids."""
    with district.ledger.reading() as r:
        view = lists.problem_view(r, "HL-2023-0001")
        lift = lists.problem_view(r, "HL-2023-0003")
    assert (view.unit, view.register_unit, view.co_units) == ("杨干城村", "华龙区", ("区交通局", "孟轲乡"))
    assert [(m.text, m.owner, m.done_on) for m in view.measures] == [
        ("修补路面", "李明", None),
        ("加装警示牌", None, None),
    ]
    assert [(p.text, p.on, p.by) for p in view.progress] == [("已进场", REGISTERED, None)]
    assert (dict(view.extra), view.amount_fen) == ({"网格员": "张某", "批次": "2"}, 1_250_000)
    assert (lift.term, lift.limit_text, lift.due_given) == ("1个月", "1个月", None)
    assert lift.due_on == lift.original_due_on == date(2023, 10, 23)  # 22 October is a Sunday


def test_a_whole_problem_shows_what_was_done_and_told(district: SmallDistrict) -> None:
    """Reports, extension, evidence, an application that was returned, steps with whom they were told to."""
    d, number = district, "HL-2023-0001"
    d.night(date(2023, 9, 26))
    on = date(2023, 9, 27)
    report_progress.report_progress(d.ledger, number, "路基已清", by=d.secretary(on), on=on)
    extension.ask(d.ledger, number, date(2023, 10, 12), "连续降雨", by=d.secretary(on), on=on)
    extension.grant(d.ledger, number, by=d.leader(on), on=on)
    with d.ledger.reading() as r:
        view = lists.problem_view(r, number)
    leader = PersonName(code="102", name="王芳")
    (granted,) = view.extensions
    assert (granted.decision, granted.decided_by, granted.until_granted) == (
        Decision.GRANTED,
        leader,
        date(2023, 10, 12),
    )
    assert view.progress[-1].by == PersonName(code="101", name="李明")
    warning, first = view.firings
    assert (warning.step, warning.official, warning.notice) == (StepKind.WARNING, None, first.notice)
    assert (first.step, first.level, first.unit, first.role) == (
        StepKind.ESCALATION,
        1,
        "杨干城村",
        Role.SECRETARY,
    )
    assert (first.official, first.withdrawn_on) == (PersonName(code="101", name="李明"), on)
    (notice,) = view.notices
    assert (notice.recipient, notice.state, notice.business_date) == (
        "李明",
        NoticeState.QUEUED,
        date(2023, 9, 26),
    )


def test_a_whole_problem_shows_each_application(district: SmallDistrict) -> None:
    """Returned, then closed, with its facts; by our number or the external one where that is unambiguous."""
    d = district
    number = d.register(REGISTERED, external_number="77", source=Source.INSPECTION)
    d.applies(number, date(2023, 9, 26))
    closing.send_back(d.ledger, number, "照片不清", by=d.leader(date(2023, 9, 26)), on=date(2023, 9, 26))
    d.applies(number, date(2023, 9, 27))
    d.verifies(number, date(2023, 9, 28))
    d.night(date(2023, 9, 28))
    with d.ledger.reading() as r:
        view = lists.problem_view(r, "77")
    assert (view.number, view.status, view.light, view.next_event_on) == (number, Status.CLOSED, None, None)
    returned, closed = view.closings
    assert (returned.outcome, returned.reason) == (ClosingOutcome.RETURNED, "照片不清")
    assert (closed.outcome, closed.days_used, closed.on_time, closed.verified_by) == (
        ClosingOutcome.CLOSED,
        2,
        True,
        PersonName(code="102", name="王芳"),
    )
    assert len(view.evidence) == 2
    assert json.loads(to_json(view))["closings"][1]["closed_on"] == "2023-09-28"


@pytest.mark.parametrize(("number", "said"), [("HL-2023-0099", "没有编号"), ("12", "不止一个")])
def test_a_number_that_names_none_or_several_is_said(district: SmallDistrict, number: str, said: str) -> None:
    """An external number counts where it is unambiguous."""
    with district.ledger.reading() as r, pytest.raises(NotFound, match=said):
        lists.problem_view(r, number)
