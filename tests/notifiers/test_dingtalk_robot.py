"""The DingTalk robot against a stand-in that checks what it gets: what goes out, and how each answer is judged."""

import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from channel_codes import TEN_MINUTES
from channel_sending import DINGTALK_SECRET as SECRET
from channel_sending import KEY, WAYS, no_code
from digest_builders import digest_of, near, overdue
from dingtalk_standin import NOT_MATCHING, ROBOT, Delivered, Robot, dingtalk
from vendor_standin import Planned

from notifiers import digest, fit, signing
from notifiers.client import Answer
from notifiers.dingtalk_robot import DingtalkRobot, DingtalkRobotKey, DingtalkRobotSettings, read_answer
from notifiers.message import Accepted, Again, Message, Misconfigured, Receipt, Refused
from xiaohao.vocabulary import Channel

WAY = WAYS[Channel.DINGTALK_ROBOT]
MESSAGE = digest.message(digest_of(overdue(title="小区东门“🚧”道路破损"), near(), checkpoint="1842·9f3c"))
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


TO_WANG = "默认@13800000000"


def settings(base: str = "https://oapi.dingtalk.com", **but: Any) -> DingtalkRobotSettings:
    return DingtalkRobotSettings(robots={"默认": DingtalkRobotKey(**{"token": "TOKEN1", **but})}, base=base)


def body_of(message: Message = MESSAGE, address: str = TO_WANG, **but: Any) -> str:
    return WAY.body(settings(**but), message, address=address)


def send(of: DingtalkRobotSettings, **but: Any) -> list[Receipt]:
    return WAY.send(of, MESSAGE, **but)


def judged(said: Mapping[str, Any], status: int = 200) -> Receipt:
    return read_answer(Answer(status, httpx.Headers(), said), now=NOW)


def test_a_signed_message_arrives_as_the_telephone_shows_it_and_calls_its_person() -> None:
    with dingtalk() as standin:
        standin.robots["TOKEN1"] = Robot(secret=SECRET)
        assert send(settings(standin.base, secret=SECRET)) == [Accepted()]
    (delivered,) = standin.delivered
    assert delivered.title == "🔴 督办通知：逾期 1 件、临期 1 件"
    assert delivered.mentioned == ("13800000000",)
    assert delivered.lines == [
        "### 🔴 督办通知：逾期 1 件、临期 1 件",
        *MESSAGE.markdown.splitlines(),
        "@13800000000",
    ]


def test_the_body_is_raw_utf8_without_time_token_or_signature() -> None:
    said = body_of(secret=SECRET)
    assert list(json.loads(said)) == ["msgtype", "markdown", "at", "msgUuid"]
    assert json.loads(said)["at"] == {"atMobiles": ["13800000000"], "atUserIds": [], "isAtAll": False}
    assert json.loads(said)["msgUuid"] == signing.id_of(KEY)
    assert "小区东门“🚧”道路破损" in said
    for secret in ("TOKEN1", SECRET, "sign", "timestamp"):
        assert secret not in said
    assert said == body_of(secret="SECother", token="TOKEN2")


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
    said = json.loads(body_of(address=address))
    assert (said["at"]["atMobiles"], said["at"]["atUserIds"]) == (mobiles, userids)
    assert said["markdown"]["text"].splitlines()[-1] == (called or "留痕检查点 1842·9f3c")


def test_a_robot_with_a_keyword_gets_it_once() -> None:
    with dingtalk() as standin:
        standin.robots["TOKEN1"] = Robot(keyword="销号提醒")
        refused, accepted = send(settings(standin.base)), send(settings(standin.base, keyword="销号提醒"))
    assert refused == [Misconfigured(310000, "消息里没有机器人安全设置的自定义关键词，请在设置中写明")]
    assert accepted == [Accepted()]
    assert standin.delivered[0].text.count("销号提醒") == 1
    assert json.loads(body_of(keyword="督办通知"))["markdown"]["text"].count("督办通知") == 1


