"""The pages behind a proxy that serves them below a path of an address that is there already."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from builders import a_problem, the_usual_people
from district import ROUTES, District
from pages_served import KEY, pages
from screens import browser_page

from notifiers import links
from xiaohao.actions import night
from xiaohao.ledger.tables import NOTICE

BELOW = "/xiaohao"


@contextmanager
def proxied(inner: str) -> Iterator[str]:
    """What `location /xiaohao/ { proxy_pass http://127.0.0.1:4280/; }` does; nothing else is there."""

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            below = self.path.startswith(f"{BELOW}/")
            with httpx.Client(trust_env=False) as client:
                url = inner + self.path.removeprefix(BELOW)
                answer = client.request(self.command, url, content=said) if below else httpx.Response(404)
            self.send_response(answer.status_code)
            for name in ("Content-Type", "Content-Security-Policy", "Location"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{BELOW}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def district(sqlite_engine: sa.Engine, tmp_path: Path) -> District:
    """A district with its people."""
    made = District(sqlite_engine, tmp_path)
    made.has(*the_usual_people())
    return made


@pytest.fixture
def notice(district: District) -> int:
    """A notice to the secretary."""
    district.has(a_problem("HL-1", due_on="2026-11-20"))
    night.fire(district.ledger, date(2026, 11, 21))
    night.compose(district.ledger, date(2026, 11, 21), ROUTES, page_url="https://www.example.gov.cn/xiaohao")
    with district.ledger.reading() as r:
        return int(r.conn.execute(sa.select(NOTICE.c.id).where(NOTICE.c.recipient == "王强")).scalar_one())


def test_a_page_below_a_path_has_its_style_and_its_button_acknowledges(
    district: District, notice: int
) -> None:
    with (
        pages(district.ledger) as inner,
        proxied(inner) as address,
        browser_page(width=390, height=844) as page,
    ):
        answered: dict[str, int] = {}
        page.on("response", lambda answer: answered.update({answer.url: answer.status}))
        link = links.url(address, KEY, notice)
        page.goto(link)
        page.get_by_role("button", name="已阅").click()
        page.wait_for_selector(".done")
        assert page.url == link
    assert answered == {link: 200, f"{address}/style.css": 200}
    with district.ledger.reading() as r:
        acknowledged = sa.select(NOTICE.c.acknowledged_at).where(NOTICE.c.id == notice)
        assert r.conn.execute(acknowledged).scalar_one() is not None


@pytest.mark.parametrize("path", ["/", "/x", "/n/1-no", "/n/a/b"])
def test_a_page_that_says_one_thing_has_its_style_too(district: District, path: str) -> None:
    with pages(district.ledger) as inner, proxied(inner) as address, httpx.Client(trust_env=False) as client:
        shown = client.get(address + path)
        assert shown.status_code == 404
        style = shown.text.split('rel="stylesheet" href="')[1].split('"')[0]
        assert str(shown.url.join(style)) == f"{address}/style.css"
        assert client.get(shown.url.join(style)).status_code == 200
