"""One record of a table → one ProblemLine, or the faults that keep it out."""

import re
from dataclasses import dataclass
from datetime import date

from xiaohao.vocabulary import RectificationClass
from xiaohao.workbooks.cells import (
    NoDate,
    fen,
    is_broken,
    is_of_a_year,
    lost_digits,
    narrow,
    one_line,
    packed,
    phone,
    plain,
    split_phone,
)
from xiaohao.workbooks.columns import Column, Field
from xiaohao.workbooks.faults import Faults, about_broken
from xiaohao.workbooks.limits import GivenLimit, TermsReader, day_in, is_ticked
from xiaohao.workbooks.lines import ProblemLine
from xiaohao.workbooks.record_cells import RecordCells, why_no_date
from xiaohao.workbooks.table import Record
from xiaohao.workbooks.unit_names import clean, names_in, read_units
from xiaohao.workbooks.words import class_of, classes_in, closed_named_in, closed_of, is_not_ticked, source_of

_OUR_NUMBER = re.compile(r".{1,20}-\d{4}-\d{4,}")
_PARTLY = "有一部分文字划掉了，只读没有划掉的部分，请核对。"
_STRUCK = (
    "有删除线，但整行没有全部划掉，仍按所写登记，请核对。",
    "问题有删除线，但整行没有全部划掉，仍按有效问题处理。要作废请把整行划掉或删去。",
)
_NOTHING = frozenset(["无", "/", "-", "—"])


@dataclass(frozen=True, slots=True)
class Around:
    """What the sheet as a whole says of each of its problems."""

    own_unit: str | None  # the sheet is this unit's own
    filled_on: date | None
    rectification_class: RectificationClass | None  # the sheet's name gives it
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class _Answering:
    lead: str | None
    others: tuple[str, ...]
    person: str


def read_problem(record: Record, around: Around, faults: Faults) -> ProblemLine | None:
    """The problem of a record; None where an error keeps it out. All its faults are told."""
    return _ProblemReader(record, around, faults).read()


