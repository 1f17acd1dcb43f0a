"""Answers in the chat: what a vendor says is believed by its signature alone, and acknowledges once.

Notices are really sent, by a pass over the outbox, to the vendors' stand-ins; then the vendors call the pages,
which a real server answers on loopback.
"""

import asyncio
import base64
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from digest_builders import TONIGHT, digest_of, near
from feishu_standin import FeishuStandin, feishu
from pages_served import KEY, pages
from sending_office import SendingOffice
from vendor_callers import AES_KEY, FeishuCaller, Request, WecomCaller
from vendor_standin import without_proxies
from wecom_standin import WecomStandin, wecom

from models.facts import to_json
from notifiers import links
from notifiers.callbacks import BODY_LIMIT, Callbacks
from notifiers.feishu_app import FeishuAppSettings
from notifiers.feishu_callback import FeishuCallback
from notifiers.wecom_app import WecomAppSettings
from notifiers.wecom_callback import WecomCallback, aes_key_of
from xiaohao.actions import acknowledge, verify_trail
from xiaohao.ledger import bulk
from xiaohao.ledger.tables import CONTACT, NOTICE, TRAIL
from xiaohao.vocabulary import Action, Channel
from xiaohao.web.app import create_app

SEND = timedelta(seconds=30)
FACTS = to_json(digest_of(near(), page_url="https://ledger.example"))
WECOM, FEISHU = WecomCaller(), FeishuCaller()
CALLBACKS = Callbacks(
    wecom_app=WecomCallback(token=WECOM.token, aes_key=aes_key_of(AES_KEY) or b"", corpid=WECOM.corpid),
    feishu_app=FeishuCallback(encrypt_key=FEISHU.encrypt_key, verification_token=FEISHU.token),
)
NOTHING = "没有等待已阅的通知，此前的都已记录。"
SECRETS = (WECOM.token, AES_KEY, FEISHU.encrypt_key, FEISHU.token)
NOT_TAKEN = "回调请求未被接受，没有写入任何内容。"


class CallingOffice(SendingOffice):
    """Two officials with an account each at both vendors; notices are sent there, and the vendors call."""

    wecom: WecomStandin
    feishu: FeishuStandin
    client: httpx.Client

    def sends(self, channel: Channel, *to: int) -> list[int]:
        """A notice for each of these officials goes out now."""
        ids = [notice for each in to for notice in self.has(1, to=each, channel=channel)]
        with self.ledger.engine.begin() as conn:
            conn.execute(NOTICE.update().where(NOTICE.c.id.in_(ids)).values(facts=FACTS))
        self.delivers()
        assert [each.accepted_at for each in self.notices(*ids)] == [self.at] * len(ids)
        return ids

    def posts(self, channel: Channel, request: Request) -> httpx.Response:
        """The vendor calls."""
        return self.client.post(
            f"/callback/{channel.value}", params=dict(request.query), headers=dict(request.headers),
            content=request.body,
        )  # fmt: skip

    def writes(self, userid: str, text: str = "已阅", after: float = 60) -> str:
        """A person writes to the application, so many seconds after now; what he is answered."""
        answer = self.posts(Channel.WECOM_APP, WECOM.text(userid, text, self.at.timestamp() + after))
        assert answer.status_code == 200
        return WECOM.reads(answer.text) if answer.text else ""

    def presses(self, open_id: str, token: str) -> tuple[str, str]:
        """A person presses 已阅 on a card; kind and words of what he sees."""
        answer = self.posts(Channel.FEISHU_APP, FEISHU.presses(open_id, {"acknowledged": token}))
        assert answer.status_code == 200
        toast = answer.json()["toast"]
        return toast["type"], toast["content"]

    def acknowledged(self) -> list[int]:
        """Which notices are."""
        return [each.id for each in self.notices() if each.acknowledged_at is not None]

    def entries(self) -> list[tuple[str, str, Any]]:
        """Actor, subject and detail of each acknowledgement in the trail."""
        query = sa.select(TRAIL).where(TRAIL.c.action == "acknowledge").order_by(TRAIL.c.seq)
        with self.ledger.reading() as r:
            return [(row.actor, row.subject, json.loads(row.detail)) for row in r.conn.execute(query)]


