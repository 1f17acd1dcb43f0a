"""A process that delivers, to be killed: `python tests/crash/delivering.py <database> <webhook>`."""

import sys
from pathlib import Path

from digest_builders import TONIGHT

from notifiers.choose import ChannelSettings
from xiaohao.actions.deliver import deliver
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.writing import Ledger
from xiaohao.rules.delivery import DeliveryRules
from xiaohao.vocabulary import Channel

database, webhook = sys.argv[1:]
settings = ChannelSettings(
    order=(Channel.WEBHOOK,), notices_folder=Path("notices"), webhook_url=webhook, webhook_secret="s"
)
print("ready", flush=True)
deliver(Ledger(open_engine(database)), TONIGHT, settings, DeliveryRules(most_a_day=0))
