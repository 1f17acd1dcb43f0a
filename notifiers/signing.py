"""Signatures of the channels: pure functions of a secret, a time and a body."""

import base64
import hashlib
import hmac


def dingtalk_robot(secret: str, at_ms: int) -> str:
    """The DingTalk robot's `sign`, base64, not yet quoted for a URL.

    HMAC-SHA256 with the secret as key over time and secret. `at_ms` is Unix time in milliseconds and
    goes along as `timestamp`; it holds for one hour.
    """
    return _base64(hmac.digest(secret.encode(), f"{at_ms}\n{secret}".encode(), hashlib.sha256))


def feishu_robot(secret: str, at: int) -> str:
    """The Feishu robot's `sign`, base64, for the body.

    Unlike DingTalk's the key is time and secret, and the message is empty. `at` is Unix time in
    seconds and goes along as `timestamp`; it holds for one hour.
    """
    return _base64(hmac.digest(f"{at}\n{secret}".encode(), b"", hashlib.sha256))


def webhook(secret: str, at: int, body: bytes) -> str:
    """The value of `X-Xiaohao-Signature`: `t=…,v1=…`, for the bytes of the body as they are sent.

    `v1` is the hex HMAC-SHA256 over `at`, a full stop and the body. `at` is Unix time in seconds;
    a receiver compares it with its own clock, so that a request recorded by others grows old.
    """
    mac = hmac.digest(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={mac.hex()}"


def _base64(mac: bytes) -> str:
    return base64.b64encode(mac).decode("ascii")
