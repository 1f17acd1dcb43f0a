"""What every channel that calls a vendor does alike, each against its own stand-in on loopback."""

import logging
import ssl
from collections.abc import Mapping
from datetime import timedelta

import pytest
from certificates import self_signed
from channel_codes import FORMS, JUDGED, OF_ITS_OWN, SMS_CODES, STALE
from channel_sending import (
    CUT_OFF,
    NOBODY_THERE,
    OF_CODES,
    OF_SMS,
    QUICK,
    TOO_SLOW,
    TRACKING,
    WAYS,
    down,
)
from dingtalk_standin import RESULT
from loopback_receiver import receiving
from vendor_standin import HTML, Call, Planned, Trouble

from notifiers import message
from notifiers.message import Accepted, Again, Misconfigured, Receipt, Tracking, Uncertain
from xiaohao.vocabulary import Channel

every_channel = pytest.mark.parametrize("word", WAYS)
every_vendor = pytest.mark.parametrize("word", OF_CODES)
every_asking = pytest.mark.parametrize("word", TRACKING)
CODES_ARE_WORDS = (*OF_SMS, Channel.DINGTALK_GOV)
SAID_BACK = ("SAID-BACK", "refused", "more info", "It works")
"""What the stand-ins say beside a code."""
PERSONAL = ("王建国", "13800000000", "WangJianguo", "ou_wang")


def troubles_of(word: Channel) -> Mapping[Trouble, Receipt]:
    """What may befall a message, and what its sender knows then; all but BUSY come after it was taken."""
    way = WAYS[word]
    found: dict[Trouble, Receipt] = {Trouble.HANG_UP: CUT_OFF, Trouble.SLOW: TOO_SLOW}
    if word is Channel.WEBHOOK:
        return {**found, Trouble.BUSY: down(503)}
    found |= dict.fromkeys((Trouble.HTML, Trouble.EMPTY, Trouble.A_LIST, Trouble.NO_CODE), way.unread(200))
    if word not in CODES_ARE_WORDS:
        found[Trouble.CODE_AS_TEXT] = way.unread(200)
    busy = Uncertain(way.unread(503).why, 503) if word in OF_SMS else down(503)
    return {**found, Trouble.GATEWAY: way.unread(502), Trouble.BUSY: busy}


@every_channel
def test_an_answer_that_cannot_be_read_is_uncertain(word: Channel) -> None:
    way, troubles = WAYS[word], troubles_of(word)
    with way.standin() as standin:
        standin.troubles.extend(troubles)
        receipts = way.send(way.settings(standin.base), times=len(troubles), key=str, **QUICK)
        assert receipts == list(troubles.values())
        assert len(standin.messages) == len(troubles)
        assert standin.taken == (
            1 if way.knows == "content" else len(troubles) - (word is not Channel.WEBHOOK)
        )


@every_channel
def test_a_call_that_broke_off_may_be_repeated_and_is_byte_for_byte_the_same(word: Channel) -> None:
    """Where the vendor knows a notice again it reaches nobody twice."""
    way = WAYS[word]
    known = {
        Channel.WECOM_APP: Accepted("M3"),
        Channel.FEISHU_APP: Accepted("om_1"),
        Channel.DINGTALK_WORK: Accepted(delivered=True),
        Channel.SMS_ALIYUN: Accepted("900000001^0"),
        Channel.SMS_TENCENT: Accepted("2433:1"),
        Channel.WEBHOOK: Accepted(delivered=True),
    }
    with way.standin() as standin:
        standin.troubles.append(Trouble.HANG_UP)
        of = way.settings(standin.base)
        assert way.send(of, times=2) == [CUT_OFF, known.get(word, Accepted())]
        assert standin.taken == (1 if way.knows else 2)
        first, second = standin.messages
    assert first.body == second.body
    if word in OF_SMS:
        assert standin.state.asked[0] == standin.state.asked[1]
    if word not in OF_SMS and word is not Channel.FEISHU_ROBOT:  # these put more to it as it goes out
        assert first.body == way.body(of).encode()


@every_channel
def test_a_host_that_is_not_there_surely_got_nothing(word: Channel) -> None:
    way = WAYS[word]
    with way.standin() as standin:
        of = way.settings(standin.base)
    assert way.send(of) == [NOBODY_THERE]


