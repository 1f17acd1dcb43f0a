"""`xiaohao ledger`, `show` and `explain`."""

from datetime import date

from models.facts import ProblemLine
from xiaohao import bootstrap
from xiaohao.actions import explain
from xiaohao.cli import desk, problem_page
from xiaohao.cli.commands import Answer, command
from xiaohao.cli.parameters import DAY, LIGHT, number, option, rectification_class, status, unit
from xiaohao.cli.screen import Screen
from xiaohao.ledger import lists
from xiaohao.vocabulary import Light, RectificationClass, Status


@command(
    "查看台账。\n已销号的也在内；可以按单位、类型、亮灯、状态挑选。",
    examples=["ledger", "ledger --unit 孟轲乡 --light 红", "ledger --status 申请销号 --json"],
)
@unit
@rectification_class
@option("--light", type=LIGHT, help="亮灯：绿、黄、红。")
@status
def ledger_command(
    unit: str | None,
    rectification_class: RectificationClass | None,
    light: Light | None,
    status: Status | None,
) -> Answer:
    with desk.ledger().reading() as r:
        lines = lists.problem_lines(
            r, unit=unit, rectification_class=rectification_class, light=light, status=status
        )
    return Answer({"total": len(lines), "problems": lines}, lambda s: _show(s, lines))


@command(
    "查看一个问题的全部情况。\n包括措施、进展、佐证材料、预警和督办、通知。",
    examples=["show HL-2023-0007", "show PD-01 --json"],
)
@number
def show_command(number: str) -> Answer:
    with desk.ledger().reading() as r:
        view = lists.problem_view(r, number)
    return Answer(view, lambda s: problem_page.show(s, view))


@command(
    "说明一个问题的时限怎么算、接下来会怎样。\n逐日说明哪些天计入、哪些天不计，下一步什么时候到、通知谁。",
    examples=["explain HL-2023-0007", "explain HL-2023-0007 --on 2023-10-16"],
)
@number
@option("--on", type=DAY, help="截至哪一天，默认今天。")
def explain_command(number: str, on: date | None) -> Answer:
    answer = explain.explain(desk.ledger(), number, on=on or bootstrap.today())
    return Answer(answer, lambda s: s.lines(answer.lines()))


def _show(s: Screen, lines: tuple[ProblemLine, ...]) -> None:
    if lines:
        s.table(
            ("编号", "问题", "责任单位", "类型", "时限", "状态", "灯", "督办"),
            [
                (
                    x.number,
                    x.title,
                    x.unit,
                    x.rectification_class,
                    x.due_on,
                    x.status,
                    x.light,
                    f"{x.level}级" if x.level else None,
                )
                for x in lines
            ],
        )
    s.line(f"共 {len(lines)} 件")
