"""飞书应用消息 against a stand-in on loopback: tokens, uuid, each answer, and who has read it."""

import asyncio
import dataclasses
import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from digest_builders import digest_of, near, overdue
from feishu_standin import FeishuStandin, feishu
from vendor_standin import Reply, Trouble, without_proxies

from notifiers import digest, vendors
from notifiers.feishu_app import (
    LIMIT,
    TABLE,
    FeishuApp,
    FeishuAppSettings,
    as_text,
    read_by,
    uuid_of,
)
from notifiers.message import (
    Accepted,
    Again,
    Channel,
    Fate,
    Message,
    Misconfigured,
    Part,
    Receipt,
    Refused,
    Tracking,
    Uncertain,
    letter,
)

NOW = 1_700_000_000
THEN = datetime.fromtimestamp(NOW, UTC)
SECRET = "SECRET-OF-APP"
MESSAGE = digest.message(
    digest_of(
        overdue(title="小区东门道路破损，联系13800000000或wang@mail.example"),
        near(),
        page_url="https://ledger.example/n/1",
    )
)
HUGE = dataclasses.replace(
    MESSAGE, items=tuple(Part(f"{n}. “督办”" * 9, f'**{n}. “督\\办"**' * 9) for n in range(300))
)
KEY = "run-42:official-7:feishu"
QUICK: Mapping[str, Any] = {"answer": timedelta(seconds=0.3), "within": timedelta(seconds=2)}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    without_proxies(monkeypatch)


@pytest.fixture
def standin() -> Any:
    with feishu() as running:
        running.clock = lambda: NOW
        yield running


def settings(base: str = "https://feishu.example", **but: Any) -> FeishuAppSettings:
    return FeishuAppSettings(**{"app_id": "cli_a000000000000001", "secret": SECRET, "base": base, **but})


def body_of(message: Message = MESSAGE, address: str = "ou_wang") -> str:
    return FeishuApp(settings()).body(message, address=address, key=KEY)


def send(
    of: FeishuAppSettings,
    *,
    message: Message = MESSAGE,
    address: str = "ou_wang",
    key: Callable[[int], str] = lambda _: KEY,
    times: int = 1,
    between: Callable[[int], None] = lambda _: None,
    **but: Any,
) -> list[Receipt]:
    """Send the message `times` times over one channel; `between` runs before each."""

    async def sends() -> list[Receipt]:
        channel = FeishuApp(of, **{"now": lambda: NOW, **but})
        receipts = []
        try:
            for n in range(times):
                between(n)
                said = letter(channel, message, address=address, key=key(n))
                receipts.append(await channel.send(said))
            return receipts
        finally:
            await channel.aclose()

    return asyncio.run(sends())


def asked(
    of: FeishuAppSettings, reference: str = "om_1", *, address: str = "ou_wang", now: float = NOW, **but: Any
) -> Fate | Again | Misconfigured:
    async def ask() -> Fate | Again | Misconfigured:
        channel = FeishuApp(of, now=lambda: now, **but)
        try:
            return await channel.fate(reference, address=address, accepted_at=THEN)
        finally:
            await channel.aclose()

    return asyncio.run(ask())


def test_a_card_is_accepted_with_the_vendors_number(standin: FeishuStandin) -> None:
    assert send(settings(standin.base)) == [Accepted("om_1")]
    token, sent = standin.calls
    assert token.values == {"app_id": "cli_a000000000000001", "app_secret": SECRET}
    assert (sent.path, dict(sent.query)) == ("/open-apis/im/v1/messages", {"receive_id_type": "open_id"})
    assert sent.headers["authorization"] == "Bearer t-TOKEN-1"
    assert list(sent.values) == ["receive_id", "msg_type", "content", "uuid"]
    assert sent.body == body_of().encode()
    (delivered,) = standin.delivered
    assert (delivered.to, delivered.kind) == ("ou_wang", "interactive")
    assert "联系138＊＊＊＊0000或w＊＊＊＠mail.example**" in delivered.words


def test_the_uuid_is_v9() -> None:
    assert uuid_of(KEY) == "331b4cb92a793614ef743ed047aa525300285685cc10724b42"
    assert json.loads(body_of())["uuid"] == uuid_of(KEY)


def test_it_is_a_channel_that_deduplicates_and_tells_who_read() -> None:
    channel: Channel = FeishuApp(settings())
    assert (channel.deduplicates, channel.always_open) == (True, False)
    assert isinstance(channel, Tracking)
    assert list(channel.asked_after) == sorted(channel.asked_after)
    assert channel.asked_after[-1] < timedelta(days=7)


def test_a_second_send_within_an_hour_reaches_nobody_twice(standin: FeishuStandin) -> None:
    standin.troubles.append(Trouble.HANG_UP)
    assert send(settings(standin.base), times=2) == [
        Uncertain("已发出，连接中断，未收到应答"),
        Accepted("om_1"),
    ]
    assert len(standin.delivered) == 1


