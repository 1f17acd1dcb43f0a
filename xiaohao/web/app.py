"""The pages as one ASGI application; `xiaohao up` serves `create_app`."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.exceptions import HTTPException

from notifiers.callbacks import Callbacks
from xiaohao import bootstrap
from xiaohao.errors import NotFound, Unreachable
from xiaohao.ledger.writing import Ledger
from xiaohao.web import callback, notice

SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}
"""On every answer: nothing from elsewhere is loaded, the link is told to nobody, nothing is kept."""
NO_CALLBACKS = Callbacks()


def pages_of(ledger: Ledger, key: bytes, callbacks: Callbacks = NO_CALLBACKS) -> FastAPI:
    """The pages of one ledger; `key` is what links are signed with, `callbacks` are those that are answered.

    No page of documentation: nothing is served but what is named here.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.ledger, app.state.key, app.state.callbacks = ledger, key, callbacks
    app.include_router(notice.router)
    app.include_router(callback.router)

    @app.get("/health")
    def health() -> PlainTextResponse:
        return PlainTextResponse("ok")

    @app.middleware("http")
    async def safe(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await answer(request)
        response.headers.update(SAFE)
        return response

    @app.exception_handler(Unreachable)
    def outside(request: Request, error: Unreachable) -> Response:
        return notice.message_page(request, "暂时打不开", error.message, status=503)

    @app.exception_handler(NotFound)
    def gone(request: Request, error: NotFound) -> Response:
        return notice.message_page(request, "打不开这份通知", error.message, status=404)

    @app.exception_handler(HTTPException)
    def elsewhere(request: Request, error: HTTPException) -> Response:
        return notice.message_page(
            request, "没有这个页面", "请从通知里的链接打开。", status=error.status_code
        )

    @app.exception_handler(Exception)
    def broken(request: Request, _error: Exception) -> Response:
        said = "程序出现了没有预料到的错误，请告诉维护人员。台账没有变化。"
        page = notice.message_page(request, "暂时打不开", said, status=500)
        page.headers.update(SAFE)  # this one is made outside of `safe`
        return page

    return app


def create_app() -> FastAPI:
    """The pages of the ledger that the settings name. Raises as `bootstrap.ledger` and `callbacks` do."""
    settings = bootstrap.settings()
    callbacks = bootstrap.callbacks(settings)
    return pages_of(bootstrap.ledger(settings), bootstrap.page_key(settings), callbacks)
