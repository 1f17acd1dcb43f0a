"""DingTalk's work notice against a stand-in: accepted is not delivered, and tokens die in mid-flight."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from channel_sending import WAYS, no_code
from digest_builders import digest_of, near, overdue
from dingtalk_standin import RESULT, SEND, TOKEN, Dingtalk, dingtalk
from vendor_standin import Planned

from models.facts import UnitCount
from notifiers import digest, fit
from notifiers.client import Answer
from notifiers.dingtalk_work import DingtalkWork, read_answer, read_result, read_token
from notifiers.message import Accepted, Again, Fate, Misconfigured, Receipt, Refused
from notifiers.tokens import Stale, Token
from xiaohao.vocabulary import Channel

WAY = WAYS[Channel.DINGTALK_WORK]
settings = WAY.settings
MESSAGE = digest.message(digest_of(overdue(title="小区东门“🚧”道路破损"), near()))
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)  # 17:00 in Shanghai


def sent(standin: Dingtalk, **but: Any) -> list[Receipt]:
    return WAY.send(settings(standin.base), MESSAGE, **but)


def fate_of(standin: Dingtalk, receipt: Receipt, *, hours: float = 0.1) -> Fate | Again | Misconfigured:
    """Ask that many hours after acceptance."""
    assert isinstance(receipt, Accepted)
    accepted_at = datetime.fromtimestamp(time.time() - hours * 3600, UTC)
    return WAY.fate(settings(standin.base), receipt.reference, accepted_at=accepted_at)


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
    hours = [each / timedelta(hours=1) for each in DingtalkWork.asked_after]
    assert hours[1:] == [1, 4, 12, 23]
    assert hours[0] < 0.2


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
    with dingtalk() as standin:
        standin.most_a_day = 1
        (first,), (second,) = sent(standin), WAY.send(settings(standin.base), other)
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


def test_the_body_holds_no_token_and_at_most_2048_bytes_of_message() -> None:
    many = digest.message(
        digest_of(*(overdue(f"HL-2026-{n:04}", title="“路”" * 30, unit="很长的单位" * 20) for n in range(9)))
    )
    of = settings("https://oapi.dingtalk.com")
    short, long = WAY.body(of, MESSAGE, address=" u1 "), WAY.body(of, many)
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
    msg = json.loads(WAY.body(settings("https://oapi.dingtalk.com"), many))["msg"]
    assert fit.size(json.dumps(msg, ensure_ascii=False, separators=(",", ":"))) <= 2_048
    text = msg["markdown"]["text"]
    assert "您负责的问题有 9 件需要办理" in text
    assert "7 件等 70 个单位。" in text
    assert "1. 🔴红灯 HL-0 问" in text
    assert "](https://ledger.example/n/1)" in text


def test_a_stale_token_is_known_by_the_code_within_a_fault_of_rights_too() -> None:
    stale = Planned({"errcode": 88, "sub_code": "40014", "sub_msg": "不合法的access_token"})
    with dingtalk() as standin:
        standin.plan(SEND, stale, stale)
        (receipt,) = sent(standin)
        assert receipt == Misconfigured(40014, "换了新的访问凭证仍不被认可：访问凭证无效或已过期")
        assert len(standin.asked(TOKEN)) == 2


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"errcode": 0, "task_id": 12}, Accepted(reference="12")),
        ({"errcode": 0}, Accepted()),
        ({"errcode": 88, "sub_code": "90018"}, Again("调用过快", timedelta(seconds=1), 90018)),
        ({"errcode": 143105}, Again("对方当日的工作通知已达上限", timedelta(hours=7), 143105)),
        ({"errcode": 143106}, Accepted(delivered=True)),
        ({"errcode": 88, "sub_code": "60011"}, Misconfigured(60011, "应用没有发送工作通知的权限")),
        ({"errcode": 42001, "errmsg": "x"}, Stale(42001, "访问凭证无效或已过期")),
        ({"task_id": 12}, no_code()),
    ],
)
def test_what_is_more_than_a_code_is_judged(said: dict[str, Any], expected: Receipt | Stale) -> None:
    assert read_answer(answer_of(said), now=NOW) == expected


@pytest.mark.parametrize(
    ("planned", "expected"),
    [
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
        (receipt,) = WAY.send(settings(party.base, app_secret="PARTY-SECRET"))
        assert isinstance(receipt, Accepted)
        assert [call.path for call in party.calls] == [TOKEN, SEND]
        assert public.calls == []
