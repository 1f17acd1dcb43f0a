"""腾讯云短信: one approved sentence by SendSms, its result by PullSmsSendStatusByPhoneNumber. No SDK.

A raw UTF-8 JSON body, signed anew on every call (TC3). `SessionContext` comes back and de-duplicates
nothing; the vendor's limit on the same content to one number is all that there is.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import httpx

from notifiers import client, signing, sms, vendors
from notifiers.client import Answer
from notifiers.message import (
    Accepted,
    Again,
    Fate,
    Letter,
    Message,
    Misconfigured,
    Receipt,
    Refused,
    Uncertain,
)
from notifiers.sms import again, operator, refused, till_tomorrow, uncertain
from xiaohao import vocabulary

VERSION = "2021-01-11"
_SENTENCE = operator("短信签名或模板不可用：未审核通过，或与设置不符")
TABLE: Mapping[str, sms.Verdict] = {
    "InvalidParameterValue.IncorrectPhoneNumber": refused("手机号码不正确"),
    "FailedOperation.PhoneNumberInBlacklist": refused("手机号码在黑名单中"),
    "FailedOperation.ContainSensitiveWord": refused("内容含有被禁止的词"),
    "FailedOperation.JsonParseFail": refused("参数不正确"),
    "InvalidParameterValue.TemplateParameterLengthLimit": refused("变量过长"),
    "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter": refused("变量中不能有网址"),
    "InvalidParameterValue.ContentLengthLimit": refused("短信过长"),
    "FailedOperation.SignatureIncorrectOrUnapproved": _SENTENCE,
    "FailedOperation.TemplateIncorrectOrUnapproved": _SENTENCE,
    "FailedOperation.TemplateParamSetNotMatchApprovedTemplate": operator("模板的变量不是两个，请核对模板"),
    "FailedOperation.TemplateUnapprovedOrNotExist": _SENTENCE,
    "UnsupportedOperation.UnsupportedTemplateVariable": operator("这类模板不能带变量，请另行报批"),
    "FailedOperation.UnsupportedTemplateVariable": operator("这类模板不能带变量，请另行报批"),
    "FailedOperation.InsufficientBalanceInSmsPackage": operator("短信套餐余量不足"),
    "UnauthorizedOperation.RequestIpNotInWhitelist": operator("本机地址不在白名单内"),
    "UnauthorizedOperation.SmsSdkAppIdVerifyFail": operator("短信应用编号（SmsSdkAppId）不正确"),
    "UnauthorizedOperation.ServiceSuspendDueToArrears": operator("账户欠费，服务已停"),
    "UnauthorizedOperation.SdkAppIdIsDisabled": operator("短信应用已停用"),
    "UnauthorizedOperation*": operator("账户没有发送短信的权限"),
    "AuthFailure.SignatureExpire": operator("本机时钟与腾讯云相差过大，请校准时间"),
    "AuthFailure.SecretIdNotFound": operator("访问密钥（SecretId）不正确"),
    "AuthFailure*": operator("访问密钥不正确或没有权限"),
    "LimitExceeded.PhoneNumberThirtySecondLimit": again("同一号码 30 秒内已发过", timedelta(seconds=30)),
    "LimitExceeded.PhoneNumberOneHourLimit": again("同一号码一小时内已达上限", timedelta(hours=1)),
    "LimitExceeded.PhoneNumberDailyLimit": again("同一号码当日已达上限", till_tomorrow),
    "LimitExceeded.PhoneNumberSameContentDailyLimit": again("同一号码当日已收过相同内容", till_tomorrow),
    "LimitExceeded.AppDailyLimit": again("短信应用已达当日上限", till_tomorrow),
    "LimitExceeded.DeliveryFrequencyLimit": again("发送过于频繁", timedelta(minutes=1)),
    "LimitExceeded*": again("发送过于频繁", timedelta(minutes=1)),
    "RequestLimitExceeded*": again("调用过快", timedelta(seconds=10)),
    "InternalError.OtherError": again("腾讯云系统繁忙"),
    "InternalError*": uncertain("腾讯云内部出错，不知是否已发出"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsTencentSettings:
    """The account, the application and the approved sentence, which has two variables: count and day."""

    secret_id: str
    secret_key: str = field(repr=False)
    app_id: str
    sign_name: str
    template_id: str
    region: str = "ap-guangzhou"
    base: str = "https://sms.tencentcloudapi.com"


class SmsTencent:
    """Sends the sentence to a mobile number, one number a call."""

    name = vocabulary.Channel.SMS_TENCENT
    deduplicates = False
    always_open = False
    asked_after = sms.ASKED_AFTER

    def __init__(
        self,
        settings: SmsTencentSettings,
        *,
        connect: timedelta = timedelta(seconds=5),
        answer: timedelta = timedelta(seconds=10),
        within: timedelta = timedelta(seconds=30),
        now: Callable[[], float] = time.time,
    ) -> None:
        """The three spans bound reaching the vendor, each wait for it, and the whole call.

        `now` is Unix time in seconds: the vendor refuses a clock that is 5 minutes off.
        """
        self._settings = settings
        self._within = within
        self._now = now
        self._client = client.new_client(connect=connect, answer=answer)

    def body(self, message: Message, *, address: str, key: str) -> str:  # noqa: ARG002
        """The two values; number, signature and template join them when it is sent."""
        return sms.values_of(message).as_json()

    async def send(self, letter: Letter) -> Receipt:
        """SendSms to `letter.address`, a mobile number. Accepted is not delivered: ask `fate`."""
        number = sms.mobile(letter.address)
        if number is None:
            return sms.NO_MOBILE
        values, of = sms.Values.from_json(letter.body), self._settings
        asked = {
            "PhoneNumberSet": [f"+86{number}"],
            "SmsSdkAppId": of.app_id,
            "SignName": of.sign_name,
            "TemplateId": of.template_id,
            "TemplateParamSet": [values.count, values.day],
            "SessionContext": sha256(letter.key.encode()).hexdigest()[:50],
        }
        answer = await self._call("SendSms", asked)
        return read_answer(answer, now=self._instant()) if isinstance(answer, Answer) else answer

    async def fate(
        self, reference: str, *, address: str, accepted_at: datetime
    ) -> Fate | Again | Misconfigured:
        """What the carrier reported of the SerialNo `reference`."""
        asked = {
            "BeginTime": int(accepted_at.timestamp()) - 600,
            "EndTime": int(self._now()),
            "Offset": 0,
            "Limit": 100,
            "PhoneNumber": f"+86{sms.mobile(address) or ''}",
            "SmsSdkAppId": self._settings.app_id,
        }
        answer = await self._call("PullSmsSendStatusByPhoneNumber", asked)
        if not isinstance(answer, Answer):
            return sms.untold(answer)
        fault = _error_of(answer, now=self._instant())
        return read_report(answer, reference) if fault is None else sms.untold(fault)

    async def aclose(self) -> None:
        """Close the pooled connections."""
        await self._client.aclose()

    def _instant(self) -> datetime:
        return datetime.fromtimestamp(self._now(), UTC)

    async def _call(
        self, action: str, asked: Mapping[str, Any]
    ) -> Answer | Again | Misconfigured | Refused | Uncertain:
        of, at = self._settings, int(self._now())
        if fault := vendors.fault_of(of.base):
            return fault
        body = json.dumps(asked, ensure_ascii=False, separators=(",", ":")).encode()
        host = httpx.URL(of.base).netloc.decode()
        headers = {
            "Host": host,
            "Content-Type": "application/json",
            "X-TC-Action": action,
            "X-TC-Version": VERSION,
            "X-TC-Region": of.region,
            "X-TC-Timestamp": str(at),
            "Authorization": signing.tencent(of.secret_id, of.secret_key, host=host, at=at, body=body),
        }
        url = f"{of.base.rstrip('/')}/"
        return await client.exchange(
            self._client, "POST", url, body=body, headers=headers, within=self._within
        )


def read_answer(answer: Answer, *, now: datetime) -> Receipt:
    """What the answer says of the one number, whatever the status: every `Code` must be “Ok”.

    `now` bears a zone. The SerialNo is the reference.
    """
    if (fault := _error_of(answer, now=now)) is not None:
        return fault
    rows = _response(answer).get("SendStatusSet")
    row = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
    code = sms.code_of(row.get("Code"))
    if code.lower() == "ok":
        return Accepted(reference=str(row.get("SerialNo") or ""))
    return _receipt(code, answer.status, now)


def read_report(answer: Answer, serial: str) -> Fate:
    """The carrier's report on the SMS `serial`: arrived, failed, or none yet."""
    rows = _response(answer).get("PullSmsSendStatusSet")
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, dict) or str(row.get("SerialNo")) != serial:
            continue
        if row.get("ReportStatus") == "SUCCESS":
            return Fate(delivered=True, is_final=True)
        if row.get("ReportStatus") == "FAIL":
            return Fate(failed=Refused("FAIL", "运营商未能送达"), is_final=True)
    return Fate()


def _response(answer: Answer) -> Mapping[str, Any]:
    said = answer.said.get("Response")
    return said if isinstance(said, dict) else {}


def _error_of(answer: Answer, *, now: datetime) -> Receipt | None:
    """The receipt of an answer without the rows asked for; None where it has no error."""
    said = _response(answer)
    error = said.get("Error")
    if said and not isinstance(error, dict):
        return None
    return _receipt(sms.code_of(error.get("Code") if isinstance(error, dict) else None), answer.status, now)


def _receipt(code: str, status: int, now: datetime) -> Receipt:
    if (receipt := sms.judged(TABLE, code, now)) is not None:
        return receipt
    if status == 429:
        return Again("调用过快", after=timedelta(minutes=1), code=code or 429)
    if not code or status >= 500:
        return Uncertain("腾讯云的应答看不懂", code=code or status)
    return Again(f"腾讯云返回未收录的错误码 {code}", code=code)
