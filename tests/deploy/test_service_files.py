"""The files of deploy/ as they stand: every setting in them is one, every file they name is there."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values

from flows import serving
from xiaohao.cli.command_line import COMMANDS
from xiaohao.cli.up import up_command
from xiaohao.settings import Settings, each_setting

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
TIMERS = sorted(DEPLOY.glob("*.timer"))
SETTINGS = {each.name for each in each_setting()}
OF_THE_SCRIPT = {"XIAOHAO_DB_PASSWORD"}
"""What deploy/postgres.sql reads, and the compose file hands to it: no setting of the program."""
STOPS_WITHIN = 20


@pytest.mark.parametrize("path", sorted(p for p in DEPLOY.iterdir() if p.is_file()), ids=lambda p: p.name)
def test_every_setting_that_a_file_names_is_one(path: Path) -> None:
    from prefect.settings import Settings as OfPrefect  # takes a second: only here

    text = path.read_text(encoding="utf-8")
    named = set(re.findall(r"\bXIAOHAO_[A-Z_]+\b", text)) - OF_THE_SCRIPT - {"XIAOHAO_IMAGE"}
    assert named <= SETTINGS
    for name in set(re.findall(r"\bPREFECT_[A-Z_]+\b", text)) - {"PREFECT_DB_PASSWORD"}:
        assert _is_set(OfPrefect, name.removeprefix("PREFECT_").lower().split("_")), name


def _is_set(model: Any, words: list[str]) -> bool:
    """Whether Prefect has a setting of this name: its fields are nested, joined by underscores."""
    for at in range(1, len(words) + 1):
        field = getattr(model, "model_fields", {}).get("_".join(words[:at]))
        if field is not None and (at == len(words) or _is_set(field.annotation, words[at:])):
            return True
    return False


def test_the_example_settings_are_a_settings_file(tmp_path: Path) -> None:
    """As it stands, and with every example line in force."""
    text = (DEPLOY / "xiaohao.env").read_text(encoding="utf-8")
    every = re.sub(r"^#(XIAOHAO_\w+=.+)$", r"\1", text, flags=re.MULTILINE)
    for kind in (text, every):
        file = tmp_path / "xiaohao.env"
        file.write_text(kind, encoding="utf-8")
        assert dotenv_values(file).keys() <= SETTINGS
        settings = Settings(_env_file=file)  # type: ignore[call-arg]
        assert settings.channels == "file"
    assert settings.database.startswith("postgresql+psycopg://")


@pytest.mark.parametrize("path", [*UNITS, *TIMERS], ids=lambda path: path.name)
def test_systemd_accepts_the_unit(path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("not tried: no systemd-analyze here")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", path],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    others = [
        line
        for line in (done.stdout + done.stderr).splitlines()
        if path.stem in line and "is not executable: No such file" not in line
    ]
    assert others == []


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_a_command_of_ours_as_its_own_user(path: Path) -> None:
    unit = dict(_lines(path))
    program, command, *_ = shlex.split(unit["ExecStart"])
    if path.stem == "xiaohao-worker":
        assert program == "/opt/xiaohao/current/bin/prefect"
    else:
        assert program == "/opt/xiaohao/current/bin/xiaohao"
        assert command in COMMANDS
    assert unit["User"] == "xiaohao"
    assert unit["Environment=XIAOHAO_HOME"] == "/var/lib/xiaohao"
    assert unit["NoNewPrivileges"] == "yes"
    assert unit["ProtectSystem"] == "strict"
    assert unit["UMask"] == "0077"


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_waits_for_the_disks_that_it_writes_to(path: Path) -> None:
    """Else an empty ledger is begun in the folder that the disk with the real one is going to cover."""
    unit = dict(_lines(path))
    written = {unit["Environment=XIAOHAO_HOME"], *unit.get("ReadWritePaths", "").split()}
    assert set(unit["RequiresMountsFor"].split()) == written


def test_a_worker_tells_nobody_outside_either() -> None:
    """It is Prefect's own program, so that `flows.environment` comes too late for it."""
    unit = dict(_lines(DEPLOY / "xiaohao-worker.service"))
    from flows.environment import STAYS_AT_HOME

    assert {name: unit[f"Environment={name}"] for name in STAYS_AT_HOME} == STAYS_AT_HOME


