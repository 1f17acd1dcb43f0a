"""The business date of a run: the one that its form asks for, else what the ledger owes."""

import logging
from datetime import UTC, date, datetime

from prefect import runtime

from flows.office import office
from xiaohao import bootstrap
from xiaohao.actions import night, owed
from xiaohao.actions.owed import Owing

LEFT_EMPTY = "留空即为最近一个应运行的日期（凌晨 2 点以后是当天，之前是前一天）。"
"""What a form says of a date that is not given."""
LOG = logging.getLogger("xiaohao.nightly")


def owing(asked: date | None) -> Owing:
    """The business date asked for, else what the ledger owes: the newest night, or nothing. Raises WrongDate."""
    with office() as here:
        if asked is None:
            found = owed.owing(here.ledger, _instant(), most_days=here.settings.most_days_owed)
        else:
            found = Owing(asked, None)
        if not found.nothing:
            night.check_date(here.ledger, found.on, today=bootstrap.today())
    LOG.info("%s", found.nothing or f"业务日期 {found.on}")
    return found


def _instant() -> datetime:
    """Now, or the planned start where the clock of this machine lags behind it."""
    planned = runtime.flow_run.scheduled_start_time
    now = datetime.now(UTC)
    return now if planned is None else max(now, planned)
