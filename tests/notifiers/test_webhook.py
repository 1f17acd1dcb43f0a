"""The webhook against a real receiver on loopback: what goes out, and how each answer is judged."""

import asyncio
import dataclasses
import hashlib
import hmac
import json
import logging
import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from certificates import self_signed
from channel_sending import CUT_OFF, KEY, NOW, QUICK, WAYS
from digest_builders import digest_of, near, overdue
from loopback_receiver import Answer, Request, receiving

from models.facts import facts_from_json
from notifiers import digest
from notifiers.message import Accepted, Again, Misconfigured, Receipt, Refused, letter
from notifiers.webhook import Webhook, fault_of, read_answer
from xiaohao.vocabulary import Channel

WAY = WAYS[Channel.WEBHOOK]
SECRET = "this is secret"
FACTS = digest_of(overdue(title="小区东门“🚧”道路破损"), near())
MESSAGE = digest.message(FACTS)


send = partial(WAY.send, message=MESSAGE)


def answered(*answers: Answer, **but: Any) -> Receipt:
    with receiving(*answers) as receiver:
        return send(receiver.url, **but)[0]


def signature_holds(request: Request) -> bool:
    t, v1 = request.headers["X-Xiaohao-Signature"].split(",")
    signed = t.removeprefix("t=").encode() + b"." + request.body
    return v1 == "v1=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()


def test_the_body_is_signed_raw_utf8_json_with_words_and_facts() -> None:
    with receiving() as receiver:
        assert send(receiver.url) == [Accepted(delivered=True)]
    (request,) = receiver.requests
    assert signature_holds(request)
    assert request.headers["X-Xiaohao-Signature"].startswith("t=1700000000,v1=")
    assert request.headers["Idempotency-Key"] == KEY
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"
    assert "小区东门“🚧”道路破损".encode() in request.body
    values = json.loads(request.body)
    assert list(values) == ["kind", "key", "business_date", "recipient", "urgent", "subject", "text", "facts"]
    assert (values["kind"], values["key"]) == ("digest", KEY)
    assert values["recipient"] == {"code": "G0007", "name": "王建国"}
    assert values["text"] == MESSAGE.text
    assert facts_from_json(json.dumps(values["facts"])) == FACTS


def test_a_second_try_is_byte_for_byte_the_first_and_uses_the_same_connection() -> None:
    instants = iter(range(NOW, NOW + 100))
    with receiving(Answer(503, body=b"x" * 5000), Answer(204)) as receiver:
        receipts = send(receiver.url, times=2, now=lambda: next(instants))
    assert [type(receipt) for receipt in receipts] == [Again, Accepted]
    first, second = receiver.requests
    assert first.body == second.body
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert first.headers["X-Xiaohao-Signature"] != second.headers["X-Xiaohao-Signature"]
    assert signature_holds(second)
    assert first.connection == second.connection


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(200, body=b"anything"), Accepted(delivered=True)),
        (Answer(202), Accepted(delivered=True)),
        (Answer(204), Accepted(delivered=True)),
        (Answer(400), Refused(400, "对方拒收（400）")),
        (Answer(404), Refused(404, "对方拒收（404）")),
        (Answer(422), Refused(422, "对方拒收（422）")),
        (Answer(401), Misconfigured(401, "对方不认可签名或没有权限（401）")),
        (Answer(403), Misconfigured(403, "对方不认可签名或没有权限（403）")),
        (Answer(408), Again("对方暂时不能接收（408）", code=408)),
        (Answer(425), Again("对方暂时不能接收（425）", code=425)),
        (Answer(429), Again("对方暂时不能接收（429）", code=429)),
        (Answer(429, {"Retry-After": "120"}), Again("对方暂时不能接收（429）", timedelta(minutes=2), 429)),
        (Answer(500), Again("对方暂时不能接收（500）", code=500)),
        (Answer(503, {"Retry-After": "0"}), Again("对方暂时不能接收（503）", timedelta(), 503)),
        (
            Answer(302, {"Location": "https://elsewhere.example/"}),
            Misconfigured(302, "对方地址已变更（302），系统不跟随跳转"),
        ),
    ],
)
def test_each_status_is_judged(answer: Answer, expected: Receipt) -> None:
    assert answered(answer) == expected