@pytest.fixture
def office(engine: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CallingOffice]:
    without_proxies(monkeypatch)
    with ExitStack() as stack:
        made = CallingOffice(engine, tmp_path)
        made.wecom, made.feishu = stack.enter_context(wecom()), stack.enter_context(feishu())
        made.uses(
            Channel.WECOM_APP,
            Channel.FEISHU_APP,
            page_key=KEY,
            wecom_app=WecomAppSettings(
                corpid=made.wecom.corpid, secret=made.wecom.secret, agent_id=made.wecom.agent_id, base=made.wecom.url,
                callback_token=WECOM.token, callback_aes_key=AES_KEY
            ),
            feishu_app=FeishuAppSettings(
                app_id=made.feishu.app_id, secret=made.feishu.secret, base=made.feishu.base,
                callback_encrypt_key=FEISHU.encrypt_key, callback_verification_token=FEISHU.token,
            ),
        )  # fmt: skip
        people = {1: ("WangJianguo", "ou_wang"), 2: ("LiMing", "ou_li")}
        rows = [
            {"official_id": n, "channel": channel, "address": address}
            for n, addresses in people.items()
            for channel, address in zip((Channel.WECOM_APP, Channel.FEISHU_APP), addresses, strict=True)
        ]
        with made.ledger.writing(Action.TELL, by="x", on=TONIGHT) as w:
            bulk.insert_rows(w.conn, CONTACT, rows)
        address = stack.enter_context(pages(made.ledger, callbacks=CALLBACKS))
        made.client = stack.enter_context(httpx.Client(base_url=address, trust_env=False, timeout=30))
        yield made


def test_a_word_acknowledges_all_that_arrived_there_once(office: CallingOffice) -> None:
    mine = office.sends(Channel.WECOM_APP, 1, 1, 1)
    (his,) = office.sends(Channel.WECOM_APP, 2)
    assert all("回复“已阅”" in each.content for each in office.wecom.delivered)
    assert office.writes("WangJianguo") == "已记录您已阅 3 条通知。"
    assert office.acknowledged() == mine
    before = office.entries()
    assert [(actor, subject) for actor, subject, _ in before] == [
        ("system:wecom_app", f"notice:{each}") for each in mine
    ]
    (official,) = {detail["acknowledged"]["official"] for _, _, detail in before}
    keys = [detail["acknowledged"]["key"] for _, _, detail in before]
    assert official
    assert keys == [each.dedupe_key for each in office.notices(*mine)]
    instants = {each.acknowledged_at for each in office.notices(*mine)}
    assert office.writes("WangJianguo") == NOTHING  # as the vendor does when it had no answer within 5 s
    assert office.writes("WangJianguo", "收到。") == NOTHING
    assert office.entries() == before
    assert {each.acknowledged_at for each in office.notices(*mine)} == instants
    assert office.writes("LiMing", "知悉！") == "已记录您已阅 1 条通知。"
    assert office.acknowledged() == [*mine, his]
    assert verify_trail.verify_trail(office.ledger, on=TONIGHT).findings == ()


def test_what_arrived_after_the_word_was_written_waits(office: CallingOffice) -> None:
    (first,) = office.sends(Channel.WECOM_APP, 1)
    office.passes(SEND)
    office.sends(Channel.WECOM_APP, 1)
    later = "有 1 条晚于您的回复，没有记录，看过后请再回复一次“已阅”。"
    assert office.writes("WangJianguo", after=0) == f"已记录您已阅 1 条通知。{later}"
    assert office.acknowledged() == [first]
    assert office.writes("WangJianguo", after=-31) == later  # also where the vendor's clock is behind ours
    assert office.acknowledged() == [first]
    assert office.writes("WangJianguo", after=1) == "已记录您已阅 1 条通知。"
    assert office.writes("WangJianguo", after=2) == NOTHING


def test_how_an_account_is_spelled_does_not_count(office: CallingOffice) -> None:
    office.sends(Channel.WECOM_APP, 1)
    assert office.writes("wangjianguo") == "已记录您已阅 1 条通知。"


def test_what_was_sent_to_a_corrected_account_under_a_key_of_its_own_counts_too(
    office: CallingOffice,
) -> None:
    (by_word,) = office.sends(Channel.WECOM_APP, 1)
    (by_button,) = office.sends(Channel.FEISHU_APP, 1)
    with office.ledger.engine.begin() as conn:
        conn.execute(NOTICE.update().values(sent_to="@" + NOTICE.c.sent_to))
    assert office.writes("WangJianguo") == "已记录您已阅 1 条通知。"
    assert office.presses("ou_wang", links.token(KEY, by_button))[0] == "success"
    assert office.acknowledged() == [by_word, by_button]


