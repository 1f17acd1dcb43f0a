"""What every act on one problem has in common: who may, on which day, and what its clock becomes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from xiaohao.errors import WrongDate
from xiaohao.ledger import posts, problems
from xiaohao.ledger.problems import Case, Change
from xiaohao.ledger.writing import Ledger, Writing
from xiaohao.rules import authority, life
from xiaohao.rules import clock as clocks
from xiaohao.rules.authority import Person
from xiaohao.vocabulary import Action


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
        case, row, acted = self.case, self.case.row, None
        if change is not None:
            acted = clocks.act(
                case.clock,
                case.known,
                change,
                old=self.rules,
                new=rules or self.rules,
                on=self.w.on,
                stops_clock=stops_clock,
            )
            row = row | problems.columns_of(acted.clock)
        problems.write(self.w, [Change(case, row | dict(columns or {}), acted, parts or {}, why or {})])


@contextmanager
def acting(
    ledger: Ledger, action: Action, number: str, *, by: Person, on: date, rank: int | None = None
) -> Iterator[Act]:
    """Open an act on one problem: locked, its move allowed, its day in order.

    `rank` is that of an applicant, for the second person's moves. Raises NotFound,
    MoveNotAllowed, WrongDate, LedgerBusy; the ledger is then unchanged.
    """
    with ledger.writing(action, by=by, on=on) as w:
        case = problems.find(w, number, lock=True)
        life.check(action, case.clock.status, case.number)
        authority.check(action, by, unit_path=case.unit_path, number=case.number, applicant_rank=rank)
        check_day(case, action, on)
        yield Act(w, case)


def check_day(case: Case, action: Action, on: date) -> None:
    """Raise WrongDate where the act would count before what it builds on."""
    clock = case.clock
    before = max(day for day in (clock.registered_on, clock.applied_on, clock.verified_on) if day is not None)
    if on < before:
        raise WrongDate(
            f"问题 {case.number} 在 {before} 已有登记或办理记录，{action.label}的日期不能早于这一天（所给为 {on}）。"
            "台账没有变化。"
        )


def person(ledger: Ledger, code: str, on: date) -> Person:
    """Who acts, by his code (工号). Raises WrongUsage without one, NotFound where there is nobody."""
    with ledger.reading() as r:
        return posts.person(r, code, on)
