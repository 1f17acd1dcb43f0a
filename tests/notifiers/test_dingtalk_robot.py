"""The DingTalk robot against a stand-in that checks what it gets: what goes out, and how each answer is judged."""

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from digest_builders import digest_of, near, overdue
from dingtalk_standin import HTML, NOT_MATCHING, ROBOT, Delivered, Dingtalk, Planned, Robot, dingtalk

from notifiers import digest, fit, signing
from notifiers.client import Answer
from notifiers.dingtalk_robot import DingtalkRobot, DingtalkRobotKey, DingtalkRobotSettings, read_answer
from notifiers.message import Accepted, Again, Letter, Misconfigured, Receipt, Refused, Uncertain, letter

SECRET = "SEC0f2b9a77d0c14e5fb6a1"
KEY = "compose-42:official-7:dingtalk_robot"
MESSAGE = digest.message(digest_of(overdue(title="小区东门“🚧”道路破损"), near(), checkpoint="1842·9f3c"))
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
NO_CODE = Uncertain("应答中没有结果码（HTTP 200），不知是否已发出", 200)
TEN_MINUTES = timedelta(minutes=10)
QUICK: dict[str, Any] = {"answer": timedelta(seconds=0.3), "within": timedelta(seconds=2)}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def settings(base: str = "https://oapi.dingtalk.com", **but: Any) -> DingtalkRobotSettings:
    return DingtalkRobotSettings(robots={"默认": DingtalkRobotKey(**{"token": "TOKEN1", **but})}, base=base)


def posted(of: DingtalkRobotSettings, *letters: Letter, **but: Any) -> list[Receipt]:
    """Send the letters one after the other over one channel."""

    async def sends() -> list[Receipt]:
        channel = DingtalkRobot(of, **but)
        try:
            return [await channel.send(each) for each in letters]
        finally:
            await channel.aclose()

    return asyncio.run(sends())


def written(of: DingtalkRobotSettings, address: str = "默认@13800000000", key: str = KEY) -> Letter:
    return _written(of.robots["默认"].keyword, address, key)


@cache
def _written(keyword: str | None, address: str, key: str) -> Letter:
    """Made once: nothing else of the settings is in a body."""
    channel = DingtalkRobot(settings(keyword=keyword))
    try:
        return letter(channel, MESSAGE, address=address, key=key)
    finally:
        asyncio.run(channel.aclose())


def one(standin: Dingtalk, *, address: str = "默认@13800000000", **but: Any) -> Receipt:
    key = {name: but.pop(name) for name in ("secret", "keyword") if name in but}
    of = settings(standin.base, **key)
    return posted(of, written(of, address), **but)[0]


