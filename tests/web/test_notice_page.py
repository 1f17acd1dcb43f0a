"""The page of a notice: who has the link reads it, and only a pressed button acknowledges."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from builders import a_problem
from district import ROUTES, District
from pages_served import KEY, pages
from screens import browser_page

from notifiers import links
from xiaohao.actions import night
from xiaohao.ledger.tables import NOTICE
from xiaohao.vocabulary import NoticeState

TITLE = "东门<script>alert(1)</script>道路破损"


@pytest.fixture
def notice(staffed: District) -> int:
    """A notice of four overdue problems to the secretary, one with markup in its title."""
    staffed.has(a_problem("HL-1", title=TITLE, due_on="2026-11-20"))
    for n in range(2, 5):
        staffed.has(a_problem(f"HL-{n}", title=f"第{n}号路口路灯不亮", due_on="2026-11-20"))
    day = date(2026, 11, 21)
    night.fire(staffed.ledger, day)
    night.compose(staffed.ledger, day, ROUTES, page_url="https://xh.example.gov.cn")
    now = datetime.now(UTC)
    with staffed.ledger.engine.begin() as conn:
        conn.execute(NOTICE.update().values(state=NoticeState.DELIVERED, accepted_at=now, delivered_at=now))
        return int(conn.execute(sa.select(NOTICE.c.id).where(NOTICE.c.recipient == "王强")).scalar_one())


@pytest.fixture
def client(staffed: District) -> Iterator[httpx.Client]:
    with pages(staffed.ledger) as address, httpx.Client(base_url=address, trust_env=False) as made:
        yield made


def acknowledged_at(district: District, notice: int) -> datetime | None:
    with district.ledger.reading() as r:
        found: datetime | None = r.conn.execute(
            sa.select(NOTICE.c.acknowledged_at).where(NOTICE.c.id == notice)
        ).scalar_one()
        return found


def test_a_get_shows_every_item_and_acknowledges_nothing(
    staffed: District, notice: int, client: httpx.Client
) -> None:
    for method in ("GET", "HEAD", "GET"):
        answer = client.request(method, f"/n/{links.token(KEY, notice)}")
    assert answer.status_code == 200
    assert all(f"第{n}号路口路灯不亮" in answer.text for n in range(2, 5))
    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in answer.text or "＜script＞" in answer.text
    assert "<button" in answer.text
    assert acknowledged_at(staffed, notice) is None


def test_the_button_acknowledges_once(staffed: District, notice: int, client: httpx.Client) -> None:
    path = f"/n/{links.token(KEY, notice)}"
    pressed = client.post(path)
    assert (pressed.status_code, str(client.base_url.join(path).join(pressed.headers["location"]))) == (
        303,
        str(client.base_url.join(path)),
    )
    first = acknowledged_at(staffed, notice)
    assert first is not None
    size = staffed.trail_size()
    client.post(path)
    assert (acknowledged_at(staffed, notice), staffed.trail_size()) == (first, size)
    shown = client.get(path).text
    assert "已阅 · " in shown
    assert "<button" not in shown


@pytest.mark.parametrize("change", ["another number", "another key", "cut", "zero", "text", "long"])
def test_a_link_that_is_not_ours_opens_and_acknowledges_nothing(
    staffed: District, notice: int, client: httpx.Client, change: str
) -> None:
    token = links.token(KEY, notice)
    number, _, mac = token.partition("-")
    wrong = {
        "another number": f"{notice + 1}-{mac}",
        "another key": links.token(b"x" * 32, notice),
        "cut": token[:-1],
        "zero": f"0{number}-{mac}",
        "text": "n",
        "long": f"{'9' * 400}-{mac}",
    }[change]
    answers = [client.get(f"/n/{wrong}"), client.post(f"/n/{wrong}")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert "链接不完整或不是本系统发出的" in answers[0].text
    assert acknowledged_at(staffed, notice) is None


def test_a_notice_that_is_gone_says_so(client: httpx.Client, staffed: District) -> None:  # noqa: ARG001
    answer = client.get(f"/n/{links.token(KEY, 999_999)}")
    assert answer.status_code == 404
    assert "没有这份通知" in answer.text


def test_nothing_else_is_served_and_nothing_from_elsewhere_is_loaded(
    notice: int, client: httpx.Client
) -> None:
    for path in ("/docs", "/openapi.json", "/redoc", "/", "/n/", "/etc"):
        answer = client.get(path)
        assert (answer.status_code, "请从通知里的链接打开" in answer.text) == (404, True)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert client.put(f"/n/{links.token(KEY, notice)}").status_code == 405
    shown = client.get(f"/n/{links.token(KEY, notice)}")
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert shown.headers["cache-control"] == "no-store"
    assert "http" not in shown.text.replace("</", "")


def test_a_browser_of_a_phone_shows_it_and_presses_the_button(
    staffed: District, notice: int, client: httpx.Client
) -> None:
    with browser_page(width=390, height=844) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{client.base_url}/n/{links.token(KEY, notice)}".replace("//n", "/n"))
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        if folder := os.environ.get("XIAOHAO_PICTURES"):
            page.screenshot(path=Path(folder) / "notice.png", full_page=True)
        page.get_by_role("button", name="已阅").click()
        page.wait_for_selector(".done")
        if folder:
            page.screenshot(path=Path(folder) / "notice_done.png", full_page=True)
    assert acknowledged_at(staffed, notice) is not None
    assert {url.split("/")[2] for url in asked if not url.startswith("data:")} == {
        client.base_url.netloc.decode()
    }


def test_a_notice_that_cannot_be_read_says_so_in_chinese(
    staffed: District, notice: int, client: httpx.Client
) -> None:
    with staffed.ledger.engine.begin() as conn:
        conn.execute(NOTICE.update().values(facts='{"of_a_later_version":1}'))
    answer = client.get(f"/n/{links.token(KEY, notice)}")
    assert (answer.status_code, "没有预料到的错误" in answer.text) == (500, True)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
