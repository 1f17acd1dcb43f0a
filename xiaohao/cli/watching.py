"""`xiaohao watch`."""

from datetime import date

from xiaohao import bootstrap
from xiaohao.actions import watch
from xiaohao.actions.watch import Watched
from xiaohao.cli import desk
from xiaohao.cli.commands import Answer, command
from xiaohao.cli.parameters import DAY, flag, option
from xiaohao.cli.screen import Screen


@command(
    """巡查：夜间运行是否按时做完，有没有落下的。

检查漏跑、落下的时间点、没有通知的督办、没有结果的通知、对不上的数、留痕和磁盘空间。
一切正常才发出心跳，所以收不到心跳就是报警；有不正常的逐条写明怎么办，退出码为 1，记入 xiaohao status。""",
    examples=["watch", "watch --date 2023-10-16", "watch --no-heartbeat --json"],
)
@option("--date", "on", type=DAY, help="哪一天的夜间运行应当已经做完，默认是最近一个应运行的日期。")
@flag("--no-heartbeat", "silent", help="只检查，不发心跳。")
def watch_command(on: date | None, silent: bool) -> Answer:
    settings = bootstrap.settings()
    done = watch.watch(
        desk.ledger(settings),
        bootstrap.watch_settings(settings),
        now=bootstrap.now(),
        on=on,
        beats=not silent,
    )
    document = {
        "business_date": done.business_date,
        "well": done.well,
        "last_night": done.last_night,
        "checks": done.checks,
        "findings": done.findings,
        "heartbeats": done.heartbeats,
        "run": done.run,
    }
    return Answer(document, lambda s: _show(s, done), 0 if done.well else 1)


def _show(s: Screen, done: Watched) -> None:
    found = {each.check: each.message for each in done.findings}
    s.line(f"巡查　{done.headline}。", style="bold")
    s.table(("检查", "结果"), [(x.name, "正常" if x.well else found[x.check]) for x in done.checks])
