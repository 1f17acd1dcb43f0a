"""What every act on one problem has in common: who may, on which day, and what its clock becomes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from xiaohao.errors import WrongDate
from xiaohao.ledger import posts, problems
from xiaohao.ledger.closings import open_closing
from xiaohao.ledger.problems import Case, Change
from xiaohao.ledger.tables import CALL_BACK, CLOSING, EVIDENCE, EXTENSION, PROGRESS, SUSPENSION
from xiaohao.ledger.writing import Ledger, Writing
from xiaohao.rules import authority, life
from xiaohao.rules import clock as clocks
from xiaohao.rules.authority import Person
from xiaohao.rules.life import Who
from xiaohao.vocabulary import Action

BESIDE_THE_CLOCK = frozenset(
    {Action.CORRECT, Action.MEASURE, Action.EVIDENCE, Action.CALL_BACK, Action.DECIDE_CALL_BACK}
)
"""Acts that leave the clock alone, so that their day need only lie within the round."""


@dataclass(frozen=True)
class Act:
    """One act under way: the open transaction and the case under lock."""

    w: Writing
    case: Case

    @property
    def rules(self) -> clocks.Rules:
        """The policy and the calendar that the problem's clock goes by."""
        return self.w.rules(self.case.clock.policy_id, self.case.clock.calendar_version)

    def writes(
        self,
        change: clocks.Change | None = None,
        *,
        stops_clock: bool = True,
        columns: Mapping[str, Any] | None = None,
        parts: Mapping[str, Sequence[dict[str, Any]]] | None = None,
        why: Mapping[str, Any] | None = None,
        rules: clocks.Rules | None = None,
    ) -> None:
        """Write the case with its clock changed, and columns and parts beside it.

        Without `change` the clock is left as it is.
        """
        acted = None
        if change is not None:
            acted = self.case.acted(change, self.rules, on=self.w.on, new=rules, stops_clock=stops_clock)
        self.puts(acted, columns=columns, parts=parts, why=why)

    def puts(
        self,
        acted: clocks.Acted | None,
        *,
        columns: Mapping[str, Any] | None = None,
        parts: Mapping[str, Sequence[dict[str, Any]]] | None = None,
        why: Mapping[str, Any] | None = None,
    ) -> None:
        """Write the case with what the rules have made of its clock already; None leaves the clock."""
        row = self.case.row | ({} if acted is None else problems.columns_of(acted.clock))
        problems.write(self.w, [Change(self.case, row | dict(columns or {}), acted, parts or {}, why or {})])


@contextmanager
def acting(ledger: Ledger, action: Action, number: str, *, by: Person, on: date) -> Iterator[Act]:
    """Open an act on one problem: locked, its move allowed, its day in order.

    Raises NotFound, MoveNotAllowed, WrongDate, LedgerBusy; the ledger is then unchanged.
    """
    with ledger.writing(action, by=by, on=on, begins_clock=action is Action.REOPEN) as w:
        case = problems.find(w, number, lock=True)
        life.check(action, case.clock.status, case.number)
        rank = _applicant_rank(w, case) if life.MOVES[action].who is Who.SECOND else None
        authority.check(action, by, unit_path=case.unit_path, number=case.number, applicant_rank=rank)
        check_day(case, action, on)
        yield Act(w, case)


def _applicant_rank(w: Writing, case: Case) -> int | None:
    """The rank of the applicant's posts in the problem's line on the day of application."""
    closing = open_closing(case)
    held = posts.standings(w, closing["applied_by"], closing["applied_on"])
    return authority.rank(held, case.unit_path)


def check_day(case: Case, action: Action, on: date) -> None:
    """Raise WrongDate where the act would count before what it builds on.

    Every act counts from the day of registration (or reopening) on, and not before an
    application, its return or its verification; one that sets the clock not before an earlier
    one that did; an application and its verification not before the papers that they build on.
    Backdating before a night is in order (2).
    """
    days = _days_of_closing(case)
    if action not in BESIDE_THE_CLOCK:
        days += _days_of_clock(case)
    if action in (Action.APPLY, Action.VERIFY):
        days += _days_of_papers(case)
    before = max(days)
    if on < before:
        raise WrongDate(
            f"问题 {case.number} 在 {before} 已有登记或办理记录，“{action.label}”的日期不能早于这一天（所给为 {on}）。"
            "台账没有变化。"
        )


def _days_of_closing(case: Case) -> list[date]:
    names = ("applied_on", "returned_on", "verified_on", "closed_on")
    days = [row[name] for row in case.of_round(CLOSING) for name in names if row[name] is not None]
    return [case.clock.registered_on, *days]


def _days_of_clock(case: Case) -> list[date]:
    clock = case.clock
    found = [clock.taken_up_on, clock.reviews_from]
    found += [row["on"] for row in case.of_round(PROGRESS)]
    found += [day for row in case.of_round(EXTENSION) for day in (row["asked_on"], row["decided_on"])]
    found += [row["granted_on"] for row in case.of_round(SUSPENSION)]
    return [day for day in found if day is not None]


def _days_of_papers(case: Case) -> list[date]:
    found = [row["on"] for row in case.of_round(EVIDENCE)]
    found += [day for row in case.of_round(CALL_BACK) for day in (row["on"], row["decided_on"])]
    return [day for day in found if day is not None]


def check_not_future(on: date, *, today: date) -> None:
    """Raise WrongDate for a day later than `today` in Shanghai; the edge asks before it acts."""
    if on > today:
        raise WrongDate(f"日期 {on} 晚于今天（{today}），只能办理今天及以前的事项。台账没有变化。")


def person(ledger: Ledger, code: str, on: date) -> Person:
    """Who acts, by his code (工号). Raises WrongUsage without one, NotFound where there is nobody."""
    with ledger.reading() as r:
        return posts.person(r, code, on)
