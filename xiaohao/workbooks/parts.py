"""The parts of an Excel workbook (ECMA-376): which of them are sheets, texts and styles."""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field

from xiaohao.errors import Unreadable
from xiaohao.workbooks.markup import Attributes, walk
from xiaohao.workbooks.package import Package


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A sheet and the part that holds it."""

    name: str
    hidden: bool
    target: str


@dataclass(slots=True)
class Parts:
    """The parts of a workbook; `sheets` in order, hidden ones too."""

    sheets: list[SheetPart] = field(default_factory=list)
    from_1904: bool = False
    shared: str = "xl/sharedStrings.xml"
    styles: str = "xl/styles.xml"


def read_parts(package: Package) -> Parts:
    """The parts of the workbook. Raises Unreadable where the package is none."""
    main = _main_part(package)
    targets = relations(package, main)
    parts = Parts()
    for kind, target in targets.values():
        if kind == "sharedStrings":
            parts.shared = target
        elif kind == "styles":
            parts.styles = target

    def start(tag: str, attributes: Attributes) -> None:
        if tag == "sheet":
            relation = next(
                (v for k, v in attributes.items() if k.rpartition(":")[2] == "id" and ":" in k), ""
            )
            hidden = attributes.get("state", "visible") != "visible"
            kind, target = targets.get(relation, ("", ""))
            if kind == "worksheet" and package.has(target):
                parts.sheets.append(SheetPart(attributes.get("name", ""), hidden, target))
        elif tag == "workbookPr":
            parts.from_1904 = attributes.get("date1904", "0") in ("1", "true")

    walk(package.pieces(main), start=start)
    return parts


def _main_part(package: Package) -> str:
    for kind, target in relations(package, "").values():
        if kind == "officeDocument" and package.has(target):
            if "word" in target.split("/")[0] or "ppt" in target.split("/")[0]:
                raise Unreadable("这是 Word 或 PPT 文件，不是表格。请把台账另存为 Excel 工作簿（.xlsx）。")
            if target.endswith(".bin"):
                raise Unreadable("这是 .xlsb 工作簿，请在 Excel 中另存为 .xlsx 后再导入。")
            return target
    if package.has("xl/workbook.xml"):
        return "xl/workbook.xml"
    raise Unreadable("这是压缩包，不是 Excel 工作簿。请解压后导入里面的表格，或另存为 .xlsx。")


def relations_part(part: str) -> str:
    """The name of the part that holds the relations of a part ("": of the package)."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def relations(package: Package, part: str) -> Mapping[str, tuple[str, str]]:
    """Id → kind (the last word of its type) and target, of the part."""
    folder = posixpath.dirname(part)
    source = relations_part(part)
    found: dict[str, tuple[str, str]] = {}
    if not package.has(source):
        return found

    def start(tag: str, attributes: Attributes) -> None:
        if tag == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "").replace("\\", "/")
            whole = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
            kind = attributes.get("Type", "").rpartition("/")[2]
            found[attributes.get("Id", "")] = (kind, posixpath.normpath(whole))

    walk(package.pieces(source), start=start)
    return found
