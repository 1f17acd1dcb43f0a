"""Rows round a table's entries that are none: totals, signatures, the date below a table, page numbers, notes."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from xiaohao.workbooks.cells import is_blank, narrow, one_line, packed, plain
from xiaohao.workbooks.columns import Column, Field
from xiaohao.workbooks.grid import CellError, LostFormula, Value
from xiaohao.workbooks.unit_names import is_unit
from xiaohao.workbooks.words import class_named_in

Cells = Sequence[tuple[int, Value]]
Columns = Mapping[int, Column]

_TOTAL_WORD = "合计|总计|小计|共计|累计|总数|汇总|总和"
_MANY = r"\d+(?:\.\d+)?(?:个|项|条|件|户|处|人|家|万元|元|%)?(?:问题|单位|社区|村|事项)?"
_TOTAL = re.compile(
    rf"(?P<of>[^,，。;；:：、]{{0,10}}?)(?:{_TOTAL_WORD})(?:[(（]?[:：]?共?{_MANY}[)）]?|[(（][个项条件户万元]{{1,2}}[)）]|[:：](?P<rest>.{{0,40}}))?"
    rf"|(?:以上|本页|本表)?共[计有]?{_MANY}(?:[,，;；(（]?其中(?P<among>.{{0,40}}))?"
    r"|(?P<part>其中[:：]?[^,，。;；]{0,12})"
)
_WHOLE = re.compile(r"(?:本|全|各|以?上|上述|总).{0,6}|街道|社区|乡镇?|镇|村|单位|类别|问题")
_COUNTED = re.compile(r"(?:[\u3400-\u9fff]{0,10}?[:：]?\d+[个项条件类]?(?:问题)?[,，、;；。)）]*)+")
_DENIES = re.compile("[未不无没缺]")
_FORM = re.compile("填表|填报|制表|审核|审批|复核|核对|报送|联系人|经办|签")
_ABOUT_TABLE = re.compile(r"[※*＊☆★▲]+(?:请|注|本表|说明)|(?:注|备注|说明)\d*[:：](?:1[.、])?(?:本表|此表)")
_COUNT = re.compile(rf"共?{_MANY}|[-—/]|[\d.,]+")
_PEOPLE = (
    "填表人?|填报人?|制表人?|审核人?|审批人?|审签人?|复核人?|核对人?|经办人?|负责人|单位负责人|主要负责人|主要领导|分管领导|"
    "领导签字|联系人|联系电话|签字|签名|签章|盖章|部门负责人|责任人签字"
)
_SIGNATURE = re.compile(
    rf"(?:{_PEOPLE}|填报单位|填报时间|填报日期|填表时间|填表日期|制表时间|制表日期|报送时间|报送单位|日期)"
    r"(?:签字|签名|[(（].{1,6}[)）])?[:：]"
)
_SIGNED = re.compile(
    rf"[\u3400-\u9fff()（）]{{0,12}}?(?:{_PEOPLE}|单位|时间|日期|公章)(?:签字|签名|[(（].{{1,6}}[)）])?[:：]"
    rf"\s*(?:[\u3400-\u9fff·]{{0,4}}|(?<=单位[:：]).{{0,20}}|[\d年月日./ -]{{0,20}})"
    rf"|(?:{_PEOPLE})\s+\S{{2,4}}"
)
_SEALED = re.compile(r".{2,30}[(（](?:盖章|公章|章|签章|加盖公章)[)）]")
_DATED = re.compile(
    r"[(（]?(?:(?:填报|填表|制表|报送|更新)(?:时间|日期)?|截[至止]到?|日期|时间)?[:：]?"
    r"(?:\d{0,4}年\d{0,2}月\d{0,2}[日号]|[〇零○一二三四五六七八九]{4}年[一二三四五六七八九十]{1,2}月[一二三四五六七八九十]{1,3}日|\d{4}([./-])\d{1,2}\1\d{1,2})"
    r"(?:[(（]?(?:星期|周)[一二三四五六日天][)）]?)?(?:止|制|填报|更新)?[)）]?"
)
_NOTE = re.compile(
    r"(?:注|备注|说明|填表说明|填报说明|填写说明|注意事项)\d*[:：.、]|[※*＊☆★▲]+(?:请|注|本表|说明)"
)
_BLANK_BELOW = re.compile(
    r"[(（]?(?:以下空白|此页无正文|接上页|接下页|转下页|续下页|续上页|续上表|接上表)[)）]?"
    r"|第\d+页[,，/]?(?:共\d+页)?|[-—]\d+[-—]|\d+/\d+页?"
)
_HINT = re.compile(r"[(（][^()（）]*[)）]$|(?:必填|选填|非必填|可不填|请?填写|请填|格式|自动)")
_SPECIMEN = re.compile(r"[(（]?(?:示例|样例|例如|举例|范例|例|样表)[)）]?\d*[:：]?")
_MOST_SIGNS = 6
_CODE = re.compile(
    r"[(（]?(?:\d+(?:[.、-]\d*)*|[一二三四五六七八九十百]{1,4}[、.]?)[)）]?|[A-Za-z]{1,6}[-_]?\d+(?:-\d+)*"
)
_SAYS = frozenset([Field.UNIT, Field.CO_UNITS, Field.LIMIT, Field.MEASURES, Field.CLASS, Field.FOUND_ON])


def has_serial(cells: Cells, columns: Columns) -> bool:
    """Whether the row has a number of its own and a problem: whatever it begins with, it is an entry."""
    fields = {columns[index].field: value for index, value in cells[:6] if index in columns}
    serial = fields.get(Field.SERIAL, fields.get(Field.NUMBER))
    if serial is None or fields.get(Field.TITLE) is None:
        return False
    return not isinstance(serial, str) or _CODE.fullmatch(narrow(serial)) is not None


def is_entry(cells: Cells, columns: Columns, given: Mapping[int, Value]) -> bool:
    """Whether the row says a problem and whose it is or until when, itself or by a cell merged from above.

    Such a row is a problem whatever its words look like, unless they are plainly a total or a signature.
    `given`: what merged cells give the row, by column.
    """
    title = title_of(cells, columns)
    if not title or is_plainly_none(title) or _is_signed_before(cells, columns):
        return False
    said = {columns[i].field for i, v in (*cells, *given.items()) if i in columns and _is_word(v)} & _SAYS
    is_doubtful = _sign(title) is not None or _NOTE.match(packed(title)) is not None
    return Field.UNIT in said if is_doubtful and not _DENIES.search(title) else bool(said)


def _is_signed_before(cells: Cells, columns: Columns) -> bool:
    """Whether a label of a signature stands before the cell of the problem: 制表人： | 张三 | 审核人： | 李四."""
    index, value = cells[0]
    column = columns.get(index)
    of_title = column is not None and column.field is Field.TITLE
    return not of_title and isinstance(value, str) and _SIGNATURE.match(packed(value)) is not None


def title_of(cells: Cells, columns: Columns) -> str:
    """The text in the row's own cell of the problem; "" where it has none, or a mere count."""
    titles = (v for i, v in cells if i in columns and columns[i].field is Field.TITLE)
    title = next(titles, None)
    return title if isinstance(title, str) and re.search(r"\w", title) and not _is_count(title) else ""


