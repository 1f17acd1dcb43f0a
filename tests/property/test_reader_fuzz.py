"""Whatever a file holds, it is read or refused in a sentence: no exception that is not ours, no hang."""

import csv
import io
import random
import string
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cases_folder import cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.exceptions import IllegalCharacterError

from xiaohao.errors import Unreadable
from xiaohao.workbooks import wire
from xiaohao.workbooks.annotated import write_copy
from xiaohao.workbooks.apart import read_apart
from xiaohao.workbooks.lines import Fault, Reading
from xiaohao.workbooks.reader import read

SECONDS = 20
SOURCES = ["02-renminlu-measures.xlsx", "06-utf8-bom.csv", "07-biff.xls", "09-filter-hidden-strike.xlsx"]
WORDS = [
    "序号",
    "编号",
    "问题",
    "问题描述",
    "整改类型",
    "责任单位",
    "配合单位",
    "发现时间",
    "整改时限",
    "整改措施",
    "整改情况",
    "完成时间",
    "责任人",
    "联系电话",
    "是否销号",
    "金额(万元)",
    "反映人",
    "姓名",
    "职务",
    "手机号",
    "单位名称",
    "单位类型",
    "上级单位",
    "一、立行立改问题（3个）",
    "（一）党建方面",
    "合计",
    "填表人：张三",
    "注：略",
    "示例",
    "同上",
    "立行立改",
    "限期整改，长期坚持",
    "3月底前",
    "15个工作日内",
    "2024年2月30日",
    "2026.3.5",
    "20260305",
    "45000",
    "长期坚持",
    "绿城社区",
    "牵头：甲局 配合：乙局、丙局",
    "；",
    "、",
    "①更换；②巡查",
    "1. 一 2. 二",
    "张三 19900001001",
    "是",
    "√",
    "#REF!",
    "附件1",
    "绿城社区问题整改台账",
    "填报单位：绿城社区 填报时间：2024年3月1日",
]
texts = st.one_of(
    st.sampled_from(WORDS),
    st.text(max_size=12),
    st.text(alphabet="0123456789年月日.-/（）()、；:： \n", max_size=14),
    st.builds(str.__mul__, st.sampled_from(["9", "、", "（", "一", " ", "1."]), st.integers(1, 3000)),
)
cells = st.one_of(
    st.none(),
    texts,
    texts,
    st.integers(-(10**18), 10**18),
    st.floats(),
    st.booleans(),
    st.datetimes(),
    st.times(),
)
grids = st.lists(st.lists(cells, max_size=9), max_size=12)
heads = st.lists(st.sampled_from(WORDS[:23]), min_size=3, max_size=9, unique=True)
ranges = st.builds(
    lambda column, row, width, height: f"{column}{row}:{chr(ord(column) + width)}{row + height}",
    st.sampled_from(string.ascii_uppercase[:8]), st.integers(1, 12), st.integers(0, 3), st.integers(0, 5),
)  # fmt: skip
gently = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass(frozen=True)
class Judged:
    """What became of a file: what was read of it, or the sentence that refuses it; and the seconds of work."""

    reading: Reading | None
    refusal: str
    seconds: float

    @property
    def read(self) -> bool:
        """Whether it was read, and what was read is fit to be imported, marked and sent to another process."""
        return (
            self.reading is not None
            and all(line.title and line.unit_name for line in self.reading.problems)
            and all(fault.message.endswith("。") for fault in self.reading.faults)
            and all(_is_of(message, self.reading) for message in wire.messages(self.reading))
        )

    @property
    def refused(self) -> bool:
        """Whether it was refused, in a sentence."""
        return self.reading is None and self.refusal.endswith("。")

    @property
    def in_time(self) -> bool:
        """Whether that took no longer than anybody waits."""
        return self.seconds < SECONDS


def _is_of(message: bytes, reading: Reading) -> bool:
    part, rows = wire.opened(message)
    return set(wire.lines_of(part, rows)) <= set(getattr(reading, part))


