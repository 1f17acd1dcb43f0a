"""DingTalk on loopback: a real HTTP server that checks what it gets as the vendor does and answers with its codes.

Signatures are worked out here by the vendor's description, not by ours. `plan` makes the next answers of a
path misbehave. What reached somebody stands in `delivered`.
"""

import base64
import hashlib
import hmac
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from vendor_standin import Call, Reply, Standin, running

ROBOT = "/robot/send"
TOKEN = "/gettoken"
SEND = "/topapi/message/corpconversation/asyncsend_v2"
RESULT = "/topapi/message/corpconversation/getsendresult"
GOV = "/message/workNotification"
NOT_MATCHING = "description:机器人发送签名不匹配;solution:请确认签名和生成签名的时间戳必须都放在调用的网址中;"


@dataclass(frozen=True)
class Robot:
    secret: str | None = None
    keyword: str | None = None
    addresses: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Delivered:
    """What somebody got; `mentioned` are those whom the group heard called."""

    to: str
    title: str
    text: str
    mentioned: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """The lines that a telephone shows: a line feed counts after two spaces or with a blank line."""
        shown = self.text.replace("  \n", "\n\n").split("\n\n")
        return [" ".join(line.split("\n")).strip() for line in shown if line.strip()]


@dataclass
class Task:
    userid: str
    state: str
    """unread, read, failed, invalid, lost, or the code for which it was kept back."""


