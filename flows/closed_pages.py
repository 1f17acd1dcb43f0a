"""Prefect's server for a closed network: its pages ask nobody but itself, and it asks nobody at all.

By themselves the pages fetch logos from outside (work pools, blocks), the second set of pages (`/v2`) calls a
service that counts visits, `/docs` loads its program from outside, and the server asks a registry for the
kinds of work pools. A browser that is told so by a header leaves all that; the rest of the pages works.
"""

from collections.abc import MutableMapping
from urllib.parse import urlsplit

from prefect.server.api import collections
from prefect.server.api.server import create_app as prefect_app
from prefect.settings import get_current_settings
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOWHERE = "http://127.0.0.1:9/"
"""The port of the discard service (RFC 863): refused at once, and Prefect takes the list that came with it."""
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors 'self'; connect-src 'self' {api}"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def create_app() -> ASGIApp:
    """Prefect's application, its pages kept at home."""
    _ask_no_registry(collections.KNOWN_VIEWS)
    api = get_current_settings().server.ui.api_url
    return KeptAtHome(prefect_app(), POLICY.format(api=_origins(str(api or ""))))


def _ask_no_registry(views: MutableMapping[str, str]) -> None:
    for name in views:
        views[name] = NOWHERE


def _origins(api: str) -> str:
    """Where the pages may call: the API, and its web socket."""
    place = urlsplit(api)
    if not place.netloc:
        return ""
    socket = "wss" if place.scheme == "https" else "ws"
    return f"{place.scheme}://{place.netloc} {socket}://{place.netloc}"


class KeptAtHome:
    """An application whose every answer says to the browser whom its page may call (W3C CSP level 3)."""

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, with the headers added."""

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = self._policy
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, told if scope["type"] == "http" else send)
