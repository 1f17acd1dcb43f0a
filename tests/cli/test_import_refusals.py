"""What is refused, as the clerk meets it: one sentence, nothing written, little memory, and the command lives."""

import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from cases_folder import cases
from command_runner import CommandLine
from hostile_files import (
    OLE,
    SHEET,
    a_bomb,
    a_million_formatted_rows,
    a_sheet_of,
    lie_about_sizes,
    with_an_entity,
    with_part,
)
from workbook_builder import HEAD, a_row, a_workbook

HOUSE = Path(__file__).parents[2]
ENTITY_BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///secret.txt">]>'
TOO_LARGE = "文件展开后超过 192 兆，不像是正常的台账，为安全起见不打开。请删去多余的空行、格式和图片，或拆成几个文件。"
DAMAGED = "文件已损坏或没有传完整，请在 Excel 中重新保存，或向对方再要一份。"
SUSPICIOUS = "文件里含有可疑的实体定义，正常的表格不会有，为安全起见不打开。请向来源核实。"
NO_WORKBOOK = (
    "这不是 Excel 工作簿，只是改了扩展名的文件。请在 Excel 或 WPS 中打开原表，另存为 .xlsx 后再导入。"
)
NO_LEDGER = "没有找到台账的表头，不像是问题台账。请确认表里有“问题”“责任单位”“整改时限”等列名，或用 export --template 生成模板。"


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_workbook(tmp_path_factory.mktemp("honest") / "台账.xlsx", [HEAD, a_row()])


def written(content: bytes) -> Callable[[Path, Path], object]:
    return lambda _honest, path: path.write_bytes(content)


def cut(honest: Path, path: Path) -> None:
    path.write_bytes(honest.read_bytes()[:-200])


def cut_old(_honest: Path, path: Path) -> None:
    path.write_bytes((cases("ledgers") / "07-biff.xls").read_bytes()[:9000])


def locked(honest: Path, path: Path) -> None:
    content = bytearray(honest.read_bytes())
    at = 0
    while (at := content.find(b"PK\x01\x02", at)) >= 0:
        content[at + 8] |= 1
        at += 4
    path.write_bytes(content)


def packed_otherwise(honest: Path, path: Path) -> None:
    """In one step a piece packed like this may inflate to anything."""
    with zipfile.ZipFile(honest) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))


def crowded(_honest: Path, path: Path) -> None:
    """So many entries that the list of them alone fills the memory."""
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(60_000):
            archive.writestr(f"xl/{number:090d}", b"")


def nul_in_a_cell(honest: Path, path: Path) -> None:
    a_sheet_of(
        honest, '<row r="1"><c r="A1" t="inlineStr"><is><t>路灯_x0000_不亮</t></is></c></row>', to=path
    )


def another_table(_honest: Path, path: Path) -> None:
    a_workbook(path, [["姓名", "语文", "数学"], ["张三", 90, 95]])


KINDS = [
    pytest.param("炸弹.xlsx", lambda h, p: a_bomb(h, SHEET, to=p), TOO_LARGE, id="zip bomb in a sheet"),
    pytest.param("炸弹.xlsx", lambda h, p: a_bomb(h, "xl/sharedStrings.xml", to=p), TOO_LARGE, id="in the texts"),
    pytest.param("炸弹.xlsx", lambda h, p: lie_about_sizes(a_bomb(h, SHEET, to=p)), DAMAGED, id="with false sizes"),
    pytest.param("炸弹.xlsx", packed_otherwise, "文件的压缩方式不是 Excel 所用的，不打开。", id="packed otherwise"),
    pytest.param("炸弹.xlsx", crowded, TOO_LARGE, id="of many entries"),
    pytest.param("实体.xlsx", lambda h, p: with_an_entity(h, ENTITY_BOMB, to=p), SUSPICIOUS, id="entity bomb"),
    pytest.param("实体.xlsx", lambda h, p: with_an_entity(h, OUTSIDE, to=p), SUSPICIOUS, id="external entity"),
    pytest.param("空.xlsx", nul_in_a_cell, "工作表“台账”第1行含有空字符（NUL）", id="NUL in a cell"),
    pytest.param("空.csv", written("问题,责任单位\n路灯\x00,甲社区\n".encode()), "第2行附近含有空字符（NUL）", id="NUL in a text"),
    pytest.param("密.xlsx", locked, "文件设了打开密码，请取消密码后另存再导入。", id="encrypted zip"),
    pytest.param("密.xlsx", written(OLE + "EncryptedPackage".encode("utf-16-le")), "文件设了打开密码", id="encrypted"),
    pytest.param("断.xlsx", cut, DAMAGED, id="truncated"),
    pytest.param("断.xls", cut_old, "这不是 Excel 工作簿，或文件没有传完整。", id="truncated old workbook"),
    pytest.param("文.xlsx", written("序号 问题\n1 路灯\n".encode()), NO_WORKBOOK, id="text under a workbook's name"),
    pytest.param("网.xls", written(b"<html><table></table></html>"), "这其实是网页（HTML），不是工作簿。", id="HTML"),
    pytest.param("别.xlsx", another_table, NO_LEDGER, id="no ledger"),
    pytest.param("零.xlsx", written(b""), "文件是空的，没有可导入的内容。", id="empty"),
    pytest.param("无.xlsx", lambda _h, _p: None, "找不到这个文件，请核对路径和文件名。", id="not there"),
]  # fmt: skip