def test_the_service_starts_again_and_has_time_to_end() -> None:
    unit = dict(_lines(DEPLOY / "xiaohao.service"))
    assert unit["Restart"] == "always"
    assert int(unit["TimeoutStopSec"].removesuffix("s")) > STOPS_WITHIN
    assert unit["KillMode"] == "mixed"


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """Name and value of each line of a unit; an environment variable under `Environment=NAME`."""
    for line in path.read_text(encoding="utf-8").splitlines():
        name, sign, value = line.partition("=")
        if not sign or line.startswith(("#", "[")):
            continue
        if name == "Environment":
            variable, _, value = value.partition("=")
            name = f"Environment={variable}"
        yield name, value


def test_the_container_file_copies_what_is_there_and_runs_as_nobody_special() -> None:
    lines = (DEPLOY / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    copied = [shlex.split(line)[1:-1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    sources = {source for part in copied for source in part}
    assert all((ROOT / source).exists() for source in sources)
    assert {"requirements.lock", "flows", "models", "notifiers", "xiaohao"} <= sources
    let_in = (DEPLOY / "Containerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert {line.removeprefix("!") for line in let_in if line.startswith("!")} == sources
    froms = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert froms == ["${PYTHON_IMAGE}", "${PYTHON_IMAGE}"]
    (base,) = [line.split("=", 1)[1] for line in lines if line.startswith("ARG PYTHON_IMAGE=")]
    assert "/" not in base  # no registry's host
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users == ["10001:10001"]
    installs = [part for line in lines for part in line.split("&&") if "pip install" in part]
    assert installs
    assert all("--require-hashes" in part or "--no-index" in part for part in installs)


def test_what_listens_in_the_container_is_what_the_host_is_given(tmp_path: Path) -> None:
    """`up` listens where the port mapping reaches it, the host publishes both pages on its loopback alone."""
    lines = (DEPLOY / "Containerfile").read_text(encoding="utf-8").splitlines()
    image = dict(
        word.split("=", 1) for line in lines if line.startswith("ENV ") for word in shlex.split(line)[1:]
    )
    exposed = [word for line in lines if line.startswith("EXPOSE ") for word in line.split()[1:]]
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]["xiaohao"]
    ports = {option.name: str(option.default) for option in up_command.params}
    assert exposed == [ports["port"], ports["page_port"]]
    assert compose["ports"] == [f"127.0.0.1:{port}:{port}" for port in exposed]
    pages = f"http://127.0.0.1:{ports['port']}/api"
    assert compose["environment"]["PREFECT_SERVER_UI_API_URL"].endswith(f":-{pages}}}")
    for environment in (image, compose["environment"]):
        hosts = {name: environment[name] for name in ("XIAOHAO_PREFECT_HOST", "XIAOHAO_PAGE_HOST")}
        (tmp_path / "xiaohao.env").write_text("".join(f"{name}={at}\n" for name, at in hosts.items()))
        settings = Settings(_env_file=tmp_path / "xiaohao.env", home=tmp_path)  # type: ignore[call-arg]
        assert (serving.host(settings), settings.page_host) == ("0.0.0.0", "0.0.0.0")
        secret = serving.auth(settings)
        assert secret  # made by itself, so that it may listen outside
        serving.check_reach(serving.host(settings), secret)


def test_the_compose_file_gives_both_databases_to_the_program() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    services = compose["services"]
    ours, postgres = services["xiaohao"], services["postgres"]
    assert (DEPLOY / ours["build"]["context"]).resolve() == ROOT
    assert (ROOT / ours["build"]["dockerfile"]).is_file()
    assert ours["environment"]["XIAOHAO_DATABASE_URL"].startswith("postgresql+psycopg://xiaohao:")
    assert ours["environment"]["PREFECT_SERVER_DATABASE_CONNECTION_URL"].startswith(
        "postgresql+asyncpg://prefect:"
    )
    assert int(ours["stop_grace_period"].removesuffix("s")) > STOPS_WITHIN
    assert all(port.startswith("127.0.0.1:") for port in ours["ports"])
    assert "ports" not in postgres
    scripts = [volume.split(":")[0] for volume in postgres["volumes"] if volume.startswith("./")]
    assert scripts
    assert all((DEPLOY / script).is_file() for script in scripts)
    named = {volume.split(":")[0] for s in services.values() for volume in s["volumes"] if volume[0] != "."}
    assert named == set(compose["volumes"])
    for service in services.values():
        assert "/" not in str(service["image"]).split("}")[0]  # no registry's host
        assert service["restart"] == "unless-stopped"


def test_no_file_holds_a_password() -> None:
    for path in DEPLOY.iterdir():
        if path.is_file():
            for secret in re.findall(r"(?:PASSWORD|SECRET)=(\S*)", path.read_text(encoding="utf-8")):
                assert secret in ("", "…"), path
