"""The console channel writes a notice in one piece."""

import asyncio
import io

import pytest
from digest_builders import digest_of, overdue

from notifiers import digest
from notifiers.message import Accepted, Again, Receipt, letter
from notifiers.terminal import Terminal

MESSAGE = digest.message(digest_of(overdue()))


def write(stream: io.TextIOBase | None = None) -> Receipt:
    channel = Terminal(stream)  # type: ignore[arg-type]
    return asyncio.run(channel.send(letter(channel, MESSAGE, address="G0007", key="k")))


def test_subject_and_body_are_written_with_an_empty_line_after_them() -> None:
    stream = io.StringIO()
    receipt = write(stream)
    assert receipt == Accepted(delivered=True)
    assert stream.getvalue() == f"{MESSAGE.subject}\n{MESSAGE.text}\n\n"


def test_it_is_standard_error_where_no_stream_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    write()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("🔴 督办通知")


@pytest.mark.parametrize("encoding", ["ascii", "gbk"])
def test_what_the_stream_cannot_show_stops_nothing(encoding: str) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    assert write(stream) == Accepted(delivered=True)
    shown = raw.getvalue().decode(encoding)
    assert shown.startswith("? ")  # the red lamp
    assert "HL-2026-0007" in shown


def test_a_closed_stream_is_tried_again() -> None:
    stream = io.StringIO()
    stream.close()
    assert isinstance(write(stream), Again)
