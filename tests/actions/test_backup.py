"""Backup and restore: a whole copy while others write, and a ledger that comes back as it was or not at all."""

import json
import os
import shutil
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from command_runner import EXAMPLE, IMPORTED_ON, NIGHT, CommandLine, imported
from small_district import SmallDistrict

from xiaohao.actions import backup as backing_up
from xiaohao.evidence_files import EvidenceFiles
from xiaohao.ledger.connect import open_engine

PAPER = EXAMPLE.parent / "一次性告知单.txt"


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """A ledger with a night, a paper of evidence and a settings file."""
    line = imported(tmp_path_factory.mktemp("worked") / "home")
    line.json("nightly", "--date", NIGHT, "--direct")
    line.json("evidence", "add", "HL-2023-0004", PAPER, "--by", "HL0024", "--date", NIGHT)
    file = line.home / "xiaohao.env"
    file.write_text("XIAOHAO_CHANNELS=file\n", encoding="utf-8")
    file.chmod(0o600)
    key = line.home / "keys" / "page.key"
    key.parent.mkdir(mode=0o700)
    key.write_bytes(b"k" * 32)
    key.chmod(0o600)
    return line


@pytest.fixture
def line(worked: CommandLine, tmp_path: Path) -> CommandLine:
    return worked.copy(tmp_path / "home")


def rows(home: Path) -> dict[str, list[str]]:
    """Every row of every table; the rounds of a verification are no part of the ledger."""
    with sqlite3.connect(home / "xiaohao.db") as conn:
        names = [name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: sorted(map(repr, conn.execute(f"SELECT * FROM {name}"))) for name in names if name != "run"
        }


def test_a_restored_ledger_is_the_same_and_goes_on(line: CommandLine, tmp_path: Path) -> None:
    made = line.json("backup", tmp_path / "disk")
    there = CommandLine(tmp_path / "another")
    got = there.json("restore", made["backup"])
    assert (got["trail_size"], got["root"], got["problems"]) == (made["trail_size"], made["root"], 154)
    assert got["faults"] == []
    assert rows(there.home) == rows(line.home)
    assert (there.home / "xiaohao.env").read_text() == "XIAOHAO_CHANNELS=file\n"
    key = there.home / "keys" / "page.key"
    assert (key.read_bytes(), key.stat().st_mode & 0o777) == (b"k" * 32, 0o600)
    assert there.json("db", "check")["complete"]
    kept = [path.relative_to(line.home) for path in (line.home / "evidence").rglob("*") if path.is_file()]
    assert kept
    assert all((there.home / path).read_bytes() == (line.home / path).read_bytes() for path in kept)
    one, other = (each.json("nightly", "--date", "2023-10-17", "--direct") for each in (line, there))
    assert {**one, "root": ""} == {**other, "root": ""}


def test_only_the_owner_reads_a_backup(line: CommandLine, tmp_path: Path) -> None:
    """It holds names, telephone numbers and secrets."""
    made = Path(line.json("backup", tmp_path / "disk")["backup"])
    assert stat.S_IMODE((tmp_path / "disk").stat().st_mode) == 0o700
    assert {
        stat.S_IMODE((made / name).stat().st_mode) for name in ("xiaohao.db", "xiaohao.env", "page.key")
    } == {0o600}
    assert sorted(os.listdir(made)) == ["backup.json", "page.key", "xiaohao.db", "xiaohao.env"]


def test_what_an_older_ledger_left_behind_is_not_played_into_the_restored_one(
    line: CommandLine, tmp_path: Path
) -> None:
    made = line.json("backup", tmp_path / "disk")["backup"]
    there = CommandLine(tmp_path / "another")
    there.home.mkdir(parents=True)
    for end in ("-wal", "-shm", "-journal"):
        left = there.home / f"xiaohao.db{end}"
        left.write_bytes(b"left by a ledger that was moved away")
        ran = there("restore", made)
        assert (ran.code, f"xiaohao.db{end}" in ran.err) == (1, True)
        assert not (there.home / "xiaohao.db").exists()
        left.unlink()


