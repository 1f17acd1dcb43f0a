"""佐证材料 as files: a folder in which each content lies once, under its SHA-256.

A file is copied byte for byte (a photo keeps its EXIF), synced, then renamed into place, so
what lies under a name is always whole.
"""

import hashlib
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from xiaohao import evidence_kinds
from xiaohao.errors import NotFound, Refused, Unreachable

MOST_BYTES = 50 * 1024 * 1024
CHUNK = 1024 * 1024
NOT_STORED = "佐证材料没有存入。"


@dataclass(frozen=True)
class StoredFile:
    """A file that lies in the folder: SHA-256 in hexadecimal, size in bytes, and its name as given."""

    sha256: str
    size: int
    media_type: str
    name: str


class EvidenceFiles:
    """The folder of evidence files. `most_bytes` is the largest file that is taken, inclusive."""

    def __init__(self, folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self.folder = folder
        self.most_bytes = most_bytes

    def path_of(self, sha256: str) -> Path:
        """Where the content of this hash lies, or would lie."""
        return self.folder / sha256[:2] / sha256

    def has(self, sha256: str) -> bool:
        """Whether the content of this hash lies in the folder."""
        return self.path_of(sha256).is_file()

    def add(self, path: Path) -> StoredFile:
        """Copy a file into the folder; the same content lies there once, however often it is added.

        Raises NotFound where there is no such file, Refused for an empty one, one larger than
        `most_bytes`, or one that is no picture, PDF, office document or text; Unreachable where
        the folder cannot be written. Nothing is left behind then.
        """
        if not path.is_file():
            raise NotFound(f"没有找到文件“{path}”。{NOT_STORED}")
        try:
            with path.open("rb") as source:
                return self._store(source, _clean_name(path.name))
        except OSError as error:
            raise Unreachable(
                f"文件“{path.name}”读不了或存不下：{error.strerror or error}。{NOT_STORED}"
            ) from error

    def take_from(self, other: "EvidenceFiles", sha256: str) -> bool:
        """Copy the content of this hash out of another folder. False where it lies here already.

        Raises NotFound where the other folder has none, Refused where what lies there has another
        hash, Unreachable where it cannot be read or kept. Nothing is left behind then.
        """
        if self.has(sha256):
            return False
        temporary = None
        try:
            with other.path_of(sha256).open("rb") as source:
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                descriptor, temporary = tempfile.mkstemp(prefix=".incoming-", dir=self.folder)
                with os.fdopen(descriptor, "wb") as target:
                    if _copy_whole(source, target) != sha256:
                        raise Refused(f"佐证材料 {sha256[:16]}… 的内容与它的校验值不符，可能已经损坏。")
            self._into_place(temporary, sha256)
            return True
        except FileNotFoundError as error:
            raise NotFound(f"佐证材料 {sha256[:16]}… 不在 {other.folder} 里。") from error
        except OSError as error:
            raise Unreachable(
                f"佐证材料 {sha256[:16]}… 读不了或存不下：{error.strerror or error}。"
            ) from error
        finally:
            if temporary is not None:
                with suppress(FileNotFoundError):
                    os.unlink(temporary)

    def _store(self, source: BinaryIO, name: str) -> StoredFile:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=".incoming-", dir=self.folder)
        try:
            with os.fdopen(descriptor, "wb") as target:
                sha256, size = self._copy(source, target, name)
                target.flush()
                os.fsync(target.fileno())
            media_type = evidence_kinds.of_file(Path(temporary), name)
            if media_type is None:
                raise Refused(
                    f"“{name}”不是可以存的佐证材料，请用照片、PDF、WPS 或 Office 文档、文本文件。{NOT_STORED}"
                )
            self._into_place(temporary, sha256)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
        return StoredFile(sha256, size, media_type, name)

    def _copy(self, source: BinaryIO, target: BinaryIO, name: str) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > self.most_bytes:
                most = f"{self.most_bytes / 1024 / 1024:g}"
                raise Refused(f"“{name}”超过 {most} MB，请压缩后再上传。{NOT_STORED}")
            digest.update(chunk)
            target.write(chunk)
        if not size:
            raise Refused(f"“{name}”是空文件。{NOT_STORED}")
        return digest.hexdigest(), size

    def _into_place(self, temporary: str, sha256: str) -> None:
        """Give the file its name; a file of that name has the same content, whole."""
        final = self.path_of(sha256)
        final.parent.mkdir(mode=0o700, exist_ok=True)
        os.replace(temporary, final)
        _sync_folder(final.parent)
        _sync_folder(self.folder)


def _copy_whole(source: BinaryIO, target: BinaryIO) -> str:
    """Copy and sync; the SHA-256 of what was copied."""
    digest = hashlib.sha256()
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        target.write(chunk)
    target.flush()
    os.fsync(target.fileno())
    return digest.hexdigest()


def _clean_name(name: str) -> str:
    return "".join(character for character in name if character.isprintable()) or "佐证材料"


def _sync_folder(folder: Path) -> None:
    """Make a rename in the folder survive a power cut; some systems cannot open a folder."""
    with suppress(PermissionError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
