"""An empty ledger for an office that begins: drop-downs, an example that is not imported, 单位 and 人员."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from xlsxwriter import Workbook

from xiaohao.vocabulary import Role, UnitKind
from xiaohao.workbooks.cell_text import written
from xiaohao.workbooks.looks import Looks
from xiaohao.workbooks.new_file import replacing
from xiaohao.workbooks.sheet_form import (
    CLASSES,
    HEAD_ROW,
    SOURCES,
    YES_NO,
    Choice,
    Form,
    close_sheet,
    open_sheet,
    row_height,
)
from xiaohao.workbooks.writer import RowLook, new_book, write_row

SPECIMEN = "示例"
"""In the first cell of a row: the reader passes the row over."""
_UNIT_ROWS = 2_000
_EMPTY_ROWS = 12
"""Lined rows to be filled in, also by hand on paper."""
_UNITS = Choice(source=f"=单位!$B${HEAD_ROW + 2}:$B${_UNIT_ROWS}", strict=False)
_LEDGER = Form(
    [
        "序号", "编号", "问题", "来源", "责任单位", "协办单位", "责任人", "整改类型", "发现时间", "整改时限",
        "整改措施", "整改进展", "是否销号", "销号时间", "备注",
    ],
    [6, 11, 30, 9, 14, 12, 9, 9, 11, 13, 32, 26, 6, 11, 14],
    [
        "short", "typed", "text", "short", "text", "text", "short", "short", "day", "day", "text", "text",
        "short", "day", "text",
    ],
    15,
    {"来源": SOURCES, "责任单位": _UNITS, "整改类型": CLASSES, "是否销号": YES_NO},
    {
        "编号": "本单位自己的编号，没有可以不填；不能重复。",
        "责任单位": "填单位全称，一个问题一个；其余写在协办单位。",
        "协办单位": "几个单位用顿号隔开。",
        "发现时间": "填日期，如 2026-3-5。",
        "整改时限": "填日期，或期限，如 15个工作日内。立行立改可以不填，长期整改写“长期坚持”。",
        "整改措施": "有几条的，每条一行，写 1. 2. 3.。",
        "是否销号": "只有已经销号的旧问题才填是。",
    },
    2,
)  # fmt: skip
_LEDGER_SPECIMEN = (
    SPECIMEN, "", "东门外道路破损，雨天积水", "走访", "（单位全称）", "", "张三", "限期整改", "2026-3-5", "15个工作日内",
    "1. 现场勘查，确定修补范围\n2. 铺设路面", "", "否", "", "这一行是示例，不会导入",
)  # fmt: skip
_UNIT_FORM = Form(
    ["序号", "单位名称", "单位类型", "上级单位", "单位编码", "群机器人"],
    [6, 34, 12, 34, 18, 16],
    ["short", "text", "short", "text", "typed", "typed"],
    6,
    {
        "单位类型": Choice([word.label for word in UnitKind]),
        "上级单位": Choice(source=_UNITS.source, strict=False),
    },
    {
        "单位编码": "可以不填，由程序给出。",
        "群机器人": "单位工作群里的机器人在设置里的名称；没有的，用上级单位的。",
    },
    1,
)
_UNIT_SPECIMEN = (SPECIMEN, "孟轲乡", "乡镇", "华龙区", "", "")
_PEOPLE_FORM = Form(
    [
        "序号", "姓名", "单位", "职务", "手机号", "任职时间", "离任时间", "工号", "AB角", "电子邮箱",
        "企业微信账号", "钉钉账号", "飞书账号",
    ],
    [6, 12, 28, 14, 16, 13, 13, 12, 12, 22, 14, 14, 14],
    [
        "short", "text", "text", "short", "typed", "day", "day", "typed", "text", "typed", "typed", "typed",
        "typed",
    ],
    13,
    {"单位": _UNITS, "职务": Choice([word.label for word in Role])},
    {
        "手机号": "用于发送提醒。",
        "离任时间": "在任的留空。",
        "工号": "没有可以不填，由程序给出。",
        "AB角": "代谁履职，填被代理人的姓名，并写明起止日期。",
        "企业微信账号": "用企业微信应用发通知的才填：通讯录里的账号（userid）。写“无”删去原来的。",
        "钉钉账号": "用钉钉工作通知的才填：userid。",
        "飞书账号": "用飞书应用发通知的才填：open_id。",
    },
    1,
)  # fmt: skip
_PEOPLE_SPECIMEN = (SPECIMEN, "张三", "孟轲乡", "分管领导", "13800000000", "2026-1-1", *[""] * 7)


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit that the ledger has. `parent` is written by the word that finds it again, "" for the district."""

    name: str
    kind: UnitKind
    parent: str
    code: str


def write_template(path: Path, *, unit: str, units: Sequence[UnitRow], made_at: datetime) -> None:
    """Write the empty ledger to `path`, whole or not at all. Raises Refused where it cannot be written.

    `unit` is the office that will file it. Importing the sheet as it is changes nothing.
    """
    title = f"{unit}问题整改台账"
    with replacing(path) as fresh, new_book(fresh, title, unit, made_at) as book:
        looks = Looks(book)
        line = (f"填报单位：{unit}", "", "填报日期：")
        rows = [
            (number, row.name, row.kind.label, row.parent, row.code, "")
            for number, row in enumerate(units, 1)
        ]
        _write(book, looks, "问题台账", _LEDGER, title, line, _LEDGER_SPECIMEN, [])
        _write(book, looks, "单位", _UNIT_FORM, f"{unit}单位名单", ("", "", ""), _UNIT_SPECIMEN, rows)
        _write(book, looks, "人员", _PEOPLE_FORM, f"{unit}人员名单", ("", "", ""), _PEOPLE_SPECIMEN, [])


def _write(
    book: Workbook,
    looks: Looks,
    name: str,
    form: Form,
    title: str,
    line: Sequence[str],
    specimen: Sequence[str],
    rows: Sequence[tuple[int, str, str, str, str, str]],
) -> None:
    sheet = book.add_worksheet(name)
    open_sheet(sheet, form, looks, title=title, line=line)
    first = HEAD_ROW + 1
    if not rows:
        sheet.set_row(first, row_height(specimen, form))
        for index, text in enumerate(specimen):
            sheet.write_string(first, index, written(text), looks.specimen(form.kinds[index]))
        first += 1
    look = RowLook(looks, form.kinds)
    for place, values in enumerate(rows):
        write_row(sheet, first + place, values, look, height=row_height(values, form))
    last = first + len(rows) - 1
    for row in range(last + 1, last + 1 + _EMPTY_ROWS):
        sheet.set_row(row, 27)
        sheet.write_blank(row, 0, None, look.usual[0])
    close_sheet(sheet, form, looks, last_row=last + _EMPTY_ROWS, lined=True)
