"""Mail against a real SMTP server on loopback: what it receives, and how each of its answers is judged."""

import asyncio
import json
import logging
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from certificates import self_signed
from digest_builders import digest_of, near, overdue
from mail_standin import Postman, serving

from notifiers import digest, mail_text
from notifiers.mail import Mail, MailSettings, Security, judged
from notifiers.message import Accepted, Again, Message, Misconfigured, Receipt, Refused, Uncertain, letter
from notifiers.threads import Departure

MESSAGE = digest.message(
    digest_of(overdue(title="东门“🚧”道路 <b>破损</b>"), near(), page_url="https://page.example/n?a=1&b=2")
)
ADDRESS = "wang@office.example"
KEY = "digest:2026-11-24:1:G0007:mail"
NOW = 1_700_000_000.0
LINES = b"Subject: x\r\n\r\n.\r\n..\r\n.x\r\n"
PASSWORD = "mail password of the office"


def over(port: int, does: Callable[[Mail], Any], *, times: dict[str, Any] | None = None, **but: Any) -> Any:
    async def run() -> Any:
        given: dict[str, Any] = {
            "host": "127.0.0.1",
            "sender": "督办 <ledger@office.example>",
            "security": "none",
        }
        channel = Mail(MailSettings(**given | {"port": port} | but), now=lambda: NOW, **times or {})
        try:
            return await does(channel)
        finally:
            await channel.aclose()

    return asyncio.run(run())


def send(port: int, *, message: Message = MESSAGE, address: str = ADDRESS, **but: Any) -> Receipt:
    receipt: Receipt = over(port, lambda c: c.send(letter(c, message, address=address, key=KEY)), **but)
    return receipt


def test_a_mail_says_the_digest_as_text_and_as_html() -> None:
    postman = Postman()
    with serving(postman) as port:
        receipt = send(port)
    (mail,) = postman.mails
    assert receipt == Accepted(reference=mail["Message-ID"])
    assert postman.recipients == [ADDRESS]
    assert mail["Subject"] == MESSAGE.subject
    assert mail["From"].addresses[0].display_name == "督办"
    assert mail["To"].addresses[0].display_name == "王建国"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime.timestamp() == NOW
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert page is not None
    assert text.get_content().replace("\r\n", "\n") == MESSAGE.text + "\n"
    assert '<a href="https://page.example/n?a=1&amp;b=2">' in page.get_content()
    assert "&lt;b&gt;破损&lt;/b&gt;" in page.get_content()
    assert all(len(line) <= 998 for line in postman.raw[0].splitlines())
    assert postman.raw[0].isascii()


def test_a_second_try_is_the_same_byte_for_byte_over_the_same_connection() -> None:
    postman = Postman()

    async def twice(channel: Mail) -> None:
        said = letter(channel, MESSAGE, address=ADDRESS, key=KEY)
        await channel.send(said)
        await channel.send(said)

    with serving(postman) as port:
        over(port, twice)
    first, second = postman.raw
    assert first == second
    assert len(postman.sessions) == 1


def test_what_the_outbox_keeps_is_subject_and_text_alone() -> None:
    async def body(channel: Mail) -> str:
        return channel.body(MESSAGE, address=ADDRESS, key=KEY)

    assert json.loads(over(1, body)) == {"subject": MESSAGE.subject, "text": MESSAGE.text}


def test_nothing_that_is_said_adds_a_header() -> None:
    hostile = replace(
        MESSAGE,
        subject="急\r\nBcc: other@evil.example\r\n\r\n\u2028文",
        recipient="王\r\nX-Evil: 1 <a@b>",
    )
    postman = Postman()
    with serving(postman) as port:
        assert isinstance(send(port, message=hostile), Accepted)
    (mail,) = postman.mails
    assert mail["Bcc"] is None
    assert mail["X-Evil"] is None
    assert postman.recipients == [ADDRESS]
    assert mail["Subject"] == "急 Bcc: other@evil.example 文"
    text = mail.get_body(("plain",))
    assert text is not None
    assert text.get_content().startswith(MESSAGE.head.text.splitlines()[0])


def test_an_address_in_a_title_is_no_link_and_the_notices_own_is() -> None:
    said = digest.message(
        digest_of(overdue(title="见https://bad.example/x"), page_url="https://page.example/n")
    )
    page = mail_text.html_of(said.text)
    assert page.count("<a ") == 1
    assert '<a href="https://page.example/n">' in page
    assert "见https://bad.example/x" in page


