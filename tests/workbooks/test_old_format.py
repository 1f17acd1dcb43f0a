"""Old workbooks (.xls): what stands in them is read, and what cannot be seen is said once."""

from datetime import datetime
from pathlib import Path

import pytest
from cases_folder import cases

from xiaohao.errors import Unreadable
from xiaohao.workbooks.grid import Merge
from xiaohao.workbooks.old_format import UNSEEN, read_old_format
from xiaohao.workbooks.reader import read

BIFF = cases("ledgers") / "07-biff.xls"


def test_rows_dates_numbers_and_merges_stand_where_excel_shows_them() -> None:
    [sheet] = read_old_format(BIFF).sheets
    rows = {row.number: row.values for row in sheet.rows}
    assert sheet.name == "台账"
    assert rows[5][:3] == ["立行立改", 1, "流动小方桌反映：大庆路西段路灯三处不亮"]
    assert rows[5][5:8] == [19900001301, datetime(2023, 8, 21), "立行立改"]
    assert rows[6][0] is None
    assert Merge(5, 0, 10, 0) in sheet.merges


def test_what_the_format_hides_is_said_once() -> None:
    faults = read(BIFF).faults
    assert [(fault.severity, fault.row, fault.message) for fault in faults] == [("warning", None, UNSEEN)]


@pytest.mark.parametrize("size", [700, 5_000, 9_000])
def test_a_torn_one_is_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "断.xls"
    path.write_bytes(BIFF.read_bytes()[:size])
    with pytest.raises(Unreadable, match="没有传完整"):
        read(path)


def test_the_format_is_told_by_the_content_and_not_by_the_name(tmp_path: Path) -> None:
    path = tmp_path / "改名.xlsx"
    path.write_bytes(BIFF.read_bytes())
    assert len(read(path).problems) == 18