def judged(said: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Receipt:
    return read_answer(Answer(status, httpx.Headers(dict(headers or {})), said), now=NOW)


def test_a_signed_message_arrives_as_the_telephone_shows_it_and_calls_its_person() -> None:
    with dingtalk() as standin:
        standin.robots["TOKEN1"] = Robot(secret=SECRET)
        assert one(standin, secret=SECRET) == Accepted()
    (delivered,) = standin.delivered
    assert delivered.title == "🔴 督办通知：逾期 1 件、临期 1 件"
    assert delivered.mentioned == ("13800000000",)
    assert delivered.lines == [
        "### 🔴 督办通知：逾期 1 件、临期 1 件",
        *MESSAGE.markdown.splitlines(),
        "@13800000000",
    ]


def test_the_body_is_raw_utf8_without_time_token_or_signature() -> None:
    said = written(settings(secret=SECRET)).body
    assert list(json.loads(said)) == ["msgtype", "markdown", "at", "msgUuid"]
    assert json.loads(said)["at"] == {"atMobiles": ["13800000000"], "atUserIds": [], "isAtAll": False}
    assert json.loads(said)["msgUuid"] == signing.id_of(KEY)
    assert "小区东门“🚧”道路破损" in said
    for secret in ("TOKEN1", SECRET, "sign", "timestamp"):
        assert secret not in said
    channel = DingtalkRobot(settings(secret="SECother", token="TOKEN2"))
    assert said == channel.body(MESSAGE, address="默认@13800000000", key=KEY)
    asyncio.run(channel.aclose())


@pytest.mark.parametrize(
    ("address", "mobiles", "userids", "called"),
    [
        ("默认@13800000000", ["13800000000"], [], "@13800000000"),
        ("@+86 138-0000-0000", ["13800000000"], [], "@13800000000"),
        ("默认@manager4220", [], ["manager4220"], "@manager4220"),
        ("默认@01562626331", [], ["01562626331"], "@01562626331"),
        ("默认", [], [], None),
    ],
)
def test_the_mention_stands_in_the_list_and_in_the_text(
    address: str, mobiles: list[str], userids: list[str], called: str | None
) -> None:
    said = json.loads(written(settings(), address).body)
    assert (said["at"]["atMobiles"], said["at"]["atUserIds"]) == (mobiles, userids)
    assert said["markdown"]["text"].splitlines()[-1] == (called or "留痕检查点 1842·9f3c")


def test_a_robot_with_a_keyword_gets_it_once() -> None:
    with dingtalk() as standin:
        standin.robots["TOKEN1"] = Robot(keyword="销号提醒")
        refused, accepted = one(standin), one(standin, keyword="销号提醒")
    assert refused == Misconfigured(310000, "消息里没有机器人安全设置的自定义关键词，请在设置中写明")
    assert accepted == Accepted()
    assert standin.delivered[0].text.count("销号提醒") == 1
    assert json.loads(written(settings(keyword="督办通知")).body)["markdown"]["text"].count("督办通知") == 1


def test_the_body_keeps_its_bytes_and_says_what_it_left_out() -> None:
    many = digest.message(digest_of(overdue()))
    items = many.items * 400
    channel = DingtalkRobot(settings(keyword="督办通知"))
    body = channel.body(
        type(many)(
            subject=many.subject,
            head=many.head,
            items=items,
            foot=many.foot,
            recipient="王建国",
            business_date=many.business_date,
        ),
        address="默认@13800000000",
        key=KEY,
    )
    asyncio.run(channel.aclose())
    text = json.loads(body)["markdown"]["text"]
    assert 19_000 < fit.size(body) <= 20_000
    assert f"……另有 {400 - text.count('HL-2026-0007')} 件未列出" in text
    assert text.endswith("@13800000000")


def test_what_is_too_long_was_refused_by_the_vendor_and_is_not_sent_by_us() -> None:
    """The stand-in refuses one byte too many, so the limit is really kept."""
    with dingtalk() as standin:
        of = settings(standin.base)
        right = written(of)
        padded = json.loads(right.body)
        padded["markdown"]["text"] += "督" * 7_000
        wrong = Letter(
            body=json.dumps(padded, ensure_ascii=False),
            address=right.address,
            key=KEY,
            recipient="",
            business_date=right.business_date,
        )
        assert posted(of, wrong, right) == [Refused(40035, "消息格式不正确"), Accepted()]


def test_more_than_twenty_in_a_minute_wait_ten_minutes() -> None:
    with dingtalk() as standin:
        of = settings(standin.base)
        receipts = posted(of, *(written(of, key=f"k{n}") for n in range(22)))
    assert receipts[:20] == [Accepted()] * 20
    assert receipts[20:] == [Again("发送过快，机器人被限流十分钟", TEN_MINUTES, 130101)] * 2


def test_a_timed_out_call_may_be_repeated_under_its_own_id() -> None:
    with dingtalk() as standin:
        standin.plan(ROBOT, Planned(hang_up=True))
        of = settings(standin.base)
        said = written(of)
        assert posted(of, said, said) == [
            Uncertain("已发出，连接中断，未收到应答"),
            Accepted(),
        ]
    assert len(standin.delivered) == 1
    first, second = standin.asked(ROBOT)
    assert first.body == second.body


def test_the_vendors_word_is_taken_for_it_only_where_the_settings_say_so() -> None:
    """`msgUuid` stands in the international documents only, so a repetition is marked unless tried."""
    for given in (False, True):
        channel = DingtalkRobot(DingtalkRobotSettings(robots={}, deduplicates=given))
        assert channel.deduplicates is given
        asyncio.run(channel.aclose())


@pytest.mark.parametrize(
    ("robot", "sent_with", "but", "why"),
    [
        (Robot(secret=SECRET), {"secret": "SECwrong"}, {}, "签名不匹配"),
        (Robot(secret=SECRET), {"secret": SECRET}, {"now": lambda: 1_700_000_000}, "请校准本机时钟"),
        (Robot(addresses=("203.0.113.9",)), {}, {}, "不在机器人的 IP 地址（段）名单里（127.0.0.1）"),
        (None, {}, {}, "access_token 不存在"),
    ],
)
def test_a_fault_of_the_settings_is_the_operators_and_named(
    robot: Robot | None, sent_with: dict[str, Any], but: dict[str, Any], why: str
) -> None:
    with dingtalk() as standin:
        standin.robots = {"TOKEN1": robot} if robot else {}
        receipt = one(standin, **sent_with, **but)
    assert isinstance(receipt, Misconfigured)
    assert why in receipt.why
    assert standin.delivered == []


@pytest.mark.parametrize(
    ("robot", "but", "kind"),
    [
        (None, {}, Refused),
        (Robot(secret="SECother"), {}, Refused),
        (Robot(keyword="别的词"), {}, Refused),
        (Robot(addresses=()), {}, Misconfigured),
        (Robot(secret=SECRET), {"now": lambda: 1_700_000_000}, Misconfigured),
    ],
)
def test_one_robot_at_fault_stops_no_other_but_what_is_wrong_with_all_does(
    robot: Robot | None, but: dict[str, Any], kind: type
) -> None:
    with dingtalk() as standin:
        standin.robots = {"TOKEN1": robot} if robot else {}
        alone = settings(standin.base, secret=SECRET)
        several = replace(alone, robots={**alone.robots, "孟轲乡": DingtalkRobotKey(token="TOKEN2")})
        (first,), (second,) = posted(alone, written(alone), **but), posted(several, written(alone), **but)
    assert isinstance(first, Misconfigured)
    assert second == kind(first.code, first.why)


def test_a_robot_without_a_token_stops_no_other() -> None:
    with dingtalk() as standin:
        alone = settings(standin.base)
        empty = replace(alone, robots={"默认": DingtalkRobotKey(token="")})
        several = replace(empty, robots={**empty.robots, "孟轲乡": DingtalkRobotKey(token="TOKEN2")})
        (first,), (second,) = posted(empty, written(alone)), posted(several, written(alone))
    assert isinstance(first, Misconfigured)
    assert second == Refused(first.code, first.why)
    assert standin.requests == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("keywords not in content, more: [https://ding-doc.dingtalk.com/doc]", "自定义关键词"),
        ("description:关键词不匹配;solution:请联系群管理员查看此机器人的关键词;", "自定义关键词"),
        ("sign not match, more: [https://ding-doc.dingtalk.com/doc]", "加签密钥"),
        (NOT_MATCHING, "加签密钥"),
        ("invalid timestamp, more: [https://ding-doc.dingtalk.com/doc]", "本机时钟"),
        (
            "description:机器人发送签名过期;solution:签名生成时间和发送时间请保持在timestampms以内;",
            "本机时钟",
        ),
        ("ip 203.0.113.7 not in whitelist", "名单里（203.0.113.7）"),
        ("description:机器人发送IP不在白名单;solution:请将IP加入;", "名单里"),
        ("token is not exist", "access_token"),
        ("description:安全设置变更;solution:见https://open.dingtalk.com/x?access_token=T;", "安全设置变更"),
        (None, "安全设置没有通过"),
    ],
)
def test_310000_is_sorted_by_its_words(words: str | None, why: str) -> None:
    receipt = judged({"errcode": 310000, "errmsg": words})
    assert isinstance(receipt, Misconfigured)
    assert why in receipt.why
    assert "http" not in receipt.why


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"errcode": 0, "errmsg": "ok"}, Accepted()),
        ({"errcode": "0", "errmsg": "ok"}, NO_CODE),
        ({"errcode": -1, "errmsg": "系统繁忙"}, Again("钉钉系统繁忙", code=-1)),
        ({"errcode": 130101}, Again("发送过快，机器人被限流十分钟", TEN_MINUTES, 130101)),
        ({"errcode": 302033}, Again("发送过快，机器人被限流十分钟", TEN_MINUTES, 302033)),
        ({"errcode": 300001}, Misconfigured(300001, "机器人的 access_token 不存在或已失效")),
        ({"errcode": 300005}, Misconfigured(300005, "机器人的 access_token 不存在或已失效")),
        ({"errcode": 40035}, Refused(40035, "消息格式不正确")),
        ({"errcode": 430104, "errmsg": "x"}, Refused(430104, "消息内容被认为不合适")),
        ({"errcode": 987654, "errmsg": "x"}, Again("对方返回未收录的错误码 987654", code=987654)),
        ({}, NO_CODE),
        ({"code": 0}, NO_CODE),
        ({"errcode": True}, NO_CODE),
        ({"errcode": None}, NO_CODE),
        ({"errcode": "ok"}, NO_CODE),
    ],
)
def test_each_code_is_judged(said: dict[str, Any], expected: Receipt) -> None:
    assert judged(said) == expected


