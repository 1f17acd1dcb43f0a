"""预览: what a night would tell, on each channel, and nothing is written."""

from dataclasses import replace
from datetime import date

import pytest
from builders import a_problem
from district import ROUTES, District

from notifiers.feishu_app import FeishuAppSettings
from notifiers.wecom_robot import WecomRobotSettings
from xiaohao.actions import night, notify_preview
from xiaohao.actions.notify_preview import words_of
from xiaohao.errors import NotFound
from xiaohao.vocabulary import Channel

DAY = date(2026, 11, 21)
SETTINGS = replace(
    ROUTES,
    order=(Channel.WECOM_ROBOT, Channel.FEISHU_APP, Channel.FILE),
    wecom_robot=WecomRobotSettings(keys={"默认": "SECRET-KEY"}),
    feishu_app=FeishuAppSettings(app_id="cli_x", secret="SECRET-APP"),
    page_key=b"k" * 32,
)


@pytest.fixture
def overdue(staffed: District) -> District:
    staffed.has(
        a_problem("HL-1", title="东门外道路破损", due_on="2026-11-20"),
        a_problem("HL-2", title="路灯不亮", due_on="2026-11-06"),
    )
    return staffed


def test_every_recipient_is_shown_on_every_channel_and_nothing_is_written(overdue: District) -> None:
    before = overdue.everything()
    found = notify_preview.preview(overdue.ledger, SETTINGS, on=DAY, page_url="https://xh.example.gov.cn")
    assert overdue.everything() == before
    assert {(each.recipient, each.channel) for each in found} == {
        (name, channel) for name in ("王强", "周正") for channel in SETTINGS.order
    }
    for each in found:
        title = "东门外道路破损" if each.recipient == "王强" else "路灯不亮"
        assert title in each.words
        assert each.size == len(each.body.encode())
        assert "SECRET" not in each.body
        assert "https://xh.example.gov.cn/n/0-" in each.words or each.channel is Channel.FEISHU_APP
    reach = {each.channel: each.reaches for each in found}
    assert reach == {Channel.WECOM_ROBOT: True, Channel.FEISHU_APP: False, Channel.FILE: True}


def test_what_the_night_writes_is_what_was_shown(overdue: District) -> None:
    shown = notify_preview.preview(overdue.ledger, ROUTES, on=DAY, page_url="")
    night.fire(overdue.ledger, DAY)
    composed = night.compose(overdue.ledger, DAY, ROUTES)
    assert sorted(each.code for each in shown) == sorted(f.recipient_code for f in composed.digests)
    told = {f.recipient_code: [item.title for item in f.items] for f in composed.digests}
    for each in shown:
        assert all(title in each.words for title in told[each.code])


def test_one_person_is_found_by_code_or_name(overdue: District) -> None:
    (mine,) = notify_preview.preview(overdue.ledger, ROUTES, on=DAY, page_url="", code="王强")
    again = notify_preview.preview(overdue.ledger, ROUTES, on=DAY, page_url="", code=mine.code)
    assert [each.recipient for each in again] == ["王强"]
    with pytest.raises(NotFound, match="没有工号或姓名是“某某”的人"):
        notify_preview.preview(overdue.ledger, ROUTES, on=DAY, page_url="", code="某某")


def test_the_words_of_a_body_are_its_longest_text() -> None:
    assert words_of("两行\n文字") == "两行\n文字"
    assert (
        words_of('{"msgtype":"markdown","markdown":{"content":"**一**\\n二二二二二"}}')
        == "**一**\n二二二二二"
    )
    assert (
        words_of('{"content":"{\\"card\\":[{\\"content\\":\\"卡片里写的一段话\\"}]}"}') == "卡片里写的一段话"
    )
    assert (
        words_of(
            "a=1&msg=%7B%22t%22%3A%22%E4%B8%80%E4%BA%8C%E4%B8%89%E5%9B%9B%E4%BA%94%E5%85%AD%E4%B8%83%E5%85%AB%22%7D"
        )
        == "一二三四五六七八"
    )
    assert words_of('{"n":"3","d":"11-24"}') == '{"n":"3","d":"11-24"}'
