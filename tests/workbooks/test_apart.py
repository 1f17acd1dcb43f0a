"""Reading in a process of its own: the same words come back, and whatever the file does, this process lives."""

import os
import shutil
import signal
import subprocess
import sys
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from cases_folder import cases
from workbook_builder import HEAD, a_row, a_workbook

from xiaohao.errors import Unreadable
from xiaohao.workbooks import apart
from xiaohao.workbooks.apart import Limits, annotate_apart, drop_copy, read_apart
from xiaohao.workbooks.lines import Fault
from xiaohao.workbooks.reader import read

READABLE = [
    path
    for path in sorted(cases("ledgers").iterdir())
    if path.suffix in (".xlsx", ".xls", ".csv") and not path.name.startswith(("12", "13", "14", "15"))
]
MEGABYTE = 1024 * 1024


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return a_workbook(tmp_path / "台账.xlsx", [HEAD, a_row(1, "甲")])


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of 20,000 rows, long enough to be read by a child and to take it a second or two."""
    path = tmp_path_factory.mktemp("long") / "长.csv"
    rows = [HEAD, *(a_row(n, f"第{n}号路灯不亮") for n in range(20_000))]
    path.write_text("\n".join(",".join(map(str, row)) for row in rows), encoding="utf-8")
    return path


def the_child_that_reads(path: Path) -> int:
    """The process id of this process's child that has the file among its arguments."""
    found: list[int] = []
    for process in Path("/proc").iterdir():
        with suppress(OSError):  # it may be gone by now
            mine = f"PPid:\t{os.getpid()}\n" in (process / "status").read_text()
            if mine and os.fsencode(path) in (process / "cmdline").read_bytes():
                found.append(int(process.name))
    [pid] = found
    return pid


def refused(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(Unreadable) as refusal:
        read_apart(path, limits=limits)
    return refusal.value.message


@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.name)
def test_what_comes_back_is_what_was_read(path: Path) -> None:
    assert read_apart(path) == read(path)


def test_an_offices_own_headings_go_with_it(tmp_path: Path) -> None:
    own = tmp_path / "列名.tsv"
    own.write_text("limit\t啥时候弄完\n", encoding="utf-8")
    path = a_workbook(tmp_path / "台账.xlsx", [[*HEAD[:-1], "啥时候弄完"], a_row(1, "甲")])
    [line] = read_apart(path, headings=own).problems
    assert (line.limit_text, line.limit_column) == ("2024-5-31", "啥时候弄完")


def test_a_child_that_needs_more_memory_than_it_may_is_told_in_a_sentence(long: Path) -> None:
    assert "内存超过 48 兆" in refused(long, Limits(memory=48 * MEGABYTE))


def test_a_child_that_needs_more_time_than_it_may_is_told_in_a_sentence(long: Path) -> None:
    assert "时间超过 1 秒" in refused(long, Limits(seconds=1))
    assert "超过 1 秒还没有完成" in refused(long, Limits(by_clock=1))


def test_a_child_that_is_killed_is_told_in_a_sentence(long: Path) -> None:
    """As the system does when memory runs out."""
    killed: list[int] = []

    def kill(_text: str) -> None:
        if not killed:
            killed.append(the_child_that_reads(long))
            os.kill(killed[0], signal.SIGKILL)

    with pytest.raises(Unreadable, match="已停止"):
        read_apart(long, progress=kill)
    assert killed


def test_progress_is_passed_on(long: Path) -> None:
    told: list[str] = []
    assert len(read_apart(long, progress=told.append).problems) == 20_000
    assert told == [
        "长.csv：读出 20001 行，正在逐行判读……",
        "长.csv：已判读 10000 行……",
        "长.csv：已判读 20000 行……",
    ]


def test_a_file_that_changes_while_it_is_read_is_said_so(long: Path, tmp_path: Path) -> None:
    path = tmp_path / "变.csv"
    shutil.copyfile(long, path)

    def change(_text: str) -> None:
        with path.open("ab") as file:
            file.write(b" ")

    with pytest.raises(Unreadable, match="读取过程中文件被改动"):
        read_apart(path, progress=change)


