"""应运行的日期: the business date that a night without a stated one speaks for. DESIGN section 7."""

from dataclasses import dataclass
from datetime import date, datetime

from xiaohao.errors import WrongDate
from xiaohao.ledger import firings, runs, timers
from xiaohao.ledger.scopes import WHOLE
from xiaohao.ledger.writing import Ledger
from xiaohao.rules import business_date


@dataclass(frozen=True)
class Owing:
    """What the ledger owes at an instant: the night of `on`, or none, and then why in a sentence."""

    on: date
    last_night: date | None
    nothing: str = ""


def owed(ledger: Ledger, at: datetime) -> date:
    """The newest business date owed at the instant `at` (aware), never before the last night."""
    with ledger.reading() as r:
        return business_date.owed(at, runs.last_night(r))


def owing(ledger: Ledger, at: datetime, *, most_days: int) -> Owing:
    """What a night that nobody gave a date is to do at the instant `at` (aware).

    Nothing where its date is done already, with nothing left untold by a run that died after firing, or lies
    before the last night because the clock was set back. Raises WrongDate where it is more than `most_days`
    after the last night: no clock that was set ahead turns a district red. The first night of a ledger is
    owed whatever its date is.
    """
    on = business_date.owed(at)
    with ledger.reading() as r:
        last = runs.last_night(r)
        if last is None or last < on:
            _check_clock(last, on, most_days=most_days)
            return Owing(on, last)
        if last > on:
            said = f"{on} 早于上一次夜间运行的 {last}，没有运行。如果时钟被调慢了，请核对。"
            return Owing(on, last, said)
        if not timers.anything_due(r, WHOLE, on) and not firings.any_untold(r):
            return Owing(on, last, f"{on} 的夜间运行已经完成，没有再运行。")
    return Owing(on, last)


def last_night(ledger: Ledger, else_: date) -> date:
    """The business date of the last night that ran; `else_` before the first."""
    with ledger.reading() as r:
        return runs.last_night(r) or else_


def check_today(ledger: Ledger, today: date, *, most_days: int) -> None:
    """Raise WrongDate where today lies more than `most_days` after the last night: the clock may be wrong."""
    with ledger.reading() as r:
        _check_clock(runs.last_night(r), today, most_days=most_days)


def _check_clock(last_night: date | None, on: date, *, most_days: int) -> None:
    """Raise WrongDate for a date more than `most_days` after the last night."""
    if last_night is None or (days := (on - last_night).days) <= most_days:
        return
    raise WrongDate(
        f"上一次夜间运行是 {last_night}，离 {on} 有 {days} 天，超过了 {most_days} 天，没有自动运行，台账没有变化。"
        f"请先核对这台机器的时钟；时钟没有错，就手工运行一次：xiaohao nightly --date {on}"
    )