def test_notices_under_way_are_held_when_a_backup_comes_back(line: CommandLine, tmp_path: Path) -> None:
    """They may have gone out since the backup was made."""
    with sqlite3.connect(line.home / "xiaohao.db") as conn:
        ids = [row[0] for row in conn.execute("SELECT id FROM notice ORDER BY id LIMIT 2")]
        conn.execute(
            "UPDATE notice SET state = 'queued', accepted_at = NULL, delivered_at = NULL WHERE id = ?",
            ids[:1],
        )
        conn.execute(
            "UPDATE notice SET state = 'leased', lease_until = created_at, accepted_at = NULL, "
            "delivered_at = NULL WHERE id = ?",
            ids[1:],
        )
    conn.close()
    made = line.json("backup", tmp_path / "disk")["backup"]
    there = CommandLine(tmp_path / "another")
    assert there.json("restore", made)["held"] == 2
    with sqlite3.connect(there.home / "xiaohao.db") as conn:
        found = conn.execute(
            "SELECT state, unsure_at IS NULL FROM notice WHERE id IN (?, ?) ORDER BY id", ids
        )
        assert found.fetchall() == [("held", 1), ("held", 0)]
    conn.close()


def test_a_second_backup_copies_only_new_evidence_and_old_ones_go(line: CommandLine, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    at = datetime(2026, 3, 5, 18, 30, tzinfo=UTC)
    done = [
        backing_up.back_up(
            line.home / "xiaohao.db",
            EvidenceFiles(line.home / "evidence"),
            line.home / "xiaohao.env",
            disk,
            at=at.replace(day=day),
            keep=2,
        )
        for day in (5, 6, 7)
    ]
    assert [(each.evidence, each.copied) for each in done] == [(1, 1), (1, 0), (1, 0)]
    assert done[2].removed == (done[0].folder,)
    assert backing_up.backups(disk) == [done[1].folder, done[2].folder]
    assert CommandLine(tmp_path / "there").json("restore", disk)["restored"] == str(done[2].folder)


def test_a_backup_is_whole_while_another_process_writes(sqlite_url: str, tmp_path: Path) -> None:
    """Many small transactions go on; each backup is one instant, its root that of its leaves."""
    engine = open_engine(sqlite_url)
    district = SmallDistrict(engine)
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    over = threading.Event()

    def write() -> None:
        while not over.is_set():
            district.register(date(2023, 10, 9))

    writer = threading.Thread(target=write)
    writer.start()
    sizes = []
    try:
        for second in range(4):
            at = datetime(2026, 3, 5, 18, 30, second, tzinfo=UTC)
            store = EvidenceFiles(tmp_path / "evidence")
            done = backing_up.back_up(file, store, tmp_path / "none", tmp_path / "disk", at=at)
            sizes.append(done.trail_size)
            time.sleep(0.2)
    finally:
        over.set()
        writer.join()
    engine.dispose()
    assert len(set(sizes)) > 1, "the writer wrote between two backups"
    for made in backing_up.backups(tmp_path / "disk"):
        there = CommandLine(tmp_path / made.name)
        assert there.json("restore", made)["trail_size"] in sizes


def change_a_byte(made: Path) -> None:
    data = bytearray((made / "xiaohao.db").read_bytes())
    data[len(data) // 2] ^= 1
    (made / "xiaohao.db").write_bytes(data)


def change_an_entry(made: Path) -> None:
    """By somebody who can write the database, and mends the hash of the file."""
    with sqlite3.connect(made / "xiaohao.db") as conn:
        triggers = conn.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            conn.execute(f"DROP TRIGGER {name}")
        conn.execute(
            "UPDATE trail SET detail = replace(detail, 'HL-2023-0007', 'HL-2023-9999') WHERE seq = 150"
        )
        conn.execute("UPDATE trail SET actor = 'system:nobody' WHERE seq = 5")
        for _, sql in triggers:
            conn.execute(sql)
    conn.close()
    rehash(made)


def cut_the_trail_off(made: Path) -> None:
    with sqlite3.connect(made / "xiaohao.db") as conn:
        triggers = conn.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            conn.execute(f"DROP TRIGGER {name}")
        conn.execute("DELETE FROM trail WHERE seq = (SELECT max(seq) FROM trail)")
        for _, sql in triggers:
            conn.execute(sql)
    conn.close()
    rehash(made)


def drop_a_trigger(made: Path) -> None:
    with sqlite3.connect(made / "xiaohao.db") as conn:
        (name,) = conn.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' LIMIT 1").fetchone()
        conn.execute(f"DROP TRIGGER {name}")
    conn.close()
    rehash(made)


def rehash(made: Path) -> None:
    manifest = json.loads((made / "backup.json").read_text())
    manifest["database_sha256"] = backing_up.hash_of(made / "xiaohao.db")
    (made / "backup.json").write_text(json.dumps(manifest))


def another_format(made: Path) -> None:
    (made / "backup.json").write_text('{"format": 2}')


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (change_a_byte, "与备份时的校验值不符"),
        (change_an_entry, "备份里的留痕核对不上：第 5 条留痕"),
        (cut_the_trail_off, "备份里的留痕核对不上：留痕应有"),
        (drop_a_trigger, "备份里的数据库不完整"),
        (another_format, "别的版本的程序写的"),
        (lambda made: (made / "backup.json").unlink(), "不是备份"),
    ],
)
def test_a_backup_that_is_not_what_it_was_is_not_restored(
    line: CommandLine, tmp_path: Path, harm: object, said: str
) -> None:
    assert callable(harm)
    made = Path(line.json("backup", tmp_path / "disk")["backup"])
    harm(made)
    there = CommandLine(tmp_path / "there")
    ran = there("restore", made)
    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err
    assert not (there.home / "xiaohao.db").exists()
    assert not list(there.home.glob(".restoring-*"))


