"""`xiaohao outbox` and `deliver`."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import click

from xiaohao import bootstrap
from xiaohao.actions import deliver, outbox
from xiaohao.actions.deliver import Sent
from xiaohao.actions.outbox import ListedNotice, Resent
from xiaohao.cli import desk, screen
from xiaohao.cli.commands import Answer, Group, command
from xiaohao.cli.parameters import DAY, Count, WordOf, argument, flag, option
from xiaohao.cli.screen import Screen
from xiaohao.errors import WrongUsage
from xiaohao.vocabulary import Channel, NoticeState

MOST_FAILURES = 10
OUT_OF_REACH = 3
COUNT = Count()


@click.group("outbox", cls=Group, help="查看通知，放行暂缓的通知，重发没有送达的通知。")
def outbox_command() -> None:
    """通知."""


@outbox_command.command(
    "list",
    help="列出通知：状态、原因、下次发送时间。",
    examples=["outbox list", "outbox list --state 未送达 --date 2023-10-16", "outbox list --channel 文件"],
)
@option("--state", type=WordOf(NoticeState, "状态"), help="状态：暂缓、待发、已送达、存疑、未送达等。")
@option("--channel", type=WordOf(Channel, "渠道"), help="通知渠道：文件、网络钩子、企业微信应用消息等。")
@option("--date", "on", type=DAY, help="业务日期。")
def list_command(state: NoticeState | None, channel: Channel | None, on: date | None) -> Answer:
    states = () if state is None else (state,)
    notices = outbox.listed(desk.ledger(), states=states, channel=channel, on=on)
    return Answer({"total": len(notices), "notices": notices}, lambda s: _show_list(s, notices))


@outbox_command.command(
    "resend",
    help="""重发没有送达的通知。

写号码就重发这几份；--dead 对每个没有收到的人，重发给他的最后一份（他由别的渠道收到了的除外）；--channel 让停用的渠道恢复，排队的马上可发，与 --dead 合用时只重发这个渠道的。
重发的通知重新排队，由 xiaohao deliver 发出。""",
    examples=["outbox resend 17 18", "outbox resend --dead", "outbox resend --channel 企业微信应用消息"],
)
@argument("numbers", metavar="[号码…]", help="通知的号码，见 xiaohao outbox list。", type=COUNT, nargs=-1)
@flag("--dead", help="全部未送达的通知。")
@option("--channel", type=WordOf(Channel, "渠道"), help="恢复这个停用的渠道。")
def resend_command(numbers: tuple[int, ...], dead: bool, channel: Channel | None) -> Answer:
    if bool(numbers) + (dead or channel is not None) != 1:
        raise WrongUsage("请写明重发哪些：通知的号码，或 --dead，或 --channel 渠道。")
    done = outbox.resend(desk.ledger(), numbers=numbers, dead=dead, channel=channel, on=bootstrap.today())
    return Answer(done, lambda s: s.lines(_resent(done, channel)))


@outbox_command.command(
    "release",
    help="放行暂缓的通知。\n放行后由 xiaohao deliver 或下一次夜间运行发出。",
    examples=["outbox release"],
)
def release_command() -> Answer:
    released = outbox.release(desk.ledger(), on=bootstrap.today())
    said = f"已放行 {released} 份通知，运行 xiaohao deliver 发出。" if released else "没有暂缓的通知。"
    return Answer({"released": released}, lambda s: s.line(said))


@command(
    """发送待发的通知。

每份试一次；没有成功的按间隔再试，多次不成的记为未送达，改用下一个渠道，再报上一级。
不在发送时段、超过每人每天上限或渠道频率的，排到可以发的时候；渠道已受理的，到时查询送达结果。

退出码：3 渠道连不上、一份也没有发成，或有渠道因设置有问题已停用；其余为 0。""",
    examples=["deliver"],
)
def deliver_command() -> Answer:
    settings = bootstrap.settings()
    channels = bootstrap.channel_settings(settings)
    ledger = desk.ledger(settings)
    said = desk.through_up(settings, lambda flows: flows.deliver())
    if said is None:
        sent = deliver.deliver(
            ledger,
            bootstrap.today(),
            channels,
            bootstrap.delivery_rules(settings),
            progress=lambda count: screen.note(f"已发送 {count} 份"),
        )
    else:
        sent = deliver.sent_from(said)
    exit_code = OUT_OF_REACH if sent.is_cut_off else 0
    return Answer(_document(sent), lambda s: _show_sent(s, sent), exit_code)


def _document(sent: Sent) -> dict[str, Any]:
    return {
        "tried": sent.tried,
        **{state.value: sent.counts.get(state, 0) for state in NoticeState},
        "failures": list(dict.fromkeys(sent.failures)),
        "waiting": sent.waiting,
        "asked": sent.asked,
        "parked": sent.parked,
        "gave_up": sent.gave_up,
    }


def _show_list(s: Screen, notices: list[ListedNotice]) -> None:
    if notices:
        s.table(
            ("号", "业务日期", "收件人", "工号", "渠道", "状态", "次数", "送达时间", "下次发送", "原因"),
            [
                (
                    x.id,
                    x.business_date,
                    x.recipient,
                    x.official,
                    x.channel,
                    x.state,
                    x.attempts,
                    x.delivered_at,
                    x.next_attempt_at if x.state in outbox.WAITS else None,
                    x.why,
                )
                for x in notices
            ],
        )
    s.line(f"共 {len(notices)} 份")


def _resent(done: Resent, channel: Channel | None) -> Iterator[str]:
    if done.released_channels:
        yield f"渠道“{done.released_channels[0].label}”已恢复。"
    elif channel is not None:
        yield f"渠道“{channel.label}”没有停用。"
    if done.resent:
        yield f"已有 {done.resent} 份通知重新排队，运行 xiaohao deliver 发出。"
    else:
        yield "没有要重发的通知。"


def _show_sent(s: Screen, sent: Sent) -> None:
    if sent.tried:
        counts = "，".join(f"{state.label} {count} 份" for state, count in sent.counts.items())
        s.line(f"试发 {sent.tried} 份：{counts}。")
        for why in list(dict.fromkeys(sent.failures))[:MOST_FAILURES]:
            s.line(f"  {why}")
    elif not (sent.waiting or sent.asked or sent.parked):
        s.line("没有待发的通知。")
    if sent.asked:
        s.line(f"向渠道查询了 {sent.asked} 份通知的送达结果。")
    if sent.waiting:
        s.line(f"另有 {sent.waiting} 份排到可以发的时候再发，见 xiaohao outbox list --state 待发。")
    for word in sent.parked:
        s.line(f"渠道“{word.label}”已停用，通知都留着，原因见 xiaohao status。")
    s.lines(f"{why}。" for why in sent.gave_up)
