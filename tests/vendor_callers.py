"""The vendors as they call us: signed and encrypted by their documents, with nothing of ours."""

import base64
import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

AES_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
TIMESTAMP = "1700000000"


@dataclass(frozen=True)
class Request:
    """A request as it goes over the wire."""

    body: bytes = b""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class WecomCaller:
    """企业微信, with a text or an event of one enterprise."""

    corpid: str = "ww0000000000000001"
    token: str = "TOKEN-OF-CALLBACK"
    aes_key: str = AES_KEY

    def text(self, userid: str, content: str, at: float, **but: Any) -> Request:
        """A person writes to the application. `at` is Unix time."""
        return self.says(
            f"<xml><ToUserName><![CDATA[{self.corpid}]]></ToUserName>"
            f"<FromUserName><![CDATA[{userid}]]></FromUserName><CreateTime>{int(at)}</CreateTime>"
            f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{content}]]></Content>"
            "<MsgId>7</MsgId><AgentID>1000002</AgentID></xml>",
            **but,
        )

    def says(self, message: str, **but: Any) -> Request:
        """Any message."""
        encrypted = self.sealed(message.encode())
        body = (
            f"<xml><ToUserName><![CDATA[{self.corpid}]]></ToUserName>"
            f"<Encrypt><![CDATA[{encrypted}]]></Encrypt><AgentID><![CDATA[1000002]]></AgentID></xml>"
        )
        return Request(body.encode(), self.query(encrypted) | but)

    def checks(self, echo: str = "5837914506") -> Request:
        """The check of the address."""
        encrypted = self.sealed(echo.encode())
        return Request(query=self.query(encrypted) | {"echostr": encrypted})

    def query(self, encrypted: str) -> dict[str, str]:
        return {
            "msg_signature": self.signature(TIMESTAMP, "NONCE", encrypted),
            "timestamp": TIMESTAMP,
            "nonce": "NONCE",
        }

    def signature(self, timestamp: str, nonce: str, encrypted: str) -> str:
        joined = "".join(sorted([self.token, timestamp, nonce, encrypted]))
        return hashlib.sha1(joined.encode()).hexdigest()

    def sealed(self, message: bytes) -> str:
        plain = os.urandom(16) + len(message).to_bytes(4, "big") + message + self.corpid.encode()
        padder = PKCS7(256).padder()
        padded = padder.update(plain) + padder.finalize()
        cipher = self._cipher().encryptor()
        return base64.b64encode(cipher.update(padded) + cipher.finalize()).decode()

    def reads(self, answer: str) -> str:
        """The text in an answer; its signature and corpid hold."""
        encrypted, signature, at, nonce = (
            re.findall(f"<{name}>(.*?)</{name}>", answer)[0]
            for name in ("Encrypt", "MsgSignature", "TimeStamp", "Nonce")
        )
        assert signature == self.signature(at, nonce, encrypted)
        cipher = self._cipher().decryptor()
        padded = cipher.update(base64.b64decode(encrypted)) + cipher.finalize()
        unpadder = PKCS7(256).unpadder()
        plain = unpadder.update(padded) + unpadder.finalize()
        end = 20 + int.from_bytes(plain[16:20], "big")
        assert plain[end:].decode() == self.corpid
        message = plain[20:end].decode()
        assert "<MsgType>text</MsgType>" in message
        return re.findall("<Content>(.*?)</Content>", message)[0]

    def _cipher(self) -> Any:
        key = base64.b64decode(self.aes_key + "=")
        return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


@dataclass(frozen=True)
class FeishuCaller:
    """飞书, with the callbacks of one application."""

    encrypt_key: str = "ENCRYPT-KEY"
    token: str = "VERIFICATION-TOKEN"

    def presses(self, open_id: str, value: Any, **header: Any) -> Request:
        """A person presses a button whose value this is."""
        return self.says(
            {
                "schema": "2.0",
                "header": {
                    "event_id": "e-1",
                    "token": self.token,
                    "create_time": "1700000000000000",
                    "event_type": "card.action.trigger",
                    "tenant_key": "t-1",
                    "app_id": "cli_a000000000000001",
                    **header,
                },
                "event": {
                    "operator": {
                        "tenant_key": "t-1",
                        "user_id": "u-1",
                        "union_id": "on_1",
                        "open_id": open_id,
                    },
                    "token": "c-1",
                    "action": {"value": value, "tag": "button"},
                    "host": "im_message",
                    "context": {"open_message_id": "om_1", "open_chat_id": "oc_1"},
                },
            }
        )

    def checks(self, challenge: str = "1b6aef1a-401f") -> Request:
        """The check of the address; it comes without a signature."""
        said = {"challenge": challenge, "token": self.token, "type": "url_verification"}
        return Request(self.says(said).body)

    def says(self, said: Any) -> Request:
        """Anything, encrypted and signed."""
        return self.signed(json.dumps({"encrypt": self.sealed(json.dumps(said).encode())}).encode())

    def signed(self, body: bytes) -> Request:
        """Any body, signed."""
        given = f"{TIMESTAMP}NONCE{self.encrypt_key}".encode() + body
        return Request(
            body,
            headers={
                "X-Lark-Request-Timestamp": TIMESTAMP,
                "X-Lark-Request-Nonce": "NONCE",
                "X-Lark-Signature": hashlib.sha256(given).hexdigest(),
            },
        )

    def sealed(self, plain: bytes) -> str:
        iv = os.urandom(16)
        padder = PKCS7(128).padder()
        padded = padder.update(plain) + padder.finalize()
        key = hashlib.sha256(self.encrypt_key.encode()).digest()
        cipher = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
        return base64.b64encode(iv + cipher.update(padded) + cipher.finalize()).decode()
