"""`xiaohao close`, `reopen` and `extension`."""

from datetime import date

import click

from xiaohao.actions import closing, extension
from xiaohao.actions.reopen import reopen
from xiaohao.cli import desk
from xiaohao.cli.commands import Answer, Group, command
from xiaohao.cli.parameters import DAY, LENGTH, acting, number, option, reason
from xiaohao.rules.counting import Term

until = option("--until", type=DAY, help="延期后的整改时限。")


@click.group(
    "close",
    cls=Group,
    help="申请销号、退回、复核通过。\n由责任单位申请，由另一人复核；复核通过后，当晚的夜间运行写为已销号。",
)
def close_command() -> None:
    """销号."""


@close_command.command(
    "apply",
    help="申请销号。\n措施全部完成、至少有一份佐证材料、需要回访的已回访，才能申请；缺什么会一次列全。",
    examples=["close apply HL-2023-0007 --by HL0007"],
)
@number
@option("--text", help="申请说明。", default="")
@acting
def apply_command(number: str, text: str, by: str, on: date | None) -> Answer:
    ledger, person, on = desk.sit_down(by, on)
    closing.apply(ledger, number, by=person, on=on, text=text)
    return desk.after(ledger, number, f"已申请销号，等待复核（{person.name}，{on}）。")


@close_command.command(
    "return",
    help="退回销号申请。\n退回后继续整改，时限不变。",
    examples=["close return HL-2023-0007 --reason 照片看不清 --by HL0003"],
)
@number
@reason
@acting
def return_command(number: str, reason: str, by: str, on: date | None) -> Answer:
    ledger, person, on = desk.sit_down(by, on)
    closing.send_back(ledger, number, reason, by=person, on=on)
    return desk.after(ledger, number, "已退回，继续整改。")


@close_command.command(
    "verify",
    help="复核通过。\n复核人不能是申请人，层级也不能低于申请人所在单位。",
    examples=["close verify HL-2023-0007 --by HL0003"],
)
@number
@acting
def verify_command(number: str, by: str, on: date | None) -> Answer:
    ledger, person, on = desk.sit_down(by, on)
    closing.verify(ledger, number, by=person, on=on)
    return desk.after(ledger, number, "复核通过，下一次夜间运行写为已销号。")


@command(
    "已销号的问题反弹，重新整改。\n从重新打开的那天起另行计时，按最新的规则和日历。",
    examples=["reopen HL-2023-0007 --reason 路面再次塌陷 --due 2023-11-30 --by HL0007"],
)
@number
@reason
@option("--due", type=DAY, help="新的整改时限（日期）。")
@option("--term", type=LENGTH, help="新的整改期限，如 15个工作日。")
@acting
def reopen_command(
    number: str, reason: str, due: date | None, term: Term | None, by: str, on: date | None
) -> Answer:
    ledger, person, on = desk.sit_down(by, on)
    reopen(ledger, number, reason, by=person, on=on, due_on=due, term=term)
    return desk.after(ledger, number, "已重新打开。")


@click.group("extension", cls=Group, help="申请、同意或不同意延期。\n由责任单位申请，由上级单位批复。")
def extension_command() -> None:
    """延期."""


@extension_command.command(
    "ask",
    help="申请延期。\n批复以前，时限照旧。",
    examples=["extension ask HL-2023-0007 --until 2023-11-30 --reason 连续降雨无法施工 --by HL0007"],
)
@number
@option("--until", type=DAY, help="申请延到哪一天。", required=True)
@reason
@acting
def ask_command(number: str, until: date, reason: str, by: str, on: date | None) -> Answer:
    ledger, person, on = desk.sit_down(by, on)
    extension.ask(ledger, number, until, reason, by=person, on=on)
    return desk.after(ledger, number, f"已申请延期至 {until}，等待批复；批复以前时限照旧。")


@extension_command.command(
    "grant",
    help="同意延期。\n不写 --until 就按申请的日期；没有申请时，写明日期和理由也可以直接同意。",
    examples=["extension grant HL-2023-0007 --by HL0003"],
)
@number
@until
@reason
@acting
def grant_command(number: str, until: date | None, reason: str, by: str, on: date | None) -> Answer:
    ledger, person, on = desk.sit_down(by, on)
    extension.grant(ledger, number, by=person, on=on, until=until, reason=reason)
    return desk.after(ledger, number, "已同意延期。")


@extension_command.command(
    "refuse",
    help="不同意延期。\n要写明理由。",
    examples=["extension refuse HL-2023-0007 --reason 具备施工条件 --by HL0003"],
)
@number
@reason
@acting
def refuse_command(number: str, reason: str, by: str, on: date | None) -> Answer:
    ledger, person, on = desk.sit_down(by, on)
    extension.refuse(ledger, number, reason, by=person, on=on)
    return desk.after(ledger, number, "已不同意延期，时限照旧。")
