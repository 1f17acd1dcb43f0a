"""DingTalk's work notice against a stand-in: accepted is not delivered, and tokens die in mid-flight."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
import pytest
from digest_builders import digest_of, near, overdue
from dingtalk_standin import HTML, RESULT, SEND, TOKEN, Dingtalk, Planned, dingtalk

from models.facts import UnitCount
from notifiers import digest, fit
from notifiers.client import Answer
from notifiers.dingtalk_work import DingtalkWork, DingtalkWorkSettings, read_answer, read_result, read_token
from notifiers.message import (
    Accepted,
    Again,
    Fate,
    Letter,
    Misconfigured,
    Receipt,
    Refused,
    Tracking,
    Uncertain,
    letter,
)
from notifiers.tokens import Stale, Token

T = TypeVar("T")
NO_CODE = Uncertain("应答中没有结果码（HTTP 200），不知是否已发出", 200)
KEY = "compose-42:official-7:dingtalk_work"
MESSAGE = digest.message(digest_of(overdue(title="小区东门“🚧”道路破损"), near()))
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)  # 17:00 in Shanghai
QUICK: dict[str, Any] = {"answer": timedelta(seconds=0.3), "within": timedelta(seconds=2)}
TRIED_TWICE = "换了新的访问凭证仍不被认可"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def settings(base: str = "https://oapi.dingtalk.com", **but: Any) -> DingtalkWorkSettings:
    given = {"app_key": "KEY1", "app_secret": "APP-SECRET", "agent_id": 42, "base": base}
    return DingtalkWorkSettings(**{**given, **but})


def over(of: DingtalkWorkSettings, act: Callable[[DingtalkWork], Awaitable[T]], **but: Any) -> T:
    """Do something with one channel and close it."""

    async def acts() -> T:
        channel = DingtalkWork(of, **but)
        try:
            return await act(channel)
        finally:
            await channel.aclose()

    return asyncio.run(acts())


def written(channel: DingtalkWork, address: str = "u1", key: str = KEY) -> Letter:
    return letter(channel, MESSAGE, address=address, key=key)


def sent(standin: Dingtalk, *addresses: str, times: int = 1, **but: Any) -> list[Receipt]:
    """Send the message to each address in turn, `times` times, over one channel."""
    wrong = {name: but.pop(name) for name in ("app_secret", "agent_id") if name in but}

    async def act(channel: DingtalkWork) -> list[Receipt]:
        return [await channel.send(written(channel, to)) for _ in range(times) for to in addresses or ("u1",)]

    return over(settings(standin.base, **wrong), act, **but)


def fate_of(
    standin: Dingtalk, receipt: Receipt, *, address: str = "u1", hours: float = 0.1, **but: Any
) -> Fate | Again | Misconfigured:
    """Ask that many hours after acceptance."""
    assert isinstance(receipt, Accepted)
    accepted_at = datetime.fromtimestamp(time.time() - hours * 3600, UTC)

    async def act(channel: DingtalkWork) -> Fate | Again | Misconfigured:
        return await channel.fate(receipt.reference, address=address, accepted_at=accepted_at)

    return over(settings(standin.base), act, **but)


def answer_of(said: Mapping[str, Any], status: int = 200) -> Answer:
    return Answer(status, httpx.Headers(), said)


def test_zero_is_accepted_then_it_is_unread_then_read() -> None:
    with dingtalk() as standin:
        (receipt,) = sent(standin)
        assert receipt == Accepted(reference="256271667526")
        assert fate_of(standin, receipt) == Fate(delivered=True)
        standin.tasks[256271667526].state = "read"
        assert fate_of(standin, receipt) == Fate(delivered=True, read=True, is_final=True)
    (delivered,) = standin.delivered
    assert delivered.to == "u1"
    assert delivered.lines == ["### 🔴 督办通知：逾期 1 件、临期 1 件", *MESSAGE.markdown.splitlines()]


def test_it_is_asked_soon_and_then_while_dingtalk_still_tells() -> None:
    def act(channel: DingtalkWork) -> Awaitable[None]:
        assert isinstance(channel, Tracking)
        hours = [each / timedelta(hours=1) for each in channel.asked_after]
        assert hours[1:] == [1, 4, 12, 23]
        assert hours[0] < 0.2
        return asyncio.sleep(0)

    over(settings(), act)


@pytest.mark.parametrize(
    ("state", "failed"),
    [
        ("failed", Refused("failed", "钉钉未能送达")),
        ("invalid", Refused("invalid", "没有这个 userid 的人，或他不在应用的可见范围")),
        ("143105", Refused(143105, "对方当日的工作通知已达上限，未送达")),
        ("143103", Refused(143103, "已达每分钟发送上限，未送达")),
        ("999", Refused(999, "钉钉限制了这条通知，未送达")),
    ],
)
def test_accepted_but_never_delivered_comes_out(state: str, failed: Refused) -> None:
    with dingtalk() as standin:
        standin.becomes = state
        (receipt,) = sent(standin)
        assert isinstance(receipt, Accepted)
        assert not receipt.delivered
        assert fate_of(standin, receipt) == Fate(failed=failed, is_final=True)
    assert standin.delivered == []


def test_over_the_limit_of_a_day_it_is_accepted_and_comes_out_as_not_delivered() -> None:
    other = digest.message(digest_of(near()))

    async def act(channel: DingtalkWork) -> list[Receipt]:
        letters = [letter(channel, said, address="u1", key=KEY) for said in (MESSAGE, other)]
        return [await channel.send(each) for each in letters]

    with dingtalk() as standin:
        standin.most_a_day = 1
        first, second = over(settings(standin.base), act)
        assert fate_of(standin, first) == Fate(delivered=True)
        over_it = fate_of(standin, second)
        assert isinstance(over_it, Fate)
        assert over_it.failed == Refused(143105, "对方当日的工作通知已达上限，未送达")
    assert len(standin.delivered) == 1


def test_what_stands_in_no_list_is_lost_when_it_is_asked_for_the_last_time() -> None:
    with dingtalk() as standin:
        standin.becomes = "lost"
        (receipt,) = sent(standin)
        for hours in (0.1, 1, 4, 12):
            assert fate_of(standin, receipt, hours=hours) == Fate()
        last = fate_of(standin, receipt, hours=23)
        lost = Refused("no_result", "钉钉已受理，但 23 小时里没有送达记录")
        assert last == Fate(failed=lost, is_final=True)
        asked = len(standin.asked(RESULT))
        assert fate_of(standin, receipt, hours=24) == Fate(is_final=True)
        assert len(standin.asked(RESULT)) == asked  # after 24 hours DingTalk knows nothing, so nobody asks


def test_the_same_content_today_counts_as_sent() -> None:
    with dingtalk() as standin:
        first, second = sent(standin, times=2)
        assert isinstance(first, Accepted)
        assert second == Accepted(delivered=True)
        assert len(standin.delivered) == 1
        assert fate_of(standin, second) == Fate(is_final=True)
        assert standin.asked(RESULT) == []


def test_kept_back_as_the_same_content_means_that_an_earlier_try_brought_it() -> None:
    with dingtalk() as standin:
        standin.becomes = "143106"
        (receipt,) = sent(standin)
        assert fate_of(standin, receipt) == Fate(delivered=True, is_final=True)


def test_a_call_that_broke_off_may_be_repeated() -> None:
    with dingtalk() as standin:
        standin.plan(SEND, Planned(hang_up=True))
        assert sent(standin, times=2) == [
            Uncertain("已发出，连接中断，未收到应答"),
            Accepted(delivered=True),
        ]
        first, second = standin.asked(SEND)
        assert first.body == second.body
    assert len(standin.delivered) == 1


def test_the_body_holds_no_token_and_at_most_2048_bytes_of_message() -> None:
    many = digest.message(
        digest_of(*(overdue(f"HL-2026-{n:04}", title="“路”" * 30, unit="很长的单位" * 20) for n in range(9)))
    )

    async def act(channel: DingtalkWork) -> tuple[str, str]:
        return (
            channel.body(MESSAGE, address=" u1 ", key=KEY),
            channel.body(many, address="u1", key=KEY),
        )

    short, long = over(settings(), act)
    assert list(json.loads(short)) == ["agent_id", "userid_list", "msg"]
    assert (json.loads(short)["agent_id"], json.loads(short)["userid_list"]) == (42, "u1")
    assert "APP-SECRET" not in short
    msg = json.dumps(json.loads(long)["msg"], ensure_ascii=False, separators=(",", ":"))
    assert msg in long
    assert 1_400 < fit.size(msg) <= 2_048
    assert "件未列出" in msg


def test_a_recipient_above_seventy_units_reads_counts_items_and_the_link() -> None:
    units = tuple(UnitCount(unit=f"第{n}社区“居民”委员会", count=n % 7 + 1) for n in range(70))
    many = digest.message(
        digest_of(
            *(overdue(f"HL-{n}", title="问" * 60) for n in range(9)),
            counts_by_unit=units,
            page_url="https://ledger.example/n/1",
        )
    )

    async def act(channel: DingtalkWork) -> str:
        return channel.body(many, address="u1", key=KEY)

    msg = json.loads(over(settings(), act))["msg"]
    assert fit.size(json.dumps(msg, ensure_ascii=False, separators=(",", ":"))) <= 2_048
    text = msg["markdown"]["text"]
    assert "您负责的问题有 9 件需要办理" in text
    assert "7 件等 70 个单位。" in text
    assert "1. 🔴红灯 HL-0 问" in text
    assert "](https://ledger.example/n/1)" in text


def test_one_token_serves_many_and_is_asked_for_once() -> None:
    async def act(channel: DingtalkWork) -> list[Receipt]:
        return await asyncio.gather(*(channel.send(written(channel, to)) for to in ("u1", "u2") * 5))

    with dingtalk() as standin:
        receipts = over(settings(standin.base), act)
        assert len(standin.asked(TOKEN)) == 1
    assert [each.reference for each in receipts if isinstance(each, Accepted) and each.reference]
    assert len(standin.delivered) == 2


def test_a_token_that_dies_in_mid_flight_is_renewed_once() -> None:
    async def act(channel: DingtalkWork) -> list[Receipt]:
        first = await channel.send(written(channel, "u1"))
        standin.expire_tokens()
        return [first, await channel.send(written(channel, "u2"))]

    with dingtalk() as standin:
        receipts = over(settings(standin.base), act)
        tokens = [request.query["access_token"] for request in standin.asked(SEND)]
    assert all(isinstance(each, Accepted) for each in receipts)
    assert tokens == ["ACCESS-1", "ACCESS-1", "ACCESS-2"]


@pytest.mark.parametrize(
    "stale",
    [
        {"errcode": 33001, "errmsg": "无效的企业ID"},
        {"errcode": 40001, "errmsg": "获取access_token时Secret错误"},
        {"errcode": 40014, "errmsg": "不合法的access_token"},
        {"errcode": 42001, "errmsg": "access_token已过期"},
        {"errcode": 88, "sub_code": "40014", "sub_msg": "不合法的access_token"},
    ],
)
def test_a_token_refused_twice_is_the_operators(stale: dict[str, Any]) -> None:
    with dingtalk() as standin:
        standin.plan(SEND, Planned(said=stale), Planned(said=stale))
        (receipt,) = sent(standin)
        assert isinstance(receipt, Misconfigured)
        assert receipt.why.startswith(TRIED_TWICE)
        assert len(standin.asked(TOKEN)) == 2


@pytest.mark.parametrize(
    ("planned", "kind", "code"),
    [
        (Planned(said={"errcode": 40089, "errmsg": "不合法的appkey或appsecret"}), Misconfigured, 40089),
        (Planned(said={"errcode": 40035, "errmsg": "缺少参数"}), Misconfigured, 40035),
        (Planned(said={"errcode": 90018, "errmsg": "调用过快"}), Again, 90018),
        (Planned(said=HTML), Again, 200),
        (Planned(said=HTML, status=503), Again, 503),
        (Planned(said={"errcode": 0}), Again, None),
        (Planned(said={"errcode": 40001}), Misconfigured, 40001),
        (Planned(hang_up=True), Again, None),
    ],
)
def test_without_a_token_nothing_was_sent(planned: Planned, kind: type, code: int | None) -> None:
    with dingtalk() as standin:
        standin.plan(TOKEN, planned)
        (receipt,) = sent(standin)
        assert type(receipt) is kind
        assert getattr(receipt, "code", None) == code
        assert standin.asked(SEND) == []


def test_a_wrong_secret_or_agent_is_the_operators_and_a_wrong_userid_is_not() -> None:
    with dingtalk() as standin:
        assert sent(standin, app_secret="WRONG") == [Misconfigured(40089, "AppKey 或 AppSecret 不正确")]
        assert sent(standin, agent_id=7) == [Misconfigured(40056, "AgentId 不正确")]
        assert sent(standin, "nobody") == [Refused(33012, "没有这个 userid 的人")]


@pytest.mark.parametrize("address", ["u1,u2", "u1|u2", "u1 u2", "", "u1\nu2"])
def test_an_address_reaches_one_person_only(address: str) -> None:
    with dingtalk() as standin:
        assert sent(standin, address) == [Refused("userid", "地址不是一个人的 userid")]
        assert standin.requests == []


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"errcode": 0, "task_id": 12}, Accepted(reference="12")),
        ({"errcode": 0}, Accepted()),
        ({"errcode": -1}, Again("钉钉系统繁忙", code=-1)),
        ({"errcode": 90002}, Again("调用过快", timedelta(seconds=1), 90002)),
        ({"errcode": 88, "sub_code": "90018"}, Again("调用过快", timedelta(seconds=1), 90018)),
        ({"errcode": 143103}, Again("已达每分钟发送上限", timedelta(minutes=1), 143103)),
        ({"errcode": 143104}, Again("已达每分钟发送上限", timedelta(minutes=1), 143104)),
        ({"errcode": 143105}, Again("对方当日的工作通知已达上限", timedelta(hours=7), 143105)),
        ({"errcode": 1430003}, Again("钉钉暂时不能发送", code=1430003)),
        ({"errcode": 143106}, Accepted(delivered=True)),
        ({"errcode": 33012}, Refused(33012, "没有这个 userid 的人")),
        ({"errcode": 34016}, Refused(34016, "消息超过长度上限")),
        ({"errcode": 40035}, Refused(40035, "消息格式不正确")),
        ({"errcode": 1430000}, Refused(1430000, "没有可以接收的人")),
        ({"errcode": 1430002}, Refused(1430002, "消息里有被禁止的词")),
        ({"errcode": 1430004}, Refused(1430004, "对方受高管保护，应用不能给他发通知")),
        ({"errcode": 88, "sub_code": "60011"}, Misconfigured(60011, "应用没有发送工作通知的权限")),
        ({"errcode": 88}, Misconfigured(88, "应用没有通过鉴权，请核对 AppKey、AppSecret 和权限")),
        ({"errcode": 42001, "errmsg": "x"}, Stale(42001, "访问凭证无效或已过期")),
        ({"errcode": 5, "errmsg": "x"}, Again("对方返回未收录的错误码 5", code=5)),
        ({"task_id": 12}, NO_CODE),
    ],
)
def test_each_code_is_judged(said: dict[str, Any], expected: Receipt | Stale) -> None:
    assert read_answer(answer_of(said), now=NOW) == expected


@pytest.mark.parametrize(
    ("planned", "expected"),
    [
        (Planned(said=HTML), NO_CODE),
        (Planned(said=HTML, status=503), Again("对方暂时不能接收（503）", code=503)),
        (Planned(slow=5), Uncertain("已发出，未等到应答")),
    ],
)
def test_what_is_no_answer_is_no_acceptance(planned: Planned, expected: Receipt) -> None:
    with dingtalk() as standin:
        standin.plan(SEND, planned)
        assert sent(standin, **QUICK) == [expected]


@pytest.mark.parametrize(
    ("planned", "expected"),
    [
        (Planned(said=HTML), Again(NO_CODE.why, code=200)),
        (Planned(hang_up=True), Again("已发出，连接中断，未收到应答")),
        (Planned(said={"errcode": -1}), Again("钉钉系统繁忙", code=-1)),
        (
            Planned(said={"errcode": 88, "sub_code": "60011"}),
            Misconfigured(60011, "应用没有发送工作通知的权限"),
        ),
        (Planned(said={"errcode": 40035}), Fate(is_final=True)),
        (Planned(said={"errcode": 0}), Fate()),
        (Planned(said={"errcode": 0, "send_result": {"read_user_id_list": "u1"}}), Fate()),
    ],
)
def test_asking_may_fail_and_is_tried_again(planned: Planned, expected: object) -> None:
    with dingtalk() as standin:
        (receipt,) = sent(standin)
        standin.plan(RESULT, planned)
        assert fate_of(standin, receipt) == expected


def test_a_stale_token_is_renewed_when_asking_too() -> None:
    with dingtalk() as standin:
        (receipt,) = sent(standin)
        standin.plan(RESULT, Planned(said={"errcode": 42001, "errmsg": "access_token已过期"}))
        assert fate_of(standin, receipt) == Fate(delivered=True)


def test_another_persons_reading_is_not_his() -> None:
    said = {"send_result": {"read_user_id_list": ["u11"], "unread_user_id_list": ["u2"]}}
    assert read_result(said, userid="u1", is_last=False) == Fate()


def test_a_token_lives_as_long_as_the_vendor_says() -> None:
    said = {"errcode": 0, "access_token": "T", "expires_in": 600}
    assert read_token(answer_of(said), now=NOW) == Token("T", timedelta(minutes=10))


def test_the_party_organisations_edition_differs_in_its_base_only() -> None:
    """组织云钉钉: the same paths on another host, and nothing goes to the first."""
    with dingtalk() as public, dingtalk() as party:
        party.app_secret = "PARTY-SECRET"
        assert isinstance(sent(party, app_secret="PARTY-SECRET")[0], Accepted)
        assert [request.path for request in party.requests] == [TOKEN, SEND]
        assert public.requests == []


@pytest.mark.parametrize(
    ("wrong", "receipt"),
    [
        ({"app_secret": ""}, Misconfigured("settings", "未设置 app_secret")),
        ({"base": "http://oapi.example"}, Misconfigured("address", "接口地址须以 https:// 开头")),
    ],
)
def test_nothing_is_sent_or_asked_without_a_secret_or_in_the_clear(
    wrong: dict[str, str], receipt: Receipt
) -> None:
    async def act(channel: DingtalkWork) -> list[object]:
        asked = await channel.fate("1", address="u1", accepted_at=datetime.now(UTC))
        return [await channel.send(written(channel)), asked]

    assert over(settings(**wrong), act) == [receipt, receipt]


def test_no_secret_is_said_by_receipts_log_or_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with dingtalk() as standin:
        echo = {
            "errcode": 98,
            "errmsg": f"token ACCESS-1-0123456789abcdef {standin.base}{SEND}?access_token=A",
        }
        standin.plan(SEND, Planned(said=echo), Planned(hang_up=True))
        receipts = sent(standin, times=2) + sent(standin, app_secret="APP-SECRET-2")
        of = settings(standin.base)
    receipts += sent(standin)
    assert [type(each) for each in receipts] == [Again, Uncertain, Misconfigured, Again]
    told = f"{receipts} {of!r} {caplog.text}"
    for secret in ("APP-SECRET", "ACCESS-1", "topapi", "gettoken"):
        assert secret not in told
