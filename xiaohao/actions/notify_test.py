"""试发: one real message over one channel, and in plain words what came of it. The ledger is not touched."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from notifiers import choose, message
from notifiers.choose import Addressee, ChannelSettings
from notifiers.message import (
    Accepted,
    Again,
    Fate,
    Message,
    Misconfigured,
    Part,
    Receipt,
    Refused,
    Tracking,
    Uncertain,
)
from notifiers.wecom_app import NOT_TRUSTED
from xiaohao.errors import WrongUsage
from xiaohao.vocabulary import ROBOTS, Channel

WAITS = (timedelta(seconds=1), timedelta(seconds=4), timedelta(seconds=7))
"""How long the result is waited for, where the channel tells one: each wait ends with a question."""
SUBJECT = "销号系统试发消息"
_PROXY_ADVICE = "请核对代理的设置：环境变量 HTTPS_PROXY；内网地址不经过代理的写进 NO_PROXY。"
_TO: Mapping[Channel, str] = {
    Channel.WECOM_APP: "企业微信账号（userid）",
    Channel.DINGTALK_WORK: "钉钉账号（userid）",
    Channel.DINGTALK_GOV: "专有钉钉账号（accountId）",
    Channel.FEISHU_APP: "飞书账号（open_id）",
    Channel.MAIL: "电子邮箱",
    Channel.SMS_ALIYUN: "手机号码",
    Channel.SMS_TENCENT: "手机号码",
    Channel.WEBHOOK: "网络钩子的地址",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What came of a message sent to try a channel.

    `taken`: the channel took it. `delivered` and `read` are what it told afterwards, None where it tells
    nothing or has not yet. `passing`: nothing is wrong with settings or address, it may go another time.
    `why` says what is wrong and `advice` what to do, "" where all is well.
    """

    channel: Channel
    taken: bool
    delivered: bool | None = None
    read: bool | None = None
    passing: bool = False
    code: int | str | None = None
    why: str = ""
    advice: str = ""


def send_test(
    channel: Channel,
    settings: ChannelSettings,
    *,
    to: str | None,
    now: datetime,
    waits: Sequence[timedelta] = WAITS,
    progress: Callable[[str], None] | None = None,
) -> Tested:
    """Send one short real message at once, outside of the outbox: no window and no cap holds it back.

    `to` is an address as the channel takes it; without one it goes where the channel goes by itself (the
    robot called 默认, the webhook's own address). `now` bears a zone. Raises WrongUsage where an address
    is needed, or the channel has no settings.
    """
    address = to or choose.address_of(channel, Addressee(code="notify-test", name="试发"), settings)
    if not address:
        raise WrongUsage(f"请用 --to 写明发给谁：{_wanted(channel, settings)}。")
    said = test_message(now)
    with_one = replace(settings, order=(channel,))
    return asyncio.run(_sent(channel, with_one, said, address, now, waits, progress or (lambda _text: None)))


def test_message(now: datetime) -> Message:
    """What is sent: that it is a test, from when, and that nothing need be done."""
    line = f"这是一条试发消息，发于 {now:%Y年%m月%d日 %H:%M}，用来检查通知渠道，不必处理。"
    return Message(
        subject=SUBJECT,
        head=Part(line, line),
        items=(),
        foot=Part("", ""),
        recipient="试发",
        business_date=now.date(),
    )


async def _sent(
    word: Channel,
    settings: ChannelSettings,
    said: Message,
    address: str,
    now: datetime,
    waits: Sequence[timedelta],
    progress: Callable[[str], None],
) -> Tested:
    channel = choose.channels(settings)[word]
    try:
        receipt = await channel.send(
            message.letter(channel, said, address=address, key=f"notify-test:{uuid4()}")
        )
        if not isinstance(receipt, Accepted):
            return judged(word, receipt, now)
        tested = Tested(channel=word, taken=True, delivered=receipt.delivered or None)
        if not isinstance(channel, Tracking) or receipt.delivered:
            return tested
        progress(f"{word.label}已受理，正在等待送达结果……")
        return await _told(channel, tested, receipt.reference, address, waits, now)
    finally:
        await channel.aclose()


async def _told(
    channel: Tracking,
    tested: Tested,
    reference: str,
    address: str,
    waits: Sequence[timedelta],
    now: datetime,
) -> Tested:
    accepted_at = datetime.now(UTC)
    for wait in waits:
        await asyncio.sleep(wait.total_seconds())
        match await channel.fate(reference, address=address, accepted_at=accepted_at, at=datetime.now(UTC)):
            case Fate(failed=Refused() as failed):
                told = judged(tested.channel, failed, now)
                return replace(told, taken=True, delivered=False, why=f"渠道已受理，但没有送到：{failed.why}")
            case Fate(delivered=True, read=read):
                return replace(tested, delivered=True, read=read)
            case Misconfigured(code=code, why=why):
                return replace(tested, code=code, why=f"已受理，但问不到结果：{why}")
    return tested


def judged(channel: Channel, receipt: Receipt, now: datetime) -> Tested:
    """A receipt that is not Accepted, as an operator needs it."""
    match receipt:
        case Misconfigured(code=code, why=why):
            return Tested(
                channel=channel,
                taken=False,
                code=code,
                why=why,
                advice=_settings_advice(channel, receipt, now),
            )
        case Refused(code=code, why=why):
            return Tested(
                channel=channel,
                taken=False,
                code=code,
                why=why,
                advice="请核对 --to 写的收件地址和消息的内容。",
            )
        case Again(why=why, code=code):
            advice = "请稍后再试。" if code is not None else _reach_advice(why)
            return Tested(channel=channel, taken=False, passing=True, code=code, why=why, advice=advice)
        case Uncertain(why=why, code=code):
            advice = "请先看对方收到没有；没有收到的，核对接口地址后再试。"
            return Tested(channel=channel, taken=False, passing=True, code=code, why=why, advice=advice)
    return Tested(channel=channel, taken=True)


def _settings_advice(channel: Channel, fault: Misconfigured, now: datetime) -> str:
    if fault.code == "certificate":
        return "对方用的是单位自建的证书时，请在环境变量 SSL_CERT_FILE 里写明根证书文件。"
    if fault.code == "proxy":
        return _PROXY_ADVICE
    if "时钟" in fault.why or "时间" in fault.why:
        return f"本机现在是 {now:%Y-%m-%d %H:%M:%S}（北京时间），请与标准时间核对。"
    if channel is Channel.WECOM_APP and fault.code == NOT_TRUSTED:
        return (
            "请在企业微信管理后台把这个地址加进应用的“企业可信IP”。那里填不进去的，先设可信域名，"
            "或在“接收消息”里填好回调地址（通知页的地址加 /callback/wecom_app）。"
        )
    names = f"XIAOHAO_{channel.value.upper()}_"
    return f"请改正以 {names} 开头的设置，或在对方的管理后台调整，然后再试（xiaohao config show 查看设置）。"


def _reach_advice(why: str) -> str:
    if "代理" in why:
        return _PROXY_ADVICE
    return "请检查网络、防火墙和接口地址；要经过代理才能上网的，设置环境变量 HTTPS_PROXY。"


def _wanted(channel: Channel, settings: ChannelSettings) -> str:
    if names := choose.names_of(channel, settings):
        kind = "群机器人的名称" if channel in ROBOTS else "服务的名称"
        return f"{kind}，设置里有 {'、'.join(names)}"
    return _TO.get(channel, "收件地址")
