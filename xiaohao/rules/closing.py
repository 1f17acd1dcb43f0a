"""What a closing freezes, and what it still misses. DESIGN section 4.6, decisions 18 and 23."""

from dataclasses import dataclass
from datetime import date

from xiaohao.rules.clock import Clock
from xiaohao.rules.policy import Policy
from xiaohao.vocabulary import CallBackOutcome, RectificationClass, Source

TO_BE_DECIDED = frozenset({CallBackOutcome.EXPLAINED, CallBackOutcome.NOT_FEASIBLE})
"""Outcomes of a call-back that count once a higher unit has decided them."""


@dataclass(frozen=True)
class ClosingFacts:
    """What is frozen when 销号 is written (23).

    Days are calendar days without suspended ones; `days_over`, `on_time` and
    `on_time_original` are None for long-term problems and where there is no last day.
    """

    days_used: int
    suspended_days: int
    days_over: int | None
    highest_level: int
    on_time: bool | None
    on_time_original: bool | None


def facts_of(clock: Clock, highest_level: int) -> ClosingFacts:
    """The facts of a verified closing; judged by the day of its application (18).

    `highest_level` is the highest escalation recorded in this round, withdrawn ones included.
    Raises ValueError where nothing was applied for.
    """
    applied = clock.applied_on
    if applied is None:
        raise ValueError("nothing was applied for")
    suspended = clock.suspensions.days_between(clock.started_on, applied)
    used = (applied - clock.started_on).days - suspended
    dated = clock.rectification_class is not RectificationClass.LONG_TERM
    due = clock.due_on if dated else None
    original = clock.original_due_on if dated else None
    over = None
    if due is not None:
        over = max(0, (applied - due).days - clock.suspensions.days_between(due, applied))
    return ClosingFacts(
        days_used=used,
        suspended_days=suspended,
        days_over=over,
        highest_level=highest_level,
        on_time=_in_time(applied, due),
        on_time_original=_in_time(applied, original),
    )


def _in_time(applied: date, due: date | None) -> bool | None:
    return None if due is None else applied <= due


@dataclass(frozen=True)
class Papers:
    """What stands behind an application: measures not done, evidence, and the last call-back."""

    source: Source | None
    open_measures: tuple[str, ...]
    evidence: int
    call_back: CallBackOutcome | None
    call_back_decided: bool


def missing_papers(papers: Papers, policy: Policy) -> list[str]:
    """Everything that a closing still misses, in words that an official understands (DESIGN 4.6)."""
    missing = [f"整改措施“{_short(text)}”未完成" for text in papers.open_measures]
    if not papers.evidence:
        missing.append("没有佐证材料（至少一份）")
    if papers.source is not None and papers.source in policy.call_back_sources:
        missing += _missing_call_back(papers, papers.source)
    return missing


def _missing_call_back(papers: Papers, source: Source) -> list[str]:
    match papers.call_back:
        case None:
            return [f"来源为“{source.label}”的问题要先回访"]
        case CallBackOutcome.SATISFIED:
            return []
        case CallBackOutcome.DISSATISFIED:
            return ["最近一次回访结果为不满意"]
        case outcome:
            decided = papers.call_back_decided
            return [] if decided else [f"回访结果“{outcome.label}”须由上级单位认定"]


def _short(text: str) -> str:
    return text if len(text) <= 20 else text[:20] + "…"
