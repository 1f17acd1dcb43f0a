"""核对留痕: every day the tree is recomputed from the leaves and compared with its head and every checkpoint."""

import logging
from typing import Any

from prefect import flow, task
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from pydantic import BaseModel, ConfigDict, Field

from flows import artifacts, retrying
from flows.office import office
from xiaohao import bootstrap
from xiaohao.actions import verify_trail as verifying
from xiaohao.actions.verify_trail import Verified

LOG = logging.getLogger("xiaohao.verify_trail")


class VerifyTrailForm(BaseModel):
    """What the trail is held against beside its own checkpoints; with nothing said, those alone."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="核对留痕")

    size: int | None = Field(
        default=None,
        ge=1,
        title="对照的条数",
        description="以前记下的检查点，如通知末尾的“留痕检查点 1842·9f3c61d0”，点号前是当时留痕的条数。"
        "留空则只对照台账自己的检查点。",
    )
    root: str = Field(
        default="",
        title="对照的根",
        description="点号后的根，或它的前若干位（至少 8 位）。与“对照的条数”同时填写。",
    )


OWN_CHECKPOINTS = VerifyTrailForm()


@flow(name="核对留痕", persist_result=False)
def verify_trail(form: VerifyTrailForm = OWN_CHECKPOINTS) -> State[Any]:
    """Recompute every leaf and the root; Failed where anything does not fit.

    Raises WrongUsage where only half a checkpoint is given, LedgerBusy, LedgerUnreachable.
    """
    done = recompute(form)
    return (
        Completed(message=done.headline)
        if done.well
        else Failed(message="；".join(verifying.sentences(done)))
    )


@task(name="逐条核对", **retrying.OUTSIDE)
def recompute(form: VerifyTrailForm) -> Verified:
    """One pass over the trail."""
    claim = verifying.claim_of(form.size, form.root)
    bar = artifacts.Progress("verify-trail-progress", "已核对的留痕")
    with office() as here:
        done = verifying.verify_trail(here.ledger, on=bootstrap.today(), claim=claim, progress=bar.at)
    for sentence in verifying.sentences(done):
        LOG.log(logging.INFO if done.well else logging.ERROR, "%s", sentence)
    LOG.info("已记入台账第 %s 号运行", done.run)
    artifacts.of_verification(done)
    return done
