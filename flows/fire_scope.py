"""触发到期事项: the due timers of one scope, in one transaction; a task of the night, or a run of its own.

A night over a work pool (`flows.pool`) starts one such run a scope; any worker may take it.
"""

import logging
from datetime import date
from typing import Any

from prefect import flow, runtime, task
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from pydantic import BaseModel, ConfigDict, Field

from flows import business_date, retrying
from flows.office import office
from xiaohao.actions import night
from xiaohao.actions.night import FiredCounts
from xiaohao.ledger.scopes import Scope

LOG = logging.getLogger("xiaohao.nightly")
SET_ASIDE = "SetAside"
"""The name of the state of a run that did its work but for states set aside; its message says which, a line each."""


class ScopeForm(BaseModel):
    """What may be said to a run of one scope; with nothing said it is the whole district on the newest date owed."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="触发到期事项")

    business_date: date | None = Field(
        default=None,
        title="业务日期",
        description=f"这次运行所对应的日期。{business_date.LEFT_EMPTY}",
    )
    scope: str = Field(
        default="",
        title="范围",
        description="单位的编码或全称，连同它下级的单位；留空即为全区。夜间运行分块时填的是单位路径。",
    )
    name: str = Field(
        default="", title="范围名称", description="运行记录里怎样称呼这个范围。手动运行时不用填。"
    )


WHOLE_DISTRICT = ScopeForm()


def name_of_run() -> str:
    """What the run is called among runs."""
    form = runtime.flow_run.parameters.get("form") or WHOLE_DISTRICT
    said = form.model_dump() if isinstance(form, ScopeForm) else form
    where = said.get("name") or said.get("scope") or "全区"
    return f"触发到期事项 {where} {said.get('business_date') or '（应运行的日期）'}"


@flow(name="触发到期事项", flow_run_name=name_of_run, persist_result=False)
def fire_scope(form: ScopeForm = WHOLE_DISTRICT) -> State[Any]:
    """Closings and timers of one scope; nobody is told, that is left to the night or to the next one.

    Ends Completed, or Failed by the name SET_ASIDE where states were set aside and the rest is done.
    Raises WrongDate, NotFound, LedgerBusy, LedgerUnreachable.
    """
    owing = business_date.owing(form.business_date)
    if owing.nothing:
        return Completed(message=owing.nothing)
    with office() as here:
        scope = night.scope_of(here.ledger, form.scope, form.name)
    done = fire(owing.on, scope)
    if done.set_aside:
        return Failed(name=SET_ASIDE, message="\n".join(done.set_aside))
    return Completed(message=sentence(scope, done))


@task(name="触发到期事项", **retrying.OUTSIDE)
def fire(on: date, scope: Scope) -> FiredCounts:
    """Closings and timers of one scope, in one transaction."""
    with office() as here:
        done = night.fire(here.ledger, on, scope)
    LOG.info("%s", sentence(scope, done))
    for why in done.set_aside:
        LOG.error("%s", why)
    return done


def sentence(scope: Scope, done: FiredCounts) -> str:
    """What one scope's part of a night did."""
    return f"范围“{scope.name}”：到点 {done.fired} 件，亮黄灯 {done.yellow}，亮红灯 {done.red}，销号 {done.closed}"


def first_line(said: object) -> str:
    """What an error, or the message of a state, says, without the statement and values that a database adds below."""
    return (str(said) or type(said).__name__).splitlines()[0]