@every_channel
def test_an_untrusted_certificate_is_the_operators_and_nothing_is_sent(
    word: Channel, tls: ssl.SSLContext
) -> None:
    way = WAYS[word]
    with receiving(tls=tls) as receiver:
        of = way.settings(f"https://127.0.0.1:{receiver.server_address[1]}")
        assert way.send(of) == [Misconfigured("certificate", "对方证书不受信任")]
    assert receiver.requests == []


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """The certificate of an authority that nobody knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(tmp_path_factory.mktemp("tls")))
    return context


@every_vendor
def test_without_a_code_only_a_server_that_is_down_surely_took_nothing(word: Channel) -> None:
    """An SMS costs, and neither vendor says that a 5xx took none: there all but a 429 is uncertain."""
    way = WAYS[word]
    expected: dict[tuple[int, str], Receipt] = {
        (403, ""): way.unread(403),
        (429, ""): down(429),
        (429, "17"): down(429, timedelta(seconds=17)),
        (500, ""): down(500),
        (502, ""): way.unread(502),
        (503, "90"): down(503, timedelta(seconds=90)),
        (504, ""): way.unread(504),
    }
    if word is Channel.DINGTALK_GOV:
        why = "签名或应用标识不被认可，请核对 AppKey 和 AppSecret"
        expected[403, ""] = Misconfigured(403, why)
    if word in OF_SMS:
        expected |= {(500, ""): way.unread(500), (503, "90"): way.unread(503)}
        expected |= dict.fromkeys(((429, ""), (429, "17")), Again("调用过快", timedelta(minutes=1), 429))
    with way.standin() as standin:
        for status, wait in expected:
            standin.plan(way.path, Planned(HTML, status, {"Retry-After": wait} if wait else {}))
        receipts = way.send(way.settings(standin.base), times=len(expected))
    assert receipts == list(expected.values())


@every_vendor
def test_it_says_what_it_is_in_the_protocol_of_all_channels(word: Channel) -> None:
    """Whether the vendor knows a notice again decides whether a repetition is marked in its words."""
    way = WAYS[word]
    known = {Channel.WECOM_APP, Channel.DINGTALK_WORK, Channel.DINGTALK_GOV, Channel.FEISHU_APP}

    async def look(channel: message.Channel) -> None:
        assert channel.name is word
        assert (channel.deduplicates, channel.always_open) == (word in known, False)
        assert isinstance(channel, Tracking) == (word in TRACKING)
        if isinstance(channel, Tracking):
            assert list(channel.asked_after) == sorted(channel.asked_after)

    way.over(way.settings("https://vendor.example"), look)


@every_asking
def test_a_fate_that_cannot_be_asked_for_is_asked_again(word: Channel) -> None:
    way = WAYS[word]
    with way.standin() as standin:
        of = way.settings(standin.base)
        (receipt,) = way.send(of)
        assert isinstance(receipt, Accepted)
        path = {
            Channel.FEISHU_APP: f"{way.path}/{receipt.reference}/read_users",
            Channel.DINGTALK_WORK: RESULT,
        }.get(word, way.path)
        for planned, expected in (
            (Planned(hang_up=True), Again(CUT_OFF.why)),
            (Planned(HTML), Again(way.unread(200).why, code=200)),
        ):
            standin.plan(path, planned)
            assert way.fate(of, receipt.reference) == expected
    assert way.fate(of, receipt.reference) == NOBODY_THERE


@every_channel
def test_no_body_receipt_repr_or_log_bears_a_secret_or_what_came_back(
    word: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    way = WAYS[word]
    all_codes = (STALE, FORMS, JUDGED, OF_ITS_OWN, SMS_CODES)
    codes = [code for each in all_codes for code in each.get(word, ())]
    with way.standin() as standin:
        standin.echo = "-".join(("", *SAID_BACK, *way.secrets, standin.url + way.path))
        standin.refuse(*codes)
        standin.troubles.extend([Trouble.HANG_UP, Trouble.HTML])
        of = way.settings(standin.base)
        receipts = way.send(of, times=len(codes) + 2, key=str)
        if way.wrong:
            receipts += way.send(way.settings(standin.base, **way.wrong))
        calls = standin.calls
    receipts += way.send(of)  # nobody there any more
    kinds = {type(receipt) for receipt in JUDGED.get(word, {}).values()}
    kinds |= {kind for kind, _ in SMS_CODES.get(word, {}).values()} | {Uncertain, Again}
    assert {type(receipt) for receipt in receipts} >= kinds
    told = f"{receipts} {caplog.text} "
    if word is not Channel.WEBHOOK:  # there the settings are the address
        told += f"{of!r} {way.over(of, shown)}"
    assert ("改发文字" in told) == (word in FORMS)
    for secret in {*way.secrets, *SAID_BACK, *PERSONAL, *signatures(calls), way.path.strip("/")} - {""}:
        assert secret not in told
    assert not any(secret in way.body(of) for secret in way.secrets)


async def shown(channel: message.Channel) -> str:
    return repr(channel)


def signatures(calls: list[Call]) -> set[str]:
    """Every signature that went out, wherever the vendor wants it."""
    found = {call.headers.get("x-hmac-auth-signature") for call in calls}
    found |= {call.headers.get("authorization") for call in calls}
    found |= {call.headers.get("x-xiaohao-signature") for call in calls}
    found |= {call.query.get("sign") for call in calls} | {call.values.get("sign") for call in calls}
    return {sign for sign in found if sign}
