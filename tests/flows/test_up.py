"""`xiaohao up`: what a machine needs, on the loopback, guarded, found by other commands, and gone when it is told."""

import json
import os
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from command_runner import CommandLine
from up_driver import (
    NIGHT,
    RunningUp,
    free_port,
    processes_of,
    rows,
    running_up,
    small_home,
)

from xiaohao.ledger.tables import NOTICE, PROBLEM
from xiaohao.vocabulary import Light, NoticeState

pytestmark = pytest.mark.xdist_group("prefect")
PROXY = "https://prefect.example.gov.cn"
NAMES = [
    "夜间运行/nightly",
    "发送通知/deliver",
    "巡查/watch",
    "核对留痕/verify-trail",
    "重新核查/recheck",
]


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[RunningUp]:
    """One `up`, as behind a reverse proxy, for the tests of this file that need no other."""
    home = small_home(tmp_path_factory.mktemp("up") / "home", sqlite_template)
    with running_up(home, PREFECT_UI_API_URL=f"{PROXY}/api") as running:
        yield running


def test_its_line_of_json_and_its_file_tell_where_everything_is(up: RunningUp) -> None:
    """DESIGN section 8: the first line of stdout, and up.json for its owner alone."""
    assert set(up.ready) == {"prefect_api", "page", "deployments", "up_file"}
    assert up.ready["deployments"] == NAMES
    assert up.ready["up_file"] == str(up.home / "up.json")
    assert set(up.file) == {"pid", "prefect_api", "prefect_auth", "page"}
    assert up.file["pid"] == up.process.pid
    assert up.file["prefect_api"] == up.ready["prefect_api"]
    assert up.file["prefect_api"].startswith("http://127.0.0.1:")
    for name in ("up.json", "prefect.secret"):
        assert stat.S_IMODE((up.home / name).stat().st_mode) == 0o600
    assert (up.home / "prefect.secret").read_text() == up.file["prefect_auth"]


def test_a_second_one_on_the_same_home_is_refused(up: RunningUp) -> None:
    ran = CommandLine(up.home)("up", "--port", str(free_port()), "--json")
    assert (ran.code, "已经在运行" in ran.document["error"]) == (1, True)
    assert (up.home / "up.json").exists()


def test_what_no_night_may_run_beside_is_refused(up: RunningUp, tmp_path: Path) -> None:
    """A copy or a restored ledger would be stale at once; an upgrade would take the tables away from a run."""
    (tmp_path / "xiaohao.db").touch()
    xiaohao = CommandLine(up.home)
    for asked, said in (
        (("db", "copy", tmp_path / "copy.db"), "没有复制任何内容。"),
        (("db", "upgrade"), "没有升级。"),
        (("restore", tmp_path), "没有恢复任何内容。"),
    ):
        ran = xiaohao(*asked, "--json")
        assert ran.code == 1
        assert ran.document["error"].endswith(f"（{up.file['prefect_api']}），请先停下服务。{said}")
    assert not (tmp_path / "copy.db").exists()


def test_the_api_asks_for_the_secret_a_token_and_its_own_page(up: RunningUp) -> None:
    """Without the secret 401; what changes anything needs a CSRF token; no other page may call."""
    api = up.file["prefect_api"]
    user, _, secret = up.file["prefect_auth"].partition(":")
    assert httpx.get(f"{api}/admin/version").status_code == 401
    assert httpx.get(f"{api}/admin/version", auth=(user, "wrong")).status_code == 401
    assert httpx.get(f"{api}/admin/version", auth=(user, secret)).status_code == 200
    without = httpx.post(f"{api}/deployments/filter", json={}, auth=(user, secret))
    assert (without.status_code, without.json()) == (403, {"detail": "Missing CSRF token."})
    assert up.ask("POST", "/deployments/filter", json={}).status_code == 200
    for origin, allowed in (("http://other.example", None), (api.removesuffix("/api"),) * 2):
        asks = {"Origin": str(origin), "Access-Control-Request-Method": "POST"}
        answer = httpx.options(f"{api}/deployments/filter", headers=asks)
        assert answer.headers.get("access-control-allow-origin") == allowed


def test_its_pages_call_the_proxy_that_the_operator_names(up: RunningUp) -> None:
    """And the browser is told that they may."""
    pages = up.file["prefect_api"].removesuffix("/api")
    assert httpx.get(f"{pages}/ui-settings").json()["api_url"] == f"{PROXY}/api"
    may_call = httpx.get(pages).headers["Content-Security-Policy"].partition("connect-src ")[2]
    assert may_call.split() == ["'self'", PROXY, PROXY.replace("https", "wss")]


def test_what_has_ended_is_kept_for_a_time_and_leases_outlive_the_server(up: RunningUp) -> None:
    """PREFECT: by itself runs are kept for ever, and a power cut takes a slot for ever."""
    server = up.ask("GET", "/admin/settings").json()["server"]
    vacuum = server["services"]["db_vacuum"]
    assert set(vacuum["enabled"]) == {"events", "flow_runs"}
    assert vacuum["retention_period"] in ("P90D", 90 * 86_400)
    assert server["concurrency"]["lease_storage"].endswith(".filesystem")
    assert server["analytics_enabled"] is False
    assert server["api"]["csrf_protection_enabled"] is True


