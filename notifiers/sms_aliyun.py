"""阿里云短信: one approved sentence by SendSms, its result by QuerySendDetails. No SDK.

The values go in the quoted query and the body is empty; every call is signed anew (ACS3). The vendor
does not de-duplicate: `OutId` only comes back. Codes that no page confirms are marked (k) in docs/.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Unpack
from uuid import uuid4

import httpx

from notifiers import signing, sms, vendors
from notifiers.client import Answer, NotAccepted
from notifiers.message import Accepted, Again, Fate, Letter, Receipt, Refused
from notifiers.sms import till_next_month, till_tomorrow
from notifiers.vendors import Spans, again, operator, refused
from xiaohao import vocabulary
from xiaohao.rules.business_date import ZONE

VERSION = "2017-05-25"
VENDOR = "阿里云"
_CLOCK = operator("本机时钟与阿里云相差过大，请校准时间")
_KEY = operator("访问密钥（AccessKey）不正确")
_SIGN = operator("短信签名不可用：未审核通过、未报备，或与设置不符")
_TEMPLATE = operator("短信模板不可用，或模板变量与设置不符")
TABLE: Mapping[str, sms.Verdict] = {
    "isv.MOBILE_NUMBER_ILLEGAL": refused("手机号码不正确"),
    "isv.BLACK_KEY_CONTROL_LIMIT": refused("内容含有被禁止的词"),
    "isv.SMS_CONTENT_ILLEGAL": refused("内容含有被禁止的词"),
    "isv.PARAM_NOT_SUPPORT_URL": refused("变量中不能有网址"),
    "isv.PARAM_LENGTH_LIMIT": refused("变量过长"),
    "isv.INVALID_PARAMETERS": refused("参数不正确"),
    "isv.INVALID_JSON_PARAM": refused("参数不正确"),
    "isv.SMS_SIGNATURE_ILLEGAL": _SIGN,
    "isv.SMS_SIGN_ILLEGAL": _SIGN,
    "isv.SIGN_STATE_ILLEGAL": _SIGN,
    "isv.SMS_SIGNATURE_SCENE_ILLEGAL": _SIGN,
    "isv.SMS_TEMPLATE_ILLEGAL": _TEMPLATE,
    "isv.TEMPLATE_MISSING_PARAMETERS": _TEMPLATE,
    "isv.OUT_OF_SERVICE": operator("业务已停机，请检查账户余额"),
    "isv.AMOUNT_NOT_ENOUGH": operator("账户余额不足"),
    "isv.ACCOUNT_ABNORMAL": operator("账户异常"),
    "isv.ACCOUNT_NOT_EXISTS": operator("账户不存在"),
    "isv.PRODUCT_UN_SUBSCRIPT": operator("没有开通短信服务"),
    "isv.PRODUCT_UNSUBSCRIBE": operator("没有开通短信服务"),
    "isv.DENY_IP_RANGE": operator("本机地址不在允许的范围内"),
    "isp.RAM_PERMISSION_DENY": operator("访问密钥没有发送短信的权限"),
    "isv.DAY_LIMIT_CONTROL": again("已达账户当日发送上限", till_tomorrow),
    "isv.MONTH_LIMIT_CONTROL": again("已达账户当月发送上限", till_next_month),
    "isp.SYSTEM_ERROR": again("阿里云系统繁忙"),
    "Throttling*": again("调用过快", timedelta(seconds=10)),
    "ServiceUnavailable*": again("阿里云暂时不能服务"),
    "SignatureNonceUsed": again("请求序号重复"),
    "InvalidTimeStamp*": _CLOCK,
    "InvalidAccessKeyId*": _KEY,
    "InvalidAccessKeySecret*": _KEY,
    "SignatureDoesNotMatch*": _KEY,
    "IncompleteSignature*": _KEY,
    "Forbidden*": operator("访问密钥没有发送短信的权限"),
    "NoPermission*": operator("访问密钥没有发送短信的权限"),
}
BUSINESS_LIMIT = "isv.BUSINESS_LIMIT_CONTROL"
WAITING, FAILED, ARRIVED = "1", "2", "3"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsAliyunSettings:
    """The account and the approved sentence; the last two are the names of its two variables."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    sign_name: str
    template_code: str
    base: str = "https://dysmsapi.aliyuncs.com"
    count_variable: str = "n"
    day_variable: str = "d"


