"""Signatures agree with vectors that others computed; their numbers stand in the tests' names."""

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


def test_the_government_edition_of_dingtalk_signs_the_raw_parameters_v7() -> None:
    signature = signing.dingtalk_gov(
        "SECRET",
        method="POST",
        at="2023-11-15T06:13:20.000+08:00",
        nonce="17000000000000001",
        path="/message/workNotification",
        parameters={
            "tenantId": "1",
            "receiverIds": "1001,1002",
            "msg": '{"msgtype":"text","text":{"content":"督办"}}',
            "bizMsgId": "k1",
        },
    )
    assert signature == "Ugeg4q992HCTum73oTpFxtkZZbgALQjkv9IcTyGG9A4="


def test_an_id_is_made_of_the_dedupe_key_v9() -> None:
    expected = "331b4cb92a793614ef743ed047aa525300285685cc10724b42"
    assert signing.id_of("run-42:official-7:feishu") == expected


def test_the_webhook_signs_time_and_body_v8() -> None:
    expected = "a3c81079b0181a019076b9c5a4e75ecf691eedfe7135a77f533df50e358c1b17"
    assert signing.webhook(SECRET, 1_700_000_000, b'{"kind":"digest"}') == f"t=1700000000,v1={expected}"


def test_aliyun_signs_query_and_headers_v6() -> None:
    query = {
        "PhoneNumbers": "13800000000",
        "SignName": "示例签名",
        "TemplateCode": "SMS_1",
        "TemplateParam": '{"n":"2"}',
        "OutId": "k1",
    }
    headers = {
        "host": "dysmsapi.aliyuncs.com",
        "x-acs-action": "SendSms",
        "x-acs-version": "2017-05-25",
        "x-acs-date": "2023-11-14T22:13:20Z",
        "x-acs-signature-nonce": "nonce-1",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
    }
    names = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version"
    mac = "3d7f2b344be5d1d693d5c7325bd848b8cc548cff1138b8956d09a269df68038b"
    expected = f"ACS3-HMAC-SHA256 Credential=AK,SignedHeaders={names},Signature={mac}"
    assert signing.aliyun("AK", "SECRET", query, headers) == expected


def test_aliyun_quotes_as_rfc_3986_says() -> None:
    assert signing.aliyun_query({"b": "a b*~/", "a": "é"}) == "a=%C3%A9&b=a%20b%2A~%2F"


def test_tencent_signs_day_host_and_body_v5() -> None:
    body = (
        '{"PhoneNumberSet":["+8613800000000"],"SmsSdkAppId":"1400000000","SignName":"示例签名",'
        '"TemplateId":"100001","TemplateParamSet":["2","11-24"]}'
    )
    said = signing.tencent("ID", "KEY", host="sms.tencentcloudapi.com", at=1_700_000_000, body=body.encode())
    mac = "13b4e11ff44e1dd2a9579e6ae1ab52b7919b2b7b3592a23aeb7fcfc4fe1390e8"
    scope = "ID/2023-11-14/sms/tc3_request"
    assert said == f"TC3-HMAC-SHA256 Credential={scope}, SignedHeaders=content-type;host, Signature={mac}"


@given(st.text(min_size=1), st.integers(0, 2**40), st.binary())
def test_a_receiver_can_check_the_webhook_by_its_description_alone(secret: str, at: int, body: bytes) -> None:
    t, v1 = signing.webhook(secret, at, body).split(",")
    signed = t.removeprefix("t=").encode() + b"." + body
    assert v1 == "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
