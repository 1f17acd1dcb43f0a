"""What goes wrong ends with a sentence, an exit code, and nothing that a clerk cannot read."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_runner import CommandLine

ROOT = Path(__file__).parents[2]


def started(line: CommandLine, *args: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "xiaohao", *args],
        env=os.environ | {"XIAOHAO_HOME": str(line.home)},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_a_database_that_cannot_be_reached_ends_with_3(line: CommandLine) -> None:
    there = "postgresql://clerk:passw0rd@127.0.0.1:1/ledger"
    ran = line("ledger", "--json", XIAOHAO_DATABASE_URL=there)
    assert ran.code == 3
    assert "连不上台账数据库" in ran.document["error"]
    assert "passw0rd" not in ran.out + ran.err


@pytest.mark.long
def test_a_ledger_that_another_process_writes_ends_with_3(example: CommandLine) -> None:
    with_lock = sqlite3.connect(example.home / "xiaohao.db", isolation_level=None)
    try:
        with_lock.execute("BEGIN IMMEDIATE")
        ran = example("progress", "HL-2023-0007", "好", "--by", "HL0020", "--date", "2023-10-07")
    finally:
        with_lock.close()
    assert (ran.code, "台账正被另一个程序写入，请稍后再试。" in ran.err) == (3, True)


def test_a_folder_that_cannot_be_made_ends_with_3(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = CommandLine(tmp_path / "file" / "home")("ledger")
    assert (ran.code, "请检查 XIAOHAO_HOME 的设置" in ran.err) == (3, True)


def test_somebody_elses_database_is_left_alone(line: CommandLine, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE cats (name TEXT)")
    other.close()
    ran = line("ledger", XIAOHAO_DATABASE_URL=f"sqlite:///{tmp_path / 'other.db'}")
    assert (ran.code, "没有动它" in ran.err) == (1, True)


def test_the_home_is_for_its_owner_alone(line: CommandLine) -> None:
    line.json("ledger")
    assert line.home.stat().st_mode & 0o777 == 0o700
    assert (line.home / "xiaohao.db").stat().st_mode & 0o777 == 0o600


def test_a_settings_file_that_others_can_read_is_refused(line: CommandLine) -> None:
    line.home.mkdir(mode=0o700)
    (line.home / "xiaohao.env").write_text("XIAOHAO_BY=HL0001\n")
    (line.home / "xiaohao.env").chmod(0o644)
    ran = line("ledger")
    assert (ran.code, "0600" in ran.err) == (1, True)


def test_a_setting_that_is_no_value_is_wrong_usage(line: CommandLine) -> None:
    ran = line("ledger", "--json", XIAOHAO_WEBHOOK_ALLOW_HTTP="也许")
    assert (ran.code, "XIAOHAO_WEBHOOK_ALLOW_HTTP" in ran.document["error"]) == (2, True)


def test_what_nobody_expected_is_one_sentence_and_a_log(example: CommandLine) -> None:
    """A row that no version of the program wrote: the screen stays calm, the log has all of it."""
    broken = sqlite3.connect(example.home / "xiaohao.db")
    broken.execute("PRAGMA ignore_check_constraints = ON")
    broken.execute("UPDATE problem SET extra = '{' WHERE number = 'HL-2023-0007'")
    broken.commit()
    broken.close()
    ran = example("show", "HL-2023-0007")
    assert ran.code == 1
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    assert "程序出现了没有预料到的错误，这一步没有完成。" in ran.err
    log = example.home / "logs" / "xiaohao.log"
    assert str(log) in ran.err
    assert "Traceback" in log.read_text(encoding="utf-8")
    assert log.stat().st_mode & 0o777 == 0o600
    assert "error" in example("show", "HL-2023-0007", "--json").document


def test_a_reader_that_leaves_early_is_no_error(example: CommandLine) -> None:
    process = started(example, "ledger", "--json")
    assert process.stdout is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 0


def test_ctrl_c_ends_quietly(example: CommandLine) -> None:
    with_lock = sqlite3.connect(example.home / "xiaohao.db", isolation_level=None)
    try:
        with_lock.execute("BEGIN IMMEDIATE")
        process = started(example, "nightly", "--direct", "--date", "2023-10-16")
        assert process.stderr is not None
        said = process.stderr.readline().decode()
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        with_lock.execute("ROLLBACK")
        said += process.stderr.read().decode()
    finally:
        with_lock.close()
    process.communicate()
    assert "Traceback" not in said
    assert said.endswith("已中断。\n")
    assert process.returncode == 130
