"""What a clerk sees: tables whose Chinese lines up, lights with their word, colour only on a terminal."""

import dataclasses
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TextIO

import orjson
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from xiaohao.rules.business_date import ZONE
from xiaohao.vocabulary import Light, Word

WIDTH_WITHOUT_TERMINAL = 160
STYLES = {Light.GREEN: "green", Light.YELLOW: "yellow", Light.RED: "bold red"}
NOTHING = "－"
WIDEST_WHOLE = 16
"""Columns of a terminal: what is no wider is never wrapped."""


class _Paper(Console):
    """A console that leaves a reader who went away (`… | head`) to the command line."""

    def on_broken_pipe(self) -> None:
        """Say nothing and end nothing here."""
        raise BrokenPipeError


class Screen:
    """Standard output for a person."""

    def __init__(self, stream: TextIO | None = None) -> None:
        stream = sys.stdout if stream is None else stream
        wide = None if stream.isatty() else WIDTH_WITHOUT_TERMINAL
        self._console = _Paper(file=stream, width=wide, highlight=False, markup=False, emoji=False)
        self._stream = stream

    def line(self, text: str = "", style: str = "") -> None:
        """One paragraph."""
        self._console.print(Text(plain(text), style=style), soft_wrap=True)

    def lines(self, texts: Iterable[str]) -> None:
        """Paragraphs."""
        for text in texts:
            self.line(text)

    def head(self, text: str) -> None:
        """What the next lines are about."""
        self.line()
        self.line(text, style="bold")

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """A table; the columns share the width of the terminal."""
        table = Table(*heads, box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
        cells = [[cell(value) for value in row] for row in rows]
        for place, column in enumerate(table.columns):
            column.overflow = "fold"
            column.no_wrap = all(line[place].cell_len <= WIDEST_WHOLE for line in cells)
        for line in cells:
            table.add_row(*line)
        self._draw(table)

    def facts(self, pairs: Iterable[tuple[str, Any]]) -> None:
        """Names and values, one a line; what has no value is left out."""
        table = Table(box=None, show_header=False, pad_edge=False)
        table.add_column(style="bold", no_wrap=True)
        table.add_column(overflow="fold")
        for name, value in pairs:
            if value not in (None, "", [], ()):
                table.add_row(Text(name), cell(value))
        self._draw(table)

    def _draw(self, table: Table) -> None:
        """Draw it; without a terminal no line ends in blanks."""
        if self._console.is_terminal:
            self._console.print(table)
            return
        with self._console.capture() as drawn:
            self._console.print(table)
        self._stream.write("".join(f"{line.rstrip()}\n" for line in drawn.get().splitlines()))


def cell(value: Any) -> Text:
    """A value as a person reads it."""
    match value:
        case None | "":
            return Text(NOTHING)
        case Light():
            return Text(value.label, style=STYLES[value])
        case Word():
            return Text(value.label)
        case bool():
            return Text("是" if value else "否")
        case datetime():
            return Text(f"{value.astimezone(ZONE):%Y-%m-%d %H:%M}")
        case date():
            return Text(value.isoformat())
        case list() | tuple():
            return Text("、".join(cell(each).plain for each in value) or NOTHING)
        case _:
            return Text(plain(str(value)))


def plain(text: str) -> str:
    """The text without what would steer a terminal; line breaks stay."""
    kept = (char if char == "\n" or unicodedata.category(char) not in ("Cc", "Cs") else "�" for char in text)
    return "".join(kept)


def write_json(document: Any) -> None:
    """One JSON document on standard output: words as codes, dates as ISO text, always UTF-8."""
    try:
        body = _json(document)
    except TypeError:
        body = _json(_clean(document))
    sys.stdout.flush()
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()


def write_json_line(document: Any) -> None:
    """One JSON document in one line on standard output, for a command that goes on after it."""
    sys.stdout.flush()
    sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE, default=_plain_value))
    sys.stdout.buffer.flush()


def note(text: str) -> None:
    """A line for whoever watches, on standard error."""
    sys.stderr.write(f"{plain(text)}\n")
    sys.stderr.flush()


def _json(document: Any) -> bytes:
    option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS
    return orjson.dumps(document, option=option, default=_plain_value)


def _plain_value(value: Any) -> Any:
    """What orjson does not know: mappings, sets, paths."""
    if isinstance(value, Mapping):
        return dict(value)
    return sorted(value) if isinstance(value, set | frozenset) else str(value)


def _clean(value: Any) -> Any:
    """File names that are no UTF-8 carry half characters, which JSON does not take."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    match value:
        case Word():
            return value.value
        case str():
            return value.encode("utf-8", "replace").decode()
        case Mapping():
            return {_clean(key): _clean(item) for key, item in value.items()}
        case list() | tuple():
            return [_clean(item) for item in value]
        case _:
            return value
