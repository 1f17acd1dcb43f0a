"""Rows of a sheet that are no problems: titles, unit lines, sections, totals, signatures, notes, specimens."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum, auto

from xiaohao.vocabulary import RectificationClass
from xiaohao.workbooks.cells import date_within, narrow, one_line, packed, plain, real_date
from xiaohao.workbooks.columns import Column, Field
from xiaohao.workbooks.grid import Row, Value
from xiaohao.workbooks.unit_names import clean, is_unit, unit_in_title
from xiaohao.workbooks.words import class_named_in

_TITLE = re.compile(
    r"(?:台账|清单|一览表|汇总表?|明细表?|统计表|登记表|销号表|情况表|任务表|记录表|方案|续表)(?:[(（].*[)）])?$"
)
_TITLE_LINE = re.compile(r"^(?!附件.{0,6}$)[^：]{4,}$")
_TOTAL = re.compile(r"^(?:合计|总计|小计|共计|累计|总数|汇总|总和|共\d+[个项条件])")
_SIGNATURE = re.compile(
    r"^(?:填表人?|填报人?|制表人?|审核人?|审批人?|审签人?|复核人?|核对人?|经办人?|负责人|单位负责人|主要负责人|主要领导|分管领导|"
    r"领导签字|联系人|联系电话|签字|签名|签章|盖章|填报单位|填报时间|填报日期|填表时间|填表日期|制表时间|制表日期|报送时间|报送单位|"
    r"部门负责人|责任人签字|日期)(?:签字|签名|[(（].{1,6}[)）])?[:：]"
)
_NOTE = re.compile(r"^(?:注|备注|说明|填表说明|填报说明|填写说明|注意事项)\d*[:：.、]")
_SPECIMEN = re.compile(r"^[(（]?(?:示例|样例|例如|举例|范例|例|样表)[)）]?\d*[:：]?$")
_UNIT_LINE = re.compile(
    r"(?:填报|上报|报送|编制|制表|填表|登记)?(?:单位|部门)(?:名称)?(?:[(（](?:盖章|公章|章)[)）])?\s*[:：]\s*(.+)"
)
_DATE_LABEL = re.compile(r"(?:时间|日期|截至|截止|更新)")
_LEVELS = (
    re.compile(r"^[一二三四五六七八九十]{1,3}[、.．]|^第[一二三四五六七八九十]{1,3}[类部章]"),
    re.compile(r"^[（(][一二三四五六七八九十]{1,3}[）)]"),
)
BARE = len(_LEVELS) + 1  # the level of a section without a number
_COUNT = re.compile(r"[（(]?(?:共|共计)?\d+(?:个|项|条|件|人|类)(?:问题)?[）)]?$")
_Cells = Sequence[tuple[int, Value]]


@dataclass(slots=True)
class Preamble:
    """What the lines round a table say: its title, who filed it, when."""

    title: str = ""
    register_unit: str | None = None
    filled_on: date | None = None

    def read(self, row: Row, *, from_1904: bool, may_be_title: bool = True) -> None:
        """Take in one line above the head or below the rows."""
        texts = [(value, one_line(value)) for _, value in row.filled()]
        for value, text in texts:
            self._read_date(value if not isinstance(value, str) else None, text, from_1904=from_1904)
            if (found := _UNIT_LINE.search(text)) and self.register_unit is None:
                self.register_unit = _unit_of_line(found[1])
        if may_be_title and not self.title and len(texts) == 1 and _TITLE_LINE.search(packed(texts[0][1])):
            self.title = texts[0][1]

    def _read_date(self, value: Value, text: str, *, from_1904: bool) -> None:
        if self.filled_on is not None:
            return
        if value is not None:
            day = real_date(value, from_1904=from_1904)
        else:
            bare = date_within(text)
            labelled = _DATE_LABEL.search(text) is not None
            day = bare if bare and (labelled or len(narrow(text)) <= 14) else None
        self.filled_on = day

    @property
    def title_unit(self) -> str | None:
        """The unit that the title names."""
        return unit_in_title(self.title) if self.title else None


@dataclass(frozen=True, slots=True)
class Section:
    """A row that heads the rows below it; a lower `level` is the wider one."""

    level: int
    text: str
    rectification_class: RectificationClass | None
    unit_name: str | None


class Sections:
    """The sections that stand over the row being read."""

    def __init__(self) -> None:
        self._open: list[Section] = []
        self._bare_is_widest: bool | None = None

    def enter(self, section: Section) -> None:
        """A section ends those of its own level and below.

        One without a number is the widest where the table's first section has none, else the narrowest.
        """
        if self._bare_is_widest is None:
            self._bare_is_widest = section.level == BARE
        if section.level == BARE and self._bare_is_widest:
            section = replace(section, level=0)
        self._open = [one for one in self._open if one.level < section.level] + [section]

    @property
    def rectification_class(self) -> RectificationClass | None:
        """The class that the narrowest section names."""
        named = (one.rectification_class for one in reversed(self._open))
        return next((c for c in named if c is not None), None)

    @property
    def unit_name(self) -> str | None:
        """The unit that the narrowest section names."""
        return next((one.unit_name for one in reversed(self._open) if one.unit_name), None)

    @property
    def topic(self) -> str:
        """The narrowest section that names neither a class nor a unit: 党建方面."""
        topics = (
            one.text
            for one in reversed(self._open)
            if not one.rectification_class and not one.unit_name and len(one.text) <= 20
        )
        return next(topics, "")


def kind_of_row(row: Row, columns: dict[int, Column], width: int) -> "RowKind | Section":
    """What a row below the head is. `width`: over how many columns its first cell is merged."""
    cells = list(row.filled())
    if not cells:
        return RowKind.SKIPPED
    if _is_numbering(cells):
        return RowKind.SKIPPED
    if not any(isinstance(value, str) for _, value in cells[:2]):
        return RowKind.PROBLEM
    first = [packed(value) for _, value in cells[:2] if isinstance(value, str)]
    if any(_TOTAL.match(text) and len(text) <= 12 for text in first) or _SPECIMEN.match(first[0]):
        return RowKind.SKIPPED
    if len(cells) <= 2 and _NOTE.match(first[0]):
        return RowKind.SKIPPED
    if _SIGNATURE.match(first[0]):
        return RowKind.SIGNATURE
    if len(cells) == 1 and _TITLE.search(first[0]):
        return RowKind.TITLE
    return _section(cells, columns, width) or RowKind.PROBLEM


class RowKind(Enum):
    """A row below the head that opens no section."""

    PROBLEM = auto()
    SKIPPED = auto()  # totals, notes, specimens, column numbers
    SIGNATURE = auto()
    TITLE = auto()  # of a further table


def _section(cells: _Cells, columns: dict[int, Column], width: int) -> Section | None:
    if len(cells) > 2 or not isinstance(cells[0][1], str):
        return None
    index, text = cells[0][0], one_line(cells[0][1])
    if len(cells) > 1 and not _opens_with_more(text, cells, columns):
        return None
    level = next((n for n, pattern in enumerate(_LEVELS, 1) if pattern.search(text)), 0)
    named = class_named_in(text)
    column = columns.get(index)
    in_title = column is not None and column.field is Field.TITLE and width < 3
    bare = _COUNT.sub("", _strip_number(text)).strip(" ：:")
    unit = clean(bare) if is_unit(bare) else None
    if in_title and not (level and (named or _COUNT.search(text))):
        return None
    if column is not None and column.field in (Field.MEASURES, Field.PROGRESS) and width < 3:
        return None
    if level or named or unit or width >= 3 or column is None or column.field in (Field.SERIAL, Field.NUMBER):
        return Section(level or BARE, bare, named, unit)
    return None


def _opens_with_more(text: str, cells: _Cells, columns: dict[int, Column]) -> bool:
    """Whether a numbered line that names a class has only a remark beside it: 一、立行立改问题 | 12个."""
    beside = {columns[index].field for index, _ in cells[1:] if index in columns}
    said = beside & {Field.TITLE, Field.UNIT, Field.MEASURES}
    numbered = any(pattern.search(text) for pattern in _LEVELS)
    return numbered and class_named_in(text) is not None and not said


def _is_numbering(cells: _Cells) -> bool:
    """Whether the row only numbers the columns: 1 2 3 4, or 甲 乙 1 2."""
    if len(cells) < 4 or len(plain(cells[-1][1])) > 4:
        return False
    texts = [narrow(plain(value)).strip("()") for _, value in cells]
    numbers = [int(text) for text in texts if text.isdecimal() and len(text) <= 2]
    return (
        len(numbers) >= 3
        and all(text.isdecimal() or text in "甲乙丙丁" for text in texts)
        and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    )


def is_listed(row: Row) -> bool:
    """Whether a row of a plain list is an entry, no total, signature, note or specimen."""
    return kind_of_row(row, {}, 1) is RowKind.PROBLEM


def _strip_number(text: str) -> str:
    for pattern in _LEVELS:
        text = pattern.sub("", text)
    return text.strip()


def _unit_of_line(text: str) -> str | None:
    """The unit of 填报单位：…, without what else stands in the line."""
    bare = re.split(r"\s{2,}|(?:填报|填表|报送|制表|上报|更新)?(?:时间|日期|人)[:：]|[,，;；]", text.strip())[
        0
    ]
    return clean(bare) or None
