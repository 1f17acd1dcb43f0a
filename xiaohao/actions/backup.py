"""备份: a copy of ledger, evidence and settings in a folder, taken while the program runs.

A backup is a folder of its own, there whole or not at all. Evidence is known by its content and lies once
for all backups of a folder, so that a second backup copies only what is new.
"""

import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from xiaohao.errors import NotFound, Refused, Unreachable
from xiaohao.evidence_files import EvidenceFiles
from xiaohao.ledger import schema, snapshot
from xiaohao.ledger.connect import open_engine

MANIFEST, DATABASE, SETTINGS, EVIDENCE = "backup.json", "xiaohao.db", "xiaohao.env", "evidence"
PAGE_KEY = "page.key"
NAMED = "%Y%m%dT%H%M%S"
UNFINISHED = ".making-"
LEFT_BEHIND_AFTER = timedelta(days=1)
MOST_FAULTS = 100


class Manifest(BaseModel):
    """What a backup says of itself. `made_at` is UTC; `root` and hashes are hexadecimal."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: int = Field(ge=1, le=1)
    made_at: datetime
    revision: str
    problems: int
    trail_size: int
    root: str
    database_bytes: int
    database_sha256: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedUp:
    """A backup that stands. `evidence` files belong to it, `copied` of them are new; `faults` are sentences."""

    folder: Path
    problems: int
    trail_size: int
    root: str
    database_bytes: int
    evidence: int
    copied: int
    faults: tuple[str, ...]
    removed: tuple[Path, ...]


def back_up(
    database: Path,
    evidence: EvidenceFiles,
    settings_file: Path,
    folder: Path,
    *,
    at: datetime,
    keep: int | None = None,
) -> BackedUp:
    """Make a backup of a SQLite ledger in `folder`, named by the instant `at` (aware), in UTC.

    A file of evidence that is missing or damaged is a fault; the rest is backed up. Of the backups in
    the folder the newest `keep` stay (all where None). Raises LedgerUnreachable, Unreachable where
    the folder cannot be written; no backup is left half made.
    """
    with _made_whole(folder, at.astimezone(UTC).strftime(NAMED)) as (making, final):
        snapshot.take(database, making / DATABASE)
        engine = open_engine(f"sqlite:///{making / DATABASE}")
        held = snapshot.contents(engine)
        engine.dispose()
        snapshot.in_one_file(making / DATABASE)
        copied, faults = copy_evidence(evidence, EvidenceFiles(folder / EVIDENCE), held.evidence)
        if settings_file.is_file():
            shutil.copy2(settings_file, making / SETTINGS)
        if (key := key_beside(settings_file)).is_file():
            shutil.copy2(key, making / PAGE_KEY)
        manifest = Manifest(
            format=1,
            made_at=at.astimezone(UTC),
            revision=schema.REVISIONS[-1],
            problems=held.problems,
            trail_size=held.head.size,
            root=held.head.root,
            database_bytes=(making / DATABASE).stat().st_size,
            database_sha256=hash_of(making / DATABASE),
            evidence=held.evidence,
        )
        (making / MANIFEST).write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
    return BackedUp(
        folder=final,
        problems=manifest.problems,
        trail_size=manifest.trail_size,
        root=manifest.root,
        database_bytes=manifest.database_bytes,
        evidence=len(manifest.evidence) - len(faults),
        copied=copied,
        faults=faults[:MOST_FAULTS],
        removed=tuple(_removed(folder, keep)),
    )


def key_beside(settings_file: Path) -> Path:
    """The key that links of notices are signed with: without it no link that was sent opens again."""
    return settings_file.parent / "keys" / PAGE_KEY


def copy_evidence(
    source: EvidenceFiles, target: EvidenceFiles, hashes: Sequence[str]
) -> tuple[int, tuple[str, ...]]:
    """Copy what `target` has not got: how many, and a sentence for each that is missing or damaged."""
    copied, faults = 0, list[str]()
    for sha256 in hashes:
        try:
            copied += target.take_from(source, sha256)
        except (NotFound, Refused) as error:
            faults.append(error.message)
    return copied, tuple(faults)


def backups(folder: Path) -> list[Path]:
    """The whole backups in a folder, the oldest first."""
    return sorted(
        path.parent for path in folder.glob(f"*/{MANIFEST}") if not path.parent.name.startswith(".")
    )


def manifest_of(backup: Path) -> Manifest:
    """What a backup says of itself. Raises NotFound where there is none, Refused for one that is no backup."""
    try:
        text = (backup / MANIFEST).read_text(encoding="utf-8")
        return Manifest.model_validate_json(text)
    except FileNotFoundError as error:
        raise NotFound(f"{backup} 不是备份：里面没有 {MANIFEST}。") from error
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise Refused(f"{backup} 的 {MANIFEST} 读不了，或者是别的版本的程序写的。") from error


def hash_of(file: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


@contextmanager
def _made_whole(folder: Path, name: str) -> Iterator[tuple[Path, Path]]:
    """A folder to write in, and the name that it has once the block has come to its end."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        final = folder / name
        if final.exists():
            raise Refused(f"备份 {final} 已经有了，没有再做一份。")
        _clear_left_behind(folder)
        with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=folder) as making:
            (Path(making) / name).mkdir(mode=0o700)
            yield Path(making) / name, final
            (Path(making) / name).rename(final)
    except OSError as error:
        raise Unreachable(f"备份写不进 {folder}（{error.strerror or error}），没有留下半份。") from error


def _clear_left_behind(folder: Path) -> None:
    """Remove what a backup that was killed had begun; one that is still being made is younger."""
    for begun in folder.glob(f"{UNFINISHED}*"):
        if begun.stat().st_mtime < time.time() - LEFT_BEHIND_AFTER.total_seconds():
            shutil.rmtree(begun, ignore_errors=True)


def _removed(folder: Path, keep: int | None) -> Iterator[Path]:
    """Remove the oldest backups but the newest `keep`; evidence stays, since others may need it."""
    if keep is None:
        return
    for old in backups(folder)[:-keep]:
        shutil.rmtree(old)
        yield old
