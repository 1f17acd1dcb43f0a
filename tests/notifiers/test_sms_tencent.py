"""Tencent Cloud's SMS against a stand-in that checks signature, clock and limits, and answers with its codes."""

import asyncio
import dataclasses
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from digest_builders import digest_of, near, overdue
from sms_standin import APP, KEY_ID, SECRET, SIGN, TEMPLATE, Vendors, vendors

from notifiers import digest, sms
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
from notifiers.sms_tencent import TABLE, SmsTencent, SmsTencentSettings

MESSAGE = digest.message(digest_of(overdue(), near(), page_url="https://page.example/"))
MOBILE = "19900000007"
KEY = "digest:2026-11-24:1:G0007:sms_tencent"
EVENING = datetime(2026, 11, 24, 12, 30, tzinfo=UTC).timestamp()  # 20:30 in Shanghai
TILL_MIDNIGHT = timedelta(hours=3, minutes=30)


@pytest.fixture
def tencent() -> Iterator[Vendors]:
    with vendors() as server:
        yield server


def settings(server: Vendors, **but: Any) -> SmsTencentSettings:
    given: dict[str, Any] = {
        "secret_id": KEY_ID,
        "secret_key": SECRET,
        "app_id": APP,
        "sign_name": SIGN,
        "template_id": TEMPLATE,
        "base": server.url,
    }
    return SmsTencentSettings(**given | but)


def over(server: Vendors, does: Callable[[SmsTencent], Any], *, at: float | None = None, **but: Any) -> Any:
    """What `does` answers over a channel; `at` sets the clocks of both sides."""

    async def run() -> Any:
        server.state.clock = at
        clock = {} if at is None else {"now": lambda: at}
        channel = SmsTencent(settings(server, **but), **clock)
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


def test_two_short_values_go_out_and_no_title_name_or_link(tencent: Vendors) -> None:
    assert send(tencent) == Accepted(reference="2433:0")
    ((action, asked),) = tencent.state.asked
    (sent,) = tencent.state.sent.values()
    assert action == "SendSms"
    assert (sent.number, sent.values) == (f"+86{MOBILE}", ["2", "11-24"])
    assert set(asked) == {
        "PhoneNumberSet",
        "SmsSdkAppId",
        "SignName",
        "TemplateId",
        "TemplateParamSet",
        "SessionContext",
    }
    for said in ("王建国", "道路", "四季花城", "https"):
        assert said not in str(asked)


def test_a_value_never_passes_the_six_characters_of_newer_accounts(tencent: Vendors) -> None:
    many = digest.message(digest_of(*[overdue(f"HL-{n}") for n in range(1_234)]))

    async def sends(channel: SmsTencent) -> Receipt:
        return await channel.send(letter(channel, many, address=MOBILE, key=KEY))

    assert isinstance(over(tencent, sends), Accepted)
    (sent,) = tencent.state.sent.values()
    assert sent.values == ["1234", "11-24"]
    assert sms.values_of(dataclasses.replace(MESSAGE, facts=None, items=())).count == "1"


def test_a_second_try_has_the_same_body_and_the_same_context(tencent: Vendors) -> None:
    assert send(tencent) != send(tencent)
    first, second = (asked for _, asked in tencent.state.asked)
    assert first == second
    assert len(first["SessionContext"]) == 50


@pytest.mark.parametrize("address", ["", "1990000000", "+85291234567"])
def test_what_is_no_mobile_number_is_never_sent(tencent: Vendors, address: str) -> None:
    assert send(tencent, address=address) == Refused("mobile", "手机号码不正确")
    assert tencent.state.asked == []


@pytest.mark.parametrize(
    ("but", "code"),
    [
        ({"secret_key": "another"}, "AuthFailure.SignatureFailure"),
        ({"app_id": "1"}, "UnauthorizedOperation.SmsSdkAppIdVerifyFail"),
        ({"sign_name": "另一签名"}, "FailedOperation.SignatureIncorrectOrUnapproved"),
        ({"template_id": "2"}, "FailedOperation.TemplateIncorrectOrUnapproved"),
    ],
)
def test_wrong_settings_are_the_operators(tencent: Vendors, but: dict[str, str], code: str) -> None:
    receipt = send(tencent, **but)
    assert isinstance(receipt, Misconfigured)
    assert receipt.code == code


def test_a_clock_that_is_off_is_said(tencent: Vendors) -> None:
    async def late(channel: SmsTencent) -> Receipt:
        tencent.state.clock = EVENING + 400
        return await channel.send(letter(channel, MESSAGE, address=MOBILE, key=KEY))

    receipt = over(tencent, late, at=EVENING)
    assert isinstance(receipt, Misconfigured)
    assert "时钟" in receipt.why