def judged(path: Path) -> Judged:
    """What the reader says of it; any exception but a refusal comes through.

    An old workbook only in a process of its own: its parser ends the process that it is in when a bent
    file asks for more memory than there is.
    """
    started = time.process_time()
    said, reading = "", None
    try:
        reading = read_apart(path) if path.suffix == ".xls" else read(path)
    except Unreadable as refusal:
        said = refusal.message
    return Judged(reading, said, time.process_time() - started)


def a_workbook_of(path: Path, rows: list[list[object]], merged: list[str]) -> Path:
    book = Workbook()
    sheet = book.worksheets[0]
    for y, row in enumerate(rows, 1):
        for x, value in enumerate(row, 1):
            if value is not None:
                try:
                    sheet.cell(y, x, value)  # type: ignore[arg-type]
                except (ValueError, IllegalCharacterError):  # signs that no workbook holds
                    sheet.cell(y, x, "?")
    for area in merged:
        sheet.merged_cells.add(area)
    book.save(path)
    return path


@given(
    st.one_of(grids, st.builds(lambda head, rows: [head, *rows], heads, grids)), st.lists(ranges, max_size=3)
)
@gently
def test_any_grid_is_read_or_refused(tmp_path: Path, rows: list[list[object]], merged: list[str]) -> None:
    path = a_workbook_of(tmp_path / "任意.xlsx", rows, merged)
    answer = judged(path)
    assert answer.read or answer.refused
    assert answer.in_time
    if (reading := answer.reading) is not None and reading.heads:
        faults = [*reading.faults, *(Fault("error", "Sheet", n, "问题", "", "甲。") for n in range(1, 9, 3))]
        assert write_copy(path, faults, reading.heads, tmp_path / "批注.xlsx") == ".xlsx"
        copy = judged(tmp_path / "批注.xlsx")
        assert copy.read
        assert copy.in_time


@given(
    st.builds(lambda head, rows: [head, *rows], heads, grids), st.sampled_from(["utf-8", "gb18030", "utf-16"])
)
@gently
def test_any_table_of_texts_is_read_or_refused(
    tmp_path: Path, rows: list[list[object]], encoding: str
) -> None:
    into = io.StringIO()
    csv.writer(into).writerows(rows)
    path = tmp_path / "任意.csv"
    path.write_bytes(into.getvalue().encode(encoding, "replace"))
    answer = judged(path)
    assert answer.read or answer.refused
    assert answer.in_time


def bent(content: bytes, dice: random.Random) -> bytes:
    """Some bytes changed, or a stretch taken out, doubled or put elsewhere."""
    whole = bytearray(content)
    for _ in range(dice.randint(1, 8)):
        at, length = dice.randrange(len(whole)), dice.choice([1, 1, 1, 4, 64, 1000])
        match dice.randrange(4):
            case 0:
                whole[at] = dice.randrange(256)
            case 1:
                del whole[at : at + length]
            case 2:
                whole[at:at] = whole[at : at + length]
            case _:
                whole[at : at + length] = dice.randbytes(length)
        whole = whole or bytearray(b"\0")
    return bytes(whole)


def bent_within(content: bytes, dice: random.Random) -> bytes:
    """The same done to one part of a package, which is packed again soundly."""
    into = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as new:
        chosen = dice.choice(old.namelist())
        for name in old.namelist():
            new.writestr(name, bent(old.read(name), dice) if name == chosen else old.read(name))
    return into.getvalue()


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("bend", [bent, bent_within])
@given(seed=st.integers(0, 2**32))
@settings(gently, max_examples=40)
def test_a_real_file_that_was_bent_is_read_or_refused(
    tmp_path: Path, name: str, bend: Callable[[bytes, random.Random], bytes], seed: int
) -> None:
    source = cases("ledgers") / name
    if source.suffix == ".xls" and seed % 3:
        return  # a process each is dear
    if bend is bent_within and source.suffix != ".xlsx":
        return
    path = tmp_path / name
    path.write_bytes(bend(source.read_bytes(), random.Random(seed)))
    answer = judged(path)
    assert answer.read or answer.refused
    assert answer.in_time