def test_somebody_else_and_another_word_acknowledge_nothing(office: CallingOffice) -> None:
    office.sends(Channel.WECOM_APP, 1)
    office.sends(Channel.FEISHU_APP, 1)
    for stranger in ("LiMing", "Zhao", "ou_wang"):
        assert office.writes(stranger) == NOTHING
    for text in ("收到？", "未收到", "今天办结", ""):
        assert office.writes("WangJianguo", text) == ""
    joins = "<xml><FromUserName>WangJianguo</FromUserName><MsgType>event</MsgType><Event>enter_agent</Event></xml>"
    answer = office.posts(Channel.WECOM_APP, WECOM.says(joins))
    assert (answer.status_code, answer.text) == (200, "")
    assert (office.acknowledged(), office.entries()) == ([], [])
    assert office.writes("WangJianguo") == "已记录您已阅 1 条通知。"  # the one at Feishu still waits


def test_what_is_under_way_dead_or_pressed_on_the_page_already_is_not_counted(office: CallingOffice) -> None:
    pressed, dead, waiting = office.sends(Channel.WECOM_APP, 1, 1, 1)
    office.has(1, to=1, channel=Channel.WECOM_APP)
    with office.ledger.engine.begin() as conn:
        conn.execute(NOTICE.update().where(NOTICE.c.id == dead).values(state="dead"))
    assert office.client.post(f"/n/{links.token(KEY, pressed)}").status_code == 303
    assert office.writes("WangJianguo") == "已记录您已阅 1 条通知。"
    assert office.acknowledged() == [pressed, waiting]
    assert [actor for actor, _, _ in office.entries()] == ["system:page", "system:wecom_app"]


def test_an_account_that_went_to_somebody_else_does_not_answer_for_its_former_owner(
    office: CallingOffice,
) -> None:
    office.sends(Channel.WECOM_APP, 1)
    with office.ledger.engine.begin() as conn:
        mine = (CONTACT.c.channel == Channel.WECOM_APP) & (CONTACT.c.official_id == 1)
        conn.execute(CONTACT.update().where(mine).values(official_id=3))
    assert office.writes("WangJianguo") == NOTHING
    with office.ledger.engine.begin() as conn:
        mine = (CONTACT.c.channel == Channel.WECOM_APP) & (CONTACT.c.official_id == 3)
        conn.execute(CONTACT.update().where(mine).values(official_id=1, address="NewAccount"))
    assert office.writes("NewAccount") == NOTHING  # his now, but the notice went elsewhere
    assert office.writes("WangJianguo") == NOTHING
    assert office.entries() == []


def test_a_notice_sent_instead_is_acknowledged_with_its_own_entry(office: CallingOffice) -> None:
    first, second = office.sends(Channel.WECOM_APP, 1, 1)
    with office.ledger.engine.begin() as conn:
        conn.execute(NOTICE.update().where(NOTICE.c.id == first).values(state="dead"))
        conn.execute(NOTICE.update().where(NOTICE.c.id == second).values(instead_of=first))
    assert office.writes("WangJianguo") == "已记录您已阅 1 条通知。"
    assert office.acknowledged() == [first, second]
    assert [subject for _, subject, _ in office.entries()] == [f"notice:{first}", f"notice:{second}"]


