"""`xiaohao backup` and `restore`."""

from pathlib import Path

import click

from xiaohao import bootstrap
from xiaohao.actions import backup, restore
from xiaohao.cli import desk
from xiaohao.cli.commands import Answer, command
from xiaohao.cli.parameters import PATH, argument
from xiaohao.cli.screen import Screen
from xiaohao.errors import Refused
from xiaohao.ledger import snapshot
from xiaohao.settings import SETTINGS_FILE, Settings


@command(
    """备份台账、佐证材料和设置文件。

不必停下服务。每次备份是一个以时间（UTC）为名的文件夹，做成一整份才会出现；佐证材料按内容存放，各次备份共用一份。
台账在 PostgreSQL 里的，请用 pg_dump 备份。""",
    examples=["backup /备份盘/销号", "backup /备份盘/销号 --keep 30"],
)
@argument("folder", metavar="文件夹", help="备份放在哪个文件夹里。", type=PATH)
@click.option("--keep", metavar="份数", type=click.IntRange(min=1), help="只留最近几份，更早的删除。")
def backup_command(folder: Path, keep: int | None) -> Answer:
    settings = bootstrap.settings()
    database = _file(settings, "请用 pg_dump 备份，佐证材料另行拷贝。没有备份任何内容。")
    desk.ledger(settings)
    done = backup.back_up(
        database,
        bootstrap.evidence_files(settings),
        settings.home / SETTINGS_FILE,
        folder,
        at=bootstrap.now(),
        keep=keep,
    )
    document = {
        "backup": str(done.folder),
        "problems": done.problems,
        "trail_size": done.trail_size,
        "root": done.root,
        "database_bytes": done.database_bytes,
        "evidence": done.evidence,
        "copied": done.copied,
        "faults": done.faults,
        "removed": [str(path) for path in done.removed],
    }
    return Answer(document, lambda s: _show_backup(s, done), 1 if done.faults else 0)


def _show_backup(s: Screen, done: backup.BackedUp) -> None:
    s.line(f"已备份到 {done.folder}")
    size = f"{done.database_bytes / 1024 / 1024:.1f} MB"
    s.line(f"问题 {done.problems} 件，留痕 {done.trail_size} 条，数据库 {size}，根 {done.root}")
    s.line(f"佐证材料 {done.evidence} 份，其中这次新拷贝 {done.copied} 份。")
    if done.removed:
        s.line(f"删除了较早的备份 {len(done.removed)} 份。")
    s.lines(done.faults)


@command(
    """从备份恢复台账。

只恢复到没有台账的数据文件夹里，已有的台账不会被盖掉。恢复前核对数据库的校验值，由留痕逐条重新算出根，与备份时的相同
才放到位；旧版程序的备份同时升级。""",
    examples=["restore /备份盘/销号", "restore /备份盘/销号/20261124T183000"],
)
@argument("folder", metavar="备份", help="一份备份的文件夹；写放备份的文件夹时，取最近的一份。", type=PATH)
def restore_command(folder: Path) -> Answer:
    settings = bootstrap.settings()
    database = _file(settings, "请用 pg_restore 恢复，再用 xiaohao trail verify 核对。没有恢复任何内容。")
    chosen = restore.newest(folder)
    with desk.without_up(settings, so="没有恢复任何内容。"):
        done = restore.restore(
            chosen,
            database,
            bootstrap.evidence_files(settings),
            settings.home / SETTINGS_FILE,
            on=bootstrap.today(),
        )
    document = {
        "restored": str(done.backup),
        "problems": done.problems,
        "trail_size": done.trail_size,
        "root": done.root,
        "evidence": done.evidence,
        "upgraded": done.upgraded,
        "held": done.held,
        "faults": done.faults,
    }
    return Answer(document, lambda s: _show_restored(s, done), 1 if done.faults else 0)


def _show_restored(s: Screen, done: restore.Restored) -> None:
    s.line(f"已从 {done.backup} 恢复：问题 {done.problems} 件，佐证材料 {done.evidence} 份。")
    s.line(f"留痕 {done.trail_size} 条逐条核对无误，根 {done.root}")
    if done.held:
        s.line(
            f"备份里有 {done.held} 份通知还没有发完，备份以后可能已经发出，都先暂缓：用 xiaohao outbox list 核对，"
            "确实要发的用 xiaohao outbox release 放行。"
        )
    if done.upgraded:
        s.line("备份是旧版程序的，已升级到本程序的版本。")
    s.lines(done.faults)


def _file(settings: Settings, instead: str) -> Path:
    """The file of the ledger. Raises Refused where it lies on a server."""
    file = snapshot.file_of(settings.database)
    if file is None:
        raise Refused(f"台账在 PostgreSQL 里。{instead}")
    return file