class Dingtalk(Standin):
    """One robot `TOKEN1`, one application, one tenant; people u1 and u2 and account 1001."""

    message_paths: ClassVar[tuple[str, ...]] = (ROBOT, SEND, GOV)

    def __init__(self) -> None:
        super().__init__()
        self.robots = {"TOKEN1": Robot()}
        self.app_key, self.app_secret, self.agent_id, self.tenant = "KEY1", "APP-SECRET", 42, "196729"
        self.people = {"u1", "u2", "1001"}
        self.becomes = "unread"
        self.most_a_day = 500
        self.delivered: list[Delivered] = []
        self.tasks: dict[int, Task] = {}
        self.tokens: dict[str, bool] = {}
        self.seen: set[str] = set()
        self.sent_at: dict[str, list[float]] = defaultdict(list)

    @property
    def taken(self) -> int:
        return len(self.delivered)

    def expire_tokens(self) -> None:
        """Every token that was given is over, though its time is not."""
        self.tokens = dict.fromkeys(self.tokens, False)

    def refusal(self, code: int) -> Reply:
        return Reply(_error(code, f"no{self.echo}"))

    def answer(self, call: Call) -> Reply:
        answers = {
            ("POST", ROBOT): self._robot,
            ("GET", TOKEN): self._token,
            ("POST", SEND): self._send,
            ("POST", RESULT): self._result,
            ("POST", GOV): self._gov,
        }
        judge = answers.get((call.method, call.path))
        return Reply(judge(call) if judge else _error(404, "请求的URI地址不存在"))

    def _robot(self, call: Call) -> dict[str, Any]:
        token = call.query.get("access_token", "")
        robot = self.robots.get(token)
        if robot is None:
            return _error(300001, "token is not exist")
        if robot.addresses is not None and "127.0.0.1" not in robot.addresses:
            return _error(310000, "ip 127.0.0.1 not in whitelist, more: [https://ding-doc.dingtalk.com/doc]")
        if robot.secret is not None and (fault := _unsigned(call, robot.secret, self.clock())):
            return fault
        if self._too_fast(token):
            return _error(130101, "send too fast, exceed 20 times per minute")
        said = _json(call)
        shown = said.get("markdown") if said.get("msgtype") == "markdown" else None
        if len(call.body) > 20_000 or not isinstance(shown, dict) or not all(shown.values()):
            return _error(40035, "缺少参数或参数不合法")
        if robot.keyword is not None and robot.keyword not in shown["text"] + shown["title"]:
            return _error(310000, "keywords not in content, more: [https://ding-doc.dingtalk.com/doc]")
        at = said.get("at", {})
        called = [
            who for who in at.get("atMobiles", []) + at.get("atUserIds", []) if f"@{who}" in shown["text"]
        ]
        if not self._again(f"robot {said.get('msgUuid')}"):
            self.delivered.append(
                Delivered(f"group of {token}", shown["title"], shown["text"], tuple(called))
            )
        return {"errcode": 0, "errmsg": "ok"}

    def _token(self, call: Call) -> dict[str, Any]:
        if call.query != {"appkey": self.app_key, "appsecret": self.app_secret}:
            return _error(40089, "不合法的appkey或appsecret")
        living = [token for token, lives in self.tokens.items() if lives]
        token = living[0] if living else f"ACCESS-{len(self.tokens) + 1}"
        self.tokens[token] = True
        return {"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": 7200}

    def _send(self, call: Call) -> dict[str, Any]:
        if fault := self._not_entitled(call):
            return fault
        said = _json(call)
        msg, userid = said.get("msg"), said.get("userid_list")
        if userid not in self.people:
            return _error(33012, "无效的USERID")
        if not isinstance(msg, dict) or msg.get("msgtype") != "markdown":
            return _error(40035, "缺少参数或参数不合法")
        if len(json.dumps(msg, ensure_ascii=False, separators=(",", ":")).encode()) > 2_048:
            return _error(34016, "消息内容超长")
        if self._again(f"work {userid} {json.dumps(msg)}"):
            return _error(143106, "发送同样的消息内容超过限制")
        number = 256271667526 + len(self.tasks)
        today = sum(task.userid == userid for task in self.tasks.values())
        state = self.becomes if today < self.most_a_day else "143105"  # accepted all the same
        self.tasks[number] = Task(userid, state)
        if state in ("unread", "read"):
            self.delivered.append(Delivered(userid, msg["markdown"]["title"], msg["markdown"]["text"]))
        return {"errcode": 0, "errmsg": "ok", "task_id": number}

    def _result(self, call: Call) -> dict[str, Any]:
        if fault := self._not_entitled(call):
            return fault
        task = self.tasks.get(_json(call).get("task_id", 0))
        if task is None:
            return _error(40035, "缺少参数或参数不合法")
        names = ("invalid", "forbidden", "failed", "read", "unread")
        result: dict[str, Any] = {f"{name}_user_id_list": [] for name in names}
        if task.state.isdigit():
            result["forbidden_user_id_list"] = [task.userid]
            result["forbidden_list"] = [{"code": task.state, "count": 501, "userid": task.userid}]
        elif task.state in names:
            result[f"{task.state}_user_id_list"] = [task.userid]
        return {"errcode": 0, "errmsg": "ok", "send_result": result}

    def _gov(self, call: Call) -> dict[str, Any]:
        form = dict(parse_qsl(call.body.decode(), strict_parsing=True))
        given = call.headers
        head = {name: given.get(f"x-hmac-auth-{name}", "") for name in ("signature", "timestamp", "nonce")}
        if not given["content-type"].startswith("application/x-www-form-urlencoded"):
            return {"success": False, "errorCode": "FORM", "errorMsg": "参数格式不正确"}
        if given.get("apikey") != self.app_key or given.get("x-hmac-auth-version") != "1.0":
            return {"success": False, "errorCode": "APIKEY", "errorMsg": "apiKey 不存在"}
        if abs(datetime.fromisoformat(head["timestamp"]).timestamp() - self.clock()) > 900:
            return {"success": False, "errorCode": "TIME", "errorMsg": "timestamp 已过期"}
        raw = "&".join(f"{name}={form[name]}" for name in sorted(form, key=str.lower))
        signed = "\n".join(("POST", head["timestamp"], head["nonce"], GOV, raw))
        if head["signature"] != _mac(self.app_secret, signed):
            return {"success": False, "errorCode": "SIGN", "errorMsg": "签名错误"}
        if self._again(f"nonce {head['nonce']}"):
            return {"success": False, "errorCode": "NONCE", "errorMsg": "nonce 重复"}
        if form["tenantId"] != self.tenant:
            return {"success": False, "errorCode": "TENANT", "errorMsg": "租户不存在"}
        if not set(form["receiverIds"].split(",")) <= self.people:
            return {"success": False, "errorCode": "RECEIVER", "errorMsg": "接收人不存在"}
        if len(form["msg"].encode()) > 2_048:
            return {"success": False, "errorCode": "LENGTH", "errorMsg": "消息内容超长"}
        if self._again(f"gov {form['bizMsgId']}"):
            return {"success": False, "errorCode": "BIZ", "errorMsg": "bizMsgId 重复"}
        shown = json.loads(form["msg"])["markdown"]
        self.delivered.append(Delivered(form["receiverIds"], shown["title"], shown["text"]))
        return {"success": True, "content": f"gov-{len(self.delivered)}"}

    def _not_entitled(self, call: Call) -> dict[str, Any] | None:
        lives = self.tokens.get(call.query.get("access_token", ""))
        if lives is None:
            return _error(40014, "不合法的access_token")
        if not lives:
            return _error(42001, "access_token已过期")
        return None if _json(call).get("agent_id") == self.agent_id else _error(40056, "不合法的agentid")

    def _again(self, what: str) -> bool:
        known = what in self.seen
        self.seen.add(what)
        return known

    def _too_fast(self, token: str) -> bool:
        now = time.monotonic()
        self.sent_at[token] = [at for at in self.sent_at[token] if at > now - 60] + [now]
        return len(self.sent_at[token]) > 20


def _unsigned(call: Call, secret: str, now: float) -> dict[str, Any] | None:
    at = call.query.get("timestamp", "0")
    if abs(int(at) / 1000 - now) > 3600:
        return _error(310000, "invalid timestamp, more: [https://ding-doc.dingtalk.com/doc]")
    if call.query.get("sign") != _mac(secret, f"{at}\n{secret}"):
        return _error(310000, NOT_MATCHING)
    return None


def _mac(secret: str, signed: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()).decode()


def _error(code: int, words: str) -> dict[str, Any]:
    return {"errcode": code, "errmsg": words, "request_id": "15r2x4a3v7c9d"}


def _json(call: Call) -> dict[str, Any]:
    assert call.headers["content-type"].startswith("application/json")
    said: dict[str, Any] = json.loads(call.body)
    return said


@contextmanager
def dingtalk() -> Iterator[Dingtalk]:
    """A running stand-in."""
    with running(Dingtalk()) as standin:
        yield standin
