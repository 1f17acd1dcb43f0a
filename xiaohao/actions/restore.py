"""恢复: a backup put in the place of a ledger that is not there, after its trail was recomputed."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from xiaohao.actions import verify_trail
from xiaohao.actions.backup import (
    DATABASE,
    EVIDENCE,
    MOST_FAULTS,
    PAGE_KEY,
    SETTINGS,
    Manifest,
    backups,
    copy_evidence,
    hash_of,
    key_beside,
    manifest_of,
)
from xiaohao.errors import NotFound, Refused, Unreachable
from xiaohao.evidence_files import EvidenceFiles
from xiaohao.ledger import resending, schema, snapshot
from xiaohao.ledger.audit import Claim
from xiaohao.ledger.connect import open_engine
from xiaohao.ledger.writing import Ledger
from xiaohao.vocabulary import Action

NOTHING_RESTORED = "没有恢复任何内容。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was put in place. `upgraded`: the backup was of an older program; `faults` are sentences."""

    backup: Path
    problems: int
    trail_size: int
    root: str
    evidence: int
    upgraded: bool
    held: int
    faults: tuple[str, ...]


def newest(folder: Path) -> Path:
    """The folder itself where it is a backup, else the newest backup in it. Raises NotFound."""
    if (folder / DATABASE).is_file():
        return folder
    there = backups(folder)
    if not there:
        raise NotFound(f"{folder} 里没有备份。{NOTHING_RESTORED}")
    return there[-1]


def restore(
    backup: Path, database: Path, evidence: EvidenceFiles, settings_file: Path, *, on: date
) -> Restored:
    """Put the backup where no ledger is: evidence first, the ledger last and only whole.

    The database is compared with the backup's hash, brought to this program's schema, checked, and
    its trail recomputed leaf by leaf up to the size and root of the backup; the verification counts
    on the business date `on`. Missing or damaged evidence is a fault, the rest is restored. An
    existing settings file stays. Raises NotFound, Refused where anything else does not fit, SchemaFault for a
    backup of a newer program, Unreachable; there is no ledger then, as before.
    """
    _check_free(database)
    manifest = manifest_of(backup)
    if hash_of(backup / DATABASE) != manifest.database_sha256:
        raise Refused(f"备份 {backup} 的数据库与备份时的校验值不符，已经损坏或被改动。{NOTHING_RESTORED}")
    try:
        database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".restoring-", dir=database.parent) as beside:
            file = Path(beside) / DATABASE
            shutil.copyfile(backup / DATABASE, file)
            file.chmod(0o600)
            upgraded, held = _proved(file, manifest, on)
            store = EvidenceFiles(backup.parent / EVIDENCE)
            _, faults = copy_evidence(store, evidence, manifest.evidence)
            if (backup / SETTINGS).is_file() and not settings_file.exists():
                shutil.copy2(backup / SETTINGS, settings_file)
            if (backup / PAGE_KEY).is_file() and not (key := key_beside(settings_file)).exists():
                key.parent.mkdir(mode=0o700, exist_ok=True)
                shutil.copy2(backup / PAGE_KEY, key)
            snapshot.in_one_file(file)
            _check_free(database)
            os.rename(file, database)
    except OSError as error:
        raise Unreachable(f"恢复时读写出错（{error.strerror or error}）。{NOTHING_RESTORED}") from error
    return Restored(
        backup=backup,
        problems=manifest.problems,
        trail_size=manifest.trail_size,
        root=manifest.root,
        evidence=len(manifest.evidence) - len(faults),
        upgraded=upgraded,
        held=held,
        faults=faults[:MOST_FAULTS],
    )


def _check_free(database: Path) -> None:
    """Raise Refused where a ledger is, or what one left behind: SQLite would play its log into the new one."""
    names = [database.name + end for end in ("", "-wal", "-shm", "-journal")]
    if there := [name for name in names if (database.parent / name).exists()]:
        raise Refused(
            f"{database.parent} 里已经有 {'、'.join(there)}，不能盖掉。请先停下服务，把{'它们一起' if there[1:] else '它'}"
            f"移到别处。{NOTHING_RESTORED}"
        )


def _proved(file: Path, manifest: Manifest, on: date) -> tuple[bool, int]:
    """Bring the copy to this program's schema, check it whole, and hold what was under way.

    Whether it was older, and how many notices were held: they may have gone out since the backup was made.
    Raises Refused.
    """
    engine = open_engine(f"sqlite:///{file}")
    try:
        upgraded = schema.upgrade(engine)
        if faults := schema.check(engine):
            raise Refused(f"备份里的数据库不完整：{faults[0]}{NOTHING_RESTORED}")
        claim = Claim(manifest.trail_size, manifest.root) if manifest.trail_size else None
        done = verify_trail.verify_trail(Ledger(engine), on=on, claim=claim)
        if done.size != manifest.trail_size or done.root != manifest.root or not done.well:
            why = (
                done.findings[0].message
                if done.findings
                else f"根为 {done.root[:16]}…，备份时是 {manifest.root[:16]}…。"
            )
            raise Refused(f"备份里的留痕核对不上：{why}{NOTHING_RESTORED}")
        with Ledger(engine).writing(Action.TELL, by="restore", on=on) as w:
            return upgraded, resending.hold(w)
    finally:
        engine.dispose()
