"""通知页: one notice, opened by its signed link, with the button 已阅.

A GET never acknowledges, so a preview of the link, or a scanner of mails, cannot; the button posts. Every
address in a page is relative: a proxy may serve the pages below a path of its own.
"""

from importlib.resources import files

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from notifiers import digest, links, wording
from xiaohao import bootstrap
from xiaohao.actions import acknowledge
from xiaohao.errors import NotFound
from xiaohao.vocabulary import Status

router = APIRouter()
PAGES = Environment(
    loader=PackageLoader("xiaohao.web", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
STYLE = files("xiaohao.web").joinpath("templates/style.css").read_text("utf-8")
ENDED = (Status.CLOSED, Status.CANCELLED)


@router.get("/style.css")
def style() -> Response:
    """The style of the pages."""
    return Response(STYLE, media_type="text/css; charset=utf-8")


@router.get("/n/{token}")
def show(request: Request, token: str) -> Response:
    """The notice whole, where its problems stand now, and whether it has been acknowledged."""
    found, standing = acknowledge.opened(request.app.state.ledger, _notice(request, token))
    said = digest.page(found.facts)
    at = found.acknowledged_at
    page = PAGES.get_template("notice.html").render(
        to_root=_to_root(request),
        said=said,
        items=[
            (item, standing.get(facts.number), standing.get(facts.number) in ENDED)
            for item, facts in zip(said.items, found.facts.items, strict=True)
        ],
        acknowledged=None if at is None else wording.instant(bootstrap.in_shanghai(at)),
    )
    return HTMLResponse(page)


@router.post("/n/{token}")
def press(request: Request, token: str) -> Response:
    """已阅; pressed again it changes nothing. Goes back to the notice."""
    notice_id = _notice(request, token)
    acknowledge.acknowledge(request.app.state.ledger, notice_id, at=bootstrap.now(), on=bootstrap.today())
    return RedirectResponse(token, status_code=303)


def _notice(request: Request, token: str) -> int:
    """The number that a link of ours names. Raises NotFound for any other."""
    notice_id = links.notice_of(request.app.state.key, token)
    if notice_id is None:
        raise NotFound("链接不完整或不是本系统发出的。请从通知里重新点开，或请经办人重发。")
    return notice_id


def message_page(request: Request, title: str, said: str, *, status: int) -> HTMLResponse:
    """A page that says one thing, in answer to `request`."""
    to_root = _to_root(request)
    page = PAGES.get_template("message.html").render(to_root=to_root, title=title, said=said)
    return HTMLResponse(page, status_code=status)


def _to_root(request: Request) -> str:
    """The way from the address that was asked for up to where the pages begin: “../” from “/n/…”."""
    return "../" * (request.url.path.count("/") - 1)
