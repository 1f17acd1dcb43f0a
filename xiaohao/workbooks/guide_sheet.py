"""The sheet 说明: what the columns and colours mean. The importer passes it over by its name."""

from collections.abc import Sequence

from xlsxwriter.worksheet import Worksheet

from xiaohao.workbooks.cell_text import written
from xiaohao.workbooks.looks import LIGHTS, Looks

GUIDE = "说明"
_FIRST_UNIT = 3
_UNITS_COLUMN = "H"
_NOTES = (
    ("这张台账", True),
    ("由销号导出。可以筛选、打印，也可以改好后再导入：没有改动的行不会变化。", False),
    ("打印的是“销号时间”以前各列；其右各列只在屏幕上看。", False),
    ("", False),
    ("可以改的", True),
    ("问题、详细描述、来源、类别、地点、金额、整改措施、整改进展：导入时更新。", False),
    ("新的问题写在末尾，编号留空；整改进展另起一行写在原有内容下面。", False),
    ("", False),
    ("改了也不会照办的", True),
    ("整改时限、整改类型、责任单位、协办单位、发现时间、是否销号：导入时只提醒，不改动。", False),
    ("这几样要办理延期、变更整改类型、转办、更正、申请销号等手续。", False),
    ("状态、亮灯、督办级别、原定时限、下次复查：由程序计算，导入时不读。", False),
    ("", False),
    ("亮灯", True),
)  # fmt: skip
_LIGHT_NOTES = {"绿": "在时限内", "黄": "临近时限", "红": "已经逾期"}
_MORE = (
    ("已销号和中止的不亮灯。已作废的不在表内（用 --status 作废 另行导出，整行有删除线）。", False),
    ("反映问题的群众姓名、电话不导出。一格最多 32767 字，进展过长时只列最近的。", False),
)


def write_guide(sheet: Worksheet, looks: Looks, unit_words: Sequence[str]) -> None:
    """Write the guide; the units stand on its right, for the drop-downs of the ledger."""
    sheet.set_column(0, 0, 8)
    sheet.set_column(1, 1, 84)
    sheet.set_column(7, 7, 28)
    sheet.set_portrait()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.print_area(0, 0, len(_NOTES) + len(_LIGHT_NOTES) + len(_MORE), 1)
    lines = [
        *((text, bold, "") for text, bold in _NOTES),
        *((text, False, word) for word, text in _LIGHT_NOTES.items()),
        *((text, bold, "") for text, bold in _MORE),
    ]
    words = ["", "可选的责任单位", "", *unit_words]
    for row in range(max(len(lines), len(words))):
        if row < len(lines) and lines[row][0]:
            text, bold, light = lines[row]
            if light:
                assert light in LIGHTS
                sheet.write_string(row, 0, light, looks.cell("short", light=light))
            sheet.write_string(row, 0 if bold else 1, text, looks.heading() if bold else looks.note())
        if row < len(words) and words[row]:
            sheet.write_string(row, 7, written(words[row]), looks.line("left"))


def units_source(unit_words: Sequence[str]) -> str:
    """The cells that hold the units, for a drop-down."""
    last = _FIRST_UNIT + len(unit_words)
    return f"={GUIDE}!${_UNITS_COLUMN}${_FIRST_UNIT + 1}:${_UNITS_COLUMN}${last}"
