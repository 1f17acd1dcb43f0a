"""发送通知: what may go out now, at any hour."""

import logging

from prefect import flow, task
from pydantic import BaseModel, ConfigDict, Field

from flows import answers, artifacts, retrying
from flows.office import office
from xiaohao import bootstrap
from xiaohao.actions import deliver as delivering
from xiaohao.actions.deliver import Sent
from xiaohao.vocabulary import Channel

LOG = logging.getLogger("xiaohao.deliver")


class DeliverForm(BaseModel):
    """Which notices are sent; with nothing said all that may go out now."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="发送通知")

    channels: tuple[Channel, ...] = Field(
        default=(), title="通知渠道", description="只发这些渠道的通知。留空就发全部已启用的渠道。"
    )


EVERYTHING = DeliverForm()


@flow(name="发送通知", persist_result=False)
def deliver(form: DeliverForm = EVERYTHING) -> None:
    """Send every notice that may go out now, held ones left alone; each is tried once."""
    send(form)


@task(name="发送", **retrying.OUTSIDE)
def send(form: DeliverForm) -> Sent:
    """One pass over the outbox."""
    with answers.told(), office() as here:
        rules = bootstrap.delivery_rules(here.settings)
        sent = delivering.deliver(
            here.ledger,
            bootstrap.today(),
            here.channels,
            rules,
            only=form.channels,
            progress=lambda count: LOG.info("已发送 %d 份", count),
        )
    LOG.info("发送通知 %d 份", sent.tried)
    failures = list(dict.fromkeys(sent.failures))
    for why in failures:
        LOG.warning("有通知没有送达：%s", why)
    for why in sent.gave_up:
        LOG.warning("%s", why)
    for word in sent.parked:
        LOG.error("渠道“%s”的设置有问题，已停用；详见 xiaohao status", word.label)
    artifacts.of_delivery(
        [(state.label, str(n)) for state, n in sent.counts.items()], failures, runs=here.ledger.runs
    )
    answers.answer(delivering.told_of(sent))
    return sent
