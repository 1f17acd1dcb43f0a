"""电子邮件: plain text with simple HTML beside it, over SMTP by the standard library, in threads.

Accepted is what the server said after DATA; what becomes of the mail then nobody tells (a bounce goes to
the sender's mailbox). The `Message-ID` is made of the dedupe key: it lets a mailbox show a repetition
once, and stops nothing. What is said is the same on every try; only the header `Date` is the try's own.
"""

import asyncio
import json
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parseaddr
from typing import Literal

from notifiers import client, mail_text, threads
from notifiers.message import Accepted, Again, Letter, Message, Misconfigured, Receipt, Refused, Uncertain
from notifiers.threads import Departure, Threads
from xiaohao import vocabulary

Security = Literal["starttls", "tls", "none"]
PORTS: dict[Security, int] = {"starttls": 587, "tls": 465, "none": 25}
LONGEST_SUBJECT = 120
_AT_ONCE = 4
_TELLS_OF_SETTINGS = {
    530: "邮件服务器要求先登录或加密",
    534: "邮件服务器不接受这种登录方式",
    535: "邮箱用户名或密码（授权码）不正确",
    538: "邮件服务器要求加密后登录",
}
_LOST: tuple[type[Exception], ...] = (smtplib.SMTPException, OSError)
_NOT_REACHED: tuple[type[Exception], ...] = (*_LOST, UnicodeError, client.Unusable)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """The server that takes our mail. `sender` is an address, with a name before it or without.

    Without `user` nobody signs in, as with a relay inside the office's net. Without `port` it is the
    usual one of `security`. With "none" nothing is encrypted, and signing in is refused.
    """

    host: str
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    security: Security = "starttls"
    port: int | None = None


