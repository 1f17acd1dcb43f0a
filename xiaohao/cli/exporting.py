"""`xiaohao export`: the ledger as a workbook, or an empty one to begin with."""

from pathlib import Path

from xiaohao import bootstrap
from xiaohao.actions import export_workbook
from xiaohao.cli import desk, screen
from xiaohao.cli.commands import Answer, command
from xiaohao.cli.parameters import PATH, argument, flag, rectification_class, status, unit
from xiaohao.errors import WrongUsage
from xiaohao.vocabulary import RectificationClass, Status


@command(
    """把台账导出为 Excel。

有筛选、下拉选项和亮灯颜色，按 A4 横向设好打印；改好后可以再导入，没有改动的行不会变化。已销号的也在内，已作废的
只在写明 --status 作废 时导出。群众姓名、电话不导出。加 --template 生成空白模板，带单位表和人员表。""",
    examples=[
        "export 台账.xlsx",
        "export 孟轲乡.xlsx --unit 孟轲乡 --class 限期整改",
        "export 模板.xlsx --template",
    ],
)
@argument("file", metavar="文件", help="要写的 xlsx 文件；已有的会被替换。", type=PATH)
@flag("--template", help="生成空白模板。")
@unit
@rectification_class
@status
def export_command(
    file: Path,
    template: bool,
    unit: str | None,
    rectification_class: RectificationClass | None,
    status: Status | None,
) -> Answer:
    if template and (rectification_class or status):
        raise WrongUsage("空白模板里没有问题，--template 不能和 --class、--status 一起用。")
    ledger, at = desk.ledger(), bootstrap.now()
    if template:
        done = export_workbook.export_template(ledger, file, at=at, unit=unit)
        said = f"已生成模板 {done.file}。"
    else:
        done = export_workbook.export(
            ledger,
            file,
            at=at,
            unit=unit,
            rectification_class=rectification_class,
            status=status,
            progress=screen.note,
        )
        said = f"已导出 {done.problems} 件，文件是 {done.file}。"
    return Answer({"file": str(done.file), "problems": done.problems}, lambda s: s.line(said))
