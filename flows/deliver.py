"""发送通知: what may go out now, at any hour."""

import logging

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows import artifacts, retrying
from flows.office import office
from xiaohao import bootstrap
from xiaohao.actions import deliver as delivering
from xiaohao.actions.deliver import Sent

LOG = logging.getLogger("xiaohao.deliver")


@flow(name="发送通知", persist_result=False)
def deliver() -> None:
    """Send every notice that may go out now, held ones left alone; each is tried once."""
    send()


@task(name="发送", cache_policy=NO_CACHE, persist_result=False, **retrying.OUTSIDE)
def send() -> Sent:
    """One pass over the outbox."""
    with office() as here:
        sent = delivering.deliver(here.ledger, bootstrap.today(), here.channels)
    LOG.info("发送通知 %d 份", sent.tried)
    failures = list(dict.fromkeys(sent.failures))
    for why in failures:
        LOG.warning("有通知没有送达：%s", why)
    artifacts.of_delivery([(state.label, str(n)) for state, n in sent.counts.items()], failures)
    return sent
