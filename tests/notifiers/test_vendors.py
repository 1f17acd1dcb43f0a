"""What the chat vendors' channels share: reading a code, and limits that hold for every message."""

import dataclasses
import json
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifiers import fit, vendors
from notifiers.client import Answer
from notifiers.feishu_app import FeishuApp, FeishuAppSettings
from notifiers.feishu_app import as_text as feishu_app_text
from notifiers.feishu_card import masked
from notifiers.feishu_robot import FeishuRobot, FeishuRobotKey, FeishuRobotSettings
from notifiers.feishu_robot import as_text as feishu_robot_text
from notifiers.message import Again, Message, Misconfigured, Part, Receipt, Refused, Uncertain
from notifiers.tokens import Stale
from notifiers.vendors import BadForm, again, bad_form, operator, refused, stale
from notifiers.wecom_app import WecomApp, WecomAppSettings
from notifiers.wecom_app import as_text as wecom_app_text
from notifiers.wecom_robot import WecomRobot, WecomRobotSettings
from notifiers.wecom_robot import as_text as wecom_robot_text
from notifiers.wording import unmarked
from xiaohao.vocabulary import Light

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
TABLE = {
    1: again("慢些", timedelta(seconds=9)),
    2: refused("不行"),
    3: operator("设置"),
    4: stale("凭证"),
    5: bad_form("格式"),
}


def answer(said: object, *, status: int = 200, **headers: str) -> Answer:
    found = said if isinstance(said, dict) else {}
    return Answer(
        status, httpx.Headers({name.replace("_", "-"): value for name, value in headers.items()}), found
    )


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (0, None),
        (1, Again("慢些", timedelta(seconds=9), 1)),
        (2, Refused(2, "不行")),
        (3, Misconfigured(3, "设置")),
        (4, Stale(4, "凭证")),
        (5, BadForm(5, "格式")),
        (6, Again("对方返回未收录的错误码 6", code=6)),
    ],
)
def test_a_code_means_what_the_table_says(code: int, expected: vendors.Judged | None) -> None:
    assert vendors.judged(answer({"code": code}, status=400), "code", TABLE, now=NOW) == expected


@pytest.mark.parametrize(
    "said", [{}, {"code": "0"}, {"code": None}, {"code": True}, {"code": 0.0}, {"errcode": 0}]
)
def test_what_is_no_number_is_no_code(said: dict[str, object]) -> None:
    assert isinstance(vendors.judged(answer(said), "code", TABLE, now=NOW), Uncertain)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, Uncertain), (204, Uncertain), (302, Uncertain), (404, Uncertain), (502, Uncertain), (504, Uncertain),
     (429, Again), (500, Again), (503, Again)],
)  # fmt: skip
def test_a_status_alone_never_means_sent(status: int, kind: type[Receipt]) -> None:
    receipt = vendors.without_code(answer({}, status=status), now=NOW)
    assert isinstance(receipt, kind)
    assert receipt.code == status


def test_a_wait_that_the_answer_names_is_kept() -> None:
    slow = answer({"code": 6}, status=429, Retry_After="17")
    assert vendors.judged(slow, "code", TABLE, now=NOW) == Again(
        "对方返回未收录的错误码 6", timedelta(seconds=17), 6
    )
    assert vendors.without_code(answer({}, status=503, Retry_After="5"), now=NOW).after == timedelta(
        seconds=5
    )  # type: ignore[union-attr]


def test_what_is_left_when_nothing_else_can_be_tried() -> None:
    assert vendors.settled(BadForm(5, "格式")) == Refused(5, "格式")
    assert vendors.settled(Stale(4, "凭证")) == Misconfigured(4, "凭证")
    assert vendors.settled(Again("慢些")) == Again("慢些")


@pytest.mark.parametrize(
    ("base", "fault"),
    [
        ("https://vendor.example", None),
        ("https://vendor.example:8443/open-apis", None),
        ("http://127.0.0.1:8080", None),
        ("http://[::1]:8080", None),
        ("http://localhost", None),
        ("http://vendor.example", "接口地址须以 https:// 开头"),
        ("http://127.0.0.1.vendor.example", "接口地址须以 https:// 开头"),
        ("vendor.example", "接口地址须以 https:// 开头"),
        ("", "接口地址须以 https:// 开头"),
        ("https://vendor.example:port", "接口地址格式不正确"),
    ],
)
def test_keys_go_over_https_only_or_to_this_machine(base: str, fault: str | None) -> None:
    assert vendors.fault_of(base) == (fault and Misconfigured("address", fault))


