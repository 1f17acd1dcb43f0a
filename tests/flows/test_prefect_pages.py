"""Prefect's pages in a real browser, on the server of `xiaohao up`: a recheck is one form, and nothing leaves.

Three witnesses: the browser lists its requests; whatever it would send elsewhere goes through a proxy of the
test, which writes it down; and a guard sits in every Python process (`socket_guard`).
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from command_runner import imported
from socket_guard import Guard

from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.tables import PROBLEM, RUN

sync_api = pytest.importorskip("playwright.sync_api", reason="not tried: playwright is not installed")

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("prefect")]
ROOT = Path(__file__).parents[2]
SHOTS = ROOT / "build" / "prefect-pages"
CHROMIUM = [Path("/usr/bin/chromium"), Path("/usr/bin/chromium-browser"), Path("/usr/bin/google-chrome")]
NUMBER = "HL-2023-0151"
PATIENCE = 240.0
ENDS_WITHIN = 20.0
CURIOUS = [
    "/work-pools/create",
    "/blocks/catalog",
    "/v2/dashboard",
    "/docs",
    "/settings",
    "/events",
    "/flows",
]
"""Pages that by themselves fetch from outside, and some that do not."""


@dataclass
class Elsewhere:
    """A proxy that passes nothing on: what asks it wanted to leave the machine.

    The browser asks it too, for updates of its own, whatever page is open.
    """

    listening: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    asked: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.listening.getsockname()[1]}"

    def serve(self) -> None:
        """Until the socket is closed."""
        with contextlib.suppress(OSError):
            while True:
                asking, _ = self.listening.accept()
                with asking, contextlib.suppress(OSError):
                    asking.settimeout(5)
                    self.asked.append(asking.recv(4096).split(b"\r\n")[0].decode(errors="replace"))
                    asking.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")


@dataclass(frozen=True)
class Office:
    """`xiaohao up` as it runs."""

    home: Path
    base: str
    auth: str
    guard: Guard
    process: subprocess.Popen[bytes]

    def rows(self, query: sa.Select[Any]) -> list[Any]:
        engine = open_engine(f"sqlite:///{self.home / 'xiaohao.db'}")
        try:
            with engine.connect() as conn:
                return list(conn.execute(query))
        finally:
            engine.dispose()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The example ledger, imported last month, and `up` on it: it makes up the night that is owed by itself."""
    folder = tmp_path_factory.mktemp("pages")
    line = imported(folder / "home")
    line.json("nightly", "--date", "2023-10-16", "--direct")
    guard = Guard(folder / "guard")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "XIAOHAO_", "DO_NOT"))}
    env = kept | {"XIAOHAO_HOME": str(line.home), "XIAOHAO_MOST_DAYS_OWED": "36500"} | guard.environment
    ports = [str(free_port()), str(free_port())]
    command = [sys.executable, "-m", "xiaohao", "up", "--port", ports[0], "--page-port", ports[1], "--json"]
    with (folder / "said").open("wb") as said:
        up = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=said)
    try:
        assert up.stdout is not None
        first = up.stdout.readline()
        assert first.startswith(b"{"), (folder / "said").read_text()
        ready = json.loads(first)
        told = json.loads(Path(ready["up_file"]).read_text())
        yield Office(line.home, ready["prefect_api"].removesuffix("/api"), told["prefect_auth"], guard, up)
        up.send_signal(signal.SIGTERM)
        assert up.wait(timeout=ENDS_WITHIN) == 0
    finally:
        if up.poll() is None:
            up.kill()
            up.wait()
        if up.stdout is not None:
            up.stdout.close()


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Elsewhere]:
    proxy = Elsewhere()
    serving = threading.Thread(target=proxy.serve, daemon=True)
    serving.start()
    yield proxy
    proxy.listening.shutdown(socket.SHUT_RDWR)
    proxy.listening.close()
    serving.join(timeout=10)


@pytest.fixture(scope="module")
def browser(elsewhere: Elsewhere, office: Office) -> Iterator[Any]:  # noqa: ARG001
    """Chromium; everything but the loopback goes to the proxy.

    After `office`: an event loop of Playwright runs in this thread from here on.
    """
    found = [path for path in CHROMIUM if path.exists()]
    if not found:
        pytest.skip("not tried: no Chromium here")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(found[0]),
            # not Playwright's own option, which sends the loopback there too
            args=["--no-sandbox", f"--proxy-server={elsewhere.address}"],
        )
        yield chromium
        chromium.close()


@dataclass
class Visit:
    """A page of the browser, and everything that it asked for."""

    page: Any
    base: str
    requests: list[Any] = field(default_factory=list)

    def shot(self, name: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    def outside(self) -> list[Any]:
        """What was asked of another host; an address of kind blob: or data: asks nobody."""
        here = {urlsplit(self.base).netloc, ""}
        return [each for each in self.requests if urlsplit(each.url).netloc not in here]


@pytest.fixture
def visit(browser: Any, office: Office) -> Iterator[Visit]:
    """Signed in with the secret of up.json, as an operator does it."""
    context = browser.new_context(
        locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1400, "height": 1200}
    )
    context.set_default_timeout(30_000)
    seen = Visit(context.new_page(), office.base)
    seen.page.on("request", lambda request: seen.requests.append(request))
    seen.page.goto(office.base)
    seen.page.get_by_placeholder("admin:pass").fill(office.auth)
    seen.shot("1-login")
    seen.page.get_by_role("button", name="Login").click()
    seen.page.wait_for_url("**/dashboard")
    yield seen
    context.close()