def rows_in(home: Path) -> tuple[int, int]:
    """How many problems and trail entries there are."""
    with closing(sqlite3.connect(home / "xiaohao.db")) as conn:
        [counts] = conn.execute("SELECT (SELECT count(*) FROM problem), (SELECT count(*) FROM trail)")
        return counts


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """A ledger with one unit and nothing else."""
    home = tmp_path_factory.mktemp("office")
    line = CommandLine(home / "home")
    units = home / "单位.csv"
    units.write_text("单位名称,单位类型,上级单位\n华龙区,区,\n站前社区,社区,华龙区\n", encoding="utf-8")
    line.json("import", units)
    return line


@pytest.mark.parametrize(("name", "make", "says"), KINDS)
def test_it_is_refused_in_a_sentence_and_nothing_is_written(
    office: CommandLine,
    honest: Path,
    tmp_path: Path,
    name: str,
    make: Callable[[Path, Path], object],
    says: str,
) -> None:
    path = tmp_path / name
    make(honest, path)
    before = rows_in(office.home)
    ran = office("import", path, "--create-units", "--json")
    assert ran.code == 1
    assert "Traceback" not in ran.err
    [file] = ran.document["files"]
    [fault] = file["faults"]
    assert fault["message"].startswith(says)
    assert fault["message"].endswith("。")
    assert (fault["severity"], fault["row"], file["annotated"]) == ("error", None, None)
    assert (ran.document["written"], rows_in(office.home)) == (False, before)


def test_the_good_file_beside_a_refused_one_goes_in_only_when_asked_for(
    office: CommandLine, honest: Path, tmp_path: Path
) -> None:
    line = office.copy(tmp_path / "home")
    shutil.copyfile(honest, tmp_path / "台账.xlsx")
    (tmp_path / "零.xlsx").write_bytes(b"")
    files = [tmp_path / "台账.xlsx", tmp_path / "零.xlsx"]
    assert not line("import", *files, "--json").document["written"]
    ran = line("import", *files, "--accept-good", "--json")
    assert (ran.code, ran.document["written"], rows_in(line.home)[0]) == (1, True, 1)


def test_a_million_rows_that_are_only_formatted_are_read_rightly(
    office: CommandLine, honest: Path, tmp_path: Path
) -> None:
    line = office.copy(tmp_path / "home")
    kilobytes, out = as_a_process(line.home, a_million_formatted_rows(honest, to=tmp_path / "长.xlsx"))
    assert '"new": 1' in out
    assert kilobytes < 256 * 1024


def test_a_lying_dimension_hides_no_row(office: CommandLine, tmp_path: Path) -> None:
    line = office.copy(tmp_path / "home")
    source = a_workbook(tmp_path / "台账.xlsx", [HEAD, a_row(1, "甲"), a_row(2, "乙"), a_row(3, "丙")])
    with zipfile.ZipFile(source) as archive:
        part = archive.read(SHEET)
    assert b'<dimension ref="A1:G4"' in part
    for number, lie in enumerate((b"A1:B2", b"A1:XFD1048576")):
        lying = part.replace(b'<dimension ref="A1:G4"', b'<dimension ref="' + lie + b'"')
        path = with_part(source, SHEET, lying, to=tmp_path / f"谎{number}.xlsx")
        assert line.json("import", path)["files"][0]["new" if number == 0 else "unchanged"] == 3


@pytest.mark.parametrize("part", [SHEET, "xl/sharedStrings.xml"])
def test_a_bomb_is_refused_by_a_command_that_stays_small(
    office: CommandLine, honest: Path, tmp_path: Path, part: str
) -> None:
    bomb = lie_about_sizes(a_bomb(honest, part, to=tmp_path / "炸弹.xlsx", megabytes=400))
    kilobytes, out = as_a_process(office.home, bomb)
    assert '"written": false' in out
    assert kilobytes < 256 * 1024


def as_a_process(home: Path, path: Path) -> tuple[int, str]:
    """Import in a process of its own; the most memory that it or its children had, and what it said."""
    program = (
        "import resource, sys; from xiaohao.cli.command_line import run\n"
        "run(['import', sys.argv[1], '--json']); sys.stdout.flush()\n"
        "own = next(line for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "print(max(int(own.split()[1]), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))"
    )
    environment = {**os.environ, "XIAOHAO_HOME": str(home)}
    answer = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        capture_output=True, text=True, timeout=120, check=True, cwd=HOUSE, env=environment,
    )  # fmt: skip
    out, _, kilobytes = answer.stdout.strip().rpartition("\n")
    return int(kilobytes), out
