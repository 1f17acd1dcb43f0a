"""短信: what both vendors' channels do alike, against a stand-in that checks signature, clock and limits."""

import logging
from datetime import UTC, datetime

import pytest
from channel_codes import SMS_CODES, SMS_TABLES
from channel_sending import MESSAGE, MOBILE, OF_SMS, WAYS
from sms_standin import SECRET
from vendor_standin import Planned

from notifiers.message import Accepted, Again, Fate, Misconfigured, Refused
from xiaohao.vocabulary import Channel

EVENING = datetime(2026, 11, 24, 12, 30, tzinfo=UTC).timestamp()  # 20:30 in Shanghai
ALIYUN, TENCENT = OF_SMS
NOT_REACHED = "运营商未能送达"
every_sms = pytest.mark.parametrize("word", OF_SMS)


@every_sms
def test_two_short_values_go_out_and_no_title_name_or_link(word: Channel) -> None:
    way = WAYS[word]
    with way.standin() as standin:
        (receipt,) = way.send(way.settings(standin.url))
        ((action, asked),) = standin.state.asked
        ((reference, sent),) = standin.state.sent.items()
    assert receipt == Accepted(reference)
    assert action == "SendSms"
    assert (sent.number.removeprefix("+86"), sent.values) == (MOBILE, ["2", "11-24"])
    assert len(sent.key) == 50
    for said in ("王建国", "道路", "四季花城", "https"):
        assert said not in str(asked)


@every_sms
def test_what_the_outbox_keeps_has_neither_number_nor_settings(word: Channel) -> None:
    way = WAYS[word]
    assert way.body(way.settings("https://vendor.example"), MESSAGE) == '{"n":"2","d":"11-24"}'


@every_sms
@pytest.mark.parametrize("address", ["+86 199 0000 0007", "8619900000007", "199-0000-0007"])
def test_a_number_is_read_however_it_is_written(word: Channel, address: str) -> None:
    way = WAYS[word]
    with way.standin() as standin:
        (receipt,) = way.send(way.settings(standin.url), address=address)
        assert isinstance(receipt, Accepted)
        assert standin.state.sent[receipt.reference].number.removeprefix("+86") == MOBILE


@pytest.mark.parametrize(("word", "off"), [(ALIYUN, 1_000), (TENCENT, 400)])
def test_a_clock_that_is_off_is_said(word: Channel, off: float) -> None:
    way = WAYS[word]
    with way.standin() as standin:
        standin.state.clock = EVENING + off
        (receipt,) = way.send(way.settings(standin.url), now=lambda: EVENING)
        assert isinstance(receipt, Misconfigured)
        assert "时钟" in receipt.why
        assert standin.taken == 0


@every_sms
def test_each_code_is_judged(word: Channel) -> None:
    way, expected = WAYS[word], SMS_CODES[word]
    with way.standin() as standin:
        standin.state.clock = EVENING
        standin.refuse(*expected)
        receipts = way.send(way.settings(standin.url), times=len(expected), now=lambda: EVENING)
        assert standin.taken == 0
    assert [getattr(receipt, "code", None) for receipt in receipts] == list(expected)
    judged = [(type(receipt), getattr(receipt, "after", None)) for receipt in receipts]
    assert dict(zip(expected, judged, strict=True)) == expected
    assert all(getattr(receipt, "why", "") for receipt in receipts)


@every_sms
def test_every_code_of_the_table_has_a_sentence_and_nothing_secret_shows(
    word: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    way = WAYS[word]
    with way.standin() as standin:
        standin.state.message = f"{SECRET} {MOBILE}"
        standin.refuse(*(code.replace("*", ".X") for code in SMS_TABLES[word]))
        receipts = way.send(way.settings(standin.url), times=len(SMS_TABLES[word]))
        assert standin.taken == 0
    assert not any(isinstance(each, Accepted) or not each.why for each in receipts)
    for secret in (SECRET, MOBILE, "王建国"):
        assert secret not in f"{receipts} {caplog.text}"


@every_sms
@pytest.mark.parametrize(
    "said", [{}, {"Response": {}}, {"Response": {"SendStatusSet": []}}, {"Code": 7}, "<html>", "[0]"]
)
def test_an_answer_that_says_nothing_is_uncertain(word: Channel, said: object) -> None:
    way = WAYS[word]
    with way.standin() as standin:
        standin.plan(way.path, Planned(said))
        assert way.send(way.settings(standin.url)) == [way.unread(200)]


@pytest.mark.parametrize(
    ("word", "report", "expected"),
    [
        (ALIYUN, None, Fate()),
        (ALIYUN, "DELIVERED", Fate(delivered=True, is_final=True)),
        (ALIYUN, "MK:0001", Fate(failed=Refused("MK0001", NOT_REACHED), is_final=True)),
        (TENCENT, None, Fate()),
        (TENCENT, "DELIVERED", Fate(delivered=True, is_final=True)),
        (TENCENT, "用户短信接收失败", Fate(failed=Refused("FAIL", NOT_REACHED), is_final=True)),
    ],
)
def test_the_result_is_asked_for(word: Channel, report: str | None, expected: Fate) -> None:
    way = WAYS[word]
    with way.standin() as standin:
        of = way.settings(standin.url)
        other, receipt = way.send(of, times=2)
        assert isinstance(other, Accepted)
        assert isinstance(receipt, Accepted)
        standin.state.sent[other.reference].report = "DELIVERED"
        standin.state.sent[receipt.reference].report = report
        assert way.fate(of, receipt.reference) == expected
        assert way.fate(of, "nothing of that number") == Fate()


@pytest.mark.parametrize(
    ("word", "code", "kind"),
    [
        (ALIYUN, "isv.INVALID_PARAMETERS", Again),
        (ALIYUN, "isp.RAM_PERMISSION_DENY", Misconfigured),
        (TENCENT, "RequestLimitExceeded", Again),
        (TENCENT, "UnauthorizedOperation.RequestIpNotInWhitelist", Misconfigured),
    ],
)
def test_a_result_that_cannot_be_asked_for_is_asked_again_or_the_operators(
    word: Channel, code: str, kind: type
) -> None:
    way = WAYS[word]
    with way.standin() as standin:
        standin.refuse(code)
        fate = way.fate(way.settings(standin.url), "1")
    assert isinstance(fate, kind)
    assert getattr(fate, "code", None) == code