@pytest.mark.parametrize("message", [MESSAGE, HUGE])
def test_the_card_fits_in_thirty_kilobytes(standin: FeishuStandin, message: Message) -> None:
    assert send(settings(standin.base), message=message) == [Accepted("om_1")]
    body = standin.messages[0].body
    assert len(body) <= LIMIT
    assert "https://ledger.example/n/1" in body.decode()
    assert ("件未列出" in body.decode()) == (message is HUGE)
    assert message is not HUGE or len(body) > LIMIT - 500


def test_a_token_that_expires_in_mid_flight_is_renewed_once(standin: FeishuStandin) -> None:
    def expire(n: int) -> None:
        if n == 1:
            standin.expire_tokens()

    receipts = send(settings(standin.base), times=2, between=expire, key=str)
    assert receipts == [Accepted("om_1"), Accepted("om_2")]
    assert [call.path.rpartition("/")[2] for call in standin.calls] == [
        "internal", "messages", "messages", "internal", "messages",
    ]  # fmt: skip


@pytest.mark.parametrize("code", [99991661, 99991663, 99991671])
def test_a_token_refused_twice_is_the_operators(standin: FeishuStandin, code: int) -> None:
    standin.codes.extend([code, code])
    (receipt,) = send(settings(standin.base))
    assert isinstance(receipt, Misconfigured)
    assert receipt.code == code
    assert len(standin.messages) == 2


@pytest.mark.parametrize(
    ("but", "expected"),
    [
        ({"app_id": "cli_b"}, Misconfigured(10003, "应用的 app_id 不正确")),
        ({"secret": "wrong"}, Misconfigured(10014, "应用的 app_secret 不正确")),
        ({"app_id": ""}, Misconfigured("settings", "未设置 app_id")),
        ({"secret": ""}, Misconfigured("settings", "未设置 app_secret")),
        ({"base": "http://feishu.example"}, Misconfigured("address", "接口地址须以 https:// 开头")),
    ],
)
def test_wrong_settings_are_the_operators(
    standin: FeishuStandin, but: Mapping[str, Any], expected: Receipt
) -> None:
    assert send(settings(**{"base": standin.base, **but})) == [expected]


@pytest.mark.parametrize("address", ["", "all", "ou_", "oc_group", "ou_x,ou_y", "王建国", "ou_x\n"])
def test_what_is_no_open_id_is_not_sent(standin: FeishuStandin, address: str) -> None:
    assert send(settings(standin.base), address=address) == [Refused("address", "飞书 open_id 格式不正确")]
    assert standin.calls == []


JUDGED: list[tuple[int, Receipt]] = [
    (11232, Again("发送过快，超出飞书的频率限制", timedelta(seconds=60), 11232)),
    (230020, Again("给同一人发送过快：每秒最多 5 条", timedelta(seconds=5), 230020)),
    (230049, Again("同一条消息正在发送", timedelta(seconds=60), 230049)),
    (99991400, Again("调用过快，超出飞书的频率限制", code=99991400)),
    (230001, Refused(230001, "请求参数不正确，请核对 open_id")),
    (230002, Refused(230002, "应用机器人不在群内")),
    (230013, Refused(230013, "此人不在应用可用范围内，或已离职")),
    (230022, Refused(230022, "内容含有敏感词")),
    (230028, Refused(230028, "内容未通过防泄密检查，可能含有电话号码或邮箱")),
    (230035, Refused(230035, "此人已屏蔽应用机器人，或已被禁言")),
    (230038, Refused(230038, "此人不属于本单位的飞书组织")),
    (232009, Refused(232009, "群已解散")),
    (230006, Misconfigured(230006, "应用没有开启机器人能力")),
    (230027, Misconfigured(230027, "应用没有发送消息的权限")),
    (99991662, Misconfigured(99991662, "应用未启用")),
    (99991672, Misconfigured(99991672, "应用没有开通所需的权限")),
    (99999, Again("对方返回未收录的错误码 99999", code=99999)),
]


def test_each_code_is_judged(standin: FeishuStandin) -> None:
    standin.codes.extend(code for code, _ in JUDGED)
    assert send(settings(standin.base), times=len(JUDGED)) == [expected for _, expected in JUDGED]
    assert standin.delivered == []


def test_every_code_of_the_table_has_a_test() -> None:
    assert set(TABLE) == {code for code, _ in JUDGED} - {99999} | {
        10003,
        10014,
        99991661,
        99991663,
        99991671,
        230025,
        230099,
        200861,
    }


@pytest.mark.parametrize(("said", "wait"), [(17, 17), (10**8, 86_400)])
def test_the_gateway_names_the_wait(standin: FeishuStandin, said: int, wait: int) -> None:
    standin.gateway_waits = said
    assert send(settings(standin.base)) == [
        Again("调用过快，超出飞书的频率限制", timedelta(seconds=wait), 99991400)
    ]


def test_the_sixth_message_of_a_second_to_one_person_waits(standin: FeishuStandin) -> None:
    receipts = send(settings(standin.base), times=6, key=str)
    assert [type(receipt) for receipt in receipts] == [Accepted] * 5 + [Again]


