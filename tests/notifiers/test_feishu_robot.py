"""飞书自定义机器人 against a stand-in on loopback: card, signature, limits, and each answer."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from channel_sending import FEISHU_ROBOTS, NOW, WAYS
from channel_sending import FEISHU_SECRET as SECRET
from digest_builders import digest_of, near, overdue
from feishu_standin import FeishuStandin, Robot, feishu

from notifiers import digest, feishu_card, fit, vendors
from notifiers.feishu_robot import FOR_SIGNATURE, LIMIT, FeishuRobotKey, as_text, signed
from notifiers.message import Accepted, Again, Message, Misconfigured, Part, Receipt, Refused
from xiaohao.vocabulary import Channel, Light

WAY = WAYS[Channel.FEISHU_ROBOT]
LINK = "https://ledger.example/n/13800000000"
MESSAGE = digest.message(
    digest_of(
        overdue(title="小区东门<at id=all></at>道路破损，联系13800000000"),
        near(),
        page_url=LINK,
        checkpoint="1842·9f3c",
    )
)
HUGE = dataclasses.replace(
    MESSAGE, items=tuple(Part(f"{n}. “督办”" * 9, f'**{n}. “督\\办"**' * 9) for n in range(200))
)


@pytest.fixture
def standin() -> Iterator[FeishuStandin]:
    with feishu() as running:
        running.clock = lambda: NOW
        yield running


def body_of(message: Message = MESSAGE, address: str = "默认") -> str:
    return WAY.body(WAY.settings("https://feishu.example"), message, address=address)


def text_of(body: str) -> str:
    text = as_text(body)
    assert text is not None
    said = json.loads(text)["content"]["text"]
    assert isinstance(said, str)
    return said


def send(
    standin: FeishuStandin,
    message: Message = MESSAGE,
    *,
    address: str = "默认",
    robots: Mapping[str, FeishuRobotKey] = FEISHU_ROBOTS,
    **but: Any,
) -> list[Receipt]:
    return WAY.send(WAY.settings(standin.base, robots=robots), message, address=address, **but)


def test_the_card_has_the_light_in_its_head_and_the_link_on_a_button(standin: FeishuStandin) -> None:
    assert send(standin) == [Accepted()]
    (call,) = standin.calls
    assert (call.path, dict(call.query)) == ("/open-apis/bot/v2/hook/TOKEN-OF-ROBOT", {})
    assert list(call.values) == ["timestamp", "sign", "msg_type", "card"]
    card = call.values["card"]
    assert card["header"] == {
        "title": {"tag": "plain_text", "content": "🔴 督办通知：逾期 1 件、临期 1 件"},
        "template": "red",
    }
    notice, button = card["body"]["elements"]
    assert button["behaviors"] == [{"type": "open_url", "default_url": LINK}]
    assert button["text"]["content"] == "查看并点“已阅”（王建国本人点）"
    assert notice["content"].splitlines() == [
        "四季花城社区党支部书记 王建国同志：",
        "截至2026年11月24日，您负责的问题有 2 件需要办理。",
        "",
        "**1. 🔴红灯 HL-2026-0007 小区东门＜at id=all＞＜/at＞道路破损，联系138＊＊＊＊0000**",
        "四季花城社区 · 立行立改 · 一级督办",
        "已逾期 4 天（时限 11月20日）",
        "请今日反馈进展，抓紧办结；11月25日仍未办结的，将报孟轲乡分管领导。",
        "",
        "**2. 🟡黄灯 HL-2026-0031 供水管道老化**",
        "四季花城社区 · 限期整改 · 预警",
        "还有 3 天到期（时限 11月27日）",
        "请抓紧整改、按期办结，确需延期的请提前申请；11月28日仍未办结的，将列为一级督办。",
        "",
        "留痕检查点 1842·9f3c",
    ]


@pytest.mark.parametrize(
    ("light", "template"),
    [(Light.RED, "red"), (Light.YELLOW, "yellow"), (Light.GREEN, "green"), (None, "blue")],
)
def test_the_head_has_the_colour_of_the_worst_light(light: Light | None, template: str) -> None:
    card = json.loads(body_of(dataclasses.replace(MESSAGE, light=light)))["card"]
    assert card["header"]["template"] == template


def test_without_a_page_address_there_is_no_button() -> None:
    card = json.loads(body_of(digest.message(digest_of(overdue()))))["card"]
    assert [element["tag"] for element in card["body"]["elements"]] == ["markdown"]


def test_the_signature_is_v2_and_stands_before_the_kept_body(standin: FeishuStandin) -> None:
    sent = signed(body_of(), secret=SECRET, at=NOW)
    assert json.loads(sent)["sign"] == "OfGzRzoUICBOoc8wVra1e4A1hPfbZ9zqXozA8CWVUuY="
    assert (
        sent
        == '{"timestamp":"1700000000","sign":"OfGzRzoUICBOoc8wVra1e4A1hPfbZ9zqXozA8CWVUuY=",' + body_of()[1:]
    )
    assert fit.size(sent) - fit.size(body_of()) <= FOR_SIGNATURE
    assert send(standin) == [Accepted()]
    assert standin.calls[0].body == sent.encode()


def test_a_robot_without_a_secret_gets_the_bare_body(standin: FeishuStandin) -> None:
    assert send(standin, address="孟轲乡") == [Accepted()]
    assert standin.calls[0].path.endswith("/TOKEN-OF-TOWN")
    assert standin.calls[0].body == body_of().encode()


def test_a_retry_bears_a_new_signature_over_the_same_body(standin: FeishuStandin) -> None:
    standin.codes.append(11232)
    instants = iter(range(NOW, NOW + 100))
    receipts = send(standin, times=2, now=lambda: next(instants))
    assert [type(receipt) for receipt in receipts] == [Again, Accepted]
    first, second = (call.values for call in standin.calls)
    assert first.pop("sign") != second.pop("sign")
    assert first.pop("timestamp") != second.pop("timestamp")
    assert first == second


@pytest.mark.parametrize(
    ("off", "secret", "why"),
    [
        (3601, SECRET, "本机时钟比飞书快约 60 分钟，请校准时间"),
        (-7200, SECRET, "本机时钟比飞书慢约 120 分钟，请校准时间"),
        (0, "wrong", "机器人的签名密钥（secret）不正确"),
        (0, None, "机器人的签名密钥（secret）不正确"),
    ],
)
def test_a_wrong_clock_or_secret_is_the_operators(
    standin: FeishuStandin, off: int, secret: str | None, why: str
) -> None:
    robots = {"默认": FeishuRobotKey("TOKEN-OF-ROBOT", secret)}
    assert send(standin, robots=robots, now=lambda: NOW + off) == [Misconfigured(19021, why)]


@pytest.mark.parametrize(
    ("robot", "off", "kind"),
    [
        (FeishuRobotKey("UNKNOWN"), 0, Refused),
        (FeishuRobotKey("TOKEN-OF-ROBOT", "wrong"), 0, Refused),
        (FeishuRobotKey("TOKEN-OF-ROBOT"), 0, Refused),
        (FeishuRobotKey("TOKEN-OF-ROBOT", SECRET), 7200, Misconfigured),  # this machine's clock
    ],
)
def test_one_robot_at_fault_stops_no_other_but_what_is_wrong_with_all_does(
    standin: FeishuStandin, robot: FeishuRobotKey, off: int, kind: type
) -> None:
    alone = {"默认": robot}
    (first,) = send(standin, robots=alone, now=lambda: NOW + off)
    (second,) = send(standin, robots=FEISHU_ROBOTS | alone, now=lambda: NOW + off)
    assert isinstance(first, Misconfigured)
    assert second == kind(first.code, first.why)
    assert send(standin, robots=FEISHU_ROBOTS | alone, address="孟轲乡") == [Accepted()]


def test_the_person_is_mentioned_by_open_id(standin: FeishuStandin) -> None:
    assert send(standin, address="默认@ou_wang") == [Accepted()]
    elements = standin.delivered[0].content["body"]["elements"]
    assert [each["content"] for each in elements if each["tag"] == "markdown"][1:] == ["<at id=ou_wang></at>"]


@pytest.mark.parametrize("mention", ["all", "ou_x></at><at id=all", "王建国", "13800000000"])
def test_what_is_no_open_id_mentions_nobody(mention: str) -> None:
    assert body_of(address=f"默认@{mention}") == body_of()


@pytest.mark.parametrize("message", [MESSAGE, HUGE])
def test_the_whole_request_fits_in_twenty_kilobytes(standin: FeishuStandin, message: Message) -> None:
    assert send(standin, message=message, address="默认@ou_wang") == [Accepted()]
    (call,) = standin.calls
    assert len(call.body) <= LIMIT
    assert LINK in call.body.decode()
    if message is HUGE:
        assert len(call.body) > LIMIT - 500
        assert "件未列出" in call.body.decode()


def test_v12_raw_utf8_holds_twice_as_much_as_escapes_do(standin: FeishuStandin) -> None:
    def text(n: int) -> dict[str, object]:
        return {"msg_type": "text", "content": {"text": "督" * n}}

    assert fit.size(vendors.compact(text(5_000))) == 15_041
    assert fit.size(vendors.compact(text(6_813))) <= LIMIT < fit.size(vendors.compact(text(6_814)))
    escaped = (len(json.dumps(text(n), separators=(",", ":"))) for n in (3_406, 3_407))
    assert next(escaped) <= LIMIT < next(escaped)
    assert send(standin, address="孟轲乡", body=vendors.compact(text(6_813))) == [Accepted()]
    too_long = send(standin, address="孟轲乡", body=vendors.compact(text(6_814)))
    assert too_long == [Refused(9499, "消息格式不合格，或超过 20 KB")]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("联系13800000000。", "联系138＊＊＊＊0000。"),
        ("+86 138-0000-0000", "138＊＊＊＊0000"),
        ("8613800000000", "138＊＊＊＊0000"),
        ("１３８００００００００", "１３８＊＊＊＊００００"),
        ("电话0310-8212345转2", "电话031＊＊＊＊2345转2"),
        ("（0310）8212345", "031＊＊＊＊2345"),
        ("010 12345678", "010＊＊＊＊5678"),
        ("400-123-4567", "400＊＊＊4567"),
        ("信箱wang.li@mail.example.cn，", "信箱w＊＊＊＠mail.example.cn，"),
        ("HL-2026-0007", "HL-2026-0007"),
        ("2026-11-24 12:30", "2026-11-24 12:30"),
        ("热线 12345、12388", "热线 12345、12388"),
        ("工单20231124138000000001", "工单20231124138000000001"),
        ("110101199003078515", "110101199003078515"),
        ("金额 1380000 元", "金额 1380000 元"),
        (f"见 {LINK}", f"见 {LINK}"),
    ],
)
def test_numbers_and_addresses_of_people_are_masked_and_nothing_else(said: str, shown: str) -> None:
    assert feishu_card.masked(said, but=LINK) == shown


def test_where_the_card_is_not_taken_the_same_words_go_as_text(standin: FeishuStandin) -> None:
    standin.takes_cards = False
    assert send(standin, address="默认@ou_wang", times=2) == [Accepted(), Accepted()]
    first, second = standin.delivered
    assert first.content == second.content
    lines = first.content["text"].splitlines()
    assert lines[0] == "🔴 督办通知：逾期 1 件、临期 1 件"
    assert "1. 🔴红灯 HL-2026-0007 小区东门＜at id=all＞＜/at＞道路破损，联系138＊＊＊＊0000" in lines
    assert lines[-2].endswith(f"：{LINK}")
    assert lines[-1] == '<at user_id="ou_wang"></at>'
    assert all(lines)
    assert "**" not in first.content["text"]
    assert as_text(as_text(body_of()) or "") is None


def test_the_operator_hears_what_is_wrong_with_a_card(
    standin: FeishuStandin, caplog: pytest.LogCaptureFixture
) -> None:
    standin.takes_cards = False
    assert send(standin) == [Accepted()]
    assert "不接受卡片（11246 卡片内容有误（子错误码 11310）），改发文字" in caplog.text


def test_what_the_vendor_asks_of_a_robot_is_found_by_its_code(standin: FeishuStandin) -> None:
    assert send(standin, robots={"默认": FeishuRobotKey("UNKNOWN")}) == [
        Misconfigured(19001, "机器人的 webhook 地址（token）不正确")
    ]
    standin.robots["TOKEN-OF-TOWN"] = Robot(keyword="报警")
    assert isinstance(send(standin, address="孟轲乡")[0], Refused)
    standin.robots["TOKEN-OF-TOWN"] = Robot(keyword="督办")
    assert send(standin, address="孟轲乡") == [Accepted()]
    standin.trusts_us = False
    assert send(standin) == [Misconfigured(19022, "本机出口地址不在机器人的 IP 白名单中")]


def test_the_sixth_message_of_a_second_waits(standin: FeishuStandin) -> None:
    now = [float(NOW)]
    standin.clock = lambda: now[0]
    receipts = send(standin, times=6)
    assert receipts[:5] == [Accepted()] * 5
    assert isinstance(receipts[5], Again)
    now[0] += 60
    assert send(standin) == [Accepted()]


def test_the_text_agrees_with_what_apprise_sends(standin: FeishuStandin) -> None:
    """Apprise 2.0.1 sends text only and signs nothing; the body is the same, but for raw UTF-8."""
    from apprise.plugins.feishu import NotifyFeishu

    plugin = NotifyFeishu(token="TOKEN-OF-TOWN")
    plugin.notify_url = standin.base + "/bot/v2/hook/{token}/"
    assert plugin.send(body=text_of(body_of()))
    standin.takes_cards = False
    assert send(standin, address="孟轲乡") == [Accepted()]
    theirs, _, ours = standin.calls
    assert (ours.method, ours.path) == (theirs.method, theirs.path.rstrip("/"))
    assert ours.values == theirs.values
    assert len(ours.body) < len(theirs.body)


def test_apprise_counts_as_sent_what_the_vendor_refuses_and_we_do_not(standin: FeishuStandin) -> None:
    from apprise.plugins.feishu import NotifyFeishu

    plugin = NotifyFeishu(token="TOKEN-OF-TOWN")
    plugin.notify_url = standin.base + "/bot/v2/hook/{token}/"
    standin.codes.extend([19024, 19024])
    assert plugin.send(body="督办通知") is True
    assert isinstance(send(standin)[0], Refused)
    assert standin.delivered == []
