"""`xiaohao trail`."""

from collections.abc import Callable, Sequence

import click

from xiaohao import bootstrap
from xiaohao.actions import rebuild_trail, show_run, show_trail, verify_trail
from xiaohao.actions.show_run import RunView
from xiaohao.actions.verify_trail import Verified
from xiaohao.cli import desk, screen
from xiaohao.cli.commands import Answer, Group
from xiaohao.cli.parameters import Count, Text, argument, number, option
from xiaohao.cli.screen import Screen


@click.group("trail", cls=Group, help="查看、核对留痕，由留痕重建台账。")
def trail_command() -> None:
    """留痕."""


@trail_command.command(
    "show", help="查看一个问题从登记到销号的每一步。", examples=["trail show HL-2023-0007"]
)
@number
def show_command(number: str) -> Answer:
    answer = show_trail.show_trail(desk.ledger(), number)
    return Answer(answer, lambda s: s.lines(answer.lines()))


@trail_command.command(
    "run",
    help="查看一次运行写下的留痕。\n由台账里的运行编号，或 Prefect 页面上那次运行的 Id，查到它的每一条。",
    examples=["trail run 12", "trail run 0193e7a2-5c1f-7d3e-9a60-2f4b8c1d7e55"],
)
@argument("run", metavar="运行", help="台账里的运行编号，或 Prefect 的运行 Id。", type=Text("运行"))
def run_command(run: str) -> Answer:
    views = show_run.show_run(desk.ledger(), run)
    return Answer({"runs": views}, lambda s: _show_runs(s, views))


@trail_command.command(
    "rebuild",
    help="由留痕重建台账。\n逐条核对留痕，写入另一个空的数据库；重建出的台账应与现在的相同。",
    examples=["trail rebuild 重建.db"],
)
@argument(
    "target",
    metavar="数据库",
    help="写到哪里：SQLite 文件名，或 postgresql://用户@主机/库名。",
    type=Text("数据库"),
)
def rebuild_command(target: str) -> Answer:
    ledger = desk.ledger()
    rebuilt = rebuild_trail.rebuild(ledger, desk.closed_at_end(bootstrap.empty_ledger(target)))
    return Answer(
        rebuilt,
        lambda s: s.line(
            f"留痕 {rebuilt.entries} 条逐条核对无误，重建台账 {rebuilt.rows} 行，根 {rebuilt.root}。"
        ),
    )


@trail_command.command(
    "verify",
    help="核对留痕：由每一条重新算出根。\n与台账记下的根和每个检查点比对，查出被改动、删除、调换、"
    "插入或截掉的，退出码为 1。通知末尾的“留痕检查点 1842·9f3c61d0”等以前记下的检查点，"
    "可以用 --size 1842 --root 9f3c61d0 一并对照。",
    examples=["trail verify", "trail verify --size 1842 --root 9f3c61d0"],
)
@option("--size", type=Count(), metavar="条数", help="对照的检查点：当时留痕共有多少条。")
@option("--root", metavar="根", help="对照的检查点：当时的根，或它的前 8 位以上。", default="")
def verify_command(size: int | None, root: str) -> Answer:
    claim = verify_trail.claim_of(size, root)
    done = verify_trail.verify_trail(
        desk.ledger(), on=bootstrap.today(), claim=claim, progress=_progress(screen.note)
    )
    return Answer(done, lambda s: _show_verified(s, done), 0 if done.well else 1)


def _progress(note: Callable[[str], None]) -> Callable[[int, int], None]:
    """A line for every tenth part; none for a trail that is read at once."""
    shown = 0

    def at(done: int, of: int) -> None:
        nonlocal shown
        tenth = 10 * done // of
        if tenth > shown and done < of:
            note(f"已核对 {done} / {of} 条")
            shown = tenth

    return at


def _show_verified(s: Screen, done: Verified) -> None:
    s.line(f"{done.headline}。")
    if done.erased:
        s.line(f"其中 {done.erased} 条的内容已依法删除，按封存的值计入。")
    if done.findings:
        s.table(("留痕", "不符之处"), [(x.seq, x.message) for x in done.findings])


def _show_runs(s: Screen, views: Sequence[RunView]) -> None:
    for view in views:
        run = view.run
        s.head(f"第 {run.run} 号运行　{show_run.name_of(run)}")
        s.facts(
            [
                ("业务日期", run.business_date),
                ("开始", run.started_at),
                ("结束", run.finished_at),
                ("Prefect 运行", run.prefect_runs),
                ("留痕", f"{view.entries} 条"),
            ]
        )
        if view.first:
            rows = [(x.seq, x.number or x.subject, show_run.what(x)) for x in view.first]
            s.table(("留痕", "问题", "事项"), rows)
        if (more := view.entries - len(view.first)) > 0:
            s.line(f"另有 {more} 条没有列出。")
