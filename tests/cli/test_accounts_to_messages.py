"""From the office's own lists to the message on a telephone: accounts and robots come in, a night tells them."""

import csv
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from command_runner import CommandLine
from wecom_standin import WecomStandin, wecom

UNITS = [
    ("单位名称", "单位类型", "上级单位", "企业微信群机器人"),
    ("华龙区", "区", "", ""),
    ("孟轲乡", "乡镇", "华龙区", "孟轲乡"),
    ("杨干城村", "村", "孟轲乡", ""),
    ("濮东街道", "街道", "华龙区", ""),
    ("静和苑社区", "社区", "濮东街道", ""),
]
PEOPLE = [
    ("姓名", "单位", "职务", "任职时间", "企业微信账号"),
    ("李明", "杨干城村", "党支部书记", "2023-1-1", "LiMing"),
    ("王建国", "静和苑社区", "党支部书记", "2023-1-1", ""),
    ("赵强", "孟轲乡", "分管领导", "2023-1-1", ""),
    ("周正", "华龙区", "督查员", "2023-1-1", ""),
]
LEDGER = [
    ("编号", "问题", "责任单位", "发现时间", "整改类型", "整改时限"),
    ("1", "路灯不亮", "杨干城村", "2023-09-20", "限期整改", "2023-10-13"),
    ("2", "污水外溢", "静和苑社区", "2023-09-20", "限期整改", "2023-10-13"),
]


@pytest.fixture
def standin(monkeypatch: pytest.MonkeyPatch) -> Iterator[WecomStandin]:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    with wecom() as standin:
        yield standin


@pytest.fixture
def line(tmp_path: Path, standin: WecomStandin) -> CommandLine:
    return CommandLine(
        tmp_path / "home",
        XIAOHAO_WECOM_APP__CORPID=standin.corpid,
        XIAOHAO_WECOM_APP__SECRET=standin.secret,
        XIAOHAO_WECOM_APP__AGENT_ID=str(standin.agent_id),
        XIAOHAO_WECOM_APP__BASE=standin.url,
        XIAOHAO_WECOM_ROBOT__KEYS='{"默认": "KEY-OF-ROBOT", "孟轲乡": "KEY-OF-TOWN"}',
        XIAOHAO_WECOM_ROBOT__BASE=standin.url,
        XIAOHAO_DELIVERY_HOURS="00:00-24:00",
        XIAOHAO_DELIVERY_DAYS="every",
    )


def table(folder: Path, name: str, rows: Sequence[Sequence[str]]) -> Path:
    path = folder / name
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out).writerows(rows)
    return path


def contents(standin: WecomStandin) -> dict[str, str]:
    """What went to each userid, and to each robot's key."""
    calls = standin.messages
    assert not standin.faults
    return {
        call.query.get("key") or call.values["touser"]: call.values["markdown"]["content"] for call in calls
    }


def test_each_is_told_by_his_own_account_else_in_the_group_of_the_nearest_unit(
    line: CommandLine, standin: WecomStandin, tmp_path: Path
) -> None:
    files = [table(tmp_path, f"{n}.csv", rows) for n, rows in enumerate((UNITS, PEOPLE, LEDGER))]
    assert line("import", *files, "--date", "2023-09-21").code == 0
    ran = line("nightly", "--direct", "--date", "2023-10-16", XIAOHAO_CHANNELS="wecom_app,wecom_robot,file")
    assert ran.code == 0, ran
    told = contents(standin)
    assert set(told) == {"LiMing", "KEY-OF-ROBOT"}
    assert "路灯不亮" in told["LiMing"]
    assert "污水外溢" in told["KEY-OF-ROBOT"]


def test_in_groups_the_robot_of_the_town_mentions_the_secretary(
    line: CommandLine, standin: WecomStandin, tmp_path: Path
) -> None:
    files = [table(tmp_path, f"{n}.csv", rows) for n, rows in enumerate((UNITS, PEOPLE, LEDGER))]
    assert line("import", *files, "--date", "2023-09-21").code == 0
    ran = line("nightly", "--direct", "--date", "2023-10-16", XIAOHAO_CHANNELS="wecom_robot")
    assert ran.code == 0, ran
    told = contents(standin)
    assert set(told) == {"KEY-OF-TOWN", "KEY-OF-ROBOT"}
    assert "<@LiMing>" in told["KEY-OF-TOWN"]
    assert "<@" not in told["KEY-OF-ROBOT"]
