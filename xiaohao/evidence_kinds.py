"""What kind of file it is: by its first bytes, and by its ending where these leave it open."""

import codecs
import zipfile
from pathlib import Path

HEAD_BYTES = 512
CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\r\f")
SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"%PDF-", "application/pdf"),
)
"""Offset, bytes, media type."""
HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"})
ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OFFICE_PARTS = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
OLD_OFFICE = {
    ".doc": "application/msword",
    ".wps": "application/vnd.ms-works",
    ".xls": "application/vnd.ms-excel",
    ".et": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
    ".dps": "application/vnd.ms-powerpoint",
}
TEXTS = {".txt": "text/plain", ".md": "text/plain", ".log": "text/plain", ".csv": "text/csv"}


def of_file(path: Path, name: str) -> str | None:
    """The media type of a file that was given under `name`; None where it is of no kind that is taken.

    Pictures and PDF are known by their content whatever their ending; a program that calls
    itself a photo is none. Office documents with macros are of no kind.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    ending = Path(name).suffix.lower()
    for offset, signature, media_type in SIGNATURES:
        if head.startswith(signature, offset):
            return media_type
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith(b"BM") and head[6:10] == bytes(4):
        return "image/bmp"
    if head[4:8] == b"ftyp" and head[8:12] in HEIF_BRANDS:
        return "image/heic"
    if head.startswith(ZIP):
        return _of_zip(path)
    if head.startswith(OLE):
        return OLD_OFFICE.get(ending)
    return TEXTS.get(ending) if _is_text(path) else None


def _of_zip(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return None
    if "OFD.xml" in names:
        return "application/ofd"
    if "[Content_Types].xml" not in names or any(each.endswith("vbaProject.bin") for each in names):
        return None
    kinds = (kind for part, kind in OFFICE_PARTS.items() if any(each.startswith(part) for each in names))
    return next(kinds, None)


def _is_text(path: Path) -> bool:
    """Whether the whole file reads as text: UTF-8, GB 18030, or UTF-16 with its mark."""
    content = path.read_bytes()
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if not marked and content.translate(None, CONTROLS) != content:
        return False
    for encoding in ("utf-16",) if marked else ("utf-8", "gb18030"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False
