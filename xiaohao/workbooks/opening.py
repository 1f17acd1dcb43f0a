"""Which format a file has, whatever its name says; and what is refused as a whole."""

from pathlib import Path

from xiaohao.errors import Unreadable
from xiaohao.workbooks.delimited import read_delimited
from xiaohao.workbooks.grid import Sheet
from xiaohao.workbooks.open_document import is_open_document, read_open_document
from xiaohao.workbooks.package import opened
from xiaohao.workbooks.spreadsheet import read_spreadsheet

MOST_BYTES = 100 * 1024 * 1024
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TEXT_NAMES = frozenset([".csv", ".tsv", ".txt"])


def open_sheets(path: Path) -> list[Sheet]:
    """The sheets of the file. Raises Unreadable with one sentence where the file is refused."""
    head = _head(path)
    if head.startswith(_ZIP):
        with opened(path) as package:
            if is_open_document(package):
                return read_open_document(package)
            return read_spreadsheet(package)
    if head.startswith(_OLE):
        raise Unreadable(_about_ole(path))
    _refuse_markup(head)
    if path.suffix.lower() not in _TEXT_NAMES:
        raise Unreadable(
            "这不是 Excel 工作簿，只是改了扩展名的文件。请在 Excel 或 WPS 中打开原表，另存为 .xlsx 后再导入。"
        )
    return [read_delimited(path.read_bytes())]


def _head(path: Path) -> bytes:
    try:
        size = path.stat().st_size
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


def _about_ole(path: Path) -> str:
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        return "文件设了打开密码，请取消密码后另存再导入。"
    if "Workbook".encode("utf-16-le") in content or "Book".encode("utf-16-le") in content:
        return "这是旧版 Excel 格式（.xls），请在 Excel 或 WPS 中另存为 .xlsx 后再导入。"
    return "这不是 Excel 工作簿，请把台账另存为 .xlsx 后再导入。"


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
