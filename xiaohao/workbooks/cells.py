"""What one cell says: text without rubbish, dates in every notation, numbers, telephones, money."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from xiaohao.rules.time_limit_words import number, year_number
from xiaohao.workbooks.grid import CellError, LostFormula, Value

_BLANK_SIGNS = " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\u00a0\u2002\u2003\u2009\u2028\u2029\u3000\u200b\u200c\u200d\u2060\ufeff\u00ad"
_BLANKS = re.compile(r"[\s\u200b\u200c\u200d\u2060\ufeff\u00ad]+")
_REMEMBERED = 4096  # the same texts come again and again in a ledger
_NUMBER = re.compile(r"(?<!\d)(1\d{10}|1\d{2}[- ]\d{4}[- ]\d{4}|0\d{2,3}-?\d{7,8})(?!\d)")
_FULL_DATE = re.compile(
    r"(?P<y>\d{4}|\d{2})\s*[年./\-]\s*(?P<m>\d{1,2})\s*[月./\-]\s*(?P<d>\d{1,2})\s*[日号]?"
    r"(?:\s*T?\s*\d{1,2}[:时]\d{1,2}分?(?::\d{1,2}(?:\.\d+)?)?)?"
)
_COMPACT_DATE = re.compile(r"(?P<y>(?:19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)")
_DAY_OF_YEAR = re.compile(r"(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*[日号]?")
_DRESS = re.compile(
    r"\((?:星期|周)[一二三四五六日天]\)|(?:星期|周)[一二三四五六日天]$|(?<=[日号])(?:上午|下午|晚上?|中午|凌晨)$"
)
_ODD_DATE = re.compile(
    r"(?P<y>(?:19|20)\d\d)(?P<sign>[。、,\\·]|[-./]{2})(?P<m>\d{1,2})(?P=sign)(?P<d>\d{1,2})[日号]?"
)
_SPELLED_DATE = re.compile(
    r"(?P<y>[一二三四五六七八九〇零○]{4}|\d{4})年(?P<m>[一二三四五六七八九十]{1,2}|\d{1,2})月(?P<d>[一二三四五六七八九十]{1,3}|\d{1,2})[日号]"
)
_ERROR_TEXT = re.compile(r"#(?:REF!|N/A|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!)|#{4,}", re.IGNORECASE)
_FIRST_YEAR, _LAST_YEAR = 1990, 2099
_FIRST_SERIAL, _LAST_SERIAL = 32874, 73050  # 1990-01-01 to 2099-12-31
_EXACT_DIGITS = 15  # Excel keeps no more of a number


@dataclass(frozen=True, slots=True)
class NoDate:
    """Text that is no date, or a date that does not exist (`impossible`)."""

    impossible: bool


def is_blank(text: str) -> bool:
    """Whether a text holds nothing but blanks, also those that have no width."""
    return not text.strip(_BLANK_SIGNS)


def plain(value: Value) -> str:
    """The cell as text: line breaks as \\n, full width kept, no blanks at the ends."""
    if isinstance(value, str):
        text = value.replace("\r\n", "\n").replace("\r", "\n") if "\r" in value else value
        return text.strip(_BLANK_SIGNS)
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case int():
            return str(value)
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
        case time():
            return value.isoformat("minutes")
        case CellError():
            return value.code
        case LostFormula():
            return f"={value.formula}"


def one_line(value: Value) -> str:
    """The cell as one line: a line break between Chinese characters vanishes, another becomes a blank."""
    text = plain(value)
    if "\n" not in text:
        return text
    text = re.sub(r"[ \t\u3000\u00a0]*\n\s*", "\n", text)
    text = re.sub(r"(?<=[\x21-\x7e])\n(?=[\x21-\x7e])", " ", text)
    return text.replace("\n", "")


def packed(value: Value) -> str:
    """The cell with no blank at all: for names, headings and comparing."""
    text = plain(value)
    return text.replace(" ", "") if text.isprintable() else _BLANKS.sub("", text)


@lru_cache(maxsize=_REMEMBERED)
def narrow(text: str) -> str:
    """Full-width letters, digits and signs made half-width, blanks taken out."""
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text))


def is_broken(value: Value) -> bool:
    """Whether the cell shows an error or has lost its result."""
    if isinstance(value, CellError | LostFormula):
        return True
    return isinstance(value, str) and "#" in value and _ERROR_TEXT.fullmatch(value.strip()) is not None


def from_serial(serial: float, *, from_1904: bool) -> date | None:
    """The day of an Excel serial number, None outside 1990 to 2099."""
    days = serial + (1462 if from_1904 else 0)
    if not _FIRST_SERIAL <= days < _LAST_SERIAL + 1:
        return None
    return date(1899, 12, 30) + timedelta(days=int(days))


def real_date(value: Value, *, from_1904: bool) -> date | None:
    """The date of a cell that is a date: a real one, a serial number, or digits such as 20260815."""
    match value:
        case bool():
            return None
        case datetime():
            return value.date() if _FIRST_YEAR <= value.year <= _LAST_YEAR else None
        case int() | float():
            if isinstance(value, float) and value != value:
                return None
            return from_serial(value, from_1904=from_1904) or _compact(str(int(value)))
    return None


def read_date(value: Value, *, from_1904: bool, year: int | None = None) -> date | NoDate | None:
    """The day that a cell of a date column names; None for an empty one. `year` completes 3月5日."""
    if is_broken(value):
        return NoDate(impossible=False)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return _read_text(plain(value), from_1904, year)
    return real_date(value, from_1904=from_1904) or NoDate(impossible=False)


@lru_cache(maxsize=_REMEMBERED)
def _read_text(written: str, from_1904: bool, year: int | None) -> date | NoDate | None:
    text = narrow(written)
    if not text:
        return None
    text = _DRESS.sub("", text)
    if odd := _ODD_DATE.fullmatch(text):
        text = f"{odd['y']}-{odd['m']}-{odd['d']}"
    elif spelled := _SPELLED_DATE.fullmatch(text):
        text = _in_digits(spelled)
    spaced = unicodedata.normalize("NFKC", written)
    if found := _FULL_DATE.fullmatch(_BLANKS.sub(" ", spaced)) or _FULL_DATE.fullmatch(text):
        century = 2000 if len(found["y"]) == 2 else 0
        return _day(century + int(found["y"]), int(found["m"]), int(found["d"]))
    if found := _COMPACT_DATE.fullmatch(text):
        return _day(int(found["y"]), int(found["m"]), int(found["d"]))
    if year is not None and (found := _DAY_OF_YEAR.fullmatch(text)):
        return _day(year, int(found["m"]), int(found["d"]))
    if re.fullmatch(r"\d{5}(?:\.\d+)?", text) and (day := from_serial(float(text), from_1904=from_1904)):
        return day
    return NoDate(impossible=False)


def is_of_a_year(value: Value) -> bool:
    """Whether a cell names a day without its year: 3月5日."""
    return isinstance(value, str) and _DAY_OF_YEAR.fullmatch(narrow(value)) is not None


def _in_digits(spelled: re.Match[str]) -> str:
    """二〇二六年三月五日 as 2026-3-5."""
    return f"{year_number(spelled['y'])}-{number(spelled['m'])}-{number(spelled['d'])}"


def date_within(text: str) -> date | None:
    """The first full date inside a longer text (a filling line), None where there is none."""
    found = _FULL_DATE.search(unicodedata.normalize("NFKC", text))
    if found is not None and len(found["y"]) == 4:
        day = _day(int(found["y"]), int(found["m"]), int(found["d"]))
        return day if isinstance(day, date) else None
    spelled = _SPELLED_DATE.search(text) if "年" in text else None
    day_spelled = _read_text(spelled[0], False, None) if spelled else None
    return day_spelled if isinstance(day_spelled, date) else None


def lost_digits(value: Value) -> bool:
    """Whether a long number was stored as a number, so that its last digits are gone."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return abs(value) >= float(10**_EXACT_DIGITS)
    return isinstance(value, str) and re.fullmatch(r"\d(?:\.\d+)?[eE]\+?\d+", narrow(value)) is not None


