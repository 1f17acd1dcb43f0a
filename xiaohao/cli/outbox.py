"""`xiaohao outbox` and `deliver`."""

from datetime import date
from typing import Any

import click

from xiaohao import bootstrap
from xiaohao.actions import deliver, outbox
from xiaohao.actions.deliver import Sent
from xiaohao.actions.outbox import ListedNotice
from xiaohao.cli import desk, screen
from xiaohao.cli.commands import Answer, Group, command
from xiaohao.cli.parameters import DAY, WordOf, option
from xiaohao.cli.screen import Screen
from xiaohao.vocabulary import NoticeState

MOST_FAILURES = 10


@click.group("outbox", cls=Group, help="查看通知，放行暂缓的通知。")
def outbox_command() -> None:
    """通知."""


@outbox_command.command(
    "list", help="列出通知。", examples=["outbox list", "outbox list --state 未送达 --date 2023-10-16"]
)
@option("--state", type=WordOf(NoticeState, "状态"), help="状态：暂缓、待发、已送达、存疑、未送达等。")
@option("--date", "on", type=DAY, help="业务日期。")
def list_command(state: NoticeState | None, on: date | None) -> Answer:
    ledger = desk.ledger()
    notices = outbox.listed(ledger, states=() if state is None else (state,), on=on)
    return Answer({"total": len(notices), "notices": notices}, lambda s: _show_list(s, notices))


@outbox_command.command(
    "release",
    help="放行暂缓的通知。\n放行后由 xiaohao deliver 或下一次夜间运行发出。",
    examples=["outbox release"],
)
def release_command() -> Answer:
    released = outbox.release(desk.ledger(), on=bootstrap.today())
    said = f"已放行 {released} 份通知，运行 xiaohao deliver 发出。" if released else "没有暂缓的通知。"
    return Answer({"released": released}, lambda s: s.line(said))


@command("发送待发的通知。\n每份试一次；没有成功的按间隔再试，多次不成的记为未送达。", examples=["deliver"])
def deliver_command() -> Answer:
    settings = bootstrap.settings()
    sent = deliver.deliver(
        desk.ledger(settings),
        bootstrap.today(),
        bootstrap.channel_settings(settings),
        progress=lambda count: screen.note(f"已发送 {count} 份"),
    )
    return Answer(_document(sent), lambda s: _show_sent(s, sent))


def _document(sent: Sent) -> dict[str, Any]:
    return {
        "tried": sent.tried,
        **{state.value: sent.counts.get(state, 0) for state in NoticeState},
        "failures": list(dict.fromkeys(sent.failures)),
    }


def _show_list(s: Screen, notices: list[ListedNotice]) -> None:
    if notices:
        s.table(
            ("号", "业务日期", "收件人", "工号", "渠道", "状态", "次数", "送达时间", "回执"),
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
                    x.receipt,
                )
                for x in notices
            ],
        )
    s.line(f"共 {len(notices)} 份")


def _show_sent(s: Screen, sent: Sent) -> None:
    if not sent.tried:
        s.line("没有待发的通知。")
        return
    counts = "，".join(f"{state.label} {count} 份" for state, count in sent.counts.items())
    s.line(f"试发 {sent.tried} 份：{counts}。")
    for why in list(dict.fromkeys(sent.failures))[:MOST_FAILURES]:
        s.line(f"  {why}")
