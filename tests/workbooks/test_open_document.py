"""Spreadsheets of LibreOffice and WPS in their own format (.ods)."""

import zipfile
from datetime import date
from pathlib import Path

import pytest

from xiaohao.errors import Unreadable
from xiaohao.workbooks.reader import read

KIND = "application/vnd.oasis.opendocument.spreadsheet"
NAMES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in [("office", "office"), ("table", "table"), ("text", "text"), ("style", "style")]
)
STYLES = """<office:automatic-styles>
<style:style style:name="gone" style:family="table-cell"><style:text-properties style:text-line-through-style="solid"/>
</style:style><style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/>
</style:style></office:automatic-styles>"""


def text(value: str, more: str = "") -> str:
    lines = "".join(f"<text:p>{line}</text:p>" for line in value.split("\n"))
    return f'<table:table-cell office:value-type="string"{more}>{lines}</table:table-cell>'


def row(*cells: str) -> str:
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def a_document(path: Path, tables: str, *, kind: str = KIND, manifest: str = "<manifest/>") -> Path:
    body = f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", kind)
        archive.writestr(
            "content.xml", f"<office:document-content {NAMES}>{STYLES}{body}</office:document-content>"
        )
        archive.writestr("META-INF/manifest.xml", manifest)
    return path


HEAD = row(*map(text, ["序号", "问题", "责任单位", "发现时间", "整改时限"]))
BLANK = "<table:table-cell/>"
DAY = '<table:table-cell office:value-type="date" office:date-value="2024-05-31"><text:p>5月31日</text:p></table:table-cell>'
ONE = '<table:table-cell office:value-type="float" office:value="1"><text:p>1</text:p></table:table-cell>'


def test_a_ledger_is_read_with_dates_merges_and_strikes(tmp_path: Path) -> None:
    """Repeated blanks move on, a remark is no text, a struck row is left out, a merged unit counts below."""
    remark = "<office:annotation><text:p>批注</text:p></office:annotation>"
    title = f'<table:table-cell office:value-type="string">{remark}<text:p>路灯<text:s/>不亮</text:p></table:table-cell>'
    gone = ' table:style-name="gone"'
    tables = (
        '<table:table table:name="台账">' + HEAD
        + row(ONE, title, text("站前社区", ' table:number-rows-spanned="2"'), BLANK, DAY)
        + row(ONE, text("乙"), "<table:covered-table-cell/>", DAY, text("15个工作日"))
        + '<table:table-row table:number-rows-repeated="3"><table:table-cell table:number-columns-repeated="5"/></table:table-row>'
        + row(ONE, text("丙", gone), text("站前社区", gone), BLANK, text("5月底", gone))
        + '</table:table><table:table table:name="旧" table:style-name="ta2">' + HEAD + "</table:table>"
    )  # fmt: skip
    result = read(a_document(tmp_path / "台账.ods", tables))
    assert [(line.row, line.title, line.unit_name, line.due_given, line.limit_text) for line in result.problems] == [
        (2, "路灯 不亮", "站前社区", date(2024, 5, 31), "2024-05-31"),
        (3, "乙", "站前社区", None, "15个工作日"),
    ]  # fmt: skip
    assert result.problems[1].found_on == date(2024, 5, 31)
    assert [(fault.sheet, fault.row, fault.severity) for fault in result.faults] == [
        ("旧", None, "warning"), ("台账", 7, "warning"),
    ]  # fmt: skip


def test_a_formula_without_its_result_and_an_error_are_told(tmp_path: Path) -> None:
    lost = '<table:table-cell table:formula="of:=[.D2]+30"/>'
    wrong = '<table:table-cell table:formula="of:=#REF!" office:value-type="string"><text:p>#REF!</text:p></table:table-cell>'
    rows = [
        row(ONE, text(name), text("站前社区"), BLANK, cell) for name, cell in [("甲", lost), ("乙", wrong)]
    ]
    result = read(
        a_document(
            tmp_path / "台账.ods", f'<table:table table:name="台账">{HEAD}{"".join(rows)}</table:table>'
        )
    )
    assert [(fault.severity, fault.row, fault.column) for fault in result.faults] == [
        ("error", 2, "整改时限"), ("error", 3, "整改时限"),
    ]  # fmt: skip


@pytest.mark.parametrize(("options", "says"), [
    ({"kind": "application/vnd.oasis.opendocument.text"}, "不是表格"),
    ({"manifest": '<m xmlns:manifest="m"><manifest:encryption-data/></m>'}, "打开密码"),
])  # fmt: skip
def test_other_and_locked_documents_are_refused(tmp_path: Path, options: dict[str, str], says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        read(a_document(tmp_path / "台账.ods", "", **options))


def test_a_row_repeated_without_end_is_refused(tmp_path: Path) -> None:
    bomb = f'<table:table-row table:number-rows-repeated="1000000">{text("甲")}</table:table-row>'
    with pytest.raises(Unreadable, match="重复"):
        read(a_document(tmp_path / "台账.ods", f'<table:table table:name="台账">{bomb}</table:table>'))