@pytest.mark.parametrize("mark", ["~$台账.xlsx", ".~台账.xlsx", ".~lock.台账.xlsx#"])
def test_a_file_that_another_program_has_open_is_said_so(ledger: Path, mark: str) -> None:
    """Excel, WPS and LibreOffice leave such a file beside it; what was saved last is read."""
    (ledger.parent / mark).write_bytes(b"owner")
    reading = read_apart(ledger)
    assert [line.title for line in reading.problems] == ["甲"]
    [fault] = reading.faults
    assert (fault.severity, fault.row) == ("warning", None)
    assert "正在 Excel、WPS 等程序中打开" in fault.message


def test_the_mark_of_an_open_file_is_no_ledger(tmp_path: Path) -> None:
    path = tmp_path / "~$台账.xlsx"
    path.write_bytes(b"\x05owner".ljust(165, b"\x00"))
    assert "临时文件" in refused(path)


def test_what_is_no_plain_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "管道.xlsx")
    assert "不是普通文件" in refused(tmp_path / "管道.xlsx")


def test_a_folder_that_holds_modules_of_the_same_names_is_not_run(ledger: Path) -> None:
    """The clerk's folder is no place to load programs from."""
    (ledger.parent / "zipfile.py").write_text("raise SystemExit('loaded')", encoding="utf-8")
    program = (
        "import sys; sys.path.append(sys.argv[1]); from pathlib import Path\n"
        "from xiaohao.workbooks.apart import read_apart; print(len(read_apart(Path('台账.xlsx')).problems))"
    )
    home = Path(apart.__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, "-P", "-c", program, str(home)],
        cwd=ledger.parent, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (ran.stdout.strip(), ran.stderr) == ("1", "")


def test_a_bundled_program_starts_itself_as_the_child(ledger: Path) -> None:
    """What `xiaohao` does when its first argument is the child's."""
    ran = subprocess.run(
        [sys.executable, "-m", "xiaohao", apart.CHILD, str(1 << 30), "60", "read", str(ledger), ""],
        cwd=Path(apart.__file__).parents[2], capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    assert ran.stdout.splitlines()[-1] == b'["end",""]'


def test_an_annotated_copy_stands_whole_and_replaces_an_older_one(ledger: Path, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    heads = read(ledger).heads
    before = (ledger.read_bytes(), ledger.stat().st_mtime_ns)
    first = annotate_apart(ledger, [Fault("error", "台账", 2, "问题", "", "看不懂。")], heads, folder)
    kept = first.read_bytes()
    second = annotate_apart(ledger, [Fault("warning", "台账", 2, "问题", "", "请核对。")], heads, folder)
    assert (second, second.stat().st_mode & 0o777) == (first, 0o600)
    assert second.read_bytes() != kept
    assert list(folder.iterdir()) == [first]
    assert zipfile.is_zipfile(first)
    assert (ledger.read_bytes(), ledger.stat().st_mtime_ns) == before
    drop_copy(ledger, folder)
    assert list(folder.iterdir()) == []


def test_a_copy_that_fails_leaves_the_older_one_and_nothing_half_written(
    ledger: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "reports"
    heads = read(ledger).heads
    fault = Fault("error", "台账", 2, "问题", "", "看不懂。")
    first = annotate_apart(ledger, [fault], heads, folder)
    with pytest.raises(Unreadable, match="内存"):
        annotate_apart(ledger, [fault], heads, folder, limits=Limits(memory=32 * MEGABYTE))
    assert list(folder.iterdir()) == [first]


def test_namesakes_of_other_folders_have_copies_of_their_own(ledger: Path, tmp_path: Path) -> None:
    (tmp_path / "别处").mkdir()
    other = a_workbook(tmp_path / "别处" / ledger.name, [HEAD, a_row(1, "乙")])
    fault = Fault("error", "台账", 2, "问题", "", "看不懂。")
    copies = {annotate_apart(p, [fault], read(p).heads, tmp_path / "reports") for p in (ledger, other)}
    assert len(copies) == 2
