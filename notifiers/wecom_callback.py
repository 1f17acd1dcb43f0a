"""企业微信的回调: what a person writes to the application reaches us, and is answered in the chat (pure).

The vendor signs with the callback's token, and encrypts with its EncodingAESKey: 16 random bytes, the length,
the message, the corpid. Its time stamp is not compared with our clock: a message says itself when it was
written and acknowledges only what had arrived before, so one that is played again changes nothing.
"""

import base64
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from notifiers import ciphers, signing, wecom_markdown
from xiaohao.errors import BadCallback

WORDS = frozenset(
    {"已阅", "已阅读", "阅", "阅悉", "收到", "已收到", "收到了", "收悉", "知悉", "已知悉", "知道了", "已知晓"}
)
"""What acknowledges, as a person writes it; blanks and marks around or between do not count."""
NAME = "企业微信应用"
PADDED_TO = 32
RANDOM = 16
"""Random bytes before a message."""
_AES_KEY = re.compile(r"[A-Za-z0-9+/]{43}", re.ASCII)
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}", re.ASCII)
_LENGTH = 4


@dataclass(frozen=True, slots=True)
class Said:
    """A text that a person wrote to the application: who, when (aware, whole seconds), what."""

    userid: str
    at: datetime
    text: str

    @property
    def acknowledges(self) -> bool:
        """Whether it says nothing but one of the WORDS."""
        return _bare(self.text) in WORDS


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an answer is sealed with: Unix time in seconds, a nonce, and RANDOM bytes."""

    at: int
    nonce: str
    random: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WecomCallback:
    """What the callbacks of one application are checked with and answered with."""

    token: str = field(repr=False)
    aes_key: bytes = field(repr=False)
    corpid: str

    def echo(self, query: Mapping[str, str]) -> str:
        """What answers the check of the address: the plain text of `echostr`. Raises BadCallback."""
        return _text(self._opened(query, query.get("echostr", "")))

    def said(self, query: Mapping[str, str], body: bytes) -> Said | None:
        """The text in a request; None for anything else that the vendor says. Raises BadCallback."""
        message = _xml(self._opened(query, _value(_xml(body), "Encrypt")))
        userid = wecom_markdown.userid(_value(message, "FromUserName"))
        if _value(message, "MsgType") != "text" or userid is None:
            return None
        return Said(userid, _instant(_value(message, "CreateTime")), _value(message, "Content"))

    def reply(self, to: Said, text: str, stamp: Stamp) -> str:
        """The body that answers a message with a text, which the person sees in the chat."""
        message = (
            f"<xml><ToUserName>{escape(to.userid)}</ToUserName><FromUserName>{escape(self.corpid)}"
            f"</FromUserName><CreateTime>{stamp.at}</CreateTime><MsgType>text</MsgType>"
            f"<Content>{escape(text)}</Content></xml>"
        )
        encrypted = self.sealed(message.encode(), stamp.random)
        signature = signing.wecom_callback(self.token, str(stamp.at), stamp.nonce, encrypted)
        return (
            f"<xml><Encrypt>{encrypted}</Encrypt><MsgSignature>{signature}</MsgSignature>"
            f"<TimeStamp>{stamp.at}</TimeStamp><Nonce>{escape(stamp.nonce)}</Nonce></xml>"
        )

    def sealed(self, message: bytes, random: bytes) -> str:
        """The message as it goes over the wire, base64. `random` are RANDOM bytes."""
        plain = random + len(message).to_bytes(_LENGTH, "big") + message + self.corpid.encode()
        return base64.b64encode(ciphers.sealed(self.aes_key, self._iv, plain, padded_to=PADDED_TO)).decode()

    def opened(self, encrypted: str) -> bytes:
        """The message that was sealed, for our corpid. Raises BadCallback."""
        if not _BASE64.fullmatch(encrypted) or len(encrypted) % 4:
            raise BadCallback("密文不是 base64")
        plain = ciphers.opened(self.aes_key, self._iv, base64.b64decode(encrypted), padded_to=PADDED_TO)
        begins = RANDOM + _LENGTH
        ends = begins + int.from_bytes(plain[RANDOM:begins], "big")
        if len(plain) < begins or ends > len(plain):
            raise BadCallback("密文里的长度不对")
        if plain[ends:] != self.corpid.encode():
            raise BadCallback("不是发给本企业（corpid）的")
        return plain[begins:ends]

    @property
    def _iv(self) -> bytes:
        return self.aes_key[: ciphers.BLOCK]

    def _opened(self, query: Mapping[str, str], encrypted: str) -> bytes:
        """Nothing is decrypted before its signature holds."""
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        expected = signing.wecom_callback(self.token, timestamp, nonce, encrypted)
        if not signing.holds(query.get("msg_signature", ""), expected):
            raise BadCallback("签名不对")
        return self.opened(encrypted)


def aes_key_of(said: str) -> bytes | None:
    """The 32 bytes of an EncodingAESKey, base64 of 43 characters; None for anything else."""
    return base64.b64decode(f"{said}=") if _AES_KEY.fullmatch(said) else None


def _bare(text: str) -> str:
    """The text without blanks, marks and pictures; a question mark stays, for who asks has not acknowledged."""
    return "".join(each for each in text if unicodedata.category(each)[0] in "LN" or each in "?？")


def _xml(said: bytes) -> Element:
    try:
        found: Element = fromstring(said, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:  # LookupError: its encoding
        raise BadCallback("XML 看不懂") from error
    return found


def _value(element: Element, name: str) -> str:
    return element.findtext(name) or ""


def _text(said: bytes) -> str:
    try:
        return said.decode()
    except UnicodeDecodeError as error:
        raise BadCallback("内容不是 UTF-8 文字") from error


def _instant(said: str) -> datetime:
    if not (said.isascii() and said.isdigit() and len(said) <= 11):
        raise BadCallback("CreateTime 不是时间")
    return datetime.fromtimestamp(int(said), UTC)
