"""Rows of a sheet that are no problems: titles, unit lines, sections, totals, signatures, notes, specimens."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum, auto
from itertools import pairwise
from types import MappingProxyType

from xiaohao.vocabulary import RectificationClass
from xiaohao.workbooks import margins
from xiaohao.workbooks.cells import date_within, narrow, one_line, packed, plain, real_date
from xiaohao.workbooks.columns import Column, Field
from xiaohao.workbooks.grid import Row, Value
from xiaohao.workbooks.unit_names import clean, is_unit, unit_in_title
from xiaohao.workbooks.words import class_named_in, class_of_sheet, class_of_table, closed_named_in

_TITLE = re.compile(
    r"(?:台账|清单|一览表|汇总表?|明细表?|统计表|登记表|销号表|情况表|任务表|记录表|方案|续表)(?:[(（].*[)）])?$"
)
_TITLE_LINE = re.compile(r"^(?!附件.{0,6}$)[^：]{4,}$")
_UNIT_LINE = re.compile(
    r"(?:填报|上报|报送|编制|制表|填表|登记)?(?:单位|部门)(?:名称)?(?:[(（](?:盖章|公章|章)[)）])?\s*[:：]\s*(.+)"
)
_UNIT_LABEL = re.compile(
    r"(?:填报|上报|报送|编制|制表|填表|登记)(?:单位|部门)(?:名称)?(?:[(（](?:盖章|公章|章)[)）])?[:：]?|(?:单位|部门)(?:名称)?[:：]"
)
_DATE_LABEL = re.compile(r"(?:时间|日期|截至|截止|更新)")
_LEVELS = (
    re.compile(r"^[一二三四五六七八九十]{1,3}[、.．]|^第[一二三四五六七八九十]{1,3}[类部章]"),
    re.compile(r"^[（(][一二三四五六七八九十]{1,3}[）)]"),
)
BARE = len(_LEVELS) + 1  # the level of a section without a number
_WHOSE = re.compile(r"(?:责任|整改|牵头|承办|主办|主责)(?:单位|部门)[:：]\s*(.+)")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_OWN_NUMBER = re.compile(
    r"[一二三四五六七八九十]{1,3}[、.．]?|[ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ]+[、.．]?|(?P<inner>[（(][一二三四五六七八九十]{1,3}[）)])"
)
_TOPIC = re.compile(r"(?:方面|类|部分|领域|事项)[:：]?$")
_COUNT = re.compile(r"[（(]?(?:共|共计)?\d+(?:个|项|条|件|人|类)(?:问题)?[）)]?$")
_IN_BRACKETS = re.compile(r"[（(](?:共|共计)?\d+(?:个|项|条|件|类)(?:问题)?[）)]$")
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
        for (_, label), (_, text) in pairwise(texts):
            if self.register_unit is None and _UNIT_LABEL.fullmatch(packed(label)) and is_unit(text):
                self.register_unit = clean(text)
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
    def rectification_class(self) -> RectificationClass | None:
        """The class that the title gives to all rows of its table."""
        return class_of_table(self.title) if self.title else None

    @property
    def title_year(self) -> int | None:
        """The one year that the title names: 2026年上半年环境整治台账."""
        years = set(re.findall(r"(20[0-7]\d)年", packed(self.title)))
        return int(years.pop()) if len(years) == 1 else None

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

    @property
    def says_closed(self) -> bool:
        """Whether it heads what is closed: 已销号问题."""
        return closed_named_in(self.text)


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
    def closed_as(self) -> str:
        """The section that says that what is below it is closed; "" where none does."""
        return next((one.text for one in reversed(self._open) if one.says_closed), "")

    @property
    def topic(self) -> str:
        """The narrowest section that names neither a class nor a unit: 党建方面."""
        topics = (
            one.text
            for one in reversed(self._open)
            if not one.rectification_class and not one.unit_name and len(one.text) <= 20
        )
        return next(topics, "")


def kind_of_row(
    row: Row,
    columns: dict[int, Column],
    width: int,
    *,
    given: Mapping[int, Value] = MappingProxyType({}),
    below: bool = True,
) -> "RowKind | Section":
    """What a row below the head is.

    `width`: over how many columns its first cell is merged; `given`: what cells merged from above give it, by
    column; `below`: no entry follows it closely.
    """
    cells = list(row.filled())
    if not cells:
        return RowKind.SKIPPED
    if _is_numbering(cells):
        return RowKind.SKIPPED
    alone = not given
    if columns and margins.has_serial(cells, columns):
        return _section(cells, columns, width, alone=alone) or RowKind.PROBLEM
    if margins.is_specimen(packed(cells[0][1])):
        return RowKind.SKIPPED
    if margins.is_entry(cells, columns, given if width < 3 else {}):
        return _section(cells, columns, width, alone=False, is_entry=True) or RowKind.PROBLEM
    if alone and (section := _announced(cells, columns)) is not None:
        return section
    if margins.is_total(cells, columns) or margins.is_note(cells):
        return RowKind.SKIPPED
    if alone and margins.is_signature(cells, columns, below=below):
        return RowKind.SIGNATURE
    if not any(isinstance(value, str) for _, value in cells[:2]):
        return RowKind.PROBLEM
    if len(cells) == 1 and _TITLE.search(packed(cells[0][1])):
        return RowKind.TITLE
    return _section(cells, columns, width, alone=alone) or RowKind.PROBLEM


class RowKind(Enum):
    """A row below the head that opens no section."""

    PROBLEM = auto()
    SKIPPED = auto()  # totals, notes, specimens, column numbers
    SIGNATURE = auto()
    TITLE = auto()  # of a further table


def names_a_table(text: str) -> bool:
    """Whether a text that ends as a table's title does is one, and no problem: 未建立台账 is none."""
    if re.search("[未不无没缺]", text):
        return False
    return "续表" in text or unit_in_title(text) is not None or re.search("问题|整改", text) is not None


