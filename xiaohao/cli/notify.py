"""`xiaohao notify`: try a channel."""

import click

from xiaohao import bootstrap
from xiaohao.actions import notify_test
from xiaohao.actions.notify_test import Tested
from xiaohao.cli import screen
from xiaohao.cli.commands import Answer, Group
from xiaohao.cli.parameters import Text, WordOf, argument, option
from xiaohao.cli.screen import Screen
from xiaohao.vocabulary import Channel

OUT_OF_REACH = 3


@click.group("notify", cls=Group, help="试发一条消息，检查通知渠道。")
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
