"""What the vendors' stand-ins share: a real HTTP server on loopback that misbehaves as it is told."""

import json
import os
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, TypeVar
from urllib.parse import parse_qs, urlsplit

import pytest

HTML = "<html><head><title>502 Bad Gateway</title></head></html>"


class Trouble(Enum):
    """What befalls the next message. All but BUSY come after the vendor took it."""

    HANG_UP = auto()
    SLOW = auto()
    HTML = auto()
    EMPTY = auto()
    A_LIST = auto()
    NO_CODE = auto()
    CODE_AS_TEXT = auto()
    GATEWAY = auto()
    BUSY = auto()


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By their names in lower case."""
    body: bytes
    target: str = ""
    """Path and query as they came over the wire."""

    @property
    def values(self) -> dict[str, Any]:
        """The body's JSON object; empty where it is none."""
        try:
            said = json.loads(self.body)
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}


@dataclass(frozen=True)
class Reply:
    said: Mapping[str, Any] | bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Planned:
    """What becomes of one request: an answer out of turn, or a way of misbehaving."""

    said: object = None
    """An object to be sent as JSON, or a text as it is; None lets the stand-in judge as always."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    hang_up: bool = False
    slow: float = 0.0

    @property
    def reply(self) -> Reply:
        said = self.said if isinstance(self.said, str) else json.dumps(self.said)
        return Reply(said.encode(), self.status, self.headers)


_AS_ALWAYS = Planned()
_MISBEHAVING: Mapping[Trouble | None, Planned] = {
    Trouble.HANG_UP: Planned(hang_up=True),
    Trouble.SLOW: Planned(slow=5),
}


class Standin(ThreadingHTTPServer):
    """Answers as a vendor does; `faults` are things that a vendor would bear and we would not."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    message_paths: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lock = threading.Lock()
        self.calls: list[Call] = []
        self.troubles: deque[Trouble] = deque()
        self.codes: deque[int] = deque()
        """What the next messages are answered with, untaken."""
        self.plans: defaultdict[str, deque[Planned]] = defaultdict(deque)
        self.echo = ""
        """What every refusal says beside its own words."""
        self.faults: list[str] = []
        self.clock: Callable[[], float] = time.time
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def base(self) -> str:
        """Where the settings say that the interface is."""
        return self.url

    @property
    def messages(self) -> list[Call]:
        return [call for call in self.calls if self.is_message(call)]

    def is_message(self, call: Call) -> bool:
        return call.method == "POST" and call.path.startswith(self.message_paths)

    def plan(self, path: str, *planned: Planned) -> None:
        """The next requests of `path`, one each."""
        self.plans[path].extend(planned)

    def asked(self, path: str) -> list[Call]:
        return [call for call in self.calls if call.path == path]

    @property
    def taken(self) -> int:
        """How many messages reached somebody."""
        raise NotImplementedError

    def refuse(self, *codes: Any) -> None:
        """The next messages are answered with these, one each."""
        self.codes.extend(codes)

    def answer(self, call: Call) -> Reply:
        raise NotImplementedError

    def refusal(self, code: int) -> Reply:
        raise NotImplementedError

    def judged(self, call: Call) -> tuple[Reply, Planned]:
        with self.lock:
            self.calls.append(call)
            if self.plans[call.path]:
                planned = self.plans[call.path].popleft()
                return (self.answer(call) if planned.said is None else planned.reply), planned
            if not self.is_message(call):
                return self.answer(call), _AS_ALWAYS
            if self.codes:
                return self.refusal(self.codes.popleft()), _AS_ALWAYS
            trouble = self.troubles.popleft() if self.troubles else None
            reply = Reply(b"busy", 503) if trouble is Trouble.BUSY else self.answer(call)
            return _troubled(reply, trouble), _MISBEHAVING.get(trouble, _AS_ALWAYS)

    def check_json(self, call: Call) -> None:
        """Raw UTF-8 JSON, named as such."""
        if call.headers.get("content-type") != "application/json; charset=utf-8":
            self.faults.append(f"content type {call.headers.get('content-type')}")
        if b"\\u" in call.body:
            self.faults.append("escaped Chinese")

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that goes away in the middle is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body go out at once
    server: Standin

    def do_POST(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = Call(self.command, url.path, query, headers, body, self.path)
        self._say(*self.server.judged(call))

    def do_GET(self) -> None:
        self.do_POST()

    def _say(self, reply: Reply, planned: Planned) -> None:
        if planned.slow:
            self.server.closing.wait(planned.slow)
        if planned.hang_up:
            self.close_connection = True
            return
        said = reply.said if isinstance(reply.said, bytes) else json.dumps(reply.said).encode()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The vendor's own clock."""
        return super().date_time_string(int(self.server.clock() if timestamp is None else timestamp))

    def log_message(self, *_: object) -> None:
        """Tests look at `calls`, not at a log."""


def _troubled(reply: Reply, trouble: Trouble | None) -> Reply:
    said = reply.said if isinstance(reply.said, Mapping) else {}
    match trouble:
        case Trouble.HTML:
            return Reply(b"<html><body>It works!</body></html>", headers={"Content-Type": "text/html"})
        case Trouble.EMPTY:
            return Reply(b"")
        case Trouble.A_LIST:
            return Reply(b"[0]")
        case Trouble.NO_CODE:
            return Reply({"msg": "ok"})
        case Trouble.CODE_AS_TEXT:
            return Reply({name: str(value) for name, value in said.items()})
        case Trouble.GATEWAY:
            return Reply(b"<html>502 Bad Gateway</html>", 502)
    return reply


S = TypeVar("S", bound=Standin)


@contextmanager
def running(standin: S) -> Iterator[S]:
    """The stand-in at work; at the end nothing may have been sent that a vendor would merely bear."""
    with standin:
        thread = threading.Thread(target=standin.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield standin
        finally:
            standin.closing.set()
            standin.shutdown()
            thread.join(5)
    assert standin.faults == []


def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of the machine sends nothing through a proxy."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
