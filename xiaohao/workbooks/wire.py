"""A reading as lines of JSON, from the process that parses to the one that asked; nothing in it can run."""

import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import orjson

from xiaohao.workbooks.lines import Fault, HeadLine, PersonLine, ProblemLine, Reading, UnitLine

PARTS: Mapping[str, type[Any]] = {
    "problems": ProblemLine,
    "units": UnitLine,
    "people": PersonLine,
    "faults": Fault,
    "heads": HeadLine,
}
_AT_ONCE = 500
_SHORT, _MOST_SHARED = 24, 1000  # characters; texts of one field
_Convert = Callable[[Any], Any]


def messages(reading: Reading) -> Iterator[bytes]:
    """The reading, a line for every few hundred of its lines, so that neither side holds it twice."""
    for part, kind in PARTS.items():
        values = attrgetter(*_names(kind))
        lines: Sequence[Any] = getattr(reading, part)
        for start in range(0, len(lines), _AT_ONCE):
            yield message(part, [values(line) for line in lines[start : start + _AT_ONCE]])


def message(kind: str, content: Any) -> bytes:
    """One line: of what kind it is, and its content."""
    return orjson.dumps([kind, content], option=orjson.OPT_APPEND_NEWLINE)


def opened(line: bytes) -> tuple[str, Any]:
    """Kind and content of a line. Raises ValueError for what is none."""
    found = orjson.loads(line)
    if not isinstance(found, list) or len(found) != 2 or not isinstance(found[0], str):
        raise ValueError("no message")
    return found[0], found[1]


def lines_of(part: str, rows: Any) -> list[Any]:
    """The lines of a reading's part, made anew from their values. Raises ValueError, TypeError."""
    kind = PARTS[part]
    converters = _converters_of(part)
    return [kind(*(v if c is None else c(v) for c, v in zip(converters, row, strict=True))) for row in rows]


@cache
def _converters_of(part: str) -> tuple[_Convert | None, ...]:
    return _converters(PARTS[part])


def _names(kind: type[Any]) -> list[str]:
    return [each.name for each in fields(kind)]


def _converters(kind: type[Any]) -> tuple[_Convert | None, ...]:
    hints = get_type_hints(kind)
    return tuple(_converter(hints[name]) for name in _names(kind))


def _converter(hint: Any) -> _Convert | None:
    """What makes a value of that type from its JSON; None where they are the same."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        [bare] = [each for each in arguments if each is not type(None)]
        return _optional(_converter(bare))
    if origin is tuple:
        convert = _converter(arguments[0])
        return tuple if convert is None else lambda values: tuple(map(convert, values))
    if hint is str:
        return _Shared()
    if origin is Literal or hint in (int, bool):
        return None
    if hint is date:
        return date.fromisoformat
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if isinstance(hint, type) and is_dataclass(hint):
        names = _names(hint)
        converters = _converters(hint)
        return lambda value: hint(
            *(value[n] if c is None else c(value[n]) for n, c in zip(names, converters, strict=True))
        )
    raise TypeError(f"no JSON for {hint}")


class _Shared:
    """Gives equal short texts as one: units, headings and words come again in every line."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        if len(text) > _SHORT:
            return text
        if len(self._kept) >= _MOST_SHARED:
            return self._kept.get(text, text)
        return self._kept.setdefault(text, text)


def _optional(convert: _Convert | None) -> _Convert | None:
    if convert is None:
        return None
    return lambda value: None if value is None else convert(value)