def test_a_code_counts_whatever_the_status_line() -> None:
    for status in (200, 400, 403, 500):
        assert judged({"errcode": 0}, status) == Accepted()
        assert judged({"errcode": 40035}, status) == Refused(40035, "消息格式不正确")


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (500, {}, Again("对方暂时不能接收（500）", code=500)),
        (503, {"Retry-After": "90"}, Again("对方暂时不能接收（503）", timedelta(seconds=90), 503)),
        (429, {}, Again("对方暂时不能接收（429）", code=429)),
        (502, {}, Uncertain("应答中没有结果码（HTTP 502），不知是否已发出", 502)),
        (403, {}, Uncertain("应答中没有结果码（HTTP 403），不知是否已发出", 403)),
    ],
)
def test_without_a_code_only_a_server_that_is_down_surely_took_nothing(
    status: int, headers: dict[str, str], expected: Receipt
) -> None:
    assert judged({}, status, headers) == expected


@pytest.mark.parametrize(
    ("planned", "expected"),
    [
        (Planned(said=HTML), NO_CODE),
        (Planned(said=HTML, status=503), Again("对方暂时不能接收（503）", code=503)),
        (Planned(said="[0]"), NO_CODE),
        (Planned(hang_up=True), Uncertain("已发出，连接中断，未收到应答")),
        (Planned(slow=5), Uncertain("已发出，未等到应答")),
    ],
)
def test_what_is_no_answer_is_no_success(planned: Planned, expected: Receipt) -> None:
    with dingtalk() as standin:
        standin.plan(ROBOT, planned)
        assert one(standin, **QUICK) == expected
        assert len(standin.asked(ROBOT)) == 1


