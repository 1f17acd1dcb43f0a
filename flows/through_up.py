"""A command's work done by the `xiaohao up` that runs: a run of the deployment, waited for, its answer read."""

import contextlib
import json
import os
import time
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from flows import environment, serving
from flows.up_file import Up
from xiaohao import errors
from xiaohao.errors import Unreachable, WrongUsage, XiaohaoError

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

STARTS_WITHIN = 90.0
"""Seconds until a run is taken up; a runner that was killed is there again sooner."""
LASTS_AT_MOST = 1_800.0
LOOKS_EVERY = 0.5
AWAY_FOR = 30.0
"""Seconds that a server may be away while it is started again."""


class NotTaken(Unreachable):
    """正在运行的 xiaohao up 没有接手。"""


def recheck(form: dict[str, Any]) -> Any:
    """What the flow 重新核查 did with the form, as its JSON.

    Raises NotTaken where nobody began it, so that the caller may do the work itself; Unreachable where it began
    and its end is not known; and what the run raised, where that is an error of ours.
    """
    from flows.deployments import RECHECK

    return _answer_of(RECHECK.full_name, form)


def deliver() -> Any:
    """What the flow 发送通知 did, as its JSON. Raises as `recheck` does."""
    from flows.deployments import DELIVER

    return _answer_of(DELIVER.full_name, {})


def prepare(up: Up) -> None:
    """Let Prefect, which this process has not imported yet, ask the server of `up`."""
    os.environ.update(serving.for_clients(serving.Server(up.prefect_api, up.prefect_auth)))


def wait_for(up: Up) -> None:
    """Wait until the server answers: it may be on its way up again. Raises Unreachable."""
    import httpx

    last = time.monotonic() + AWAY_FOR
    while True:
        try:
            httpx.get(f"{up.prefect_api}/health", timeout=AWAY_FOR).raise_for_status()
            return
        except httpx.HTTPError as error:
            if time.monotonic() > last:
                raise Unreachable(
                    "正在运行的 xiaohao up 的 Prefect 服务没有回应。台账没有变化，请稍后再试；"
                    "也可以先用 xiaohao nightly --direct 不经 Prefect 运行。"
                ) from error
            time.sleep(LOOKS_EVERY)


def _answer_of(deployment: str, form: dict[str, Any]) -> Any:
    with _client() as client:
        run = _begun(client, _asked(client, deployment, form))
        return _read(client, _ended(client, run))


@contextlib.contextmanager
def _client() -> Iterator["SyncPrefectClient"]:
    from prefect.client.orchestration import get_client

    try:
        environment.check_readable()
    except WrongUsage as error:
        raise NotTaken(error.message) from None
    with get_client(sync_client=True) as client:
        yield client


def _asked(client: "SyncPrefectClient", deployment: str, form: dict[str, Any]) -> "FlowRun":
    import httpx
    from prefect.exceptions import PrefectException

    from flows.answers import ASKED

    try:
        found = client.read_deployment_by_name(deployment)
        return client.create_flow_run_from_deployment(
            found.id,
            parameters={"form": {name: value for name, value in form.items() if value is not None}},
            tags=[ASKED],
            idempotency_key=str(uuid.uuid4()),
        )
    except (httpx.HTTPError, PrefectException) as error:
        raise NotTaken from error


def _begun(client: "SyncPrefectClient", run: "FlowRun") -> "FlowRun":
    """Wait until a process works on it; a run that nobody takes up, or that gives way, is withdrawn."""
    last = time.monotonic() + STARTS_WITHIN
    while run.state is not None and (run.state.is_scheduled() or run.state.is_pending()):
        if time.monotonic() > last:
            if _withdrawn(client, run):
                raise NotTaken
            last += STARTS_WITHIN
        time.sleep(LOOKS_EVERY)
        run = _looked(client, run)
    if run.state is not None and run.state.is_cancelled() and run.start_time is None:
        raise NotTaken
    return run


def _withdrawn(client: "SyncPrefectClient", run: "FlowRun") -> bool:
    from prefect.states import Cancelled

    result: Any = client.set_flow_run_state(run.id, Cancelled(message="没有进程接手，改由命令直接办理"))
    return result.state is not None and result.state.is_cancelled()


def _ended(client: "SyncPrefectClient", run: "FlowRun") -> "FlowRun":
    last = time.monotonic() + LASTS_AT_MOST
    while run.state is None or not run.state.is_final():
        if time.monotonic() > last:
            raise Unreachable(
                f"已经交给 xiaohao up 办理，还没有办完。请在 Prefect 页面查看运行“{run.name}”。"
            )
        time.sleep(LOOKS_EVERY)
        run = _looked(client, run)
    return run


def _looked(client: "SyncPrefectClient", run: "FlowRun") -> "FlowRun":
    import httpx

    last = time.monotonic() + AWAY_FOR
    while True:
        try:
            return client.read_flow_run(run.id)
        except httpx.HTTPError as error:
            if time.monotonic() > last:
                raise Unreachable(
                    f"xiaohao up 的 Prefect 服务没有回应，不知道运行“{run.name}”办完没有。请稍后在 Prefect 页面查看。"
                ) from error
            time.sleep(LOOKS_EVERY)


def _read(client: "SyncPrefectClient", run: "FlowRun") -> Any:
    from prefect.client.schemas.filters import (
        ArtifactFilter,
        ArtifactFilterFlowRunId,
        ArtifactFilterType,
    )
    from prefect.client.schemas.sorting import ArtifactSort

    from flows.answers import KIND

    chosen = ArtifactFilter(
        flow_run_id=ArtifactFilterFlowRunId(any_=[run.id]), type=ArtifactFilterType(any_=[KIND])
    )
    found = client.read_artifacts(artifact_filter=chosen, sort=ArtifactSort.UPDATED_DESC, limit=1)
    said: Any = json.loads(str(found[0].data)) if found else {}
    if "said" in said:
        return said["said"]
    kind = getattr(errors, said.get("error", ""), None)
    if isinstance(kind, type) and issubclass(kind, XiaohaoError):
        raise kind(said["message"], missing=said["missing"])
    why = (run.state.message if run.state is not None else None) or "没有说明原因"
    raise Unreachable(f"运行“{run.name}”没有办完：{why}")
