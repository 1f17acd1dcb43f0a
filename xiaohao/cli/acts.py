"""`xiaohao register`, `correct`, `cancel`, `reassign`, `take-up` and `progress`."""

from datetime import date
from typing import Any

from xiaohao.actions.cancel import cancel
from xiaohao.actions.correct import Correction, correct
from xiaohao.actions.reassign import reassign
from xiaohao.actions.register import Registration, register
from xiaohao.actions.report_progress import report_progress
from xiaohao.actions.take_up import take_up
from xiaohao.cli import desk
from xiaohao.cli.commands import Answer, command
from xiaohao.cli.parameters import (
    CLASS,
    DAY,
    LENGTH,
    SOURCE,
    Text,
    acting,
    argument,
    number,
    option,
    reason,
)


@command(
    "登记一个问题。\n用于日常走访、联合接待日等随时发现的问题；成批的用 xiaohao import。",
    examples=[
        "register --title 东门外路灯不亮 --unit 七里店社区 --class 立行立改 --source 走访 --by HL0002",
        "register --title 楼道堆物 --unit QLD --class 限期整改 --term 15个工作日 --by HL0002",
    ],
)
@option("--title", help="问题描述。", default="")
@option("--unit", help="责任单位的编码或全称。", metavar="单位", required=True)
@option("--class", "rectification_class", type=CLASS, help="整改类型：立行立改、限期整改、长期整改。")
@option("--found-on", type=DAY, help="发现日期，默认与 --date 相同。")
@option("--due", type=DAY, help="整改时限（日期）。")
@option("--term", type=LENGTH, help="整改期限，如 15个工作日、3个月。")
@option("--review-every", type=LENGTH, help="长期整改多久报告一次进展，如 3个月。")
@option("--source", type=SOURCE, help="来源：走访、联合接待日、热线等。")
@option("--place", help="地点。", default="")
@option("--category", help="问题类别。", default="")
@option("--description", help="详细情况。", default="")
@option("--number", "external_number", help="外部编号。", metavar="编号")
@option("--co-unit", "co_units", help="协办单位，可以写几次。", metavar="单位", multiple=True)
@option("--measure", "measures", help="整改措施，可以写几次。", multiple=True)
@acting
def register_command(
    unit: str, due: date | None, found_on: date | None, by: str, on: date | None, **entry: Any
) -> Answer:
    ledger, person, on = desk.sit_down(by, on)
    number = register(
        ledger, Registration(unit=unit, due_on=due, found_on=found_on or on, **entry), by=person, on=on
    )
    return desk.after(ledger, number, f"已登记为 {number}。")


@command(
    """更正一个问题的文字。

用于改正笔误，要写明理由；写成空的内容会被清除。整改时限、类型、责任单位不能更正，分别用延期、变更类型、转办。""",
    examples=["correct HL-2023-0007 --place 七里店社区东门外 --reason 地点写错 --by HL0007"],
)
@number
@option("--title", help="问题描述。")
@option("--description", help="详细情况。")
@option("--category", help="问题类别。")
@option("--place", help="地点。")
@option("--source", type=SOURCE, help="来源：走访、联合接待日、热线等。")
@option("--number", "external_number", help="外部编号。", metavar="编号")
@option("--found-by", "found_by_unit", help="发现单位，编码或全称。", metavar="单位")
@option("--co-unit", "co_units", help="协办单位，写全应有的各个，可以写几次。", metavar="单位", multiple=True)
@reason
@acting
def correct_command(
    number: str, reason: str, co_units: tuple[str, ...], by: str, on: date | None, **texts: Any
) -> Answer:
    ledger, person, on = desk.sit_down(by, on)
    correct(ledger, number, Correction(co_units=co_units or None, **texts), reason, by=person, on=on)
    return desk.after(ledger, number, "已更正。")


@command(
    "作废一个问题。\n用于不该列入台账的问题，由上级单位办理，要写明理由；作废的不再计时，也不再统计。",
    examples=["cancel HL-2023-0007 --reason 与HL-2023-0003重复 --by HL0001"],
)
@number
@reason
@acting
def cancel_command(number: str, reason: str, by: str, on: date | None) -> Answer:
    ledger, person, on = desk.sit_down(by, on)
    cancel(ledger, number, reason, by=person, on=on)
    return desk.after(ledger, number, "已作废。")


@command(
    "把一个问题转给别的单位。\n由两个单位的共同上级办理，要写明理由；时限不变。",
    examples=["reassign HL-2023-0007 --unit 惠民社区 --reason 属惠民社区辖区 --by HL0001"],
)
@number
@option("--unit", help="新的责任单位，编码或全称。", metavar="单位", default="")
@reason
@acting
def reassign_command(number: str, unit: str, reason: str, by: str, on: date | None) -> Answer:
    ledger, person, on = desk.sit_down(by, on)
    reassign(ledger, number, unit, reason, by=person, on=on)
    return desk.after(ledger, number, "已转办，时限不变。")


@command("签收一个问题。\n责任单位签收登记给它的问题。", examples=["take-up HL-2023-0007 --by HL0007"])
@number
@acting
def take_up_command(number: str, by: str, on: date | None) -> Answer:
    ledger, person, on = desk.sit_down(by, on)
    take_up(ledger, number, by=person, on=on)
    return desk.after(ledger, number, "已签收。")


@command(
    "报告整改进展。\n还没有签收的，报告进展就是签收；长期整改的问题，报告后重新计算下一次报告日。",
    examples=["progress HL-2023-0007 路基已平整，下周浇筑 --by HL0007"],
)
@number
@argument("text", metavar="进展", help="整改进展的内容。", type=Text("进展"))
@acting
def progress_command(number: str, text: str, by: str, on: date | None) -> Answer:
    ledger, person, on = desk.sit_down(by, on)
    report_progress(ledger, number, text, by=person, on=on)
    return desk.after(ledger, number, "已记录整改进展。")
