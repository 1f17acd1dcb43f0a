"""Tasks that may be repeated: each is one transaction that finds what is left to do, and is never spared by a cache."""

from typing import Any, TypedDict

from prefect.cache_policies import NO_CACHE, CachePolicy
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from xiaohao.errors import Unreachable


class Repeated(TypedDict):
    """What `@task` is told of a task that may be repeated."""

    cache_policy: CachePolicy
    persist_result: bool
    retries: int
    retry_delay_seconds: list[float]
    retry_condition_fn: Any


def is_outside(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether a task failed for want of something outside: only then may another try help."""
    return isinstance(state.result(raise_on_failure=False), Unreachable)


OUTSIDE = Repeated(
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=2,
    retry_delay_seconds=[5.0, 30.0],
    retry_condition_fn=is_outside,
)
