"""The annotated copy as an import leaves it: there is one only where there are faults, and the source is left alone."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from importing_office import HEADS, ON, Office
from openpyxl import load_workbook

from xiaohao.actions import set_up
from xiaohao.ledger.writing import Ledger

GOOD = ("", "路灯不亮", "绿城社区", "2026-03-02", "限期整改", "2026-04-30")
BAD = ("", "道路破损", "没有的社区", "2026-03-02", "限期整改", "2026-04-30")


@pytest.fixture
def office(sqlite_engine: sa.Engine, tmp_path: Path) -> Office:
    set_up.set_up(Ledger(sqlite_engine))
    office = Office(Ledger(sqlite_engine), tmp_path)
    office.has_units()
    return office


def test_a_row_that_is_kept_out_is_marked_where_the_clerk_must_mend_it(
    office: Office, tmp_path: Path
) -> None:
    source = office.ledger_file(GOOD, BAD)
    before = source.read_bytes()
    answer = office.bring(source, annotate_in=tmp_path / "reports")
    copy = answer.files[0].annotated
    assert copy is not None
    assert (answer.written, source.read_bytes()) == (False, before)
    cell = load_workbook(copy).worksheets[0].cell(3, HEADS.index("责任单位") + 1)
    assert (cell.value, cell.fill.fgColor.rgb) == ("没有的社区", "FFFF9999")
    assert "没有的社区" in cell.comment.text
    assert copy in str(answer.as_json())


@pytest.mark.parametrize("options", [{"dry_run": True}, {"accept_good": True}])
def test_a_trial_and_the_good_rows_alone_give_a_copy_too(
    office: Office, tmp_path: Path, options: dict[str, bool]
) -> None:
    answer = office.bring(office.ledger_file(GOOD, BAD), annotate_in=tmp_path / "reports", **options)
    assert answer.files[0].annotated is not None
    assert answer.files[0].refused == 1


def test_the_copy_of_an_earlier_import_goes_once_the_file_is_mended(office: Office, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    first = office.bring(office.ledger_file(GOOD, BAD), annotate_in=folder)
    assert [str(path) for path in folder.iterdir()] == [first.files[0].annotated]
    mended = office.bring(office.ledger_file(GOOD), annotate_in=folder)
    assert (mended.written, mended.files[0].annotated) == (True, None)
    assert list(folder.iterdir()) == []


def test_a_file_without_faults_has_no_copy(office: Office, tmp_path: Path) -> None:
    answer = office.bring(office.ledger_file(GOOD), annotate_in=tmp_path / "reports")
    assert answer.files[0].annotated is None
    assert not (tmp_path / "reports").exists()


def test_a_folder_that_cannot_be_written_costs_the_copy_and_not_the_import(
    office: Office, tmp_path: Path
) -> None:
    said: list[str] = []
    (tmp_path / "reports").write_text("a file stands in the way", encoding="utf-8")
    answer = office.bring(
        office.ledger_file(GOOD, BAD),
        annotate_in=tmp_path / "reports",
        accept_good=True,
        progress=said.append,
    )
    assert (answer.written, answer.files[0].annotated) == (True, None)
    assert any("批注副本没有写成" in text and "导入结果不受影响" in text for text in said)


def test_an_offices_headings_are_understood(office: Office, tmp_path: Path) -> None:
    own = tmp_path / "列名.tsv"
    own.write_text("limit\t啥时候弄完\n", encoding="utf-8")
    source = office.ledger_file(GOOD, heads=(*HEADS[:-1], "啥时候弄完"))
    assert not office.bring(source, on=ON).written
    assert office.bring(source, on=ON, headings=own).written
