"""What the chat vendors' stand-ins share: a real HTTP server on loopback that misbehaves as it is told."""

import json
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, TypeVar
from urllib.parse import parse_qs, urlsplit

import pytest


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
    body: bytes

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
        self.faults: list[str] = []
        self.clock: Callable[[], float] = time.time
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def messages(self) -> list[Call]:
        return [call for call in self.calls if self.is_message(call)]

    def is_message(self, call: Call) -> bool:
        return call.method == "POST" and call.path.startswith(self.message_paths)

    def answer(self, call: Call) -> Reply:
        raise NotImplementedError

    def refusal(self, code: int) -> Reply:
        raise NotImplementedError

    def judged(self, call: Call) -> tuple[Reply, Trouble | None]:
        with self.lock:
            self.calls.append(call)
            if not self.is_message(call):
                return self.answer(call), None
            if self.codes:
                return self.refusal(self.codes.popleft()), None
            trouble = self.troubles.popleft() if self.troubles else None
            return (Reply(b"busy", 503) if trouble is Trouble.BUSY else self.answer(call)), trouble

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
    server: Standin

    def do_POST(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = Call(self.command, url.path, query, headers, body)
        reply, trouble = self.server.judged(call)
        self._say(_troubled(reply, trouble), trouble)

    def do_GET(self) -> None:
        self.do_POST()

    def _say(self, reply: Reply, trouble: Trouble | None) -> None:
        if trouble is Trouble.HANG_UP:
            self.close_connection = True
            return
        if trouble is Trouble.SLOW:
            self.server.closing.wait(5)
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
