"""腾讯云短信: one approved sentence by SendSms, its result by PullSmsSendStatusByPhoneNumber. No SDK.

A raw UTF-8 JSON body, signed anew on every call (TC3). `SessionContext` comes back and de-duplicates
nothing; the vendor's limit on the same content to one number is all that there is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Unpack

import httpx

from notifiers import signing, sms, vendors
from notifiers.client import Answer, NotAccepted
from notifiers.message import Accepted, Fate, Letter, Receipt, Refused
from notifiers.sms import till_tomorrow
from notifiers.vendors import Spans, again, operator, refused, uncertain
from xiaohao import vocabulary

VERSION = "2021-01-11"
VENDOR = "腾讯云"
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


class SmsTencent(sms.SmsChannel):
    """Sends by SendSms; the reference is the SerialNo."""

    name = vocabulary.Channel.SMS_TENCENT

    def __init__(self, settings: SmsTencentSettings, **spans: Unpack[Spans]) -> None:
        """The clock among `spans` is for the signature: the vendor refuses one that is 5 minutes off."""
        super().__init__(settings.base, **spans)
        self._settings = settings

    async def _send(self, number: str, letter: Letter) -> Receipt:
        values, of = sms.Values.from_json(letter.body), self._settings
        asked = {
            "PhoneNumberSet": [f"+86{number}"],
            "SmsSdkAppId": of.app_id,
            "SignName": of.sign_name,
            "TemplateId": of.template_id,
            "TemplateParamSet": [values.count, values.day],
            "SessionContext": signing.id_of(letter.key),
        }
        answer = await self._call("SendSms", asked)
        return read_answer(answer, now=self._interface.instant()) if isinstance(answer, Answer) else answer

    async def _report(self, reference: str, number: str, accepted_at: datetime) -> Fate | NotAccepted:
        asked = {
            "BeginTime": int(accepted_at.timestamp()) - 600,
            "EndTime": int(self._interface.now()),
            "Offset": 0,
            "Limit": 100,
            "PhoneNumber": f"+86{number}",
            "SmsSdkAppId": self._settings.app_id,
        }
        answer = await self._call("PullSmsSendStatusByPhoneNumber", asked)
        if not isinstance(answer, Answer):
            return answer
        fault = _error_of(answer, now=self._interface.instant())
        return read_report(answer, reference) if fault is None else fault

    async def _call(self, action: str, asked: Mapping[str, Any]) -> Answer | NotAccepted:
        of, at = self._settings, int(self._interface.now())
        if fault := vendors.fault_of(of.base, secret_id=of.secret_id, region=of.region):
            return fault
        body, host = vendors.compact(asked), httpx.URL(of.base).netloc.decode()
        signed = signing.tencent(of.secret_id, of.secret_key, host=host, at=at, body=body.encode())
        headers = {
            "Host": host,
            "Content-Type": "application/json",
            "X-TC-Action": action,
            "X-TC-Version": VERSION,
            "X-TC-Region": of.region,
            "X-TC-Timestamp": str(at),
            "Authorization": signed,
        }
        return await self._interface.exchange("POST", "/", body=body, headers=headers)


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
    return sms.judged(answer, code, TABLE, vendor=VENDOR, now=now)


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


def _error_of(answer: Answer, *, now: datetime) -> NotAccepted | None:
    """The receipt of an answer without the rows asked for; None where it has no error."""
    said = _response(answer)
    error = said.get("Error")
    if said and not isinstance(error, dict):
        return None
    code = sms.code_of(error.get("Code") if isinstance(error, dict) else None)
    return sms.judged(answer, code, TABLE, vendor=VENDOR, now=now)
