"""飞书应用消息 against a stand-in on loopback: tokens, uuid, each answer, and who has read it."""

import dataclasses
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from channel_sending import KEY, NOW, WAYS
from digest_builders import digest_of, near, overdue
from feishu_standin import FeishuStandin, feishu
from vendor_standin import Reply

from notifiers import digest, links, vendors
from notifiers.feishu_app import LIMIT, TOLD_FOR, FeishuApp, as_text, read_by, uuid_of
from notifiers.message import Accepted, Again, Fate, Message, Misconfigured, Part, Refused, Uncertain
from xiaohao.vocabulary import Channel

WAY = WAYS[Channel.FEISHU_APP]
settings = WAY.settings
THEN = datetime.fromtimestamp(NOW, UTC)
MESSAGE = digest.message(
    digest_of(
        overdue(title="小区东门道路破损，联系13800000000或wang@mail.example"),
        near(),
        page_url="https://ledger.example/n/1",
    )
)
TOKEN = links.token(b"k" * 32, 1042)
LINKED = digest.message(digest_of(overdue(), page_url=f"https://ledger.example/n/{TOKEN}"))
HUGE = dataclasses.replace(
    MESSAGE, items=tuple(Part(f"{n}. “督办”" * 9, f'**{n}. “督\\办"**' * 9) for n in range(300))
)


@pytest.fixture
def standin() -> Iterator[FeishuStandin]:
    with feishu() as running:
        running.clock = lambda: NOW
        yield running


send = partial(WAY.send, message=MESSAGE)


def body_of(message: Message = MESSAGE) -> str:
    return WAY.body(settings("https://feishu.example"), message)


def asked(
    of: Any, reference: str = "om_1", *, address: str = "ou_wang", now: float = NOW
) -> Fate | Again | Misconfigured:
    return WAY.fate(of, reference, address=address, accepted_at=THEN, now=lambda: now)


def test_a_card_is_accepted_with_the_vendors_number(standin: FeishuStandin) -> None:
    assert send(settings(standin.base)) == [Accepted("om_1")]
    token, sent = standin.calls
    assert token.values == {"app_id": "cli_a000000000000001", "app_secret": "SECRET-OF-APP"}
    assert (sent.path, dict(sent.query)) == ("/open-apis/im/v1/messages", {"receive_id_type": "open_id"})
    assert sent.headers["authorization"] == "Bearer t-TOKEN-1"
    assert list(sent.values) == ["receive_id", "msg_type", "content", "uuid"]
    assert sent.body == body_of().encode()
    (delivered,) = standin.delivered
    assert (delivered.to, delivered.kind) == ("ou_wang", "interactive")
    assert "联系138＊＊＊＊0000或w＊＊＊＠mail.example**" in delivered.words


def with_callbacks(base: str = "https://feishu.example", **but: Any) -> Any:
    given = {"callback_encrypt_key": "ENCRYPT-KEY", "callback_verification_token": "TOKEN-OF-CALLBACK", **but}
    return settings(base, **given)


def buttons(of: Any, message: Message) -> list[Any]:
    card = json.loads(json.loads(WAY.body(of, message))["content"])
    return [each for each in card["body"]["elements"] if each["tag"] == "button"]


def test_the_card_has_a_button_that_acknowledges_where_callbacks_are_set_up(standin: FeishuStandin) -> None:
    opens, acknowledges = buttons(with_callbacks(), LINKED)
    assert opens["behaviors"] == [{"type": "open_url", "default_url": LINKED.link}]
    assert (opens["type"], acknowledges["type"]) == ("primary", "default")
    assert acknowledges["text"]["content"] == "已阅"
    assert acknowledges["behaviors"] == [{"type": "callback", "value": {"acknowledged": TOKEN}}]
    body = WAY.body(with_callbacks(), LINKED)
    assert body == WAY.body(with_callbacks(), LINKED)
    assert not any(secret in body for secret in ("ENCRYPT-KEY", "TOKEN-OF-CALLBACK"))
    assert send(with_callbacks(standin.base), message=LINKED) == [Accepted("om_1")]
    assert as_text(body, key=KEY) == as_text(WAY.body(settings(""), LINKED), key=KEY)


