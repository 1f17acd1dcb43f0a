"""The pages as one ASGI application, and as a program: `python -m xiaohao.web.app HOST PORT`."""

import sys
from collections.abc import Awaitable, Callable

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse

from xiaohao import bootstrap
from xiaohao.errors import Unreachable
from xiaohao.ledger.writing import Ledger
from xiaohao.web import notice

SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}
"""On every answer: nothing from elsewhere is loaded, the link is told to nobody, nothing is kept."""


def create_app(ledger: Ledger, key: bytes) -> FastAPI:
    """The pages of one ledger; `key` is what links are signed with.

    No page of documentation: nothing is served but what is named here.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.ledger, app.state.key = ledger, key
    app.include_router(notice.router)

    @app.get("/health")
    def health() -> PlainTextResponse:
        return PlainTextResponse("ok")

    @app.middleware("http")
    async def safe(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await answer(request)
        response.headers.update(SAFE)
        return response

    @app.exception_handler(Unreachable)
    def outside(_request: Request, error: Unreachable) -> Response:
        return notice.message_page("暂时打不开", error.message, status=503)

    return app


def main(host: str, port: int) -> None:
    """Serve the pages of the ledger that the settings name. Raises as `bootstrap.ledger` does."""
    settings = bootstrap.settings()
    ledger = bootstrap.ledger(settings)
    app = create_app(ledger, bootstrap.page_key(settings))
    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False, server_header=False)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
