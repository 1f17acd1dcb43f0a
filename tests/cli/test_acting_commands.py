"""Commands that act: the problem after the act, everything that is missing, who may, and on which day."""

from pathlib import Path

import pytest
from command_runner import CommandLine

IMMEDIATE = "HL-2023-0004"  # 七里店社区, a suggestion: needs no call-back
HOTLINE = "HL-2023-0007"  # 杨干城村
LIMITED = "HL-2023-0016"  # 杨干城村, until 2023-11-30
SECRETARY, LEADER, SUPERVISOR = "HL0024", "HL0018", "HL0001"
VILLAGE = "HL0020"


def done_by(code: str, on: str = "2023-10-07") -> list[str]:
    return ["--by", code, "--date", on]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "整改后.txt"
    path.write_text("告知单已印制", encoding="utf-8")
    return path


def put_right(example: CommandLine, photo: Path) -> None:
    for position in ("1", "2"):
        example.json("measure", "done", IMMEDIATE, position, *done_by(SECRETARY))
    example.json("evidence", "add", IMMEDIATE, photo, *done_by(SECRETARY))


def test_a_closing_names_everything_that_it_misses(example: CommandLine) -> None:
    ran = example("close", "apply", HOTLINE, *done_by(VILLAGE), "--json")
    assert ran.code == 1
    assert ran.document["missing"] == [
        "整改措施“施划临时停车区”未完成",
        "整改措施“增派两名护学志愿者”未完成",
        "整改措施“协调错峰放学”未完成",
        "没有佐证材料（至少一份）",
        "来源为“热线”的问题要先回访",
    ]
    assert example.json("show", HOTLINE)["status"] == "rectifying"


def test_a_problem_lives_from_measures_to_its_closing(example: CommandLine, photo: Path) -> None:
    put_right(example, photo)
    assert example.json("close", "apply", IMMEDIATE, *done_by(SECRETARY))["status"] == "applied"
    own = example("close", "verify", IMMEDIATE, *done_by(SECRETARY))
    assert (own.code, "申请人不能复核通过自己的销号申请" in own.err) == (1, True)
    back = example.json("close", "return", IMMEDIATE, "--reason", "照片不清", *done_by(LEADER, "2023-10-08"))
    assert back["status"] == "rectifying"
    example.json("close", "apply", IMMEDIATE, *done_by(SECRETARY, "2023-10-08"))
    passed = example("close", "verify", IMMEDIATE, *done_by(LEADER, "2023-10-09"))
    assert (passed.code, "下一次夜间运行写为已销号" in passed.out) == (0, True)
    night = example.json("nightly", "--direct", "--date", "2023-10-16")
    assert night["closed"] == 1
    after = example.json("show", IMMEDIATE)
    assert (after["status"], after["closings"][-1]["closed_on"]) == ("closed", "2023-10-09")
    again = example.json(
        "reopen",
        IMMEDIATE,
        "--reason",
        "又没有告知",
        "--due",
        "2023-11-10",
        *done_by(SECRETARY, "2023-10-20"),
    )
    assert (again["status"], again["round"], again["due_on"]) == ("rectifying", 2, "2023-11-10")


def test_evidence_is_listed_with_where_it_lies(example: CommandLine, photo: Path) -> None:
    example.json("evidence", "add", IMMEDIATE, photo, "--phase", "整改前", *done_by(SECRETARY))
    document = example.json("evidence", "list", IMMEDIATE)
    (line,) = document["evidence"]
    assert (document["total"], line["name"], line["phase"]) == (1, "整改后.txt", "before")
    assert any(line["sha256"] == path.name for path in (example.home / "evidence").rglob("*"))


def test_a_problem_is_registered_and_taken_up(example: CommandLine) -> None:
    made = example.json(
        "register", "--title", "东门外路灯不亮", "--unit", "七里店社区", "--class", "立行立改", "--source", "走访",
        "--measure", "更换灯泡", "--co-unit", "区城管局", *done_by("HL0025", "2023-10-10"),
    )  # fmt: skip
    assert (made["number"], made["status"], made["due_on"]) == ("HL-2023-0155", "registered", "2023-10-13")
    assert (made["found_on"], made["co_units"]) == ("2023-10-10", ["区城管局"])
    taken = example.json("take-up", made["number"], *done_by(SECRETARY, "2023-10-11"))
    assert (taken["status"], taken["taken_up_on"]) == ("rectifying", "2023-10-11")


def test_registering_names_everything_that_is_missing(example: CommandLine) -> None:
    ran = example("register", "--unit", "七里店社区", *done_by(SECRETARY), "--json")
    assert ran.code == 1
    assert len(ran.document["missing"]) >= 2