def test_nobody_there_surely_got_nothing() -> None:
    with dingtalk() as standin:
        base = standin.base
    of = settings(base)
    assert posted(of, written(of)) == [Again("连接不上对方服务器")]


def test_a_robot_that_the_settings_do_not_name_is_one_persons_fault() -> None:
    with dingtalk() as standin:
        receipt = one(standin, address="https://oapi.dingtalk.com/robot/send?access_token=ABC")
        assert receipt == Refused("robot", "设置里没有这个名称的钉钉机器人")
        assert standin.requests == []


def test_the_host_is_a_setting_and_may_have_a_path() -> None:
    with dingtalk() as standin:
        of = settings(f"{standin.base}/gateway/")
        assert posted(of, written(of)) == [Again("对方返回未收录的错误码 404", code=404)]
        assert standin.requests[0].path == "/gateway/robot/send"


def test_no_secret_is_said_by_receipts_log_or_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with dingtalk() as standin:
        standin.robots["TOKEN1"] = Robot(secret="SECother")
        echo = {"errcode": 310000, "errmsg": f"TOKEN1-{SECRET} in {standin.base}/robot/send?x=1"}
        standin.plan(ROBOT, Planned(said=echo), Planned(said=HTML), Planned(hang_up=True), Planned())
        of = settings(standin.base, secret=SECRET)
        receipts = posted(of, *[written(of)] * 4)
        signed = [request.query["sign"] for request in standin.requests]
    receipts += posted(of, written(of))
    assert [type(each) for each in receipts] == [Misconfigured, Uncertain, Uncertain, Misconfigured, Again]
    told = f"{receipts} {of!r} {caplog.text}"
    for secret in (SECRET, "TOKEN1", "13800000000", *signed, "robot/send"):
        assert secret not in told


def test_apprise_makes_the_same_body_and_signature_but_calls_nobody_and_sees_no_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Apprise 2.0.1 as oracle. It quotes the signature twice; once is what the vendor describes."""
    oracle = pytest.importorskip("apprise.plugins.dingtalk")
    secret = SECRET.lower()
    with dingtalk() as standin:
        standin.robots["TOKEN1"] = Robot(secret=secret)
        assert one(standin, secret=secret) == Accepted()
        theirs = oracle.NotifyDingTalk("TOKEN1", targets="13800000000", secret=secret)
        monkeypatch.setattr(theirs, "notify_url", standin.base + ROBOT + "?access_token={token}")
        assert theirs.send(MESSAGE.markdown, title=MESSAGE.subject, body_format="markdown")
        assert len(standin.delivered) == 1  # refused with HTTP 200, and sent as far as Apprise knows
    ours_request, theirs_request = standin.asked(ROBOT)
    for request, sign in (
        (ours_request, ours_request.query["sign"]),
        (theirs_request, unquote(theirs_request.query["sign"])),
    ):
        assert set(request.query) == {"access_token", "timestamp", "sign"}
        assert sign == signing.dingtalk_robot(secret, int(request.query["timestamp"]))
    ours, other = json.loads(ours_request.body), json.loads(theirs_request.body)
    assert ours["msgtype"] == other["msgtype"] == "markdown"
    assert ours["markdown"]["title"] == other["markdown"]["title"]
    assert ours["at"] == {**other["at"], "atUserIds": []}
    heading, *lines = standin.delivered[0].lines
    assert [f"# {heading.removeprefix('### ')}", *lines[:-1]] == other["markdown"]["text"].splitlines()
    assert "@13800000000" not in other["markdown"]["text"]
    assert len(Delivered("", "", other["markdown"]["text"]).lines) == 1  # its line feeds are swallowed