def test_a_recheck_is_a_form_that_is_filled_and_run(visit: Visit, office: Office) -> None:
    """By number and as a dry run first, then for good; labels, log and result in Chinese."""
    before = office.rows(sa.select(PROBLEM.c.light, PROBLEM.c.level).where(PROBLEM.c.number == NUMBER))
    text = fill_and_run(visit, dry_run=True)
    assert "核查 1 件" in text
    visit.shot("5-dry-run")
    after = office.rows(sa.select(PROBLEM.c.light, PROBLEM.c.level).where(PROBLEM.c.number == NUMBER))
    assert after == before
    assert "核查 1 件" in fill_and_run(visit, dry_run=False)
    visit.shot("6-run")
    visit.page.get_by_role("tab", name="Artifacts").or_(
        visit.page.get_by_text("Artifacts", exact=True)
    ).first.click()
    visit.page.wait_for_timeout(1500)
    visit.shot("7-artifacts")
    assert visit.outside() == []


def fill_and_run(visit: Visit, *, dry_run: bool) -> str:
    """What the page of the run says once it is completed."""
    page = visit.page
    page.goto(f"{visit.base}/deployments")
    page.get_by_role("link", name="recheck").first.click()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Custom run").click()
    page.get_by_text("问题编号").first.wait_for()
    shown = page.locator("body").inner_text()
    for label in ("重新核查", "问题编号", "单位", "核查日期", "试运行", "只看会有什么变化，不写入。"):
        assert label in shown
    for english in ("form (Optional)", "Which problems", 'Property is type "None"'):
        assert english not in shown
    visit.shot("2-form")
    fill_number(page, NUMBER)
    if dry_run:
        page.locator(".p-toggle__control, [role=switch]").first.click()
    visit.shot("3-form-filled")
    submit(visit)
    page.get_by_text("Completed").first.wait_for(timeout=PATIENCE * 1000)
    page.get_by_text("核查 1 件").first.wait_for()
    visit.shot("4-completed")
    text: str = page.locator("body").inner_text()
    return text


def fill_number(page: Any, number: str) -> None:
    """Add a line to the list of numbers, above the field of the unit, and fill it."""
    page.get_by_role("button", name="Add item").click()
    page.locator("textarea").nth(1).wait_for()
    page.locator("textarea").first.fill(number)


def submit(visit: Visit) -> None:
    """Press Submit, again where the server is busy (503, as SQLite is at times), and go to the page of the run."""
    page = visit.page
    for _ in range(5):
        with page.expect_response(lambda answer: answer.url.endswith("/create_flow_run")) as made:
            page.get_by_role("button", name="Submit").click()
        if made.value.status != 503:
            break
        page.wait_for_timeout(1000)
    assert made.value.ok, made.value.text()
    page.goto(f"{visit.base}/runs/flow-run/{made.value.json()['id']}")


def test_a_wrong_number_is_refused_in_chinese_and_the_run_is_failed(visit: Visit) -> None:
    page = visit.page
    page.goto(f"{visit.base}/deployments")
    page.get_by_role("link", name="recheck").first.click()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Custom run").click()
    fill_number(page, "HL-1999-0001")
    submit(visit)
    page.get_by_text("Failed").first.wait_for(timeout=PATIENCE * 1000)
    page.get_by_text("HL-1999-0001").first.wait_for()
    visit.shot("8-failed")


def test_every_deployment_has_its_form_in_chinese(visit: Visit) -> None:
    page = visit.page
    for name in ("nightly", "deliver", "watch", "verify-trail"):
        page.goto(f"{visit.base}/deployments")
        page.get_by_role("link", name=name, exact=True).first.click()
        page.get_by_role("button", name="Run", exact=True).click()
        page.get_by_text("Custom run").click()
        page.get_by_text("都可以不填。").first.wait_for()
        shown = page.locator("body").inner_text()
        assert 'Property is type "None"' not in shown
        assert "form (Optional)" not in shown
        visit.shot(f"form-{name}")


def test_no_page_reaches_outside_whatever_it_wants(visit: Visit, elsewhere: Elsewhere) -> None:
    for path in CURIOUS:
        visit.page.goto(visit.base + path)
        visit.page.wait_for_timeout(2500)
        visit.shot("page" + path.replace("/", "-"))
    wanted = visit.outside()
    assert {urlsplit(each.url).netloc for each in wanted} >= {"raw.githubusercontent.com"}, "they want to"
    assert {each.failure for each in wanted} == {"csp"}
    hosts = {urlsplit(each.url).netloc.partition(":")[0] for each in wanted}
    assert not [line for line in elsewhere.asked if any(host in line for host in hosts)]


def test_the_proxy_sees_what_leaves(browser: Any, elsewhere: Elsewhere) -> None:
    """The witness of the test above is one."""
    page = browser.new_page()
    with contextlib.suppress(sync_api.Error):  # the proxy refuses
        page.goto("http://telemetry.invalid/")
    page.close()
    assert [line for line in elsewhere.asked if "telemetry.invalid" in line]


def test_the_night_that_was_owed_ran_and_no_process_called_anybody(office: Office) -> None:
    """The server, the runner and every run of a flow: import, night, recheck, page."""
    last = time.monotonic() + PATIENCE
    nights = sa.select(RUN.c.business_date).where(RUN.c.business_date > "2023-10-16", RUN.c.state == "done")
    while not office.rows(nights):
        assert time.monotonic() < last, "the night did not run"
        time.sleep(1)
    processes = "\n".join(office.guard.processes())
    assert "server_child.py" in processes
    assert "duty_child.py" in processes
    assert "prefect.flow_engine" in processes or "prefect.engine" in processes
    assert office.guard.abroad() == []
    assert "127.0.0.1" in office.guard.places()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port
