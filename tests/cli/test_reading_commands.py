"""Commands that change nothing: what their JSON holds, and what a clerk reads."""

import json
from pathlib import Path

import pytest
from command_runner import EXAMPLE, IMPORTED_ON, NIGHT, CommandLine

from xiaohao.ledger import schema

LINE = {
    "number", "external_number", "title", "unit", "co_units", "rectification_class", "source", "found_on",
    "due_on", "measures", "status", "light", "level", "next_event_on",
}  # fmt: skip
FAULT = {"severity", "sheet", "row", "column", "value", "message"}


def test_an_import_tells_what_became_of_each_file(line: CommandLine) -> None:
    ran = line("import", EXAMPLE, "--date", IMPORTED_ON, "--json")
    assert ran.code == 0
    (file,) = ran.document["files"]
    assert ran.document["written"] is True
    assert set(file) == {"file", "new", "updated", "unchanged", "refused", "faults", "annotated"}
    assert (file["new"], file["updated"], file["unchanged"], file["refused"]) == (154, 0, 0, 0)
    assert Path(file["annotated"]).is_file()
    assert all(set(fault) == FAULT and fault["severity"] == "warning" for fault in file["faults"])
    again = line.json("import", EXAMPLE, "--date", IMPORTED_ON)
    assert again["written"] is False
    assert again["files"][0]["unchanged"] == 154


def test_a_dry_import_writes_nothing(line: CommandLine) -> None:
    ran = line("import", EXAMPLE, "--dry-run", "--date", IMPORTED_ON)
    assert ran.code == 0
    assert "这是试导入，台账没有变化。" in ran.out
    assert line.json("ledger")["total"] == 0


def test_an_import_with_an_error_is_refused_whole_and_says_where(line: CommandLine, tmp_path: Path) -> None:
    units = tmp_path / "单位.csv"
    units.write_text("单位名称,单位类型,上级单位\n华龙区,区,\n孟轲乡,乡镇,华龙区\n", encoding="utf-8")
    ledger = tmp_path / "台账.csv"
    ledger.write_text(
        "编号,问题,责任单位,整改类型,整改时限,发现时间\n"
        "1,路灯不亮,孟轲乡,限期整改,2023年11月31日,2023-09-01\n"
        "2,井盖缺失,孟轲乡,立行立改,,2023-09-01\n",
        encoding="utf-8",
    )
    assert line("import", units, "--date", IMPORTED_ON).code == 0
    ran = line("import", ledger, "--date", IMPORTED_ON, "--json")
    assert ran.code == 1
    assert ran.document["written"] is False
    errors = [fault for fault in ran.document["files"][0]["faults"] if fault["severity"] == "error"]
    assert [(fault["row"], fault["column"]) for fault in errors] == [(2, "整改时限")]
    assert line.json("ledger")["total"] == 0
    good = line("import", ledger, "--date", IMPORTED_ON, "--accept-good", "--json")
    assert (good.code, good.document["written"], good.document["files"][0]["new"]) == (1, True, 1)


def test_a_file_that_is_not_there_is_refused(line: CommandLine) -> None:
    ran = line("import", "没有这个文件.xlsx", "--json")
    assert ran.code == 1
    assert "没有这个文件.xlsx" in ran.out


def test_the_ledger_holds_every_line_closed_ones_too(example_kept: CommandLine) -> None:
    document = example_kept.json("ledger")
    assert document["total"] == len(document["problems"]) == 154
    assert all(set(line) == LINE for line in document["problems"])
    first = document["problems"][0]
    assert (first["number"], first["status"], first["light"], first["due_on"]) == (
        "HL-2023-0001", "closed", None, "2023-05-16",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("options", "column", "words"),
    [
        (["--light", "红"], "light", {"red"}),
        (["--light", "red"], "light", {"red"}),
        (["--class", "长期整改"], "rectification_class", {"long_term"}),
        (["--status", "closed"], "status", {"closed"}),
        (["--unit", "昆吾路街道"], "unit", {"昆吾社区", "丽都社区"}),
        (["--unit", "KWL"], "unit", {"昆吾社区", "丽都社区"}),
    ],
)
def test_the_ledger_is_narrowed_by_codes_and_by_chinese_words(
    example_kept: CommandLine, options: list[str], column: str, words: set[str]
) -> None:
    document = example_kept.json("ledger", *options)
    assert {line[column] for line in document["problems"]} == words
    assert 0 < document["total"] < 154


