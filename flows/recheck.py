"""重新核查: by hand, at any hour; tells nobody, the next night does."""

import logging
from datetime import date

from prefect import flow, task
from pydantic import BaseModel, ConfigDict, Field

from flows import answers, artifacts, retrying
from flows.office import Office, office
from xiaohao import bootstrap
from xiaohao.actions import owed
from xiaohao.actions import recheck as rechecking
from xiaohao.actions.recheck import Rechecked
from xiaohao.errors import WrongDate

LOG = logging.getLogger("xiaohao.recheck")


class RecheckForm(BaseModel):
    """Which problems are rechecked; with nothing said all that are open."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="重新核查")

    numbers: tuple[str, ...] = Field(
        default=(), title="问题编号", description="只核查这些问题，如 HL-2023-0007。留空则看下一项。"
    )
    unit: str | None = Field(
        default=None,
        title="单位",
        description="单位全称或编码，连同其下级单位。问题编号和单位都留空，就核查全部未销号的问题。",
    )
    business_date: date | None = Field(
        default=None, title="核查日期", description="按哪一天核查。留空即为今天，不能晚于今天。"
    )
    dry_run: bool = Field(default=False, title="试运行", description="只看会有什么变化，不写入。")


EVERYTHING = RecheckForm()


@flow(name="重新核查", persist_result=False)
def recheck(form: RecheckForm = EVERYTHING) -> None:
    """Work timetables out anew, fire what is due, close what is verified.

    Raises WrongUsage where both numbers and a unit are given, NotFound, WrongDate, LedgerBusy,
    LedgerUnreachable.
    """
    look_again(form)


@task(name="核查", **retrying.OUTSIDE)
def look_again(form: RecheckForm) -> Rechecked:
    """One transaction over the problems of the form."""
    bar = artifacts.Progress("recheck-progress", "已核查的问题")
    with answers.told(), office() as here:
        done = rechecking.recheck(
            here.ledger,
            on=day_of(form, here),
            numbers=form.numbers,
            unit=form.unit or None,  # a field that was filled and emptied
            everything=not form.numbers and not form.unit,
            dry_run=form.dry_run,
            progress=bar.at,
        )
    LOG.info("核查 %d 件，有变化 %d 件", done.checked, len(done.changed))
    artifacts.of_recheck(done, dry_run=form.dry_run, runs=here.ledger.runs)
    answers.answer(done)
    return done


def day_of(form: RecheckForm, here: Office) -> date:
    """The day asked for, else today. Raises WrongDate for a later one, or a clock that is far ahead."""
    today = bootstrap.today()
    if form.business_date is None:
        owed.check_today(here.ledger, today, most_days=here.settings.most_days_owed)
    elif form.business_date > today:
        raise WrongDate(f"日期 {form.business_date} 晚于今天（{today}），不能提前核查。台账没有变化。")
    return form.business_date or today