class Mail:
    """Sends to one mail address a time; a few connections stay open and are used again."""

    name = vocabulary.Channel.MAIL
    deduplicates = False
    always_open = False

    def __init__(
        self,
        settings: MailSettings,
        *,
        connect: timedelta = timedelta(seconds=10),
        answer: timedelta = timedelta(seconds=20),
        within: timedelta = threads.WITHIN,
        wait: timedelta = threads.WAIT,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`connect`, `answer` and `within` bound reaching the server, each wait for it, and the whole send.

        `wait` bounds the time before, until a thread is free. `now` is Unix time in seconds, for the
        header `Date`.
        """
        self._settings = settings
        self._server = Server(settings, connect=connect, answer=answer)
        self._now = now
        self._threads = Threads(_AT_ONCE, "mail", wait=wait, within=within)

    def body(self, message: Message, *, address: str, key: str) -> str:  # noqa: ARG002
        """Subject and text as JSON; the mail is made of these alone when it is sent."""
        said = {"subject": mail_text.one_line(message.subject)[:LONGEST_SUBJECT], "text": message.text}
        return json.dumps(said, ensure_ascii=False, separators=(",", ":"))

    async def send(self, letter: Letter) -> Receipt:
        """Hand a mail for `letter.address` to the server."""
        of = self._settings
        if of.user and of.security == "none":
            return Misconfigured("security", "不加密时不能登录：用户名和密码会被别人看到")
        if not mail_text.is_address(letter.address):
            return Refused("address", "电子邮箱地址不正确")
        said = json.loads(letter.body)
        mail = mail_text.Mail(
            sender=of.sender,
            address=letter.address,
            recipient=letter.recipient,
            subject=said["subject"],
            text=said["text"],
            key=letter.key,
        )
        try:
            data = mail_text.as_bytes(mail, at=self._now())
        except ValueError:
            return Misconfigured("sender", "发件人地址不正确")
        sender = parseaddr(of.sender)[1]
        attempt = Attempt(self._server, sender, letter.address, data)
        receipt = await self._threads.receipt(attempt.run, break_off=attempt.break_off)
        if isinstance(receipt, Accepted):
            return Accepted(reference=mail_text.message_id(letter.key, sender))
        return receipt

    async def aclose(self) -> None:
        """Sign off where a connection is open, and end the threads."""
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        self._threads.close(wait=True)
        self._server.close()


class Server:
    """The mail server, and connections to it that are signed in and idle. Used by several threads."""

    def __init__(self, settings: MailSettings, *, connect: timedelta, answer: timedelta) -> None:
        """`connect` and `answer` bound reaching the server and each wait for it."""
        self._settings = settings
        self._connect = connect.total_seconds()
        self._answer = answer.total_seconds()
        self._idle: list[smtplib.SMTP] = []

    def connection(self) -> smtplib.SMTP:
        """One that still answers, else a new one. Raises what smtplib and sockets raise."""
        while (idle := self._pop()) is not None:
            with suppress(*_LOST):
                if idle.noop()[0] == 250:
                    return idle
            idle.close()
        return self._opened()

    def keep(self, connection: smtplib.SMTP) -> None:
        """Keep one for the next mail."""
        self._idle.append(connection)

    def close(self) -> None:
        """Sign off on every idle connection."""
        while (idle := self._pop()) is not None:
            with suppress(*_LOST):
                idle.quit()

    def _pop(self) -> smtplib.SMTP | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _opened(self) -> smtplib.SMTP:
        of, here = self._settings, _own_name()
        port = of.port or PORTS[of.security]
        opened: smtplib.SMTP
        if of.security == "tls":
            tls = client.certificates()
            opened = smtplib.SMTP_SSL(of.host, port, here, timeout=self._connect, context=tls)
        else:
            opened = smtplib.SMTP(of.host, port, here, timeout=self._connect)
        try:
            if opened.sock is not None:
                opened.sock.settimeout(self._answer)
            if of.security == "starttls":
                opened.starttls(context=client.certificates())
            opened.ehlo_or_helo_if_needed()
            if of.user:
                opened.login(of.user, of.password)
        except BaseException:
            opened.close()
            raise
        return opened


class Attempt:
    """One try, in a thread of its own, which the event loop can break off."""

    def __init__(self, server: Server, sender: str, address: str, data: bytes) -> None:
        """`data` is the mail in bytes, with CRLF at the end of each line."""
        self._server = server
        self._sender, self._address, self._data = sender, address, data
        self._connection: smtplib.SMTP | None = None

    def run(self, departure: Departure) -> Receipt:
        """Send, and judge the server's answers. Raises nothing for what a network or a server does."""
        try:
            connection = self._connection = self._server.connection()
        except _NOT_REACHED as error:
            return not_reached(error)
        try:
            receipt = self._sent(connection, departure)
        except _LOST:
            connection.close()
            if departure.gone:
                return Uncertain("已发出，未收到邮件服务器的应答")
            return Again("与邮件服务器的连接中断")
        if isinstance(receipt, Accepted) or _begins_anew(connection):
            self._server.keep(connection)
        return receipt

    def break_off(self) -> None:
        """Wake the thread by ending the connection that it waits for."""
        connection = self._connection
        if connection is not None and connection.sock is not None:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def _sent(self, connection: smtplib.SMTP, departure: Departure) -> Receipt:
        code, _ = connection.mail(self._sender)
        if code != 250:
            receipt = judged(code)
            return (
                Misconfigured(code, "邮件服务器不接受这个发件人") if isinstance(receipt, Refused) else receipt
            )
        code, _ = connection.rcpt(self._address)
        if code not in (250, 251):
            return judged(code)
        code, _ = connection.docmd("DATA")
        if code != 354:
            return judged(code)
        if not departure.leave():
            connection.close()
            return Again("时间已到，尚未发出")
        connection.send(re.sub(rb"(?m)^\.", b"..", self._data) + b".\r\n")
        code, _ = connection.getreply()
        return Accepted() if code == 250 else judged(code)


def judged(code: int) -> Receipt:
    """What a reply code says of the mail: 4xx may pass, 5xx will not, some of these tell of settings."""
    if why := _TELLS_OF_SETTINGS.get(code):
        return Misconfigured(code, why)
    if 500 <= code < 600:
        return Refused(code, f"邮件服务器拒收（{code}）")
    return Again(f"邮件服务器暂时不能接收（{code}）", code=code)


def not_reached(error: Exception) -> Again | Misconfigured:
    """Why there is no connection that is signed in: nothing was sent."""
    match error:
        case client.Unusable(fault=fault):
            return fault
        case UnicodeError():
            return Misconfigured("login", "服务器地址、用户名或密码里有中文等不能用的字符")
        case ssl.SSLCertVerificationError():
            return Misconfigured("certificate", "邮件服务器的证书不受信任")
        case ssl.SSLError():
            return Misconfigured("security", "与邮件服务器的加密方式不符，请核对加密方式和端口")
        case smtplib.SMTPNotSupportedError():
            return Misconfigured("security", "邮件服务器不支持所设的加密或登录方式")
        case smtplib.SMTPResponseException(smtp_code=int(code)) if code >= 500:
            return Misconfigured(code, _TELLS_OF_SETTINGS.get(code, f"邮件服务器不让登录（{code}）"))
        case smtplib.SMTPResponseException(smtp_code=int(code)) if code >= 400:
            return Again(f"邮件服务器暂时不能接收（{code}）", code=code)
    return Again("连接不上邮件服务器")


def _begins_anew(connection: smtplib.SMTP) -> bool:
    """Whether the server forgot a mail that it did not take; else the connection is closed."""
    with suppress(*_LOST):
        if connection.rset()[0] == 250:
            return True
    connection.close()
    return False


def _own_name() -> str:
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"
