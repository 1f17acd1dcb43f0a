"""The example ledger in a database, and its nights: what several tests begin with."""

from datetime import date
from pathlib import Path

import sqlalchemy as sa

from notifiers.choose import ChannelSettings
from xiaohao.actions import night, set_up
from xiaohao.actions.import_workbook import import_files
from xiaohao.ledger.writing import Ledger
from xiaohao.vocabulary import Channel

EXAMPLE = Path(__file__).parents[1] / "examples" / "hualong-2023.xlsx"
FIRST = date(2023, 9, 28)
ROUTES = ChannelSettings(order=(Channel.FILE,), notices_folder=Path("notices"))


def district_with_the_example(engine: sa.Engine) -> Ledger:
    ledger = Ledger(engine)
    set_up.set_up(ledger)
    assert import_files(ledger, [EXAMPLE], on=FIRST).written
    return ledger


def runs(ledger: Ledger, on: date) -> None:
    night.fire(ledger, on)
    night.compose(ledger, on, ROUTES)
