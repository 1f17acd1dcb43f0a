"""回调: what vendors tell us, and the answer that the person sees in the chat.

A request counts by its signature alone, whenever it was made: what it acknowledges it names (飞书) or dates
(企业微信), and the second time changes nothing, so one that is played again does no harm. Whatever is wrong
with a request it gets the same answer; what it was stands in the log.
"""

import logging
import secrets
from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from notifiers import feishu_callback, links, wecom_callback
from notifiers.callbacks import BODY_LIMIT
from notifiers.feishu_callback import Challenge, FeishuCallback
from notifiers.wecom_callback import Stamp, WecomCallback
from xiaohao import bootstrap
from xiaohao.actions import acknowledge
from xiaohao.actions.acknowledge import Answered, Pressed
from xiaohao.errors import BadCallback
from xiaohao.vocabulary import Channel

router = APIRouter(prefix="/callback")
Of = TypeVar("Of")
TOASTS = {
    Pressed.RECORDED: ("success", "已记录您已阅。"),
    Pressed.ALREADY: ("info", "此前已记录，不必再点。"),
    Pressed.NOT_THEIRS: ("warning", "这份通知不是发给您的，没有记录。"),
    Pressed.GONE: ("warning", "没有这份通知，它可能已经清理。"),
}
"""Kind and words of what is shown for a moment to who pressed."""
_LOG = logging.getLogger("xiaohao.web")


@router.get("/wecom_app")
async def wecom_checks(request: Request) -> Response:
    """企业微信 checks the address: the plain text of what it sends goes back."""
    callback = _set_up(request.app.state.callbacks.wecom_app)
    return _checked(wecom_callback.NAME, lambda: PlainTextResponse(callback.echo(request.query_params)))


@router.post("/wecom_app")
async def wecom_says(request: Request) -> Response:
    """A message to the application: 已阅 acknowledges what had arrived, anything else does nothing."""
    callback = _set_up(request.app.state.callbacks.wecom_app)
    return await _answered(request, wecom_callback.NAME, lambda body: _wecom(request, callback, body))


@router.post("/feishu_app")
async def feishu_says(request: Request) -> Response:
    """The check of the address, or a button that was pressed; anything else does nothing."""
    callback = _set_up(request.app.state.callbacks.feishu_app)
    return await _answered(request, feishu_callback.NAME, lambda body: _feishu(request, callback, body))


def _wecom(request: Request, callback: WecomCallback, body: bytes) -> Response:
    said = callback.said(request.query_params, body)
    if said is None or not said.acknowledges:
        return Response()
    now = bootstrap.now()
    answered = acknowledge.acknowledge_all(
        request.app.state.ledger,
        channel=Channel.WECOM_APP,
        address=said.userid,
        before=said.at,
        at=now,
        on=bootstrap.today(),
    )
    stamp = Stamp(int(now.timestamp()), secrets.token_hex(8), secrets.token_bytes(wecom_callback.RANDOM))
    return Response(callback.reply(said, _told(answered), stamp), media_type="application/xml")


def _told(answered: Answered) -> str:
    recorded = f"已记录您已阅 {answered.recorded} 条通知。" if answered.recorded else ""
    later = (
        f"有 {answered.later} 条晚于您的回复，没有记录，看过后请再回复一次“已阅”。" if answered.later else ""
    )
    return recorded + later or "没有等待已阅的通知，此前的都已记录。"


def _feishu(request: Request, callback: FeishuCallback, body: bytes) -> Response:
    said = callback.read(request.headers, body)
    if said is None:
        return JSONResponse({})
    if isinstance(said, Challenge):
        return JSONResponse({"challenge": said.text})
    kind, words = TOASTS[_pressed(request, said)]
    return JSONResponse({"toast": {"type": kind, "content": words}})


def _pressed(request: Request, said: feishu_callback.Pressed) -> Pressed:
    notice_id = links.notice_of(request.app.state.key, said.token)
    if notice_id is None:
        return Pressed.GONE
    now = bootstrap.now()
    return acknowledge.acknowledge_pressed(
        request.app.state.ledger,
        notice_id,
        channel=Channel.FEISHU_APP,
        address=said.open_id,
        at=now,
        on=bootstrap.today(),
    )


def _set_up(callback: Of | None) -> Of:
    if callback is None:
        raise HTTPException(404)
    return callback


async def _answered(request: Request, name: str, answer: Callable[[bytes], Response]) -> Response:
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > BODY_LIMIT:
                return _refused(name, f"请求超过 {BODY_LIMIT // 1024} KB", status=413)
    except ClientDisconnect:
        return _refused(name, "请求没有发完就断开了", status=400)
    return await run_in_threadpool(_checked, name, lambda: answer(bytes(body)))


def _checked(name: str, answer: Callable[[], Response]) -> Response:
    try:
        return answer()
    except BadCallback as error:
        return _refused(name, error.message, status=403)


def _refused(name: str, why: str, *, status: int) -> Response:
    _LOG.warning("%s的回调未接受：%s。没有写入任何内容。", name, why)
    return PlainTextResponse(BadCallback.__doc__ or "", status_code=status)
