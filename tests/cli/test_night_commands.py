"""`nightly`, `outbox` and `deliver`: their JSON, their exit codes, and what a clerk sees."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_runner import NIGHT, CommandLine

AT_LEAST = {
    "business_date", "missed", "fired", "yellow", "red", "escalated", "closed", "notices", "untold",
    "trail_size", "root",
}  # fmt: skip
ROOT = Path(__file__).parents[2]


def test_a_night_tells_what_it_did(example: CommandLine) -> None:
    document = example.json("nightly", "--direct", "--date", NIGHT)
    assert set(document) >= AT_LEAST
    assert (document["business_date"], document["missed"]) == (NIGHT, [])
    assert (document["fired"], document["yellow"], document["red"]) == (74, 29, 45)
    assert document["escalated"] == {"1": 17, "2": 22, "3": 14}
    assert (document["closed"], document["notices"], document["untold"]) == (0, 41, 0)
    assert len(document["root"]) == 64


def test_a_second_run_has_nothing_to_do(night_kept: CommandLine, after_night: CommandLine) -> None:
    before = night_kept.json("nightly", "--direct", "--date", NIGHT, "--dry-run")
    document = after_night.json("nightly", "--direct", "--date", NIGHT)
    assert (document["fired"], document["notices"], document["closed"]) == (0, 0, 0)
    assert (document["trail_size"], document["root"]) == (before["trail_size"], before["root"])
    assert "没有新的事项" in after_night("nightly", "--direct", "--date", NIGHT).out


def test_missed_nights_are_named(after_night: CommandLine) -> None:
    document = after_night.json("nightly", "--direct", "--date", "2023-10-19")
    assert document["missed"] == ["2023-10-17", "2023-10-18"]


def test_a_rehearsal_writes_nothing_and_tells_nobody(example: CommandLine) -> None:
    ran = example("nightly", "--date", NIGHT, "--dry-run")
    assert ran.code == 0
    assert "这是试运行，没有写入，也没有通知。" in ran.out
    assert "华龙区督查员" in ran.out
    assert example.json("status")["last_night"] is None
    assert example.json("outbox", "list")["total"] == 0
    assert not (example.home / "notices").exists()


def test_the_page_shows_lights_people_vacancies_and_places(example: CommandLine) -> None:
    ran = example("nightly", "--direct", "--date", NIGHT)
    for words in (
        "各单位亮灯",
        "通知了谁（41 人）",
        "华龙区督查员",
        "岗位空缺（2 个",
        "存放位置",
        "xiaohao.db",
    ):
        assert words in ran.out
    assert (example.home / "reports" / f"{NIGHT}.md").read_text(encoding="utf-8").startswith("# 夜间运行报告")
    assert any((example.home / "notices").rglob("*.txt"))


def test_held_notices_go_out_when_they_are_released(example: CommandLine) -> None:
    example.json("nightly", "--direct", "--date", NIGHT, "--hold")
    held = example.json("outbox", "list", "--state", "暂缓")
    assert held["total"] == 41
    assert {"id", "business_date", "recipient", "channel", "state", "attempts"} <= set(held["notices"][0])
    assert example.json("deliver")["tried"] == 0
    assert example.json("outbox", "release") == {"released": 41}
    assert example("outbox", "release").out == "没有暂缓的通知。\n"
    sent = example.json("deliver")
    assert (sent["tried"], sent["delivered"]) == (41, 41)
    assert example.json("outbox", "list", "--date", NIGHT, "--state", "delivered")["total"] == 41


def test_notices_on_the_console_stay_off_standard_output(example: CommandLine) -> None:
    ran = example("nightly", "--direct", "--date", NIGHT, "--json", XIAOHAO_CHANNELS="console")
    assert ran.document["notices"] == 41
    assert "华龙区督查员" in ran.err


@pytest.mark.parametrize(("on", "said"), [("2023-10-15", "不能再补更早的"), ("2099-01-01", "晚于今天")])
def test_a_date_before_the_last_night_or_after_today_is_refused(
    night_kept: CommandLine, on: str, said: str
) -> None:
    ran = night_kept("nightly", "--date", on, "--json")
    assert ran.code == 1
    assert said in ran.document["error"]


def test_an_unknown_channel_is_wrong_usage(line: CommandLine) -> None:
    ran = line("nightly", "--direct", XIAOHAO_CHANNELS="鸽子")
    assert (ran.code, "没有“鸽子”这个通知渠道" in ran.err) == (2, True)


@pytest.mark.xdist_group("prefect")
def test_through_prefect_the_night_is_the_same(example: CommandLine, night_kept: CommandLine) -> None:
    """A process of its own, as `make run` has it: standard output holds the document and nothing else."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("XIAOHAO_", "PREFECT_"))
    }
    ran = subprocess.run(
        [sys.executable, "-m", "xiaohao", "nightly", "--date", NIGHT, "--json"],
        env=environment | {"XIAOHAO_HOME": str(example.home)},
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()
    document = json.loads(ran.stdout)
    assert (document["fired"], document["notices"]) == (74, 41)
    assert example.json("ledger") == night_kept.json("ledger")
    assert "Prefect" in ran.stderr.decode()
    assert "Traceback" not in ran.stderr.decode()
