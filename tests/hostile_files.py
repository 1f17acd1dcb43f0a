"""Files that no office makes: bombs, entities, lies. Made by these functions, never committed."""

import struct
import zipfile
from pathlib import Path

SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
MEGABYTE = 1024 * 1024


def with_part(source: Path, name: str, content: bytes, *, to: Path) -> Path:
    """The workbook with one part put in or replaced."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, content)
    return to


def a_bomb(source: Path, name: str, *, to: Path, megabytes: int = 220) -> Path:
    """The workbook with a part that inflates to so much."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
        with new.open(name, "w", force_zip64=True) as part:
            part.write(f'<worksheet xmlns="{MAIN}"><sheetData>'.encode())
            for _ in range(megabytes):
                part.write(b" " * MEGABYTE)
    return to


def lie_about_sizes(path: Path) -> Path:
    """Write small sizes into the directory, as a bomb would to pass a check of declared sizes."""
    content = bytearray(path.read_bytes())
    at = 0
    while (at := content.find(b"PK\x01\x02", at)) >= 0:
        (declared,) = struct.unpack_from("<I", content, at + 24)
        if declared > MEGABYTE:
            struct.pack_into("<I", content, at + 24, 1000)
        at += 4
    path.write_bytes(content)
    return path


def a_sheet_of(source: Path, rows: str, *, to: Path) -> Path:
    """The workbook with these rows, as the XML of its sheet."""
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    return with_part(source, SHEET, sheet.encode(), to=to)


def a_million_formatted_rows(source: Path, *, to: Path) -> Path:
    """The workbook with a million rows below its own that have a look and no text."""
    with zipfile.ZipFile(source) as archive:
        part = archive.read(SHEET)
    empty = "".join(
        f'<row r="{n}" ht="15" s="0"><c r="A{n}" s="0"/></row>' for n in range(100, 1_000_100)
    ).encode()
    return with_part(source, SHEET, part.replace(b"</sheetData>", empty + b"</sheetData>"), to=to)


def with_an_entity(source: Path, declaration: str, *, to: Path) -> Path:
    """The workbook with a document type in its sheet."""
    sheet = f'<?xml version="1.0"?>{declaration}<worksheet xmlns="{MAIN}"><sheetData/></worksheet>'
    return with_part(source, SHEET, sheet.encode(), to=to)