def is_plainly_none(title: str) -> bool:
    """Whether a text can be no problem: 合计, 绿城社区小计, 共12个, 填表人：张三, 2026年3月10日, 以下空白."""
    text, bare = packed(title), narrow(title)
    if _BLANK_BELOW.fullmatch(text) or _SPECIMEN.fullmatch(text) or _DATED.fullmatch(bare):
        return True
    if _ABOUT_TABLE.match(text):
        return True
    if (found := _TOTAL.fullmatch(text)) is not None:
        return _is_plain_total(found)
    if _sign(title) != "signed" or _DENIES.search(bare):
        return False
    return _SEALED.fullmatch(bare) is not None or ":" in bare or _FORM.match(bare) is not None


def is_doubtful(cells: Cells, columns: Columns) -> bool:
    """Whether a row left out for its words might be a problem all the same: 物业费欠缴累计12万元."""
    title = title_of(cells, columns)
    if not title or is_plainly_none(title):
        return False
    signed = any(isinstance(v, str) and v != title and _is_label(narrow(plain(v))) for _, v in cells)
    return _TOTAL.fullmatch(packed(title)) is not None or (_sign(title) is not None and not signed)


def _is_plain_total(found: re.Match[str]) -> bool:
    """Whether a total's words are all about counting: 拖欠工资合计35万元 and 其中3户未走访 are not."""
    if found["part"]:
        return class_named_in(found["part"]) is not None and not _DENIES.search(found["part"])
    more = found["rest"] or found["among"]
    if more and not _COUNTED.fullmatch(more):
        return False
    of = found["of"]
    return not of or _WHOLE.fullmatch(of) is not None or is_unit(of) or class_named_in(of) is not None


