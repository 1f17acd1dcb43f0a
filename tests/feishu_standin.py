"""A stand-in for 飞书 on loopback: custom bots and application messages, after the documented rules.

Checks path, query, body, signature, byte limits and rates, and answers with the vendor's codes.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

from vendor_standin import Call, Reply, Standin, running

HOUR = 3600.0
_TEMPLATES = {"red", "orange", "yellow", "green", "blue", "grey"}
_LEAK = re.compile(
    r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)|\(?0\d{2,3}\)?[- ]?\d{7,8}(?!\d)"
    r"|[\w.+-]+@[\w-]+\.[\w.-]+"
)
_TAG = re.compile(r"<(?!at id=ou_\w+></at>|/at>|at user_id=\"ou_\w+\">)[^>]*>")


@dataclass
class Robot:
    secret: str | None = None
    keyword: str | None = None
    sent_at: list[float] = field(default_factory=list)


@dataclass
class Delivered:
    to: str
    kind: str
    content: dict[str, Any]
    message_id: str = ""
    read_at: dict[str, float] = field(default_factory=dict)
    sent_at: float = 0.0

    @property
    def words(self) -> str:
        """All that is shown, in order."""
        return "\n".join(_words(self.content))


class FeishuStandin(Standin):
    """One organisation with one application, its people by open_id, and its robots by token."""

    message_paths: ClassVar[tuple[str, ...]] = ("/open-apis/bot/v2/hook/", "/open-apis/im/v1/messages")

    def __init__(self) -> None:
        super().__init__()
        self.robots = {"TOKEN-OF-ROBOT": Robot("this is secret"), "TOKEN-OF-TOWN": Robot()}
        self.app_id, self.secret = "cli_a000000000000001", "SECRET-OF-APP"
        self.people = {"ou_wang", "ou_li"}
        self.trusts_us = True
        self.takes_cards = True
        self.may_ask = True
        self.gateway_waits: int | None = None
        self.tokens: dict[str, float] = {}
        self.token_lives = 7200
        self.delivered: list[Delivered] = []
        self._uuids: dict[str, tuple[float, str]] = {}
        self._person_at: dict[str, list[float]] = {}

    @property
    def base(self) -> str:
        return f"{self.url}/open-apis"

    @property
    def taken(self) -> int:
        return len(self.delivered)

    def expire_tokens(self) -> None:
        """All tokens die before their time."""
        self.tokens = dict.fromkeys(self.tokens, 0.0)

    def refusal(self, code: int, *, status: int = 200, msg: str = "refused") -> Reply:
        return Reply({"code": code, "msg": f"{msg}{self.echo}", "data": {}}, status)

    def answer(self, call: Call) -> Reply:
        path = call.path.removeprefix("/open-apis")
        if call.method == "POST" and path.startswith("/bot/v2/hook/"):
            return self._robot(call, path.removeprefix("/bot/v2/hook/").rstrip("/"))
        if (call.method, path) == ("POST", "/auth/v3/tenant_access_token/internal"):
            return self._token(call)
        if (call.method, path) == ("POST", "/im/v1/messages"):
            return self._not_let_in(call) or self._application(call)
        if call.method == "GET" and (found := re.fullmatch(r"/im/v1/messages/(om_\w+)/read_users", path)):
            return self._not_let_in(call) or self._readers(call, found[1])
        return Reply(b"404 page not found", 404)

    def _robot(self, call: Call, token: str) -> Reply:
        robot = self.robots.get(token)
        if robot is None:
            return self.refusal(19001, msg="param invalid: incoming webhook access token invalid")
        values = call.values
        if len(call.body) > 20_480 or not values:
            return self.refusal(9499, msg="Bad Request")
        if robot.secret and not self._signature_holds(values, robot.secret):
            return self.refusal(
                19021, msg="sign match fail or timestamp is not within one hour from current time"
            )
        if not self.trusts_us:
            return self.refusal(19022, msg="Ip Not Allowed")
        if self._too_fast(robot.sent_at):
            return self.refusal(11232, msg="frequency limited")
        return self._to_group(call, robot, values)

    def _to_group(self, call: Call, robot: Robot, values: dict[str, Any]) -> Reply:
        kind = values.get("msg_type")
        content = values.get("card" if kind == "interactive" else "content")
        if kind == "interactive" and not (self.takes_cards and self._is_card(content)):
            return self.refusal(11246, msg="ErrCode: 11310; ErrMsg: parse card json err; ")
        if kind not in ("interactive", "text") or not isinstance(content, dict):
            return self.refusal(9499, msg="Bad Request")
        delivered = Delivered("group", kind, content)
        if robot.keyword and robot.keyword not in delivered.words:
            return self.refusal(19024, msg="Key Words Not Found")
        if not call.headers["user-agent"].startswith("Apprise"):
            self.check_json(call)
            if extra := set(values) - {"timestamp", "sign", "msg_type", "card", "content"}:
                self.faults.append(f"unknown fields {extra}")
        robot.sent_at.append(self.clock())
        self.delivered.append(delivered)
        return Reply({"code": 0, "msg": "success", "data": {}, "StatusCode": 0, "StatusMessage": "success"})

    def _signature_holds(self, values: dict[str, Any], secret: str) -> bool:
        said = values.get("timestamp")
        if not isinstance(said, str) or not said.isdigit() or abs(self.clock() - int(said)) > HOUR:
            return False
        mac = hmac.new(f"{said}\n{secret}".encode(), b"", hashlib.sha256).digest()
        return values.get("sign") == base64.b64encode(mac).decode()

    def _too_fast(self, sent_at: list[float]) -> bool:
        ages = [self.clock() - at for at in sent_at]
        return sum(age < 60 for age in ages) >= 100 or sum(age < 1 for age in ages) >= 5

    def _token(self, call: Call) -> Reply:
        self.check_json(call)
        if call.values.get("app_id") != self.app_id:
            return self.refusal(10003, msg="invalid param")
        if call.values.get("app_secret") != self.secret:
            return self.refusal(10014, msg="app secret invalid")
        alive = [token for token, until in self.tokens.items() if until > self.clock()]
        token = alive[0] if alive else f"t-TOKEN-{len(self.tokens) + 1}"
        self.tokens.setdefault(token, self.clock() + self.token_lives)
        return Reply({"code": 0, "msg": "ok", "tenant_access_token": token, "expire": self.token_lives})

    def _not_let_in(self, call: Call) -> Reply | None:
        token = call.headers.get("authorization", "").removeprefix("Bearer ")
        if not token:
            return self.refusal(99991661, status=400, msg="Missing access token")
        if self.tokens.get(token, 0.0) <= self.clock():
            return self.refusal(99991663, status=400, msg="Invalid access token")
        if self.gateway_waits is not None:
            headers = {"x-ogw-ratelimit-limit": "1000", "x-ogw-ratelimit-reset": str(self.gateway_waits)}
            return Reply({"code": 99991400, "msg": "request trigger frequency limit"}, 400, headers)
        return None

    def _application(self, call: Call) -> Reply:
        self.check_json(call)
        values = call.values
        if call.query != {"receive_id_type": "open_id"} or not isinstance(values.get("content"), str):
            return self.refusal(230001, status=400)
        to, kind, said = str(values.get("receive_id")), values.get("msg_type"), values["content"]
        content = json.loads(said)
        if to not in self.people:
            return self.refusal(230013, status=400, msg="Bot has NO availability to this user.")
        if len(said.encode()) > (30_720 if kind == "interactive" else 153_600):
            return self.refusal(230025, status=400)
        if kind == "interactive" and not (self.takes_cards and self._is_card(content, calls_back=True)):
            return self.refusal(230099, status=400, msg="Failed to create card content, ext=ErrCode: 11310; ")
        delivered = Delivered(to, str(kind), content, sent_at=self.clock())
        if _LEAK.search(delivered.words):
            return self.refusal(230028, status=400, msg="The messages do NOT pass the audit")
        if extra := set(values) - {"receive_id", "msg_type", "content", "uuid"}:
            self.faults.append(f"unknown fields {extra}")
        return self._to_person(delivered, str(values.get("uuid", "")))

    def _to_person(self, delivered: Delivered, uuid: str) -> Reply:
        if not 0 < len(uuid) <= 50:
            return self.refusal(230001, status=400)
        at, message_id = self._uuids.get(uuid, (float("-inf"), ""))
        if self.clock() - at >= HOUR:
            recent = self._person_at.setdefault(delivered.to, [])
            if sum(self.clock() - sent < 1 for sent in recent) >= 5:
                return self.refusal(230020, status=400)
            recent.append(self.clock())
            message_id = f"om_{len(self.delivered) + 1}"
            delivered.message_id = message_id
            self.delivered.append(delivered)
            self._uuids[uuid] = (self.clock(), message_id)
        return Reply(
            {"code": 0, "msg": "success", "data": {"message_id": message_id, "msg_type": delivered.kind}}
        )

    def _readers(self, call: Call, message_id: str) -> Reply:
        if not self.may_ask:
            return self.refusal(
                99991672, status=400, msg="Access denied. One of the following scopes is required"
            )
        if call.query.get("user_id_type") != "open_id":
            return self.refusal(230001, status=400)
        found = next((each for each in self.delivered if each.message_id == message_id), None)
        if found is None:
            return self.refusal(230001, status=400)
        if self.clock() - found.sent_at > 7 * 24 * HOUR:
            return self.refusal(230033, status=400)
        items = [
            {"user_id_type": "open_id", "user_id": who, "timestamp": str(int(at * 1000)), "tenant_key": "k"}
            for who, at in found.read_at.items()
        ]
        return Reply(
            {"code": 0, "msg": "success", "data": {"items": items, "has_more": False, "page_token": ""}}
        )

    def _is_card(self, card: Any, *, calls_back: bool = False) -> bool:
        """Whether it is a card; what a robot says takes no callback."""
        match card:
            case {
                "schema": "2.0",
                "header": {"title": {"tag": "plain_text", "content": str(title)}, "template": template},
                "body": {"elements": [*elements]},
                **rest,
            }:
                return (
                    bool(title)
                    and template in _TEMPLATES
                    and not rest
                    and all(self._is_element(each, calls_back=calls_back) for each in elements)
                )
        return False

    def _is_element(self, element: Any, *, calls_back: bool) -> bool:
        match element:
            case {"tag": "markdown", "content": str(content), **rest}:
                if found := _TAG.search(content):
                    self.faults.append(f"tag {found[0]}")
                return bool(content) and not rest
            case {
                "tag": "button",
                "text": {"tag": "plain_text", "content": str(label)},
                "type": "primary",
                "behaviors": [{"type": "open_url", "default_url": str(url)}],
                **rest,
            }:
                return bool(label) and url.startswith("http") and not rest
            case {
                "tag": "button",
                "text": {"tag": "plain_text", "content": str(label)},
                "type": "default",
                "behaviors": [{"type": "callback", "value": {**value}}],
                **rest,
            }:
                return calls_back and bool(label) and bool(value) and not rest
        return False


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in ("content", "text") and isinstance(inner, str):
                yield inner
            else:
                yield from _words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)


@contextmanager
def feishu() -> Iterator[FeishuStandin]:
    """A running stand-in."""
    with running(FeishuStandin()) as standin:
        yield standin
