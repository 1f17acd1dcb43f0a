"""`xiaohao import`: ledgers, lists of units and lists of people, known by their heads."""

from pathlib import Path
from typing import Any

from xiaohao import bootstrap
from xiaohao.actions import import_workbook
from xiaohao.cli import desk, screen
from xiaohao.cli.commands import Answer, command
from xiaohao.cli.parameters import PATH, argument, day, flag
from xiaohao.cli.screen import Screen

SEVERITIES = {"error": "错误", "warning": "提醒"}
MOST_SHOWN = 60


@command(
    """导入台账、单位表或人员表。

按表头辨认是哪一种表：单位表有单位名称、单位类型、上级单位，人员表有姓名、单位、职务、手机号、任职时间，其余是问题台账。
支持 xlsx、xlsm、xls、ods、CSV 和 TSV。全部文件没有错误才写入；加 --accept-good 时只留下有错的行。同一份文件再导入一次，
台账不会变化。有需要核对的地方时，另存一份批注副本：错误的单元格标红，提醒的标黄，批注里写明原因；原文件不动。
本单位的列名可以写进一个对照表文件，用设置 XIAOHAO_HEADINGS 指定。""",
    examples=[
        "import 单位.csv 人员.csv",
        "import 台账.xlsx --dry-run",
        "import 台账.xlsx --date 2023-09-28 --json",
    ],
)
@argument("files", metavar="文件…", help="要导入的文件，可以写几个。", type=PATH, nargs=-1, required=True)
@flag("--dry-run", help="只检查，不写入。")
@flag("--accept-good", help="导入没有错误的行，有错误的行留下。")
@flag("--create-units", help="台账里没有的单位，按名称新建。")
@day
def import_command(
    files: tuple[Path, ...], dry_run: bool, accept_good: bool, create_units: bool, on: Any
) -> Answer:
    settings = bootstrap.settings()
    ledger = desk.ledger(settings)
    answer = import_workbook.import_files(
        ledger,
        files,
        on=desk.act_day(on),
        accept_good=accept_good,
        create_units=create_units,
        dry_run=dry_run,
        headings=settings.headings,
        annotate_in=settings.reports,
        progress=screen.note,
    )
    document = answer.as_json()
    return Answer(document, lambda s: _show(s, document, dry_run), 1 if answer.has_errors else 0)


def _show(s: Screen, document: dict[str, Any], dry_run: bool) -> None:
    heads = ("文件", "新增", "更新", "未变", "未导入")
    s.table(
        heads,
        [[f[key] for key in ("file", "new", "updated", "unchanged", "refused")] for f in document["files"]],
    )
    faults = [(Path(f["file"]).name, fault) for f in document["files"] for fault in f["faults"]]
    if faults:
        s.head(f"需要核对的地方（{len(faults)} 处）")
        s.table(
            ("", "文件", "工作表", "行", "列", "内容", "说明"),
            [
                (SEVERITIES[x["severity"]], name, x["sheet"], x["row"], x["column"], x["value"], x["message"])
                for name, x in faults[:MOST_SHOWN]
            ],
        )
        if len(faults) > MOST_SHOWN:
            s.line(f"其余 {len(faults) - MOST_SHOWN} 处未列出，加 --json 查看全部。")
    s.line()
    for file in document["files"]:
        if file["annotated"]:
            s.line(f"批注副本（红色要改，黄色请核对）：{file['annotated']}")
    s.line(_verdict(document, dry_run))


def _verdict(document: dict[str, Any], dry_run: bool) -> str:
    if dry_run:
        return "这是试导入，台账没有变化。"
    return "已写入台账。" if document["written"] else "没有写入，台账没有变化。"
