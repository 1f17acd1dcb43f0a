"""The SMS interfaces of Aliyun and Tencent Cloud on loopback: a real HTTP server for both.

It checks signature, clock and limits as the vendors' documents say, by code of its own, and answers with
the documented codes. `codes` are answered in turn, instead of OK, before anything else is looked at.
"""

import hashlib
import hmac
import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

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
    raw: list[tuple[int, bytes]] = field(default_factory=list)
    hang_up: bool = False
    message: str = "m"
    clock: float | None = None
    report: str | None = None
    """What the carrier reports of every SMS at once; None lets a test say it later."""
    sent: dict[str, Sent] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)


class Vendors(ThreadingHTTPServer):
    """Both vendors at one address: the headers tell which one is meant."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.state = State()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that goes away is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Vendors

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        state = self.server.state
        if state.hang_up:
            self.close_connection = True
            return
        if state.raw:
            self._say(*state.raw.pop(0))
            return
        aliyun = "x-acs-action" in self.headers
        said = self._aliyun(body) if aliyun else self._tencent(body)
        status = 400 if aliyun and said.get("Code") != "OK" else 200
        self._say(status, json.dumps(said, ensure_ascii=False).encode())

    def _say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Tests look at `state`."""

    # Aliyun

    def _aliyun(self, body: bytes) -> dict[str, Any]:
        state, action = self.server.state, self.headers["x-acs-action"]
        query = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        state.asked.append((action, query))
        fault = state.codes.pop(0) if state.codes else self._aliyun_fault(query, body)
        if fault:
            return {"Code": fault, "Message": state.message, "RequestId": "R"}
        if action == "QuerySendDetails":
            return self._aliyun_details(query)
        values = list(json.loads(query["TemplateParam"]).values())
        number = f"90000000{len(state.sent)}^0"
        state.sent[number] = Sent(query["PhoneNumbers"], values, query["OutId"], state.report)
        return {"Code": "OK", "Message": "OK", "BizId": number, "RequestId": "R"}

    def _aliyun_fault(self, query: Mapping[str, str], body: bytes) -> str | None:
        if body or not self._aliyun_signed():
            return "SignatureDoesNotMatch"
        at = datetime.strptime(self.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        if abs(at.timestamp() - (self.server.state.clock or time.time())) > 900:
            return "InvalidTimeStamp.Expired"
        if self.headers["x-acs-version"] != "2017-05-25":
            return "InvalidVersion"
        if self.headers["x-acs-action"] == "QuerySendDetails":
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

    def _aliyun_signed(self) -> bool:
        """By the vendor's description: the canonical request is what came over the wire."""
        found = re.fullmatch(
            r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})",
            self.headers["Authorization"],
        )
        if found is None or found[1] != KEY_ID:
            return False
        names = found[2].split(";")
        must = {"host", *(name.lower() for name in self.headers if name.lower().startswith("x-acs-"))}
        query = "&".join(sorted(urlsplit(self.path).query.split("&")))
        headers = "".join(f"{name}:{self.headers[name]}\n" for name in names)
        canonical = f"POST\n/\n{query}\n{headers}\n{found[2]}\n{hashlib.sha256(b'').hexdigest()}"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        mac = hmac.new(SECRET.encode(), f"ACS3-HMAC-SHA256\n{digest}".encode(), "sha256").hexdigest()
        return set(names) == must and names == sorted(names) and mac == found[3]

    def _aliyun_details(self, query: Mapping[str, str]) -> dict[str, Any]:
        sent = self.server.state.sent.get(query["BizId"])
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

    def _tencent(self, body: bytes) -> dict[str, Any]:
        state, action = self.server.state, self.headers["X-TC-Action"]
        asked = json.loads(body)
        state.asked.append((action, asked))
        if (fault := self._tencent_error(asked, body)) is not None:
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

    def _tencent_error(self, asked: Mapping[str, Any], body: bytes) -> str | None:
        """Faults of the whole call."""
        codes = self.server.state.codes
        if codes and codes[0].split(".")[0] in (
            "AuthFailure",
            "UnauthorizedOperation",
            "RequestLimitExceeded",
        ):
            return codes.pop(0)
        at = int(self.headers["X-TC-Timestamp"])
        if abs(at - (self.server.state.clock or time.time())) > 300:
            return "AuthFailure.SignatureExpire"
        if not self._tencent_signed(body, at):
            return "AuthFailure.SignatureFailure"
        if asked["SmsSdkAppId"] != APP:
            return "UnauthorizedOperation.SmsSdkAppIdVerifyFail"
        if self.headers["X-TC-Version"] != "2021-01-11" or not self.headers["X-TC-Region"]:
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

    def _tencent_signed(self, body: bytes, at: int) -> bool:
        day = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"
        head = f"content-type:{self.headers['Content-Type']}\nhost:{self.headers['Host']}\n"
        canonical = f"POST\n/\n\n{head}\ncontent-type;host\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{day}/sms/tc3_request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        mac = b"TC3" + SECRET.encode()
        for part in (day, "sms", "tc3_request", f"TC3-HMAC-SHA256\n{at}\n{scope}\n{digest}"):
            mac = hmac.new(mac, part.encode(), "sha256").digest()
        expected = (
            f"TC3-HMAC-SHA256 Credential={KEY_ID}/{scope}, SignedHeaders=content-type;host,"
            f" Signature={mac.hex()}"
        )
        return bool(self.headers["Authorization"] == expected)

    def _tencent_report(self, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
        now = int(time.time()) if self.server.state.clock is None else int(self.server.state.clock)
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
            for serial, sent in self.server.state.sent.items()
            if sent.report is not None and sent.number == asked["PhoneNumber"]
        ]


@contextmanager
def vendors() -> Iterator[Vendors]:
    """Both vendors, running."""
    with Vendors() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(5)