@pytest.mark.parametrize(
    ("of", "message"),
    [
        (settings("https://feishu.example"), "linked"),
        (with_callbacks(callback_encrypt_key=""), "linked"),
        (with_callbacks(callback_verification_token=""), "linked"),
        (with_callbacks(), "bare address"),
        (with_callbacks(), "no link"),
    ],
)
def test_else_the_card_is_as_it_was(of: Any, message: str) -> None:
    said = {"linked": LINKED, "bare address": MESSAGE, "no link": digest.message(digest_of(near()))}[message]
    assert [each["behaviors"][0]["type"] for each in buttons(of, said)] == ["open_url"] * bool(said.link)
    assert WAY.body(of, said) == WAY.body(settings(""), said)


def test_a_full_card_with_both_buttons_fits_too(standin: FeishuStandin) -> None:
    message = dataclasses.replace(HUGE, link=LINKED.link)
    assert len(buttons(with_callbacks(), message)) == 2
    assert LIMIT - 500 < len(WAY.body(with_callbacks(), message).encode()) <= LIMIT
    assert send(with_callbacks(standin.base), message=message) == [Accepted("om_1")]


def test_the_robots_card_has_no_button_that_calls_back(standin: FeishuStandin) -> None:
    robot = WAYS[Channel.FEISHU_ROBOT]
    body = robot.body(robot.settings(standin.base), LINKED)
    assert '"open_url"' in body
    assert '"callback"' not in body


def test_the_uuid_is_v9() -> None:
    key = "run-42:official-7:feishu"
    assert uuid_of(key) == "331b4cb92a793614ef743ed047aa525300285685cc10724b42"
    assert json.loads(WAY.body(settings("https://feishu.example"), key=key))["uuid"] == uuid_of(key)


def test_it_is_asked_while_the_vendor_still_tells() -> None:
    assert timedelta(days=6) < FeishuApp.asked_after[-1] < TOLD_FOR


@pytest.mark.parametrize("message", [MESSAGE, HUGE])
def test_the_card_fits_in_thirty_kilobytes(standin: FeishuStandin, message: Message) -> None:
    assert send(settings(standin.base), message=message) == [Accepted("om_1")]
    body = standin.messages[0].body
    assert len(body) <= LIMIT
    assert "https://ledger.example/n/1" in body.decode()
    assert ("件未列出" in body.decode()) == (message is HUGE)
    assert message is not HUGE or len(body) > LIMIT - 500


@pytest.mark.parametrize(("said", "wait"), [(17, 17), (10**8, 86_400)])
def test_the_gateway_names_the_wait(standin: FeishuStandin, said: int, wait: int) -> None:
    standin.gateway_waits = said
    assert send(settings(standin.base)) == [
        Again("调用过快，超出飞书的频率限制", timedelta(seconds=wait), 99991400)
    ]


def test_the_sixth_message_of_a_second_to_one_person_waits(standin: FeishuStandin) -> None:
    receipts = send(settings(standin.base), times=6, key=str)
    assert [type(receipt) for receipt in receipts] == [Accepted] * 5 + [Again]


def test_the_stand_in_refuses_a_plain_number_so_the_mask_is_needed(standin: FeishuStandin) -> None:
    card = json.loads(json.loads(body_of())["content"])
    card["body"]["elements"][0]["content"] = "联系13800000000"
    body = json.dumps({**json.loads(body_of()), "content": vendors.compact(card)}, ensure_ascii=False)

    (receipt,) = send(settings(standin.base), body=body)
    assert isinstance(receipt, Refused)
    assert receipt.code == 230028


