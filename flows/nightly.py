"""夜间运行: fire (one task a scope) → compose → seal → deliver → report. DESIGN section 7."""

import logging
from collections.abc import Sequence
from datetime import date
from typing import Any

from prefect import flow, runtime, task
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import BaseModel, ConfigDict, Field

from flows import artifacts, business_date, retrying
from flows.fire_scope import SET_ASIDE, fire, first_line
from flows.office import office
from xiaohao import bootstrap
from xiaohao.actions import deliver as delivering
from xiaohao.actions import night, night_report, show_run, whole_night
from xiaohao.actions import seal as sealing
from xiaohao.actions.deliver import Sent
from xiaohao.actions.night import Composed, FiredCounts
from xiaohao.actions.whole_night import Night
from xiaohao.ledger.scopes import Scope
from xiaohao.ledger.trail import Head

LOG = logging.getLogger("xiaohao.nightly")


class NightForm(BaseModel):
    """What may be said to a night; with nothing said it is the newest one owed."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="夜间运行")

    business_date: date | None = Field(
        default=None,
        title="业务日期",
        description=f"这次运行所对应的日期。{business_date.LEFT_EMPTY}",
    )
    held: bool = Field(
        default=False,
        title="通知暂缓发出",
        description="写好的通知先不发出，核对后用 xiaohao outbox release 放行。",
    )


OWED = NightForm()
THREADS: Any = ThreadPoolTaskRunner(max_workers=night.MOST_AT_ONCE)


class Handed:
    """A night handed from one part of the flow to the next: Prefect walks through values, not through this.

    For a night that told 30,000 problems the walk took 6 s.
    """

    def __init__(self, night: Night) -> None:
        self.night = night


class NightIncomplete(Exception):
    """夜间运行没有全部完成。"""

    def __init__(self, done: Night) -> None:
        super().__init__("；".join((*done.failed, *done.set_aside)))
        self.night = done


def name_of_run() -> str:
    """What the run is called among runs."""
    form = runtime.flow_run.parameters.get("form") or OWED
    asked = form.business_date if isinstance(form, NightForm) else form.get("business_date")
    return f"夜间运行 {asked or '（应运行的日期）'}"


@flow(name="夜间运行", flow_run_name=name_of_run, persist_result=False, task_runner=THREADS)
def nightly(form: NightForm = OWED) -> State[Any]:
    """Everything that the calendar makes happen on one business date, once.

    Ends Completed with the night Handed over, or Failed with NightIncomplete where a scope failed or a state
    was set aside (only that: by the name SET_ASIDE); the rest is done all the same, and the next run takes
    what is left. Raises WrongDate, LedgerBusy, LedgerUnreachable.
    """
    owing = business_date.owing(form.business_date)
    if owing.nothing:
        return Completed(message=owing.nothing)
    on = owing.on
    bar = artifacts.Progress("night-progress", f"{on} 夜间运行的进度")
    parts = scopes(on)
    missed = look_back(on, len(parts) > 1)
    bar.at(5, 100)
    counts, failed = fire_all(on, parts)
    bar.at(60, 100)
    composed = compose(on, form.held)
    bar.at(75, 100)
    head = seal()
    sent = deliver(on)
    bar.at(95, 100)
    done = whole_night.night_of(on, missed, counts, composed, head, sent, failed)
    report(Handed(done))
    bar.at(100, 100)
    if done.is_whole:
        return Completed(message=night_report.headline(done), data=Handed(done))
    incomplete = NightIncomplete(done)
    return Failed(name=None if failed else SET_ASIDE, message=str(incomplete), data=incomplete)


def scopes(on: date) -> Sequence[Scope]:
    """What is fired in one transaction each: the whole district, or its parts where the settings say so."""
    with office() as here:
        return night.scopes(here.ledger, here.settings.scopes, on)


def fire_all(on: date, scopes: Sequence[Scope]) -> tuple[FiredCounts, list[str]]:
    """Every scope: over the work pool where one is set, else in tasks side by side; on SQLite one by one.

    What they did together, and a sentence for each that failed: one that fails stops no other.
    """
    with office() as here:
        over_pool = bool(here.settings.work_pool) and len(scopes) > 1
        alone = night.side_by_side(here.ledger, scopes) == 1
    if over_pool:
        from flows import pool  # with it comes what deploys, which no other night needs

        if (fired := pool.fire_all(on, scopes)) is not None:
            return fired
    if alone:
        return counted(scopes, [fire(on, scope, return_state=True) for scope in scopes])
    under_way = [fire.submit(on, scope) for scope in scopes]
    for each in under_way:
        each.wait()
    return counted(scopes, [each.state for each in under_way])


def counted(scopes: Sequence[Scope], fired: Sequence[State[FiredCounts]]) -> tuple[FiredCounts, list[str]]:
    """What the scopes did together, and a sentence for each that failed."""
    total, failed = FiredCounts(), []
    for scope, state in zip(scopes, fired, strict=True):
        done = state.result(raise_on_failure=False)
        if isinstance(done, FiredCounts):
            total.add(done)
        else:
            failed.append(f"范围“{scope.name}”没有完成：{first_line(done)}")
    return total, failed


@task(name="查漏跑的日期", **retrying.OUTSIDE)
def look_back(on: date, note: bool) -> list[date]:
    """The business dates before `on` that did not run; `note` writes them down before several scopes fire."""
    with office() as here:
        missed = (night.note_missed if note else night.missed)(here.ledger, on)
    if missed:
        LOG.warning("漏跑 %d 天（%s 至 %s），这次一并补上", len(missed), missed[0], missed[-1])
    return missed


@task(name="拟写通知", **retrying.OUTSIDE)
def compose(on: date, held: bool) -> Composed:
    """Every step untold, one notice a recipient, in one transaction over all scopes."""
    with office() as here:
        page = here.settings.page_url
        done = night.compose(here.ledger, on, here.channels, page_url=page, held=held)
    LOG.info("写好通知 %d 份，讲到 %d 件问题；无人可报 %d 件", done.notices, done.told, done.untold)
    return done


@task(name="封存留痕", **retrying.OUTSIDE)
def seal() -> Head:
    """The root of the trail's tree, written down where it has grown."""
    with office() as here:
        head = sealing.seal(here.ledger)
    LOG.info("留痕 %d 条，根 %s", head.size, head.root)
    return head


@task(name="发送通知", **retrying.OUTSIDE)
def deliver(on: date) -> Sent:
    """What may go out now."""
    with office() as here:
        rules = bootstrap.delivery_rules(here.settings)
        sent = delivering.deliver(
            here.ledger,
            on,
            here.channels,
            rules,
            progress=lambda count: LOG.info("已发送 %d 份", count),
        )
    LOG.info("发送通知 %d 份", sent.tried)
    for why in dict.fromkeys(sent.failures):
        LOG.warning("有通知没有送达：%s", why)
    return sent


@task(name="写报告", **retrying.OUTSIDE)
def report(done: Handed) -> None:
    """The report that the operator reads: a file, and artifacts of this run."""
    with office() as here:
        lights = night_report.lights(here.ledger)
        night_report.write(here.settings.reports, done.night, lights)
        runs = show_run.of_night(here.ledger, done.night.business_date)
    artifacts.of_night(done.night, lights, runs)
