"""腾讯云短信 against a stand-in that checks signature, clock and limits: what is this vendor's own."""

import dataclasses
from collections.abc import Iterator

import pytest
from channel_sending import MESSAGE, MOBILE, WAYS
from digest_builders import digest_of, overdue
from sms_standin import Vendors, vendors

from notifiers import digest, sms
from notifiers.message import Accepted
from xiaohao.vocabulary import Channel

WAY = WAYS[Channel.SMS_TENCENT]


@pytest.fixture
def tencent() -> Iterator[Vendors]:
    with vendors() as server:
        yield server


def test_one_number_with_its_country_goes_in_a_list(tencent: Vendors) -> None:
    assert WAY.send(WAY.settings(tencent.url)) == [Accepted(reference="2433:0")]
    ((_, asked),) = tencent.state.asked
    (sent,) = tencent.state.sent.values()
    assert sent.number == f"+86{MOBILE}"
    assert set(asked) == {
        "PhoneNumberSet",
        "SmsSdkAppId",
        "SignName",
        "TemplateId",
        "TemplateParamSet",
        "SessionContext",
    }


def test_a_value_never_passes_the_six_characters_of_newer_accounts(tencent: Vendors) -> None:
    many = digest.message(digest_of(*[overdue(f"HL-{n}") for n in range(1_234)]))
    (receipt,) = WAY.send(WAY.settings(tencent.url), many)
    assert isinstance(receipt, Accepted)
    (sent,) = tencent.state.sent.values()
    assert sent.values == ["1234", "11-24"]
    assert sms.values_of(dataclasses.replace(MESSAGE, facts=None, items=())).count == "1"


def test_a_second_try_has_the_same_body_and_the_same_context(tencent: Vendors) -> None:
    (first,), (second,) = (WAY.send(WAY.settings(tencent.url)) for _ in range(2))
    assert first != second  # two numbers of the vendor's, which de-duplicates nothing
    (_, asked), (_, again) = tencent.state.asked
    assert asked == again
    assert len(asked["SessionContext"]) == 50
