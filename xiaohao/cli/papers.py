"""`xiaohao measure`, `evidence` and `call-back`."""

from datetime import date
from pathlib import Path

import click

from xiaohao import bootstrap
from xiaohao.actions import call_back, evidence, measure
from xiaohao.cli import desk, problem_page
from xiaohao.cli.commands import Answer, Group, command
from xiaohao.cli.parameters import DAY, PATH, Count, Text, WordOf, acting, argument, flag, number, option
from xiaohao.errors import WrongUsage
from xiaohao.vocabulary import CallBackOutcome, EvidencePhase


@click.group("measure", cls=Group, help="增加或完成整改措施。\n措施全部完成才能申请销号。")
def measure_command() -> None:
    """整改措施."""


@measure_command.command(
    "add",
    help="增加一条整改措施。",
    examples=["measure add HL-2023-0007 重新摊铺沥青 --due 2023-10-31 --owner 村镇建设办 --by HL0007"],
)
@number
@argument("text", metavar="措施", help="整改措施的内容。", type=Text("措施"))
@option("--due", type=DAY, help="这条措施的完成时限。")
@option("--owner", help="由谁负责这条措施。", metavar="责任人", default="")
@acting
def add_measure_command(
    number: str, text: str, due: date | None, owner: str, by: str, on: date | None
) -> Answer:
    ledger, person, on = desk.sit_down(by, on)
    position = measure.add(ledger, number, text, by=person, on=on, due_on=due, owner=owner)
    return desk.after(ledger, number, f"已增加第 {position} 条措施。")


@measure_command.command(
    "done", help="完成一条整改措施。", examples=["measure done HL-2023-0007 2 --by HL0007"]
)
@number
@argument("position", metavar="序号", help="第几条措施，xiaohao show 可以查看。", type=Count())
@acting
def measure_done_command(number: str, position: int, by: str, on: date | None) -> Answer:
    ledger, person, on = desk.sit_down(by, on)
    measure.done(ledger, number, position, by=person, on=on)
    return desk.after(ledger, number, f"第 {position} 条措施已完成。")


@click.group("evidence", cls=Group, help="增加或查看佐证材料。\n申请销号前，至少要有一份佐证材料。")
def evidence_command() -> None:
    """佐证材料."""


@evidence_command.command(
    "add",
    help="增加佐证材料。\n照片、PDF、WPS 或 Office 文档、文本文件，原样存入 XIAOHAO_HOME。",
    examples=[
        "evidence add HL-2023-0007 整改后.jpg --by HL0007",
        "evidence add HL-2023-0007 整改前.jpg --phase 整改前",
    ],
)
@number
@argument("path", metavar="文件", help="要存入的文件。", type=PATH)
@option("--phase", type=WordOf(EvidencePhase, "阶段"), help="整改前、整改后，默认整改后。", default="after")
@acting
def add_evidence_command(number: str, path: Path, phase: EvidencePhase, by: str, on: date | None) -> Answer:
    ledger, person, on = desk.sit_down(by, on)
    files = bootstrap.evidence_files(bootstrap.settings())
    stored = evidence.add(ledger, files, number, path, phase=phase, by=person, on=on)
    return desk.after(ledger, number, f"已存入佐证材料“{stored.name}”（{phase.label}）。")


@evidence_command.command("list", help="列出一个问题的佐证材料。", examples=["evidence list HL-2023-0007"])
@number
def list_evidence_command(number: str) -> Answer:
    settings = bootstrap.settings()
    files = bootstrap.evidence_files(settings)
    lines = evidence.listed(desk.ledger(settings), number)
    rows = [
        (x.position, x.on, x.phase, x.name, problem_page.size(x.size), x.by, files.path_of(x.sha256))
        for x in lines
    ]
    heads = ("序号", "日期", "阶段", "文件", "大小", "存入人", "存放位置")
    return Answer(
        {"total": len(lines), "evidence": lines},
        lambda s: s.table(heads, rows) if rows else s.line("还没有佐证材料。"),
    )


@command(
    """记录回访结果。

来源是走访、联合接待日、热线等的问题，销号前要回访。结果不是满意或不满意的，要由上级单位认定（--decide）。""",
    examples=[
        "call-back HL-2023-0007 满意 --by HL0007",
        "call-back HL-2023-0007 已解释说明 --note 已向住户说明管线权属 --by HL0007",
        "call-back HL-2023-0007 --decide --by HL0003",
    ],
)
@number
@argument(
    "outcome",
    metavar="[结果]",
    help="满意、不满意、已解释说明、暂不具备条件。",
    type=WordOf(CallBackOutcome, "结果"),
    required=False,
)
@option("--note", help="回访情况。", default="")
@flag("--decide", help="上级单位认定最近一次回访结果。")
@acting
def call_back_command(
    number: str, outcome: CallBackOutcome | None, note: str, decide: bool, by: str, on: date | None
) -> Answer:
    if decide == (outcome is not None):
        raise WrongUsage(
            "请写明回访结果（满意、不满意、已解释说明、暂不具备条件），或用 --decide 认定最近一次结果。"
        )
    ledger, person, on = desk.sit_down(by, on)
    if outcome is None:
        call_back.decide(ledger, number, by=person, on=on)
        return desk.after(ledger, number, "已认定最近一次回访结果。")
    call_back.record(ledger, number, outcome, note, by=person, on=on)
    return desk.after(ledger, number, f"已记录回访结果：{outcome.label}。")