def test_where_the_card_is_not_taken_the_same_words_go_as_text(standin: FeishuStandin) -> None:
    standin.takes_cards = False
    assert send(settings(standin.base), times=2) == [Accepted("om_1"), Accepted("om_1")]
    (delivered,) = standin.delivered
    assert delivered.kind == "text"
    lines = delivered.content["text"].splitlines()
    assert lines[0] == "🔴 督办通知：逾期 1 件、临期 1 件"
    assert lines[-1].endswith("：https://ledger.example/n/1")
    card, text, *_ = standin.messages
    assert card.values["uuid"] != text.values["uuid"]
    assert text.body.decode() == as_text(body_of(), key=KEY)
    assert as_text(text.body.decode(), key=KEY) is None


@pytest.mark.parametrize("data", [{}, {"message_id": ""}, {"message_id": 7}, {"message_id": "\ud800"}, None])
def test_code_zero_without_a_message_number_is_uncertain(standin: FeishuStandin, data: Any) -> None:
    def answer(call: Any) -> Reply:
        if call.path.endswith("internal"):
            return Reply({"code": 0, "tenant_access_token": "t", "expire": 7200})
        return Reply({"code": 0, "msg": "success", "data": data})

    standin.answer = answer  # type: ignore[method-assign]
    assert send(settings(standin.base)) == [Uncertain("应答中没有消息编号，不知是否已发出", code=0)]


def test_reading_is_told_with_its_instant(standin: FeishuStandin) -> None:
    of = settings(standin.base)
    assert send(of) == [Accepted("om_1")]
    assert asked(of) == Fate(delivered=True)
    standin.delivered[0].read_at = {"ou_li": NOW + 5.0, "ou_wang": NOW + 60.25}
    read_at = THEN + timedelta(seconds=60.25)
    assert asked(of) == Fate(delivered=True, read=True, read_at=read_at, is_final=True)
    assert asked(of, address="ou_nobody") == Fate(delivered=True)
    call = standin.calls[-1]
    assert (call.method, call.path) == ("GET", "/open-apis/im/v1/messages/om_1/read_users")
    assert call.query["user_id_type"] == "open_id"


def test_after_seven_days_nobody_knows(standin: FeishuStandin) -> None:
    of = settings(standin.base)
    send(of)
    assert asked(of, now=NOW + 7 * 86_400) == Fate(delivered=True, is_final=True)
    standin.clock = lambda: NOW + 7 * 86_400 + 1
    assert asked(of, now=NOW + 7 * 86_400 + 1) == Fate(is_final=True)
    assert asked(of, "om_99") == Fate(is_final=True)


def test_what_keeps_us_from_asking_parks_no_channel(
    standin: FeishuStandin, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    of = settings(standin.base)
    send(of)
    standin.may_ask = False
    assert asked(of) == Again("查询已读未成：应用没有开通所需的权限", code=99991672)
    standin.may_ask, standin.gateway_waits = True, 3
    assert asked(of) == Again("调用过快，超出飞书的频率限制", timedelta(seconds=3), 99991400)
    assert isinstance(asked(settings(standin.base, secret="wrong")), Misconfigured)
    standin.answer = lambda _: Reply(b"busy", 503)  # type: ignore[method-assign]
    assert isinstance(asked(of), Again)
    assert "Access denied" not in caplog.text


@pytest.mark.parametrize(
    ("timestamp", "read_at"),
    [
        ("1700000000250", datetime.fromtimestamp(NOW + 0.25, UTC)),
        ("1700000000", datetime.fromtimestamp(NOW, UTC)),
        (1700000000000, datetime.fromtimestamp(NOW, UTC)),
        ("soon", None),
        ("", None),
        (None, None),
        ("9" * 40, None),
    ],
)
def test_an_instant_that_cannot_be_read_leaves_the_fact(timestamp: object, read_at: datetime | None) -> None:
    said = {"code": 0, "data": {"items": ["?", {"user_id": "ou_wang", "timestamp": timestamp}]}}
    assert read_by(said, "ou_wang") == Fate(delivered=True, read=True, read_at=read_at, is_final=True)
