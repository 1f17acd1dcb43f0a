"""A file that is written whole or not at all, and never over one that somebody has open."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from xlsxwriter.exceptions import FileCreateError

from xiaohao.errors import Refused

NOT_WRITTEN = "没有导出任何内容。"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A fresh file beside `path`, put in its place when the block ends well, else taken away.

    Raises Refused with one sentence where the folder or file cannot be written, or is open elsewhere.
    """
    _refuse_open(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.stem[:40]}-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise Refused(f"{_why(error, path.parent)}{NOT_WRITTEN}") from error
    fresh = Path(name)
    try:
        yield fresh
        fresh.chmod(_mode(path))
        fresh.replace(path)
    except FileCreateError as error:  # how the writing library tells an OSError of its own
        cause = error.args[0] if error.args and isinstance(error.args[0], OSError) else OSError(str(error))
        raise Refused(f"{_why(cause, path)}{NOT_WRITTEN}") from error
    except OSError as error:
        raise Refused(f"{_why(error, path)}{NOT_WRITTEN}") from error
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def _refuse_open(path: Path) -> None:
    """Excel, WPS and LibreOffice leave a file beside the one that they have open."""
    if path.is_dir():
        raise Refused(f"{path} 是文件夹，请写明文件名，如 {path / '台账.xlsx'}。{NOT_WRITTEN}")
    for mark in (f"~${path.name}", f".~{path.name}", f".~lock.{path.name}#"):
        if path.exists() and path.with_name(mark).exists():
            raise Refused(
                f"{path.name} 正被其他程序打开，请关闭后再导出。如果没有打开，请删除同一文件夹里的“{mark}”。{NOT_WRITTEN}"
            )
    if path.exists() and not os.access(path, os.W_OK):
        raise Refused(f"{path.name} 是只读的，不能覆盖。请换一个文件名，或去掉只读属性。{NOT_WRITTEN}")


def _why(error: OSError, path: Path) -> str:
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return f"文件夹 {path if path.suffix == '' else path.parent} 不存在，请先建立。"
        case PermissionError():
            return f"{path} 不能写入：没有权限，或正被其他程序打开。请关闭后再试，或换一个位置。"
        case OSError(errno=28):  # ENOSPC
            return "磁盘已满，请清理后再试。"
    return f"{path} 写不进去（{error.strerror or error}）。请换一个位置。"


def _mode(path: Path) -> int:
    """That of the file which is replaced, else what a new file has here."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
