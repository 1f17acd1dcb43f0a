"""阿里云短信 against a stand-in that checks signature, clock and limits: what is this vendor's own."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from channel_sending import MOBILE, WAYS
from sms_standin import Vendors, vendors
from vendor_standin import Planned

from notifiers.message import Accepted, Again, Uncertain
from xiaohao.vocabulary import Channel

WAY = WAYS[Channel.SMS_ALIYUN]
EVENING = datetime(2026, 11, 24, 12, 30, tzinfo=UTC).timestamp()  # 20:30 in Shanghai


@pytest.fixture
def aliyun() -> Iterator[Vendors]:
    with vendors() as server:
        yield server


def test_the_variables_go_by_the_names_of_the_template(aliyun: Vendors) -> None:
    assert WAY.send(WAY.settings(aliyun.url)) == [Accepted(reference="900000000^0")]
    ((_, query),) = aliyun.state.asked
    (sent,) = aliyun.state.sent.values()
    assert sent.number == MOBILE
    assert query["TemplateParam"] == '{"n":"2","d":"11-24"}'


def test_a_second_try_has_the_same_query_and_is_no_duplicate_to_the_vendor(aliyun: Vendors) -> None:
    (first,), (second,) = (WAY.send(WAY.settings(aliyun.url)) for _ in range(2))
    assert first != second  # two numbers of the vendor's, which de-duplicates nothing
    (_, asked), (_, again) = aliyun.state.asked
    assert asked == again


@pytest.mark.parametrize(
    ("code", "message", "wait"),
    [
        ("isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1", timedelta(minutes=1)),
        ("isv.BUSINESS_LIMIT_CONTROL", "触发小时级流控Permits:5", timedelta(hours=1)),
        ("isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:10", timedelta(hours=3, minutes=30)),
        ("isv.DAY_LIMIT_CONTROL", "", timedelta(hours=3, minutes=30)),
        ("isv.MONTH_LIMIT_CONTROL", "", timedelta(days=6, hours=3, minutes=30)),
    ],
)
def test_a_limit_says_how_long_to_wait(aliyun: Vendors, code: str, message: str, wait: timedelta) -> None:
    aliyun.state.codes, aliyun.state.message, aliyun.state.clock = [code], message, EVENING
    (receipt,) = WAY.send(WAY.settings(aliyun.url), now=lambda: EVENING)
    assert isinstance(receipt, Again)
    assert receipt.after == wait


def test_an_unknown_code_of_a_server_at_fault_is_uncertain(aliyun: Vendors) -> None:
    aliyun.plan(WAY.path, Planned({"Code": "X"}, 500))
    assert WAY.send(WAY.settings(aliyun.url)) == [Uncertain("阿里云的应答看不懂", code="X")]
