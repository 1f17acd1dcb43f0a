"""What is refused as a whole: one sentence, little memory, nothing that is not ours."""

import codecs
import io
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hostile_files import MAIN, MEGABYTE, OLE, SHEET, a_bomb, lie_about_sizes, with_part
from hypothesis import given, settings
from hypothesis import strategies as st
from workbook_builder import HEAD, a_row, a_workbook

from xiaohao.errors import Unreadable
from xiaohao.workbooks.lines import Reading
from xiaohao.workbooks.reader import read


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return a_workbook(tmp_path / "台账.xlsx", [HEAD, a_row()])


def outcome(path: Path) -> Reading | str:
    """What is read, or the sentence of the refusal; anything else is raised."""
    try:
        return read(path)
    except Unreadable as refusal:
        return refusal.message


def refused(path: Path) -> str:
    with pytest.raises(Unreadable) as refusal:
        read(path)
    message = refusal.value.message
    assert message.endswith("。")
    return message


@pytest.mark.parametrize(("name", "content", "says"), [
    ("空.xlsx", b"", "文件是空的"),
    ("空.csv", b"\xef\xbb\xbf\r\n \r\n", "文件是空的"),
    ("文本.xlsx", "序号 问题\n1 路灯不亮\n".encode(), "不是 Excel 工作簿"),
    ("网页.xls", b"<html><body><table><tr><td>1</td></tr></table></body></html>", "网页"),
    ("网页.csv", b"\xef\xbb\xbf<!DOCTYPE html><html></html>", "网页"),
    ("标记.xls", b'<?xml version="1.0"?><Workbook></Workbook>', "XML"),
    ("文档.xlsx", b"%PDF-1.7 ...", "PDF"),
    ("加密.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), "打开密码"),
    ("断的旧版.xls", OLE + "Workbook".encode("utf-16-le"), "损坏"),
    ("文档.doc", OLE + "WordDocument".encode("utf-16-le"), "不是 Excel 工作簿"),
    ("空字符.csv", "序号,问题,责任单位\n1,路灯\x00不亮,站前社区\n".encode(), "NUL"),
    ("引号.csv", '序号,问题,责任单位\n1,"路灯不亮,站前社区\n'.encode(), "引号"),
    ("编码.csv", b"\xff\xff\xff\x81\x20,\x80\x80\n", "编码"),
    ("别的表.csv", "姓名,语文,数学\n张三,90,95\n".encode(), "不像是问题台账"),
    ("统计.csv", "填报单位,一般隐患数,已经整改数\n站前社区,3,2\n".encode(), "不像是问题台账"),
])  # fmt: skip
def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert says in refused(path)


def test_what_is_not_there_or_a_folder_is_refused(tmp_path: Path) -> None:
    assert "找不到" in refused(tmp_path / "没有.xlsx")
    assert "文件夹" in refused(tmp_path)


def test_a_truncated_workbook_is_refused(ledger: Path, tmp_path: Path) -> None:
    content = ledger.read_bytes()
    path = tmp_path / "断.xlsx"
    for size in (30, len(content) // 2, len(content) - 10):
        path.write_bytes(content[:size])
        assert "损坏" in refused(path)


def test_a_workbook_with_a_torn_part_is_refused(ledger: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(ledger) as archive:
        part = archive.read(SHEET)
    assert "损坏" in refused(with_part(ledger, SHEET, part[:-40], to=tmp_path / "缺.xlsx"))


def test_another_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "压缩.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("台账.txt", "问题")
    assert "压缩包" in refused(path)


def test_a_locked_archive_is_refused(ledger: Path, tmp_path: Path) -> None:
    content = bytearray(ledger.read_bytes())
    at = 0
    while (at := content.find(b"PK\x01\x02", at)) >= 0:
        content[at + 8] |= 1
        at += 4
    path = tmp_path / "锁.xlsx"
    path.write_bytes(content)
    assert "打开密码" in refused(path)


@pytest.mark.parametrize("part", [SHEET, "xl/sharedStrings.xml", "xl/styles.xml"])
@pytest.mark.parametrize("declaration", [
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///secret.txt">]>',
])  # fmt: skip
def test_a_document_type_is_refused(ledger: Path, tmp_path: Path, part: str, declaration: str) -> None:
    """An entity bomb and an external entity both need one."""
    content = f'<?xml version="1.0"?>{declaration}<worksheet xmlns="{MAIN}"><sheetData/></worksheet>'
    plain = with_part(ledger, part, content.encode(), to=tmp_path / "实体.xlsx")
    assert "实体定义" in refused(plain)
    hidden = with_part(ledger, part, content.encode("utf-16"), to=tmp_path / "u.xlsx")
    assert "实体定义" in refused(hidden)


def test_a_nul_in_a_cell_is_refused(ledger: Path, tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1" t="inlineStr"><is><t>路灯_x0000_不亮</t></is></c></row>'
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    assert "NUL" in refused(with_part(ledger, SHEET, sheet.encode(), to=tmp_path / "空.xlsx"))


@pytest.mark.parametrize("part", [SHEET, "xl/sharedStrings.xml"])
@pytest.mark.parametrize("disguise", [lambda path: path, lie_about_sizes], ids=["true sizes", "lying sizes"])
def test_a_zip_bomb_is_refused_within_256_megabytes(
    ledger: Path, tmp_path: Path, part: str, disguise: Callable[[Path], Path]
) -> None:
    """In a process of its own, whose highest memory is asked afterwards."""
    bomb = disguise(a_bomb(ledger, part, to=tmp_path / "炸弹.xlsx"))
    program = (
        "import sys; from pathlib import Path\n"
        "from xiaohao.errors import Unreadable; from xiaohao.workbooks.reader import read\n"
        "try: read(Path(sys.argv[1]))\n"
        "except Unreadable as e: print(e.message)\n"
        "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, str(bomb)],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        cwd=Path(__file__).parents[2],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1024 * MEGABYTE, 1024 * MEGABYTE)),
    )
    message, kilobytes = answer.stdout.splitlines()
    assert "兆" in message or "损坏" in message
    assert int(kilobytes) < 256 * 1024


def test_rows_that_are_only_formatted_cost_nothing(ledger: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(ledger) as archive:
        part = archive.read(SHEET)
    empty = "".join(f'<row r="{n}" ht="15"><c r="A{n}" s="0"/></row>' for n in range(3, 60_000)).encode()
    path = with_part(
        ledger, SHEET, part.replace(b"</sheetData>", empty + b"</sheetData>"), to=tmp_path / "长.xlsx"
    )
    assert len(read(path).problems) == 1


def test_a_lying_dimension_hides_no_row(tmp_path: Path) -> None:
    source = a_workbook(tmp_path / "台账.xlsx", [HEAD, a_row(1, "甲"), a_row(2, "乙"), a_row(3, "丙")])
    with zipfile.ZipFile(source) as archive:
        part = archive.read(SHEET)
    assert b'<dimension ref="A1:G4"' in part
    lying = part.replace(b'<dimension ref="A1:G4"', b'<dimension ref="A1:B2"')
    path = with_part(source, SHEET, lying, to=tmp_path / "谎.xlsx")
    assert [line.title for line in read(path).problems] == ["甲", "乙", "丙"]


@pytest.mark.parametrize(("encoding", "mark"), [
    ("utf-8", codecs.BOM_UTF8), ("utf-8", b""), ("gb18030", b""), ("utf-16-le", codecs.BOM_UTF16_LE),
    ("utf-16-be", codecs.BOM_UTF16_BE), ("utf-16-le", b""), ("utf-16-be", b""),
])  # fmt: skip
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_text_is_read_in_every_encoding_and_with_every_separator(
    tmp_path: Path, encoding: str, mark: bytes, separator: str
) -> None:
    """䶮 stands outside GBK: it tells GB18030 from its elders."""
    rows = [HEAD, a_row(1, "龙䶮巷路灯不亮")]
    text = "".join(separator.join(map(str, row)) + "\r\n" for row in rows)
    path = tmp_path / "台账.csv"
    path.write_bytes(mark + text.encode(encoding))
    reading = read(path)
    assert [line.title for line in reading.problems] == ["龙䶮巷路灯不亮"]
    assert reading.faults == ()


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "任意.csv"
    path.write_bytes(content)
    result = outcome(path)
    assert not isinstance(result, str) or result.endswith("。")


@given(st.lists(st.lists(st.sampled_from([
    "", "序号", "问题", "责任单位", "整改时限", "整改措施", "合计", "一、立行立改问题", "①甲；②乙", "2024年2月30日", "#REF!",
    "站前社区", "牵头：甲局 配合：乙局", "1", "同上", "填表人：甲", "示例", "整改情况", "完成时间", "是", "姓名", "单位类型",
    "单位名称", "长期坚持", "3月底前", "9" * 400, "=A1",
]), max_size=6), max_size=9))  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_any_table_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "任意.xlsx"
    a_workbook(path, rows or [[]])
    result = outcome(path)
    if isinstance(result, str):
        assert result.endswith("。")
    else:
        assert all(line.title and line.unit_name for line in result.problems)
        assert all(fault.message.endswith("。") for fault in result.faults)


def test_a_damaged_workbook_never_raises_anything_else(ledger: Path, tmp_path: Path) -> None:
    """Each byte of a workbook bent in turn: it is read, or refused."""
    content = ledger.read_bytes()
    path = tmp_path / "弯.xlsx"
    for at in range(0, len(content), max(1, len(content) // 150)):
        bent = bytearray(content)
        bent[at] ^= 0x5A
        path.write_bytes(bent)
        result = outcome(path)
        assert not isinstance(result, str) or result.endswith("。")


def test_a_sheet_as_exports_write_it_is_read(ledger: Path, tmp_path: Path) -> None:
    """Prefixed names, inline strings, no references, strict date cells."""
    cells = "".join(f'<x:c t="inlineStr"><x:is><x:t>{value}</x:t></x:is></x:c>' for value in HEAD)
    values = "".join(
        f'<x:c t="inlineStr"><x:is><x:r><x:t>{value}</x:t></x:r></x:is></x:c>' for value in a_row()[:-1]
    )
    sheet = io.BytesIO()
    sheet.write(f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData><x:row>{cells}</x:row>'.encode())
    sheet.write(f'<x:row>{values}<x:c t="d"><x:v>2024-05-31T00:00:00Z</x:v></x:c></x:row>'.encode())
    sheet.write(b"</x:sheetData></x:worksheet>")
    path = with_part(ledger, SHEET, sheet.getvalue(), to=tmp_path / "导出.xlsx")
    [line] = read(path).problems
    assert (line.title, line.row, str(line.due_given)) == ("路灯不亮", 2, "2024-05-31")
