"""A stand-in for 企业微信 on loopback: group robots and application messages, after the documented rules.

Checks path, query, body, byte limits and rates, and answers with the vendor's codes.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

from vendor_standin import Call, Reply, Standin, running

MINUTE = 60.0
TEXT_BYTES = 2048
_FONT = re.compile(r'<font color="(\w+)">')
_TAG = re.compile(r"<(?!/font>|@[\w.@-]+>|font color=\"\w+\">)[^>]*>")
_UNKNOWN_MARKUP = re.compile(r"^\s*(?:[-*+] |\|)|!\[|```", re.MULTILINE)


@dataclass(frozen=True)
class Delivered:
    to: str
    kind: str
    content: str
    mentions: tuple[str, ...] = ()


@dataclass
class Robot:
    sent_at: list[float] = field(default_factory=list)


class WecomStandin(Standin):
    """One enterprise with one application, its people (userid → has a licence), and its group robots."""

    message_paths: ClassVar[tuple[str, ...]] = ("/cgi-bin/webhook/send", "/cgi-bin/message/send")

    def __init__(self) -> None:
        super().__init__()
        self.robots = {"KEY-OF-ROBOT": Robot(), "KEY-OF-TOWN": Robot()}
        self.corpid, self.secret, self.agent_id = "ww0000000000000001", "SECRET-OF-APP", 1000002
        self.people = {"WangJianguo": True, "LiMing": True, "Zhao": False}
        self.trusts_us = True
        self.takes_markdown = True
        self.tokens: dict[str, float] = {}
        self.token_lives = 7200
        self.delivered: list[Delivered] = []
        self.dropped = 0
        """Over a person's rate: answered with 0 and not delivered."""
        self.repeated = 0
        self._known: dict[str, float] = {}
        self._person_at: dict[str, list[float]] = {}

    @property
    def tokens_given(self) -> int:
        return len(self.tokens)

    @property
    def taken(self) -> int:
        return len(self.delivered)

    def expire_tokens(self) -> None:
        """All tokens die before their time."""
        self.tokens = dict.fromkeys(self.tokens, 0.0)

    def refusal(self, code: int) -> Reply:
        hint = "hint: [1700000000000000], from ip: 203.0.113.7, more info at https://open.example/e?e=1"
        return Reply({"errcode": code, "errmsg": f"refused, {hint}{self.echo}"})

    def answer(self, call: Call) -> Reply:
        if call.headers.get("user-agent") != "xiaohao" and not call.headers["user-agent"].startswith(
            "Apprise"
        ):
            self.faults.append("no user agent")
        match call.method, call.path:
            case "POST", "/cgi-bin/webhook/send":
                return self._robot(call)
            case "GET", "/cgi-bin/gettoken":
                return self._token(call)
            case "POST", "/cgi-bin/message/send":
                return self._application(call)
        return Reply(b"<html>404</html>", 404)

    def _robot(self, call: Call) -> Reply:
        robot = self.robots.get(call.query.get("key", ""))
        if robot is None or list(call.query) != ["key"]:
            return self.refusal(93000)
        robot.sent_at = [at for at in robot.sent_at if self.clock() - at < MINUTE]
        if len(robot.sent_at) >= 20:
            return self.refusal(45009)
        code, found = self._message(call.values, limit=4096, too_long=40058)
        if code:
            return self.refusal(code)
        if not call.headers["user-agent"].startswith("Apprise"):
            self.check_json(call)
        if extra := set(call.values) - {"msgtype", found.kind}:
            self.faults.append(f"unknown fields {extra}")
        robot.sent_at.append(self.clock())
        self.delivered.append(found)
        return Reply({"errcode": 0, "errmsg": "ok"})

    def _token(self, call: Call) -> Reply:
        if call.query.get("corpid") != self.corpid:
            return self.refusal(40013)
        if call.query.get("corpsecret") != self.secret:
            return self.refusal(40001)
        alive = [token for token, until in self.tokens.items() if until > self.clock()]
        token = alive[0] if alive else f"TOKEN-{len(self.tokens) + 1}+/="
        self.tokens.setdefault(token, self.clock() + self.token_lives)
        return Reply({"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": self.token_lives})

    def _application(self, call: Call) -> Reply:
        if refused := self._not_let_in(call):
            return self.refusal(refused)
        values = call.values
        if values.get("agentid") != self.agent_id:
            return self.refusal(40056)
        code, found = self._message(values, limit=2048, too_long=45002)
        if code:
            return self.refusal(code)
        self.check_json(call)
        allowed = {
            "touser",
            "agentid",
            "msgtype",
            found.kind,
            "enable_duplicate_check",
            "duplicate_check_interval",
        }
        if extra := set(values) - allowed:
            self.faults.append(f"unknown fields {extra}")
        return self._to_people(values, found)

    def _not_let_in(self, call: Call) -> int:
        token = call.query.get("access_token")
        if not token:
            return 41001
        if token not in self.tokens:
            return 40014
        if self.tokens[token] <= self.clock():
            return 42001
        return 0 if self.trusts_us else 60020

    def _to_people(self, values: dict[str, Any], found: Delivered) -> Reply:
        asked = str(values.get("touser", "")).split("|")
        known = {person.lower(): person for person in self.people}
        there = [known[name.lower()] for name in asked if name.lower() in known]
        invalid = [name.lower() for name in asked if name.lower() not in known]
        if not there:
            return self.refusal(81013)
        unlicensed = [name.lower() for name in there if not self.people[name]]
        for name in there:
            if self.people[name]:
                self._to_person(name, values, found)
        said = {"errcode": 0, "errmsg": "ok", "msgid": f"M{len(self.calls)}", "response_code": "RC"}
        return Reply(
            said
            | ({"invaliduser": "|".join(invalid)} if invalid else {})
            | ({"unlicenseduser": "|".join(unlicensed)} if unlicensed else {})
        )

    def _to_person(self, name: str, values: dict[str, Any], found: Delivered) -> None:
        same = json.dumps(values, sort_keys=True)
        interval = values.get("duplicate_check_interval", 1800) if values.get("enable_duplicate_check") else 0
        if self.clock() - self._known.get(same, float("-inf")) < min(interval, 14_400):
            self.repeated += 1
            return
        recent = [at for at in self._person_at.get(name, []) if self.clock() - at < MINUTE]
        if len(recent) >= 30:
            self.dropped += 1
            return
        self._person_at[name] = [*recent, self.clock()]
        self._known[same] = self.clock()
        self.delivered.append(Delivered(name, found.kind, found.content))

    def _message(self, values: dict[str, Any], *, limit: int, too_long: int) -> tuple[int, Delivered]:
        kind = values.get("msgtype")
        if kind not in ("text", "markdown") or (kind == "markdown" and not self.takes_markdown):
            return 40008, _NOTHING
        inner = values.get(kind)
        if not isinstance(inner, dict) or not isinstance(inner.get("content"), str):
            return 40058, _NOTHING
        content = inner["content"]
        if not content:
            return 44004, _NOTHING
        if kind == "text" and too_long == 45002:
            content = content.encode()[:TEXT_BYTES].decode(errors="ignore")
        if len(content.encode()) > (TEXT_BYTES if kind == "text" else limit):
            return too_long, _NOTHING
        if kind == "markdown":
            self._check_markdown(content)
        mentioned = tuple(inner.get("mentioned_list", ()))
        if kind == "markdown":
            mentioned = tuple(re.findall(r"<@([^>]+)>", content))
        return 0, Delivered("group", kind, content, mentioned)

    def _check_markdown(self, content: str) -> None:
        colours = Counter(_FONT.findall(content))
        if unknown := set(colours) - {"info", "comment", "warning"}:
            self.faults.append(f"colours {unknown}")
        if content.count("<font") != content.count("</font>"):
            self.faults.append("font without end")
        if found := _TAG.search(content):
            self.faults.append(f"tag {found[0]}")
        if found := _UNKNOWN_MARKUP.search(content):
            self.faults.append(f"markup {found[0]}")


_NOTHING = Delivered("", "", "")


@contextmanager
def wecom() -> Iterator[WecomStandin]:
    """A running stand-in."""
    with running(WecomStandin()) as standin:
        yield standin
