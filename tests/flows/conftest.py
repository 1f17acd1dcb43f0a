"""Flows run on one real Prefect server a test process: all these tests belong to the xdist group "prefect".

Prefect reads its environment when it is imported, so a home of its own is set before `flows` is.
"""

import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

HOME = tempfile.TemporaryDirectory(prefix="xiaohao-flows-")

with pytest.MonkeyPatch.context() as patch:
    patch.setenv("XIAOHAO_HOME", HOME.name)
    import flows  # noqa: F401

from prefect.client.orchestration import get_client  # noqa: E402
from prefect.client.schemas.filters import (  # noqa: E402
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    LogFilter,
    LogFilterFlowRunId,
)
from prefect.client.schemas.objects import State  # noqa: E402
from prefect.logging.handlers import APILogHandler  # noqa: E402
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings  # noqa: E402
from prefect.testing.utilities import prefect_test_harness  # noqa: E402

logging.getLogger("httpx").setLevel(logging.WARNING)


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """A Prefect server for the session; flows run without heartbeats, which would cost a second each."""
    with (
        prefect_test_harness(server_startup_timeout=180),
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
    ):
        yield
    with suppress(OSError):
        HOME.cleanup()


@pytest.fixture
def office_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefect_server: None) -> Path:  # noqa: ARG001
    """The folder XIAOHAO_HOME of this test; nothing else of XIAOHAO_ is set."""
    for name in [name for name in os.environ if name.startswith("XIAOHAO_")]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    monkeypatch.setenv("XIAOHAO_HOME", str(home))
    return home


@pytest.fixture
def office_engine(
    office_home: Path,  # noqa: ARG001
    engine: sa.Engine,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> sa.Engine:
    """The engine of the ledger that the flows of this test open: once on each database."""
    monkeypatch.setenv("XIAOHAO_DATABASE_URL", database_url)
    return engine


@pytest.fixture
def run_logs() -> Callable[[State[Any]], list[str]]:
    """What a run's log says, in order."""

    def logs(state: State[Any]) -> list[str]:
        APILogHandler().flush()
        with get_client(sync_client=True) as client:
            chosen = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[state.state_details.flow_run_id]))
            return [log.message for log in client.read_logs(chosen)]

    return logs


@pytest.fixture
def run_artifacts() -> Callable[[State[Any]], dict[str, str]]:
    """The artifacts of a run by their keys."""

    def artifacts(state: State[Any]) -> dict[str, str]:
        with get_client(sync_client=True) as client:
            chosen = ArtifactFilter(
                flow_run_id=ArtifactFilterFlowRunId(any_=[state.state_details.flow_run_id])
            )
            return {str(a.key): str(a.data) for a in client.read_artifacts(artifact_filter=chosen)}

    return artifacts
