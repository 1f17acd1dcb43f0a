"""`xiaohao import` as the clerk sees it: what went in, what must be mended, and where the marked copy lies."""

from pathlib import Path

import pytest
from command_runner import CommandLine
from openpyxl import load_workbook

UNITS = "单位名称,单位类型,上级单位\n华龙区,区,\n站前社区,社区,华龙区\n"
HEAD = "编号,问题,责任单位,发现时间,整改类型,整改时限\n"
GOOD = "A-1,路灯不亮,站前社区,2026-03-02,限期整改,2026-04-30\n"
BAD = "A-2,道路破损,没有的社区,2026-03-02,限期整改,2026-04-30\n"


@pytest.fixture
def line_with_units(line: CommandLine, tmp_path: Path) -> CommandLine:
    line.json("import", written(tmp_path / "单位.csv", UNITS))
    return line


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_the_marked_copy_is_named_in_the_answer_and_on_the_screen(
    line_with_units: CommandLine, tmp_path: Path
) -> None:
    file = written(tmp_path / "台账.csv", HEAD + GOOD + BAD)
    ran = line_with_units("import", file, "--date", "2026-03-10", "--json")
    [answer] = ran.document["files"]
    copy = Path(answer["annotated"])
    assert (ran.code, ran.document["written"], copy.parent) == (1, False, line_with_units.home / "reports")
    assert load_workbook(copy).worksheets[0]["C3"].fill.fgColor.rgb == "FFFF9999"
    shown = line_with_units("import", file, "--date", "2026-03-10")
    assert f"批注副本（红色要改，黄色请核对）：{copy}" in shown.out
    assert "没有写入，台账没有变化。" in shown.out
    assert "正在写 台账.csv 的批注副本" in shown.err


def test_a_trial_says_what_would_happen_and_changes_nothing(
    line_with_units: CommandLine, tmp_path: Path
) -> None:
    file = written(tmp_path / "台账.csv", HEAD + GOOD)
    tried = line_with_units.json("import", file, "--date", "2026-03-10", "--dry-run")
    assert (tried["written"], tried["files"][0]["new"]) == (False, 1)
    assert line_with_units.json("ledger")["total"] == 0
    assert line_with_units.json("import", file, "--date", "2026-03-10")["written"] is True


def test_the_good_rows_go_in_when_asked_for(line_with_units: CommandLine, tmp_path: Path) -> None:
    file = written(tmp_path / "台账.csv", HEAD + GOOD + BAD)
    ran = line_with_units("import", file, "--date", "2026-03-10", "--accept-good", "--json")
    assert (ran.code, ran.document["written"]) == (1, True)
    assert [p["title"] for p in line_with_units.json("ledger")["problems"]] == ["路灯不亮"]


def test_an_offices_own_headings_come_from_the_setting(line_with_units: CommandLine, tmp_path: Path) -> None:
    own = written(tmp_path / "列名.tsv", "limit\t啥时候弄完\n")
    file = written(tmp_path / "台账.csv", (HEAD + GOOD).replace("整改时限", "啥时候弄完"))
    assert line_with_units("import", file, "--date", "2026-03-10").code == 1
    line_with_units.json("import", file, "--date", "2026-03-10", XIAOHAO_HEADINGS=str(own))
    [problem] = line_with_units.json("ledger")["problems"]
    assert problem["due_on"] == "2026-04-30"


def test_a_table_of_headings_that_is_not_understood_is_refused(
    line_with_units: CommandLine, tmp_path: Path
) -> None:
    own = written(tmp_path / "列名.tsv", "期限\t啥时候弄完\n")
    file = written(tmp_path / "台账.csv", HEAD + GOOD)
    ran = line_with_units("import", file, XIAOHAO_HEADINGS=str(own))
    assert ran.code == 1
    assert "列名对照表 列名.tsv 第1行看不懂" in ran.err + ran.out
