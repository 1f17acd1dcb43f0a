"""Aliyun's SMS against a stand-in that checks signature, clock and limits, and answers with its codes."""

import asyncio
import dataclasses
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from digest_builders import digest_of, near, overdue
from sms_standin import KEY_ID, SECRET, SIGN, TEMPLATE, Vendors, vendors

from notifiers import digest
from notifiers.message import (
    Accepted,
    Again,
    Fate,
    Misconfigured,
    Receipt,
    Refused,
    Tracking,
    Uncertain,
    letter,
)
from notifiers.sms_aliyun import TABLE, SmsAliyun, SmsAliyunSettings

MESSAGE = digest.message(digest_of(overdue(), near(), page_url="https://page.example/"))
MOBILE = "19900000007"
KEY = "digest:2026-11-24:1:G0007:sms_aliyun"
EVENING = datetime(2026, 11, 24, 20, 30, tzinfo=UTC).timestamp() - 8 * 3600  # 20:30 in Shanghai


@pytest.fixture
def aliyun() -> Iterator[Vendors]:
    with vendors() as server:
        yield server


def settings(server: Vendors, **but: Any) -> SmsAliyunSettings:
    given: dict[str, Any] = {
        "access_key_id": KEY_ID,
        "access_key_secret": SECRET,
        "sign_name": SIGN,
        "template_code": TEMPLATE,
        "base": server.url,
    }
    return SmsAliyunSettings(**given | but)


def over(server: Vendors, does: Callable[[SmsAliyun], Any], *, at: float | None = None, **but: Any) -> Any:
    """What `does` answers over a channel; `at` sets the clocks of both sides."""

    async def run() -> Any:
        server.state.clock = at
        clock = {} if at is None else {"now": lambda: at}
        channel = SmsAliyun(settings(server, **but), **clock)
        try:
            return await does(channel)
        finally:
            await channel.aclose()

    return asyncio.run(run())


def send(server: Vendors, *, address: str = MOBILE, at: float | None = None, **but: Any) -> Receipt:
    receipt: Receipt = over(
        server, lambda c: c.send(letter(c, MESSAGE, address=address, key=KEY)), at=at, **but
    )
    return receipt


def test_two_short_values_go_out_and_no_title_name_or_link(aliyun: Vendors) -> None:
    assert send(aliyun) == Accepted(reference="900000000^0")
    ((action, query),) = aliyun.state.asked
    (sent,) = aliyun.state.sent.values()
    assert action == "SendSms"
    assert (sent.number, sent.values) == (MOBILE, ["2", "11-24"])
    assert query["TemplateParam"] == '{"n":"2","d":"11-24"}'
    for said in ("王建国", "道路", "四季花城", "https"):
        assert said not in str(query)


def test_a_second_try_has_the_same_body_and_the_same_out_id(aliyun: Vendors) -> None:
    assert send(aliyun) != send(aliyun)  # two numbers of the vendor's, which de-duplicates nothing
    first, second = (query for _, query in aliyun.state.asked)
    assert first == second
    assert SmsAliyun.deduplicates is False


def test_what_the_outbox_keeps_has_neither_number_nor_settings(aliyun: Vendors) -> None:
    assert over(aliyun, _body) == '{"n":"2","d":"11-24"}'


async def _body(channel: SmsAliyun) -> str:
    assert isinstance(channel, Tracking)
    assert list(channel.asked_after) == sorted(channel.asked_after)
    return channel.body(MESSAGE, address=MOBILE, key=KEY)


@pytest.mark.parametrize("address", ["+86 199 0000 0007", "8619900000007", "199-0000-0007"])
def test_a_number_is_read_however_it_is_written(aliyun: Vendors, address: str) -> None:
    assert isinstance(send(aliyun, address=address), Accepted)


@pytest.mark.parametrize("address", ["", "1990000000", "+85291234567", "王建国"])
def test_what_is_no_mobile_number_is_never_sent(aliyun: Vendors, address: str) -> None:
    assert send(aliyun, address=address) == Refused("mobile", "手机号码不正确")
    assert aliyun.state.asked == []


def test_the_names_of_the_variables_are_a_setting(aliyun: Vendors) -> None:
    receipt = send(aliyun, count_variable="count")
    assert isinstance(receipt, Misconfigured)
    assert receipt.code == "isv.TEMPLATE_MISSING_PARAMETERS"


@pytest.mark.parametrize(
    ("but", "code"),
    [
        ({"access_key_secret": "another"}, "SignatureDoesNotMatch"),
        ({"sign_name": "另一签名"}, "isv.SMS_SIGNATURE_ILLEGAL"),
        ({"template_code": "SMS_2"}, "isv.SMS_TEMPLATE_ILLEGAL"),
    ],
)
def test_wrong_settings_are_the_operators(aliyun: Vendors, but: dict[str, str], code: str) -> None:
    receipt = send(aliyun, **but)
    assert isinstance(receipt, Misconfigured)
    assert receipt.code == code


