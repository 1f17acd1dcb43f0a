"""The zip file that a workbook is: looked through under caps before any parser sees it."""

import io
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath

from xiaohao.errors import Unreadable

MOST_INFLATED = 192 * 1024 * 1024
MOST_ENTRIES = 5000
_PIECE = 1 << 16
_LONGEST_READ = 8 * 1024 * 1024  # the directory of MOST_ENTRIES is far shorter
_PACKINGS = frozenset([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])  # others inflate without end in one step
SUSPICIOUS = "文件里含有可疑的实体定义，正常的表格不会有，为安全起见不打开。请向来源核实。"
_DAMAGED = "文件已损坏或没有传完整，请在 Excel 中重新保存，或向对方再要一份。"


class Package:
    """An opened package whose entries were all inflated once, within the cap, and hold no document type."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._entries = {_plain(info.filename): info for info in archive.infolist()}

    def has(self, name: str) -> bool:
        """Whether there is such an entry; case does not matter."""
        return _plain(name) in self._entries

    def names(self) -> list[str]:
        """All entries, in lower case."""
        return list(self._entries)

    def written(self, name: str) -> str:
        """The entry's name as it is written in the package."""
        return self._entries[_plain(name)].filename

    def whole(self, name: str) -> bytes:
        """All bytes of an entry. Raises as `pieces`."""
        with closing(self.pieces(name)) as pieces:
            return b"".join(pieces)

    def pieces(self, name: str) -> Generator[bytes]:
        """The bytes of an entry, piece by piece. Raises Unreadable where the entry is damaged."""
        try:
            with self._archive.open(self._entries[_plain(name)]) as entry:
                while piece := entry.read(_PIECE):
                    yield piece
        except KeyError as error:
            raise Unreadable(f"工作簿里缺少 {PurePosixPath(name).name}。{_DAMAGED}") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
            raise Unreadable(_DAMAGED) from error


class _ShortReads(io.BufferedReader):
    """A file that gives no more than _LONGEST_READ at once: a directory may claim any length."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            size = _LONGEST_READ  # the last part of a file, which holds its directory's end
        if size > _LONGEST_READ:
            raise Unreadable(_too_large())
        return super().read(size)


@contextmanager
def opened(path: Path) -> Iterator[Package]:
    """The package at `path`, checked.

    Raises Unreadable where it is truncated, locked, inflates beyond MOST_INFLATED, or holds a document
    type declaration (no honest workbook has one; entity bombs need one).
    """
    with _ShortReads(io.FileIO(path)) as file:
        try:
            archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise Unreadable(_DAMAGED) from error
        with archive:
            _check(archive)
            package = Package(archive)
            _inflate(package)
            yield package


def _check(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    if any(info.flag_bits & 0x1 for info in entries):
        raise Unreadable("文件设了打开密码，请取消密码后另存再导入。")
    if any(info.compress_type not in _PACKINGS for info in entries):
        raise Unreadable(
            "文件的压缩方式不是 Excel 所用的，不打开。请在 Excel 或 WPS 中另存为 .xlsx 后再导入。"
        )
    if len(entries) > MOST_ENTRIES or sum(info.file_size for info in entries) > MOST_INFLATED:
        raise Unreadable(_too_large())


def _inflate(package: Package) -> None:
    """Inflate every entry once and throw it away: the sizes in the directory may lie."""
    total = 0
    for name in package.names():
        tail = b""
        is_markup = name.endswith((".xml", ".rels"))
        with closing(package.pieces(name)) as pieces:
            for piece in pieces:
                total += len(piece)
                if total > MOST_INFLATED:
                    raise Unreadable(_too_large())
                if is_markup:
                    seen = tail + piece
                    if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen:
                        raise Unreadable(SUSPICIOUS)
                    tail = piece[-16:]


def _too_large() -> str:
    return (
        f"文件展开后超过 {MOST_INFLATED // 1024 // 1024} 兆，不像是正常的台账，为安全起见不打开。"
        "请删去多余的空行、格式和图片，或拆成几个文件。"
    )


def _plain(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()
