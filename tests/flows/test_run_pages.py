"""What Prefect's pages show of a deployment and of a run, without a browser (`test_prefect_pages` has one)."""

import asyncio
import os
import threading
from collections.abc import Callable
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from prefect import flow
from prefect.client.schemas.objects import State
from prefect.server.api import collections
from small_district import SmallDistrict

from flows import closed_pages, environment
from flows.deployments import deployments
from flows.recheck import RecheckForm, recheck

pytestmark = pytest.mark.xdist_group("prefect")
Logs = Callable[[State[Any]], list[str]]


def test_an_error_of_ours_is_a_sentence_in_the_log(office_engine: sa.Engine, run_logs: Logs) -> None:
    SmallDistrict(office_engine)
    said = "\n".join(run_logs(recheck(RecheckForm(numbers=("HL-1999-0001",)), return_state=True)))
    assert "没有编号为“HL-1999-0001”的问题" in said
    assert "Traceback" not in said
    assert "Encountered exception" not in said


def test_a_fault_of_the_program_keeps_its_traceback(prefect_server: None, run_logs: Logs) -> None:  # noqa: ARG001
    @flow(name="出错的流程")
    def wrong() -> None:
        raise RuntimeError("nobody expected this")

    said = "\n".join(run_logs(wrong(return_state=True)))
    assert "Traceback" in said
    assert "nobody expected this" in said


@pytest.mark.parametrize("work_pool", [None, "xiaohao"])
def test_every_form_is_shown_in_chinese_and_takes_what_it_took(work_pool: str | None) -> None:
    """No parameter is required; no title is a Python name; nothing is a choice between a type and None."""
    there = list(deployments(work_pool=work_pool))
    assert len(there) >= 5
    for deployment in there:
        shown = deployment._parameter_openapi_schema
        assert not shown.required
        (parameter,) = shown.properties.values()
        form = shown.definitions[parameter["$ref"].rpartition("/")[2]]
        texts = [parameter["title"], form["title"], form["description"]]
        texts += [field[key] for field in form["properties"].values() for key in ("title", "description")]
        assert all(any("\u4e00" <= letter <= "\u9fff" for letter in text) for text in texts), texts
        assert not [field for field in form["properties"].values() if "anyOf" in field]
        assert None not in parameter["default"].values()


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Prefect's application as `up` serves it; what it changes in Prefect is put back."""
    monkeypatch.setattr(collections, "KNOWN_VIEWS", dict(collections.KNOWN_VIEWS))
    collections.GLOBAL_COLLECTIONS_VIEW_CACHE.clear()
    return closed_pages.create_app()


async def ask(app: Any, path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        return await client.get(path)


def test_a_page_may_call_its_own_server_only(closed: Any, prefect_server: None) -> None:  # noqa: ARG001
    told = asyncio.run(ask(closed, "/api/health"))
    assert told.status_code == 200
    policy = dict(
        part.strip().split(" ", 1) for part in told.headers["content-security-policy"].split(";") if part
    )
    assert policy["default-src"] == policy["form-action"] == "'self'"
    for kind, places in policy.items():
        for place in places.split():
            assert place in ("data:", "blob:") or place.startswith(
                ("'", "http://127.0.0.1", "ws://127.0.0.1")
            ), kind


def test_the_kinds_of_work_pools_come_from_the_package(closed: Any, prefect_server: None) -> None:  # noqa: ARG001
    """Prefect asks a registry on the internet first."""
    assert {url.split(":")[1] for url in collections.KNOWN_VIEWS.values()} == {"//127.0.0.1"}
    told = asyncio.run(ask(closed, "/api/collections/views/aggregate-worker-metadata"))
    assert "process" in told.json()["prefect"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, "127.0.0.1,localhost,::1"),
        ({"NO_PROXY": "intranet.example, 127.0.0.1"}, "intranet.example,127.0.0.1,localhost,::1"),
        ({"no_proxy": "*"}, "*"),
    ],
)
def test_the_proxy_of_an_office_is_not_asked_for_this_machine(
    monkeypatch: pytest.MonkeyPatch, before: dict[str, str], after: str
) -> None:
    """Else each call of Prefect's client would go there, with the server's secret."""
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    for name, value in before.items():
        monkeypatch.setenv(name, value)
    for name in ("http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    environment.keep_proxies_out()
    assert os.environ["no_proxy"] == os.environ["NO_PROXY"] == after
    with ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        assert httpx.head(f"http://127.0.0.1:{server.server_port}/nothing-there").status_code == 404
