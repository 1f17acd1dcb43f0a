"""What a process does that delivers, and is killed at it."""

from pathlib import Path

from digest_builders import TONIGHT

from notifiers.choose import ChannelSettings
from xiaohao.actions.deliver import deliver
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.writing import Ledger
from xiaohao.rules.delivery import DeliveryRules
from xiaohao.vocabulary import Channel


def deliver_all(database: str, webhook: str) -> None:
    """One pass over the outbox of a database, to a webhook, without a cap."""
    settings = ChannelSettings(
        order=(Channel.WEBHOOK,), notices_folder=Path("notices"), webhook_url=webhook, webhook_secret="s"
    )
    deliver(Ledger(open_engine(database)), TONIGHT, settings, DeliveryRules(most_a_day=0))