def test_what_is_no_http_is_uncertain() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        async def sends() -> Receipt:
            async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"+OK ready\r\n")
                await writer.drain()
                writer.close()

            async with await asyncio.start_server(talk, sock=server):
                url = f"http://127.0.0.1:{server.getsockname()[1]}/"
                channel = Webhook(url, SECRET)
                try:
                    return await channel.send(letter(channel, MESSAGE, address=url, key=KEY))
                finally:
                    await channel.aclose()

        assert asyncio.run(sends()) == CUT_OFF


def test_a_verdict_stands_though_the_rest_of_the_answer_never_comes() -> None:
    assert answered(Answer(200, body=b"{", endless=True), **QUICK) == Accepted(delivered=True)
    assert answered(Answer(400, body=b"{", endless=True), **QUICK) == Refused(400, "对方拒收（400）")


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("30", timedelta(seconds=30)),
        (format_datetime(datetime.fromtimestamp(NOW + 90, UTC), usegmt=True), timedelta(seconds=90)),
        (format_datetime(datetime.fromtimestamp(NOW - 90, UTC), usegmt=True), timedelta()),
        ("99999999999999999999", timedelta(days=1)),
        ("Fri, 31 Dec 2999 23:59:59 GMT", timedelta(days=1)),
        ("-5", None),
        ("soon", None),
        (f"Tue, 24 Nov {'9' * 30} 04:00:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None),
        ("Tue, 14 Nov 2023 22:14:20 -0000", timedelta(seconds=60)),
        ("²", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_at_most_a_day(said: str, wait: timedelta | None) -> None:
    answer = httpx.Response(429, headers=[(b"Retry-After", said.encode())])
    receipt = read_answer(answer, now=datetime.fromtimestamp(NOW, UTC))
    assert isinstance(receipt, Again)
    assert receipt.after == wait


@pytest.mark.parametrize(
    ("address", "allow_http", "fault"),
    [
        ("https://hook.example/x", False, None),
        ("http://127.0.0.1:8080/x", False, None),
        ("http://[::1]/x", False, None),
        ("http://localhost/x", False, None),
        ("http://hook.example/x", True, None),
        ("http://hook.example/x", False, "须用 https"),
        ("http://127.0.0.1.hook.example/x", False, "须用 https"),
        ("http://0x7f000001.example/", False, "须用 https"),
        ("https://user:word@hook.example/", False, "用户名和密码"),
        ("ftp://hook.example/", True, "须以 https"),
        ("file:///etc/passwd", True, "须以 https"),
        ("hook.example", True, "须以 https"),
        ("https://", False, "须以 https"),
        ("https://hook.example:port/", False, "格式不正确"),
    ],
)
def test_only_https_or_this_machine_unless_http_is_allowed(
    address: str, allow_http: bool, fault: str | None
) -> None:
    found = fault_of(address, allow_http=allow_http)
    assert found is None if fault is None else fault in (found or "")


def test_a_faulty_setting_parks_the_channel_but_one_persons_faulty_address_does_not() -> None:
    bad = "http://hook.example/x"
    (own,) = send(bad)
    assert isinstance(own, Misconfigured)
    (persons,) = send("https://hook.example/", address=bad)
    assert isinstance(persons, Refused)
    with receiving(Answer(401)) as receiver:
        let: dict[str, Any] = {"hosts": ("127.0.0.1",), "networks": ("127.0.0.1",)}
        assert send("https://hook.example/", address=receiver.url, **let) == [
            Refused(401, "对方不认可签名或没有权限（401）")
        ]


def test_nothing_is_sent_without_a_secret() -> None:
    with receiving() as receiver:
        assert send(receiver.url, secret=None) == [Misconfigured("secret", "未设置网络钩子的签名密钥")]
    assert receiver.requests == []


@pytest.mark.parametrize(
    ("key", "header"),
    [
        (KEY, KEY),
        ("compose-42:工号7", "compose-42:%E5%B7%A5%E5%8F%B77"),
        ("a\r\nX-Evil: 1", "a%0D%0AX-Evil:%201"),
        ("100%", "100%25"),
    ],
)
def test_any_key_travels_in_a_header_and_adds_none(key: str, header: str) -> None:
    with receiving() as receiver:
        assert send(receiver.url, key=key) == [Accepted(delivered=True)]
    (request,) = receiver.requests
    assert request.headers["Idempotency-Key"] == header
    assert json.loads(request.body)["key"] == key
    assert "X-Evil" not in request.headers


def everything_said(receipts: Sequence[Receipt]) -> str:
    return " ".join(str(value) for receipt in receipts for value in dataclasses.astuple(receipt))


def test_no_receipt_and_no_log_says_the_address_the_secret_or_what_came_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    answers = [
        Answer(400, body=b"SAID-BACK"),
        Answer(401),
        Answer(302),
        Answer(500),
        Answer(hang_up=True),
        Answer(),
    ]
    with receiving(*answers) as receiver:
        receipts = send(receiver.url, times=len(answers))
        url = receiver.url
    receipts += send(url)  # nobody there any more
    receipts += send("http://hook.example/?key=KEY-IN-URL") + send(
        "https://hook.example:port/?key=KEY-IN-URL"
    )
    told = everything_said(receipts) + caplog.text
    assert len(receipts) == 9
    for secret in ("KEY-IN-URL", SECRET, "SAID-BACK", "hook", "王建国"):
        assert secret not in told


def test_a_proxy_of_the_environment_is_used_but_never_for_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with receiving() as proxy, receiving() as receiver:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.split("/hook")[0])
        monkeypatch.setenv("http_proxy", proxy.url.split("/hook")[0])
        far = "http://hook.example/far"
        assert send(far, allow_http=True) == [Accepted(delivered=True)]
        assert send(receiver.url) == [Accepted(delivered=True)]
    assert [request.target for request in proxy.requests] == [far]
    assert len(receiver.requests) == 1


def test_an_environment_that_cannot_be_read_is_no_persons_own_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://user:PASSWORD-OF-PROXY@10.0.0.1:1080")

    async def sends() -> Receipt:
        channel = Webhook(None, "this is secret", hosts=("hook.example",))
        try:
            said = letter(channel, MESSAGE, address="https://hook.example/his-own", key="k")
            return await channel.send(said)
        finally:
            await channel.aclose()

    receipt = asyncio.run(sends())
    assert isinstance(receipt, Misconfigured)
    assert (receipt.code, "SOCKS" in receipt.why, "PASSWORD" in receipt.why) == ("proxy", True, False)


def test_sends_run_side_by_side_over_one_channel() -> None:
    with receiving(Answer(slow=1.0)) as receiver:

        async def sends(channel: Webhook) -> list[Receipt]:
            letters = [letter(channel, MESSAGE, address=receiver.url, key=f"{n}") for n in range(10)]
            async with asyncio.timeout(6):  # one by one it would take 10 seconds
                return await asyncio.gather(*map(channel.send, letters))

        assert WAY.over(receiver.url, sends) == [Accepted(delivered=True)] * 10
    assert {request.headers["Idempotency-Key"] for request in receiver.requests} == {
        str(n) for n in range(10)
    }


def test_a_certificate_is_always_verified_and_a_private_ca_is_honoured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, key = self_signed(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with receiving(tls=tls) as receiver:
        assert send(receiver.url) == [Misconfigured("certificate", "对方证书不受信任")]
        assert receiver.requests == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert send(receiver.url) == [Accepted(delivered=True)]
