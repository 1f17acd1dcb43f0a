"""What Prefect reads when it is imported: nothing leaves the machine, and an operator's own words win."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_runner import CommandLine

from flows import environment

ROOT = Path(__file__).parents[2]
ASKS = """
import flows
import prefect.settings as s
print(s.PREFECT_HOME.value())
print(s.PREFECT_SERVER_ANALYTICS_ENABLED.value())
print(s.get_current_settings().logging.level)
print("flows.nightly" in __import__("sys").modules)
"""


@pytest.mark.parametrize(
    ("set_already", "expected"),
    [
        ({}, ["{home}/prefect", "False", "WARNING", "False"]),
        (
            {"PREFECT_HOME": "{home}/elsewhere", "PREFECT_LOGGING_LEVEL": "INFO"},
            ["{home}/elsewhere", "False", "INFO", "False"],
        ),
    ],
)
def test_defaults_hold_where_nothing_else_is_set(
    tmp_path: Path, set_already: dict[str, str], expected: list[str]
) -> None:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "XIAOHAO_", "DO_NOT"))}
    told = {name: value.format(home=tmp_path) for name, value in set_already.items()}
    done = subprocess.run(
        [sys.executable, "-c", ASKS],
        cwd=ROOT,
        env=clean | told | {"XIAOHAO_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout.split() == [line.format(home=tmp_path) for line in expected]
    assert done.stderr == ""


def test_everything_that_calls_home_is_off(tmp_path: Path) -> None:
    """PREFECT settings whose default speaks to hosts of others."""
    told = environment.defaults(tmp_path)
    assert told["DO_NOT_TRACK"] == "1"
    off = [name for name, value in told.items() if value == "false"]
    assert off == [
        "PREFECT_SERVER_ANALYTICS_ENABLED",
        "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY",
        "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT",
    ]
    assert told["PREFECT_HOME"] == str(tmp_path / "prefect")


@pytest.mark.parametrize("command", ["up", "nightly"])
@pytest.mark.parametrize(
    ("name", "value"),
    [("HTTPS_PROXY", "http://office:Geheim#2026@10.0.0.1:3128"), ("SSL_CERT_FILE", "/no/such/root.pem")],
)
def test_what_prefect_could_not_read_is_said_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, name: str, value: str
) -> None:
    """Its own client would raise an error that quotes the password."""
    for each in [each for each in os.environ if each.lower().endswith("_proxy")]:
        monkeypatch.delenv(each)
    ran = CommandLine(tmp_path / "home")(command, **{name: value})
    assert (ran.code, name in ran.err, "--direct" in ran.err) == (2, True, True), ran
    written = [each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()]
    assert not any(b"Geheim" in each for each in [*written, ran.out.encode(), ran.err.encode()])