def test_every_deployment_is_there_with_its_hour_in_shanghai(up: RunningUp) -> None:
    there = {name: up.deployment(name) for name in NAMES}
    assert {name.partition("/")[2]: _when(each) for name, each in there.items()} == {
        "nightly": [("0 2 * * *", "Asia/Shanghai", True)],
        "deliver": [("3-28/5,33-58/5 * * * *", "Asia/Shanghai", True)],
        "watch": [("0 3 * * *", "Asia/Shanghai", True)],
        "verify-trail": [("40 4 * * *", "Asia/Shanghai", True)],
        "recheck": [],
    }
    for name, each in there.items():
        assert each["paused"] is False
        assert each["entrypoint"].startswith("flows."), name  # a module: it works from any folder
        assert each["global_concurrency_limit"]["limit"] == 1
        assert each["concurrency_options"]["collision_strategy"] == (
            "ENQUEUE" if "nightly" in name or "recheck" in name else "CANCEL_NEW"
        )
        assert not each["parameter_openapi_schema"].get("required"), name
        assert all("一" <= tag[0] <= "鿿" for tag in each["tags"])
        assert "一" <= each["description"][0] <= "鿿"


def _when(deployment: dict[str, object]) -> list[tuple[object, object, object]]:
    schedules: object = deployment["schedules"]
    assert isinstance(schedules, list)
    return [(s["schedule"]["cron"], s["schedule"]["timezone"], s["active"]) for s in schedules]


def test_a_recheck_is_one_click(up: RunningUp) -> None:
    """The form as the page sends it: a wrong value is refused, a right one runs."""
    wrong = up.trigger("重新核查/recheck", {"numbers": [], "dry_run": "perhaps"})
    assert (wrong.status_code, "dry_run" in wrong.text) == (409, True)
    run = up.trigger("重新核查/recheck", {"unit": "孟轲乡", "business_date": NIGHT, "dry_run": True})
    assert up.ended(run.json()["id"])["state_type"] == "COMPLETED"
    assert rows(up.home, sa.select(PROBLEM.c.light)) == [(Light.GREEN,)]


@pytest.mark.long
def test_nights_and_rechecks_by_commands_beside_it(up: RunningUp) -> None:
    """The same ledger, each step once."""
    night = up.status("nightly", "--date", NIGHT, "--json")
    assert night.returncode == 0, night.stderr.decode()
    assert "经正在运行的 xiaohao up 办理" in night.stderr.decode()
    done = json.loads(night.stdout)
    assert (done["fired"], done["red"], done["notices"]) == (1, 1, 1)
    again = up.ended(up.trigger("夜间运行/nightly", {"business_date": NIGHT}).json()["id"])
    assert again["state_type"] == "COMPLETED"
    recheck = up.status("recheck", "--all", "--date", NIGHT, "--json")
    assert json.loads(recheck.stdout) == {"checked": 1, "changed": [], "set_aside": []}
    assert rows(up.home, sa.select(PROBLEM.c.light)) == [(Light.RED,)]
    assert rows(up.home, sa.select(NOTICE.c.state)) == [(NoticeState.DELIVERED,)]


@pytest.mark.long
def test_a_command_that_goes_through_it_fails_like_a_direct_one(up: RunningUp) -> None:
    ran = up.status("recheck", "HL-1999-0001", "--json")
    assert ran.returncode == 1
    assert "HL-1999-0001" in json.loads(ran.stdout)["error"]


def test_it_ends_when_told_and_leaves_nothing(up: RunningUp) -> None:
    """The last test of this file: SIGTERM, exit 0 within 20 s, no process, no up.json."""
    code, took = up.end(signal.SIGTERM)
    assert (code, took < 20) == (0, True)
    assert processes_of(up.home) == []
    assert not (up.home / "up.json").exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{up.file['prefect_api']}/health")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"XIAOHAO_PREFECT_HOST": "0.0.0.0", "PREFECT_SERVER_API_AUTH_STRING": ""},
            "没有口令的 Prefect 服务不能监听 0.0.0.0",
        ),
        ({"PREFECT_SERVER_API_AUTH_STRING": "用户:密码密码密码密码"}, "只用英文字母、数字和符号"),
        ({"PREFECT_SERVER_API_AUTH_STRING": "short:1"}, "至少 8 位"),
    ],
)
def test_it_does_not_start_unguarded(tmp_path: Path, settings: dict[str, str], said: str) -> None:
    ran = CommandLine(tmp_path / "home")("up", "--json", **settings)
    assert (ran.code, said in ran.document["error"]) == (1, True)
    assert not (tmp_path / "home" / "prefect").exists()


def test_a_port_of_the_page_is_looked_at_where_the_page_is_going_to_listen(tmp_path: Path) -> None:
    """On the address of the setting, not on the loopback that Prefect's server has."""
    with socket.create_server(("127.0.0.2", 0)) as taken:
        port = taken.getsockname()[1]
        line = CommandLine(tmp_path / "home", XIAOHAO_PAGE_HOST="127.0.0.2")
        ran = line("up", "--port", str(free_port()), "--page-port", str(port), "--json")
    assert (ran.code, ran.document["error"]) == (
        1,
        f"不能监听 127.0.0.2:{port}（已被别的程序占用）。可以用 --page-port 换一个端口。没有启动。",
    )


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "prefect.secret").write_text("xiaohao:0123456789")
    os.chmod(home / "prefect.secret", 0o644)
    ran = CommandLine(home)("up")
    assert (ran.code, "别人也能读" in ran.err) == (1, True)