def phone(value: Value) -> str:
    """A telephone number as digits (several: joined by 、); text without one as it stands."""
    if isinstance(value, str) and value.isdecimal() and len(value) == 11 and value.isascii():
        return value
    text = narrow(re.sub(r"(?<!\d)(1\d{2})[- ](\d{4})[- ](\d{4})(?!\d)", r"\1\2\3", plain(value)))
    numbers = re.findall(r"(?<!\d)(?:1\d{10}|0\d{2,3}-?\d{7,8}|\d{7,8}|\d{5,6})(?!\d)", text)
    return "、".join(numbers) if numbers else text


@lru_cache(maxsize=_REMEMBERED)
def split_phone(text: str) -> tuple[str, str]:
    """Names and telephone numbers that share a cell (several: joined by 、); either may be empty."""
    plain_text = unicodedata.normalize("NFKC", text)
    numbers = [re.sub("[- ]", "", n) if n[0] == "1" else n for n in _NUMBER.findall(plain_text)]
    if not numbers:
        return text, ""
    pieces = (re.sub(r"(?:联系)?电话:?\s*$", "", piece.rstrip()) for piece in _NUMBER.split(plain_text)[::2])
    names = (piece.strip(" \n\t:,;/()、") for piece in pieces)
    return "、".join(name for name in names if name), "、".join(numbers)


GREATEST_FEN = 2**53 - 1
"""The greatest amount that the trail can carry."""


def fen(value: Value, *, unit: int) -> int | None:
    """An amount in fen; `unit` is the fen in one unit of the heading (元: 100, 万元: 1,000,000)."""
    text = narrow(plain(value)).replace(",", "").removeprefix("¥").removeprefix("约")
    for word, size in (("亿元", 10**10), ("万元", 10**6), ("万", 10**6), ("元", 100)):
        if text.endswith(word):
            text, unit = text.removesuffix(word), size
            break
    try:
        amount = Decimal(text) * unit
    except InvalidOperation:
        return None
    return int(amount) if amount.is_finite() and 0 <= amount <= GREATEST_FEN else None


def _compact(digits: str) -> date | None:
    found = _COMPACT_DATE.fullmatch(digits)
    if found is None:
        return None
    day = _day(int(found["y"]), int(found["m"]), int(found["d"]))
    return day if isinstance(day, date) else None


def _day(year: int, month: int, day: int) -> date | NoDate:
    try:
        result = date(year, month, day)
    except ValueError:
        return NoDate(impossible=True)
    return result if _FIRST_YEAR <= year <= _LAST_YEAR else NoDate(impossible=False)