def test_a_person_outside_the_applications_range_is_refused(standin: FeishuStandin) -> None:
    assert send(settings(standin.base), address="ou_gone") == [
        Refused(230013, "此人不在应用可用范围内，或已离职")
    ]


def test_the_stand_in_refuses_a_plain_number_so_the_mask_is_needed(standin: FeishuStandin) -> None:
    card = json.loads(json.loads(body_of())["content"])
    card["body"]["elements"][0]["content"] = "联系13800000000"
    body = json.dumps({**json.loads(body_of()), "content": vendors.compact(card)}, ensure_ascii=False)

    async def one() -> Receipt:
        channel = FeishuApp(settings(standin.base))
        try:
            said = letter(channel, MESSAGE, address="ou_wang", key=KEY)
            return await channel.send(dataclasses.replace(said, body=body))
        finally:
            await channel.aclose()

    receipt = asyncio.run(one())
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


@pytest.mark.parametrize("code", [230025, 230099, 200861])
def test_a_text_refused_too_is_refused(standin: FeishuStandin, code: int) -> None:
    standin.codes.extend([code, code])
    (receipt,) = send(settings(standin.base))
    assert isinstance(receipt, Refused)
    assert receipt.code == code


TROUBLES: list[tuple[Trouble, Receipt]] = [
    (Trouble.HANG_UP, Uncertain("已发出，连接中断，未收到应答")),
    (Trouble.SLOW, Uncertain("已发出，未等到应答")),
    (Trouble.HTML, Uncertain("应答中没有结果码（HTTP 200），不知是否已发出", code=200)),
    (Trouble.NO_CODE, Uncertain("应答中没有结果码（HTTP 200），不知是否已发出", code=200)),
    (Trouble.BUSY, Again("对方暂时不能接收（503）", code=503)),
]


def test_an_answer_without_a_code_is_uncertain(standin: FeishuStandin) -> None:
    standin.troubles.extend(trouble for trouble, _ in TROUBLES)
    receipts = send(settings(standin.base), times=len(TROUBLES), key=str, **QUICK)
    assert receipts == [expected for _, expected in TROUBLES]
    assert len(standin.delivered) == len(TROUBLES) - 1  # all but BUSY


@pytest.mark.parametrize("data", [{}, {"message_id": ""}, {"message_id": 7}, {"message_id": "\ud800"}, None])
def test_code_zero_without_a_message_number_is_uncertain(standin: FeishuStandin, data: Any) -> None:
    def answer(call: Any) -> Reply:
        if call.path.endswith("internal"):
            return Reply({"code": 0, "tenant_access_token": "t", "expire": 7200})
        return Reply({"code": 0, "msg": "success", "data": data})

    standin.answer = answer  # type: ignore[method-assign]
    assert send(settings(standin.base)) == [Uncertain("应答中没有消息编号，不知是否已发出", code=0)]


@pytest.mark.parametrize("said", [b"<html></html>", {"code": 0}, {"code": 0, "tenant_access_token": "令牌"}])
def test_without_a_token_nothing_is_sent(standin: FeishuStandin, said: Any) -> None:
    standin.answer = lambda _: Reply(said)  # type: ignore[method-assign]
    (receipt,) = send(settings(standin.base))
    assert isinstance(receipt, Again)
    assert standin.messages == []


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


def test_what_keeps_us_from_asking_parks_no_channel(standin: FeishuStandin) -> None:
    of = settings(standin.base)
    send(of)
    standin.may_ask = False
    assert asked(of) == Again("查询已读未成：应用没有开通所需的权限", code=99991672)
    standin.may_ask, standin.gateway_waits = True, 3
    assert asked(of) == Again("调用过快，超出飞书的频率限制", timedelta(seconds=3), 99991400)
    assert isinstance(asked(settings(standin.base, secret="wrong")), Misconfigured)
    standin.answer = lambda _: Reply(b"busy", 503)  # type: ignore[method-assign]
    assert isinstance(asked(of), Again)


def test_asking_where_nobody_answers_is_tried_again() -> None:
    with feishu() as standin:
        of = settings(standin.base)
    assert asked(of) == Again("连接不上对方服务器")


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


def test_no_body_receipt_repr_or_log_bears_a_secret_or_what_came_back(
    standin: FeishuStandin, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    standin.codes.extend([99991663, 230013, 230099, 99999, 99991672])
    standin.troubles.extend([Trouble.HANG_UP, Trouble.HTML])
    of = settings(standin.base)
    receipts = [
        *send(of, times=6),
        *send(settings("http://127.0.0.1:9/")),
        *send(settings(standin.base, secret="W")),
    ]
    standin.may_ask = False
    said = (
        " ".join(map(str, [*receipts, asked(of)])) + caplog.text + body_of() + repr(of) + repr(FeishuApp(of))
    )
    for secret in (SECRET, "TOKEN-", "refused", "It works", "Access denied"):
        assert secret not in said
