"""`xiaohao export` on the command line."""

from pathlib import Path

import openpyxl
from command_runner import CommandLine


def test_the_example_goes_out_and_comes_back(night_kept: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "台账.xlsx"
    ran = night_kept("export", file, "--json")
    assert (ran.code, ran.document) == (0, {"file": str(file), "problems": 154})
    line = night_kept.copy(tmp_path / "home")
    before = line.json("ledger")
    (answer,) = line.json("import", file)["files"]
    assert (answer["new"], answer["updated"], answer["unchanged"], answer["faults"]) == (0, 0, 154, [])
    assert line.json("ledger") == before


def test_a_choice_and_what_the_clerk_reads(night_kept: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "孟轲乡.xlsx"
    listed = night_kept.json("ledger", "--unit", "孟轲乡", "--class", "限期整改")
    ran = night_kept("export", file, "--unit", "孟轲乡", "--class", "限期整改")
    assert (ran.code, ran.out) == (0, f"已导出 {listed['total']} 件，文件是 {file}。\n")
    sheet = openpyxl.load_workbook(file)["问题台账"]
    assert sheet["A1"].value == "孟轲乡问题整改台账（限期整改）"
    numbers = [row[1].value for row in sheet.iter_rows(min_row=4)]
    assert numbers == [problem["number"] for problem in listed["problems"]]


def test_a_template_from_an_empty_ledger(line: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "模板.xlsx"
    assert line.json("export", file, "--template") == {"file": str(file), "problems": 0}
    answer = line.json("import", file)
    assert (answer["written"], answer["files"][0]["faults"]) == (False, [])


def test_wrong_usage_and_refusals(night_kept: CommandLine, tmp_path: Path) -> None:
    ran = night_kept("export", tmp_path / "甲.xlsx", "--template", "--status", "已销号", "--json")
    assert (ran.code, ran.document["error"]) == (
        2, "空白模板里没有问题，--template 不能和 --class、--status 一起用。",
    )  # fmt: skip
    assert night_kept("export", tmp_path / "甲.pdf").code == 2
    assert night_kept("export", tmp_path / "没有" / "甲.xlsx").code == 1
    assert night_kept("export", tmp_path / "甲.xlsx", "--unit", "没有").code == 1
    assert list(tmp_path.iterdir()) == []