def test_a_line_of_a_full_stop_ends_no_mail() -> None:
    postman = Postman()
    said = mail_text.Mail(
        sender="a@b.example", address=ADDRESS, recipient="王", subject="s", text=".\n..\n.x", key="k"
    )
    assert b"\r\n." not in mail_text.as_bytes(said, at=NOW)
    with serving(postman) as port:
        from notifiers.mail import Attempt, Server

        settings = MailSettings(host="127.0.0.1", port=port, sender="a@b.example", security="none")
        server = Server(settings, connect=timedelta(seconds=5), answer=timedelta(seconds=5))
        receipt = Attempt(server, "a@b.example", ADDRESS, LINES).run(Departure())
        server.close()
    assert receipt == Accepted()
    assert postman.raw == [LINES]


@pytest.mark.parametrize(
    "address",
    ["", "wang", "wang@", "a b@c.example", "a@b.example\r\nRCPT TO:<x@y>", "王@office.example", "<a@b>"],
)
def test_what_is_no_address_is_never_sent(address: str) -> None:
    assert send(1, address=address) == Refused("address", "电子邮箱地址不正确")


@pytest.mark.parametrize(
    ("phase", "answer", "expected"),
    [
        ("RCPT", "550 no such user", Refused(550, "邮件服务器拒收（550）")),
        ("RCPT", "552 full", Refused(552, "邮件服务器拒收（552）")),
        ("RCPT", "450 greylisted", Again("邮件服务器暂时不能接收（450）", code=450)),
        ("RCPT", "530 first", Misconfigured(530, "邮件服务器要求先登录或加密")),
        ("MAIL", "553 not yours", Misconfigured(553, "邮件服务器不接受这个发件人")),
        ("MAIL", "535 no", Misconfigured(535, "邮箱用户名或密码（授权码）不正确")),
        ("MAIL", "451 later", Again("邮件服务器暂时不能接收（451）", code=451)),
        ("DATA", "554 spam", Refused(554, "邮件服务器拒收（554）")),
        ("DATA", "452 later", Again("邮件服务器暂时不能接收（452）", code=452)),
    ],
)
def test_each_answer_is_judged_and_the_connection_serves_again(
    phase: str, answer: str, expected: Receipt
) -> None:
    postman = Postman(answers={phase: answer})

    async def twice(channel: Mail) -> tuple[Receipt, Receipt]:
        said = letter(channel, MESSAGE, address=ADDRESS, key=KEY)
        first = await channel.send(said)
        postman.answers.clear()
        return first, await channel.send(said)

    with serving(postman) as port:
        first, second = over(port, twice)
    assert first == expected
    assert isinstance(second, Accepted)


def test_a_connection_lost_after_data_is_uncertain_and_before_it_is_not() -> None:
    postman = Postman(hang_up_after_data=True)
    with serving(postman) as port:
        assert send(port) == Uncertain("已发出，未收到邮件服务器的应答")
    assert len(postman.raw) == 1
    assert send(port) == Again("连接不上邮件服务器")


def test_an_answer_that_never_comes_is_uncertain_within_the_time_that_is_given() -> None:
    postman = Postman(slow=0.8)
    with serving(postman) as port:
        quick = {"within": timedelta(seconds=0.3)}
        assert send(port, times=quick) == Uncertain("已发出，未收到邮件服务器的应答")
        quick = {"answer": timedelta(seconds=0.3)}
        assert send(port, times=quick) == Uncertain("已发出，未收到邮件服务器的应答")


def test_who_waits_for_a_thread_surely_was_not_sent() -> None:
    """Four at once: the other eight wait, and the outbox may send them again without a mark."""
    postman = Postman(slow=0.8)

    async def many(channel: Mail) -> list[Receipt]:
        said = [letter(channel, MESSAGE, address=ADDRESS, key=str(n)) for n in range(12)]
        return await asyncio.gather(*(channel.send(each) for each in said))

    with serving(postman) as port:
        receipts = over(port, many, times={"wait": timedelta(seconds=0.4)})
    assert [type(each) for each in receipts] == [Accepted] * 4 + [Again] * 8
    assert len(postman.mails) == 4
    assert "尚未发出" in str(receipts[-1])


