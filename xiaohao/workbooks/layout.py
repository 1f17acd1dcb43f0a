"""Which column of a ledger's table is used for what: doubtful headings are settled by neighbours and cells."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from xiaohao.vocabulary import RectificationClass
from xiaohao.workbooks.cells import packed
from xiaohao.workbooks.columns import Column, Field
from xiaohao.workbooks.grid import Row
from xiaohao.workbooks.words import class_of, classes_in

_PERSON = re.compile(
    "人|领导|姓名|网格长|负责|户主|当事|经办|干部|网格员|楼长|组长|站长|联络员|信息员|专干|干事|书记|主任|队员|志愿者|管家|群众|居民|业主|住户|村民|租户|商户"
)
_NUMBER_ONLY = re.compile("(?:联系|移动|手机|电话|号码|方式|号|[-/、:()])*")
_ANSWERS = re.compile("责任|主办|承办|整改|牵头|主责|落实")
_SINGLE = frozenset(Field) - {
    Field.UNIT,
    Field.CO_UNITS,
    Field.EXTRA,
    Field.STATUS,
    Field.CLASS_OR_CATEGORY,
    Field.DERIVED,
}
_RESIDENT = (Field.RESIDENT_NAME, Field.RESIDENT_PHONE)
_SAMPLE = 400
_LONGEST_CLASS = 6


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of one table by what they say. `guessed_limit`: 完成时间 was taken as the limit."""

    by_field: dict[Field, Column]
    units: tuple[Column, ...] = ()
    co_units: tuple[Column, ...] = ()
    residents: tuple[Column, ...] = ()  # names and telephones, which are kept apart from all else
    extras: tuple[Column, ...] = ()
    ticks: tuple[tuple[Column, RectificationClass], ...] = ()  # a column a class, ticked
    columns: dict[int, Column] = field(default_factory=dict)
    guessed_limit: bool = False

    @property
    def guesses(self) -> tuple[Column, ...]:
        """The columns in use whose headings only may say what they are taken for."""
        return tuple(column for column in (*self.by_field.values(), *self.units) if column.guessed)

    def get(self, wanted: Field) -> Column | None:
        """The column that says this."""
        return self.by_field.get(wanted)


def settle(columns: Sequence[Column], rows: Sequence[Row]) -> Layout:
    """The layout of a ledger's table with these columns and these rows below its head."""
    if any(column.field is Field.OUR_NUMBER for column in columns):
        return _own(columns)
    ticks = _ticks(columns)
    settled = [replace(c, field=Field.CLASS_TICK) if c.index in ticks else c for c in columns]
    settled = _settle_class(settled, rows[:_SAMPLE])
    settled = _settle_phones(settled)
    settled, guessed = _settle_due(settled)
    settled = _settle_titles(settled)
    by_field: dict[Field, Column] = {}
    for column in sorted(settled, key=lambda c: (c.rank, c.index)):
        if column.field in _SINGLE:
            by_field.setdefault(column.field, column)
    units = sorted((c for c in settled if c.field is Field.UNIT), key=lambda c: (c.rank, c.index))
    answering = units[:1] + [c for c in units[1:] if _ANSWERS.search(c.heading + c.group)]
    used = {c.index for c in by_field.values()} | {c.index for c in answering}
    helping = [c for c in settled if c.field is Field.CO_UNITS]
    residents = [c for c in settled if c.field in _RESIDENT]
    kept_apart = (Field.CO_UNITS, Field.CLASS_TICK, *_RESIDENT)
    extras = [c for c in settled if c.index not in used and c.field not in kept_apart]
    return Layout(
        by_field,
        tuple(answering),
        tuple(helping),
        tuple(residents),
        tuple(extras),
        tuple((c, ticks[c.index]) for c in settled if c.index in ticks),
        {c.index: c for c in settled},
        guessed_limit=guessed,
    )


def _own(columns: Sequence[Column]) -> Layout:
    """Our own table: every heading means what we wrote, and nothing is guessed."""
    by_field = {column.field: column for column in columns if column.field in _SINGLE}
    by = {field: tuple(c for c in columns if c.field is field) for field in (Field.UNIT, Field.CO_UNITS)}
    extras = tuple(column for column in columns if column.field is Field.EXTRA and column.heading)
    residents = tuple(column for column in columns if column.field in _RESIDENT)
    placed = {column.index: column for column in columns}
    return Layout(by_field, by[Field.UNIT], by[Field.CO_UNITS], residents, extras, columns=placed)


