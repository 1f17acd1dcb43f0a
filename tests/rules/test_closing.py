"""What a closing still misses, and what it freezes."""

from datetime import date

import pytest

from xiaohao.rules.clock import Clock
from xiaohao.rules.closing import Papers, facts_of, missing_papers
from xiaohao.rules.counting import Suspensions, Term
from xiaohao.rules.policy import ClassPolicy, Policy
from xiaohao.vocabulary import CallBackOutcome, RectificationClass, Source, Status, TermUnit

POLICY = Policy(
    {word: ClassPolicy(term=Term(3, TermUnit.WORKDAY)) for word in RectificationClass},
    take_up_second=Term(3, TermUnit.WORKDAY),
    verify_remind=Term(5, TermUnit.WORKDAY),
    call_back_sources=frozenset({Source.HOME_VISIT, Source.HOTLINE}),
)
IN_ORDER = {
    "source": None,
    "open_measures": (),
    "evidence": 1,
    "call_back": None,
    "call_back_decided": False,
}


@pytest.mark.parametrize(
    ("differs", "missing"),
    [
        ({}, []),
        ({"evidence": 0}, ["没有佐证材料（至少一份）"]),
        (
            {"open_measures": ("修补路面", "加装路灯")},
            ["整改措施“修补路面”未完成", "整改措施“加装路灯”未完成"],
        ),
        ({"open_measures": ("一" * 21,)}, [f"整改措施“{'一' * 20}…”未完成"]),
        ({"source": Source.INSPECTION}, []),  # no source of the policy's call-backs
        ({"source": Source.HOTLINE}, ["来源为“热线”的问题要先回访"]),
        ({"source": Source.HOTLINE, "call_back": CallBackOutcome.SATISFIED}, []),
        (
            {"source": Source.HOTLINE, "call_back": CallBackOutcome.DISSATISFIED},
            ["最近一次回访结果为不满意"],
        ),
        (
            {"source": Source.HOTLINE, "call_back": CallBackOutcome.DISSATISFIED, "call_back_decided": True},
            ["最近一次回访结果为不满意"],
        ),
        (
            {"source": Source.HOTLINE, "call_back": CallBackOutcome.EXPLAINED},
            ["回访结果“已解释说明”须由上级单位认定"],
        ),
        (
            {"source": Source.HOME_VISIT, "call_back": CallBackOutcome.NOT_FEASIBLE},
            ["回访结果“暂不具备条件”须由上级单位认定"],
        ),
        (
            {"source": Source.HOTLINE, "call_back": CallBackOutcome.EXPLAINED, "call_back_decided": True},
            [],
        ),
        (
            {"evidence": 0, "open_measures": ("修补路面",), "source": Source.HOTLINE},
            ["整改措施“修补路面”未完成", "没有佐证材料（至少一份）", "来源为“热线”的问题要先回访"],
        ),
    ],
)
def test_what_is_missing_is_said_whole(differs: dict[str, object], missing: list[str]) -> None:
    assert missing_papers(Papers(**(IN_ORDER | differs)), POLICY) == missing  # type: ignore[arg-type]


def clock(applied_on: str, due_on: str | None, **more: object) -> Clock:
    return Clock(
        more.pop("rectification_class", RectificationClass.IMMEDIATE),  # type: ignore[arg-type]
        Status.VERIFIED,
        started_on=date(2026, 11, 2),
        registered_on=date(2026, 11, 2),
        due_on=None if due_on is None else date.fromisoformat(due_on),
        original_due_on=date(2026, 11, 10),
        applied_on=date.fromisoformat(applied_on),
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("applied_on", "due_on", "days_used", "days_over", "on_time", "on_time_original"),
    [
        ("2026-11-10", "2026-11-10", 8, 0, True, True),  # the last day counts whole
        ("2026-11-11", "2026-11-10", 9, 1, False, False),
        ("2026-11-11", "2026-11-20", 9, 0, True, False),  # in the extended time
    ],
)
def test_the_facts_are_judged_by_the_day_of_application(
    applied_on: str, due_on: str, days_used: int, days_over: int, on_time: bool, on_time_original: bool
) -> None:
    """Decisions 18 and 23."""
    facts = facts_of(clock(applied_on, due_on), 2)
    assert (facts.days_used, facts.days_over, facts.highest_level) == (days_used, days_over, 2)
    assert (facts.on_time, facts.on_time_original) == (on_time, on_time_original)


def test_suspended_days_are_not_counted() -> None:
    suspended = Suspensions.of(
        [(date(2026, 11, 4), date(2026, 11, 6)), (date(2026, 11, 12), date(2026, 11, 12))]
    )
    facts = facts_of(clock("2026-11-13", "2026-11-10", suspensions=suspended), 0)
    assert (facts.days_used, facts.suspended_days, facts.days_over) == (7, 4, 2)


def test_a_long_term_problem_has_no_last_day() -> None:
    facts = facts_of(clock("2026-11-13", None, rectification_class=RectificationClass.LONG_TERM), 1)
    assert (facts.days_over, facts.on_time, facts.on_time_original) == (None, None, None)


def test_without_an_application_there_are_no_facts() -> None:
    applied = clock("2026-11-13", "2026-11-10")
    with pytest.raises(ValueError, match="nothing was applied for"):
        facts_of(
            Clock(applied.rectification_class, applied.status, applied.started_on, applied.registered_on), 0
        )