def test_a_ledger_for_the_eye_is_plain_where_there_is_no_terminal(after_night: CommandLine) -> None:
    ran = after_night("ledger", "--unit", "孟轲乡", "--light", "红")
    assert ran.code == 0
    assert "\x1b" not in ran.out
    assert ran.err == ""
    assert "红" in ran.out
    assert ran.out.rstrip().endswith("共 17 件")


def test_a_problem_is_shown_whole(night_kept: CommandLine) -> None:
    document = night_kept.json("show", "HL-2023-0022")
    assert document["number"] == "HL-2023-0022"
    assert document["light"] == "red"
    assert [x["text"] for x in document["measures"]]
    assert {"step", "level", "crossed_on", "official", "notice"} <= set(document["firings"][0])
    assert {"recipient", "channel", "state"} <= set(document["notices"][0])
    page = night_kept("show", "HL-2023-0022").out
    assert "3级督办" in page
    assert "已送达" in page


def test_a_number_that_is_not_there_is_refused_with_what_to_do(example_kept: CommandLine) -> None:
    ran = example_kept("show", "HL-2023-9999")
    assert ran.code == 1
    assert ran.out == ""
    assert "没有编号为“HL-2023-9999”的问题，请用 xiaohao ledger 查看台账编号。" in ran.err


def test_an_external_number_will_do(example_kept: CommandLine) -> None:
    assert example_kept.json("show", "PD-01")["external_number"] == "PD-01"


def test_a_problem_is_explained(example_kept: CommandLine) -> None:
    document = example_kept.json("explain", "HL-2023-0007")
    assert document["number"] == "HL-2023-0007"
    assert document["deadline"]["due_on"] == "2023-10-09"
    assert "国庆节" in example_kept("explain", "HL-2023-0007").out


def test_people_are_shown_with_what_is_vacant(example_kept: CommandLine) -> None:
    document = example_kept.json("people", "--on", NIGHT)
    assert {(v["unit"], v["role"]) for v in document["vacancies"]} == {
        ("岳村镇", "leader"), ("东白仓社区", "secretary"),
    }  # fmt: skip
    assert "岗位空缺（2 个" in example_kept("people", "--on", "2023年10月16日").out


def test_the_status_shows_nights_notices_and_lights(night_kept: CommandLine) -> None:
    document = night_kept.json("status")
    assert document["last_night"] == NIGHT
    assert document["untold"] == 0
    assert document["notices"]["dead"] == 0
    assert len(document["vacancies"]) == 2
    lights = {x["unit"]: x for x in document["lights"]}
    assert (lights["孟轲乡"]["yellow"], lights["孟轲乡"]["red"]) == (10, 17)
    page = night_kept("status").out
    assert "合计" in page
    assert "漏跑" in page


def test_the_trail_of_a_problem_is_told(example_kept: CommandLine) -> None:
    document = example_kept.json("trail", "show", "HL-2023-0007")
    assert [entry["action"] for entry in document["entries"]] == ["import"]
    assert "导入" in example_kept("trail", "show", "HL-2023-0007").out


def test_the_trail_is_rebuilt_into_an_empty_database_only(night_kept: CommandLine, tmp_path: Path) -> None:
    target = tmp_path / "rebuilt.db"
    document = night_kept.json("trail", "rebuild", f"sqlite:///{target}")
    assert document["entries"] > 154
    rebuilt = CommandLine(tmp_path / "other", XIAOHAO_DATABASE_URL=f"sqlite:///{target}")
    assert rebuilt.json("ledger") == night_kept.json("ledger")
    again = night_kept("trail", "rebuild", target)
    assert again.code == 1
    assert "只能重建到空的台账里" in again.err


