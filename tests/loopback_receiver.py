"""A receiver of webhooks on loopback: a real HTTP server that answers as it is told.

It keeps every request it got whole. Answers are a status with headers, or a way of misbehaving.
"""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Answer:
    """What the receiver does with a request; with `hang_up` it reads it and says nothing."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    hang_up: bool = False
    slow: float = 0.0
    """Seconds before the status line."""
    endless: bool = False
    """The body is announced longer than it is, and the connection stays open."""


@dataclass(frozen=True)
class Request:
    target: str
    headers: dict[str, str]
    body: bytes
    connection: tuple[str, int]


class Receiver(ThreadingHTTPServer):
    """Answers with `answers` in turn, the last of them for ever after."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, *answers: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = list(answers) or [Answer()]
        self.requests: list[Request] = []
        self.closing = threading.Event()
        self.scheme = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}/hook?key=KEY-IN-URL"

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that goes away in the middle is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        receiver = self.server
        receiver.requests.append(Request(self.path, dict(self.headers), body, self.client_address))
        answer = receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0]
        if answer.hang_up:
            self.close_connection = True
            return
        if answer.slow:
            receiver.closing.wait(answer.slow)
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body) + 1_000 * answer.endless))
        self.end_headers()
        self.wfile.write(answer.body)
        if answer.endless:
            self.wfile.flush()
            receiver.closing.wait(30)

    def log_message(self, *_: object) -> None:
        """Tests look at `requests`, not at a log."""


@contextmanager
def receiving(*answers: Answer, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A running receiver; with `tls` it speaks https with that context's certificate."""
    with Receiver(*answers) as receiver:
        if tls is not None:
            receiver.socket = tls.wrap_socket(receiver.socket, server_side=True)
            receiver.scheme = "https"
        thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.closing.set()
            receiver.shutdown()
            thread.join(5)
