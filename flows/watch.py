"""巡查: after each night, and not part of the engine. Only where all is well does a heartbeat go out."""

import logging
from datetime import date
from typing import Any

from prefect import flow, task
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from pydantic import BaseModel, ConfigDict, Field

from flows import artifacts, business_date, retrying
from flows.office import office
from xiaohao import bootstrap
from xiaohao.actions import watch as watching
from xiaohao.actions.watch import Watched

LOG = logging.getLogger("xiaohao.watch")


class WatchForm(BaseModel):
    """What may be said to a round of the watch; with nothing said it is about the night owed now."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="巡查")

    business_date: date | None = Field(
        default=None,
        title="业务日期",
        description=f"哪一天的夜间运行应当已经做完。{business_date.LEFT_EMPTY}",
    )
    heartbeat: bool = Field(
        default=True, title="发出心跳", description="一切正常时发出心跳；取消后只检查，不发心跳。"
    )


NOW = WatchForm()


@flow(name="巡查", persist_result=False)
def watch(form: WatchForm = NOW) -> State[Any]:
    """Check that the night ran and left nothing behind; Failed, and no heartbeat, where anything is wrong.

    Raises WrongDate, LedgerBusy, LedgerUnreachable.
    """
    done = look_round(form)
    return (
        Completed(message=done.headline) if done.well else Failed(message="；".join(watching.sentences(done)))
    )


@task(name="逐项检查", **retrying.OUTSIDE)
def look_round(form: WatchForm) -> Watched:
    """Every check, what is wrong written down, and the heartbeat."""
    with office() as here:
        done = watching.watch(
            here.ledger,
            bootstrap.watch_settings(here.settings),
            now=bootstrap.now(),
            on=form.business_date,
            beats=form.heartbeat,
        )
    for sentence in watching.sentences(done):
        LOG.log(logging.INFO if done.well else logging.ERROR, "%s", sentence)
    LOG.info("已记入台账第 %s 号运行", done.run)
    artifacts.of_watch(done)
    return done
