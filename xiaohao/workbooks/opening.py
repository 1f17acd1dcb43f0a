"""Which format a file has, whatever its name says; and what is refused as a whole."""

import stat
from dataclasses import dataclass
from pathlib import Path

from xiaohao.errors import Unreadable
from xiaohao.workbooks.delimited import read_delimited
from xiaohao.workbooks.grid import Book
from xiaohao.workbooks.old_format import read_old_format
from xiaohao.workbooks.open_document import is_open_document, read_open_document
from xiaohao.workbooks.package import opened
from xiaohao.workbooks.spreadsheet import read_spreadsheet

MOST_BYTES = 100 * 1024 * 1024
MOST_TEXT_BYTES = 32 * 1024 * 1024
_LOCK_MARKS = ("~$", ".~")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TEXT_NAMES = frozenset([".csv", ".tsv", ".txt"])


@dataclass(frozen=True, slots=True)
class Print:
    """By what one sees that a file was changed: size, time of the last change (ns), place on the disk."""

    size: int
    changed_at: int
    node: int


def print_of(path: Path) -> Print | None:
    """The file as it lies there now; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return Print(found.st_size, found.st_mtime_ns, found.st_ino)


def look_over(path: Path) -> None:
    """Refuse what needs no parser to be refused. Raises Unreadable with one sentence.

    What is no workbook and no text, what is locked or torn, and what inflates beyond every measure.
    """
    head = _head(path)
    if head.startswith(_ZIP):
        with opened(path):
            return
    if not head.startswith(_OLE):
        _refuse_others(path, head)


def open_book(path: Path) -> Book:
    """The sheets of the file. Raises Unreadable with one sentence where the file is refused."""
    head = _head(path)
    if head.startswith(_ZIP):
        with opened(path) as package:
            is_open = is_open_document(package)
            return Book(read_open_document(package) if is_open else read_spreadsheet(package))
    if head.startswith(_OLE):
        _refuse_other_ole(path)
        return read_old_format(path)
    _refuse_others(path, head)
    return Book([read_delimited(path.read_bytes())])


def is_text(path: Path) -> bool:
    """Whether the file is neither a package nor an old workbook, so that only text can be read from it."""
    return not _head(path).startswith((*_ZIP, _OLE))


def is_excel(path: Path) -> bool:
    """Whether the file is a workbook of Excel's present format (.xlsx, .xlsm), whatever its name says."""
    if not _head(path).startswith(_ZIP):
        return False
    with opened(path) as package:
        return not is_open_document(package)


def is_open_elsewhere(path: Path) -> bool:
    """Whether Excel, WPS or LibreOffice has left the mark of a file that it has open beside it."""
    names = (f"~${path.name}", f".~{path.name}", f".~lock.{path.name}#")
    return any((path.parent / name).exists() for name in names)


def _head(path: Path) -> bytes:
    if path.name.startswith(_LOCK_MARKS):
        raise Unreadable(
            "这是 Excel、WPS 打开文件时留下的临时文件，不是台账。请选择文件名前没有“~$”的那一个。"
        )
    try:
        size = _size(path)
        with path.open("rb") as file:
            head = file.read(4096)
    except FileNotFoundError as error:
        raise Unreadable("找不到这个文件，请核对路径和文件名。") from error
    except IsADirectoryError as error:
        raise Unreadable("这是文件夹，请指定里面的台账文件。") from error
    except PermissionError as error:
        raise Unreadable("没有权限读这个文件，或它正被其他程序占用。请关闭后再试。") from error
    except OSError as error:
        raise Unreadable("文件读不出来，请把它复制到本机后再试。") from error
    if not head.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise Unreadable("文件是空的，没有可导入的内容。")
    if size > MOST_BYTES:
        raise Unreadable(
            f"文件超过 {MOST_BYTES // 1024 // 1024} 兆，不像是正常的台账。请删去图片或拆成几个文件。"
        )
    return head


def _size(path: Path) -> int:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
        raise Unreadable("这不是普通文件，请指定台账文件。")
    return found.st_size


def _refuse_other_ole(path: Path) -> None:
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise Unreadable("文件设了打开密码，请取消密码后另存再导入。")
    if not any(name.encode("utf-16-le") in content for name in ("Workbook", "Book")):
        raise Unreadable("这不是 Excel 工作簿，或文件没有传完整。请把台账另存为 .xlsx 后再导入。")


def _refuse_others(path: Path, head: bytes) -> None:
    """Refuse what is neither a workbook nor a text of cells."""
    _refuse_markup(head)
    if path.suffix.lower() not in _TEXT_NAMES:
        raise Unreadable(
            "这不是 Excel 工作簿，只是改了扩展名的文件。请在 Excel 或 WPS 中打开原表，另存为 .xlsx 后再导入。"
        )
    if path.stat().st_size > MOST_TEXT_BYTES:
        raise Unreadable(f"文本文件超过 {MOST_TEXT_BYTES // 1024 // 1024} 兆，请拆成几个文件。")


def _refuse_markup(head: bytes) -> None:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<meta", b"<head", b"<script", b"<div")):
        raise Unreadable(
            "这其实是网页（HTML），不是工作簿。请用 Excel 或 WPS 打开它，另存为 .xlsx 后再导入。"
        )
    if start.startswith(b"<"):
        raise Unreadable("这是 XML 文本，不是工作簿。请用 Excel 或 WPS 打开它，另存为 .xlsx 后再导入。")
    if start.startswith((b"%pdf", b"{\\rtf")):
        raise Unreadable("这是 PDF 或文档，不是表格。请把台账另存为 .xlsx 后再导入。")
