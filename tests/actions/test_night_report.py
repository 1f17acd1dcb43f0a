"""The report of a night: what it says, and that one once written is never changed."""

import stat
from datetime import date
from pathlib import Path

import pytest

from xiaohao.actions import night_report
from xiaohao.actions.whole_night import Night
from xiaohao.errors import LedgerUnreachable
from xiaohao.ledger.figures import UnitLights
from xiaohao.vocabulary import NoticeState, UnitKind

ON = date(2023, 10, 16)
LIGHTS = (UnitLights(code="MK", unit="孟轲乡", kind=UnitKind.TOWNSHIP, green=1, yellow=2, red=3, open=6),)
BUSY = Night(
    ON, fired=5, yellow=2, red=3, closed=1, escalated={1: 2, 3: 1}, notices=2, trail_size=9, root="ab"
)


def test_the_page_says_what_the_night_did() -> None:
    page = night_report.page(BUSY, LIGHTS)
    assert "到点 5 件，亮黄灯 2，亮红灯 3，督办 1级 2、3级 1，销号 1，通知 2 份，无人可报 0 件。" in page
    assert "| 孟轲乡 | 1 | 2 | 3 | 0 | 0 | 0 | 6 |" in page
    assert "共 9 条，根 `ab`。" in page
    assert "需要处理" not in page


def test_what_must_be_mended_stands_first() -> None:
    night = Night(ON, missed=(date(2023, 10, 14), date(2023, 10, 15)), failed=("范围“MK”没有完成：磁盘已满",))
    page = night_report.page(night, LIGHTS)
    assert "漏跑 2 天，这次一并补上：2023-10-14 至 2023-10-15。" in page
    assert page.index("- 范围“MK”没有完成：磁盘已满") < page.index("各单位亮灯")


def test_a_title_cannot_break_the_page() -> None:
    night = Night(ON, failed=("一|二 <img src=x>\n# 大字 [链接](http://a)",))
    assert r"- 一\|二 \<img src=x\> \# 大字 \[链接\](http://a)" in night_report.page(night, ())


def test_why_notices_did_not_arrive() -> None:
    night = Night(ON, notices=1, sent={NoticeState.DEAD: 1}, send_failures=("no_address：没有地址",))
    page = night_report.page(night, ())
    assert "| 未送达 | 1 |" in page
    assert r"- no\_address：没有地址" in page


def test_a_report_once_written_is_never_changed(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    first = night_report.write(folder, BUSY, LIGHTS)
    assert first == folder / "2023-10-16.md"
    body = first.read_bytes()
    assert night_report.write(folder, Night(ON), LIGHTS) is None, "nothing new to say"
    assert night_report.write(folder, BUSY, LIGHTS) == folder / "2023-10-16-2.md"
    assert night_report.write(folder, Night(ON, failed=("坏了",)), LIGHTS) == folder / "2023-10-16-3.md"
    assert first.read_bytes() == body
    assert len(list(folder.iterdir())) == 3, "no half-written file is left"
    assert stat.S_IMODE(first.stat().st_mode) == 0o600


def test_a_quiet_night_has_a_report_too(tmp_path: Path) -> None:
    written = night_report.write(tmp_path, Night(ON), ())
    assert written is not None
    assert "没有新的事项，该办的已经办完" in written.read_text("utf-8")


def test_a_folder_that_takes_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file stands where the folder should be")
    with pytest.raises(LedgerUnreachable, match="报告写不进文件夹"):
        night_report.write(tmp_path / "reports", BUSY, LIGHTS)
