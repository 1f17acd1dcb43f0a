"""The only list of deployments: which flow, at what time in Shanghai, and what happens where one runs already."""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from flows import forms
from xiaohao.rules import business_date

WAITS = ConcurrencyLimitStrategy.ENQUEUE
GIVES_WAY = ConcurrencyLimitStrategy.CANCEL_NEW


@dataclass(frozen=True)
class Planned:
    """One deployment. `flow` is module and function, `called` its name on the page.

    `cron` is None for one that runs by hand, or that another run starts. `when_busy` None means that any
    number of its runs may go side by side, else one.
    """

    flow: str
    called: str
    name: str
    cron: str | None
    when_busy: ConcurrencyLimitStrategy | None
    tags: tuple[str, ...]
    description: str

    @property
    def full_name(self) -> str:
        """Flow and deployment, as Prefect names it: 夜间运行/nightly."""
        return f"{self.called}/{self.name}"

    def load(self) -> Flow[..., Any]:
        """The flow itself."""
        module, _, function = self.flow.partition(":")
        found: Flow[..., Any] = getattr(importlib.import_module(module), function)
        return found


NIGHTLY = Planned(
    "flows.nightly:nightly",
    "夜间运行",
    "nightly",
    f"0 {business_date.BEGINS_AT} * * *",
    WAITS,
    ("夜间",),
    "每天凌晨 2 点核对全部时限：到期前预警，过期逐级督办，复核通过的写为已销号，并通知到人。\n\n"
    "手动运行时什么都不填，就是最近一个应运行的日期；那一天已经做完就马上结束。",
)
DELIVER = Planned(
    "flows.deliver:deliver",
    "发送通知",
    "deliver",
    "3-28/5,33-58/5 * * * *",
    GIVES_WAY,
    ("通知",),
    "每 5 分钟发送一次待发的通知，整点和半点避开；每份试一次，没有成功的按间隔再试。",
)
WATCH = Planned(
    "flows.watch:watch",
    "巡查",
    "watch",
    "0 3 * * *",
    GIVES_WAY,
    ("巡查",),
    "每天凌晨 3 点，夜间运行之后巡查：漏跑、漏报、未送达、对不上的数、磁盘空间；一切正常才发出心跳。",
)
VERIFY_TRAIL = Planned(
    "flows.verify_trail:verify_trail",
    "核对留痕",
    "verify-trail",
    "40 4 * * *",
    GIVES_WAY,
    ("留痕",),
    "每天凌晨 4 点 40 分核对留痕：由每一条留痕重新算出根，与封存的检查点比对。",
)
RECHECK = Planned(
    "flows.recheck:recheck",
    "重新核查",
    "recheck",
    None,
    WAITS,
    ("手动",),
    "手动重新核查：按编号、按单位或全部，重新计算时限和亮灯。只写台账，不发通知，由下一次夜间运行一并通知。",
)
ALL = (NIGHTLY, DELIVER, WATCH, VERIFY_TRAIL, RECHECK)
FIRE_SCOPE = Planned(
    "flows.fire_scope:fire_scope",
    "触发到期事项",
    "fire-scope",
    None,
    None,
    ("夜间",),
    "夜间运行分给工作池的一块：只核对时限、亮灯和销号，不通知。由夜间运行自动发起，一般不必手动运行。",
)
"""A night's scope as a run of its own: only where there is a work pool (`flows.pool`)."""


def planned(*, work_pool: bool) -> tuple[Planned, ...]:
    """What is deployed, with or without a work pool."""
    return (*ALL, FIRE_SCOPE) if work_pool else ALL


def deployments(*, work_pool: str | None = None) -> Iterator[RunnerDeployment]:
    """Every deployment, to be served by a process, or by the workers of a pool."""
    for each in planned(work_pool=work_pool is not None):
        yield forms.in_chinese(
            RunnerDeployment.from_flow(
                each.load(),
                each.name,
                schedule=None if each.cron is None else Cron(each.cron, timezone=business_date.ZONE.key),
                tags=list(each.tags),
                description=each.description,
                concurrency_limit=_limit(each),
                entrypoint_type=EntrypointType.MODULE_PATH,
                work_pool_name=work_pool,
            )
        )


def _limit(each: Planned) -> ConcurrencyLimitConfig | None:
    if each.when_busy is None:
        return None
    return ConcurrencyLimitConfig(limit=1, collision_strategy=each.when_busy)