def _ticks(columns: Sequence[Column]) -> dict[int, RectificationClass]:
    """The columns whose headings are classes, where two or more are: 立行立改 | 限期整改 | 长期整改."""
    found = {
        column.index: named
        for column in columns
        if len(column.heading) <= _LONGEST_CLASS and (named := class_of(column.heading)) is not None
    }
    return found if len(set(found.values())) > 1 else {}


def _settle_class(columns: list[Column], rows: Sequence[Row]) -> list[Column]:
    has_class = any(c.field is Field.CLASS for c in columns)
    for i, column in enumerate(columns):
        if column.field is Field.CLASS:
            texts = _texts(column, rows)
            if len(texts) >= 3 and not any(classes_in(text) for text in texts):
                columns[i] = replace(column, field=Field.CATEGORY)
                has_class = False
    for i, column in enumerate(columns):
        if column.field is Field.CLASS_OR_CATEGORY:
            is_class = not has_class and _share_of_classes(column, rows) >= 0.5
            columns[i] = replace(column, field=Field.CLASS if is_class else Field.CATEGORY)
            has_class = has_class or is_class
    if not has_class:
        for i, column in enumerate(columns):
            if (
                column.field in (Field.EXTRA, Field.CATEGORY, Field.SERIAL)
                and _share_of_classes(column, rows) == 1
            ):
                columns[i] = replace(column, field=Field.CLASS)
                break
    return columns


def _texts(column: Column, rows: Sequence[Row]) -> list[str]:
    values = (row.at(column.index) for row in rows)
    return [packed(value) for value in values if isinstance(value, str) and packed(value)]


def _share_of_classes(column: Column, rows: Sequence[Row]) -> float:
    """Of the column's cells in rows with more than one cell, how many name a class."""
    cells = [packed(row.at(column.index)) for row in rows if len(list(row.filled())) > 1]
    texts = [text for text in cells if text]
    named = sum(len(text) <= 12 and bool(classes_in(text)) for text in texts)
    return named / len(texts) if texts else 0


def _settle_phones(columns: list[Column]) -> list[Column]:
    """联系电话 belongs to the person on its left; without one to the owner, never to a resident by guess."""
    taken = {c.field for c in columns}
    for i, column in enumerate(columns):
        if column.field is not Field.PHONE:
            continue
        wanted = _whose(columns, i) if _NUMBER_ONLY.fullmatch(column.heading) else Field.EXTRA
        if wanted in taken and wanted is not Field.RESIDENT_PHONE:
            wanted = Field.EXTRA
        taken.add(wanted)
        columns[i] = replace(column, field=wanted)
    return columns


def _whose(columns: Sequence[Column], place: int) -> Field:
    """Whose telephone the column at `place` holds, by what stands on its left."""
    before = columns[:place]
    left = next((c for c in reversed(before) if _is_person(c)), None)
    if left is not None and left.field is Field.RESIDENT_NAME:
        return Field.RESIDENT_PHONE
    if left is not None:
        return Field.OWNER_PHONE if left.field is Field.OWNER else Field.EXTRA
    of_unit = any(c.field is Field.UNIT for c in before)
    has_owner = any(c.field is Field.OWNER for c in columns)
    return Field.OWNER_PHONE if of_unit and not has_owner else Field.EXTRA


def _is_person(column: Column) -> bool:
    if column.field in (Field.OWNER, Field.RESIDENT_NAME):
        return True
    return (
        column.field is Field.EXTRA
        and _PERSON.search(column.heading) is not None
        and "是否" not in column.heading
    )


def _settle_due(columns: list[Column]) -> tuple[list[Column], bool]:
    """完成时间 is the day of completion where another column is the limit, else it is the limit (and is told)."""
    has_limit = any(c.field is Field.LIMIT for c in columns)
    has_done = any(c.field is Field.DONE_ON for c in columns)
    guessed = False
    for i, column in enumerate(columns):
        if column.field is Field.DUE_OR_DONE:
            if has_limit:
                columns[i] = replace(column, field=Field.EXTRA if has_done else Field.DONE_ON)
                has_done = True
            else:
                columns[i] = replace(column, field=Field.LIMIT)
                has_limit = guessed = True
    return columns, guessed


def _settle_titles(columns: list[Column]) -> list[Column]:
    titles = sorted((c for c in columns if c.field is Field.TITLE), key=lambda c: (c.rank, c.index))
    if len(titles) > 1 and not any(c.field is Field.DESCRIPTION for c in columns):
        second = titles[1]
        return [replace(c, field=Field.DESCRIPTION) if c.index == second.index else c for c in columns]
    return columns
