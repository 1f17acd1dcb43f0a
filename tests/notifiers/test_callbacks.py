"""Callbacks agree with vectors that others computed, and nothing that was changed on the way is believed."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vendor_callers import AES_KEY, FeishuCaller, Request, WecomCaller

from notifiers import ciphers, feishu_card, signing, wecom_callback
from notifiers.feishu_callback import Challenge, FeishuCallback, Pressed
from notifiers.wecom_callback import WORDS, Said, Stamp, WecomCallback, aes_key_of
from xiaohao.errors import BadCallback

V3 = "4j/AuRx71kQlxVlzbpsMWL7CzCY51a9R5f9r7HV1Q6CBr+yrAY2bKqnUoVprUzDXq6T1vL30bYJpzEec27CFQA=="
KEY = aes_key_of(AES_KEY) or b""
OF_V3 = WecomCallback(token="TOKEN", aes_key=KEY, corpid="ww0000000000000000")
WECOM, FEISHU = WecomCaller(), FeishuCaller()
OURS = WecomCallback(token=WECOM.token, aes_key=KEY, corpid=WECOM.corpid)
THEIRS = FeishuCallback(encrypt_key=FEISHU.encrypt_key, verification_token=FEISHU.token)
AT = 1_764_000_000


def test_wecom_signs_the_four_sorted_v3() -> None:
    expected = "6a70916c4348f96b941788dd6ab44a24c0e6288e"
    assert signing.wecom_callback("TOKEN", "1700000000", "NONCE", V3) == expected


def test_wecom_encrypts_random_length_message_and_corpid_v3() -> None:
    assert OF_V3.opened(V3).decode() == "<xml>督办</xml>"
    assert OF_V3.sealed("<xml>督办</xml>".encode(), b"0123456789abcdef") == V3


def test_feishu_signs_time_nonce_key_and_body_v4() -> None:
    expected = "69d7079a292a22759af4d870aa7522d2ab0f4286ef77594644409623798cd30e"
    assert signing.feishu_callback("1700000000", "NONCE", "ENCRYPTKEY", b'{"encrypt":"E"}') == expected


@pytest.mark.parametrize(
    "said", ["", AES_KEY[:-1], f"{AES_KEY}h", f"{AES_KEY[:-1]}中", f"{AES_KEY[:-1]} ", f"{AES_KEY}\n"]
)
def test_a_key_of_another_length_or_alphabet_is_none(said: str) -> None:
    assert aes_key_of(said) is None
    assert len(KEY) == ciphers.KEY


@pytest.mark.parametrize(
    "word", [*sorted(WORDS), " 已阅。", "收 到！", "【知悉】\n", "收到👌", "“已阅”", "\u3000收到~ "]
)
def test_a_closed_word_acknowledges_whatever_stands_around_it(word: str) -> None:
    request = WECOM.text("WangJianguo", word, AT)
    said = OURS.said(request.query, request.body)
    assert said == Said("WangJianguo", datetime.fromtimestamp(AT, UTC), word)
    assert said.acknowledges


@pytest.mark.parametrize(
    "text", ["", "。", "未收到", "收到了吗", "收到？", "已阅?", "收到，但有困难", "1", "HL-1", "已阅已阅"]
)
def test_anything_else_acknowledges_nothing(text: str) -> None:
    request = WECOM.text("WangJianguo", text, AT)
    said = OURS.said(request.query, request.body)
    assert said is not None
    assert not said.acknowledges


@pytest.mark.parametrize("kind", ["event", "image", "voice", ""])
def test_what_is_no_text_of_one_person_is_nothing(kind: str) -> None:
    request = WECOM.says(
        f"<xml><FromUserName>WangJianguo</FromUserName><CreateTime>{AT}</CreateTime><MsgType>{kind}</MsgType>"
        "<Content>已阅</Content></xml>"
    )
    assert OURS.said(request.query, request.body) is None
    for nobody in ("", "@all", "a|b", "王建国"):
        request = WECOM.text(nobody, "已阅", AT)
        assert OURS.said(request.query, request.body) is None


def test_the_check_of_the_address_gives_the_plain_text_back() -> None:
    assert OURS.echo(WECOM.checks("1616140317555161061").query) == "1616140317555161061"


def test_the_answer_is_read_by_the_vendor() -> None:
    stamp = Stamp(AT, "a&b<c", b"r" * 16)
    to = Said("WangJianguo", datetime.fromtimestamp(AT, UTC), "已阅")
    answer = OURS.reply(to, "已记录您已阅 3 条通知。", stamp)
    assert WECOM.reads(answer.replace("&amp;", "&").replace("&lt;", "<")) == "已记录您已阅 3 条通知。"
    assert repr(stamp.random) not in repr(stamp)


@pytest.mark.parametrize("at", ["", "soon", "-1", "9" * 12, "１７"])
def test_a_message_that_does_not_say_when_it_was_written_is_refused(at: str) -> None:
    request = WECOM.says(
        f"<xml><FromUserName>WangJianguo</FromUserName><CreateTime>{at}</CreateTime><MsgType>text</MsgType>"
        "<Content>已阅</Content></xml>"
    )
    with pytest.raises(BadCallback, match="CreateTime"):
        OURS.said(request.query, request.body)


def test_a_byte_changed_anywhere_is_not_believed() -> None:
    """By the signature; and without it something else opens, or nothing."""
    request = WECOM.text("WangJianguo", "已阅", AT)
    encrypted = request.body.split(b"CDATA[")[2].split(b"]")[0].decode()
    sealed = base64.b64decode(encrypted)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 0x01
        said = base64.b64encode(bytes(changed)).decode()
        body = request.body.replace(encrypted.encode(), said.encode())
        with pytest.raises(BadCallback, match="签名"):
            OURS.said(request.query, body)
        try:
            assert OURS.opened(said) != OURS.opened(encrypted), place
        except BadCallback:
            continue


def test_a_signature_or_a_part_of_the_query_that_differs_is_not_believed() -> None:
    request = WECOM.text("WangJianguo", "已阅", AT)
    right = request.query["msg_signature"]
    wrong = [f"{right[:place]}x{right[place + 1 :]}" for place in range(40)] + [
        "",
        "中文",
        right.upper(),
        f"{right}0",
    ]
    for but in (*({"msg_signature": each} for each in wrong), {"timestamp": "1700000001"}, {"nonce": "N"}):
        with pytest.raises(BadCallback, match="签名"):
            OURS.said({**request.query, **but}, request.body)
    with pytest.raises(BadCallback, match="签名"):
        OURS.said({}, request.body)


def test_another_enterprise_or_another_key_is_refused() -> None:
    for caller in (replace(WECOM, corpid="ww0000000000000002"), replace(WECOM, corpid="")):
        request = caller.text("WangJianguo", "已阅", AT)
        with pytest.raises(BadCallback, match="corpid"):
            OURS.said(request.query, request.body)
    request = replace(WECOM, aes_key=f"B{AES_KEY[1:]}").text("WangJianguo", "已阅", AT)
    with pytest.raises(BadCallback, match=r"密文|corpid"):
        OURS.said(request.query, request.body)


def a_wecom_body(inner: str) -> Request:
    """A request whose plain XML is this, signed over what stands in it as Encrypt."""
    encrypted = "AAAA" if "AAAA" in inner else ""
    return Request(inner.encode(), WECOM.query(encrypted))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "XML"),
        ("<xml>", "XML"),
        ("{}", "XML"),
        ('<?xml version="1.0" encoding="nonsense"?><xml/>', "XML"),
        ('<!DOCTYPE x [<!ENTITY a "AAAA">]><xml><Encrypt>&a;</Encrypt></xml>', "XML"),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml><Encrypt>AAAA</Encrypt></xml>', "XML"),
        ("<xml><Encrypt>AAAA</Encrypt></xml>", "密文的长度"),
        ("<xml><Other/></xml>", "base64"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(body: str, said: str) -> None:
    request = a_wecom_body(body)
    with pytest.raises(BadCallback, match=said):
        OURS.said(request.query, request.body)


@pytest.mark.parametrize("encrypted", ["A", "A=A=", "中文中文", "AAAA AAA", "A" * 22, "=" * 4])
def test_what_is_no_base64_is_refused(encrypted: str) -> None:
    with pytest.raises(BadCallback):
        OURS.opened(encrypted)
    with pytest.raises(BadCallback):
        THEIRS.opened(encrypted)


def test_a_length_that_reaches_beyond_the_end_is_refused() -> None:
    plain = b"r" * 16 + b"\xff\xff\xff\xff" + b"<xml/>" + WECOM.corpid.encode()
    sealed = ciphers.sealed(KEY, KEY[:16], plain, padded_to=32)
    with pytest.raises(BadCallback, match="长度"):
        OURS.opened(base64.b64encode(sealed).decode())


@given(st.binary(max_size=200), st.sampled_from([16, 32]))
def test_what_is_sealed_opens_again(plain: bytes, padded_to: int) -> None:
    sealed = ciphers.sealed(KEY, KEY[:16], plain, padded_to=padded_to)
    assert len(sealed) == (len(plain) // padded_to + 1) * padded_to
    assert ciphers.opened(KEY, KEY[:16], sealed, padded_to=padded_to) == plain


@pytest.mark.parametrize(
    "last", [b"\x00" * 16, b"\x11" * 16, b"a" * 15 + b"\x02", b"\x05" + b"\x04" * 14 + b"\x05"]
)
def test_a_wrong_padding_is_refused(last: bytes) -> None:
    """Made by padding to a whole block more, then cutting that block off."""
    sealed = ciphers.sealed(KEY, KEY[:16], last, padded_to=16)[:16]
    with pytest.raises(BadCallback, match="解不开"):
        ciphers.opened(KEY, KEY[:16], sealed, padded_to=16)


def read(request: Request) -> Challenge | Pressed | None:
    return THEIRS.read(request.headers, request.body)


def test_feishu_checks_the_address_without_a_signature_and_with_one() -> None:
    assert read(FEISHU.checks("c-督办")) == Challenge("c-督办")
    said = {"challenge": "c", "token": FEISHU.token, "type": "url_verification"}
    assert read(FEISHU.says(said)) == Challenge("c")


def test_a_press_names_the_notice_and_who_pressed() -> None:
    value = {feishu_card.ACKNOWLEDGED: "1042-token"}
    assert read(FEISHU.presses("ou_wang", value)) == Pressed("1042-token", "ou_wang")


@pytest.mark.parametrize(
    "value", [None, "1042", 7, [], {}, {"other": "1"}, {"acknowledged": 7}, {"acknowledged": "\ud800"}]
)
def test_a_press_of_another_button_is_nothing(value: Any) -> None:
    assert read(FEISHU.presses("ou_wang", value)) is None


def test_another_event_is_nothing() -> None:
    value = {feishu_card.ACKNOWLEDGED: "1042-token"}
    assert read(FEISHU.presses("ou_wang", value, event_type="im.message.message_read_v1")) is None
    assert read(FEISHU.says({"token": FEISHU.token, "type": "event_callback", "event": {}})) is None
    assert read(FEISHU.says({"header": {"token": FEISHU.token}, "event": 7})) is None


def test_feishu_without_a_signature_or_with_another_is_refused() -> None:
    request = FEISHU.presses("ou_wang", {feishu_card.ACKNOWLEDGED: "1042-token"})
    with pytest.raises(BadCallback, match="没有签名"):
        THEIRS.read({}, request.body)
    for name, value in request.headers.items():
        with pytest.raises(BadCallback, match="签名"):
            THEIRS.read({**request.headers, name: f"{value}0"}, request.body)
    with pytest.raises(BadCallback, match="签名"):
        THEIRS.read(request.headers, request.body + b" ")


def test_a_byte_changed_anywhere_in_a_feishu_body_is_not_believed() -> None:
    request = FEISHU.presses("ou_wang", {feishu_card.ACKNOWLEDGED: "1042-token"})
    for place in range(len(request.body)):
        body = bytearray(request.body)
        body[place] ^= 0x01
        with pytest.raises(BadCallback, match="签名"):
            THEIRS.read(request.headers, bytes(body))
        with pytest.raises(BadCallback):  # not even where the signature is left away
            THEIRS.read({}, bytes(body))


def test_another_verification_token_or_key_is_refused() -> None:
    for token in ("", "OTHER", "VERIFICATION-TOKEN2", 7, None):
        with pytest.raises(BadCallback, match="Verification Token"):
            read(FEISHU.presses("ou_wang", {}, token=token))
    with pytest.raises(BadCallback, match="Verification Token"):
        read(FEISHU.says({"challenge": "c", "type": "url_verification"}))
    other = replace(FEISHU, encrypt_key="OTHER").checks()
    with pytest.raises(BadCallback):
        read(other)


@pytest.mark.parametrize(
    "said", ["", "[]", "{", "7", '{"encrypt": 7}', "[" * 60_000, '{"a":' * 20_000, "\udcff"]
)
def test_a_feishu_body_that_cannot_be_read_is_refused(said: str) -> None:
    body = said.encode(errors="surrogateescape")
    with pytest.raises(BadCallback):
        read(FEISHU.signed(body))
    with pytest.raises(BadCallback):
        read(FEISHU.signed(json.dumps({"encrypt": FEISHU.sealed(body)}).encode()))


def test_a_body_that_is_not_encrypted_is_refused() -> None:
    said = {"challenge": "c", "token": FEISHU.token, "type": "url_verification"}
    with pytest.raises(BadCallback, match="Encrypt Key"):
        read(FEISHU.signed(json.dumps(said).encode()))


def test_no_secret_is_shown() -> None:
    shown = repr(OURS) + repr(THEIRS)
    assert not any(secret in shown for secret in (WECOM.token, repr(KEY), FEISHU.encrypt_key, FEISHU.token))
    assert "ww0000000000000001" in shown
    assert wecom_callback.RANDOM == 16
