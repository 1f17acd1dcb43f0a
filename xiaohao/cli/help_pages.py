"""Help pages in Chinese: columns line up although a Chinese character is two columns wide."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

import click

STAYS_WITH_THE_LAST = "，。；：、？！）》”…"
WIDEST_FIRST_COLUMN = 34


class Formatter(click.HelpFormatter):
    """Writes a help page; replaces what click would measure in characters."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """One line: 用法：xiaohao show [选项] 编号."""
        self.write(f"{'用法：' if prefix is None else prefix.strip()}{prog} {args}".rstrip() + "\n")

    def write_heading(self, heading: str) -> None:
        """A section's name."""
        self.write(f"{'':>{self.current_indent}}{heading}：\n")

    def write_text(self, text: str) -> None:
        """Paragraphs, each wrapped; a line break in the text begins a new one."""
        indent = " " * self.current_indent
        for paragraph in text.splitlines():
            lines = wrapped(paragraph, self.width - self.current_indent)
            self.write("".join(f"{indent}{line}\n" for line in lines) or "\n")

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = WIDEST_FIRST_COLUMN, col_spacing: int = 2
    ) -> None:
        """Two columns: what is written, and what it does."""
        rows = list(rows)
        first = min(max((width(row[0]) for row in rows), default=0), col_max) + col_spacing
        indent = " " * self.current_indent
        for name, text in rows:
            lines = wrapped(text, self.width - first - self.current_indent)
            if width(name) > first - col_spacing:
                self.write(f"{indent}{name}\n")
                name = ""
            for line in lines or [""]:
                self.write(f"{indent}{name}{' ' * (first - width(name))}{line}".rstrip() + "\n")
                name = ""


class Page(click.Context):
    """The context whose help pages are ours."""

    formatter_class = Formatter


def width(text: str) -> int:
    """How many columns a terminal gives the text: two for a Chinese character."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def wrapped(text: str, limit: int) -> list[str]:
    """The text in lines of at most `limit` columns; a Chinese stop never begins a line."""
    lines = [""]
    for piece in _pieces(text):
        if width(lines[-1]) + width(piece.rstrip()) > limit and lines[-1]:
            lines[-1] = lines[-1].rstrip()
            lines.append(piece.lstrip())
        else:
            lines[-1] += piece
    return [line for line in lines if line.strip()]


def _pieces(text: str) -> Iterator[str]:
    """Words of Latin letters whole, Chinese characters one by one, stops with what they follow."""
    piece = ""
    for found in re.findall(r"[\x21-\x7e]+|\s+|.", text.strip()):
        if found.isspace() or found in STAYS_WITH_THE_LAST:
            piece += found
            continue
        if piece:
            yield piece
        piece = found
    if piece:
        yield piece