@pytest.mark.parametrize(
    ("text", "found_on", "kind", "due_on"),
    [
        ("3月底前", "2023-02-10", "time_limited", "2023-03-31"),
        ("15个工作日内", "2023-09-22", "time_limited", "2023-10-19"),
        ("立行立改", "2023-09-22", "immediate", None),
        ("长期坚持", "2023-09-22", "long_term", None),
        ("尽快", "2023-09-22", "unknown", None),
    ],
)
def test_a_time_limit_is_read_without_the_policy(
    line: CommandLine, text: str, found_on: str, kind: str, due_on: str | None
) -> None:
    document = line.json("time-limit", text, "--found-on", found_on)
    assert set(document) == {"text", "found_on", "rectification_class", "due_on", "readings", "message"}
    assert (document["text"], document["rectification_class"], document["due_on"]) == (text, kind, due_on)
    assert not line.home.exists()  # no ledger is needed


def test_time_limits_are_read_line_by_line(line: CommandLine) -> None:
    ran = line("time-limit", "-", "--json", stdin="3月底前\t2023-02-10\n\n尽快\t2023年2月10日\r\n")
    assert [(x["text"], x["found_on"], x["due_on"]) for x in ran.document] == [
        ("3月底前", "2023-02-10", "2023-03-31"),
        ("尽快", "2023-02-10", None),
    ]
    wrong = line("time-limit", "-", stdin="3月底前\t2月10日\n")
    assert (wrong.code, "第 1 行的发现日期不对" in wrong.err) == (2, True)


def test_a_policy_file_is_checked_with_the_path_of_each_fault(line: CommandLine, tmp_path: Path) -> None:
    assert line.json("policy", "check")["classes"]["immediate"]["term"] == "3 workday"
    wrong = tmp_path / "policy.toml"
    wrong.write_text('[immediate]\nlevels = ["1 day", "3 workdays", "soon"]\n', encoding="utf-8")
    ran = line("policy", "check", wrong, "--json")
    assert ran.code == 1
    assert any(fault.startswith("immediate.levels[2]") for fault in ran.document["missing"])


def test_the_calendar_shows_swapped_days(line: CommandLine) -> None:
    document = line.json("calendar", "show", "2023-10")
    assert document["workdays"] == 19
    days = {day["on"]: day["working"] for day in document["days"]}
    assert (days["2023-10-06"], days["2023-10-07"]) == (False, True)
    assert "还没有公布" in line("calendar", "show", "2040").out


def test_the_database_is_checked_and_upgraded(line: CommandLine) -> None:
    empty = line("db", "check", "--json")
    assert (empty.code, empty.document["complete"]) == (1, False)
    assert line.json("db", "upgrade")["upgraded"] is True
    assert line.json("db", "upgrade")["upgraded"] is False
    assert line.json("db", "check") == {"complete": True, "revision": schema.REVISIONS[-1], "faults": []}


def test_settings_are_shown_without_their_secrets(line: CommandLine) -> None:
    ran = line(
        "config",
        "show",
        "--json",
        XIAOHAO_WEBHOOK_SECRET="s3cret",
        XIAOHAO_WEBHOOK_URL="https://hooks.example.com/send/k3y?token=t0ken",
        XIAOHAO_DATABASE_URL="postgresql://clerk:passw0rd@db.example.com/ledger",
    )
    assert ran.code == 0
    assert not any(secret in ran.out for secret in ("s3cret", "k3y", "t0ken", "passw0rd"))
    names = [each["name"] for each in ran.document["settings"]]
    assert names[0] == "XIAOHAO_HOME"
    assert all(each["description"] for each in ran.document["settings"])


def test_what_is_no_utf8_still_makes_one_json_document(line: CommandLine, tmp_path: Path) -> None:
    ran = line("import", str(tmp_path / "\udcff.xlsx"), "--json")
    assert ran.code == 1
    assert isinstance(json.loads(ran.out), dict)