def test_the_same_word_several_times_at_once_is_written_once(office: CallingOffice) -> None:
    mine = office.sends(Channel.WECOM_APP, *[1] * 5)
    said: list[str] = []
    threads = [threading.Thread(target=lambda: said.append(office.writes("WangJianguo"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == sorted(["已记录您已阅 5 条通知。", *[NOTHING] * 3])
    assert sorted(subject for _, subject, _ in office.entries()) == sorted(f"notice:{each}" for each in mine)


def test_the_vendors_check_the_address(office: CallingOffice) -> None:
    answer = office.client.get("/callback/wecom_app", params=dict(WECOM.checks("5837914506").query))
    assert (answer.status_code, answer.text) == (200, "5837914506")
    assert answer.headers["content-type"].startswith("text/plain")
    wrong = dict(WECOM.checks().query) | {"timestamp": "1"}
    answer = office.client.get("/callback/wecom_app", params=wrong)
    assert (answer.status_code, answer.text) == (403, NOT_TAKEN)
    assert office.client.get("/callback/wecom_app").status_code == 403
    assert office.posts(Channel.FEISHU_APP, FEISHU.checks("c-督办")).json() == {"challenge": "c-督办"}
    assert office.client.get("/callback/feishu_app").status_code == 405


def test_a_pressed_button_acknowledges_its_notice_once(office: CallingOffice) -> None:
    first, second = office.sends(Channel.FEISHU_APP, 1, 1)
    (button,) = (
        each["behaviors"][0]
        for each in office.feishu.delivered[0].content["body"]["elements"]
        if each["tag"] == "button" and each["text"]["content"] == "已阅"
    )
    assert button == {"type": "callback", "value": {"acknowledged": links.token(KEY, first)}}
    token = button["value"]["acknowledged"]
    assert office.presses("ou_wang", token) == ("success", "已记录您已阅。")
    assert office.acknowledged() == [first]
    before = office.entries()
    assert [(actor, subject) for actor, subject, _ in before] == [("system:feishu_app", f"notice:{first}")]
    assert office.presses("ou_wang", token) == ("info", "此前已记录，不必再点。")
    office.client.post(f"/n/{links.token(KEY, second)}")
    assert office.presses("ou_wang", links.token(KEY, second)) == ("info", "此前已记录，不必再点。")
    assert office.entries()[:1] == before
    assert [actor for actor, _, _ in office.entries()] == ["system:feishu_app", "system:page"]
    assert verify_trail.verify_trail(office.ledger, on=TONIGHT).findings == ()


def test_a_button_that_others_press_or_whose_notice_is_gone_says_so(office: CallingOffice) -> None:
    (notice,) = office.sends(Channel.FEISHU_APP, 1)
    (elsewhere,) = office.sends(Channel.WECOM_APP, 1)
    for who, token in (
        ("ou_li", links.token(KEY, notice)),
        ("WangJianguo", links.token(KEY, elsewhere)),
        ("ou_wang", links.token(KEY, elsewhere)),
        ("", links.token(KEY, notice)),
        ("OU_WANG", links.token(KEY, notice)),
    ):
        assert office.presses(who, token) == ("warning", "这份通知不是发给您的，没有记录。")
    for token in (links.token(KEY, 999_999), links.token(b"x" * 32, notice), "", "1", str(notice)):
        assert office.presses("ou_wang", token) == ("warning", "没有这份通知，它可能已经清理。")
    assert office.posts(Channel.FEISHU_APP, FEISHU.presses("ou_wang", {"other": 1})).json() == {}
    assert (office.acknowledged(), office.entries()) == ([], [])


def wrong_requests() -> dict[str, tuple[Channel, Request, int]]:
    """Requests that are not taken, and the answer's status."""
    text = WECOM.text("WangJianguo", "已阅", 2_000_000_000)
    press = FEISHU.presses("ou_wang", {"acknowledged": links.token(KEY, 1)})
    bomb = (
        '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>'
    )
    other = WecomCaller(corpid="ww0000000000000009").text("WangJianguo", "已阅", 2_000_000_000)
    sealed = base64.b64encode(b"x" * 48).decode()
    said = f"<xml><Encrypt>{sealed}</Encrypt></xml>".encode()
    return {
        "no query": (Channel.WECOM_APP, Request(text.body), 403),
        "signature": (Channel.WECOM_APP, Request(text.body, {**text.query, "nonce": "X"}), 403),
        "corpid": (Channel.WECOM_APP, other, 403),
        "cannot be decrypted": (Channel.WECOM_APP, Request(said, WECOM.query(sealed)), 403),
        "no XML": (Channel.WECOM_APP, Request(b"{}", text.query), 403),
        "entities": (Channel.WECOM_APP, Request(bomb.encode(), text.query), 403),
        "long XML": (Channel.WECOM_APP, Request(text.body + b" " * BODY_LIMIT, text.query), 413),
        "unsigned": (Channel.FEISHU_APP, Request(press.body), 403),
        "another body": (Channel.FEISHU_APP, Request(press.body + b" ", headers=press.headers), 403),
        "not encrypted": (Channel.FEISHU_APP, FEISHU.signed(b'{"type":"url_verification"}'), 403),
        "no JSON": (Channel.FEISHU_APP, FEISHU.signed(b"[" * 60_000), 403),
        "token": (Channel.FEISHU_APP, FEISHU.presses("ou_wang", {}, token="OTHER"), 403),
        "long JSON": (Channel.FEISHU_APP, FEISHU.signed(b" " * (BODY_LIMIT + 1)), 413),
    }


def test_what_is_not_the_vendors_is_refused_written_nowhere_and_logged_in_a_line(
    office: CallingOffice, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="xiaohao")
    office.sends(Channel.WECOM_APP, 1)
    office.sends(Channel.FEISHU_APP, 1)
    caplog.clear()
    for what, (channel, request, status) in wrong_requests().items():
        answer = office.posts(channel, request)
        assert (answer.status_code, answer.text) == (status, NOT_TAKEN), what
        (line,) = (each.getMessage() for each in caplog.records if each.name == "xiaohao.web")
        assert line.startswith(("企业微信应用的回调未接受：", "飞书应用的回调未接受：")), what
        assert line.endswith("。没有写入任何内容。")
        assert "\n" not in line
        assert not any(secret in caplog.text for secret in SECRETS), what
        caplog.clear()
    assert (office.acknowledged(), office.entries()) == ([], [])


def test_who_hangs_up_in_the_middle_is_one_line_of_the_log(
    office: CallingOffice, caplog: pytest.LogCaptureFixture
) -> None:
    at = office.client.base_url
    with socket.create_connection((at.host, at.port)) as caller:
        caller.sendall(b"POST /callback/feishu_app HTTP/1.1\r\nHost: pages\r\nContent-Length: 1000\r\n\r\n{")
    until = time.monotonic() + SEND.total_seconds()
    while not caplog.records and time.monotonic() < until:
        time.sleep(0.05)
    (line,) = caplog.records
    assert line.getMessage() == "飞书应用的回调未接受：请求没有发完就断开了。没有写入任何内容。"
    assert not line.exc_info


def test_the_largest_body_is_still_read(office: CallingOffice) -> None:
    text = WECOM.text("WangJianguo", "已阅", office.at.timestamp())
    padded = text.body + b" " * (BODY_LIMIT - len(text.body))
    answer = office.posts(Channel.WECOM_APP, Request(padded, text.query))
    assert WECOM.reads(answer.text) == NOTHING


def test_a_callback_that_is_not_set_up_is_not_there(office: CallingOffice) -> None:
    text = WECOM.text("WangJianguo", "已阅", office.at.timestamp())
    with pages(office.ledger) as address, httpx.Client(base_url=address, trust_env=False) as client:
        answers = [
            client.get("/callback/wecom_app", params=dict(WECOM.checks().query)),
            client.post("/callback/wecom_app", params=dict(text.query), content=text.body),
            client.post("/callback/feishu_app", content=FEISHU.checks().body),
            client.post("/callback/dingtalk", content=b"{}"),
        ]
    assert [each.status_code for each in answers] == [404] * 4
    assert all("没有这个页面" in each.text for each in answers)


def test_who_answers_in_the_chat_has_acknowledged_on_the_page(office: CallingOffice) -> None:
    (notice,) = office.sends(Channel.WECOM_APP, 1)
    path = f"/n/{links.token(KEY, notice)}"
    assert "<button" in office.client.get(path).text
    office.writes("WangJianguo")
    assert "<button" not in office.client.get(path).text
    found, _ = acknowledge.opened(office.ledger, notice)
    assert found.acknowledged_at is not None


def test_the_pages_answer_the_callbacks_of_the_settings(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {
        "HOME": str(tmp_path / "home"),
        "DATABASE_URL": sqlite_url,
        "WECOM_APP__CORPID": WECOM.corpid,
        "WECOM_APP__SECRET": "S",
        "WECOM_APP__AGENT_ID": "1000002",
        "WECOM_APP__CALLBACK_TOKEN": WECOM.token,
        "WECOM_APP__CALLBACK_AES_KEY": AES_KEY,
    }
    for name, value in given.items():
        monkeypatch.setenv(f"XIAOHAO_{name}", value)
    app = create_app()

    async def asks() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://pages") as client:
            return [
                await client.get("/callback/wecom_app", params=dict(WECOM.checks("督办").query)),
                await client.post("/callback/feishu_app", content=FEISHU.checks().body),
            ]

    wecom_says, feishu_says = asyncio.run(asks())
    app.state.ledger.engine.dispose()
    assert (wecom_says.status_code, wecom_says.text) == (200, "督办")
    assert feishu_says.status_code == 404
