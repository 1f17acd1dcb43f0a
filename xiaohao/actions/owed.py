"""应运行的日期: the business date that a night without a stated one speaks for."""

from datetime import date, datetime

from xiaohao.ledger import runs
from xiaohao.ledger.writing import Ledger
from xiaohao.rules import business_date


def owed(ledger: Ledger, at: datetime) -> date:
    """The newest business date owed at the instant `at` (aware), never before the last night."""
    with ledger.reading() as r:
        return business_date.owed(at, runs.last_night(r))