def _section(
    cells: _Cells, columns: dict[int, Column], width: int, *, alone: bool, is_entry: bool = False
) -> Section | None:
    if len(cells) > 2 or not isinstance(cells[0][1], str):
        return None
    if alone and (numbered := _numbered_section(cells, columns)) is not None:
        return numbered
    index, text = cells[0][0], one_line(cells[0][1])
    if len(cells) > 1 and not _opens_with_more(text, cells, columns):
        return None
    level, bare, named = _level(text), _bare(text), class_named_in(text)
    column = columns.get(index)
    in_title = column is not None and column.field is Field.TITLE and width < 3
    unit = clean(bare) if is_unit(bare) else None
    if is_entry and not (level and (class_of_sheet(bare) or _IN_BRACKETS.search(text))):
        return None
    if in_title and not (
        level and (named or _COUNT.search(text) or (alone and _lacks_serial(cells, columns)))
    ):
        return None
    if column is not None and column.field in (Field.MEASURES, Field.PROGRESS) and width < 3:
        return None
    if level or named or unit or width >= 3 or column is None or column.field in (Field.SERIAL, Field.NUMBER):
        return Section(level or BARE, bare, named, unit)
    return None


def _announced(cells: _Cells, columns: dict[int, Column]) -> Section | None:
    """A section that a count stands beside (立行立改类 | 共12个), or that says whose it is (责任单位：某社区)."""
    text = one_line(cells[0][1]) if isinstance(cells[0][1], str) else ""
    if len(cells) == 1 and (found := _WHOSE.fullmatch(text)) and is_unit(found[1]):
        return Section(BARE, text, None, clean(found[1]))
    if len(cells) != 2 or not (isinstance(cells[1][1], int) or _COUNT.fullmatch(packed(cells[1][1]))):
        return None
    level, bare = _level(text), _bare(text)
    has_units = any(column.field is Field.UNIT for column in columns.values())
    named, unit = class_named_in(text), clean(bare) if is_unit(bare) and not has_units else None
    if not (named or unit or level) or margins.is_total(cells[:1], {}):
        return None
    column = columns.get(cells[0][0])
    in_title = column is not None and column.field is Field.TITLE
    counted = isinstance(cells[1][1], str) or any(c.field is Field.SERIAL for c in columns.values())
    heads = named or counted or is_unit(bare) or _TOPIC.search(bare) is not None
    if in_title and not (unit or class_of_sheet(bare) or (level and heads)):
        return None
    return Section(level or BARE, bare, named, unit)


def _numbered_section(cells: _Cells, columns: dict[int, Column]) -> Section | None:
    """A section whose number stands in a cell of its own: 一 | 立行立改（共12个）."""
    if len(cells) != 2 or not all(isinstance(value, str) for _, value in cells):
        return None
    (place, number), (_, value) = cells
    column, found = columns.get(place), _OWN_NUMBER.fullmatch(packed(number))
    if found is None or (column is not None and column.field not in (Field.SERIAL, Field.NUMBER)):
        return None
    text = one_line(value)
    bare = _COUNT.sub("", text).strip(" ：:")
    named, unit = class_named_in(text), clean(bare) if is_unit(bare) else None
    if named or unit or bare != text or _TOPIC.search(text):
        return Section(2 if found["inner"] else 1, bare, named, unit)
    return None


def _lacks_serial(cells: _Cells, columns: dict[int, Column]) -> bool:
    """Whether a row that is nothing but one text stands in a table whose entries are numbered."""
    return len(cells) == 1 and any(column.field is Field.SERIAL for column in columns.values())


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
    if "".join(texts) in _LETTERS:
        return True
    numbers = [int(text) for text in texts if text.isdecimal() and len(text) <= 2]
    return (
        len(numbers) >= 3
        and all(text.isdecimal() or text in "甲乙丙丁" for text in texts)
        and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    )


def is_listed(row: Row) -> bool:
    """Whether a row of a plain list is an entry, no total, signature, note or specimen."""
    return kind_of_row(row, {}, 1) is RowKind.PROBLEM


def _level(text: str) -> int:
    return next((n for n, pattern in enumerate(_LEVELS, 1) if pattern.search(text)), 0)


def _bare(text: str) -> str:
    """A section's text without its number and its count."""
    return _COUNT.sub("", _strip_number(text).strip("【】〖〗[] ")).strip(" ：:【】〖〗[]")


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
