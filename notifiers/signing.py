"""Signatures of the channels: pure functions of a secret, a time and a body."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote


def dingtalk_robot(secret: str, at_ms: int) -> str:
    """The DingTalk robot's `sign`, base64, not yet quoted for a URL.

    HMAC-SHA256 with the secret as key over time and secret. `at_ms` is Unix time in milliseconds and
    goes along as `timestamp`; it holds for one hour.
    """
    return _base64(hmac.digest(secret.encode(), f"{at_ms}\n{secret}".encode(), hashlib.sha256))


def dingtalk_gov(
    secret: str, *, method: str, at: str, nonce: str, path: str, parameters: Mapping[str, str]
) -> str:
    """专有钉钉's `X-Hmac-Auth-Signature`: HMAC-SHA256, base64, over the five joined by line feeds.

    `at` and `nonce` are the headers' own texts. The parameters are joined raw, not quoted, sorted by name
    without regard to case; without any their line is missing.
    """
    ordered = sorted(parameters.items(), key=lambda each: each[0].lower())
    joined = "&".join(f"{name}={value}" for name, value in ordered)
    lines = [method, at, nonce, path, *([joined] if joined else [])]
    return _base64(hmac.digest(secret.encode(), "\n".join(lines).encode(), hashlib.sha256))


def feishu_robot(secret: str, at: int) -> str:
    """The Feishu robot's `sign`, base64, for the body.

    Unlike DingTalk's the key is time and secret, and the message is empty. `at` is Unix time in
    seconds and goes along as `timestamp`; it holds for one hour.
    """
    return _base64(hmac.digest(f"{at}\n{secret}".encode(), b"", hashlib.sha256))


def wecom_callback(token: str, timestamp: str, nonce: str, encrypted: str) -> str:
    """The `msg_signature` of a WeCom callback, and of the answer to one: hex SHA-1 of the four, sorted and joined.

    Sorted by their characters; `timestamp` and `nonce` are the query's own texts.
    """
    joined = "".join(sorted((token, timestamp, nonce, encrypted)))
    return hashlib.sha1(joined.encode(), usedforsecurity=False).hexdigest()


def feishu_callback(timestamp: str, nonce: str, encrypt_key: str, body: bytes) -> str:
    """The `X-Lark-Signature` of a Feishu callback: hex SHA-256 of the three texts and the bytes of the body."""
    return hashlib.sha256(f"{timestamp}{nonce}{encrypt_key}".encode() + body).hexdigest()


def holds(said: str, expected: str) -> bool:
    """Whether a signature, or a token, is the expected one; takes the same time either way."""
    return hmac.compare_digest(said.encode(errors="surrogatepass"), expected.encode())


def webhook(secret: str, at: int, body: bytes) -> str:
    """The value of `X-Xiaohao-Signature`: `t=…,v1=…`, for the bytes of the body as they are sent.

    `v1` is the hex HMAC-SHA256 over `at`, a full stop and the body. `at` is Unix time in seconds;
    a receiver compares it with its own clock, so that a request recorded by others grows old.
    """
    mac = hmac.digest(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={mac.hex()}"


def aliyun(key_id: str, secret: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """The value of `Authorization` for a POST to / of an Aliyun interface, ACS3-HMAC-SHA256.

    The parameters stand in `query`, the body is empty. `headers` are those that are signed, names in
    lower case: host and every x-acs-* that is sent, among them the time, which holds for 15 minutes.
    """
    names = sorted(headers)
    asked = "\n".join(
        [
            "POST",
            "/",
            aliyun_query(query),
            *(f"{name}:{headers[name].strip()}" for name in names),
            "",
            ";".join(names),
            hashlib.sha256(b"").hexdigest(),
        ]
    )
    signed = f"ACS3-HMAC-SHA256\n{hashlib.sha256(asked.encode()).hexdigest()}"
    mac = hmac.digest(secret.encode(), signed.encode(), hashlib.sha256).hex()
    return f"ACS3-HMAC-SHA256 Credential={key_id},SignedHeaders={';'.join(names)},Signature={mac}"


def aliyun_query(query: Mapping[str, str]) -> str:
    """The query as it is signed and sent: sorted by name, RFC 3986 quoted."""
    return "&".join(f"{quote(name, safe='~')}={quote(query[name], safe='~')}" for name in sorted(query))


def tencent(key_id: str, secret: str, *, host: str, at: int, body: bytes) -> str:
    """The value of `Authorization` for a JSON POST to / of Tencent Cloud's SMS interface, TC3-HMAC-SHA256.

    Signed are the headers content-type (`application/json`) and host, and the bytes of the body. `at`
    is Unix time in seconds, goes along as `X-TC-Timestamp`, and holds for 5 minutes.
    """
    day = datetime.fromtimestamp(at, UTC).date().isoformat()
    head = f"POST\n/\n\ncontent-type:application/json\nhost:{host}\n\ncontent-type;host\n"
    asked = head + hashlib.sha256(body).hexdigest()
    scope = f"{day}/sms/tc3_request"
    signed = f"TC3-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(asked.encode()).hexdigest()}"
    key = f"TC3{secret}".encode()
    for part in (day, "sms", "tc3_request"):
        key = hmac.digest(key, part.encode(), hashlib.sha256)
    mac = hmac.digest(key, signed.encode(), hashlib.sha256).hex()
    credential = f"{key_id}/{scope}"
    return f"TC3-HMAC-SHA256 Credential={credential}, SignedHeaders=content-type;host, Signature={mac}"


def id_of(key: str) -> str:
    """An id of 50 characters made of a dedupe key, for vendors that take one: the same on every try."""
    return hashlib.sha256(key.encode()).hexdigest()[:50]


def _base64(mac: bytes) -> str:
    return base64.b64encode(mac).decode("ascii")
