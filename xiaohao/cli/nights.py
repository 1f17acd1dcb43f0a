"""`xiaohao nightly`, `recheck` and `status`."""

from collections.abc import Callable
from datetime import date
from typing import Any

from models.facts import ProblemLine
from xiaohao import bootstrap
from xiaohao.actions import night, night_report, owed, status, whole_night
from xiaohao.actions.recheck import Rechecked, recheck, rechecked_from
from xiaohao.actions.whole_night import Night
from xiaohao.cli import desk, night_page, screen, status_page
from xiaohao.cli.commands import Answer, command
from xiaohao.cli.parameters import DAY, Text, argument, day, flag, option, unit
from xiaohao.cli.screen import Screen
from xiaohao.errors import WrongUsage
from xiaohao.ledger import lists
from xiaohao.ledger.writing import Ledger
from xiaohao.settings import Settings
from xiaohao.vocabulary import Status


@command(
    """夜间运行：亮灯、督办、销号、通知。

对一个业务日期核对全部时限：到期前亮黄灯，过期亮红灯并逐级督办，复核通过的写为已销号，把当晚的事各发一份汇总。
同一日期再运行一次，不会重复；漏跑的日期一并补上。每天凌晨 2 点以后可以运行当天的。""",
    examples=[
        "nightly",
        "nightly --date 2023-10-16 --dry-run",
        "nightly --date 2023-10-16 --hold",
    ],
)
@option("--date", "on", type=DAY, help="业务日期，默认是最近一个该运行的日期。")
@flag("--dry-run", help="只看会发生什么，不写入，也不通知。")
@flag("--hold", help="通知先不发出，核对后用 xiaohao outbox release 放行。")
@flag("--direct", help="不经过 Prefect，直接运行。")
def nightly_command(on: date | None, dry_run: bool, hold: bool, direct: bool) -> Answer:
    if dry_run and hold:
        raise WrongUsage("--dry-run 不写入也不通知，不必再写 --hold。")
    settings = bootstrap.settings()
    ledger = desk.ledger(settings)
    on = on or owed.owed(ledger, bootstrap.now())
    channels, today = bootstrap.channel_settings(settings), bootstrap.today()
    night.check_date(ledger, on, today=today)
    scopes = night.scopes(ledger, settings.scopes, on)
    if dry_run:
        done = whole_night.rehearsed(ledger, on, channels, today=today, scopes=scopes)
        return _answer(done, lambda s: night_page.show_rehearsal(s, done))
    verified = _to_be_closed(ledger, on)
    if direct:
        done = whole_night.whole_night(
            ledger,
            on,
            channels,
            today=today,
            scopes=scopes,
            page_url=settings.page_url,
            held=hold,
            rules=bootstrap.delivery_rules(settings),
            progress=screen.note,
        )
        night_report.write(settings.reports, done, night_report.lights(ledger))
    else:
        done = _through_prefect(settings, on, hold)
    view = status.status(ledger, on, channels.answering)
    return _answer(done, lambda s: night_page.show(s, done, verified, view, settings))


@command(
    """手动重新核查问题。

重新计算时限和亮灯，补办该办的事；不发通知，由下一次夜间运行一并通知。夜间运行之后马上核查，不会有变化。""",
    examples=["recheck HL-2023-0007", "recheck --unit 孟轲乡 --dry-run", "recheck --all"],
)
@argument("numbers", metavar="[编号…]", help="要核查的问题，可以写几个。", type=Text("编号"), nargs=-1)
@unit
@flag("--all", "everything", help="核查全部问题。")
@day
@flag("--dry-run", help="只看会有什么变化，不写入。")
def recheck_command(
    numbers: tuple[str, ...], unit: str | None, everything: bool, on: date | None, dry_run: bool
) -> Answer:
    if sum((bool(numbers), unit is not None, everything)) != 1:
        raise WrongUsage("请写明核查哪些问题：问题编号、--unit 单位、--all 三者选一。")
    settings = bootstrap.settings()
    ledger = desk.ledger(settings)
    day = desk.act_day(on)
    form = {"numbers": numbers, "unit": unit, "business_date": day.isoformat(), "dry_run": dry_run}
    said = desk.through_up(settings, lambda flows: flows.recheck(form))
    if said is None:
        done = recheck(ledger, on=day, numbers=numbers, unit=unit, everything=everything, dry_run=dry_run)
    else:
        done = rechecked_from(said)
    for sentence in done.set_aside:
        screen.note(sentence)
    return Answer(done, lambda s: _show_rechecked(s, done, dry_run), 1 if done.set_aside else 0)


@command(
    "查看运行情况：漏跑、未送达、岗位空缺、各单位亮灯。",
    examples=["status", "status --json"],
)
def status_command() -> Answer:
    settings = bootstrap.settings()
    ledger = desk.ledger(settings)
    terms = bootstrap.answering(settings)
    view = status.status(ledger, owed.owed(ledger, bootstrap.now()), terms)
    return Answer(view, lambda s: status_page.show(s, view))


def _show_rechecked(s: Screen, done: Rechecked, dry_run: bool) -> None:
    if done.changed:
        s.table(("编号", "变化"), [(x.number, "；".join(x.reasons)) for x in done.changed])
    said = "会有变化" if dry_run else "有变化"
    s.line(
        f"核查 {done.checked} 件，{said} {len(done.changed)} 件"
        + ("（试运行，没有写入）。" if dry_run else "。")
    )


def _to_be_closed(ledger: Ledger, on: date) -> list[ProblemLine]:
    """What the night of this date is going to write as 销号."""
    with ledger.reading() as r:
        verified = lists.problem_lines(r, status=Status.VERIFIED)
    return [line for line in verified if line.next_event_on is not None and line.next_event_on <= on]


def _through_prefect(settings: Settings, on: date, hold: bool) -> Night:
    from flows import on_console, up_file

    up = up_file.living(settings.home)
    if up is None:
        screen.note("正在启动 Prefect（约十几秒）…")
    else:
        screen.note(f"经正在运行的 xiaohao up 办理（{up.prefect_api}）…")
    return on_console.run_night(on, hold=hold, up=up)


def _answer(done: Night, show: Callable[[Screen], None]) -> Answer:
    for sentence in (*done.set_aside, *done.failed):
        screen.note(sentence)
    return Answer(_document(done), show, 0 if done.is_whole else 1)


def _document(done: Night) -> dict[str, Any]:
    return {
        "business_date": done.business_date,
        "missed": done.missed,
        "fired": done.fired,
        "yellow": done.yellow,
        "red": done.red,
        "escalated": {str(level): count for level, count in done.escalated.items()},
        "closed": done.closed,
        "notices": done.notices,
        "untold": done.untold,
        "trail_size": done.trail_size,
        "root": done.root,
        "set_aside": done.set_aside,
        "failed": done.failed,
    }
