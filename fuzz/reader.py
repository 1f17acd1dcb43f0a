"""`make fuzz`: bytes led by coverage into the reader of workbooks; whatever they are, it reads or refuses.

The first byte chooses where the others go: a text file, a workbook as it is, or one part of a sound
package. Old workbooks (.xls) are left out: their parser is not ours, and ends the process that it is in;
it only ever runs in a child (xiaohao/workbooks/apart.py).
"""

import sys
import tempfile
import zipfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["xiaohao"]):
    from xiaohao.errors import Unreadable
    from xiaohao.workbooks.reader import read

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
OLE = b"\xd0\xcf\x11\xe0"
HEADS = "".join(f'<c t="inlineStr"><is><t>{head}</t></is></c>' for head in ("问题", "责任单位", "整改时限"))
SOUND = {
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="a" Type="{OFFICE}/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="台账" sheetId="1" r:id="a"/>'
    "</sheets></workbook>",
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="a" Type="{OFFICE}/worksheet" '
    'Target="worksheets/sheet1.xml"/></Relationships>',
    "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"><si><t>路灯不亮</t></si></sst>',
    "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"/>',
    "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData><row>{HEADS}</row><row>'
    '<c t="s"><v>0</v></c><c t="s"><v>0</v></c><c><v>45000</v></c></row></sheetData></worksheet>',
}
PARTS = tuple(SOUND)
FOLDER = Path(tempfile.mkdtemp(prefix="xiaohao-fuzz-"))


def once(data: bytes) -> None:
    """Read one input; anything but a refusal in a sentence is a find."""
    if not data or data[1:5] == OLE:
        return
    choice = data[0] % (len(PARTS) + 2)
    path = FOLDER / ("任意.csv" if choice == 0 else "任意.xlsx")
    if choice < 2:
        path.write_bytes(data[1:])
    else:
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in SOUND.items():
                archive.writestr(name, data[1:] if name == PARTS[choice - 2] else content)
    try:
        read(path)
    except Unreadable as refusal:
        if not refusal.message.endswith("。"):
            raise AssertionError(f"no sentence: {refusal.message}") from refusal


def seeds() -> Path:
    """A folder of inputs to begin with: each part as it is, and a text."""
    folder = FOLDER / "seeds"
    folder.mkdir()
    for number, content in enumerate(SOUND.values(), 2):
        (folder / str(number)).write_bytes(bytes([number]) + content.encode())
    (folder / "0").write_bytes(b"\0" + "序号,问题,责任单位,整改时限\n1,路灯不亮,站前社区,3月底前\n".encode())
    return folder


if __name__ == "__main__":
    atheris.Setup([*sys.argv, str(seeds())], once)
    atheris.Fuzz()