def test_progress_measures_and_call_backs_are_written_down(example: CommandLine) -> None:
    told = example.json("progress", HOTLINE, "停车区已施划", *done_by(VILLAGE))
    assert told["progress"][-1]["text"] == "停车区已施划"
    added = example.json("measure", "add", HOTLINE, "增设提示牌", "--due", "2023-10-20", *done_by(VILLAGE))
    assert added["measures"][-1] == {
        "text": "增设提示牌", "due_on": "2023-10-20", "done_on": None, "owner": None,
    }  # fmt: skip
    back = example.json("call-back", HOTLINE, "已解释说明", "--note", "错峰放学由学校决定", *done_by(VILLAGE))
    assert back["call_backs"][-1]["outcome"] == "explained"
    decided = example.json("call-back", HOTLINE, "--decide", *done_by(LEADER))
    assert decided["call_backs"][-1]["decided_on"] == "2023-10-07"


def test_an_extension_is_asked_and_decided_above(example: CommandLine) -> None:
    asked = example.json(
        "extension", "ask", LIMITED, "--until", "2023年12月20日", "--reason", "等待供货", *done_by(VILLAGE)
    )
    assert (asked["due_on"], asked["extensions"][-1]["decision"]) == ("2023-11-30", "asked")
    own = example("extension", "grant", LIMITED, *done_by(VILLAGE))
    assert (own.code, "须由责任单位的上级单位办理" in own.err) == (1, True)
    refused = example.json("extension", "refuse", LIMITED, "--reason", "已有货", *done_by(LEADER))
    assert refused["extensions"][-1]["decision"] == "refused"
    granted = example.json(
        "extension", "grant", LIMITED, "--until", "2023-12-15", "--reason", "改型号", *done_by(LEADER)
    )
    assert (granted["due_on"], granted["original_due_on"]) == ("2023-12-15", "2023-11-30")


def test_a_slip_of_the_pen_is_corrected(example: CommandLine) -> None:
    after = example.json("correct", HOTLINE, "--place", "小学东门", "--reason", "地点漏写", *done_by(VILLAGE))
    assert after["place"] == "小学东门"
    same = example("correct", HOTLINE, "--place", "小学东门", "--reason", "再写", *done_by(VILLAGE))
    assert same.code == 1


def test_a_problem_is_reassigned_and_cancelled_from_above(example: CommandLine) -> None:
    moved = example.json("reassign", HOTLINE, "--unit", "前孟村", "--reason", "属前孟村", *done_by(LEADER))
    assert (moved["unit"], moved["due_on"]) == ("前孟村", "2023-10-09")
    without = example("cancel", HOTLINE, *done_by(LEADER), "--json")
    assert (without.code, without.document["missing"]) == (1, ["作废理由"])
    gone = example.json("cancel", HOTLINE, "--reason", "重复", *done_by(LEADER))
    assert (gone["status"], gone["light"], gone["cancel_reason"]) == ("cancelled", None, "重复")


def test_who_acts_comes_from_the_option_else_from_the_environment(example: CommandLine) -> None:
    nobody = example("progress", HOTLINE, "好", "--date", "2023-10-07")
    assert (nobody.code, "请用 --by 工号 写明由谁操作，或设置环境变量 XIAOHAO_BY。" in nobody.err) == (
        2,
        True,
    )
    unknown = example("progress", HOTLINE, "好", "--by", "HL9999", "--date", "2023-10-07")
    assert (unknown.code, "没有工号为“HL9999”的人员" in unknown.err) == (1, True)
    after = example.json("progress", HOTLINE, "好", "--date", "2023-10-07", XIAOHAO_BY=VILLAGE)
    assert after["progress"][-1]["by"]["code"] == VILLAGE


def test_an_act_never_counts_later_than_today(example: CommandLine) -> None:
    ran = example("progress", HOTLINE, "好", "--by", VILLAGE, "--date", "2099-01-01")
    assert (ran.code, "晚于今天" in ran.err) == (1, True)


def test_what_somebody_typed_cannot_steer_the_terminal(example: CommandLine) -> None:
    example.json("progress", HOTLINE, "好\x1b[2J了", *done_by(VILLAGE))
    assert "\x1b" not in example("show", HOTLINE).out
    assert example.json("show", HOTLINE)["progress"][-1]["text"] == "好\x1b[2J了"


def test_a_recheck_says_what_changed_and_why(example: CommandLine) -> None:
    tried = example.json("recheck", "--unit", "孟轲乡", "--date", "2023-10-16", "--dry-run")
    assert tried["checked"] == 40
    assert tried["changed"]
    assert set(tried["changed"][0]) == {"number", "before", "after", "reasons"}
    assert example.json("recheck", "--unit", "孟轲乡", "--date", "2023-10-16") == tried
    assert example.json("recheck", "--unit", "MK", "--date", "2023-10-16")["changed"] == []
    one = example.json("recheck", "PD-01", "--date", "2023-10-16")
    assert one == {"checked": 1, "changed": [], "set_aside": []}