def test_a_ledger_that_is_there_is_never_written_over(line: CommandLine, tmp_path: Path) -> None:
    line.json("backup", tmp_path / "disk")
    before = rows(line.home)
    ran = line("restore", tmp_path / "disk")
    assert ran.code == 1
    assert "不能盖掉" in ran.err
    assert rows(line.home) == before


def test_evidence_that_is_lost_or_damaged_is_said_and_the_rest_is_kept(
    line: CommandLine, tmp_path: Path
) -> None:
    (paper,) = [path for path in (line.home / "evidence").rglob("*") if path.is_file()]
    paper.write_bytes(b"something else")
    ran = line("backup", tmp_path / "disk", "--json")
    assert ran.code == 1
    assert "与它的校验值不符" in ran.document["faults"][0]
    assert ran.document["evidence"] == 0
    there = CommandLine(tmp_path / "there")
    ran = there("restore", tmp_path / "disk", "--json")
    assert (ran.code, ran.document["problems"]) == (1, 154)
    assert "不在" in ran.document["faults"][0]
    assert not any(path.is_file() for path in (there.home / "evidence").rglob("*"))


def test_a_folder_that_cannot_be_written_leaves_nothing_behind(line: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    ran = line("backup", tmp_path / "file")
    assert ran.code == 3
    assert "备份写不进" in ran.err
    assert "没有留下半份" in ran.err


def test_what_a_killed_backup_left_behind_is_cleared_after_a_day(line: CommandLine, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    for name, age in (("old", 2 * 86_400), ("young", 60)):
        (disk / f".making-{name}").mkdir(parents=True)
        os.utime(disk / f".making-{name}", (time.time() - age,) * 2)
    line.json("backup", disk)
    assert [path.name for path in disk.glob(".making-*")] == [".making-young"]
    assert line("restore", disk / ".making-young").code == 1


@pytest.fixture
def on_postgres(postgres_url: str, tmp_path: Path) -> Iterator[CommandLine]:
    yield CommandLine(tmp_path / "home", XIAOHAO_DATABASE_URL=postgres_url)
    shutil.rmtree(tmp_path / "home", ignore_errors=True)


def test_a_ledger_on_a_server_is_left_to_its_own_tools(on_postgres: CommandLine, tmp_path: Path) -> None:
    assert on_postgres("import", EXAMPLE, "--date", IMPORTED_ON).code == 0
    for command in ("backup", "restore"):
        ran = on_postgres(command, tmp_path / "disk")
        assert ran.code == 1
        assert "台账在 PostgreSQL 里" in ran.err
    assert not (tmp_path / "disk").exists()
