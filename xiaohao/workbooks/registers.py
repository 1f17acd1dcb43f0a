"""Lists of units and of people."""

import re
from collections.abc import Sequence
from datetime import date

from xiaohao.vocabulary import ROBOTS, Channel
from xiaohao.workbooks.cells import NoDate, is_broken, narrow, one_line, packed, phone, read_date
from xiaohao.workbooks.columns import Column, Field, first_by_field
from xiaohao.workbooks.faults import Faults, about_broken
from xiaohao.workbooks.grid import Row, Sheet, Value
from xiaohao.workbooks.head import Head
from xiaohao.workbooks.lines import PersonLine, UnitLine
from xiaohao.workbooks.merges import Filled
from xiaohao.workbooks.sections import is_listed
from xiaohao.workbooks.unit_names import clean
from xiaohao.workbooks.words import kind_of, role_of

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", re.ASCII)
_NO_ADDRESS = "无"
_OF_UNITS: tuple[tuple[Field, tuple[Channel, ...]], ...] = (
    (Field.ROBOT, ROBOTS),
    (Field.WECOM_ROBOT, (Channel.WECOM_ROBOT,)),
    (Field.DINGTALK_ROBOT, (Channel.DINGTALK_ROBOT,)),
    (Field.FEISHU_ROBOT, (Channel.FEISHU_ROBOT,)),
)
_OF_PEOPLE: tuple[tuple[Field, tuple[Channel, ...]], ...] = (
    (Field.EMAIL, (Channel.MAIL,)),
    (Field.WECOM_ID, (Channel.WECOM_APP,)),
    (Field.DINGTALK_ID, (Channel.DINGTALK_WORK,)),
    (Field.DINGTALK_GOV_ID, (Channel.DINGTALK_GOV,)),
    (Field.FEISHU_ID, (Channel.FEISHU_APP,)),
    (Field.OTHER_SERVICE, (Channel.OTHER,)),
)
_MONTH = re.compile(r"(\d{4})[年./\-](\d{1,2})月?")  # 2022年5月: its first day


class _Register:
    """The rows below the head of a list; cells by field."""

    def __init__(self, sheet: Sheet, head: Head, faults: Faults) -> None:
        self._sheet, self._faults = sheet, faults
        self.from_1904 = sheet.from_1904
        self._columns = {field: columns[0] for field, columns in first_by_field(head.columns).items()}
        self._filled = Filled(sheet)
        heading = {c.index: c.heading for c in head.columns}
        self.rows = [
            row
            for row in sheet.rows[head.last + 1 :]
            if is_listed(row)
            and not all(packed(value) == heading.get(index) for index, value in row.filled())
        ]

    def cell(self, row: Row, field: Field) -> Value:
        column = self._columns.get(field)
        if column is None:
            return None
        value = row.at(column.index)
        return self._filled.value(row.number, column.index) if value is None else value

    def text(self, row: Row, field: Field) -> str:
        value = self.cell(row, field)
        return "" if is_broken(value) else one_line(value)

    def column(self, field: Field) -> Column | None:
        return self._columns.get(field)

    def error(self, row: Row, field: Field, message: str, *, heading: str) -> None:
        column = self._columns.get(field)
        self._faults.error(
            self._sheet.name,
            row.number,
            column.heading if column else heading,
            self.cell(row, field),
            message,
        )

    def warn(self, row: Row, field: Field, message: str) -> None:
        column = self._columns.get(field)
        self._faults.warning(
            self._sheet.name, row.number, column.heading if column else "", self.cell(row, field), message
        )


def read_unit_list(sheet: Sheet, head: Head, faults: Faults) -> list[UnitLine]:
    """The units of a list with 单位名称, 单位类型, 上级单位."""
    register = _Register(sheet, head, faults)
    lines: list[UnitLine] = []
    for row in register.rows:
        name = clean(register.text(row, Field.NAME))
        word = register.text(row, Field.KIND)
        kind = kind_of(word)
        if not name:
            register.error(row, Field.NAME, "没有写单位名称。请补上，或删去这一行。", heading="单位名称")
        elif kind is None:
            register.error(
                row,
                Field.KIND,
                f"看不懂单位类型“{word}”。请填区、街道、乡镇、社区、村、党支部或部门。",
                heading="单位类型",
            )
        else:
            parent = clean(register.text(row, Field.PARENT))
            code = packed(register.cell(row, Field.CODE))
            contacts = _contacts(register, row, _OF_UNITS)
            lines.append(UnitLine(sheet.name, row.number, name, kind, parent or None, code or None, contacts))
    return lines


def read_people_list(sheet: Sheet, head: Head, faults: Faults) -> list[PersonLine]:
    """The people of a list with 姓名, 单位, 职务, 手机号, 任职时间."""
    register = _Register(sheet, head, faults)
    lines: list[PersonLine] = []
    for row in register.rows:
        name = packed(register.text(row, Field.NAME))
        unit = clean(register.text(row, Field.UNIT))
        word = register.text(row, Field.ROLE)
        role = role_of(word)
        if not name:
            register.error(row, Field.NAME, "没有写姓名。请补上，或删去这一行。", heading="姓名")
        elif not unit:
            register.error(row, Field.UNIT, "没有写单位。请填写单位全称。", heading="单位")
        elif role is None:
            register.error(
                row,
                Field.ROLE,
                f"看不懂职务“{word}”。请填党支部书记、分管领导、督查员或经办人。",
                heading="职务",
            )
        else:
            from_on, until_on = _day(register, row, Field.FROM_ON), _day(register, row, Field.UNTIL_ON)
            lines.append(
                PersonLine(
                    sheet.name,
                    row.number,
                    name,
                    unit,
                    role,
                    _mobile(register, row),
                    from_on,
                    until_on,
                    packed(register.cell(row, Field.CODE)) or None,
                    packed(register.text(row, Field.DEPUTY_OF)) or None,
                    _contacts(register, row, _OF_PEOPLE),
                )
            )
    return lines


def _mobile(register: _Register, row: Row) -> str:
    value = register.cell(row, Field.MOBILE)
    if is_broken(value):
        register.warn(row, Field.MOBILE, f"{about_broken(value)}手机号按空白处理。")
        return ""
    number = phone(value)
    if number and not any(character.isdigit() for character in number):
        return ""
    return number


def _contacts(
    register: _Register, row: Row, fields: Sequence[tuple[Field, tuple[Channel, ...]]]
) -> tuple[tuple[str, str], ...]:
    """Channel and address of every cell that has one; a column of one channel goes before a common one."""
    found: dict[str, str] = {}
    for field, channels in fields:
        value = register.cell(row, field)
        if is_broken(value):
            register.warn(row, field, f"{about_broken(value)}这一格按空白处理。")
            continue
        address = packed(value)
        if address and field is Field.EMAIL and address != _NO_ADDRESS and not _EMAIL.fullmatch(address):
            register.warn(row, field, "看不出是电子邮箱地址，这一格按空白处理。")
            continue
        found |= {channel.value: address for channel in channels if address}
    return tuple(found.items())


def _day(register: _Register, row: Row, field: Field) -> date | None:
    value = register.cell(row, field)
    day = read_date(value, from_1904=register.from_1904)
    if isinstance(day, NoDate) and isinstance(value, str) and (month := _MONTH.fullmatch(narrow(value))):
        day = read_date(f"{month[1]}-{month[2]}-1", from_1904=False)
    if isinstance(day, NoDate):
        register.warn(row, field, "看不出是哪一天，这一格按空白处理。请填成 2026-3-2 这样的日期。")
        return None
    return day