@pytest.mark.parametrize(
    ("code", "kind", "wait"),
    [
        ("FailedOperation.PhoneNumberInBlacklist", Refused, None),
        ("FailedOperation.ContainSensitiveWord", Refused, None),
        ("FailedOperation.JsonParseFail", Refused, None),
        ("InvalidParameterValue.IncorrectPhoneNumber", Refused, None),
        ("InvalidParameterValue.TemplateParameterLengthLimit", Refused, None),
        ("InvalidParameterValue.ProhibitedUseUrlInTemplateParameter", Refused, None),
        ("InvalidParameterValue.ContentLengthLimit", Refused, None),
        ("FailedOperation.SomethingNew", Again, None),
        ("FailedOperation.TemplateParamSetNotMatchApprovedTemplate", Misconfigured, None),
        ("FailedOperation.InsufficientBalanceInSmsPackage", Misconfigured, None),
        ("UnauthorizedOperation.RequestIpNotInWhitelist", Misconfigured, None),
        ("UnauthorizedOperation.ServiceSuspendDueToArrears", Misconfigured, None),
        ("UnauthorizedOperation.SdkAppIdIsDisabled", Misconfigured, None),
        ("AuthFailure.SecretIdNotFound", Misconfigured, None),
        ("AuthFailure.SomethingNew", Misconfigured, None),
        ("LimitExceeded.PhoneNumberThirtySecondLimit", Again, timedelta(seconds=30)),
        ("LimitExceeded.PhoneNumberOneHourLimit", Again, timedelta(hours=1)),
        ("LimitExceeded.PhoneNumberDailyLimit", Again, TILL_MIDNIGHT),
        ("LimitExceeded.PhoneNumberSameContentDailyLimit", Again, TILL_MIDNIGHT),
        ("LimitExceeded.AppDailyLimit", Again, TILL_MIDNIGHT),
        ("LimitExceeded.DeliveryFrequencyLimit", Again, timedelta(minutes=1)),
        ("RequestLimitExceeded", Again, timedelta(seconds=10)),
        ("InternalError.OtherError", Again, None),
        ("InternalError.SendAndRecvFail", Uncertain, None),
        ("InternalError.Timeout", Uncertain, None),
    ],
)
def test_each_code_is_judged(tencent: Vendors, code: str, kind: type, wait: timedelta | None) -> None:
    tencent.state.codes = [code]
    receipt = send(tencent, at=EVENING)
    assert isinstance(receipt, kind)
    assert getattr(receipt, "code", None) == code
    assert getattr(receipt, "after", None) == wait


@pytest.mark.parametrize(
    "raw", [(200, b"<html>"), (200, b"{}"), (200, b'{"Response":{}}'), (502, b"Bad Gateway")]
)
def test_an_answer_that_says_nothing_is_uncertain(tencent: Vendors, raw: tuple[int, bytes]) -> None:
    tencent.state.raw = [raw]
    assert isinstance(send(tencent), Uncertain)


def test_a_connection_that_breaks_off_is_uncertain_and_one_that_never_was_is_not(tencent: Vendors) -> None:
    tencent.state.hang_up = True
    assert isinstance(send(tencent), Uncertain)
    assert send(tencent, base="http://127.0.0.1:9") == Again("连接不上对方服务器")
    assert isinstance(send(tencent, base="http://far.example"), Misconfigured)


def fate(server: Vendors, reference: str, **but: Any) -> Any:
    async def ask(channel: SmsTencent) -> Fate | Again | Misconfigured:
        assert isinstance(channel, Tracking)
        return await channel.fate(reference, address=MOBILE, accepted_at=datetime.now(UTC))

    return over(server, ask, **but)


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (None, Fate()),
        ("DELIVERED", Fate(delivered=True, is_final=True)),
        ("用户短信接收失败", Fate(failed=Refused("FAIL", "运营商未能送达"), is_final=True)),
    ],
)
def test_the_result_is_asked_for(tencent: Vendors, report: str | None, expected: Fate) -> None:
    other, receipt = send(tencent), send(tencent)
    assert isinstance(other, Accepted)
    assert isinstance(receipt, Accepted)
    tencent.state.sent[other.reference].report = "DELIVERED"
    tencent.state.sent[receipt.reference].report = report
    assert fate(tencent, receipt.reference) == expected


def test_a_result_that_cannot_be_asked_for_is_asked_again_or_the_operators(tencent: Vendors) -> None:
    assert fate(tencent, "nothing of that number") == Fate()
    tencent.state.codes = ["RequestLimitExceeded", "UnauthorizedOperation.RequestIpNotInWhitelist"]
    assert isinstance(fate(tencent, "1"), Again)
    assert isinstance(fate(tencent, "1"), Misconfigured)
    tencent.state.raw = [(200, b"?")]
    assert isinstance(fate(tencent, "1"), Again)
    tencent.state.hang_up = True
    assert isinstance(fate(tencent, "1"), Again)


def test_every_code_of_the_table_has_a_sentence_and_nothing_secret_shows(
    tencent: Vendors, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    tencent.state.message = f"{SECRET} {MOBILE}"

    async def all_codes(channel: SmsTencent) -> list[Receipt]:
        receipts = []
        for code in TABLE:
            tencent.state.codes = [code.replace("*", ".X")]
            receipts.append(await channel.send(letter(channel, MESSAGE, address=MOBILE, key=KEY)))
        return receipts

    receipts = over(tencent, all_codes)
    assert len(receipts) == len(TABLE)
    assert not any(isinstance(each, Accepted) or not each.why for each in receipts)
    told = " ".join(str(dataclasses.astuple(each)) for each in receipts) + caplog.text
    told += repr(settings(tencent))
    for secret in (SECRET, MOBILE, "王建国"):
        assert secret not in told
