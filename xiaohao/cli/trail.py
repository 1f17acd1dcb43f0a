"""`xiaohao trail`."""

import click

from xiaohao import bootstrap
from xiaohao.actions import rebuild_trail, show_trail
from xiaohao.cli import desk
from xiaohao.cli.commands import Answer, Group
from xiaohao.cli.parameters import Text, argument, number


@click.group("trail", cls=Group, help="查看留痕，由留痕重建台账。")
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