def test_a_clock_that_is_off_is_said(aliyun: Vendors) -> None:
    async def late(channel: SmsAliyun) -> Receipt:
        aliyun.state.clock = EVENING + 1_000
        return await channel.send(letter(channel, MESSAGE, address=MOBILE, key=KEY))

    receipt = over(aliyun, late, at=EVENING)
    assert isinstance(receipt, Misconfigured)
    assert "时钟" in receipt.why


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("isv.MOBILE_NUMBER_ILLEGAL", Refused),
        ("isv.BLACK_KEY_CONTROL_LIMIT", Refused),
        ("isv.PARAM_LENGTH_LIMIT", Refused),
        ("isv.PARAM_NOT_SUPPORT_URL", Refused),
        ("isv.SMS_CONTENT_ILLEGAL", Refused),
        ("isv.INVALID_PARAMETERS", Refused),
        ("isv.INVALID_JSON_PARAM", Refused),
        ("isv.SMS_SIGN_ILLEGAL", Misconfigured),
        ("isv.SIGN_STATE_ILLEGAL", Misconfigured),
        ("isv.SMS_SIGNATURE_SCENE_ILLEGAL", Misconfigured),
        ("isv.OUT_OF_SERVICE", Misconfigured),
        ("isv.AMOUNT_NOT_ENOUGH", Misconfigured),
        ("isv.ACCOUNT_ABNORMAL", Misconfigured),
        ("isv.PRODUCT_UN_SUBSCRIPT", Misconfigured),
        ("isv.DENY_IP_RANGE", Misconfigured),
        ("isp.RAM_PERMISSION_DENY", Misconfigured),
        ("InvalidAccessKeyId.NotFound", Misconfigured),
        ("isp.SYSTEM_ERROR", Again),
        ("Throttling.User", Again),
        ("isv.SOMETHING_NEW", Again),
    ],
)
def test_each_code_is_judged(aliyun: Vendors, code: str, kind: type) -> None:
    aliyun.state.codes = [code]
    receipt = send(aliyun)
    assert isinstance(receipt, kind)
    assert getattr(receipt, "code", None) == code
    assert getattr(receipt, "why", "")


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
    aliyun.state.codes, aliyun.state.message = [code], message
    receipt = send(aliyun, at=EVENING)
    assert isinstance(receipt, Again)
    assert receipt.after == wait


@pytest.mark.parametrize(
    "raw", [(200, b"<html>"), (200, b"{}"), (502, b"Bad Gateway"), (500, b'{"Code":"X"}')]
)
def test_an_answer_that_says_nothing_is_uncertain(aliyun: Vendors, raw: tuple[int, bytes]) -> None:
    aliyun.state.raw = [raw]
    assert isinstance(send(aliyun), Uncertain)


def test_a_connection_that_breaks_off_is_uncertain_and_one_that_never_was_is_not(aliyun: Vendors) -> None:
    aliyun.state.hang_up = True
    assert isinstance(send(aliyun), Uncertain)
    assert send(aliyun, base="http://127.0.0.1:9") == Again("连接不上对方服务器")
    assert isinstance(send(aliyun, base="http://far.example"), Misconfigured)


def fate(server: Vendors, reference: str, **but: Any) -> Any:
    return over(server, lambda c: c.fate(reference, address=MOBILE, accepted_at=datetime.now(UTC)), **but)


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (None, Fate()),
        ("DELIVERED", Fate(delivered=True, is_final=True)),
        ("MK:0001", Fate(failed=Refused("MK0001", "运营商未能送达"), is_final=True)),
    ],
)
def test_the_result_is_asked_for(aliyun: Vendors, report: str | None, expected: Fate) -> None:
    receipt = send(aliyun)
    assert isinstance(receipt, Accepted)
    aliyun.state.sent[receipt.reference].report = report
    assert fate(aliyun, receipt.reference) == expected


def test_a_result_that_cannot_be_asked_for_is_asked_again_or_the_operators(aliyun: Vendors) -> None:
    assert fate(aliyun, "nothing of that number") == Fate()
    aliyun.state.codes = ["isv.INVALID_PARAMETERS", "isp.RAM_PERMISSION_DENY"]
    assert isinstance(fate(aliyun, "1"), Again)
    assert isinstance(fate(aliyun, "1"), Misconfigured)
    aliyun.state.hang_up = True
    assert isinstance(fate(aliyun, "1"), Again)


def test_every_code_of_the_table_has_a_sentence_and_nothing_secret_shows(
    aliyun: Vendors, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    aliyun.state.message = f"{SECRET} {MOBILE}"

    async def all_codes(channel: SmsAliyun) -> list[Receipt]:
        receipts = []
        for code in TABLE:
            aliyun.state.codes = [code.replace("*", ".X")]
            receipts.append(await channel.send(letter(channel, MESSAGE, address=MOBILE, key=KEY)))
        return receipts

    receipts = over(aliyun, all_codes)
    assert len(receipts) == len(TABLE)
    assert all(each.why for each in receipts)
    told = " ".join(str(dataclasses.astuple(each)) for each in receipts) + caplog.text
    told += repr(settings(aliyun))
    for secret in (SECRET, MOBILE, "王建国"):
        assert secret not in told