class _ProblemReader:
    """Reads one record."""

    def __init__(self, record: Record, around: Around, faults: Faults) -> None:
        self._record, self._around = record, around
        self._layout = record.context.layout
        self._filled_on = record.context.preamble.filled_on or around.filled_on
        self._cells = RecordCells(record, faults, self._filled_on)

    def read(self) -> ProblemLine | None:
        cells = self._cells
        title = self._title()
        chosen = self._class()
        units = self._units()
        terms = TermsReader(cells, self._year()).read()
        found_on = self._found_on(terms.limit, chosen)
        closed, closed_on = self._closed()
        owner, owner_phone = self._owner(units.person)
        source_text = cells.text(Field.SOURCE)
        number, our_number = self._numbers()
        filled = cells.day(cells.first(Field.FILLED_ON))
        self._tell_struck()
        line = ProblemLine(
            sheet=cells.sheet.name,
            row=self._record.number,
            external_number=number,
            serial=cells.silent_text(Field.SERIAL),
            title=title,
            description=cells.text(Field.DESCRIPTION),
            category=cells.text(Field.CATEGORY) or self._record.context.topic,
            source=source_of(source_text) if source_text else None,
            source_text=source_text,
            place=cells.text(Field.PLACE),
            unit_name=units.lead,
            co_unit_names=units.others,
            register_unit_name=self._register_unit(),
            found_on=found_on,
            filled_on=filled if isinstance(filled, date) else self._filled_on,
            rectification_class=chosen,
            limit_text=self._limit_text(terms.limit),
            due_given=terms.limit.due_given if terms.limit else None,
            measures=terms.measures,
            progress=cells.long_text(Field.PROGRESS),
            closed=closed,
            closed_on=closed_on,
            owner=owner,
            owner_phone=owner_phone,
            resident_name=self._resident(Field.RESIDENT_NAME),
            resident_phone=self._resident(Field.RESIDENT_PHONE),
            amount_fen=self._amount(),
            extra=self._extra(),
            our_number=our_number,
            **self._headings(),
        )
        return None if cells.is_bad else line

    def _title(self) -> str:
        column = self._cells.column(Field.TITLE)
        value = self._record.first(column)
        if value is None:
            self._cells.error(column, None, "没有写问题内容。请补上，或删去这一行。", otherwise="问题")
            return ""
        if is_broken(value):
            self._cells.error(column, value, about_broken(value))
            return ""
        return one_line(value)

    def _tell_struck(self) -> None:
        """What is struck through in a row that is not struck from end to end."""
        for row in self._record.left_out:
            value = next((v for _, v in row.filled()), None)
            self._cells.warn(None, value, f"第{row.number}行有删除线，按作废处理，没有导入。")
        for row in self._record.rows:
            for index in sorted(row.struck | row.partly):
                column = self._layout.columns.get(index)
                if column is not None and column.field not in (Field.SERIAL, Field.EXTRA):
                    told = _STRUCK[column.field is Field.TITLE] if index in row.struck else _PARTLY
                    self._cells.warn(column, row.at(index), told)

    def _numbers(self) -> tuple[str | None, str]:
        """The 编号 of whoever keeps the file, and ours; in our own table the first is 原编号."""
        number, ours = self._number(), packed(self._cells.silent_text(Field.OUR_NUMBER))
        if number is None and ours and not _OUR_NUMBER.fullmatch(ours):
            return ours, ""
        return number, ours

    def _limit_text(self, limit: GivenLimit | None) -> str:
        """The limit as written: in our own table 时限原文 beside the date, else the limit's own cell."""
        if limit is None:
            return ""
        as_written = self._cells.text(Field.LIMIT_TEXT) if limit.due_given else ""
        return as_written or limit.text

    def _number(self) -> str | None:
        column = self._cells.column(Field.NUMBER)
        value = self._record.first(column)
        if value is None or packed(value) in _NOTHING:
            return None
        if is_broken(value):
            self._cells.warn(column, value, f"{about_broken(value)}这一行按没有编号处理。")
            return None
        if lost_digits(value):
            self._cells.warn(
                column,
                value,
                "编号按数字存放，后几位已丢失，这一行按没有编号处理。请把该列设为文本格式后重新填写编号。",
            )
            return None
        return packed(value).lstrip("'’`") or None

    def _class(self) -> RectificationClass | None:
        column = self._cells.column(Field.CLASS)
        value = self._record.first(column)
        section = self._record.context.section_class
        given = (
            section or self._around.rectification_class or self._record.context.preamble.rectification_class
        )
        if value is None:
            return self._ticked(given)
        if is_broken(value):
            self._cells.error(column, value, about_broken(value))
            return None
        text = one_line(value)
        named = class_of(text)
        if named is None and len(classes_in(text)) > 1:
            self._cells.error(
                column, value, "写了不止一种整改类型。请只填立行立改、限期整改、长期整改中的一种。"
            )
        elif named is None:
            instead = f"按所在段落的“{given.label}”处理" if given else "按整改时限判断类型"
            self._cells.warn(
                column, value, f"“{text}”不是整改类型，{instead}。请填立行立改、限期整改或长期整改。"
            )
            return given
        elif section not in (None, named):
            assert section is not None
            self._cells.warn(
                column,
                value,
                f"与所在段落的“{section.label}”不一致，按本行填写的“{named.label}”处理。",
            )
        return named

    def _ticked(self, given: RectificationClass | None) -> RectificationClass | None:
        """The class whose own column is ticked, else what is given otherwise."""
        values = [(column, named, self._record.first(column)) for column, named in self._layout.ticks]
        whole = [each for each in values if each[2] is not None and not is_broken(each[2])]
        ticked = [each for each in whole if is_ticked(each[2], each[0])]
        for column, _, value in whole:
            if not is_ticked(value, column) and not is_not_ticked(plain(value)):
                self._cells.warn(column, value, "看不出是勾选还是时限，按没有勾选处理。请打√或写明时限。")
        if len({named for _, named, _ in ticked}) > 1:
            column, _, value = ticked[-1]
            self._cells.error(column, value, "勾了不止一种整改类型。请只勾其中的一种。")
        return ticked[0][1] if ticked else given

    def _units(self) -> _Answering:
        lead: str | None = None
        others: list[str] = []
        person = ""
        broken = False
        for column in self._layout.units:
            for value in dict.fromkeys(v for v in self._cells.each(column) if v is not None):
                if is_broken(value):
                    self._cells.error(column, value, about_broken(value))
                    broken = True
                    continue
                units = read_units(plain(value))
                person = person or units.person
                if units.guessed and lead is None:
                    told = f"写了几个单位，没有注明谁牵头，按第一个“{units.lead}”为责任单位，其余为协办单位。"
                    self._cells.warn(column, value, told)
                named = [name for name in (units.lead, *units.others) if name]
                others += named if lead else named[1:]
                lead = lead or units.lead
        others += self._helpers()
        lead = lead or self._record.context.section_unit or self._around.own_unit or self._filer()
        if lead is None and not broken:
            column_ = self._layout.units[0] if self._layout.units else None
            self._cells.error(column_, None, "没有写责任单位。请填写单位全称。", otherwise="责任单位")
        return _Answering(lead, tuple(name for name in dict.fromkeys(others) if name != lead), person)

    def _filer(self) -> str | None:
        """Who filed the table, where it has no column of responsible units at all."""
        preamble = self._record.context.preamble
        filer = preamble.register_unit or preamble.title_unit
        if self._layout.units or filer is None:
            return None
        self._cells.warn_of_sheet(f"表中没有责任单位一列，以填报单位“{filer}”为责任单位。")
        return filer

    def _helpers(self) -> list[str]:
        found: list[str] = []
        for column in self._layout.co_units:
            for value in self._cells.each(column):
                if is_broken(value):
                    self._cells.warn(column, value, f"{about_broken(value)}这一格按空白处理。")
                elif value is not None:
                    found += names_in(plain(value))
        return found

    def _register_unit(self) -> str | None:
        if self._cells.has(Field.REGISTER_UNIT):
            return clean(plain(self._cells.first(Field.REGISTER_UNIT)))
        preamble = self._record.context.preamble
        return preamble.register_unit or preamble.title_unit

    def _found_on(self, limit: GivenLimit | None, chosen: RectificationClass | None) -> date | None:
        column = self._cells.column(Field.FOUND_ON)
        value = self._record.first(column)
        day = self._cells.day(value)
        if not isinstance(day, NoDate):
            if day is not None and self._cells.year_of_title and is_of_a_year(value):
                told = f"没有写年份，按标题中的{day.year}年处理，请核对。"
                self._cells.warn(column, value, told)
            return day
        why = why_no_date(value, day)
        stands = limit is not None and day_in(limit, self._year()) is not None
        if stands or chosen is RectificationClass.LONG_TERM:
            self._cells.warn(column, value, f"{why}这一行按没有发现时间处理。")
        else:
            self._cells.error(column, value, f"{why}整改时限要从发现时间算起，缺了它算不出来。")
        return None

    def _year(self) -> int | None:
        """The year that a limit without one is of: the found day's, else the filling day's."""
        found = self._cells.day(self._cells.first(Field.FOUND_ON))
        day = found if isinstance(found, date) else self._filled_on
        return day.year if day else None

    def _closed(self) -> tuple[bool, date | None]:
        column, day_column = self._cells.column(Field.CLOSED), self._cells.column(Field.CLOSED_ON)
        closed_on = self._cells.day_or_warn(day_column, self._record.first(day_column))
        if column is None:
            closing = day_column is not None and "销" in day_column.heading + day_column.group
            said = (closing and closed_on is not None) or self._status_closes()
            return said or self._closed_around(), closed_on
        values = [v for v in self._cells.each(column) if v is not None]
        if not values:
            self._tell_not_closed(column)
            if closed_on is not None:
                told = f"写了{day_column.heading if day_column else '日期'}，“{column.heading}”却是空的，这一行按未销号处理。请填是或否。"
                self._cells.warn(column, None, told)
            return False, None
        if any(is_broken(value) for value in values):
            self._cells.warn(column, values[0], f"{about_broken(values[0])}这一行按未销号处理。")
            return False, None
        says = [closed_of(one_line(value)) for value in values]
        if None in says:
            odd = values[says.index(None)]
            self._cells.warn(column, odd, "看不出是否已销号，这一行按未销号处理。请填是或否。")
        closed = bool(says) and all(said is True for said in says)
        return closed, closed_on if closed else None

    def _tell_not_closed(self, column: Column) -> None:
        """A cell that does not say closed keeps its row open, also where all round it is closed; told once."""
        title = self._closed_title()
        if title:
            told = f"“{title}”里有“{column.heading}”没有写已销号的行，按未销号登记，请核对。"
            self._cells.warn_of_sheet(told)

    def _closed_title(self) -> str:
        """The title of the section or the sheet, where it is one of closed problems."""
        title = self._record.context.closed_as or self._around.sheet
        return title if closed_named_in(title) else ""

    def _closed_around(self) -> bool:
        """Whether the section or the sheet is one of closed problems; told once."""
        title = self._closed_title()
        if not title:
            return False
        for column in (c for c in self._layout.extras if c.field is Field.STATUS and "状态" in c.heading):
            if closed_of(one_line(self._record.first(column))) is not True:
                self._tell_not_closed(column)
                return False
        self._cells.warn_of_sheet(f"“{title}”里的问题按已销号登记，请核对。")
        return True

    def _status_closes(self) -> bool:
        status = next((c for c in self._layout.extras if c.field is Field.STATUS), None)
        return narrow(plain(self._record.first(status))) in ("已销号", "销号", "已销账")

    def _resident(self, wanted: Field) -> str:
        """The names, or the numbers, in all columns that name a resident, also where one cell holds both."""
        found: list[str] = []
        for column in self._layout.residents:
            value = self._record.first(column)
            if value is None or is_broken(value):
                continue
            name, number = split_phone(plain(value))
            if column.field is Field.RESIDENT_PHONE:
                name, number = (one_line(name), number) if number else ("", phone(value))
            found.append(one_line(name) if wanted is Field.RESIDENT_NAME else number)
        return "、".join(dict.fromkeys(text for text in found if text))

    def _owner(self, from_unit: str) -> tuple[str, str]:
        """The person in charge and the number; 责任人/电话 may be the one column of both."""
        has_owner = self._cells.has(Field.OWNER)
        name, number = split_phone(plain(self._cells.first(Field.OWNER)) if has_owner else from_unit)
        beside = self._cells.phone(Field.OWNER_PHONE)
        if not name and self._cells.has(Field.OWNER_PHONE):
            other, told = split_phone(plain(self._cells.first(Field.OWNER_PHONE)))
            name, beside = (other, told) if told else (name, beside)
        return one_line(name), beside or number

    def _amount(self) -> int | None:
        column = self._cells.column(Field.AMOUNT)
        value = self._record.first(column)
        if column is None or value is None or is_broken(value):
            return None
        amount = fen(value, unit=10**6 if "万" in column.heading else 100)
        if amount is None:
            self._cells.warn(column, value, "金额看不懂，没有登记。请只填数字，单位写在列名里。")
        return amount

    def _extra(self) -> tuple[tuple[str, str], ...]:
        pairs: dict[str, str] = {}
        done = self._cells.column(Field.DONE)
        for column in (*self._layout.extras, *([done] if done else [])):
            values = (plain(v) for v in self._cells.each(column) if not is_broken(v))
            text = "\n".join(text for text in dict.fromkeys(values) if text)
            if text:
                name = f"{column.group}/{column.heading}" if column.group else column.heading
                pairs[name if name not in pairs else f"{name}（{column.index + 1}）"] = text
        return tuple(pairs.items())

    def _headings(self) -> dict[str, str]:
        limit = self._cells.column(Field.LIMIT) or self._cells.column(Field.MEASURE_DUE)
        named = {
            "limit_column": limit,
            "unit_column": self._layout.units[0] if self._layout.units else None,
            "number_column": self._cells.column(Field.NUMBER),
            "title_column": self._cells.column(Field.TITLE),
            "class_column": self._cells.column(Field.CLASS),
        }
        return {name: column.heading for name, column in named.items() if column is not None}
