"""Signatures agree with the vectors V1, V2 and V8, computed by others."""

import hashlib
import hmac

from hypothesis import given
from hypothesis import strategies as st

from notifiers import signing

SECRET = "this is secret"


def test_dingtalk_signs_time_and_secret_with_the_secret_v1() -> None:
    assert signing.dingtalk_robot(SECRET, 1_700_000_000_000) == "sSFWELbV2YwjdDQhWZwTcWlX5BWUx5J6TPpsZmuPii0="


def test_feishu_signs_nothing_with_time_and_secret_v2() -> None:
    assert signing.feishu_robot(SECRET, 1_700_000_000) == "OfGzRzoUICBOoc8wVra1e4A1hPfbZ9zqXozA8CWVUuY="


def test_the_webhook_signs_time_and_body_v8() -> None:
    expected = "a3c81079b0181a019076b9c5a4e75ecf691eedfe7135a77f533df50e358c1b17"
    assert signing.webhook(SECRET, 1_700_000_000, b'{"kind":"digest"}') == f"t=1700000000,v1={expected}"


@given(st.text(min_size=1), st.integers(0, 2**40), st.binary())
def test_a_receiver_can_check_the_webhook_by_its_description_alone(secret: str, at: int, body: bytes) -> None:
    t, v1 = signing.webhook(secret, at, body).split(",")
    signed = t.removeprefix("t=").encode() + b"." + body
    assert v1 == "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
