"""`watch`, `status` and `trail verify`, `trail run`: their JSON, their exit codes, and what an operator sees."""

import json
import sqlite3
import stat

from command_runner import NIGHT, CommandLine

STATUS = {
    "last_night", "missed", "untold", "notices", "vacancies", "lights", "faults", "unannounced", "last_watch",
    "last_heartbeat", "last_verification",
}  # fmt: skip


def damaged(line: CommandLine, *statements: str) -> None:
    """Change the database behind the program's back, its triggers taken away first."""
    with sqlite3.connect(line.home / "xiaohao.db") as conn:
        for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            conn.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            conn.execute(statement)
    conn.close()


def test_a_night_that_left_nothing_behind_gets_a_heartbeat(after_night: CommandLine) -> None:
    document = after_night.json("watch", "--date", NIGHT)
    assert (document["business_date"], document["well"], document["findings"]) == (NIGHT, True, [])
    assert document["heartbeats"] == ["文件"]
    file = after_night.home / "heartbeat.json"
    assert json.loads(file.read_text())["business_date"] == NIGHT
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    page = after_night("status").out
    for words in ("巡查", "心跳", f"（业务日期 {NIGHT}），正常", "留痕核对", "还没有过"):
        assert words in page


def test_a_missing_night_is_told_with_exit_code_1_and_stands_in_status(after_night: CommandLine) -> None:
    """Of today, as `watch` asks without a date: the night of 2023 is long ago."""
    ran = after_night("watch", "--json")
    assert ran.code == 1
    [finding] = ran.document["findings"]
    assert finding["check"] == "night"
    assert f"最近一次是 {NIGHT}" in finding["message"]
    assert not (after_night.home / "heartbeat.json").exists()
    assert "没有发出心跳" in after_night("watch").out
    document = after_night.json("status")
    assert finding["message"] in [each["message"] for each in document["faults"] if each["kind"] == "watch"]
    assert document["last_watch"]["findings"] == 1
    assert document["last_heartbeat"] is None
    assert after_night.json("watch", "--date", NIGHT)["well"]
    assert [each for each in after_night.json("status")["faults"] if each["kind"] == "watch"] == []


def test_without_a_heartbeat_only_what_is_checked_is_told(after_night: CommandLine) -> None:
    document = after_night.json("watch", "--date", NIGHT, "--no-heartbeat")
    assert (document["well"], document["heartbeats"]) == (True, [])
    assert not (after_night.home / "heartbeat.json").exists()


def test_the_settings_say_where_a_heartbeat_goes_and_what_is_enough(after_night: CommandLine) -> None:
    elsewhere = str(after_night.home / "elsewhere.json")
    after_night.json("watch", "--date", NIGHT, XIAOHAO_HEARTBEAT_FILE=elsewhere)
    assert (after_night.home / "elsewhere.json").exists()
    assert not (after_night.home / "heartbeat.json").exists()
    ran = after_night("watch", "--date", NIGHT, "--json", XIAOHAO_WATCH_FREE_MB="999999999999")
    assert (ran.code, ran.document["findings"][0]["check"]) == (1, "disk")
    ran = after_night("watch", "--date", NIGHT, "--json", XIAOHAO_HEARTBEAT_WEBHOOK_URL="http://x.cn/KEY")
    assert ran.code == 1
    assert "没有设置签名密钥" in ran.document["findings"][0]["message"]
    assert (
        "KEY"
        not in ran.out + after_night("config", "show", XIAOHAO_HEARTBEAT_WEBHOOK_URL="http://x.cn/KEY").out
    )


def test_status_is_the_supervisors_table(after_night: CommandLine) -> None:
    document = after_night.json("status")
    assert set(document) >= STATUS
    assert document["last_night"] == NIGHT
    assert document["missed"][0] > NIGHT
    assert sum(unit["red"] for unit in document["lights"]) == 45
    assert document["unannounced"] == []


def test_a_year_that_is_not_announced_is_named_where_deadlines_reach_into_it(
    after_night: CommandLine,
) -> None:
    after_night(
        "register", "--title", "管网改造", "--unit", "孟轲乡", "--class", "time_limited", "--due", "2031-06-30",
        "--by", after_night.json("people")["units"][0]["posts"][0]["code"],
    )  # fmt: skip
    document = after_night.json("status")
    assert document["unannounced"] == [{"year": 2031, "problems": 1}]
    assert "2031 年日历" in after_night("status").out


def test_the_trail_is_verified_and_what_was_altered_is_named(after_night: CommandLine) -> None:
    document = after_night.json("trail", "verify")
    assert (document["findings"], document["checkpoints"]) == ([], 1)
    size, root = str(document["size"]), document["root"]
    assert "逐一核对无误" in after_night("trail", "verify", "--size", size, "--root", root[:12].upper()).out
    ran = after_night("trail", "verify", "--size", size, "--root", "0" * 12)
    assert (ran.code, "检查点对不上" in ran.out) == (1, True)
    assert after_night("trail", "verify", "--size", size).code == 2
    damaged(after_night, "UPDATE trail SET actor = 'official:7' WHERE seq = 9")
    ran = after_night("trail", "verify", "--json")
    assert (ran.code, ran.document["findings"][0]["seq"]) == (1, 9)
    assert "第 9 条留痕" in after_night("trail", "verify").out
    assert "trail" in {each["kind"] for each in after_night.json("status")["faults"]}


def test_a_run_shows_the_trail_that_it_wrote(after_night: CommandLine) -> None:
    run = after_night.json("trail", "run", "1")["runs"][0]
    assert (run["run"]["flow"], run["run"]["prefect_runs"], run["entries"]) == ("nightly", [], 74)
    assert {entry["action"] for entry in run["first"]} == {"night"}
    page = after_night("trail", "run", "1").out
    assert "第 1 号运行　触发到期事项" in page
    assert "3级督办" in page
    for word in ("99", "没有", "0193e7a2-5c1f-7d3e-9a60-2f4b8c1d7e55"):
        assert after_night("trail", "run", word).code == 1
