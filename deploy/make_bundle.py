"""Make a folder with everything that a machine without a network needs. `make bundle` runs it.

`python deploy/make_bundle.py FOLDER` downloads the wheels of the running Python and platform by the hashes
of requirements.lock (the only step that needs a network), builds our own wheel, and lays the install
script, the files of deploy/, the operator's guide and SHA256SUMS beside them.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)] if str(ROOT) not in sys.path else []

from deploy import lock  # noqa: E402

PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
LEFT_OUT = {"make_bundle.py", "lock.py", "install.sh", "Containerfile", "compose.yaml"}
"""Files of deploy/ that are of no use in a bundle: they need the source tree, or lie elsewhere in it."""
NOTES = """\
销号 {version} 离线安装包

适用：Python {python}，{platform}{glibc}
内容：wheels/ 全部安装包；requirements.txt 安装包的校验值；install.sh 安装程序；
      deploy/ 服务文件和设置样例；docs/ 操作手册和命令说明；SHA256SUMS 全部文件的校验值。

安装：sh install.sh 安装到的文件夹
      不写文件夹时装到 /opt/xiaohao。安装全程不使用网络。
升级：用新的安装包再运行一次，旧版本留在 versions/ 里。
手册：docs/guide/index.zh.md
"""


def make(folder: Path) -> None:
    """Make the bundle anew in `folder`; what lay there is removed once the new one is whole.

    Raises CalledProcessError where pip cannot fetch or build a wheel.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".bundle-", dir=folder.parent) as making:
        new = Path(making) / "bundle"
        _wheels(new / "wheels")
        (new / "requirements.txt").write_text(requirements((new / "wheels").iterdir()), encoding="utf-8")
        _papers(new)
        (new / "python").write_text(f"{_python()}\n", encoding="utf-8")
        (new / "说明.txt").write_text(notes((new / "wheels").iterdir()), encoding="utf-8")
        (new / "SHA256SUMS").write_text(sums(new), encoding="utf-8")
        new.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)


def _wheels(folder: Path) -> None:
    """All wheels: those of the lock file by their hashes, then ours."""
    with tempfile.TemporaryDirectory() as beside:
        wanted = Path(beside) / "runtime.txt"
        pins = lock.runtime(lock.LOCK.read_text(encoding="utf-8"))
        wanted.write_text("".join(f"{pin.text}\n" for pin in pins.values()), encoding="utf-8")
        _run([*PIP, "wheel", "--no-deps", "--require-hashes", "-r", str(wanted), "-w", str(folder)])
    _run([*PIP, "wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(ROOT)])


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True)


def requirements(wheels: Iterable[Path]) -> str:
    """A requirements file that pins each wheel by name, version and hash.

    A wheel that came from the index has the hash of the lock file; one built here has its own.
    """
    lines = []
    for wheel in sorted(wheels):
        name, version = wheel.name.split("-")[:2]
        lines.append(f"{name.replace('_', '-')}=={version} \\\n    --hash=sha256:{_hash(wheel)}\n")
    return "".join(lines)


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _papers(new: Path) -> None:
    """Install script, files for running it, the guide and the pages it refers to, the example ledger."""
    here = ROOT / "deploy"
    shutil.copy(here / "install.sh", new / "install.sh")
    (new / "deploy").mkdir()
    for path in sorted(here.iterdir()):
        if path.is_file() and path.name not in LEFT_OUT:
            shutil.copy(path, new / "deploy" / path.name)
    shutil.copytree(ROOT / "docs", new / "docs", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (new / "examples").mkdir()
    shutil.copy(ROOT / "examples" / "hualong-2023.xlsx", new / "examples")


def _python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def notes(wheels: Iterable[Path]) -> str:
    """What the bundle is for: Python, platform, the oldest glibc that all wheels run on."""
    names = [wheel.name for wheel in wheels]
    (version,) = [name.split("-")[1] for name in names if name.startswith("xiaohao-")]
    # a wheel names every tag that it fits: the lowest is what it needs; of all wheels, the highest counts
    needs = [
        min(tuple(map(int, found)) for found in re.findall(r"manylinux_(\d+)_(\d+)_", name))
        for name in names
        if "manylinux_" in name
    ]
    glibc = "，glibc {}.{} 或更新".format(*max(needs)) if needs else ""
    return NOTES.format(version=version, python=_python(), platform=sysconfig.get_platform(), glibc=glibc)


def sums(folder: Path) -> str:
    """The lines of SHA256SUMS, as `sha256sum -c` reads them."""
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return "".join(f"{_hash(folder / name)}  {name}\n" for name in files if name != "SHA256SUMS")


def main(args: Sequence[str]) -> int:
    """Make the bundle in the folder named; 1 with a sentence where a wheel could not be had."""
    if len(args) != 1:
        print("usage: python deploy/make_bundle.py FOLDER", file=sys.stderr)
        return 2
    try:
        make(Path(args[0]).absolute())
    except subprocess.CalledProcessError:
        print("没有取得全部安装包（见上）。离线安装包没有做成，原来的没有变化。", file=sys.stderr)
        return 1
    print(f"离线安装包在 {args[0]}，把整个文件夹拷到目标机器，运行其中的 install.sh。")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
