"""飞书的回调: a button that is pressed on a card of the application (pure).

The body is encrypted with the Encrypt Key and signed with it; its token must be the Verification Token. The
time stamp is not compared with our clock: a press names its notice, so one that is played again changes nothing.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from notifiers import ciphers, feishu_card, signing
from xiaohao.errors import BadCallback

NAME = "飞书应用"
PADDED_TO = 16
_TIMESTAMP, _NONCE = "X-Lark-Request-Timestamp", "X-Lark-Request-Nonce"
_SIGNATURE = "X-Lark-Signature"


@dataclass(frozen=True, slots=True)
class Challenge:
    """The vendor checks the address: it wants this text back."""

    text: str


@dataclass(frozen=True, slots=True)
class Pressed:
    """已阅 was pressed: the token of the notice's link, and the open_id of who pressed."""

    token: str
    open_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeishuCallback:
    """What the callbacks of one application are checked with."""

    encrypt_key: str = field(repr=False)
    verification_token: str = field(repr=False)

    def read(self, headers: Mapping[str, str], body: bytes) -> Challenge | Pressed | None:
        """What a request says; None for anything else that the vendor says. Raises BadCallback.

        The check of an address may come without a signature; all else must bear one. `headers` are asked by
        the vendor's spelling, without regard to case.
        """
        is_signed = self._is_signed(headers, body)
        said = _object(self.opened(_encrypted(body)))
        header, event = said.get("header"), said.get("event")
        token = header.get("token") if isinstance(header, dict) else said.get("token")
        if not (isinstance(token, str) and signing.holds(token, self.verification_token)):
            raise BadCallback("Verification Token 不对")
        match said:
            case {"type": "url_verification", "challenge": str(text)}:
                return Challenge(text)
        if not is_signed:
            raise BadCallback("没有签名")
        match header, event:
            case {"event_type": "card.action.trigger"}, dict():
                return _pressed(event)
        return None

    def opened(self, encrypted: str) -> bytes:
        """What was sealed: base64 of the 16 bytes that it begins with, and the rest. Raises BadCallback."""
        try:
            whole = base64.b64decode(encrypted, validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadCallback("密文不是 base64") from error
        iv, rest = whole[: ciphers.BLOCK], whole[ciphers.BLOCK :]
        if len(iv) < ciphers.BLOCK:
            raise BadCallback("密文的长度不对")
        return ciphers.opened(self._key, iv, rest, padded_to=PADDED_TO)

    def sealed(self, plain: bytes, iv: bytes) -> str:
        """The other way round; `iv` are 16 random bytes."""
        done = ciphers.sealed(self._key, iv, plain, padded_to=PADDED_TO)
        return base64.b64encode(iv + done).decode()

    @property
    def _key(self) -> bytes:
        return hashlib.sha256(self.encrypt_key.encode()).digest()

    def _is_signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether there is a signature. Raises BadCallback where it does not hold."""
        said = headers.get(_SIGNATURE)
        if not said:
            return False
        timestamp, nonce = headers.get(_TIMESTAMP, ""), headers.get(_NONCE, "")
        if not signing.holds(said, signing.feishu_callback(timestamp, nonce, self.encrypt_key, body)):
            raise BadCallback("签名不对")
        return True


def _pressed(event: Mapping[str, Any]) -> Pressed | None:
    """The press of our button; None for another one's."""
    match event:
        case {
            "operator": {"open_id": str(who)},
            "action": {"value": {feishu_card.ACKNOWLEDGED: str(token)}},
        } if who.isascii() and token.isascii():
            return Pressed(token, who)
    return None


def _encrypted(body: bytes) -> str:
    match _object(body):
        case {"encrypt": str(encrypted)}:
            return encrypted
    raise BadCallback("请求没有加密：请在开发者后台设置 Encrypt Key")


def _object(said: bytes) -> dict[str, Any]:
    try:
        found = json.loads(said)
    except (ValueError, RecursionError) as error:
        raise BadCallback("JSON 看不懂") from error
    if not isinstance(found, dict):
        raise BadCallback("JSON 看不懂")
    return found
