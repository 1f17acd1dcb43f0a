"""`xiaohao notify`: try a channel."""

from collections.abc import Sequence
from datetime import date

import click

from xiaohao import bootstrap
from xiaohao.actions import night, notify_preview, notify_test, owed
from xiaohao.actions.notify_preview import Preview
from xiaohao.actions.notify_test import Tested
from xiaohao.cli import desk, screen
from xiaohao.cli.commands import Answer, Group
from xiaohao.cli.parameters import DAY, Text, WordOf, argument, option
from xiaohao.cli.screen import Screen
from xiaohao.vocabulary import Channel

OUT_OF_REACH = 3
MOST_SHOWN = 20


@click.group("notify", cls=Group, help="试发一条消息检查通知渠道，预览要发的通知。")
def notify_command() -> None:
    """通知渠道."""


@notify_command.command(
    "test",
    help="用一个渠道真的发一条试发消息。\n"
    "渠道写代码或名称，如 wecom_app、企业微信应用消息（见词汇表），不必已经写进 XIAOHAO_CHANNELS。"
    "发不出去时说明哪里不对、怎么办；短信和工作通知还会等一会儿，问送到没有。\n"
    "退出码：0 渠道已受理，1 设置、地址或内容不对，3 连不上、发送过快或不知道发出没有。",
    examples=[
        "notify test wecom_robot",
        "notify test dingtalk_robot --to 孟轲乡@13800000000",
        "notify test mail --to wang@example.gov.cn",
    ],
)
@argument("channel", metavar="渠道", type=WordOf(Channel, "渠道"), help="渠道的代码或名称。")
@option(
    "--to",
    type=Text("收件地址"),
    help="发给谁：账号、手机号码、电子邮箱；群机器人写它在设置里的名称。",
)
def test_command(channel: Channel, to: str | None) -> Answer:
    settings = bootstrap.channel_settings(bootstrap.settings(), only=channel)
    tested = notify_test.send_test(channel, settings, to=to, now=bootstrap.now(), progress=screen.note)
    return Answer(tested, lambda s: _show(s, tested), _exit_code(tested))


@notify_command.command(
    "preview",
    help="预览夜间运行会发给谁、各渠道上写成什么样；不写入，也不发送。\n"
    "写了工号或姓名就只看这一位的。每个渠道（XIAOHAO_CHANNELS）各显示一份，并注明有多少字节。",
    examples=["notify preview", "notify preview HL0024", "notify preview 王建国 --date 2023-10-16"],
)
@argument("code", metavar="[工号]", required=False, help="只看发给谁的，写工号或姓名。")
@option("--date", "on", type=DAY, help="业务日期，默认是最近一个该运行的日期。")
def preview_command(code: str | None, on: date | None) -> Answer:
    settings = bootstrap.settings()
    ledger = desk.ledger(settings)
    on = on or owed.owed(ledger, bootstrap.now())
    night.check_date(ledger, on, today=bootstrap.today())
    found = notify_preview.preview(
        ledger,
        bootstrap.channel_settings(settings),
        on=on,
        page_url=settings.page_url,
        scopes=night.scopes(ledger, settings.scopes, on),
        code=code,
    )
    return Answer({"business_date": on, "previews": found}, lambda s: _show_previews(s, on, found))


def _show_previews(s: Screen, on: date, found: Sequence[Preview]) -> None:
    if not found:
        s.line(f"{on} 的夜间运行没有要发的通知。")
    for each in found[:MOST_SHOWN]:
        way = "" if each.reaches else "，没有这个渠道的地址，不会从这里发出"
        s.head(f"{each.recipient}（{each.code}） {each.channel.label}  {each.size} 字节{way}")
        s.lines([each.subject] if each.subject not in each.words else [])
        s.lines(each.words.splitlines())
    if (more := len(found) - MOST_SHOWN) > 0:
        s.line(f"其余 {more} 份没有列出，写工号只看一位，或加 --json 查看全部。")


def _exit_code(tested: Tested) -> int:
    if tested.taken and tested.delivered is not False:
        return 0
    return OUT_OF_REACH if tested.passing else 1


def _show(s: Screen, tested: Tested) -> None:
    name = tested.channel.label
    if not tested.taken:
        code = "" if tested.code is None else f"（{tested.code}）"
        s.line(f"{name}没有发出：{tested.why}{code}。")
    elif tested.delivered is False:
        s.line(f"{name}：{tested.why}（{tested.code}）。")
    elif tested.delivered:
        s.line(f"{name}：试发消息已送达{'，对方已读' if tested.read else ''}。")
    else:
        s.line(f"{name}：试发消息已受理，请看对方收到没有。")
        if tested.why:
            s.line(f"{tested.why}。")
    if tested.advice:
        s.line(tested.advice)