def test_a_setting_that_says_nothing_is_named_and_its_neighbours_are_not() -> None:
    fault = vendors.fault_of("https://vendor.example", corpid="ww1", secret="")
    assert fault == Misconfigured("settings", "未设置 secret")


@pytest.mark.parametrize("key", ["密钥", "key\n", "key ", "k\u00a0y", "k\x00", "k\x7f"])
def test_a_setting_that_could_stand_in_no_header_is_named_and_not_shown(key: str) -> None:
    fault = vendors.fault_of("https://vendor.example", corpid="ww1", secret=key)
    assert fault == Misconfigured("settings", "secret 里有空格、换行或中文等字符，请重新复制")


@pytest.mark.parametrize(
    ("said", "lives"), [(7200, 7200), (-5, 0), (10**30, 86_400), ("7200", 7200), ("9" * 30, 86_400), ("", 0), ("²", 0), (None, 0), (7200.5, 0)],
)  # fmt: skip
def test_the_life_of_a_token_is_seconds_in_digits_and_at_most_a_day(said: object, lives: int) -> None:
    assert vendors.lifetime(said) == timedelta(seconds=lives)


WORDS = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=200)
LINES = st.lists(st.sampled_from(["督办", "🔴", '"', "\\", "13800000000", "a@b.example", "x"]), max_size=400)


@st.composite
def messages(draw: st.DrawFn) -> Message:
    def part(number: int) -> Part:
        text = draw(WORDS) + "".join(draw(LINES))
        marked = unmarked(text)
        return Part(text, f"**{number}. {marked}**\n{marked}" if number else marked)

    link = draw(st.sampled_from([None, "https://ledger.example/n/1"]))
    foot = Part(f"查看：{link}", f"[查看]({link})") if link else Part("", "")
    return Message(
        subject=draw(WORDS),
        head=part(0),
        items=tuple(part(n) for n in range(1, draw(st.integers(1, 12)))),
        foot=foot,
        recipient="王建国",
        business_date=date(2026, 11, 24),
        light=draw(st.sampled_from([None, *Light])),
        link=link,
    )


WECOM_ROBOT = WecomRobot(WecomRobotSettings(keys={"默认": "K"}))
WECOM_APP = WecomApp(WecomAppSettings(corpid="ww1", secret="S", agent_id=1))
WECOM_TEXT = WecomApp(WecomAppSettings(corpid="ww1", secret="S", agent_id=1, plain_text=True))
FEISHU_ROBOT = FeishuRobot(FeishuRobotSettings(robots={"默认": FeishuRobotKey("T", "S")}))
FEISHU_APP = FeishuApp(FeishuAppSettings(app_id="cli_x", secret="S"))


@settings(max_examples=60, deadline=None)
@given(messages())
def test_every_message_of_wecom_fits_in_markdown_and_in_text(message: Message) -> None:
    robot = WECOM_ROBOT.body(message, address="默认@WangJianguo", key="k")
    app = WECOM_APP.body(message, address="WangJianguo", key="k")
    assert fit.size(json.loads(robot)["markdown"]["content"]) <= 4096
    assert fit.size(json.loads(app)["markdown"]["content"]) <= 2048
    for text in (wecom_robot_text(robot), wecom_app_text(app)):
        assert text is not None
        assert fit.size(json.loads(text)["text"]["content"]) <= 2048
    assert json.loads(wecom_robot_text(robot) or "")["text"]["mentioned_list"] == ["WangJianguo"]
    plain = WECOM_TEXT.body(message, address="WangJianguo", key="k")
    assert fit.size(json.loads(plain)["text"]["content"]) <= 2048


@settings(max_examples=60, deadline=None)
@given(messages())
def test_every_message_of_feishu_fits_as_card_and_as_text(message: Message) -> None:
    robot = FEISHU_ROBOT.body(message, address="默认@ou_wang", key="k")
    app = FEISHU_APP.body(message, address="ou_wang", key="k")
    assert fit.size(robot) <= 20_480 - 100
    assert fit.size(app) <= 30_720
    assert fit.size(feishu_robot_text(robot) or "") <= fit.size(robot)
    assert fit.size(feishu_app_text(app, key="k") or "") <= fit.size(app)
    assert "a@b.example" not in robot + app


@given(WORDS, LINES)
def test_what_is_masked_needs_no_second_mask(words: str, more: list[str]) -> None:
    once = masked(words + " ".join(more))
    assert masked(once) == once
    assert dataclasses.astuple(Part(once, once)) == (once, once)
