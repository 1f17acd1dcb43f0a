"""The folder of evidence: content known by its hash, whole or not there."""

import hashlib
import io
import stat
import zipfile
from pathlib import Path

import pytest

from xiaohao.errors import NotFound, Refused, Unreachable
from xiaohao.evidence_files import EvidenceFiles

PHOTO = b"\xff\xd8\xff\xe1 Exif and so on"


def packed(*names: str) -> bytes:
    """A zip archive of empty files."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return content.getvalue()


def given(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def all_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_the_same_content_lies_there_once_byte_for_byte(tmp_path: Path) -> None:
    files = EvidenceFiles(tmp_path / "evidence")
    first = files.add(given(tmp_path, "东门.jpg", PHOTO))
    second = files.add(given(tmp_path, "又一张.png", PHOTO))
    sha256 = hashlib.sha256(PHOTO).hexdigest()
    assert (first.sha256, first.size, first.name) == (second.sha256, len(PHOTO), "东门.jpg")
    assert all_files(files.folder) == [files.folder / sha256[:2] / sha256]
    assert files.path_of(sha256).read_bytes() == PHOTO
    assert files.has(sha256)
    assert not files.has("0" * 64)


def test_others_on_the_machine_cannot_read_it(tmp_path: Path) -> None:
    files = EvidenceFiles(tmp_path / "evidence")
    stored = files.add(given(tmp_path, "东门.jpg", PHOTO))
    path = files.path_of(stored.sha256)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == stat.S_IMODE(files.folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("照片.jpg", PHOTO, "image/jpeg"),
        ("照片.png", b"\x89PNG\r\n\x1a\n....", "image/png"),
        ("照片.JPG", b"\x89PNG\r\n\x1a\n....", "image/png"),  # the content counts, not the ending
        ("照片.heic", b"\x00\x00\x00\x18ftypheic....", "image/heic"),
        ("照片.webp", b"RIFF....WEBPVP8 ", "image/webp"),
        ("扫描.bmp", b"BM\x36\x00\x00\x00\x00\x00\x00\x00\x36\x00", "image/bmp"),
        ("报告.pdf", b"%PDF-1.7\n", "application/pdf"),
        ("公文.ofd", packed("OFD.xml"), "application/ofd"),
        (
            "报告.docx",
            packed("[Content_Types].xml", "word/document.xml"),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (
            "台账.xlsx",
            packed("[Content_Types].xml", "xl/workbook.xml"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        ("报告.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "application/msword"),
        ("说明.txt", "已修好".encode(), "text/plain"),
        ("说明.txt", "已修好".encode("gb18030"), "text/plain"),
        ("说明.txt", "已修好".encode("utf-16"), "text/plain"),
        ("名单.csv", "单位,件数\r\n".encode(), "text/csv"),
    ],
)
def test_pictures_pdf_office_and_text_are_taken(
    tmp_path: Path, name: str, content: bytes, media_type: str
) -> None:
    files = EvidenceFiles(tmp_path / "evidence")
    assert files.add(given(tmp_path, name, content)).media_type == media_type


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("照片.jpg", b"MZ\x90\x00 a program"),
        ("照片.jpg", b"just words"),
        ("图.svg", b"<svg onload='x()'/>"),
        ("页面.html", b"<html></html>"),
        ("包.zip", packed("word/document.xml")),
        ("带宏.docm", packed("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin")),
        ("坏的.docx", b"PK\x03\x04 no archive"),
        ("旧程序.msi", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...."),
        ("说明.txt", b"\x00\x01\x02"),
        ("说明.txt", b"\xff\xff\xff"),
    ],
)
def test_everything_else_is_refused_and_leaves_nothing(tmp_path: Path, name: str, content: bytes) -> None:
    files = EvidenceFiles(tmp_path / "evidence")
    with pytest.raises(Refused, match="不是可以存的佐证材料"):
        files.add(given(tmp_path, name, content))
    assert all_files(files.folder) == []


def test_too_large_empty_or_missing(tmp_path: Path) -> None:
    files = EvidenceFiles(tmp_path / "evidence", most_bytes=1024 * 1024)
    assert files.add(given(tmp_path, "刚好.jpg", PHOTO.ljust(1024 * 1024))).size == 1024 * 1024
    kept = all_files(files.folder)
    with pytest.raises(Refused, match=r"“大\.jpg”超过 1 MB"):
        files.add(given(tmp_path, "大.jpg", PHOTO.ljust(1024 * 1024 + 1)))
    with pytest.raises(Refused, match="是空文件"):
        files.add(given(tmp_path, "空.jpg", b""))
    with pytest.raises(NotFound, match="没有找到文件"):
        files.add(tmp_path / "没有.jpg")
    with pytest.raises(NotFound, match="没有找到文件"):
        files.add(tmp_path)
    assert all_files(files.folder) == kept


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    given(tmp_path, "evidence", b"a file lies in the way")
    with pytest.raises(Unreachable, match="存不下"):
        EvidenceFiles(tmp_path / "evidence").add(given(tmp_path, "东门.jpg", PHOTO))