def test_the_body_keeps_its_bytes_and_says_what_it_left_out() -> None:
    many = digest.message(digest_of(overdue()))
    body = body_of(replace(many, items=many.items * 400, facts=None), keyword="督办通知")
    text = json.loads(body)["markdown"]["text"]
    assert 19_000 < fit.size(body) <= 20_000
    assert f"……另有 {400 - text.count('HL-2026-0007')} 件未列出" in text
    assert text.endswith("@13800000000")


def test_what_is_too_long_was_refused_by_the_vendor_and_is_not_sent_by_us() -> None:
    """The stand-in refuses one byte too many, so the limit is really kept."""
    with dingtalk() as standin:
        of = settings(standin.base)
        padded = json.loads(body_of())
        padded["markdown"]["text"] += "督" * 7_000
        too_long = send(of, body=json.dumps(padded, ensure_ascii=False))
        assert too_long + send(of) == [Refused(40035, "消息格式不正确"), Accepted()]


def test_more_than_twenty_in_a_minute_wait_ten_minutes() -> None:
    with dingtalk() as standin:
        receipts = send(settings(standin.base), key=str, times=22)
    assert receipts[:20] == [Accepted()] * 20
    assert receipts[20:] == [Again("发送过快，机器人被限流十分钟", TEN_MINUTES, 130101)] * 2


def test_the_vendors_word_is_taken_for_it_only_where_the_settings_say_so() -> None:
    """`msgUuid` stands in the international documents only, so a repetition is marked unless tried."""
    for given in (False, True):
        of = DingtalkRobotSettings(robots={}, deduplicates=given)
        assert WAY.over(of, deduplicates) is given


async def deduplicates(channel: DingtalkRobot) -> bool:
    return channel.deduplicates


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
        (receipt,) = send(settings(standin.base, **sent_with), **but)
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
        (first,), (second,) = send(alone, **but), send(several, **but)
    assert isinstance(first, Misconfigured)
    assert second == kind(first.code, first.why)


def test_a_robot_without_a_token_stops_no_other() -> None:
    with dingtalk() as standin:
        alone = settings(standin.base)
        empty = replace(alone, robots={"默认": DingtalkRobotKey(token="")})
        several = replace(empty, robots={**empty.robots, "孟轲乡": DingtalkRobotKey(token="TOKEN2")})
        (first,), (second,) = send(empty), send(several)
    assert isinstance(first, Misconfigured)
    assert second == Refused(first.code, first.why)
    assert standin.calls == []


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
    "said",
    [{}, {"code": 0}, {"errcode": "0"}, {"errcode": True}, {"errcode": None}, {"errcode": "ok"}],
)
def test_what_is_no_number_is_no_code(said: dict[str, Any]) -> None:
    assert judged(said) == no_code()


def test_a_code_counts_whatever_the_status_line() -> None:
    for status in (200, 400, 403, 500):
        assert judged({"errcode": 0}, status) == Accepted()
        assert judged({"errcode": 40035}, status) == Refused(40035, "消息格式不正确")


def test_the_host_is_a_setting_and_may_have_a_path() -> None:
    with dingtalk() as standin:
        of = settings(f"{standin.base}/gateway/")
        assert send(of) == [Again("对方返回未收录的错误码 404", code=404)]
        assert standin.calls[0].path == "/gateway/robot/send"


def test_no_secret_that_the_vendors_words_repeat_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """A word that is known, words that are told as they are, and a signature that does not match."""
    caplog.set_level(logging.DEBUG)
    with dingtalk() as standin:
        standin.robots["TOKEN1"] = Robot(secret="SECother")
        for words in (f"TOKEN1-{SECRET}", f"bad {SECRET}"):
            echo = {"errcode": 310000, "errmsg": f"{words} in {standin.base}{ROBOT}?x=1"}
            standin.plan(ROBOT, Planned(said=echo))
        of = settings(standin.base, secret=SECRET)
        receipts = send(of, times=3)
        signed = [call.query["sign"] for call in standin.calls]
    assert [type(each) for each in receipts] == [Misconfigured] * 3
    told = f"{receipts} {of!r} {caplog.text}"
    assert "bad … in …" in told
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
        assert send(settings(standin.base, secret=secret)) == [Accepted()]
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
