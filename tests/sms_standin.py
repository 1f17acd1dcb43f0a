"""The SMS interfaces of Aliyun and Tencent Cloud on loopback: a real HTTP server for both.

It checks signature, clock and limits as the vendors' documents say, by code of its own, and answers with
the documented codes. `codes` are answered in turn, instead of OK, before anything else is looked at.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from vendor_standin import Call, Reply, Standin, running

KEY_ID, SECRET = "AKID-SECRET-1", "sms secret of the account"
SIGN, TEMPLATE, APP = "示例签名", "SMS_1", "1400000000"


@dataclass
class Sent:
    """An SMS that was taken."""

    number: str
    values: list[str]
    key: str
    report: str | None = None
    """What the carrier reports: None while nothing is known, DELIVERED, or a fault."""


@dataclass
class State:
    """What the stand-in remembers, and how it is to answer."""

    codes: list[str] = field(default_factory=list)
    message: str = "m"
    clock: float | None = None
    report: str | None = None
    """What the carrier reports of every SMS at once; None lets a test say it later."""
    sent: dict[str, Sent] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)


class Vendors(Standin):
    """Both vendors at one address: the headers tell which one is meant."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State()

    @property
    def taken(self) -> int:
        return len(self.state.sent)

    def refuse(self, *codes: Any) -> None:
        self.state.codes.extend(codes)

    def is_message(self, call: Call) -> bool:
        return "SendSms" in (call.headers.get("x-acs-action"), call.headers.get("x-tc-action"))

    def answer(self, call: Call) -> Reply:
        is_aliyun = "x-acs-action" in call.headers
        said = self._aliyun(call) if is_aliyun else self._tencent(call)
        status = 400 if is_aliyun and said.get("Code") != "OK" else 200
        headers = {"Content-Type": "application/json; charset=utf-8"}
        return Reply(json.dumps(said, ensure_ascii=False).encode(), status, headers)

    @property
    def _now(self) -> float:
        return self.clock() if self.state.clock is None else self.state.clock

    # Aliyun

    def _aliyun(self, call: Call) -> dict[str, Any]:
        state, action, query = self.state, call.headers["x-acs-action"], call.query
        state.asked.append((action, query))
        fault = state.codes.pop(0) if state.codes else self._aliyun_fault(query, call)
        if fault:
            return {"Code": fault, "Message": state.message, "RequestId": "R"}
        if action == "QuerySendDetails":
            return self._aliyun_details(query)
        values = list(json.loads(query["TemplateParam"]).values())
        number = f"90000000{len(state.sent)}^0"
        state.sent[number] = Sent(query["PhoneNumbers"], values, query["OutId"], state.report)
        return {"Code": "OK", "Message": "OK", "BizId": number, "RequestId": "R"}

    def _aliyun_fault(self, query: Mapping[str, str], call: Call) -> str | None:
        if call.body or not self._aliyun_signed(call):
            return "SignatureDoesNotMatch"
        at = datetime.strptime(call.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        if abs(at.timestamp() - self._now) > 900:
            return "InvalidTimeStamp.Expired"
        if call.headers["x-acs-version"] != "2017-05-25":
            return "InvalidVersion"
        if call.headers["x-acs-action"] == "QuerySendDetails":
            known = re.fullmatch(r"\d{8}", query["SendDate"]) and 1 <= int(query["PageSize"]) <= 50
            return None if known and query["CurrentPage"] == "1" else "isv.INVALID_PARAMETERS"
        if not re.fullmatch(r"1\d{10}", query["PhoneNumbers"]):
            return "isv.MOBILE_NUMBER_ILLEGAL"
        if query["SignName"] != SIGN:
            return "isv.SMS_SIGNATURE_ILLEGAL"
        if query["TemplateCode"] != TEMPLATE:
            return "isv.SMS_TEMPLATE_ILLEGAL"
        values = json.loads(query["TemplateParam"])
        if set(values) != {"n", "d"}:
            return "isv.TEMPLATE_MISSING_PARAMETERS"
        return "isv.PARAM_LENGTH_LIMIT" if any(len(value) > 35 for value in values.values()) else None

    def _aliyun_signed(self, call: Call) -> bool:
        """By the vendor's description: the canonical request is what came over the wire."""
        found = re.fullmatch(
            r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})",
            call.headers["authorization"],
        )
        if found is None or found[1] != KEY_ID:
            return False
        names = found[2].split(";")
        must = {"host", *(name for name in call.headers if name.startswith("x-acs-"))}
        query = "&".join(sorted(urlsplit(call.target).query.split("&")))
        headers = "".join(f"{name}:{call.headers[name]}\n" for name in names)
        canonical = f"POST\n/\n{query}\n{headers}\n{found[2]}\n{hashlib.sha256(b'').hexdigest()}"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        mac = hmac.new(SECRET.encode(), f"ACS3-HMAC-SHA256\n{digest}".encode(), "sha256").hexdigest()
        return set(names) == must and names == sorted(names) and mac == found[3]

    def _aliyun_details(self, query: Mapping[str, str]) -> dict[str, Any]:
        sent = self.state.sent.get(query["BizId"])
        rows = []
        if sent is not None and sent.number == query["PhoneNumber"]:
            state = 1 if sent.report is None else 3 if sent.report == "DELIVERED" else 2
            rows.append({"SendStatus": state, "ErrCode": sent.report or "", "OutId": sent.key})
        return {
            "Code": "OK",
            "Message": "OK",
            "TotalCount": str(len(rows)),
            "SmsSendDetailDTOs": {"SmsSendDetailDTO": rows},
        }

    # Tencent Cloud

    def _tencent(self, call: Call) -> dict[str, Any]:
        state, action = self.state, call.headers["x-tc-action"]
        asked = json.loads(call.body)
        state.asked.append((action, asked))
        if (fault := self._tencent_error(asked, call)) is not None:
            return {"Response": {"Error": {"Code": fault, "Message": state.message}, "RequestId": "R"}}
        if action == "PullSmsSendStatusByPhoneNumber":
            return {"Response": {"PullSmsSendStatusSet": self._tencent_report(asked), "RequestId": "R"}}
        code = state.codes.pop(0) if state.codes else self._tencent_fault(asked)
        serial = f"2433:{len(state.sent)}"
        if code == "Ok":
            values = asked["TemplateParamSet"]
            number, key = asked["PhoneNumberSet"][0], asked["SessionContext"]
            state.sent[serial] = Sent(number, values, key, state.report)
        row = {
            "SerialNo": serial if code == "Ok" else "",
            "PhoneNumber": asked["PhoneNumberSet"][0],
            "Fee": 1,
            "SessionContext": asked["SessionContext"],
            "Code": code,
            "Message": state.message,
        }
        return {"Response": {"SendStatusSet": [row], "RequestId": "R"}}

    def _tencent_error(self, asked: Mapping[str, Any], call: Call) -> str | None:
        """Faults of the whole call."""
        codes = self.state.codes
        if codes and codes[0].split(".")[0] in (
            "AuthFailure",
            "UnauthorizedOperation",
            "RequestLimitExceeded",
        ):
            return codes.pop(0)
        at = int(call.headers["x-tc-timestamp"])
        if abs(at - self._now) > 300:
            return "AuthFailure.SignatureExpire"
        if not self._tencent_signed(call, at):
            return "AuthFailure.SignatureFailure"
        if asked["SmsSdkAppId"] != APP:
            return "UnauthorizedOperation.SmsSdkAppIdVerifyFail"
        if call.headers["x-tc-version"] != "2021-01-11" or not call.headers["x-tc-region"]:
            return "InvalidParameter"
        return None

    def _tencent_fault(self, asked: Mapping[str, Any]) -> str:
        if not re.fullmatch(r"\+861\d{10}", asked["PhoneNumberSet"][0]):
            return "InvalidParameterValue.IncorrectPhoneNumber"
        if asked["SignName"] != SIGN:
            return "FailedOperation.SignatureIncorrectOrUnapproved"
        if asked["TemplateId"] != TEMPLATE:
            return "FailedOperation.TemplateIncorrectOrUnapproved"
        if len(asked["TemplateParamSet"]) != 2:
            return "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"
        if any(len(value) > 6 for value in asked["TemplateParamSet"]):
            return "InvalidParameterValue.TemplateParameterLengthLimit"
        return "Ok" if len(asked["SessionContext"].encode()) < 512 else "InvalidParameter"

    def _tencent_signed(self, call: Call, at: int) -> bool:
        day = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
        head = f"content-type:{call.headers['content-type']}\nhost:{call.headers['host']}\n"
        canonical = f"POST\n/\n\n{head}\ncontent-type;host\n{hashlib.sha256(call.body).hexdigest()}"
        scope = f"{day}/sms/tc3_request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        mac = b"TC3" + SECRET.encode()
        for part in (day, "sms", "tc3_request", f"TC3-HMAC-SHA256\n{at}\n{scope}\n{digest}"):
            mac = hmac.new(mac, part.encode(), "sha256").digest()
        expected = (
            f"TC3-HMAC-SHA256 Credential={KEY_ID}/{scope}, SignedHeaders=content-type;host,"
            f" Signature={mac.hex()}"
        )
        return bool(call.headers["authorization"] == expected)

    def _tencent_report(self, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
        now = int(self._now)
        if not asked["BeginTime"] <= asked["EndTime"] <= now or asked["Limit"] > 100:
            return []
        return [
            {
                "SerialNo": serial,
                "PhoneNumber": sent.number,
                "ReportStatus": "SUCCESS" if sent.report == "DELIVERED" else "FAIL",
                "UserReceiveTime": now,
                "Description": sent.report,
            }
            for serial, sent in self.state.sent.items()
            if sent.report is not None and sent.number == asked["PhoneNumber"]
        ]


@contextmanager
def vendors() -> Iterator[Vendors]:
    """Both vendors, running."""
    with running(Vendors()) as standin:
        yield standin
