"""A server as a child of ours: an application on an address of this machine, until its parent is gone.

Run as a file of its own, with nothing of ours imported: what it serves and where come as arguments,
all else in the environment. It writes its port on stdout once it answers, and ends when stdin is
closed, by its parent's will or death.
"""

import os
import socket
import sys
import threading

import uvicorn

ENDS_WITHIN = 4.0
"""Seconds to end in good order."""


class Answering(uvicorn.Server):
    """A server that writes its port on stdout once it answers."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, and then the port."""
        await super().startup(sockets)
        if self.started and sockets:
            sys.stdout.write(f"{sockets[0].getsockname()[1]}\n")
            sys.stdout.flush()


def end_with_the_parent(server: Answering) -> None:
    """Wait for the end of stdin, then end the server: in good order, or at once after a while."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    server.should_exit = True
    threading.Event().wait(ENDS_WITHIN)
    os._exit(0)


def main(application: str, host: str, port: str) -> None:
    """Serve the application (`module:factory`) at the address until stdin is closed; port 0 is a free one."""
    server = Answering(
        uvicorn.Config(
            application,
            factory=True,
            log_level="error",
            lifespan="on",
            timeout_graceful_shutdown=1,
        )
    )
    threading.Thread(target=end_with_the_parent, args=(server,), daemon=True).start()
    with socket.create_server((host, int(port)), family=_family(host)) as listening:
        server.run(sockets=[listening])


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


if __name__ == "__main__":
    main(*sys.argv[1:4])