class SmsAliyun(sms.SmsChannel):
    """Sends by SendSms; the reference is the BizId."""

    name = vocabulary.Channel.SMS_ALIYUN

    def __init__(self, settings: SmsAliyunSettings, **spans: Unpack[Spans]) -> None:
        """The clock among `spans` is for the signature: the vendor refuses one that is 15 minutes off."""
        super().__init__(settings.base, **spans)
        self._settings = settings

    async def _send(self, number: str, letter: Letter) -> Receipt:
        values, of = sms.Values.from_json(letter.body), self._settings
        filled = {of.count_variable: values.count, of.day_variable: values.day}
        query = {
            "PhoneNumbers": number,
            "SignName": of.sign_name,
            "TemplateCode": of.template_code,
            "TemplateParam": vendors.compact(filled),
            "OutId": signing.id_of(letter.key),
        }
        answer = await self._call("SendSms", query)
        return read_answer(answer, now=self._interface.instant()) if isinstance(answer, Answer) else answer

    async def _report(self, reference: str, number: str, accepted_at: datetime) -> Fate | NotAccepted:
        query = {
            "PhoneNumber": number,
            "BizId": reference,
            "SendDate": f"{accepted_at.astimezone(ZONE):%Y%m%d}",
            "PageSize": "10",
            "CurrentPage": "1",
        }
        answer = await self._call("QuerySendDetails", query)
        if not isinstance(answer, Answer):
            return answer
        receipt = read_answer(answer, now=self._interface.instant())
        return read_details(answer) if isinstance(receipt, Accepted) else receipt

    async def _call(self, action: str, query: Mapping[str, str]) -> Answer | NotAccepted:
        of = self._settings
        if fault := vendors.fault_of(of.base, access_key_id=of.access_key_id):
            return fault
        headers = {
            "host": httpx.URL(of.base).netloc.decode(),
            "x-acs-action": action,
            "x-acs-version": VERSION,
            "x-acs-date": f"{self._interface.instant():%Y-%m-%dT%H:%M:%SZ}",
            "x-acs-signature-nonce": uuid4().hex,
            "x-acs-content-sha256": sha256(b"").hexdigest(),
        }
        signed = signing.aliyun(of.access_key_id, of.access_key_secret, query, headers)
        sent = {**headers, "Authorization": signed, "Accept": "application/json"}
        return await self._interface.exchange("POST", f"/?{signing.aliyun_query(query)}", headers=sent)


def read_answer(answer: Answer, *, now: datetime) -> Receipt:
    """What `Code` says, whatever the status: “OK” took it, with the BizId as reference.

    `now` bears a zone. The limit on one number is told in words: per minute, hour or day.
    """
    said = answer.said
    code = sms.code_of(said.get("Code"))
    if code == "OK":
        return Accepted(reference=str(said.get("BizId") or ""))
    if code == BUSINESS_LIMIT:
        return Again("发送过于频繁，已被限流", after=_named_wait(str(said.get("Message")), now), code=code)
    return sms.judged(answer, code, TABLE, vendor=VENDOR, now=now)


def read_details(answer: Answer) -> Fate:
    """The carrier's report: arrived, failed with the carrier's code, or none yet."""
    listed = answer.said.get("SmsSendDetailDTOs")
    rows: Any = listed.get("SmsSendDetailDTO") if isinstance(listed, dict) else None
    row = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
    state, code = str(row.get("SendStatus")), sms.code_of(row.get("ErrCode"))
    if state == ARRIVED or code == "DELIVERED":
        return Fate(delivered=True, is_final=True)
    if state == FAILED:
        return Fate(failed=Refused(code or "failed", "运营商未能送达"), is_final=True)
    return Fate()


def _named_wait(text: str, now: datetime) -> timedelta:
    if "天级" in text or "Day" in text:
        return till_tomorrow(now)
    return timedelta(hours=1) if "小时" in text or "Hour" in text else timedelta(minutes=1)
