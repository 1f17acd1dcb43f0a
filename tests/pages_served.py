"""The pages of a ledger on a real server on loopback, in a thread of the test."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from notifiers.callbacks import Callbacks
from xiaohao.ledger.writing import Ledger
from xiaohao.web.app import NO_CALLBACKS, pages_of

KEY = b"k" * 32


@contextmanager
def pages(ledger: Ledger, key: bytes = KEY, callbacks: Callbacks = NO_CALLBACKS) -> Iterator[str]:
    """Serve the pages; the address without a slash at its end."""
    app = pages_of(ledger, key, callbacks)
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    last = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < last, "the pages did not start"
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