def is_total(cells: Cells, columns: Columns) -> bool:
    """Whether the row only counts: 合计, 绿城社区小计, 本页共计3个, in whichever column the word stands."""
    for index, value in cells[:4]:
        if not isinstance(value, str) or len(value) > 60:
            continue
        found = _TOTAL.fullmatch(packed(value))
        if found is None or (_is_of_work(index, columns) and not _is_plain_total(found)):
            continue
        beside = [(i, v) for i, v in cells if i != index]
        titles = [v for i, v in beside if i in columns and columns[i].field is Field.TITLE]
        if all(map(_is_count, titles)) and not (
            (found["of"] or found["part"]) and _says_more(beside, columns)
        ):
            return True
    return False


def is_specimen(text: str) -> bool:
    """Whether a row begins with 示例."""
    return _SPECIMEN.fullmatch(text) is not None


def is_note(cells: Cells) -> bool:
    """Whether the row is a note, a hint how to fill in, a page number, or says that nothing follows."""
    text = packed(cells[0][1])
    if not re.search(r"\w", text) or _HINT.match(text):
        texts = [packed(value) for _, value in cells]
        if not any(re.search(r"\w", each) for each in texts):
            return True
        if len(texts) > 1 and all(_HINT.match(each) for each in texts):
            return True
    return (len(cells) <= 2 and _NOTE.match(text) is not None) or (
        len(cells) == 1 and _BLANK_BELOW.fullmatch(text) is not None
    )


def is_signature(cells: Cells, columns: Columns, *, below: bool) -> bool:
    """Whether the row is signed or dated, and says nothing else: 填表人：…, 绿城社区（盖章） 2026年3月10日.

    `below`: no entry follows it closely; a bare date between entries may be one of their limits.
    """
    index, first = next(((i, packed(value)) for i, value in cells if isinstance(value, str)), (-1, ""))
    if _SIGNATURE.match(first):
        column = columns.get(index)
        if column is None or column.field is not Field.TITLE or not _says_more(cells, columns):
            return True
    signs = {_sign(value) for _, value in cells} if len(cells) <= _MOST_SIGNS else {None}
    return None not in signs and ("signed" in signs or (below and "dated" in signs))


def _sign(value: Value) -> str | None:
    if isinstance(value, datetime):
        return "dated"
    if not isinstance(value, str) or len(value) > 80:
        return None
    text = one_line(value)
    bare = narrow(text)
    if _DATED.fullmatch(bare):
        return "dated"
    if any(_SIGNED.fullmatch(each) for each in (text, bare)):
        return "signed"
    if _SEALED.fullmatch(bare):
        return "signed"
    return "unit" if is_unit(bare) else None


def _says_more(cells: Cells, columns: Columns) -> bool:
    """Whether a cell beside says what only a problem has, in words."""
    return any(
        index in columns and columns[index].field in _SAYS and not _is_count(value) for index, value in cells
    )


def _is_of_work(index: int, columns: Columns) -> bool:
    """Whether a column tells what is done: a further row of it may count something too."""
    return index in columns and columns[index].field in (Field.MEASURES, Field.PROGRESS)


def _is_word(value: Value) -> bool:
    """Whether a cell says something of its own: no count, no hint how to fill it in, no label of a signature."""
    if _is_count(value):
        return False
    text = narrow(plain(value))
    return re.search(r"\w", text) is not None and not _is_label(text) and not _HINT.match(text)


def _is_label(text: str) -> bool:
    """Whether a narrow text is what one signs: 审核人：…, 某社区（盖章）."""
    if _SIGNATURE.match(text) or _SEALED.fullmatch(text):
        return True
    return ":" in text and _SIGNED.fullmatch(text) is not None


def _is_count(value: Value) -> bool:
    if value is None or isinstance(value, int | float | CellError | LostFormula):
        return True
    text = narrow(plain(value))
    return is_blank(text) or _COUNT.fullmatch(text) is not None
