"""DingTalk on loopback: a real HTTP server that checks what it gets as the vendor does and answers with its codes.

Signatures are worked out here by the vendor's description, not by ours. `plan` makes the next answers of a
path misbehave. What reached somebody stands in `delivered`.
"""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

ROBOT = "/robot/send"
TOKEN = "/gettoken"
SEND = "/topapi/message/corpconversation/asyncsend_v2"
RESULT = "/topapi/message/corpconversation/getsendresult"
GOV = "/message/workNotification"
NOT_MATCHING = "description:机器人发送签名不匹配;solution:请确认签名和生成签名的时间戳必须都放在调用的网址中;"
HTML = "<html><head><title>502 Bad Gateway</title></head></html>"


@dataclass(frozen=True)
class Planned:
    """What becomes of one request: an answer out of turn, or a way of misbehaving."""

    said: object = None
    """An object to be sent as JSON, or a text as it is; None lets the server judge as always."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False
    slow: float = 0.0


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


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Dingtalk(ThreadingHTTPServer):
    """One robot `TOKEN1`, one application, one tenant; people u1 and u2 and account 1001."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.robots = {"TOKEN1": Robot()}
        self.app_key, self.app_secret, self.agent_id, self.tenant = "KEY1", "APP-SECRET", 42, "196729"
        self.people = {"u1", "u2", "1001"}
        self.becomes = "unread"
        self.most_a_day = 500
        self.requests: list[Request] = []
        self.delivered: list[Delivered] = []
        self.tasks: dict[int, Task] = {}
        self.tokens: dict[str, bool] = {}
        self.plans: dict[str, list[Planned]] = defaultdict(list)
        self.seen: set[str] = set()
        self.sent_at: dict[str, list[float]] = defaultdict(list)
        self.closing = threading.Event()
        self.lock = threading.Lock()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def plan(self, path: str, *planned: Planned) -> None:
        """The next requests of `path`, one each."""
        self.plans[path].extend(planned)

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    def expire_tokens(self) -> None:
        """Every token that was given is over, though its time is not."""
        self.tokens = dict.fromkeys(self.tokens, False)

    def answer(self, request: Request) -> object:
        answers = {
            ("POST", ROBOT): self._robot,
            ("GET", TOKEN): self._token,
            ("POST", SEND): self._send,
            ("POST", RESULT): self._result,
            ("POST", GOV): self._gov,
        }
        judge = answers.get((request.method, request.path))
        return judge(request) if judge else _error(404, "请求的URI地址不存在")

    def _robot(self, request: Request) -> object:
        token = request.query.get("access_token", "")
        robot = self.robots.get(token)
        if robot is None:
            return _error(300001, "token is not exist")
        if robot.addresses is not None and "127.0.0.1" not in robot.addresses:
            return _error(310000, "ip 127.0.0.1 not in whitelist, more: [https://ding-doc.dingtalk.com/doc]")
        if robot.secret is not None and (fault := _unsigned(request, robot.secret)):
            return fault
        if self._too_fast(token):
            return _error(130101, "send too fast, exceed 20 times per minute")
        said = _json(request)
        shown = said.get("markdown") if said.get("msgtype") == "markdown" else None
        if len(request.body) > 20_000 or not isinstance(shown, dict) or not all(shown.values()):
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

    def _token(self, request: Request) -> object:
        if request.query != {"appkey": self.app_key, "appsecret": self.app_secret}:
            return _error(40089, "不合法的appkey或appsecret")
        living = [token for token, lives in self.tokens.items() if lives]
        token = living[0] if living else f"ACCESS-{len(self.tokens) + 1}"
        self.tokens[token] = True
        return {"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": 7200}

    def _send(self, request: Request) -> object:
        if fault := self._not_entitled(request):
            return fault
        said = _json(request)
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

    def _result(self, request: Request) -> object:
        if fault := self._not_entitled(request):
            return fault
        task = self.tasks.get(_json(request).get("task_id", 0))
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

    def _gov(self, request: Request) -> object:
        form = dict(parse_qsl(request.body.decode(), strict_parsing=True))
        given = {name.lower(): value for name, value in request.headers.items()}
        head = {name: given.get(f"x-hmac-auth-{name}", "") for name in ("signature", "timestamp", "nonce")}
        if not given["content-type"].startswith("application/x-www-form-urlencoded"):
            return {"success": False, "errorCode": "FORM", "errorMsg": "参数格式不正确"}
        if given.get("apikey") != self.app_key or given.get("x-hmac-auth-version") != "1.0":
            return {"success": False, "errorCode": "APIKEY", "errorMsg": "apiKey 不存在"}
        if abs(datetime.fromisoformat(head["timestamp"]).timestamp() - time.time()) > 900:
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

    def _not_entitled(self, request: Request) -> object:
        lives = self.tokens.get(request.query.get("access_token", ""))
        if lives is None:
            return _error(40014, "不合法的access_token")
        if not lives:
            return _error(42001, "access_token已过期")
        return None if _json(request).get("agent_id") == self.agent_id else _error(40056, "不合法的agentid")

    def _again(self, what: str) -> bool:
        known = what in self.seen
        self.seen.add(what)
        return known

    def _too_fast(self, token: str) -> bool:
        now = time.monotonic()
        self.sent_at[token] = [at for at in self.sent_at[token] if at > now - 60] + [now]
        return len(self.sent_at[token]) > 20

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that goes away in the middle is part of the tests."""


def _unsigned(request: Request, secret: str) -> object:
    at = request.query.get("timestamp", "0")
    if abs(int(at) / 1000 - time.time()) > 3600:
        return _error(310000, "invalid timestamp, more: [https://ding-doc.dingtalk.com/doc]")
    if request.query.get("sign") != _mac(secret, f"{at}\n{secret}"):
        return _error(310000, NOT_MATCHING)
    return None


def _mac(secret: str, signed: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()).decode()


def _error(code: int, words: str) -> dict[str, object]:
    return {"errcode": code, "errmsg": words, "request_id": "15r2x4a3v7c9d"}


def _json(request: Request) -> dict[str, Any]:
    assert request.headers["Content-Type"].startswith("application/json")
    said: dict[str, Any] = json.loads(request.body)
    return said


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body go out at once
    server: Dingtalk

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        request = Request(self.command, url.path, query, dict(self.headers), body)
        standin = self.server
        with standin.lock:
            standin.requests.append(request)
            plans = standin.plans[url.path]
            planned = plans.pop(0) if plans else Planned()
            said = standin.answer(request) if planned.said is None else planned.said
        if planned.slow:
            standin.closing.wait(planned.slow)
        if planned.hang_up:
            self.close_connection = True
            return
        shown = said if isinstance(said, str) else json.dumps(said)
        self.send_response(planned.status)
        for name, value in planned.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(shown.encode())))
        self.end_headers()
        self.wfile.write(shown.encode())

    def log_message(self, *_: object) -> None:
        """Tests look at `requests`, not at a log."""


@contextmanager
def dingtalk() -> Iterator[Dingtalk]:
    """A running stand-in."""
    with Dingtalk() as standin:
        thread = threading.Thread(target=standin.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield standin
        finally:
            standin.closing.set()
            standin.shutdown()
            thread.join(5)