def test_a_server_that_never_greets_is_no_uncertainty() -> None:
    """The time is over while it is being reached: nothing was sent, and nothing goes out afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        times = {"within": timedelta(seconds=0.2), "connect": timedelta(seconds=1)}
        receipt = send(server.getsockname()[1], times=times)
    assert isinstance(receipt, Again)


def test_what_is_given_up_before_it_went_out_does_not_go_out_later() -> None:
    """The greeting comes after the time is over: no mail follows it."""
    postman = Postman()
    departure = Departure()
    departure.stop()
    with serving(postman) as port:
        from notifiers.mail import Attempt, Server

        settings = MailSettings(host="127.0.0.1", port=port, sender="a@b.example", security="none")
        server = Server(settings, connect=timedelta(seconds=5), answer=timedelta(seconds=5))
        assert isinstance(Attempt(server, "a@b.example", ADDRESS, LINES).run(departure), Again)
        server.close()
    assert postman.raw == []


def test_a_server_that_greets_and_hangs_up_surely_took_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def talk() -> None:
            caller, _ = server.accept()
            caller.sendall(b"220 hello\r\n")
            caller.recv(100)
            caller.close()

        thread = threading.Thread(target=talk)
        thread.start()
        assert send(server.getsockname()[1]) == Again("连接不上邮件服务器")
        thread.join()


def test_an_idle_connection_that_the_server_closed_is_replaced() -> None:
    postman = Postman()

    async def twice(channel: Mail) -> list[Receipt]:
        said = letter(channel, MESSAGE, address=ADDRESS, key=KEY)
        first = await channel.send(said)
        await asyncio.sleep(0.6)
        return [first, await channel.send(said)]

    with serving(postman, timeout=0.3) as port:
        assert [type(each) for each in over(port, twice)] == [Accepted, Accepted]
    assert len(postman.sessions) == 2


def authenticator(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    known = (data.login, data.password) == (b"office", PASSWORD.encode())
    return AuthResult(success=known, handled=False)


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    certificate, key = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_tls_is_verified_a_private_ca_is_honoured_and_a_wrong_password_is_the_operators(
    security: Security, tls: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    context, certificate = tls
    postman = Postman()
    given: dict[str, Any] = {"authenticator": authenticator}
    if security == "tls":
        given |= {"tls": context, "auth_require_tls": False}
    else:
        given |= {"tls_context": context, "auth_required": True, "require_starttls": True}
    with serving(postman, **given) as port:
        office = {"security": security, "user": "office", "password": PASSWORD}
        assert send(port, **office) == Misconfigured("certificate", "邮件服务器的证书不受信任")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert isinstance(send(port, **office), Accepted)
        assert send(port, **office | {"password": "another"}) == Misconfigured(
            535, "邮箱用户名或密码（授权码）不正确"
        )
    assert len(postman.raw) == 1


def test_a_server_without_starttls_gets_neither_password_nor_mail() -> None:
    postman = Postman()
    with serving(postman) as port:
        receipt = send(port, security="starttls", user="office", password=PASSWORD)
        assert receipt == Misconfigured("security", "邮件服务器不支持所设的加密或登录方式")
        assert isinstance(send(port, security="tls"), Misconfigured)  # it speaks no TLS at all
        assert isinstance(send(port, user="office", password=PASSWORD), Misconfigured)
    assert postman.raw == []


def test_many_go_out_side_by_side() -> None:
    postman = Postman(slow=0.2)

    async def many(channel: Mail) -> list[Receipt]:
        said = [letter(channel, MESSAGE, address=ADDRESS, key=str(n)) for n in range(8)]
        async with asyncio.timeout(1.4):
            return await asyncio.gather(*(channel.send(each) for each in said))

    with serving(postman) as port:
        assert all(isinstance(each, Accepted) for each in over(port, many))
    assert len({mail["Message-ID"] for mail in postman.mails}) == 8


def test_a_sender_that_is_none_is_the_operators() -> None:
    assert send(1, sender="督办") == Misconfigured("sender", "发件人地址不正确")


def test_codes_are_judged_as_the_table_says() -> None:
    assert isinstance(judged(421), Again)
    assert isinstance(judged(530), Misconfigured)
    assert isinstance(judged(554), Refused)


def test_neither_password_nor_address_shows(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    postman = Postman(answers={"RCPT": f"550 {ADDRESS} {PASSWORD}"})
    with serving(postman) as port:
        receipt = send(port)
    logged = [record.getMessage() for record in caplog.records if record.name != "mail.log"]  # the server's
    told = f"{receipt} {logged} {MailSettings(host='h', sender='s', password=PASSWORD)!r}"
    assert PASSWORD not in told
    assert ADDRESS not in told


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what Apprise imports
def test_a_mailbox_reads_the_same_as_in_what_apprise_sends() -> None:
    """Apprise as the oracle: the same subject, text and recipient from the same words."""
    import apprise

    postman = Postman()
    with serving(postman) as port:
        assert isinstance(send(port), Accepted)
        theirs = apprise.Apprise()
        assert theirs.add(
            f"mailto://127.0.0.1:{port}?from=ledger@office.example&to={ADDRESS}&mode=insecure&format=text"
        )
        assert theirs.notify(title=MESSAGE.subject, body=MESSAGE.text)
    ours, other = postman.mails
    assert ours["Subject"] == other["Subject"]
    assert ours["To"].addresses[0].addr_spec == other["To"].addresses[0].addr_spec == ADDRESS
    assert ours["From"].addresses[0].addr_spec == other["From"].addresses[0].addr_spec
    bodies = [mail.get_body(("plain",)) for mail in (ours, other)]
    read = [body.get_content().replace("\r\n", "\n").rstrip("\n") for body in bodies if body is not None]
    assert read == [MESSAGE.text, MESSAGE.text]
